//! Where a model's name leads: the configuration's routes, as a snapshot holds them.

mod deployment;
mod ways;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use http::HeaderValue;
use quotah_adapters::limits::LimitFormats;
use quotah_adapters::{Dialect, ProviderKind};
use quotah_policy::headroom::Place;
use quotah_policy::{Condition, Pattern, PriceTable};

use super::refuse::Refusal;
use crate::clock;
use crate::config::resolved::{self, Config, Provider};
use crate::credentials::{Credential, Credentials};
use crate::fleet::{Fleet, Squadron};
use crate::headroom::{self, Headroom, Whose};
use crate::upstream::{Origin, Pool, Pools};

pub(crate) use deployment::{Deployment, Lead, MirrorTo, Route};
pub(crate) use ways::Way;

/// A provider behind one of its credentials, ready to be called.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) config: Arc<Provider>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) origin: Origin,
    /// Its name, as `x-quotah-provider` says it.
    pub(crate) name: HeaderValue,
    /// Path of its base URL, with the version segment where one was written.
    pub(crate) base_path: Box<str>,
    /// Value of `host`.
    pub(crate) host: HeaderValue,
    /// What is put on requests to it.
    pub(crate) credential: Credential,
    /// Which of the provider's credentials it is.
    pub(crate) ordinal: u64,
    /// What its limits are kept under beside its name.
    pub(crate) credential_label: Arc<str>,
    /// How it tells of its limits.
    pub(crate) limit_formats: Cow<'static, LimitFormats>,
    /// How its models fare.
    pub(crate) fleet: Arc<Squadron>,
    /// What its credentials have left.
    headroom: Arc<Headroom>,
}

impl Upstream {
    /// What is left for a model behind this credential. `label` gives the model's name in metrics.
    pub(crate) fn place(&self, model: Arc<str>, label: impl FnOnce() -> Arc<str>) -> Arc<Place> {
        let whose = Whose {
            provider: Arc::clone(&self.config.name),
            model,
            credential: Arc::clone(&self.credential_label),
        };
        self.headroom.place(&whose, clock::unix_ms(), label)
    }
}

/// What a provider must understand to serve a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire {
    pub(crate) dialect: Dialect,
    /// The only kind of provider that has such a path.
    pub(crate) only_at: Option<ProviderKind>,
}

impl Wire {
    /// Whether providers of that kind may be asked. A server that is not known by name may have anybody's paths.
    pub(crate) fn fits(self, kind: ProviderKind) -> bool {
        let is_open = kind == ProviderKind::OPENAI_COMPATIBLE;
        match self.only_at {
            Some(only) if !is_open => kind == only,
            _ => kind.speaks(self.dialect),
        }
    }

    /// The kind whose own it is.
    pub(crate) fn native(self) -> ProviderKind {
        self.only_at
            .unwrap_or_else(|| ProviderKind::native(self.dialect))
    }
}

/// Where models lead.
#[derive(Debug)]
pub(crate) struct Routes {
    /// Every provider once, behind its first credential, in the configuration's order.
    upstreams: Vec<Arc<Upstream>>,
    /// The way to each of them, with all of its credentials.
    direct: Vec<Arc<Route>>,
    /// Rows of one name in the configuration's order.
    exact: HashMap<Box<str>, Vec<Arc<Route>>>,
    /// Longest first.
    wildcards: Vec<(Pattern, Arc<Route>)>,
    rows: Vec<Arc<Route>>,
    prices: Arc<PriceTable>,
}

impl Routes {
    /// The routes of a configuration.
    pub(crate) fn new(
        config: &Config,
        (pools, credentials): (&Pools, &Credentials),
        fleet: &Fleet,
    ) -> Self {
        let behind_each: Vec<Vec<Arc<Upstream>>> = config
            .providers
            .iter()
            .map(|provider| behind_each(provider, credentials, (pools, fleet)))
            .collect();
        let rows: Vec<Arc<Route>> = config
            .models
            .iter()
            .map(|model| Arc::new(Route::new(model, &behind_each)))
            .collect();
        let mut exact: HashMap<Box<str>, Vec<Arc<Route>>> = HashMap::new();
        let mut wildcards = Vec::new();
        for (model, route) in config.models.iter().zip(&rows) {
            for name in std::iter::once(&model.name).chain(&model.aliases) {
                let pattern = Pattern::new(name);
                if pattern.is_exact() {
                    let named = exact.entry(name.as_str().into()).or_default();
                    named.push(Arc::clone(route));
                } else {
                    wildcards.push((pattern, Arc::clone(route)));
                }
            }
        }
        wildcards.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.as_str().len()));
        let name: Arc<str> = "direct".into();
        let direct = behind_each
            .iter()
            .map(|behind| Arc::new(Route::direct(&name, behind)))
            .collect();
        let firsts = behind_each.iter().filter_map(|behind| behind.first());
        Self {
            upstreams: firsts.cloned().collect(),
            direct,
            exact,
            wildcards,
            rows,
            prices: Arc::clone(&config.price_table),
        }
    }

    /// Every provider, in the configuration's order.
    pub(crate) fn upstreams(&self) -> &[Arc<Upstream>] {
        &self.upstreams
    }

    /// The provider named so.
    pub(crate) fn upstream(&self, name: &str) -> Option<&Arc<Upstream>> {
        self.upstreams
            .iter()
            .find(|upstream| &*upstream.config.name == name)
    }

    /// Straight to one provider, whatever the model.
    pub(crate) fn direct(&self, upstream: &Upstream) -> Lead {
        let name = &upstream.config.name;
        let mut all = self.upstreams.iter().zip(&self.direct);
        let found = all.find(|(known, _)| known.config.name == *name);
        Lead {
            // Every upstream of a snapshot is one of its own; another's leads nowhere.
            route: found.map_or_else(
                || Arc::new(Route::nowhere()),
                |(_, route)| Arc::clone(route),
            ),
            rename: None,
        }
    }

    /// Where `model` leads: a row of the configuration, `provider/model`, the first provider whose catalogue
    /// has it, or the first that speaks the caller's dialect; of several, the one whose own it is.
    ///
    /// Of rows with conditions, the first that `holds`. A path that only one kind of provider has leads to no other.
    ///
    /// # Errors
    /// 404 when none of these gives a provider.
    pub(crate) fn find(
        &self,
        (model, wire): (&str, Wire),
        now_unix_seconds: i64,
        holds: impl Fn(&Condition) -> bool,
    ) -> Result<Lead, Refusal> {
        if let Some(lead) = self.configured(model, holds)
            && (wire.only_at.is_none() || lead.route.fits(wire))
        {
            return Ok(lead);
        }
        let knows = |upstream: &Upstream| {
            let config = &upstream.config;
            let has = |of: &str| self.prices.find(of, model, now_unix_seconds).is_some();
            has(&config.name) || has(config.kind.as_str())
        };
        if let Some(upstream) = self.first(wire, knows) {
            return Ok(self.direct(upstream));
        }
        if wire.only_at.is_none()
            && let Some(other) = self.upstreams.iter().find(|upstream| knows(upstream))
        {
            let name = &other.config.name;
            return Err(Refusal::other_dialect(model, name, wire.dialect));
        }
        // A model newer than the price table: its provider knows, and the books say that it has no price.
        let native = self.native(wire).ok_or_else(|| match wire.only_at {
            Some(_) => Refusal::no_provider(wire),
            None => Refusal::no_route(model),
        })?;
        Ok(self.direct(native))
    }

    /// Where the configuration says that `model` leads, or the model's own name: `provider/model`.
    fn configured(&self, model: &str, holds: impl Fn(&Condition) -> bool) -> Option<Lead> {
        let is_for = |route: &&Arc<Route>| route.when.as_ref().is_none_or(&holds);
        let exact = || self.exact.get(model)?.iter().find(is_for);
        let wild = || {
            let rows = self.wildcards.iter();
            let mut matching = rows.filter(|(pattern, _)| pattern.matches(model));
            matching.find_map(|(_, route)| is_for(&route).then_some(route))
        };
        if let Some(route) = exact().or_else(wild) {
            return Some(Lead {
                route: Arc::clone(route),
                rename: None,
            });
        }
        let (provider, rest) = model.split_once('/')?;
        Some(Lead {
            rename: Some(rest.into()),
            ..self.direct(self.upstream(provider)?)
        })
    }

    /// The provider for what names no model: the first that understands it, the kind whose own it is first.
    pub(crate) fn native(&self, wire: Wire) -> Option<&Arc<Upstream>> {
        self.first(wire, |_| true)
    }

    /// The first of those that `wire` fits and `is_meant`, the kind whose own it is before all others.
    fn first(&self, wire: Wire, is_meant: impl Fn(&Upstream) -> bool) -> Option<&Arc<Upstream>> {
        let mut fitting = self
            .upstreams
            .iter()
            .filter(|upstream| wire.fits(upstream.config.kind) && is_meant(upstream));
        fitting
            .clone()
            .find(|upstream| upstream.config.kind == wire.native())
            .or_else(|| fitting.next())
    }

    /// Looks the prices up that candidates are compared by: they change with dates and hours.
    pub(crate) fn reprice(&self, now_unix_seconds: i64) {
        for route in self.rows.iter().chain(&self.direct) {
            for deployment in &route.deployments {
                deployment.reprice(&self.prices, now_unix_seconds);
            }
        }
    }
}

/// A provider behind each of its credentials.
fn behind_each(
    provider: &Provider,
    credentials: &Credentials,
    tools: (&Pools, &Fleet),
) -> Vec<Arc<Upstream>> {
    let shared = Arc::new(provider.clone());
    let label = provider.credential_label.clone();
    let label = label.unwrap_or_else(|| credential_label(&provider.credential).into());
    let more = provider.credentials_more.iter().map(|more| {
        let credential = credentials.made(provider, &more.credential);
        (Arc::clone(&more.label), credential)
    });
    std::iter::once((label, credentials.of(provider)))
        .chain(more)
        .zip(0..)
        .map(|(labelled, ordinal)| Arc::new(upstream((&shared, ordinal), labelled, tools)))
        .collect()
}

fn upstream(
    (provider, ordinal): (&Arc<Provider>, u64),
    (label, credential): (Arc<str>, Credential),
    (pools, fleet): (&Pools, &Fleet),
) -> Upstream {
    let origin = Origin::new(
        &provider.base,
        provider.ca_file.clone(),
        provider.http,
        provider.keep_header_case,
    );
    Upstream {
        pool: pools.get(origin.clone()),
        origin,
        name: HeaderValue::from_str(&provider.name)
            .unwrap_or_else(|_| HeaderValue::from_static("")),
        // A base URL is resolved from text that was a valid authority.
        host: HeaderValue::from_str(&provider.base.authority)
            .unwrap_or_else(|_| HeaderValue::from_static("")),
        base_path: [
            &*provider.base.prefix,
            provider.base.version.as_deref().unwrap_or_default(),
        ]
        .concat()
        .into(),
        credential_label: label,
        ordinal,
        limit_formats: provider.limits.clone().map_or_else(
            || Cow::Borrowed(LimitFormats::of(provider.kind.as_str())),
            Cow::Owned,
        ),
        credential,
        fleet: fleet.of(&provider.name),
        headroom: Arc::clone(&fleet.headroom),
        config: Arc::clone(provider),
    }
}

/// Tells whose credential it is, never which.
const fn credential_label(credential: &resolved::Credential) -> &'static str {
    match credential {
        resolved::Credential::Client => headroom::CLIENTS,
        _ => "default",
    }
}
