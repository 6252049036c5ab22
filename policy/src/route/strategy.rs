//! How a route prefers one deployment over another.

/// What a route goes by when several deployments can take a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// The first in the configuration, then the next.
    Ordered,
    /// Each in proportion to its weight.
    Weighted,
    /// The one whose answers begin soonest.
    Fastest,
    /// The one where this request really costs least.
    #[default]
    Cheapest,
    /// The one with the highest score of all of it, by [`Weights`].
    Balanced,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 5] = [
        Self::Ordered,
        Self::Weighted,
        Self::Fastest,
        Self::Cheapest,
        Self::Balanced,
    ];

    /// The name used in the configuration, the ledger and the admin plane.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Weighted => "weighted",
            Self::Fastest => "fastest",
            Self::Cheapest => "cheapest",
            Self::Balanced => "balanced",
        }
    }

    /// The strategy of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.as_str() == name)
    }
}

/// How much each factor counts in a score: per hundred, or in any other relation.
///
/// Where all are 0, all candidates score 0 and share the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// Time to the first byte.
    pub latency: u16,
    /// Share of calls that succeeded.
    pub success: u16,
    /// What the request costs there.
    pub cost: u16,
    /// Whether the breaker is closed.
    pub breaker: u16,
    /// How much is left of the credential's rate limits.
    pub headroom: u16,
}

impl Default for Weights {
    /// Whether it answers and what it costs decide; how quickly, and how much room there is, between the like.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strategy_reads_back_from_its_name() {
        for strategy in Strategy::ALL {
            assert_eq!(Strategy::parse(strategy.as_str()), Some(strategy));
        }
        assert_eq!(Strategy::parse("Cheapest"), None);
    }
}
