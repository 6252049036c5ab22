//! What speaks for a candidate, factor by factor.

use super::candidate::{Availability, Candidate};
use super::{WHOLE, WHOLE_U64, Weights};
use crate::Money;

/// A candidate's factors, and the score that they make by the route's weights. All are ten-thousandths, at most 10,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scored {
    /// The quickest available candidate's time to the first byte ÷ its own; whole where it was not measured.
    pub latency: u16,
    /// Share of its calls that succeeded; whole where unknown.
    pub success: u16,
    /// The cheapest available candidate's cost ÷ its own; whole where it is free, nothing where it has no price.
    pub cost: u16,
    /// Whole, but nothing where the breaker is not closed.
    pub breaker: u16,
    /// What is left of its tightest rate limit; whole where unknown.
    pub headroom: u16,
    /// All of them, by weight.
    pub score: u16,
}

/// What candidates are measured by: the best of those that may be chosen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Best {
    first_byte_us: Option<u64>,
    cost: Option<u64>,
}

impl Best {
    /// Takes a candidate that may be chosen into account.
    pub(super) fn consider(&mut self, candidate: &Candidate) {
        self.first_byte_us = least(self.first_byte_us, candidate.first_byte_us);
        self.cost = least(self.cost, candidate.cost.map(picos));
    }

    /// What speaks for `candidate`. One that may not be chosen can be better than all that may: it gets the whole.
    pub(super) fn score(&self, candidate: &Candidate, weights: &Weights) -> Scored {
        let cost = candidate.cost.map(picos);
        let is_closed = !matches!(
            candidate.availability,
            Availability::HalfOpen | Availability::Open { .. }
        );
        let factors = Scored {
            latency: factor(self.first_byte_us, candidate.first_byte_us),
            success: share(candidate.success_ten_thousandths),
            cost: cost.map_or(0, |cost| factor(self.cost, Some(cost))),
            breaker: if is_closed { WHOLE } else { 0 },
            headroom: share(candidate.headroom_ten_thousandths),
            score: 0,
        };
        Scored {
            score: factors.weighed(weights),
            ..factors
        }
    }
}

impl Scored {
    /// The mean of the factors by weight, rounded down.
    fn weighed(&self, weights: &Weights) -> u16 {
        let pairs = [
            (self.latency, weights.latency),
            (self.success, weights.success),
            (self.cost, weights.cost),
            (self.breaker, weights.breaker),
            (self.headroom, weights.headroom),
        ];
        // The largest sum, 5 × 10,000 × 65,535, fits into 32 bits.
        let mut sum = 0_u32;
        let mut whole = 0_u32;
        for (factor, weight) in pairs {
            sum = sum.saturating_add(u32::from(factor).saturating_mul(u32::from(weight)));
            whole = whole.saturating_add(u32::from(weight));
        }
        let mean = sum.checked_div(whole).unwrap_or(0);
        u16::try_from(mean).unwrap_or(WHOLE)
    }
}

/// A cost as candidates are compared by: pico-dollars, at least 0, at most 18 million dollars.
pub(super) fn picos(cost: Money) -> u64 {
    u64::try_from(cost.picos().max(0)).unwrap_or(u64::MAX)
}

/// `best` ÷ `own`, at most the whole; the whole too where either is not known.
fn factor(best: Option<u64>, own: Option<u64>) -> u16 {
    let (Some(best), Some(own)) = (best, own) else {
        return WHOLE;
    };
    if own <= best {
        return WHOLE;
    }
    let ratio = match best.checked_mul(WHOLE_U64) {
        Some(product) => product.checked_div(own),
        // Too large to be exact: a ten-thousandth of the larger is precise enough.
        None => best.checked_div(own / WHOLE_U64),
    };
    let ratio = ratio.and_then(|ratio| u16::try_from(ratio).ok());
    ratio.unwrap_or(WHOLE).min(WHOLE)
}

fn share(known: Option<u16>) -> u16 {
    known.unwrap_or(WHOLE).min(WHOLE)
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    [one, other].into_iter().flatten().min()
}
