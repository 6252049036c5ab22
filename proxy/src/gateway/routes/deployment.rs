//! A route and its deployments, each behind one credential.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use http::HeaderName;
use quotah_adapters::translate::Form;
use quotah_policy::headroom::Place;
use quotah_policy::route::{CANDIDATES_MAX, RateSheet, Strategy, UnitRates, Weights};
use quotah_policy::{Condition, PriceTable};

use super::super::choose::Order;
use super::super::translate::Words;
use super::ways::{Way, Ways};
use super::{Upstream, Wire};
use crate::config::resolved::{FallbackOn, Hedge, Model, RouteCache};
use crate::fleet::Health;

/// Where a name leads, and what may be done there.
#[derive(Debug)]
pub(crate) struct Route {
    /// The `[[models]]` row's, or `direct`.
    pub(crate) name: Arc<str>,
    /// Whether no row names it: the client asked for one provider, by name, by model or by dialect. Its breaker and
    /// its limits are watched there, and hold nobody back: a gateway that knows no other way shall not close this one.
    pub(crate) is_direct: bool,
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
    /// The forms that some of its deployments are asked otherwise for, or its mirror is.
    translated: Box<[Form]>,
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
    /// What is left there; `None` like `health`.
    place: Option<Arc<Place>>,
    /// What candidates are compared by; looked up anew from time to time.
    rates: ArcSwapOption<RateSheet>,
    ways: Ways,
}

/// Where a share of a route's requests is copied to.
#[derive(Debug)]
pub(crate) struct MirrorTo {
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) rename: Option<Arc<str>>,
    /// Of a million requests.
    pub(crate) share_ppm: u32,
    ways: Ways,
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
            deployments.extend(behind.iter().map(|upstream| {
                let place =
                    |model: &Arc<str>| upstream.place(Arc::clone(model), || Arc::clone(model));
                Deployment {
                    upstream: Arc::clone(upstream),
                    rename: rename.clone(),
                    rank: u8::try_from(rank).unwrap_or(u8::MAX),
                    weight: row.weight,
                    when: row.when.clone(),
                    context_tokens: row.context_tokens,
                    health: rename.as_deref().map(|model| upstream.fleet.health(model)),
                    place: rename.as_ref().map(place),
                    rates: ArcSwapOption::empty(),
                    ways: Ways::new(upstream.config.kind, row.api, row.lossy),
                }
            }));
        }
        deployments.truncate(CANDIDATES_MAX);
        let mirror = model.mirror.as_ref().and_then(|mirror| {
            let upstream = behind_each.get(mirror.provider)?.first()?;
            Some(MirrorTo {
                upstream: Arc::clone(upstream),
                rename: mirror.model.as_deref().map(Into::into),
                share_ppm: mirror.share_ppm,
                ways: Ways::new(upstream.config.kind, None, false),
            })
        });
        let ways = deployments.iter().map(|d| &d.ways);
        let ways = ways.chain(mirror.iter().map(|mirror| &mirror.ways));
        let mut translated = Vec::new();
        for form in ways.flat_map(Ways::forms) {
            if !translated.contains(&form) {
                translated.push(form);
            }
        }
        Self {
            name: model.name.as_str().into(),
            is_direct: false,
            when: model.when.clone(),
            strategy: model.strategy,
            weights: model.weights,
            deployments,
            fallback_on: model.fallback_on,
            hedge: model.hedge,
            mirror,
            cache: model.cache,
            session_header: model.session_header.clone(),
            translated: translated.into(),
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
            place: None,
            rates: ArcSwapOption::empty(),
            ways: Ways::default(),
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
            is_direct: true,
            when: None,
            strategy: Strategy::Ordered,
            weights: Weights::default(),
            deployments: Vec::new(),
            fallback_on: FallbackOn::default(),
            hedge: None,
            mirror: None,
            cache: None,
            session_header: None,
            translated: Box::default(),
        }
    }

    /// Whether any of its providers understands what is asked.
    pub(crate) fn fits(&self, wire: Wire) -> bool {
        let mut kinds = self.deployments.iter().map(|d| d.upstream.config.kind);
        kinds.any(|kind| wire.fits(kind))
    }

    /// The form that a request comes in, where some of the deployments are asked otherwise for it.
    pub(crate) fn translated(&self, form: impl FnOnce() -> Option<Form>) -> Option<Form> {
        if self.translated.is_empty() {
            return None;
        }
        form().filter(|form| self.translated.contains(form))
    }
}

impl MirrorTo {
    /// The order that copies another.
    pub(crate) fn order(&self, of: &Order) -> Order {
        let model_sent = self
            .rename
            .clone()
            .unwrap_or_else(|| Arc::clone(&of.model_sent));
        Order {
            route: Arc::clone(&of.route),
            place: of.place,
            upstream: Arc::clone(&self.upstream),
            rename: Some(Arc::clone(&model_sent)),
            health: self.upstream.fleet.health(&model_sent),
            headroom: self
                .upstream
                .place(Arc::clone(&model_sent), || Arc::clone(&model_sent)),
            estimate: of.estimate,
            // A copy keeps no cache warm that anybody counts on.
            cache_number: u64::MAX,
            is_copy: true,
            model_sent,
            words: Words::Own,
        }
    }

    /// The way from a caller's form.
    pub(crate) fn way(&self, from: Form) -> Option<Way> {
        self.ways.from(from)
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

    /// The way from a caller's form, where it is asked in another.
    pub(crate) fn way(&self, from: Form) -> Option<Way> {
        self.ways.from(from)
    }

    /// What a request of so many input tokens is compared by there.
    pub(crate) fn rates(&self, input_tokens: u64) -> Option<UnitRates> {
        let rates = self.rates.load();
        Some(rates.as_ref()?.rates(input_tokens))
    }

    /// How it fares with a model and what is left there, where that is the model that its row names.
    pub(crate) fn known(&self, model: &Arc<str>) -> Option<(&Health, &Place)> {
        let is_its_own = self.rename.as_ref() == Some(model);
        let known = self.health.as_deref().zip(self.place.as_deref());
        known.filter(|_| is_its_own)
    }

    /// What is left there for a model. `label` gives the model's name in metrics.
    pub(crate) fn place_of(
        &self,
        model: &Arc<str>,
        label: impl FnOnce() -> Arc<str>,
    ) -> Arc<Place> {
        match &self.place {
            Some(place) if self.rename.as_ref() == Some(model) => Arc::clone(place),
            _ => self.upstream.place(Arc::clone(model), label),
        }
    }

    /// Looks its price up. What the client names is looked up when it is named.
    pub(super) fn reprice(&self, prices: &PriceTable, now_unix_seconds: i64) {
        let Some(model) = &self.rename else { return };
        let config = &self.upstream.config;
        let of = |of: &str| prices.find_row(of, model, now_unix_seconds);
        let row = of(&config.name).or_else(|| of(config.kind.as_str()));
        let rates = row.and_then(|(_, row)| RateSheet::of(&row.price));
        self.rates.store(rates.map(Arc::new));
    }
}
