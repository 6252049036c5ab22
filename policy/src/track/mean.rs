//! Fading means, in integers.

use super::part;

/// A mean of which each observation is a 32nd; the first 31 weigh what they would in a plain one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    /// The mean in 65,536ths.
    scaled: u64,
    /// Observations, at most [`MEAN_OF`].
    count: u64,
}

impl Mean {
    /// One that a single observation changes by a 32nd only.
    pub(super) fn well_known(value: u64) -> Self {
        Self {
            scaled: scaled(value),
            count: MEAN_OF,
        }
    }

    /// Takes in a value, at most [`MEAN_MAX`].
    pub(super) fn observe(&mut self, value: u64) {
        let value = scaled(value);
        self.count = self.count.saturating_add(1).min(MEAN_OF);
        let step = |distance: u64| distance.checked_div(self.count).unwrap_or(0);
        self.scaled = if value >= self.scaled {
            self.scaled
                .saturating_add(step(value.saturating_sub(self.scaled)))
        } else {
            self.scaled
                .saturating_sub(step(self.scaled.saturating_sub(value)))
        };
    }

    /// Keeps so many ten-thousandths of it.
    pub(super) fn shrink(&mut self, ten_thousandths: u64) {
        self.scaled = part(self.scaled, ten_thousandths);
    }

    /// The mean, rounded to the nearest.
    pub(super) const fn value(&self) -> u64 {
        self.scaled.saturating_add(1 << (SCALE - 1)) >> SCALE
    }

    /// The mean, where there is one.
    pub(super) fn known(&self) -> Option<u64> {
        (self.count > 0).then(|| self.value())
    }

    /// This one for every `whole` of the other.
    pub(super) fn ratio(&self, other: &Self, whole: u64) -> Option<u64> {
        let product = u128::from(self.scaled).saturating_mul(u128::from(whole));
        let ratio = product.checked_div(u128::from(other.scaled))?;
        u64::try_from(ratio).ok()
    }
}

fn scaled(value: u64) -> u64 {
    value.min(MEAN_MAX) << SCALE
}

/// An observation is a part of so many.
const MEAN_OF: u64 = 32;

/// Bits behind the point of a mean, so that its small steps are not lost.
const SCALE: u32 = 16;

/// The largest value that a mean takes in: a million million, in tokens or microseconds.
pub(super) const MEAN_MAX: u64 = 1 << 40;
