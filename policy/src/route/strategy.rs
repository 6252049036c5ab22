//! By what a deployment is chosen.

/// `route` of a `[[models]]` row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strategy {
    /// The first that can.
    #[default]
    Ordered,
    /// By lot.
    Weighted,
    /// The shortest time to first byte.
    Fastest,
    /// The least cost.
    Cheapest,
    /// By a score of all.
    Balanced,
}

/// What counts how much in a balanced score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// Time to first byte.
    pub latency: u16,
    /// Share of answers that went well.
    pub success: u16,
    /// Cost of the request.
    pub cost: u16,
    /// State of the breaker.
    pub breaker: u16,
    /// What is left of the provider's limits.
    pub headroom: u16,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            latency: 20,
            success: 30,
            cost: 30,
            breaker: 10,
            headroom: 10,
        }
    }
}
