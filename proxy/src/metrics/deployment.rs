//! The handles of one deployment: what a request touches when it settles.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{Histogram, IntCounter};
use quotah_policy::{Money, Usage};

use super::cost::CostCounter;
use super::family::{Cached, OTHER};
use super::{Families, Metrics};
use crate::ledger::Outcome;

/// Counters of a provider's model behind a route, resolved when the snapshot was made.
#[derive(Debug)]
pub struct DeploymentMetrics {
    families: Families,
    provider: Box<str>,
    model: Box<str>,
    route: Box<str>,
    requests: Cached<(u16, &'static str), IntCounter>,
    attempts: Cached<&'static str, IntCounter>,
    duration: Histogram,
    time_to_first_token: Histogram,
    overhead: Histogram,
    tokens: [IntCounter; TOKEN_TYPES.len()],
    unpriced: IntCounter,
    cost_without_team: Arc<CostCounter>,
    cost_by_team: Cached<String, Arc<CostCounter>>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy)]
pub struct Settled<'a> {
    /// [`Entry::role`](crate::ledger::Entry::role): what was made for another request counts as none.
    pub role: &'a str,
    /// The HTTP status that the client got.
    pub status: u16,
    /// The ledger's outcome.
    pub outcome: &'static str,
    /// From the request's first byte to the answer's last.
    pub duration: Duration,
    /// From the request's first byte to a streamed answer's first; `None` for plain answers.
    pub time_to_first_token: Option<Duration>,
    /// The part of the duration that Quotah itself took.
    pub overhead: Duration,
    /// What was used.
    pub usage: &'a Usage,
    /// What it cost; `None` when nobody knows, which counts as unpriced if anything was used.
    pub cost: Option<Money>,
    /// The team of the key, from the configuration.
    pub team: Option<&'a str>,
}

impl DeploymentMetrics {
    pub(super) fn new(metrics: &Metrics, provider: &str, model: &str, route: &str) -> Self {
        let families = metrics.families.clone();
        Self {
            requests: Cached::default(),
            attempts: Cached::default(),
            duration: families.duration.child(provider, model),
            time_to_first_token: families.time_to_first_token.child(provider, model),
            overhead: metrics.overhead.clone(),
            tokens: TOKEN_TYPES.map(|kind| families.tokens.child(&[provider, model], &[kind])),
            unpriced: metrics.unpriced.clone(),
            cost_without_team: families.costs.child(provider, model, ""),
            cost_by_team: Cached::default(),
            provider: provider.into(),
            model: model.into(),
            route: route.into(),
            families,
        }
    }

    /// Counts one settled request: once each, in every family it belongs to. What was made for another request
    /// (a hedge, a mirror) used tokens and cost money, and is no request.
    pub fn record(&self, settled: &Settled<'_>) {
        if settled.role.is_empty() {
            self.requests(settled.status, settled.outcome).inc();
            self.duration.observe(settled.duration.as_secs_f64());
            if let Some(first) = settled.time_to_first_token {
                self.time_to_first_token.observe(first.as_secs_f64());
            }
            self.overhead.observe(settled.overhead.as_secs_f64());
        }
        let usage = settled.usage;
        let by_type = [
            usage.input_tokens,
            usage.cached_input_tokens,
            usage.cache_write_tokens,
            usage.output_tokens,
            usage.reasoning_tokens,
        ];
        for (counter, tokens) in self.tokens.iter().zip(by_type) {
            counter.inc_by(tokens);
        }
        match settled.cost {
            Some(cost) => self.spent(cost, settled.team.unwrap_or_default()),
            None if *usage != Usage::default() => self.unpriced.inc(),
            None => {}
        }
    }

    /// Counts one attempt toward the provider. `result` is `ok` or an error class.
    pub fn attempt(&self, result: &'static str) {
        self.attempts
            .child(&result, || {
                self.families.attempts.child(&[&self.provider], &[result])
            })
            .inc();
    }

    fn requests(&self, status: u16, outcome: &'static str) -> IntCounter {
        self.requests.child(&(status, outcome), || {
            let open = [&*self.provider, &*self.model, &*self.route];
            self.families
                .requests
                .child(&open, &[status_label(status), outcome_label(outcome)])
        })
    }

    fn spent(&self, cost: Money, team: &str) {
        if team.is_empty() {
            self.cost_without_team.add(cost);
            return;
        }
        let families = &self.families;
        self.cost_by_team
            .child(team, || {
                families.costs.child(&self.provider, &self.model, team)
            })
            .add(cost);
    }
}

/// The values of `tokens_total`'s label `type`.
const TOKEN_TYPES: [&str; 5] = [
    "input",
    "cached_input",
    "cache_write",
    "output",
    "reasoning",
];

fn outcome_label(outcome: &'static str) -> &'static str {
    if Outcome::ALL.iter().any(|known| known.as_str() == outcome) {
        outcome
    } else {
        OTHER
    }
}

/// Statuses that providers and Quotah answer with; 0 stands for no answer, anything else is `other`.
fn status_label(status: u16) -> &'static str {
    match status {
        0 => "none",
        200 => "200",
        201 => "201",
        202 => "202",
        204 => "204",
        400 => "400",
        401 => "401",
        402 => "402",
        403 => "403",
        404 => "404",
        405 => "405",
        408 => "408",
        409 => "409",
        413 => "413",
        422 => "422",
        424 => "424",
        429 => "429",
        431 => "431",
        499 => "499",
        500 => "500",
        502 => "502",
        503 => "503",
        504 => "504",
        529 => "529",
        _ => OTHER,
    }
}
