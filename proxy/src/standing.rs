//! How every deployment stands, a row each: what the admin plane, health and metrics show of routing.

mod seen;

use std::sync::Arc;

use quotah_policy::{BreakerState, Class, Price, TrackView};

use crate::fleet::deployment_name;
use crate::headroom::RateLimit;

/// How one deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The provider's name in the configuration.
    pub provider: Arc<str>,
    /// The model as the provider is asked for it; empty where none is named.
    pub model: Arc<str>,
    /// Its name in metrics: its model is `other` where neither configuration nor price table knows it.
    pub label: String,
    /// The routes that name it, in the configuration's order.
    pub routes: Vec<String>,
    /// What its breaker would do with a call.
    pub breaker: BreakerState,
    /// What its real answers taught.
    pub track: TrackView,
    /// What it costs now; `None` where no price is known.
    pub price: Option<UsdPerMtok>,
    /// Its credentials, in the configuration's order.
    pub credentials: Vec<CredentialStanding>,
}

/// How one credential of a deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialStanding {
    /// Its label, never the credential.
    pub label: Arc<str>,
    /// Not called until then, milliseconds since 1970; `None` when it may be called.
    pub cooling_until_unix_ms: Option<u64>,
    /// Requests that it is busy with.
    pub in_flight: u64,
    /// What the provider said of its limits.
    pub limits: Vec<RateLimit>,
}

/// Dollars for a million tokens, as exact decimals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsdPerMtok {
    /// Input, uncached.
    pub input: Option<String>,
    /// Input from the provider's cache.
    pub cached_input: Option<String>,
    /// Output.
    pub output: Option<String>,
}

impl Standing {
    /// The deployment's name, as in the ledger.
    #[must_use]
    pub fn deployment(&self) -> String {
        deployment_name(&self.provider, &self.model)
    }

    /// Whether it serves: its breaker is closed. Half-open, that is yet to be seen.
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        matches!(self.breaker, BreakerState::Closed)
    }
}

impl UsdPerMtok {
    /// The standard rates of a price list.
    #[must_use]
    pub fn of(price: &Price) -> Self {
        let rate = |class| Some(price.standard().get(class)?.usd_for(class).to_string());
        Self {
            input: rate(Class::Input),
            cached_input: rate(Class::CachedInput),
            output: rate(Class::Output),
        }
    }
}

/// A breaker's state by its name: `closed`, `open`, `half_open`.
#[must_use]
pub const fn breaker_word(state: BreakerState) -> &'static str {
    match state {
        BreakerState::Closed => "closed",
        BreakerState::Open { .. } => "open",
        BreakerState::HalfOpen { .. } => "half_open",
    }
}

/// What keeps deployments from being well, in one line; `None` when all are.
#[must_use]
pub fn unwell(breakers: impl Iterator<Item = (String, BreakerState)>) -> Option<String> {
    let mut out = breakers.filter(|(_, breaker)| *breaker != BreakerState::Closed);
    let named = out.by_ref().take(NAMED_MAX).map(|(deployment, breaker)| {
        let state = breaker_word(breaker).replace('_', "-");
        format!("{deployment} is {state}")
    });
    let mut words: Vec<String> = named.collect();
    let rest = out.count();
    if rest > 0 {
        words.push(format!("and {rest} more"));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// Deployments that [`unwell`] names; `/admin/v1/providers` has all.
const NAMED_MAX: usize = 10;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn standing(model: &str, breaker: BreakerState) -> Standing {
        Standing {
            provider: "p".into(),
            model: model.into(),
            label: format!("p/{model}"),
            routes: Vec::new(),
            breaker,
            track: TrackView::default(),
            price: None,
            credentials: Vec::new(),
        }
    }

    #[test]
    fn health_names_those_that_are_not_closed_and_counts_the_rest() {
        let open = |n: u32| (format!("p/m{n}"), BreakerState::Open { until_ms: 9 });
        let closed = ("p/m".to_owned(), BreakerState::Closed);
        assert_eq!(unwell(std::iter::once(closed.clone())), None);
        let half_open = (
            "p/m1".to_owned(),
            BreakerState::HalfOpen { is_probing: true },
        );
        let said = unwell([open(0), closed, half_open].into_iter());
        assert_eq!(said.as_deref(), Some("p/m0 is open, p/m1 is half-open"));
        let said = unwell((0..12).map(open)).expect("two are not named");
        assert!(said.ends_with("p/m9 is open, and 2 more"), "{said}");
    }
}
