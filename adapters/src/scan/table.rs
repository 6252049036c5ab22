//! A handle on a table of paths, whatever its size and whenever it was built.

use std::fmt;
use std::sync::Arc;

use super::name::Words;
use super::paths::{Index, NODES_MAX, NOWHERE, Node, PathTable, after};
use super::step::PathFault;

/// A table of fields by path, of any size: a handle, cheap to clone.
///
/// ```
/// use quotah_adapters::Table;
///
/// let fields = Table::build([("/usage/prompt_tokens", 'i'), ("choices[*].text", 't')])?;
/// # let _ = fields.clone();
/// let error = Table::build([("/usage//tokens", 'i')]).unwrap_err();
/// assert_eq!(error.to_string(), "path \"/usage//tokens\": a step is empty");
/// # Ok::<(), quotah_adapters::TableError>(())
/// ```
#[derive(Clone)]
pub struct Table<F: 'static>(Source<F>);

#[derive(Clone)]
enum Source<F: 'static> {
    Static {
        nodes: &'static [Node<F>],
        index: &'static Index,
        steps_max: usize,
    },
    Shared(Arc<PathTable<F, NODES_MAX>>),
}

/// A path that cannot stand in a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path {path:?}: {fault}")]
pub struct TableError {
    /// The path as it was given.
    pub path: Box<str>,
    /// What is wrong with it.
    pub fault: PathFault,
}

impl<F: Copy> Table<F> {
    /// Builds a table from paths in either syntax of [`PathTable`]; of two equal paths the last counts.
    ///
    /// It takes about 24 KiB, and at most [`NODES_MAX`] distinct prefixes plus two.
    ///
    /// # Errors
    /// [`TableError`] for the first path that is ill-formed or for which there is no room.
    pub fn build<P: AsRef<str>>(
        paths: impl IntoIterator<Item = (P, F)>,
    ) -> Result<Self, TableError> {
        let mut table = PathTable::empty();
        for (path, field) in paths {
            let path = path.as_ref();
            table
                .add(path.as_bytes(), field)
                .map_err(|fault| TableError {
                    path: path.into(),
                    fault,
                })?;
        }
        Ok(Self(Source::Shared(Arc::new(table))))
    }
}

impl<F> Table<F> {
    pub(super) fn steps_max(&self) -> usize {
        match &self.0 {
            Source::Static { steps_max, .. } => *steps_max,
            Source::Shared(table) => table.steps_max,
        }
    }

    #[inline]
    pub(super) fn nodes(&self) -> &[Node<F>] {
        match &self.0 {
            Source::Static { nodes, .. } => nodes,
            Source::Shared(table) => &table.nodes,
        }
    }

    #[inline]
    pub(super) fn node(&self, node: u8) -> Option<&Node<F>> {
        self.nodes().get(usize::from(node))
    }

    /// Where `name` leads from `parent`.
    #[inline]
    pub(super) fn member(&self, parent: u8, name: &[u8]) -> u8 {
        let (nodes, index) = match &self.0 {
            Source::Static { nodes, index, .. } => (*nodes, *index),
            Source::Shared(table) => (&table.nodes[..], &table.index),
        };
        let words = Words::of(name);
        let mut slot = words.hash(parent);
        // Ends at a free place: there are twice as many as nodes.
        while let Some(&child) = index.get(slot)
            && child != NOWHERE
            && let Some(node) = nodes.get(usize::from(child))
        {
            if node.parent == parent && node.name.is(words, name) {
                return child;
            }
            slot = after(slot);
        }
        NOWHERE
    }
}

impl<F> fmt::Debug for Table<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("steps_max", &self.steps_max())
            .finish_non_exhaustive()
    }
}

impl<F, const N: usize> PathTable<F, N> {
    /// A handle on this table that does not tell its size.
    #[must_use]
    pub const fn erased(&'static self) -> Table<F> {
        Table(Source::Static {
            nodes: &self.nodes,
            index: &self.index,
            steps_max: self.steps_max,
        })
    }
}

impl<F, const N: usize> From<&'static PathTable<F, N>> for Table<F> {
    fn from(table: &'static PathTable<F, N>) -> Self {
        table.erased()
    }
}
