//! The keys of the registry, found by their ids.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use dashmap::DashMap;
use parking_lot::RwLock;
use quotah_policy::budget::{Budget, BudgetAccounts, FormError};
use quotah_policy::guard::GuardForm;
use quotah_policy::limit::{Caps, Limit, LimitCells};
use quotah_policy::{KeyId, KeyNetworks, NoNetwork, Pattern};
use subtle::ConstantTimeEq;

use super::identity::{Identity, Shown};
use crate::config::resolved::StaticKey;
use crate::policy::Owners;
use crate::registry::{Follower, HeldKey, Pepper, Rule, RuleKind};

/// Every key of the registry. One is changed in place when the registry changes; a look costs the same, however many
/// there are.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    keys: DashMap<KeyId, RingKey>,
    /// What goes on of the configuration's keys when it is loaded again, by id.
    configured: RwLock<HashMap<Box<str>, Configured>>,
    /// Set once the registry is open. Before, no key is known.
    pepper: OnceLock<Pepper>,
}

/// Of a key of the configuration.
#[derive(Debug, Clone, Default)]
pub(super) struct Configured {
    pub(super) own_budget: Option<BudgetAccounts>,
    pub(super) own_limits: Option<LimitCells>,
    pub(super) last_used_unix_ms: Arc<AtomicU64>,
}

#[derive(Debug)]
struct RingKey {
    held: Arc<HeldKey>,
    identity: Arc<Identity>,
}

/// Why a key of the registry cannot be served.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Budget(#[from] FormError),
    #[error(transparent)]
    Network(#[from] NoNetwork),
    #[error("{0}")]
    Guard(String),
}

impl KeyRing {
    /// Says what keys are hashed with.
    pub(crate) fn set_pepper(&self, pepper: Pepper) {
        self.pepper.get_or_init(|| pepper);
    }

    /// Whose key `credential` is; `None` unless it opens a key that is valid there and then.
    ///
    /// Takes as long for an id that nobody has as for a wrong secret: both are hashed and compared.
    pub(super) fn identify(&self, credential: &[u8], shown: Shown) -> Option<Arc<Identity>> {
        let digest = self.pepper.get()?.digest(credential);
        let id = KeyId::of_key(credential);
        let key = id.and_then(|id| self.keys.get(&id));
        let Some(key) = key else {
            let _ = std::hint::black_box(digest.0.ct_eq(&[0; 32]));
            return None;
        };
        let record = &key.held.record;
        let mut opens = subtle::Choice::from(0);
        for secret in &record.secrets {
            let is_in_time = secret.until_unix_ms.is_none_or(|at| shown.now_unix_ms < at);
            opens |= secret.digest.0.ct_eq(&digest.0) & u8::from(is_in_time).into();
        }
        let is_valid = record.revoked_at_unix_ms.is_none() && key.identity.is_valid(shown);
        (bool::from(opens) && is_valid).then(|| Arc::clone(&key.identity))
    }

    /// Takes note of the configuration's keys. `is_live` is false until the ledger has told what was spent.
    pub(crate) fn configure(&self, keys: &[StaticKey]) {
        let mut configured = self.configured.write();
        let next = keys.iter().map(|key| {
            let before = configured.get(&*key.id).cloned().unwrap_or_default();
            let budget = key.budget.clone();
            let own_budget =
                budget.map(|budget| going_on(before.own_budget.as_ref(), budget, false));
            let caps = key.limits.as_ref().map(Caps::from);
            let own_limits = caps.map(|caps| limited(before.own_limits.as_ref(), &key.id, caps));
            let goes_on = Configured {
                own_budget,
                own_limits,
                ..before
            };
            (key.id.as_str().into(), goes_on)
        });
        *configured = next.collect();
    }

    /// What goes on of a key of the configuration.
    pub(super) fn configured(&self, id: &str) -> Configured {
        self.configured.read().get(id).cloned().unwrap_or_default()
    }

    /// When a key of the configuration was used last, milliseconds since 1970.
    pub(crate) fn last_used_unix_ms(&self, id: &str) -> Option<u64> {
        let used = self.configured(id).last_used_unix_ms;
        Some(used.load(Ordering::Relaxed)).filter(|used| *used > 0)
    }

    fn own_budgets(&self) -> Vec<BudgetAccounts> {
        let keys = self.keys.iter();
        let keys = keys.filter_map(|key| key.identity.own_budget.clone());
        let configured = self.configured.read();
        let own = configured.values().filter_map(|key| key.own_budget.clone());
        keys.chain(own).collect()
    }

    /// The identity of a key, valid or not, as it would be for a request.
    pub(crate) fn identity(&self, key: &str) -> Option<Arc<Identity>> {
        let key = self.keys.get(&KeyId::parse(key)?)?;
        Some(Arc::clone(&key.identity))
    }
}

impl Owners for KeyRing {
    fn budget_of(&self, key: &str) -> Option<BudgetAccounts> {
        if let Some(configured) = self.configured.read().get(key) {
            return configured.own_budget.clone();
        }
        let key = self.keys.get(&KeyId::parse(key)?)?;
        key.identity.own_budget.clone()
    }

    fn budgets(&self) -> Vec<BudgetAccounts> {
        self.own_budgets()
    }
}

impl Follower for KeyRing {
    fn key(&self, id: KeyId, held: Option<&Arc<HeldKey>>, is_live: bool) {
        let Some(held) = held else {
            self.keys.remove(&id);
            return;
        };
        let before = self.keys.get(&id).map(|key| Arc::clone(&key.identity));
        match identity(held, before.as_deref(), is_live) {
            Ok(identity) => {
                let (held, identity) = (Arc::clone(held), Arc::new(identity));
                self.keys.insert(id, RingKey { held, identity });
            }
            // Checked before it was written: the file was changed by hand, or by another version. Without its bounds
            // a key must not be served.
            Err(error) => {
                tracing::error!(key = %id, %error, "this key of the registry is refused");
                self.keys.remove(&id);
            }
        }
    }

    fn rule(&self, _: RuleKind, _: &str, _: Option<&Arc<Rule>>, _: bool) {}
}

fn identity(
    held: &HeldKey,
    before: Option<&Identity>,
    is_live: bool,
) -> Result<Identity, Unusable> {
    let record = &held.record;
    let text = |text: &Option<String>| text.as_deref().map(Arc::from);
    let budget = record.budget.as_ref();
    let budget = budget
        .map(|budget| budget.read(record.id.as_str()))
        .transpose()?;
    let known = before.and_then(|before| before.own_budget.as_ref());
    let is_new = is_live && before.is_none();
    let own_budget = budget.map(|budget| going_on(known, budget, is_new));
    let limits = record.limits.as_ref().map(Caps::from);
    let known = before.and_then(|before| before.own_limits.as_ref());
    let own_limits = limits.map(|caps| limited(known, record.id.as_str(), caps));
    let guard = record
        .guards
        .as_ref()
        .map(|words| GuardForm::own(record.id.as_str(), words).map_err(Unusable::Guard));
    Ok(Identity {
        key: record.id.as_str().into(),
        team: text(&record.team),
        user: text(&record.user),
        project: text(&record.project),
        tags: record.tags.clone().into_iter().collect(),
        models: record
            .models
            .iter()
            .map(|model| Pattern::new(model))
            .collect(),
        providers: record.providers.clone(),
        operations: record.operations.clone(),
        networks: KeyNetworks::parse(&record.networks)?,
        expires_at_unix_ms: record.expires_at_unix_ms,
        own_budget,
        own_limits,
        guard: guard.transpose()?.map(Arc::new),
        last_used_unix_ms: Arc::clone(&held.last_used_unix_ms),
        is_virtual: true,
    })
}

/// A key's own limits, with the cells that it had.
fn limited(before: Option<&LimitCells>, key: &str, caps: Caps) -> LimitCells {
    let limit = Arc::new(Limit::own(key, caps));
    match before {
        Some(before) => before.with(limit),
        None => LimitCells::new(limit),
    }
}

/// A budget with the accounts that it had, where it counts the same as before. With a key that `is_new`, nothing can
/// have been spent; another is counted from the ledger when the policy is published next.
fn going_on(before: Option<&BudgetAccounts>, budget: Budget, is_new: bool) -> BudgetAccounts {
    let budget = Arc::new(budget);
    if let Some(before) = before.filter(|before| budget.counts_as(&before.budget)) {
        return before.with(budget);
    }
    let new = BudgetAccounts::new(budget);
    if is_new {
        new.set_counted();
    }
    new
}
