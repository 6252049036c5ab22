//! A store and accounts in memory: what the plane's own tests write to.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use quotah_policy::budget::Balance;
use quotah_policy::{KeyDigest, KeyForm, KeyId, KeyRecord, Money, Period};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::explain::{ExplainedBudget, ExplainedKey};
use super::super::*;

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) keys: Mutex<BTreeMap<String, KeyRecord>>,
    pub(super) rules: Mutex<BTreeMap<(&'static str, String), Rule>>,
    pub(super) adjusted: Mutex<Vec<(String, Money)>>,
    audit: Mutex<Vec<Value>>,
}

impl Memory {
    pub(super) fn put_key(&self, id: &str, team: Option<&str>) {
        let form = KeyForm {
            team: team.map(str::to_owned),
            ..KeyForm::default()
        };
        let at = KeyId::parse(id).expect("an id");
        let key = KeyRecord::create(form, at, KeyDigest([1; 32]), 1).expect("a key");
        self.keys.lock().insert(id.to_owned(), key);
    }

    pub(super) fn put_rule(&self, kind: Kind, id: &str, form: Value, source: Source) {
        let rule = Rule {
            id: id.to_owned(),
            form,
            source,
        };
        self.rules.lock().insert((kind.noun(), id.to_owned()), rule);
    }

    fn row(&self, by: &Actor, action: &str, target: &str) {
        let row = json!({ "actor": by.name, "action": action, "target": target });
        self.audit.lock().push(row);
    }

    fn change(
        &self,
        at: &At,
        change: impl FnOnce(&KeyRecord) -> Result<KeyRecord, WriteError>,
    ) -> Result<KeyFace, WriteError> {
        let mut keys = self.keys.lock();
        let key = keys.get_mut(&at.id).ok_or(WriteError::Unknown)?;
        at.check(&etag(key))?;
        *key = change(key)?;
        Ok(KeyFace::of(key, None, 2))
    }
}

impl Store for Memory {
    fn keys(
        &self,
        after: Option<&str>,
        count: usize,
        keep: &dyn Fn(&KeyFace) -> bool,
    ) -> Vec<KeyFace> {
        let keys = self.keys.lock();
        let faces = keys.values().map(|key| KeyFace::of(key, None, 2));
        let kept = faces.filter(|key| after.is_none_or(|after| &*key.id > after) && keep(key));
        kept.take(count).collect()
    }

    fn key(&self, id: &str) -> Option<KeyFace> {
        let keys = self.keys.lock();
        keys.get(id).map(|key| KeyFace::of(key, None, 2))
    }

    fn create_key(&self, by: &Actor, form: &str) -> Result<(KeyFace, String), WriteError> {
        let form = KeyForm::from_json(form).expect("checked words");
        let id = form
            .id
            .clone()
            .unwrap_or_else(|| format!("new{:09}", self.keys.lock().len()));
        let at = KeyId::parse(&id).expect("an id");
        let key = KeyRecord::create(form, at, KeyDigest([2; 32]), 1);
        let key = key.map_err(|fault| WriteError::Field {
            field: fault.field().to_owned(),
            detail: fault.to_string(),
        })?;
        Self::row(self, by, "key.create", &id);
        let face = KeyFace::of(&key, None, 2);
        self.keys.lock().insert(id, key);
        Ok((face, "the-secret".to_owned()))
    }

    fn patch_key(&self, _: &Actor, at: &At, patch: &str) -> Result<KeyFace, WriteError> {
        let patch = RawValue::from_string(patch.to_owned()).expect("JSON");
        self.change(at, |key| {
            key.patched(&patch).map_err(|fault| WriteError::Field {
                field: fault.field().to_owned(),
                detail: fault.to_string(),
            })
        })
    }

    fn rotate_key(
        &self,
        _: &Actor,
        at: &At,
        overlap: u64,
    ) -> Result<(KeyFace, String), WriteError> {
        let rotated = |key: &KeyRecord| Ok(key.rotated(KeyDigest([3; 32]), overlap * 1_000, 2));
        Ok((self.change(at, rotated)?, "the-new-secret".to_owned()))
    }

    fn revoke_key(&self, _: &Actor, at: &At) -> Result<KeyFace, WriteError> {
        self.change(at, |key| Ok(key.revoked(2)))
    }

    fn rules(&self, kind: Kind) -> Vec<Rule> {
        let rules = self.rules.lock();
        let of_kind = rules.iter().filter(|((noun, _), _)| *noun == kind.noun());
        of_kind.map(|(_, rule)| rule.clone()).collect()
    }

    fn rule(&self, kind: Kind, id: &str) -> Option<Rule> {
        self.rules
            .lock()
            .get(&(kind.noun(), id.to_owned()))
            .cloned()
    }

    fn create_rule(
        &self,
        by: &Actor,
        kind: Kind,
        id: &str,
        form: Value,
    ) -> Result<Rule, WriteError> {
        if self.rule(kind, id).is_some() {
            return Err(WriteError::Exists);
        }
        Self::row(self, by, "create", id);
        self.put_rule(kind, id, form, Source::Api);
        self.rule(kind, id).ok_or(WriteError::Unknown)
    }

    fn replace_rule(
        &self,
        _: &Actor,
        kind: Kind,
        at: &At,
        form: Value,
    ) -> Result<Rule, WriteError> {
        let rule = self.rule(kind, &at.id).ok_or(WriteError::Unknown)?;
        if rule.source == Source::Config {
            return Err(WriteError::Configured);
        }
        at.check(&etag(&rule.form))?;
        self.put_rule(kind, &at.id, form, Source::Api);
        self.rule(kind, &at.id).ok_or(WriteError::Unknown)
    }

    fn remove_rule(&self, _: &Actor, kind: Kind, at: &At) -> Result<(), WriteError> {
        let rule = self.rule(kind, &at.id).ok_or(WriteError::Unknown)?;
        if rule.source == Source::Config {
            return Err(WriteError::Configured);
        }
        at.check(&etag(&rule.form))?;
        self.rules.lock().remove(&(kind.noun(), at.id.clone()));
        Ok(())
    }

    fn note(&self, by: &Actor, action: &str, target: &str, _: &Value) -> Result<(), WriteError> {
        Self::row(self, by, action, target);
        Ok(())
    }

    fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<(u64, Value)>, String> {
        let rows = self.audit.lock();
        let rows = (1..).zip(rows.iter().cloned()).collect::<Vec<_>>();
        let older = rows.into_iter().rev();
        Ok(older
            .filter(|(n, _)| before.is_none_or(|b| *n < b))
            .take(limit)
            .collect())
    }

    fn verify(&self) -> Result<u64, String> {
        Ok(self.audit.lock().len() as u64)
    }
}

impl Spending for Memory {
    fn accounts(&self, budget: &str, after: Option<&str>, limit: usize) -> Vec<AccountFace> {
        let adjusted = self.adjusted.lock();
        let spent = adjusted.iter().filter(|(id, _)| id == budget);
        let spent = spent.fold(Money::ZERO, |sum, (_, amount)| sum.saturating_add(*amount));
        let account = AccountFace {
            value: "x".to_owned(),
            balance: Balance {
                limit: Money::parse_usd("10").expect("money"),
                spent,
                reserved: Money::ZERO,
                period: Period::ALWAYS,
            },
        };
        let accounts = vec![account];
        let behind = accounts
            .into_iter()
            .filter(|a| after.is_none_or(|after| &*a.value > after));
        behind.take(limit).collect()
    }

    fn adjust(&self, _: &Actor, adjustment: &Adjustment<'_>) -> Result<(), WriteError> {
        let row = (adjustment.budget.to_owned(), adjustment.amount);
        self.adjusted.lock().push(row);
        Ok(())
    }

    fn explain(&self, question: &Question) -> Result<Explanation, WriteError> {
        let key = self.key(&question.key).ok_or(WriteError::Unknown)?;
        let budget = |id: &str, team: Option<&str>| ExplainedBudget {
            id: id.to_owned(),
            team: team.map(str::to_owned),
            refusal: Some(format!("budget {id:?} is exhausted")),
            ..ExplainedBudget::default()
        };
        Ok(Explanation {
            key: ExplainedKey {
                id: key.id,
                team: key.words.team.clone(),
                ..ExplainedKey::default()
            },
            refusal: Some("budget \"everybodys\" is exhausted".to_owned()),
            budgets: vec![
                budget("its-own", key.words.team.as_deref()),
                budget("everybodys", None),
            ],
            ..Explanation::default()
        })
    }
}
