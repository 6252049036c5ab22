//! The rules in force, filed so that a request looks at those alone that it matches.

use std::collections::HashMap;
use std::sync::Arc;

use quotah_policy::Rules;
use quotah_policy::budget::BudgetAccounts;
use quotah_policy::guard::Guard;
use quotah_policy::limit::{LimitCells, Limits};

use super::RuleSet;

/// Budgets, limits and guards that hold at a time.
#[derive(Debug, Default)]
pub(crate) struct InForce {
    pub(crate) budgets: Rules<BudgetAccounts>,
    pub(crate) limits: Limits,
    pub(crate) guards: Rules<Guard>,
}

impl InForce {
    /// Other rules: accounts and cells go on where a rule counts what it counted before.
    pub(super) fn next(&self, rules: &RuleSet) -> Self {
        let known = self.budgets.iter().map(|known| (&*known.budget.id, known));
        let known: HashMap<&str, _> = known.collect();
        let budgets = rules.budgets.iter().map(|budget| {
            let budget = Arc::new(budget.clone());
            let before = known.get(&*budget.id);
            let accounts = match before.filter(|old| old.budget.counts_as(&budget)) {
                Some(old) => old.with(Arc::clone(&budget)),
                None => BudgetAccounts::new(Arc::clone(&budget)),
            };
            (budget.selector.clone(), Arc::new(accounts))
        });
        let limited = self.limits.iter().map(|known| (&*known.limit().id, known));
        let limited: HashMap<&str, _> = limited.collect();
        let limits = rules.limits.iter().map(|limit| {
            let limit = Arc::new(limit.clone());
            let before = limited.get(&*limit.id);
            let cells = match before.filter(|old| old.limit().counts_as(&limit)) {
                Some(old) => old.with(Arc::clone(&limit)),
                None => LimitCells::new(Arc::clone(&limit)),
            };
            (limit.selector.clone(), Arc::new(cells))
        });
        let guards = rules.guards.iter();
        let guards = guards.map(|guard| (guard.selector.clone(), Arc::new(guard.clone())));
        Self {
            budgets: Rules::new(budgets),
            limits: Rules::new(limits),
            guards: Rules::new(guards),
        }
    }

    /// Budgets whose accounts do not know yet what the ledger knows.
    pub(super) fn uncounted(&self) -> Vec<Arc<BudgetAccounts>> {
        let budgets = self.budgets.iter();
        budgets
            .filter(|budget| !budget.is_counted())
            .cloned()
            .collect()
    }
}
