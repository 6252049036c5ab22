//! Which of a few known fields a token belongs to, without keeping or comparing whole paths.
//!
//! A table is a small tree of names. A [`PathTable`] is built when the program is compiled; a
//! [`Table`](super::Table) is a handle on any of these, whatever its size, or on one built while it runs. A
//! [`Tracker`](super::Tracker) follows a scan through it.

use super::name::{HASH_BITS, Name};
use super::step::{PathFault, Step, Syntax};

/// Deepest field that a table may name, in steps.
pub const STEPS_MAX: usize = 10;

/// Most nodes that a table may have: distinct prefixes of its paths plus two.
pub const NODES_MAX: usize = 256;

/// The node of every token that the table does not name: it has no field and no children.
pub(super) const NOWHERE: u8 = 0;

/// The node of the whole text.
pub(super) const ROOT: u8 = 1;

/// Fields by path, such as `usage.prompt_tokens` or `choices[*].delta.content`.
///
/// Steps are names joined by dots; `[*]` stands for every element of an array. A path that begins with a slash
/// is a JSON pointer (RFC 6901): `/choices/*/delta/content`. A path may also name a container. `N` is the
/// number of distinct prefixes plus two; too small a number does not compile. Several paths may mean the same
/// field.
///
/// ```
/// use quotah_adapters::{PathTable, Table};
///
/// #[derive(Debug, Clone, Copy)]
/// enum Field { Input, Text }
/// static FIELDS: PathTable<Field, 8> = PathTable::new(&[
///     ("usage.prompt_tokens", Field::Input),
///     ("choices[*].delta.content", Field::Text),
/// ]);
/// struct Adapter { fields: Table<Field> }
/// static ADAPTER: Adapter = Adapter { fields: FIELDS.erased() };
/// # let _ = &ADAPTER.fields;
/// ```
#[derive(Debug)]
pub struct PathTable<F: 'static, const N: usize> {
    pub(super) nodes: [Node<F>; N],
    pub(super) index: Index,
    /// Nodes in use, the first two always.
    used: usize,
    /// Steps of the longest path.
    pub(super) steps_max: usize,
}

/// One prefix of a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<F> {
    /// The name that leads here, empty for `[*]`.
    pub(super) name: Name,
    pub(super) parent: u8,
    /// Where `[*]` leads from here.
    pub(super) each: u8,
    /// The last of the names that lead further from here.
    pub(super) member: u8,
    /// The one before this of those that lead further from the same node.
    pub(super) sibling: u8,
    pub(super) field: Option<F>,
}

/// Nodes by the hash of their parent and name; the next free place is tried where one is taken.
pub(super) type Index = [u8; 1 << HASH_BITS];

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "indexes are of nodes in use or masked; a fault in a static is a compile error"
)]
impl<F: Copy, const N: usize> PathTable<F, N> {
    /// Builds the tree.
    ///
    /// # Panics
    /// At compile time (use it for a `static`), if `N` is too small or a path too deep or ill-formed.
    #[must_use]
    #[expect(clippy::panic, reason = "at compile time")]
    pub const fn new(paths: &[(&'static str, F)]) -> Self {
        let mut table = Self::empty();
        let mut path = 0;
        while path < paths.len() {
            match table.add(paths[path].0.as_bytes(), paths[path].1) {
                Ok(()) => {}
                Err(PathFault::TooDeep) => panic!("path too deep"),
                Err(PathFault::TableFull) => panic!("table too small for its paths"),
                Err(_) => panic!("path ill-formed"),
            }
            path += 1;
        }
        table
    }

    pub(super) const fn empty() -> Self {
        assert!(
            N >= 2 && N <= NODES_MAX,
            "a table has at least 2 nodes and at most 256"
        );
        let empty = Node {
            name: Name::EMPTY,
            parent: NOWHERE,
            each: NOWHERE,
            member: NOWHERE,
            sibling: NOWHERE,
            field: None,
        };
        Self {
            nodes: [empty; N],
            index: [NOWHERE; _],
            used: ROOT as usize + 1,
            steps_max: 0,
        }
    }

    pub(super) const fn add(&mut self, path: &[u8], field: F) -> Result<(), PathFault> {
        let syntax = Syntax::of(path);
        let (mut rest, mut node, mut steps) = (path, ROOT, 0);
        while !rest.is_empty() {
            let (step, after) = match syntax.step(rest) {
                Ok(step) => step,
                Err(fault) => return Err(fault),
            };
            node = match self.child_or_new(node, step) {
                Ok(node) => node,
                Err(fault) => return Err(fault),
            };
            rest = after;
            steps += 1;
        }
        if steps > STEPS_MAX {
            return Err(PathFault::TooDeep);
        }
        if steps > self.steps_max {
            self.steps_max = steps;
        }
        self.nodes[node as usize].field = Some(field);
        Ok(())
    }

    const fn child_or_new(&mut self, parent: u8, step: Step) -> Result<u8, PathFault> {
        let (name, mut slot) = match step {
            Step::Each => (Name::EMPTY, 0),
            Step::Member(name) => (name, name.words().hash(parent)),
        };
        let is_each = matches!(step, Step::Each);
        if is_each && self.nodes[parent as usize].each != NOWHERE {
            return Ok(self.nodes[parent as usize].each);
        }
        while !is_each && self.index[slot] != NOWHERE {
            let node = &self.nodes[self.index[slot] as usize];
            if node.parent == parent && node.name.is_same(&name) {
                return Ok(self.index[slot]);
            }
            slot = after(slot);
        }
        if self.used >= N {
            return Err(PathFault::TableFull);
        }
        let child = self.used as u8;
        self.used += 1;
        self.nodes[child as usize].name = name;
        self.nodes[child as usize].parent = parent;
        if is_each {
            self.nodes[parent as usize].each = child;
        } else {
            self.nodes[child as usize].sibling = self.nodes[parent as usize].member;
            self.nodes[parent as usize].member = child;
            self.index[slot] = child;
        }
        Ok(child)
    }
}

/// The place to try next.
#[inline]
pub(super) const fn after(slot: usize) -> usize {
    slot.wrapping_add(1) & ((1 << HASH_BITS) - 1)
}
