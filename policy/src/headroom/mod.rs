//! Headroom: what a provider's credential has left, so that a request is not sent where it would be refused.
//!
//! A [`Place`] is one deployment behind one credential. Answers tell it what is left of each limit; it takes off what
//! is under way, and a request that does not fit waits for the limit's reset, or goes elsewhere. Three things make
//! this harder than a subtraction:
//!
//! - Answers overlap, so what one says may be older than what is known already (`held`).
//! - Many clients look at once: whoever looks also takes, under one lock ([`Place::try_take`]).
//! - What a provider counted and did not say (an error without headers) is gone all the same.
//!
//! Times are unix milliseconds.

mod cooling;
mod front;
mod held;
mod place;
mod seen;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use cooling::Cooling;
pub use place::{Place, Taken};
pub use seen::{Counts, Estimate, LimitSeen, Said};

/// Longest time without asking again, milliseconds: what is not back for longer is asked by one request then. Resets
/// of a day are common (Groq's, `OpenAI`'s free tier), and so are accounts that are topped up or moved meanwhile.
pub const STRETCH_MS_MAX: u64 = 3_600_000;

/// What a place has for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Whether the request fits.
    pub can: Can,
    /// The share left of the limit that has least, of ten thousand; `None` where nothing is known.
    pub left_ten_thousandths: Option<u16>,
    /// Requests under way whose answers have not begun.
    pub in_flight: u32,
}

/// Whether a place can take a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Can {
    /// As far as is known, yes.
    Now,
    /// A limit has less left than the request needs.
    Full {
        /// When it is worth asking again.
        until_ms: u64,
    },
    /// A refusal asked for a pause.
    Cooling {
        /// When it is over, or when one request may see whether it is.
        until_ms: u64,
    },
}
