//! How limits stand: for headers, and for those who look after them.

use std::time::Duration;

use super::Measure;

/// One limit at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The figure that is not to be passed.
    pub limit: u64,
    /// So much is left of it.
    pub remaining: u64,
    /// How long until all of it is left again, if nobody uses any. Zero for what is used at once: nobody knows.
    pub reset: Duration,
}

/// The tightest of all limits that a request is under: those with the least left, and of these the one that takes
/// longest to come back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Of requests, per minute, hour or day.
    pub requests: Option<Mark>,
    /// Of tokens.
    pub tokens: Option<Mark>,
}

/// One cell of a limit at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellStanding {
    /// Its value of the limit's `per` dimension.
    pub value: Box<str>,
    /// Requests under way.
    pub in_flight: u32,
    /// Streams among them.
    pub streams: u32,
    /// Each figure of the limit.
    pub marks: Vec<(Measure, Mark)>,
}

impl Standing {
    /// Takes notice of one more limit.
    pub(super) fn add(&mut self, measure: Measure, mark: Mark) {
        let place = match measure {
            Measure::RequestsPerMinute | Measure::RequestsPerHour | Measure::RequestsPerDay => {
                &mut self.requests
            }
            Measure::TokensPerMinute => &mut self.tokens,
            Measure::Concurrent | Measure::ConcurrentStreams => return,
        };
        if place.is_none_or(|known| mark.is_tighter_than(&known)) {
            *place = Some(mark);
        }
    }
}

impl Mark {
    fn is_tighter_than(&self, other: &Self) -> bool {
        (self.remaining, other.reset) < (other.remaining, self.reset)
    }
}
