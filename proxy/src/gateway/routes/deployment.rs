//! A route and its deployments, each behind one credential.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use http::HeaderName;
use quotah_policy::route::{CANDIDATES_MAX, Strategy, Weights};
use quotah_policy::{Condition, Price, PriceTable};

use super::{Upstream, Wire};
use crate::config::resolved::{FallbackOn, Hedge, Model, RouteCache};
use crate::fleet::Health;

/// Where a name leads, and what may be done there.
#[derive(Debug)]
pub(crate) struct Route {
    /// The `[[models]]` row's, or `direct`.
    pub(crate) name: Arc<str>,
    pub(crate) when: Option<Condition>,
    pub(crate) strategy: Strategy,
    pub(crate) weights: Weights,
    /// At most [`CANDIDATES_MAX`].
    pub(crate) deployments: Vec<Deployment>,
    pub(crate) fallback_on: FallbackOn,
    pub(crate) hedge: Option<Hedge>,
    pub(crate) mirror: Option<MirrorTo>,
    pub(crate) cache: Option<RouteCache>,
    pub(crate) session_header: Option<HeaderName>,
    /// Whether a request is to be described for conditions.
    pub(crate) has_conditions: bool,
}

/// A provider's model behind one credential.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) upstream: Arc<Upstream>,
    /// The provider's name for the model, where it differs from what the client asked for.
    pub(crate) rename: Option<Arc<str>>,
    /// Its place in the row; credentials of one deployment share it.
    pub(crate) rank: u8,
    pub(crate) weight: u32,
    pub(crate) when: Option<Condition>,
    pub(crate) context_tokens: Option<u64>,
    /// How it fares; `None` where the model is what the client says.
    pub(crate) health: Option<Arc<Health>>,
    /// What candidates are compared by; looked up anew from time to time.
    price: ArcSwapOption<Price>,
}

/// Where a share of a route's requests is copied to.
#[derive(Debug)]
pub(crate) struct MirrorTo {
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) rename: Option<Arc<str>>,
    /// Of a million requests.
    pub(crate) share_ppm: u32,
}

/// Where a request's model leads.
#[derive(Debug, Clone)]
pub(crate) struct Lead {
    pub(crate) route: Arc<Route>,
    /// The model's name at the provider, where the client named both.
    pub(crate) rename: Option<Arc<str>>,
}

impl Route {
    /// A row of the configuration. `behind_each` holds each provider behind each of its credentials.
    pub(super) fn new(model: &Model, behind_each: &[Vec<Arc<Upstream>>]) -> Self {
        // A row by an exact name sends one name, whatever alias it was found by: unless nothing renames it.
        let mut deployments = Vec::new();
        for (rank, row) in model.deployments.iter().enumerate() {
            let Some(behind) = behind_each.get(row.provider) else {
                continue;
            };
            let rename: Option<Arc<str>> = row.model.as_deref().map(Into::into);
            deployments.extend(behind.iter().map(|upstream| Deployment {
                upstream: Arc::clone(upstream),
                rename: rename.clone(),
                rank: u8::try_from(rank).unwrap_or(u8::MAX),
                weight: row.weight,
                when: row.when.clone(),
                context_tokens: row.context_tokens,
                health: rename.as_deref().map(|model| upstream.fleet.health(model)),
                price: ArcSwapOption::empty(),
            }));
        }
        deployments.truncate(CANDIDATES_MAX);
        let mirror = model.mirror.as_ref().and_then(|mirror| {
            let upstream = behind_each.get(mirror.provider)?.first()?;
            Some(MirrorTo {
                upstream: Arc::clone(upstream),
                rename: mirror.model.as_deref().map(Into::into),
                share_ppm: mirror.share_ppm,
            })
        });
        Self {
            name: model.name.as_str().into(),
            when: model.when.clone(),
            strategy: model.strategy,
            weights: model.weights,
            has_conditions: deployments.iter().any(|d| d.when.is_some()),
            deployments,
            fallback_on: model.fallback_on,
            hedge: model.hedge,
            mirror,
            cache: model.cache,
            session_header: model.session_header.clone(),
        }
    }

    /// Straight to a provider, behind any of its credentials.
    pub(super) fn direct(name: &Arc<str>, behind: &[Arc<Upstream>]) -> Self {
        let deployments = behind.iter().map(|upstream| Deployment {
            upstream: Arc::clone(upstream),
            rename: None,
            rank: 0,
            weight: 1,
            when: None,
            context_tokens: None,
            health: None,
            price: ArcSwapOption::empty(),
        });
        Self {
            name: Arc::clone(name),
            deployments: deployments.take(CANDIDATES_MAX).collect(),
            ..Self::nowhere()
        }
    }

    /// To nobody.
    pub(super) fn nowhere() -> Self {
        Self {
            name: "".into(),
            when: None,
            strategy: Strategy::Ordered,
            weights: Weights::default(),
            deployments: Vec::new(),
            fallback_on: FallbackOn::default(),
            hedge: None,
            mirror: None,
            cache: None,
            session_header: None,
            has_conditions: false,
        }
    }

    /// Whether any of its providers understands what is asked.
    pub(crate) fn fits(&self, wire: Wire) -> bool {
        let mut kinds = self.deployments.iter().map(|d| d.upstream.config.kind);
        kinds.any(|kind| wire.fits(kind))
    }
}

impl Deployment {
    /// How it fares with a model.
    pub(crate) fn health_of(&self, model: &str) -> Arc<Health> {
        match &self.health {
            Some(health) => Arc::clone(health),
            None => self.upstream.fleet.health(model),
        }
    }

    /// The price that it is compared by.
    pub(crate) fn price(&self) -> arc_swap::Guard<Option<Arc<Price>>> {
        self.price.load()
    }

    /// Looks its price up. What the client names is looked up when it is named.
    pub(super) fn reprice(&self, prices: &PriceTable, now_unix_seconds: i64) {
        let Some(model) = &self.rename else { return };
        let config = &self.upstream.config;
        let of = |of: &str| prices.find_row(of, model, now_unix_seconds);
        let row = of(&config.name).or_else(|| of(config.kind.as_str()));
        self.price.store(row.map(|(_, row)| Arc::clone(&row.price)));
    }
}
