//! How every deployment fares: its breaker, and what its real answers taught. Outlives reloads.
//!
//! A deployment here is a provider's model, whichever credential went along: they fail together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use dashmap::DashMap;
use parking_lot::RwLock;
use quotah_policy::{Breaker, BreakerChange, BreakerForm, Track};

use crate::headroom::Headroom;

/// Most models of one provider that are watched by themselves; more share one place, whose breaker never opens.
/// Clients type model names, so there must be a bound.
const MODELS_MAX: usize = 1_000;

/// Every deployment that was asked, by provider.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// What their credentials have left.
    pub(crate) headroom: Arc<Headroom>,
    squadrons: DashMap<Arc<str>, Arc<Squadron>>,
    form: Arc<RwLock<BreakerForm>>,
}

/// One provider's deployments.
#[derive(Debug)]
pub(crate) struct Squadron {
    provider: Arc<str>,
    by_model: DashMap<Arc<str>, Arc<Health>>,
    count: AtomicUsize,
    rest: Arc<Health>,
    form: Arc<RwLock<BreakerForm>>,
}

/// How one deployment fares.
#[derive(Debug)]
pub(crate) struct Health {
    /// Its number in this process.
    pub(crate) number: u64,
    pub(crate) provider: Arc<str>,
    /// The model as the provider is asked for it; empty where none is named.
    pub(crate) model: Arc<str>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) track: Track,
}

impl Fleet {
    /// None yet.
    pub(crate) fn new(form: BreakerForm) -> Self {
        Self {
            headroom: Arc::default(),
            squadrons: DashMap::new(),
            form: Arc::new(RwLock::new(form)),
        }
    }

    /// A provider's deployments.
    pub(crate) fn of(&self, provider: &Arc<str>) -> Arc<Squadron> {
        if let Some(squadron) = self.squadrons.get(provider) {
            return Arc::clone(&squadron);
        }
        let made = || {
            Arc::new(Squadron {
                provider: Arc::clone(provider),
                by_model: DashMap::new(),
                count: AtomicUsize::new(0),
                // What clients make up shall shut nobody out.
                rest: Health::new(provider, &"".into(), never()),
                form: Arc::clone(&self.form),
            })
        };
        let squadron = self.squadrons.entry(Arc::clone(provider));
        Arc::clone(&squadron.or_insert_with(made))
    }

    /// Every deployment, by provider and model.
    pub(crate) fn all(&self) -> Vec<Arc<Health>> {
        let mut all = Vec::new();
        for squadron in &self.squadrons {
            all.extend(squadron.by_model.iter().map(|health| Arc::clone(&health)));
        }
        all.sort_by(|a, b| (&a.provider, &a.model).cmp(&(&b.provider, &b.model)));
        all
    }

    /// New figures for breakers, and nothing more of providers that are no longer configured. Gives what changed by that.
    pub(crate) fn reform(
        &self,
        form: BreakerForm,
        is_configured: impl Fn(&str) -> bool,
        now_unix_ms: u64,
    ) -> Vec<(Arc<Health>, BreakerChange)> {
        self.squadrons.retain(|provider, _| is_configured(provider));
        *self.form.write() = form;
        let reformed = |health: Arc<Health>| {
            let change = health.breaker.reform(form, now_unix_ms)?;
            Some((health, change))
        };
        self.all().into_iter().filter_map(reformed).collect()
    }
}

impl Squadron {
    /// How one of them fares.
    pub(crate) fn health(&self, model: &str) -> Arc<Health> {
        if let Some(health) = self.by_model.get(model) {
            return Arc::clone(&health);
        }
        if self.count.load(Ordering::Relaxed) >= MODELS_MAX {
            return Arc::clone(&self.rest);
        }
        let model: Arc<str> = model.into();
        let made = || {
            self.count.fetch_add(1, Ordering::Relaxed);
            Health::new(&self.provider, &model, *self.form.read())
        };
        Arc::clone(&self.by_model.entry(Arc::clone(&model)).or_insert_with(made))
    }
}

impl Health {
    fn new(provider: &Arc<str>, model: &Arc<str>, form: BreakerForm) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Arc::new(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            provider: Arc::clone(provider),
            model: Arc::clone(model),
            breaker: Arc::new(Breaker::new(form)),
            track: Track::default(),
        })
    }

    /// The deployment's name, as in the ledger.
    pub(crate) fn deployment(&self) -> String {
        deployment_name(&self.provider, &self.model)
    }
}

/// What a provider's model is called in the ledger, in metrics and in answers.
pub(crate) fn deployment_name(provider: &str, model: &str) -> String {
    if model.is_empty() {
        provider.to_owned()
    } else {
        format!("{provider}/{model}")
    }
}

fn never() -> BreakerForm {
    BreakerForm {
        failures: 0,
        ..BreakerForm::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_keeps_its_place_and_models_beyond_the_bound_share_one() {
        let fleet = Fleet::new(BreakerForm::default());
        let squadron = fleet.of(&"a".into());
        let first = squadron.health("m");
        assert!(Arc::ptr_eq(&first, &fleet.of(&"a".into()).health("m")));
        (0..2 * MODELS_MAX).for_each(|n| drop(squadron.health(&format!("typed-{n}"))));
        assert_eq!(fleet.all().len(), MODELS_MAX);
        assert!(Arc::ptr_eq(&squadron.health("x"), &squadron.health("y")));
        assert!(Arc::ptr_eq(&first, &squadron.health("m")));
    }

    #[test]
    fn what_is_no_longer_configured_is_forgotten() {
        let fleet = Fleet::new(BreakerForm::default());
        drop(fleet.of(&"a".into()).health("m"));
        drop(fleet.of(&"b".into()).health("m"));
        let changed = fleet.reform(BreakerForm::default(), |provider| provider == "b", 0);
        assert!(changed.is_empty());
        let left: Vec<String> = fleet.all().iter().map(|h| h.deployment()).collect();
        assert_eq!(left, ["b/m"]);
    }
}
