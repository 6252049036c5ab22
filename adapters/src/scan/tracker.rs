//! Follows a scan through a table: one byte for each level that the table has, nothing below.

use super::paths::{NOWHERE, Node, ROOT, STEPS_MAX};
use super::table::Table;
use super::{Container, Key};

/// Follows scans through a [`Table`]: pass it each begin and key, ask it at each value.
///
/// It needs no reset between texts: each level is set before it is asked.
#[derive(Debug, Clone)]
pub struct Tracker<F: 'static> {
    table: Table<F>,
    /// Nothing below this depth is ours.
    depth_max: usize,
    /// For each depth, the node of the member being read there.
    members: Members,
}

/// The nodes of the members being read, by depth.
pub(crate) type Members = [u8; STEPS_MAX + 1];

impl<F: Copy> Tracker<F> {
    /// A tracker at the beginning of a text.
    #[must_use]
    pub fn new(table: impl Into<Table<F>>) -> Self {
        let table = table.into();
        let mut members = [NOWHERE; STEPS_MAX + 1];
        if let Some(root) = members.first_mut() {
            *root = ROOT;
        }
        Self {
            depth_max: table.steps_max(),
            table,
            members,
        }
    }

    /// Where the scan stands.
    pub(crate) const fn members(&self) -> Members {
        self.members
    }

    /// Goes on where [`Self::members`] of the same table said.
    pub(crate) const fn resume(&mut self, members: Members) {
        self.members = members;
    }

    /// A container begins at `depth`.
    #[inline]
    pub fn begin(&mut self, container: Container, depth: usize) {
        if depth >= self.depth_max {
            return;
        }
        let inside = match container {
            Container::Object => NOWHERE,
            Container::Array => self.node(depth).map_or(NOWHERE, |node| node.each),
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
        let parent = self.members.get(parent).copied().unwrap_or(NOWHERE);
        let child = match key.name {
            Some(name) if parent != NOWHERE => self.table.member(parent, name),
            _ => NOWHERE,
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

    /// Whether the table names neither the token at `depth` nor anything in it.
    #[inline]
    #[must_use]
    pub fn is_nowhere(&self, depth: usize) -> bool {
        depth > self.depth_max || self.members.get(depth).is_none_or(|&node| node == NOWHERE)
    }

    /// Whether the table names nothing in a container that has begun at `depth`.
    #[inline]
    #[must_use]
    pub fn is_leaf(&self, container: Container, depth: usize) -> bool {
        self.node(depth).is_none_or(|node| match container {
            Container::Object => node.member == NOWHERE,
            Container::Array => node.each == NOWHERE,
        })
    }

    /// The field that `key` would name if case did not matter and yet does not name as it is spelled.
    #[must_use]
    pub fn field_but_for_case(&self, key: &Key<'_>) -> Option<F> {
        let name = key.name?;
        let parent = *self.members.get(key.depth.checked_sub(1)?)?;
        let mut next = self.table.node(parent)?.member;
        while next != NOWHERE {
            let node = self.table.node(next)?;
            let wanted = node.name.as_bytes();
            if wanted.eq_ignore_ascii_case(name) && wanted != name {
                return node.field;
            }
            next = node.sibling;
        }
        None
    }

    #[inline]
    fn node(&self, depth: usize) -> Option<&Node<F>> {
        if depth > self.depth_max {
            return None;
        }
        self.table.node(*self.members.get(depth)?)
    }
}
