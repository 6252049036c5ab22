//! The plane's [`Store`]: the registry's keys and rules beside those of the configuration.

mod faces;

use std::fmt;
use std::sync::Arc;

use quotah_policy::KeyForm;
use quotah_policy::budget::BudgetForm;
use quotah_policy::guard::GuardForm;
use quotah_policy::limit::LimitForm;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::body::{IfMatch, etag};
use super::keys::KeyFace;
use super::store::{Actor, At, Kind, Rule, Source, Store, WriteError};
use super::strict;
use crate::clock;
use crate::config::resolved::{Config, StaticKey};
use crate::registry::{self, Guarded, HeldKey, Registry, RegistryError, RuleKind};
use crate::time::rfc3339;
use faces::{configured_face, held_face, key_etag, rule_of};

/// When the key of an id was used last, milliseconds since 1970.
pub type LastUsed = Arc<dyn Fn(&str) -> Option<u64> + Send + Sync>;

/// Keys and rules of a running gateway.
pub struct Stored {
    registry: Arc<Registry>,
    config: Arc<dyn Fn() -> Arc<Config> + Send + Sync>,
    /// Puts the rules in force as they now are; returns when they hold.
    publish: Arc<dyn Fn() + Send + Sync>,
    /// Asked for keys of the configuration.
    last_used_unix_ms: LastUsed,
}

impl Stored {
    /// What `registry` and the configuration hold. `publish` is called after each change of a rule, and
    /// `last_used_unix_ms` with the id of a key of the configuration.
    #[must_use]
    pub fn new(
        registry: Arc<Registry>,
        config: Arc<dyn Fn() -> Arc<Config> + Send + Sync>,
        publish: Arc<dyn Fn() + Send + Sync>,
        last_used_unix_ms: LastUsed,
    ) -> Self {
        Self {
            registry,
            config,
            publish,
            last_used_unix_ms,
        }
    }

    fn configured(&self, kind: Kind) -> Vec<Rule> {
        let config = (self.config)();
        let rule = |id: &str, form: Value| Rule {
            id: id.to_owned(),
            form,
            source: Source::Config,
        };
        match kind {
            Kind::Budget => config
                .budgets
                .iter()
                .map(|budget| rule(&budget.id, json!(BudgetForm::from(budget))))
                .collect(),
            Kind::Limit => config
                .limits
                .iter()
                .map(|limit| rule(&limit.id, json!(LimitForm::from(limit))))
                .collect(),
            Kind::Guard => config
                .guards
                .iter()
                .map(|guard| rule(&guard.id, json!(GuardForm::from(guard))))
                .collect(),
        }
    }

    /// Holds a rule to what the configuration holds its own to.
    fn is_strict(&self, by: &Actor, kind: Kind, form: &Value) -> Result<(), WriteError> {
        let config = (self.config)();
        // What other teams' keys bind is nothing that one may find out.
        let is_own = |team: Option<&str>| by.team.is_none() || by.team.as_deref() == team;
        let binds = |tag: &str| {
            let is_it = |key: &&StaticKey| key.tags.iter().any(|(name, _)| name == tag);
            let mut configured = config.keys.iter().filter(is_it);
            let holds = |held: &HeldKey| {
                is_own(held.record.team.as_deref()) && held.record.tags.contains_key(tag)
            };
            configured.any(|key| is_own(key.team.as_deref()))
                || !self.registry.keys(None, 1, holds).is_empty()
        };
        strict::rule(kind, form, &config, binds)
    }

    fn configured_face(&self, key: &StaticKey, now_unix_ms: u64) -> KeyFace {
        configured_face(key, (self.last_used_unix_ms)(&key.id), now_unix_ms)
    }

    fn is_configured_key(&self, id: &str) -> bool {
        (self.config)().keys.iter().any(|key| key.id == id)
    }

    /// The key that is meant, and the revision that a write is to find.
    fn held(&self, at: &At) -> Result<(Arc<HeldKey>, Guarded), WriteError> {
        if self.is_configured_key(&at.id) {
            return Err(WriteError::Configured);
        }
        let held = self.registry.key(&at.id).ok_or(WriteError::Unknown)?;
        let revision = guarded(at.if_match.as_ref(), &key_etag(&held), held.revision)?;
        Ok((held, revision))
    }

    /// The rule that is meant, and the revision that a write is to find.
    fn found(&self, kind: Kind, at: &At) -> Result<Guarded, WriteError> {
        let is_it = |rule: &Rule| rule.id == at.id;
        if self.configured(kind).iter().any(is_it) {
            return Err(WriteError::Configured);
        }
        let rule = self.registry.rule(kind.into(), &at.id);
        let rule = rule.ok_or(WriteError::Unknown)?;
        let form: Value = serde_json::from_str(rule.form.get()).unwrap_or_default();
        guarded(at.if_match.as_ref(), &etag(&form), rule.revision)
    }
}

impl Store for Stored {
    fn keys(
        &self,
        after: Option<&str>,
        count: usize,
        keep: &dyn Fn(&KeyFace) -> bool,
    ) -> Vec<KeyFace> {
        let now = clock::unix_ms();
        let config = (self.config)();
        let configured = config.keys.iter().map(|key| self.configured_face(key, now));
        let is_behind = |key: &KeyFace| after.is_none_or(|after| &*key.id > after);
        let mut keys: Vec<KeyFace> = configured
            .filter(|key| is_behind(key) && keep(key))
            .collect();
        // A cursor may be the id of a configured key, which may have any form.
        let known = after.filter(|after| quotah_policy::KeyId::parse(after).is_some());
        let is_wanted = |held: &HeldKey| {
            let face = held_face(held, now);
            is_behind(&face) && keep(&face)
        };
        let held = self.registry.keys(known, count, is_wanted);
        keys.extend(held.iter().map(|held| held_face(held, now)));
        keys.sort_by(|a, b| a.id.cmp(&b.id));
        keys.truncate(count);
        keys
    }

    fn key(&self, id: &str) -> Option<KeyFace> {
        let now = clock::unix_ms();
        let config = (self.config)();
        let configured = config.keys.iter().find(|key| key.id == id);
        let configured = configured.map(|key| self.configured_face(key, now));
        configured.or_else(|| self.registry.key(id).map(|held| held_face(&held, now)))
    }

    fn create_key(&self, by: &Actor, form: &str) -> Result<(KeyFace, String), WriteError> {
        let mut form = KeyForm::from_json(form).map_err(|fault| WriteError::Field {
            field: fault.field().to_owned(),
            detail: fault.to_string(),
        })?;
        let id = form.id.as_deref();
        if id.is_some_and(|id| self.is_configured_key(id)) {
            return Err(WriteError::Exists);
        }
        let config = (self.config)();
        config.key_defaults.fill(&mut form, clock::unix_ms());
        strict::key(form.budget.as_ref(), &config)?;
        let made = self.registry.create_key(&by.into(), form)?;
        let face = held_face(&made.held, clock::unix_ms());
        Ok((face, made.secret.expose().to_owned()))
    }

    fn patch_key(&self, by: &Actor, at: &At, patch: &str) -> Result<KeyFace, WriteError> {
        let (held, guarded) = self.held(at)?;
        let patch = RawValue::from_string(patch.to_owned())
            .map_err(|fault| WriteError::Storage(fault.to_string()))?;
        let after = held.record.patched(&patch).map_err(RegistryError::from)?;
        if after.budget != held.record.budget {
            strict::key(after.budget.as_ref(), &(self.config)())?;
        }
        let held = self
            .registry
            .patch_key(&by.into(), &at.id, &patch, guarded)?;
        Ok(held_face(&held, clock::unix_ms()))
    }

    fn rotate_key(
        &self,
        by: &Actor,
        at: &At,
        overlap_seconds: u64,
    ) -> Result<(KeyFace, String), WriteError> {
        let (_, guarded) = self.held(at)?;
        let overlap_ms = overlap_seconds.saturating_mul(1_000);
        let registry = &self.registry;
        let made = registry.rotate_key(&by.into(), &at.id, overlap_ms, guarded)?;
        let face = held_face(&made.held, clock::unix_ms());
        Ok((face, made.secret.expose().to_owned()))
    }

    fn revoke_key(&self, by: &Actor, at: &At) -> Result<KeyFace, WriteError> {
        let (_, guarded) = self.held(at)?;
        let held = self.registry.revoke_key(&by.into(), &at.id, guarded)?;
        Ok(held_face(&held, clock::unix_ms()))
    }

    fn rules(&self, kind: Kind) -> Vec<Rule> {
        let mut rules = self.configured(kind);
        let held = self.registry.rules(kind.into());
        // The configuration's word stands where both know a name.
        let made: Vec<Rule> = held.iter().map(|rule| rule_of(rule)).collect();
        let is_new = |rule: &Rule| !rules.iter().any(|known| known.id == rule.id);
        let made: Vec<Rule> = made.into_iter().filter(is_new).collect();
        rules.extend(made);
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules
    }

    fn rule(&self, kind: Kind, id: &str) -> Option<Rule> {
        let configured = self.configured(kind);
        let configured = configured.into_iter().find(|rule| rule.id == id);
        configured.or_else(|| {
            self.registry
                .rule(kind.into(), id)
                .map(|rule| rule_of(&rule))
        })
    }

    fn create_rule(
        &self,
        by: &Actor,
        kind: Kind,
        id: &str,
        form: Value,
    ) -> Result<Rule, WriteError> {
        if self.configured(kind).iter().any(|rule| rule.id == id) {
            return Err(WriteError::Exists);
        }
        let held = self.registry.rules(kind.into()).len();
        if held >= RULES_MAX {
            return Err(WriteError::TooMany(RULES_MAX));
        }
        self.is_strict(by, kind, &form)?;
        let made = self
            .registry
            .create_rule(&by.into(), (kind.into(), id), &form)?;
        (self.publish)();
        Ok(rule_of(&made))
    }

    fn replace_rule(
        &self,
        by: &Actor,
        kind: Kind,
        at: &At,
        form: Value,
    ) -> Result<Rule, WriteError> {
        let guarded = self.found(kind, at)?;
        self.is_strict(by, kind, &form)?;
        let name = (RuleKind::from(kind), &*at.id);
        let changed = self.registry.change_rule(&by.into(), name, guarded, |_| {
            to_raw_value(&form).map_err(|fault| RegistryError::Rule(fault.to_string()))
        })?;
        (self.publish)();
        Ok(rule_of(&changed))
    }

    fn remove_rule(&self, by: &Actor, kind: Kind, at: &At) -> Result<(), WriteError> {
        let guarded = self.found(kind, at)?;
        let name = (RuleKind::from(kind), &*at.id);
        self.registry.delete_rule(&by.into(), name, guarded)?;
        (self.publish)();
        Ok(())
    }

    fn note(
        &self,
        by: &Actor,
        action: &str,
        target: &str,
        after: &Value,
    ) -> Result<(), WriteError> {
        let noted = self.registry.note(&by.into(), action, target, after);
        noted.map_err(WriteError::from)
    }

    fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<(u64, Value)>, String> {
        let records = self.registry.audit(before, limit);
        let records = records.map_err(|error| error.to_string())?;
        let row = |record: &registry::Record| {
            let shown = record.shown();
            let row = json!({
                "id": record.id,
                "at": rfc3339(record.at_unix_ms),
                "actor": record.actor,
                "role": record.role,
                "ip": record.ip,
                "action": record.action,
                "target": record.target,
                "before": shown.before,
                "after": shown.after,
                "prev_hash": record.prev_hash,
                "hash": record.hash,
            });
            (record.seq, row)
        };
        Ok(records.iter().map(row).collect())
    }

    fn verify(&self) -> Result<u64, String> {
        let health = self.registry.verify().map_err(|error| error.to_string())?;
        match health.faults.first() {
            Some(fault) => Err(format!("record {}: {}", fault.record, fault.what)),
            None => Ok(health.records),
        }
    }
}

/// The revision that a write is to find: that of the state which the caller saw.
fn guarded(given: Option<&IfMatch>, etag: &str, revision: u64) -> Result<Guarded, WriteError> {
    match given {
        None => Ok(Guarded(None)),
        Some(given) if given.allows(etag) => Ok(Guarded(Some(revision))),
        Some(_) => Err(WriteError::Stale),
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({:?})", self.registry.health())
    }
}

/// Most rules of a kind that are made while running: each is put in force by one pass over all.
const RULES_MAX: usize = 10_000;
