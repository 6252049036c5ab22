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

    /// Where `model` leads: a row of the configuration, `provider/model`, the one provider whose catalogue
    /// has it, or the one that speaks the caller's dialect natively.
    ///
    /// # Errors
    /// 404 when none of these gives a provider.
    pub(crate) fn find(
        &self,
        model: &str,
        dialect: Dialect,
        now_unix_seconds: i64,
    ) -> Result<Deployment, Refusal> {
        if let Some(deployment) = self.exact.get(model) {
            return Ok(deployment.clone());
        }
        if let Some((_, deployment)) = self
            .wildcards
            .iter()
            .find(|(pattern, _)| pattern.matches(model))
        {
            return Ok(deployment.clone());
        }
        if let Some((provider, rest)) = model.split_once('/')
            && let Some(upstream) = self.upstream(provider)
        {
            return Ok(Deployment {
                rename: Some(rest.into()),
                ..self.direct(upstream)
            });
        }
        let speakers = || {
            self.upstreams
                .iter()
                .filter(|upstream| upstream.config.kind.speaks(dialect))
        };
        let knows = |upstream: &&Arc<Upstream>| {
            let kind = upstream.config.kind.as_str();
            self.prices.find(kind, model, now_unix_seconds).is_some()
        };
        if let Some(upstream) = speakers().find(knows) {
            return Ok(self.direct(upstream));
        }
        if let Some(other) = self.upstreams.iter().find(knows) {
            return Err(Refusal::other_dialect(model, &other.config.name, dialect));
        }
        // A model newer than the price table: its provider knows, and the books say that it has no price.
        let native = self
            .native(dialect)
            .ok_or_else(|| Refusal::no_route(model))?;
        Ok(self.direct(native))
    }

    /// The provider for what names no model: the first that speaks `dialect`, the dialect's own first.
    pub(crate) fn native(&self, dialect: Dialect) -> Option<&Arc<Upstream>> {
        let mut speakers = self
            .upstreams
            .iter()
            .filter(|upstream| upstream.config.kind.speaks(dialect));
        speakers
            .clone()
            .find(|upstream| upstream.config.kind == ProviderKind::native(dialect))
            .or_else(|| speakers.next())
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
