//! When a deployment is not called for a while.

/// Figures of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerForm {
    /// Failures that open it; 0 never does.
    pub failures: u32,
    /// Within this time, milliseconds.
    pub window_ms: u64,
    /// How long it stays open, milliseconds.
    pub open_ms: u64,
    /// Share of the window's calls that must have failed too, of a thousand.
    pub failure_ratio_per_mille: u16,
}

impl Default for BreakerForm {
    fn default() -> Self {
        Self {
            failures: 5,
            window_ms: 60_000,
            open_ms: 30_000,
            failure_ratio_per_mille: 500,
        }
    }
}
