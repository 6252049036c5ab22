//! Budgets, limits and guards made, changed, deleted; and words that only the audit trail needs.
//!
//! What is in their forms is not looked at here: callers check it before they write, and whoever puts it in force
//! checks it again.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::keys::json;
use super::record::{Actor, Draft};
use super::{Guarded, Registry, RegistryError, Rule, RuleKind};

impl Registry {
    /// Makes a rule of this name.
    ///
    /// # Errors
    /// [`RegistryError::Exists`], and what keeps the file from being written.
    pub fn create_rule(
        &self,
        actor: &Actor,
        (kind, id): (RuleKind, &str),
        form: &impl Serialize,
    ) -> Result<Arc<Rule>, RegistryError> {
        let after = json(form)?;
        self.change(actor, |holdings| {
            if holdings.rules.contains_key(&(kind, id.into())) {
                return Err(RegistryError::Exists(format!("{kind} {id:?}")));
            }
            Ok(Some(draft((kind, id), "create", None, Some(after))))
        })?;
        self.held_rule(kind, id)
    }

    /// Changes a rule: `change` makes the new form out of the one in force.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], [`RegistryError::Stale`], whatever `change` says (as [`RegistryError::Rule`]), and
    /// what keeps the file from being written.
    pub fn change_rule(
        &self,
        actor: &Actor,
        (kind, id): (RuleKind, &str),
        guarded: Guarded,
        change: impl FnOnce(&RawValue) -> Result<Box<RawValue>, RegistryError>,
    ) -> Result<Arc<Rule>, RegistryError> {
        self.change(actor, |holdings| {
            let rule = found((kind, id), holdings.rules.get(&(kind, id.into())), guarded)?;
            let after = change(&rule.form)?;
            let before = Some(rule.form.clone());
            Ok(Some(draft((kind, id), "patch", before, Some(after))))
        })?;
        self.held_rule(kind, id)
    }

    /// Takes a rule away. Its name may be given again.
    ///
    /// # Errors
    /// As [`Self::change_rule`].
    pub fn delete_rule(
        &self,
        actor: &Actor,
        (kind, id): (RuleKind, &str),
        guarded: Guarded,
    ) -> Result<(), RegistryError> {
        self.change(actor, |holdings| {
            let rule = found((kind, id), holdings.rules.get(&(kind, id.into())), guarded)?;
            let before = Some(rule.form.clone());
            Ok(Some(draft((kind, id), "delete", before, None)))
        })
    }

    /// Writes into the audit trail what is no change of the registry: `budget.adjust`, `reload`, …
    ///
    /// `action` must not be one of a key's or rule's own: `NOUN.create`, `.patch`, `.rotate`, `.revoke`, `.delete`.
    ///
    /// # Errors
    /// What keeps the file from being written.
    pub fn note(
        &self,
        actor: &Actor,
        action: &str,
        target: &str,
        after: &impl Serialize,
    ) -> Result<(), RegistryError> {
        let after = json(after)?;
        self.change(actor, |_| {
            Ok(Some(Draft {
                action: action.to_owned(),
                target: target.to_owned(),
                before: None,
                after: Some(after),
            }))
        })
    }

    /// The rule of this name.
    #[must_use]
    pub fn rule(&self, kind: RuleKind, id: &str) -> Option<Arc<Rule>> {
        self.holdings.read().rules.get(&(kind, id.into())).cloned()
    }

    /// Every rule of a kind, by name.
    #[must_use]
    pub fn rules(&self, kind: RuleKind) -> Vec<Arc<Rule>> {
        let holdings = self.holdings.read();
        let rules = holdings.rules.iter().filter(|((own, _), _)| *own == kind);
        rules.map(|(_, rule)| Arc::clone(rule)).collect()
    }

    fn held_rule(&self, kind: RuleKind, id: &str) -> Result<Arc<Rule>, RegistryError> {
        self.rule(kind, id).ok_or_else(|| not_found(kind, id))
    }
}

fn not_found(kind: RuleKind, id: &str) -> RegistryError {
    RegistryError::NotFound(format!("{kind} {id:?}"))
}

fn found<'a>(
    (kind, id): (RuleKind, &str),
    rule: Option<&'a Arc<Rule>>,
    Guarded(revision): Guarded,
) -> Result<&'a Rule, RegistryError> {
    let rule = rule.ok_or_else(|| not_found(kind, id))?;
    if revision.is_some_and(|revision| revision != rule.revision) {
        return Err(RegistryError::Stale(format!("the {kind} {id}")));
    }
    Ok(rule)
}

fn draft(
    (kind, id): (RuleKind, &str),
    verb: &str,
    before: Option<Box<RawValue>>,
    after: Option<Box<RawValue>>,
) -> Draft {
    Draft {
        action: format!("{kind}.{verb}"),
        target: format!("{kind}:{id}"),
        before,
        after,
    }
}
