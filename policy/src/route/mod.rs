//! Routing: which of a route's deployments does a request go to?
//!
//! Whoever asks fills in a [`Candidate`] for each deployment and credential, as things stand for this one request;
//! [`choose`] picks one by the route's [`Strategy`] and leaves a [`Scored`] for each, so that "why this one" can be
//! answered later. Where none may be chosen, [`nobody`] says why. [`effective_cost`] makes the price that candidates
//! are compared by: list prices, times what answers of this deployment really looked like.

mod candidate;
mod choose;
mod dice;
mod draw;
mod nobody;
mod rates;
mod score;
mod strategy;
#[cfg(test)]
mod tests;

pub use candidate::{Availability, CANDIDATES_MAX, Candidate};
pub use choose::{Choice, MEASURE_ONE_IN, PROBE_ONE_IN, Turn, choose};
pub use nobody::{WhyNobody, nobody};
pub use rates::{Expect, RateSheet, UnitRates, effective_cost};
pub use score::Scored;
pub use strategy::{Strategy, Weights};

/// The whole of a share, a factor or a score: ten thousand ten-thousandths.
pub(crate) const WHOLE: u16 = 10_000;

/// The same, to divide by.
pub(crate) const WHOLE_U64: u64 = 10_000;
