//! Entering all of a request's limits together, and leaving them.

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use super::cells::Cell;
use super::state::{NoRoom, State};
use super::{Caps, Limit, LimitCells, Measure, Standing};
use crate::sync::MutexGuard;
use crate::{Rules, Subject};

/// What a request wants of its limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asking {
    /// Tokens, input and output, that it is expected to use. With 0 it uses none, and passes though some are owed.
    pub tokens: u64,
    /// Whether its answer is a stream.
    pub is_stream: bool,
}

/// A request that its limits let pass. Dropped, it is under way no more, and what it holds of tokens goes back
/// unless it was [settled](Self::settle).
#[derive(Debug)]
pub struct Passed {
    places: Places,
    is_stream: bool,
    is_settled: bool,
}

/// A limit without room for a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limit {limit_id:?} of {limit} {measure} is reached")]
pub struct Overstepped {
    /// Which.
    pub limit_id: Arc<str>,
    /// What of it.
    pub measure: Measure,
    /// Its figure.
    pub limit: u64,
    /// Which of its cells: its value of the limit's `per` dimension.
    pub account: Box<str>,
    /// When to try again, more than zero: exact if nobody else asks, and for what is limited at once
    /// [`CONCURRENT_RETRY`](super::CONCURRENT_RETRY).
    pub retry_after: Duration,
    /// How all the request's limits stand.
    pub standing: Box<Standing>,
}

/// A limit that a request is under.
#[derive(Debug)]
struct Place {
    limit: Arc<Limit>,
    cell: Arc<Cell>,
    held_tokens: u64,
}

/// In the order in which cells are locked: that of their addresses, which stand for as long as anybody has them.
type Places = SmallVec<[Place; PLACES_INLINE]>;
type Guards<'a> = SmallVec<[MutexGuard<'a, State>; PLACES_INLINE]>;

/// Few requests are under more.
const PLACES_INLINE: usize = 4;

impl Rules<LimitCells> {
    /// Counts a request in these limits and in `own`, its key's own: in all of them, or in none.
    ///
    /// All cells are locked, tried, and put back as they were if any has no room: who is refused by one limit takes
    /// nothing of another. `now_ns` is nanoseconds of a clock that never goes back, since any moment.
    ///
    /// # Errors
    /// [`Overstepped`] for the limit that takes longest to have room again: to try sooner is in vain.
    pub fn enter(
        &self,
        own: Option<&LimitCells>,
        subject: &Subject<'_>,
        asking: Asking,
        now_ns: u64,
    ) -> Result<Passed, Overstepped> {
        let mut places = self.places(own, subject, now_ns);
        if let Err((at, no_room)) = count(&mut places, asking, now_ns) {
            return Err(overstepped(&places, at, no_room, now_ns));
        }
        Ok(Passed {
            places,
            is_stream: asking.is_stream,
            is_settled: false,
        })
    }

    fn places(&self, own: Option<&LimitCells>, subject: &Subject<'_>, now_ns: u64) -> Places {
        let mut places = Places::new();
        let mut add = |cells: &LimitCells| {
            places.push(Place {
                limit: Arc::clone(cells.limit()),
                cell: cells.cell(subject, now_ns),
                held_tokens: 0,
            });
        };
        if let Some(own) = own {
            add(own);
        }
        self.matching(subject, |cells| add(cells));
        places.sort_unstable_by_key(|place| Arc::as_ptr(&place.cell));
        places.dedup_by_key(|place| Arc::as_ptr(&place.cell));
        places
    }
}

/// Counts in all places, or in none; gives the place that has no room for longest, and why.
fn count(places: &mut Places, asking: Asking, now_ns: u64) -> Result<(), (usize, NoRoom)> {
    let mut held: SmallVec<[u64; PLACES_INLINE]> = SmallVec::new();
    let mut states: Guards<'_> = places.iter().map(|place| place.cell.lock()).collect();
    let before: SmallVec<[State; PLACES_INLINE]> = states.iter().map(|state| **state).collect();
    let mut worst: Option<(usize, NoRoom)> = None;
    for (at, (place, state)) in places.iter().zip(&mut states).enumerate() {
        match state.enter(&place.limit.caps, asking, now_ns) {
            Ok(tokens) => held.push(tokens),
            Err(no_room) => {
                if worst.is_none_or(|(_, known)| known.retry_after < no_room.retry_after) {
                    worst = Some((at, no_room));
                }
            }
        }
    }
    if let Some(worst) = worst {
        for (state, before) in states.iter_mut().zip(before) {
            **state = before;
        }
        return Err(worst);
    }
    drop(states);
    for (place, tokens) in places.iter_mut().zip(held) {
        place.held_tokens = tokens;
    }
    Ok(())
}

fn overstepped(places: &Places, at: usize, no_room: NoRoom, now_ns: u64) -> Overstepped {
    let place = places.get(at);
    let figure = |caps: &Caps| no_room.measure.of(caps);
    Overstepped {
        limit_id: place.map_or_else(Arc::default, |place| Arc::clone(&place.limit.id)),
        measure: no_room.measure,
        limit: place
            .and_then(|place| figure(&place.limit.caps))
            .unwrap_or(0),
        account: place.map_or_else(Box::default, |place| place.cell.value().into()),
        retry_after: no_room.retry_after,
        standing: Box::new(standing(places, now_ns)),
    }
}

fn standing(places: &Places, now_ns: u64) -> Standing {
    let mut standing = Standing::default();
    for place in places {
        let state = *place.cell.lock();
        state.marks(&place.limit.caps, now_ns, |measure, mark| {
            standing.add(measure, mark);
        });
    }
    standing
}

impl Passed {
    /// Says how many tokens it used after all, once: what it held above that goes back, what it used above what it
    /// held is owed. It stays under way until it is dropped.
    pub fn settle(&mut self, tokens_used: u64, now_ns: u64) {
        if std::mem::replace(&mut self.is_settled, true) {
            return;
        }
        for place in &self.places {
            if let Some(per_minute) = place.limit.caps.tokens_per_minute {
                let mut state = place.cell.lock();
                let (held, used) = (place.held_tokens, tokens_used);
                state.tokens.settle(held, used, per_minute, now_ns);
            }
        }
    }

    /// The tightest of its limits of requests and of tokens, as they stand now.
    #[must_use]
    pub fn standing(&self, now_ns: u64) -> Standing {
        standing(&self.places, now_ns)
    }

    /// Whether it is under no limit at all.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.places.is_empty()
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        for place in &self.places {
            let mut state = place.cell.lock();
            state.leave(self.is_stream);
            if !self.is_settled {
                state.tokens.give_back(place.held_tokens);
            }
        }
    }
}
