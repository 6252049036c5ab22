//! What the process shares: one [`State`] for its life, one [`Snapshot`] for each configuration.

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use dashmap::DashMap;
use quotah_policy::budget::Crossing;
use quotah_policy::{BreakerChange, BreakerState, Dimension, KeyId, RetryBudget, Warmth};
use tokio::sync::{Notify, Semaphore};

use crate::cache::Cache;
use crate::clock;
use crate::config::resolved::Config;
use crate::credentials::Credentials;
use crate::events::{self, EventKind, Hub};
use crate::fleet::{Fleet, Health};
use crate::gateway::choose::Order;
use crate::gateway::drain::Drain;
use crate::gateway::fetched::Fetched;
use crate::gateway::identify::{KeyRing, Keys};
use crate::gateway::routes::Routes;
use crate::headroom::Headroom;
use crate::ledger::{Entry, Event, Ledger};
use crate::metrics::{DeploymentMetrics, HedgeResult, Metrics};
use crate::policy::{OWN_PREFIX, Owners, Policy, RuleSet};
use crate::registry::{Elsewhere, Follower, HeldKey, Registry, RegistryError, Rule, RuleKind};
use crate::standing::breaker_word;
use crate::time::rfc3339;
use crate::upstream::Pools;

/// Most distinct (provider, model, route) triples whose metric handles are kept; more share `other`.
const DEPLOYMENTS_MAX: usize = 2_000;

/// Most copies to mirrors that are under way at once; requests beyond are not copied.
const MIRRORS_MAX: usize = 64;

/// A configuration, ready to serve by. A request keeps the one it began with.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) config: Arc<Config>,
    pub(crate) routes: Routes,
    pub(crate) keys: Keys,
    /// Whether any provider wants header names as clients wrote them.
    pub(crate) keeps_header_case: bool,
    /// Model names that may be metric labels: those of the configuration.
    labels: Vec<String>,
}

impl Snapshot {
    /// Makes everything that requests need from a configuration.
    pub(crate) fn new(
        config: Arc<Config>,
        (pools, credentials, fleet): (&Pools, &Credentials, &Fleet),
        ring: &Arc<KeyRing>,
    ) -> Self {
        let names = config.models.iter().flat_map(|model| {
            let sent = model
                .deployments
                .iter()
                .filter_map(|deployment| deployment.model.clone());
            std::iter::once(model.name.clone())
                .chain(model.aliases.iter().cloned())
                .chain(sent)
        });
        let routes = Routes::new(&config, (pools, credentials), fleet);
        routes.reprice(clock::unix_seconds());
        Self {
            routes,
            keys: Keys::new(&config.keys, config.server.require_key, ring),
            keeps_header_case: config
                .providers
                .iter()
                .any(|provider| provider.keep_header_case),
            labels: names.collect(),
            config,
        }
    }

    /// The model's name as a metric label: itself where the configuration or the price table has it.
    pub(crate) fn label<'a>(&self, provider_kind: &str, provider: &str, model: &'a str) -> &'a str {
        let prices = &self.config.price_table;
        let now = clock::unix_seconds();
        let known = self.labels.iter().any(|label| label == model)
            || prices.find(provider_kind, model, now).is_some()
            || prices.find(provider, model, now).is_some();
        if known { model } else { "other" }
    }
}

/// Metric handles by (provider, model, route).
type Handles = DashMap<(Arc<str>, Arc<str>, Arc<str>), Arc<DeploymentMetrics>>;

/// What must stand before the ledger can be opened: it tells what was spent to the budgets of rules and keys.
#[derive(Debug)]
pub(crate) struct Ground {
    snapshot: Snapshot,
    pools: Arc<Pools>,
    credentials: Credentials,
    fleet: Arc<Fleet>,
    registry: Arc<Registry>,
    ring: Arc<KeyRing>,
    changed: Arc<Notify>,
    events: Arc<Hub>,
    pub(crate) policy: Arc<Policy>,
}

impl Ground {
    /// Opens the registry, and puts the rules of `config` and of the registry in force.
    ///
    /// # Errors
    /// When the registry can neither be read nor made.
    pub(crate) fn lay(config: &Arc<Config>) -> Result<Self, RegistryError> {
        let ring = Arc::<KeyRing>::default();
        ring.configure(&config.keys);
        let changed = Arc::<Notify>::default();
        let events = Arc::new(Hub::new(clock::unix_ms()));
        let follower = Arc::new(Followers {
            ring: Arc::clone(&ring),
            changed: Arc::clone(&changed),
            events: Arc::clone(&events),
        });
        let pepper = config.server.key_pepper.as_ref();
        let registry = Registry::open(&config.data_dir, pepper, follower)?;
        ring.set_pepper(registry.pepper().clone());
        let pools = Arc::<Pools>::default();
        let credentials = Credentials::new(Arc::clone(&pools));
        let fleet = Arc::new(Fleet::new(config.breaker));
        let tools = (&*pools, &credentials, &*fleet);
        let snapshot = Snapshot::new(Arc::clone(config), tools, &ring);
        let policy = Policy::new(Arc::clone(&ring) as Arc<dyn Owners>);
        policy.recall_experience(registry.dir());
        policy.begin(&RuleSet::of(config, &registry));
        Ok(Self {
            snapshot,
            pools,
            credentials,
            fleet,
            registry: Arc::new(registry),
            ring,
            changed,
            events,
            policy: Arc::new(policy),
        })
    }
}

/// Who is told of what changes in the registry.
#[derive(Debug)]
struct Followers {
    ring: Arc<KeyRing>,
    changed: Arc<Notify>,
    events: Arc<Hub>,
}

impl Follower for Followers {
    fn key(&self, id: KeyId, held: Option<&Arc<HeldKey>>, is_live: bool) {
        self.ring.key(id, held, is_live);
        self.changed.notify_one();
    }

    fn rule(&self, _: RuleKind, _: &str, _: Option<&Arc<Rule>>, _: bool) {
        self.changed.notify_one();
    }

    /// What this process does, its admin plane tells of itself.
    fn elsewhere(&self, change: &Elsewhere<'_>) {
        let (kind, noun) = match change.kind {
            None => (EventKind::Key, "key"),
            Some(RuleKind::Budget) => (EventKind::Budget, RuleKind::Budget.as_str()),
            Some(kind) => (EventKind::Rule, kind.as_str()),
        };
        let mut data = serde_json::json!({ "type": change.action, noun: change.id });
        if let Some(key) = &change.key {
            let status = key.record.status(clock::unix_ms()).as_str();
            data["status"] = status.into();
        }
        let event = events::Event::new(kind, change.team.as_deref(), &data);
        self.events.publish(event);
    }
}

/// The process's own.
#[derive(Debug)]
pub(crate) struct State {
    snapshot: ArcSwap<Snapshot>,
    pub(crate) pools: Arc<Pools>,
    pub(crate) credentials: Credentials,
    pub(crate) ledger: Arc<Ledger>,
    /// Keys and rules that are made while the program runs.
    pub(crate) registry: Arc<Registry>,
    ring: Arc<KeyRing>,
    /// Rung when another process changed a rule or a key.
    pub(crate) changed: Arc<Notify>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) drain: Drain,
    pub(crate) headroom: Arc<Headroom>,
    /// How deployments fare.
    pub(crate) fleet: Arc<Fleet>,
    /// Whose caches hold which prompts.
    pub(crate) warmth: Warmth,
    /// What prompts are hashed with.
    pub(crate) seed: u64,
    /// Copies to mirrors under way, at most [`MIRRORS_MAX`].
    pub(crate) mirrors: Arc<Semaphore>,
    /// How often requests may be tried again, all together.
    pub(crate) retries: RetryBudget,
    pub(crate) fetched: Fetched,
    pub(crate) cache: Cache,
    pub(crate) events: Arc<Hub>,
    /// Counts requests that were refused before a deployment was chosen.
    pub(crate) no_deployment: Arc<DeploymentMetrics>,
    pub(crate) started: Instant,
    pub(crate) started_at_unix_ms: u64,
    handles: Handles,
}

impl State {
    /// Begins with a first configuration, and everything known that was spent.
    pub(crate) fn new(ground: Ground, ledger: Ledger, metrics: Arc<Metrics>) -> Arc<Self> {
        let Ground {
            snapshot,
            pools,
            credentials,
            fleet,
            registry,
            ring,
            policy,
            changed,
            events,
        } = ground;
        policy.opened(&ledger);
        let cache = Cache::new(snapshot.config.cache);
        let started_at_unix_ms = clock::unix_ms();
        let retries = RetryBudget::new(snapshot.config.retry.form);
        Arc::new(Self {
            snapshot: ArcSwap::from_pointee(snapshot),
            pools,
            credentials,
            ledger: Arc::new(ledger),
            registry,
            ring,
            changed,
            no_deployment: metrics.deployment("other", "other", "other"),
            metrics,
            policy,
            drain: Drain::default(),
            headroom: Arc::clone(&fleet.headroom),
            retries,
            warmth: Warmth::new(),
            seed: clock::dice(),
            mirrors: Arc::new(Semaphore::new(MIRRORS_MAX)),
            fleet,
            fetched: Fetched::default(),
            cache,
            started: clock::now(),
            events,
            started_at_unix_ms,
            handles: Handles::new(),
        })
    }

    /// The configuration in force.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts another configuration in force, for requests that begin from here on.
    pub(crate) fn replace(&self, config: Arc<Config>) {
        self.cache.apply(config.cache);
        let tools = (&*self.pools, &self.credentials, &*self.fleet);
        self.retries.reform(config.retry.form);
        let form = config.breaker;
        let snapshot = Snapshot::new(config, tools, &self.ring);
        self.snapshot.store(Arc::new(snapshot));
        self.handles.clear();
        let snapshot = self.snapshot();
        let is_configured = |provider: &str| snapshot.routes.upstream(provider).is_some();
        self.headroom.keep(is_configured);
        let now_unix_ms = clock::unix_ms();
        for (health, change) in self.fleet.reform(form, is_configured, now_unix_ms) {
            self.breaker_changed(&health, change);
        }
    }

    /// Tells of a breaker that opened or closed.
    pub(crate) fn breaker_changed(&self, health: &Health, change: BreakerChange) {
        let (provider, deployment) = (&*health.provider, health.deployment());
        let word = breaker_word(change.to);
        let (kind, until) = match change.to {
            BreakerState::Open { until_ms } => ("breaker.opened", Some(rfc3339(until_ms))),
            BreakerState::HalfOpen { .. } => ("breaker.half_open", None),
            BreakerState::Closed => ("breaker.closed", None),
        };
        let data = serde_json::json!({
            "type": kind, "provider": provider, "deployment": deployment, "until": until,
            "at": rfc3339(clock::unix_ms()),
        });
        let event = events::Event::new(EventKind::Breaker, None, &data);
        self.events.publish(event);
        if until.is_some() {
            tracing::warn!(deployment, state = word, until, "breaker changed");
        } else {
            tracing::info!(deployment, state = word, "breaker changed");
        }
    }

    /// Counts a second attempt that was made beside a first.
    pub(crate) fn hedged(&self, health: &Health, has_won: bool) {
        let deployment = health.deployment();
        let label = self
            .snapshot()
            .deployment_label(&health.provider, &health.model);
        let result = if has_won {
            HedgeResult::Won
        } else {
            HedgeResult::Lost
        };
        self.metrics.hedged(&label, result);
        tracing::debug!(deployment, has_won, "second attempt");
    }

    /// Counts a copy of a request by what became of it.
    pub(crate) fn mirrored(&self, entry: &Entry) {
        let label = self.label_of(&entry.deployment);
        self.metrics.mirrored(&label, entry.outcome().as_str());
    }

    /// The label of a deployment by its name.
    fn label_of(&self, deployment: &str) -> String {
        let (provider, model) = deployment.split_once('/').unwrap_or((deployment, ""));
        self.snapshot().deployment_label(provider, model)
    }

    /// Counts a request that goes from one deployment to another.
    pub(crate) fn fell_back(&self, (from, to): (&str, &str), reason: &'static str) {
        let (from_label, to_label) = (self.label_of(from), self.label_of(to));
        self.metrics.fell_back(&from_label, &to_label, reason);
        tracing::debug!(from, to, reason, "request goes elsewhere");
    }

    /// Puts the rules of the configuration and of the registry in force as they now are. Reads the ledger for budgets
    /// that are new; may take a second for a million entries.
    pub(crate) fn publish_rules(&self) {
        let rules = RuleSet::of(&self.snapshot().config, &self.registry);
        if let Err(error) = self.policy.publish(&rules, &self.ledger) {
            tracing::error!(%error, "new budgets only tell: what was spent before them is not known");
        }
    }

    /// Writes down what was learned, and lets the ledger forget what no budget counts any more.
    pub(crate) fn keep_house(&self) {
        self.metrics.cache_bytes(self.cache.bytes());
        self.policy.keep_experience(self.registry.dir());
        self.policy.keep_in(&self.ledger);
    }

    /// Tells of budgets whose alerts were reached: in the ledger, in metrics, in the log.
    pub(crate) fn tell(&self, crossings: &[Crossing]) {
        for crossing in crossings {
            let event = threshold_event(crossing);
            let team = self.team_of(&crossing.budget);
            let mut data = serde_json::json!(event);
            if let Some(members) = data.as_object_mut()
                && let Some(kind) = members.remove("kind")
            {
                members.insert("type".to_owned(), kind);
            }
            let told = events::Event::new(EventKind::Budget, team.as_deref(), &data);
            self.events.publish(told);
            // What cannot be written waits in memory like any record.
            let _appended = self.ledger.append_event(&event);
            // No label holds a key.
            let is_keys = crossing.budget.starts_with(OWN_PREFIX);
            let budget = if is_keys {
                KEYS_BUDGETS
            } else {
                &crossing.budget
            };
            self.metrics.budget_crossed(budget, &event.threshold);
            tracing::warn!(
                budget = &*crossing.budget,
                account = &*crossing.account,
                threshold = event.threshold,
                spent_usd = %crossing.spent,
                limit_usd = %crossing.limit,
                "budget threshold reached"
            );
        }
    }

    /// The team that a budget is for alone: that its `match` names, or its key's.
    fn team_of(&self, budget: &str) -> Option<String> {
        if let Some(key) = budget.strip_prefix(OWN_PREFIX) {
            return self.registry.key(key)?.record.team.clone();
        }
        let in_force = self.policy.in_force();
        let mut budgets = in_force.budgets.iter();
        let found = budgets.find(|known| *known.budget.id == *budget)?;
        let team = found.budget.selector.on(&Dimension::Team)?;
        team.is_exact().then(|| team.as_str().to_owned())
    }

    /// When a key of the configuration was used last, milliseconds since 1970.
    pub(crate) fn last_used_unix_ms(&self, key: &str) -> Option<u64> {
        self.ring.last_used_unix_ms(key)
    }

    /// The metric handle of an order; a bounded number of them.
    pub(crate) fn deployment_metrics(
        &self,
        snapshot: &Snapshot,
        order: &Order,
    ) -> Arc<DeploymentMetrics> {
        let provider = &order.upstream.config;
        let route = &order.route.name;
        let key = (
            Arc::clone(&provider.name),
            Arc::clone(&order.model_sent),
            Arc::clone(route),
        );
        if let Some(handle) = self.handles.get(&key) {
            return Arc::clone(&handle);
        }
        let model = snapshot.label(provider.kind.as_str(), &provider.name, &order.model_sent);
        let handle = self.metrics.deployment(&provider.name, model, route);
        if self.handles.len() < DEPLOYMENTS_MAX {
            self.handles.insert(key, Arc::clone(&handle));
        }
        handle
    }
}

/// What the budgets of keys are together in metrics; no budget can be named so.
const KEYS_BUDGETS: &str = "key:*";

/// A crossing as the ledger keeps it.
fn threshold_event(crossing: &Crossing) -> Event {
    let period = crossing.period;
    let mut event = Event {
        at_unix_ms: clock::unix_ms(),
        kind: "budget.threshold".to_owned(),
        budget: crossing.budget.to_string(),
        account: crossing.account.to_string(),
        threshold: crossing.threshold.to_string(),
        spent: Some(crossing.spent.picos().into()),
        limit: Some(crossing.limit.picos().into()),
        window_start_unix_ms: period.start_unix_ms,
        resets_at_unix_ms: period.ends().then_some(period.end_unix_ms),
        mode: crossing.mode.as_str().to_owned(),
        ..Event::default()
    };
    event.set_id(clock::request_id());
    event
}
