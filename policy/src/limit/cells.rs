//! The cells of a limit, by their value.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::state::State;
use super::{CellStanding, Limit};
use crate::Subject;
use crate::budget::OTHER;
use crate::sync::{Mutex, MutexGuard, lock};

/// Most cells of one limit; further values share the one that is named [`OTHER`].
///
/// Values may come from clients (`user`, tags). A cell takes about 250 bytes.
pub const CELLS_MAX: usize = 100_000;

/// How long after it was last looked for idle cells it is not done again: most have begun anew after a minute.
const SWEEP_EVERY_NS: u64 = 60_000_000_000;

/// A limit in force, with its cells.
///
/// One that is not `per` anything has a single cell, which is found without a lock.
#[derive(Debug, Clone)]
pub struct LimitCells {
    limit: Arc<Limit>,
    shelf: Shelf,
}

#[derive(Debug, Clone)]
enum Shelf {
    One(Arc<Cell>),
    Many(Arc<RwLock<Many>>),
}

#[derive(Debug, Default)]
struct Many {
    cells: HashMap<Box<str>, Arc<Cell>>,
    swept_at_ns: Option<u64>,
}

/// What is counted for one value.
#[derive(Debug)]
pub(super) struct Cell {
    value: Box<str>,
    state: Mutex<State>,
}

impl LimitCells {
    /// A limit that nobody has entered yet.
    #[must_use]
    pub fn new(limit: Arc<Limit>) -> Self {
        let shelf = match limit.per {
            None => Shelf::One(Arc::new(Cell::new(""))),
            Some(_) => Shelf::Many(Arc::default()),
        };
        Self { limit, shelf }
    }

    /// The cells go on under `limit` where it [counts the same](Limit::counts_as); else it begins anew.
    #[must_use]
    pub fn with(&self, limit: Arc<Limit>) -> Self {
        if !limit.counts_as(&self.limit) {
            return Self::new(limit);
        }
        let shelf = self.shelf.clone();
        Self { limit, shelf }
    }

    /// The rule.
    #[must_use]
    pub const fn limit(&self) -> &Arc<Limit> {
        &self.limit
    }

    /// How each cell stands, by value.
    #[must_use]
    pub fn standings(&self, now_ns: u64) -> Vec<CellStanding> {
        let mut cells: Vec<Arc<Cell>> = match &self.shelf {
            Shelf::One(cell) => vec![Arc::clone(cell)],
            Shelf::Many(many) => {
                let many = many.read().unwrap_or_else(PoisonError::into_inner);
                many.cells.values().cloned().collect()
            }
        };
        cells.sort_unstable_by(|a, b| a.value.cmp(&b.value));
        let standing = |cell: &Arc<Cell>| cell.standing(&self.limit, now_ns);
        cells.iter().map(standing).collect()
    }

    /// How the cell that `subject` counts in stands; none is opened for that.
    #[must_use]
    pub fn standing(&self, subject: &Subject<'_>, now_ns: u64) -> CellStanding {
        let value = self.value(subject);
        let found = match &self.shelf {
            Shelf::One(cell) => Some(Arc::clone(cell)),
            Shelf::Many(many) => {
                let many = many.read().unwrap_or_else(PoisonError::into_inner);
                many.cells.get(value).cloned()
            }
        };
        match found {
            Some(cell) => cell.standing(&self.limit, now_ns),
            None => Cell::new(value).standing(&self.limit, now_ns),
        }
    }

    /// The cell that `subject` counts in; opened if need be.
    pub(super) fn cell(&self, subject: &Subject<'_>, now_ns: u64) -> Arc<Cell> {
        let shelf = match &self.shelf {
            Shelf::One(cell) => return Arc::clone(cell),
            Shelf::Many(many) => many,
        };
        let value = self.value(subject);
        let many = shelf.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = many.cells.get(value) {
            return Arc::clone(cell);
        }
        drop(many);
        let mut many = shelf.write().unwrap_or_else(PoisonError::into_inner);
        many.open(value, &self.limit, now_ns)
    }

    fn value<'a>(&self, subject: &Subject<'a>) -> &'a str {
        let per = self.limit.per.as_ref();
        per.map_or("", |dimension| dimension.of(subject))
    }
}

impl Many {
    fn open(&mut self, value: &str, limit: &Limit, now_ns: u64) -> Arc<Cell> {
        if self.cells.len() >= CELLS_MAX {
            self.sweep(limit, now_ns);
        }
        let is_full = self.cells.len() >= CELLS_MAX && !self.cells.contains_key(value);
        let value = if is_full { OTHER } else { value };
        let cell = self.cells.entry(value.into());
        Arc::clone(cell.or_insert_with(|| Arc::new(Cell::new(value))))
    }

    /// Lets cells go that nobody holds and that say what a new one would.
    fn sweep(&mut self, limit: &Limit, now_ns: u64) {
        let since = |at: u64| now_ns.saturating_sub(at);
        if self
            .swept_at_ns
            .is_some_and(|at| since(at) < SWEEP_EVERY_NS)
        {
            return;
        }
        self.swept_at_ns = Some(now_ns);
        // Whoever wants a cell waits for this lock, so that nobody finds one that is about to go.
        self.cells.retain(|_, cell| {
            Arc::strong_count(cell) > 1 || !cell.lock().is_as_new(&limit.caps, now_ns)
        });
    }
}

impl Cell {
    fn new(value: &str) -> Self {
        Self {
            value: value.into(),
            state: Mutex::default(),
        }
    }

    pub(super) fn value(&self) -> &str {
        &self.value
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn standing(&self, limit: &Limit, now_ns: u64) -> CellStanding {
        let state = *self.lock();
        let mut marks = Vec::new();
        state.marks(&limit.caps, now_ns, |measure, mark| {
            marks.push((measure, mark));
        });
        CellStanding {
            value: self.value.clone(),
            in_flight: state.in_flight,
            streams: state.streams,
            marks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::{Asking, Caps, Limits};
    use crate::{Dimension, Selector};

    const MINUTE_NS: u64 = 60_000_000_000;

    #[test]
    fn values_beyond_the_most_share_a_cell_until_idle_ones_are_let_go() {
        let limit = Arc::new(Limit {
            id: "l".into(),
            selector: Selector::default(),
            per: Some(Dimension::User),
            caps: Caps {
                requests_per_minute: std::num::NonZeroU32::new(1),
                ..Caps::default()
            },
        });
        let cells = LimitCells::new(limit);
        let rules = Limits::new([(Selector::default(), Arc::new(cells.clone()))]);
        let enter = |user: &str, now_ns| {
            let subject = Subject {
                user,
                ..Subject::default()
            };
            let asking = Asking::default();
            rules.enter(None, &subject, asking, now_ns)
        };
        let held = enter("held", 0).unwrap();
        for user in 1..CELLS_MAX {
            enter(&user.to_string(), 0).unwrap();
        }
        enter("one more", 0).unwrap();
        let refused = enter("and another", 0).unwrap_err();
        assert_eq!(&*refused.account, OTHER);

        enter("late", 2 * MINUTE_NS).unwrap();
        let users: Vec<_> = cells.standings(2 * MINUTE_NS);
        let users: Vec<&str> = users.iter().map(|cell| &*cell.value).collect();
        assert_eq!(users, ["held", "late"]);
        drop(held);
    }
}
