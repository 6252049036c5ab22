//! How often and how soon a request may be tried again.

/// Figures of retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryForm {
    /// Attempts of one request, the first included.
    pub attempts_max: u32,
    /// Further attempts, of a thousand requests.
    pub budget_ratio_per_mille: u16,
    /// Further attempts each second whatever the traffic.
    pub budget_min_per_second: u32,
    /// First wait before the same provider is asked again, milliseconds.
    pub backoff_ms: u64,
    /// Longest wait, milliseconds.
    pub backoff_max_ms: u64,
}

impl Default for RetryForm {
    fn default() -> Self {
        Self {
            attempts_max: 3,
            budget_ratio_per_mille: 200,
            budget_min_per_second: 10,
            backoff_ms: 100,
            backoff_max_ms: 2_000,
        }
    }
}
