//! Where the rows come from: the routes in force, how their deployments fare, and what is left of their limits.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use quotah_policy::headroom::Can;
use quotah_policy::{BreakerState, Pattern, TrackView};

use super::{CredentialStanding, Standing, UsdPerMtok, unwell};
use crate::clock;
use crate::fleet::{Health, deployment_name};
use crate::gateway::routes::Upstream;
use crate::headroom::{RateLimit, Whose};
use crate::state::{Snapshot, State};

/// Limits by deployment and credential.
type Limits = HashMap<Whose, Vec<RateLimit>>;

impl State {
    /// Every deployment that a route names or that was asked, by provider and model; a provider that has none of these
    /// in one row without a model.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let now_unix_ms = clock::unix_ms();
        let mut look = Look {
            state: self,
            snapshot: self.snapshot(),
            limits: Limits::new(),
            now_unix_ms,
        };
        for row in self.headroom.rows(now_unix_ms) {
            look.limits.entry(row.whose.clone()).or_default().push(row);
        }
        let all = self.fleet.all();
        let mut standings: Vec<Standing> = all.iter().filter_map(|h| look.deployment(h)).collect();
        let seen: HashSet<Arc<str>> = standings.iter().map(|s| Arc::clone(&s.provider)).collect();
        let upstreams = look.snapshot.routes.upstreams().iter();
        let unseen = upstreams.filter(|upstream| !seen.contains(&upstream.config.name));
        standings.extend(unseen.map(|upstream| look.row(upstream, &"".into())));
        standings.sort_by(|a, b| (&a.provider, &a.model).cmp(&(&b.provider, &b.model)));
        standings
    }
}

impl State {
    /// What keeps deployments from being well, in one line; `None` when all are.
    pub(crate) fn unwell(&self) -> Option<String> {
        let now_unix_ms = clock::unix_ms();
        let all = self.fleet.all();
        let breakers = all.iter().map(|health| {
            let breaker = health.breaker.look(now_unix_ms);
            (health.deployment(), breaker)
        });
        unwell(breakers)
    }
}

impl Snapshot {
    /// A deployment's name as a metric label: `other` for a model that neither configuration nor price table knows.
    pub(crate) fn deployment_label(&self, provider: &str, model: &str) -> String {
        let Some(upstream) = self.routes.upstream(provider) else {
            return OTHER.to_owned();
        };
        if model.is_empty() {
            return provider.to_owned();
        }
        match self.label(upstream.config.kind.as_str(), provider, model) {
            known if known == model => deployment_name(provider, model),
            other => other.to_owned(),
        }
    }
}

struct Look<'a> {
    state: &'a State,
    snapshot: Arc<Snapshot>,
    limits: Limits,
    now_unix_ms: u64,
}

impl Look<'_> {
    /// A deployment; `None` for one that no route names and nobody asked, or whose provider is not configured any more.
    fn deployment(&self, health: &Health) -> Option<Standing> {
        let upstream = self.snapshot.routes.upstream(&health.provider)?;
        let row = Standing {
            breaker: health.breaker.look(self.now_unix_ms),
            track: health.track.view(self.now_unix_ms),
            ..self.row(upstream, &health.model)
        };
        let is_told = !row.routes.is_empty() || row.track.calls > 0 || !row.is_healthy();
        is_told.then_some(row)
    }

    /// What is known of a provider's model beside how it fares.
    fn row(&self, upstream: &Upstream, model: &Arc<str>) -> Standing {
        let config = &upstream.config;
        let prices = &self.snapshot.config.price_table;
        let at = i64::try_from(self.now_unix_ms / 1_000).unwrap_or(i64::MAX);
        let price = |of: &str| prices.find(of, model, at);
        let price = price(&config.name).or_else(|| price(config.kind.as_str()));
        let behind = self.snapshot.routes.direct(upstream).route;
        let credentials = behind.deployments.iter();
        Standing {
            provider: Arc::clone(&config.name),
            model: Arc::clone(model),
            label: self.snapshot.deployment_label(&config.name, model),
            routes: self.routes(&config.name, model),
            breaker: BreakerState::Closed,
            track: TrackView::default(),
            price: price.map(UsdPerMtok::of),
            credentials: credentials
                .map(|deployment| self.credential(&deployment.upstream, model))
                .collect(),
        }
    }

    fn credential(&self, upstream: &Upstream, model: &Arc<str>) -> CredentialStanding {
        let whose = Whose {
            provider: Arc::clone(&upstream.config.name),
            model: Arc::clone(model),
            credential: Arc::clone(&upstream.credential_label),
        };
        let room = self.state.headroom.look(&whose, self.now_unix_ms);
        let cooling_until_unix_ms = match room.map(|room| room.can) {
            Some(Can::Cooling { until_ms }) => Some(until_ms),
            Some(Can::Now | Can::Full { .. }) | None => None,
        };
        CredentialStanding {
            cooling_until_unix_ms,
            in_flight: room.map_or(0, |room| room.in_flight.into()),
            limits: self.limits.get(&whose).cloned().unwrap_or_default(),
            label: whose.credential,
        }
    }

    /// The rows that name a deployment: by its model, or by a name of theirs where they leave the model to the client.
    fn routes(&self, provider: &str, model: &str) -> Vec<String> {
        let rows = self.snapshot.config.models.iter();
        let mut names: Vec<String> = rows
            .filter(|row| {
                row.deployments.iter().any(|deployment| {
                    let at = self.snapshot.config.providers.get(deployment.provider);
                    let is_here = at.is_some_and(|at| *at.name == *provider);
                    let mut asked = std::iter::once(&row.name).chain(&row.aliases);
                    is_here
                        && match &deployment.model {
                            Some(named) => named == model,
                            None => asked.any(|name| Pattern::new(name).matches(model)),
                        }
                })
            })
            .map(|row| row.name.clone())
            .collect();
        // Several rows may share a name.
        names.dedup();
        names
    }
}

/// The label of what is not configured.
const OTHER: &str = "other";
