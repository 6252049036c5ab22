//! Limits: how often, how much and how many at once.
//!
//! A [`Limit`] is the rule; its cells count, one for each value of its `per` dimension. A request
//! [enters](Rules::enter) all limits that it matches together, or none, and holds a [`Passed`] until it is over.

mod cells;
mod enter;
mod form;
mod measure;
mod rate;
mod standing;
mod state;
#[cfg(test)]
mod tests;

use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;

use crate::{Dimension, Rules, Selector};

pub use cells::{CELLS_MAX, LimitCells};
pub use enter::{Asking, Overstepped, Passed};
pub use form::{LimitFault, LimitForm};
pub use measure::Measure;
pub use standing::{CellStanding, Mark, Standing};
pub use state::CONCURRENT_RETRY;

/// How often, how much and how many at once, of which requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub id: Arc<str>,
    /// The requests that it is for.
    pub selector: Selector,
    /// Each value here is counted alone; all together without.
    pub per: Option<Dimension>,
    /// What it limits.
    pub caps: Caps,
}

/// What a limit limits; what is not given is not limited.
///
/// Requests and tokens come back continuously, not at once at the end of a minute, hour or day: after a pause of
/// that length as much as the figure may be used at a stroke.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// Requests begun.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Requests begun.
    pub requests_per_hour: Option<NonZeroU32>,
    /// Requests begun, in 24 hours.
    pub requests_per_day: Option<NonZeroU32>,
    /// Tokens of input and output.
    pub tokens_per_minute: Option<NonZeroU64>,
    /// Requests at once.
    pub concurrent: Option<NonZeroU32>,
    /// Streams at once.
    pub concurrent_streams: Option<NonZeroU32>,
}

/// The limits in force.
pub type Limits = Rules<LimitCells>;

impl Limit {
    /// A key's own limit: it hangs on the key, so it selects nothing and counts all that enters it.
    #[must_use]
    pub fn own(key: &str, caps: Caps) -> Self {
        Self {
            id: format!("key:{key}").into(),
            selector: Selector::default(),
            per: None,
            caps,
        }
    }

    /// Whether cells of `other` are also cells of this one: both count the same requests. What they are limited to
    /// may differ.
    #[must_use]
    pub fn counts_as(&self, other: &Self) -> bool {
        self.id == other.id && self.selector == other.selector && self.per == other.per
    }
}

impl Caps {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
