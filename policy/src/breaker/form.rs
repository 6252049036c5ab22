//! When a breaker opens and for how long.

/// A breaker's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerForm {
    /// It opens at this many failures within the window; 0: never. More than [`FAILURES_MAX`] count as that many.
    pub failures: u32,
    /// How long a failure counts, in milliseconds; 0 counts as 1. One that is exactly this old counts no more.
    pub window_ms: u64,
    /// How long it stays open before the first probe, in milliseconds.
    pub open_ms: u64,
    /// How many of a thousand calls in the window must have failed, besides; 0: any share will do.
    ///
    /// A deployment that answers thousands of calls a minute always has five stray failures among them.
    pub failure_ratio_per_mille: u16,
}

/// Most failures that a breaker remembers the times of.
pub const FAILURES_MAX: u32 = 100;

impl Default for BreakerForm {
    /// The 5th failure within 60 s, if half of the calls failed, opens it for 30 s.
    fn default() -> Self {
        Self {
            failures: 5,
            window_ms: 60_000,
            open_ms: 30_000,
            failure_ratio_per_mille: 500,
        }
    }
}

impl BreakerForm {
    /// The same within the bounds that the fields state.
    pub(super) fn bounded(self) -> Self {
        Self {
            failures: self.failures.min(FAILURES_MAX),
            window_ms: self.window_ms.max(1),
            ..self
        }
    }

    /// How long a span of the window is: a twelfth of it, and at least a millisecond.
    pub(super) fn span_ms(self) -> u64 {
        self.window_ms.div_ceil(12).max(1)
    }
}
