//! All rules there are: those of the configuration, and those that were made while the program runs.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;

use quotah_policy::budget::{Budget, BudgetForm};
use quotah_policy::guard::{Guard, GuardForm};
use quotah_policy::limit::{Limit, LimitForm};
use serde::de::DeserializeOwned;

use crate::config::resolved::Config;
use crate::registry::{Registry, Rule, RuleKind};

/// All rules there are.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleSet {
    pub(super) budgets: Vec<Budget>,
    pub(super) limits: Vec<Limit>,
    pub(super) guards: Vec<Guard>,
}

impl RuleSet {
    /// The rules of both. Of two of one name, the configuration's stands.
    pub(crate) fn of(config: &Config, registry: &Registry) -> Self {
        let mut rules = Self {
            budgets: config.budgets.clone(),
            limits: config.limits.clone(),
            guards: config.guards.clone(),
        };
        let budget = |form: BudgetForm| form.read();
        add(
            &mut rules.budgets,
            registry,
            RuleKind::Budget,
            |b| &b.id,
            budget,
        );
        let limit = |form: LimitForm| form.read();
        add(
            &mut rules.limits,
            registry,
            RuleKind::Limit,
            |l| &l.id,
            limit,
        );
        let guard = |form: GuardForm| form.read();
        add(
            &mut rules.guards,
            registry,
            RuleKind::Guard,
            |g| &g.id,
            guard,
        );
        rules
    }
}

/// Adds the registry's rules of a kind, but for those whose name is taken.
fn add<T, F: DeserializeOwned, E: Display>(
    rules: &mut Vec<T>,
    registry: &Registry,
    kind: RuleKind,
    id: impl Fn(&T) -> &Arc<str>,
    read: impl Fn(F) -> Result<T, E>,
) {
    let taken: HashSet<Arc<str>> = rules.iter().map(|known| Arc::clone(id(known))).collect();
    for rule in registry.rules(kind) {
        if taken.contains(&*rule.id) {
            continue;
        }
        // Checked before it was written: the file was changed by hand, or by another version.
        match parsed(&rule, &read) {
            Ok(rule) => rules.push(rule),
            Err(error) => {
                tracing::error!(%kind, id = &*rule.id, error, "a rule of the registry is not in force");
            }
        }
    }
}

fn parsed<T, F: DeserializeOwned, E: Display>(
    rule: &Rule,
    read: impl Fn(F) -> Result<T, E>,
) -> Result<T, String> {
    let form = serde_json::from_str(rule.form.get()).map_err(|error| error.to_string())?;
    read(form).map_err(|error| error.to_string())
}
