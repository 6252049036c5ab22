//! Which deployment a model's name leads to: the configuration's routes, as a snapshot holds them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use http::HeaderValue;
use quotah_adapters::limits::LimitFormats;
use quotah_adapters::{Dialect, ProviderKind};
use quotah_policy::{Pattern, PriceTable};

use super::refuse::Refusal;
use crate::config::resolved::{self, Config, Provider};
use crate::credentials::{Credential, Credentials};
use crate::upstream::{Origin, Pool, Pools};

/// A provider, ready to be called.
#[derive(Debug)]
pub(crate) struct Upstream {
    pub(crate) config: Provider,
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
    /// What its limits are kept under beside its name.
    pub(crate) credential_label: Arc<str>,
    /// How it tells of its limits.
    pub(crate) limit_formats: Cow<'static, LimitFormats>,
}

/// A provider's model behind a name.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    pub(crate) upstream: Arc<Upstream>,
    /// The provider's name for the model, where it differs from what the client asked for.
    pub(crate) rename: Option<Arc<str>>,
    /// Name of the route that led here: the `[[models]]` row's, or `direct`.
    pub(crate) route: Arc<str>,
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
    fn native(self) -> ProviderKind {
        self.only_at
            .unwrap_or_else(|| ProviderKind::native(self.dialect))
    }
}

/// Where models lead.
#[derive(Debug)]
pub(crate) struct Routes {
    upstreams: Vec<Arc<Upstream>>,
    exact: HashMap<Box<str>, Deployment>,
    /// Longest first.
    wildcards: Vec<(Pattern, Deployment)>,
    prices: Arc<PriceTable>,
    direct: Arc<str>,
}

impl Routes {
    /// The routes of a configuration.
    pub(crate) fn new(config: &Config, pools: &Pools, credentials: &Credentials) -> Self {
        let upstreams: Vec<_> = config
            .providers
            .iter()
            .map(|provider| Arc::new(upstream(provider, pools, credentials)))
            .collect();
        let mut exact = HashMap::new();
        let mut wildcards = Vec::new();
        for model in &config.models {
            let Some(deployment) = first_deployment(model, &upstreams) else {
                continue;
            };
            let names = std::iter::once(&model.name).chain(&model.aliases);
            for name in names {
                let pattern = Pattern::new(name);
                if pattern.is_exact() {
                    exact.insert(name.as_str().into(), deployment.clone());
                } else {
                    wildcards.push((pattern, deployment.clone()));
                }
            }
        }
        wildcards.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.as_str().len()));
        let prices = Arc::clone(&config.price_table);
        Self {
            upstreams,
            exact,
            wildcards,
            prices,
            direct: "direct".into(),
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
    pub(crate) fn direct(&self, upstream: &Arc<Upstream>) -> Deployment {
        Deployment {
            upstream: Arc::clone(upstream),
            rename: None,
            route: Arc::clone(&self.direct),
        }
    }

    /// Where `model` leads: a row of the configuration, `provider/model`, the first provider whose catalogue
    /// has it, or the first that speaks the caller's dialect; of several, the one whose own it is.
    ///
    /// A path that only one kind of provider has leads to no other.
    ///
    /// # Errors
    /// 404 when none of these gives a provider.
    pub(crate) fn find(
        &self,
        model: &str,
        wire: Wire,
        now_unix_seconds: i64,
    ) -> Result<Deployment, Refusal> {
        if let Some(deployment) = self.configured(model)
            && (wire.only_at.is_none() || wire.fits(deployment.upstream.config.kind))
        {
            return Ok(deployment);
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
    fn configured(&self, model: &str) -> Option<Deployment> {
        let wild = || {
            let mut rows = self.wildcards.iter();
            let (_, deployment) = rows.find(|(pattern, _)| pattern.matches(model))?;
            Some(deployment)
        };
        if let Some(deployment) = self.exact.get(model).or_else(wild) {
            return Some(deployment.clone());
        }
        let (provider, rest) = model.split_once('/')?;
        Some(Deployment {
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
}

fn first_deployment(model: &resolved::Model, upstreams: &[Arc<Upstream>]) -> Option<Deployment> {
    let first = model.deployments.first()?;
    Some(Deployment {
        upstream: Arc::clone(upstreams.get(first.provider)?),
        rename: first.model.as_deref().map(Into::into),
        route: model.name.as_str().into(),
    })
}

fn upstream(provider: &Provider, pools: &Pools, credentials: &Credentials) -> Upstream {
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
        credential_label: credential_label(&provider.credential).into(),
        limit_formats: provider.limits.clone().map_or_else(
            || Cow::Borrowed(LimitFormats::of(provider.kind.as_str())),
            Cow::Owned,
        ),
        credential: credentials.of(provider),
        config: provider.clone(),
    }
}

/// Tells whose credential it is, never which.
const fn credential_label(credential: &resolved::Credential) -> &'static str {
    match credential {
        resolved::Credential::Client => "client",
        _ => "default",
    }
}
