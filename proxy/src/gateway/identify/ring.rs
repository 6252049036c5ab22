//! The keys of the registry, found by their ids.

use std::sync::{Arc, OnceLock};

use dashmap::DashMap;
use quotah_policy::budget::{BudgetAccounts, FormError};
use quotah_policy::{KeyId, KeyNetworks, NoNetwork, Pattern};
use subtle::ConstantTimeEq;

use super::identity::{Identity, Shown};
use crate::registry::{Follower, HeldKey, Pepper, Rule, RuleKind};

/// Every key of the registry. One is changed in place when the registry changes; a look costs the same, however many
/// there are.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    keys: DashMap<KeyId, RingKey>,
    /// Set once the registry is open. Before, no key is known.
    pepper: OnceLock<Pepper>,
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

    /// The own budget of a key.
    #[allow(dead_code, reason = "admission asks for it")]
    pub(crate) fn own_budget(&self, key: &str) -> Option<BudgetAccounts> {
        let key = self.keys.get(&KeyId::parse(key)?)?;
        key.identity.own_budget.clone()
    }

    /// Every key's own budget.
    #[allow(dead_code, reason = "admission asks for it")]
    pub(crate) fn own_budgets(&self) -> Vec<BudgetAccounts> {
        let keys = self.keys.iter();
        keys.filter_map(|key| key.identity.own_budget.clone())
            .collect()
    }

    /// The identity of a key, valid or not, as it would be for a request.
    #[allow(dead_code, reason = "admission asks for it")]
    pub(crate) fn identity(&self, key: &str) -> Option<Arc<Identity>> {
        let key = self.keys.get(&KeyId::parse(key)?)?;
        Some(Arc::clone(&key.identity))
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
    let own_budget = budget.map(|budget| going_on(known, budget));
    if let Some(own) = own_budget.as_ref().filter(|_| is_live && before.is_none()) {
        // Nothing can have been spent with a key that has just been made.
        own.set_counted();
    }
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
        own_limits: record.limits,
        guards: record.guards.clone(),
        last_used_unix_ms: Arc::clone(&held.last_used_unix_ms),
        is_virtual: true,
    })
}

/// A budget with the accounts that it had, where it counts the same as before.
pub(super) fn going_on(
    before: Option<&BudgetAccounts>,
    budget: quotah_policy::budget::Budget,
) -> BudgetAccounts {
    let budget = Arc::new(budget);
    match before.filter(|before| budget.counts_as(&before.budget)) {
        Some(before) => before.with(budget),
        None => BudgetAccounts::new(budget),
    }
}
