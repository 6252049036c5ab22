//! Which of a few known fields a token belongs to, without keeping or comparing whole paths.
//!
//! A [`PathTable`] is a small tree of names, built when the program is compiled. A [`Tracker`] follows a
//! scan through it: one byte for each level that the tree has, nothing below.

use super::{Container, Key};

/// Deepest field that a table may name, in steps.
const STEPS_MAX: usize = 10;

/// The node of every token that the table does not name: it has no field and no children.
const NOWHERE: u8 = 0;

/// The node of the whole text.
const ROOT: u8 = 1;

/// Fields by path, such as `usage.prompt_tokens` or `choices[*].delta.content`.
///
/// Steps are names joined by dots; `[*]` stands for every element of an array. A path may also name a
/// container. `N` is the number of distinct prefixes plus two; too small a number does not compile.
/// Several paths may mean the same field.
///
/// ```
/// use quotah_adapters::PathTable;
///
/// #[derive(Debug, Clone, Copy)]
/// enum Field { Input, Text }
/// static FIELDS: PathTable<Field, 8> = PathTable::new(&[
///     ("usage.prompt_tokens", Field::Input),
///     ("choices[*].delta.content", Field::Text),
/// ]);
/// # let _ = &FIELDS;
/// ```
#[derive(Debug)]
pub struct PathTable<F: 'static, const N: usize> {
    nodes: [Node<F>; N],
    /// Steps of the longest path.
    steps_max: usize,
}

#[derive(Debug, Clone, Copy)]
struct Node<F> {
    /// The name that leads here; `*` of `[*]` is the empty name with `each` set.
    name: &'static [u8],
    each: bool,
    field: Option<F>,
    first_child: u8,
    next_sibling: u8,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated when a static is built: a fault here is a compile error"
)]
impl<F: Copy, const N: usize> PathTable<F, N> {
    /// Builds the tree.
    ///
    /// # Panics
    /// At compile time (use it for a `static`), if `N` is too small or a path too deep or ill-formed.
    #[must_use]
    pub const fn new(paths: &[(&'static str, F)]) -> Self {
        let empty = Node {
            name: b"",
            each: false,
            field: None,
            first_child: NOWHERE,
            next_sibling: NOWHERE,
        };
        let mut table = Self {
            nodes: [empty; N],
            steps_max: 0,
        };
        let (mut used, mut path) = (ROOT as usize + 1, 0);
        while path < paths.len() {
            let mut rest = paths[path].0.as_bytes();
            let (mut node, mut steps) = (ROOT as usize, 0);
            while !rest.is_empty() {
                let (name, each, after) = first_step(rest);
                (node, used) = table.child_or_new(node, name, each, used);
                rest = after;
                steps += 1;
            }
            assert!(steps <= STEPS_MAX, "path too deep");
            if steps > table.steps_max {
                table.steps_max = steps;
            }
            table.nodes[node].field = Some(paths[path].1);
            path += 1;
        }
        table
    }

    const fn child_or_new(
        &mut self,
        parent: usize,
        name: &'static [u8],
        each: bool,
        used: usize,
    ) -> (usize, usize) {
        let mut child = self.nodes[parent].first_child;
        while child != NOWHERE {
            let node = &self.nodes[child as usize];
            if node.each == each && same(node.name, name) {
                return (child as usize, used);
            }
            child = node.next_sibling;
        }
        assert!(
            used < N && used <= u8::MAX as usize,
            "table too small for its paths"
        );
        self.nodes[used].name = name;
        self.nodes[used].each = each;
        self.nodes[used].next_sibling = self.nodes[parent].first_child;
        self.nodes[parent].first_child = used as u8;
        (used, used + 1)
    }
}

/// The first step of a path, whether it is `[*]`, and what follows it.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated when a static is built: a fault here is a compile error"
)]
const fn first_step(path: &'static [u8]) -> (&'static [u8], bool, &'static [u8]) {
    if let [b'[', b'*', b']', rest @ ..] = path {
        return (b"", true, skip_dot(rest));
    }
    let mut len = 0;
    while len < path.len() && path[len] != b'.' && path[len] != b'[' {
        len += 1;
    }
    assert!(len > 0, "empty step");
    let (name, rest) = path.split_at(len);
    (name, false, skip_dot(rest))
}

const fn skip_dot(path: &'static [u8]) -> &'static [u8] {
    if let [b'.', rest @ ..] = path {
        rest
    } else {
        path
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated when a static is built: a fault here is a compile error"
)]
const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Follows scans through a [`PathTable`]: pass it each begin and key, ask it at each value.
///
/// It needs no reset between texts: each level is set before it is asked.
#[derive(Debug, Clone)]
pub struct Tracker<F: 'static> {
    nodes: &'static [Node<F>],
    /// Nothing below this depth is ours.
    depth_max: usize,
    /// For each depth, the node of the member being read there.
    members: [u8; STEPS_MAX + 1],
}

impl<F: Copy> Tracker<F> {
    /// A tracker at the beginning of a text.
    #[must_use]
    pub fn new<const N: usize>(table: &'static PathTable<F, N>) -> Self {
        let mut members = [NOWHERE; STEPS_MAX + 1];
        if let Some(root) = members.first_mut() {
            *root = 1;
        }
        Self {
            nodes: &table.nodes,
            depth_max: table.steps_max,
            members,
        }
    }

    /// A container begins at `depth`.
    #[inline]
    pub fn begin(&mut self, container: Container, depth: usize) {
        if depth >= self.depth_max {
            return;
        }
        let inside = match container {
            Container::Object => NOWHERE,
            Container::Array => self.child(depth, |node| node.each),
        };
        if let Some(member) = self.members.get_mut(depth.saturating_add(1)) {
            *member = inside;
        }
    }

    /// A key was read.
    #[inline]
    pub fn key(&mut self, key: &Key<'_>) {
        if key.depth > self.depth_max {
            return;
        }
        let Some(parent) = key.depth.checked_sub(1) else {
            return;
        };
        let child = match key.name {
            Some(name) => self.child(parent, |node| node.name == name && !node.each),
            None => NOWHERE,
        };
        if let Some(member) = self.members.get_mut(key.depth) {
            *member = child;
        }
    }

    /// The field that the token at `depth` belongs to, if the table names it.
    #[inline]
    #[must_use]
    pub fn field(&self, depth: usize) -> Option<F> {
        self.node(depth)?.field
    }

    /// The field that `key` would name if case did not matter and yet does not name as it is spelled.
    #[must_use]
    pub fn field_but_for_case(&self, key: &Key<'_>) -> Option<F> {
        let name = key.name?;
        let child = self.child(key.depth.checked_sub(1)?, |node| {
            !node.each && node.name != name && node.name.eq_ignore_ascii_case(name)
        });
        self.nodes.get(usize::from(child))?.field
    }

    fn node(&self, depth: usize) -> Option<&Node<F>> {
        if depth > self.depth_max {
            return None;
        }
        let member = self.members.get(depth)?;
        self.nodes.get(usize::from(*member))
    }

    fn child(&self, depth: usize, wanted: impl Fn(&Node<F>) -> bool) -> u8 {
        let Some(parent) = self.node(depth) else {
            return NOWHERE;
        };
        let mut child = parent.first_child;
        while child != NOWHERE
            && let Some(node) = self.nodes.get(usize::from(child))
        {
            if wanted(node) {
                return child;
            }
            child = node.next_sibling;
        }
        NOWHERE
    }
}
