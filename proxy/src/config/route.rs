//! Where a model's name leads, and what is tried when that fails: as the program runs on it.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use quotah_adapters::translate::Api;
use quotah_policy::route::{Strategy, Weights};
use quotah_policy::{Condition, RetryForm};

use super::credential::Credential;

/// A model by a name of ours: a route.
#[derive(Debug, Clone)]
pub struct Model {
    /// Exact name or wildcard (`claude-*`).
    pub name: String,
    /// Further names.
    pub aliases: Vec<String>,
    /// For whom the row is; of several rows of one name the first that holds counts.
    pub when: Option<Condition>,
    /// By what a deployment is chosen.
    pub strategy: Strategy,
    /// What counts how much where it is chosen by a score.
    pub weights: Weights,
    /// Where it may go; never empty, and at most [`quotah_policy::route::CANDIDATES_MAX`] with every credential counted.
    pub deployments: Vec<Deployment>,
    /// Refusals that are tried elsewhere though another provider might refuse as well.
    pub fallback_on: FallbackOn,
    /// Whether a slow attempt gets a second one beside it.
    pub hedge: Option<Hedge>,
    /// Where a share of the requests is copied to.
    pub mirror: Option<Mirror>,
    /// Whether answers are kept.
    pub cache: Option<RouteCache>,
    /// Header whose value names a session: its requests stay where the prompt is cached.
    pub session_header: Option<HeaderName>,
}

/// One provider's model behind a name of ours.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Index into [`super::resolved::Config::providers`].
    pub provider: usize,
    /// The provider's own name for it; for a wildcard model without one, what the client asked for.
    pub model: Option<String>,
    /// Its share where deployments are chosen by lot; 0 is chosen when no other can be.
    pub weight: u32,
    /// For which requests.
    pub when: Option<Condition>,
    /// Most tokens that a prompt and its answer may have; `None` where that is not known.
    pub context_tokens: Option<u64>,
    /// In which of several ways that it knows it is asked for a turn.
    pub api: Option<Api>,
    /// Whether what cannot be said in its dialect is left out, and not a reason to refuse.
    pub lossy: bool,
}

/// `fallback_on` of a `[[models]]` row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FallbackOn {
    /// A filter held the prompt back.
    pub content_filter: bool,
    /// The prompt is too long for the model: another with a larger window may take it.
    pub context_overflow: bool,
}

/// `hedge` of a `[[models]]` row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hedge {
    /// How long the first attempt may take to its first byte; `None` is the 95th percentile of its deployment.
    pub after: Option<Duration>,
}

/// `mirror` of a `[[models]]` row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Index into [`super::resolved::Config::providers`].
    pub provider: usize,
    /// The provider's own name for the model; `None` is what the client asked for.
    pub model: Option<String>,
    /// Requests that are copied, of a million.
    pub share_ppm: u32,
}

/// `cache` of a `[[models]]` row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteCache {
    /// How long an answer is given again.
    pub ttl: Duration,
    /// Also answers to requests that did not ask for temperature 0.
    pub any_temperature: bool,
}

/// `[cache]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// Most bytes of answers kept.
    pub bytes_max: u64,
    /// How long an answer is given again where its route says nothing.
    pub ttl: Duration,
    /// Largest answer that is kept, bytes.
    pub answer_bytes_max: u64,
}

/// `[retry]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrySettings {
    /// How often, how soon.
    pub form: RetryForm,
    /// Attempts at one deployment of one request.
    pub same_deployment_max: u32,
    /// How long the beginning of a stream is held back to see whether it is an error.
    pub hold: Duration,
    /// What a 429 without a word of when costs: how long the credential is left alone.
    pub cooldown: Duration,
    /// The same for an account that is out of quota.
    pub cooldown_quota: Duration,
}

/// A credential by its name.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Shown in `/admin/v1/rate-limits`; never the credential.
    pub label: Arc<str>,
    /// The credential.
    pub credential: Credential,
}

/// `health_check` of a `[[providers]]` row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// What is fetched with the provider's credential, below its base URL; any answer below 500 is well.
    pub path: String,
    /// How often.
    pub interval: Duration,
    /// How long it may take.
    pub timeout: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            form: RetryForm::default(),
            same_deployment_max: 1,
            hold: Duration::from_millis(500),
            cooldown: Duration::from_secs(5),
            cooldown_quota: Duration::from_secs(60),
        }
    }
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            bytes_max: 256 << 20,
            ttl: Duration::from_secs(3_600),
            answer_bytes_max: 4 << 20,
        }
    }
}
