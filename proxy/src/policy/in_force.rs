//! The rules in force, filed so that a request looks at those alone that it matches.

use std::sync::Arc;

use quotah_policy::Rules;
use quotah_policy::budget::{Budget, BudgetAccounts};

/// Budgets, limits and guards that hold at a time.
#[derive(Debug, Default)]
pub(crate) struct InForce {
    pub(crate) budgets: Rules<BudgetAccounts>,
}

impl InForce {
    /// The same rules with other budgets: accounts go on where a budget counts what it counted before.
    pub(super) fn with_budgets(&self, budgets: impl IntoIterator<Item = Budget>) -> Self {
        let accounts = |budget: Budget| {
            let budget = Arc::new(budget);
            let before = self
                .budgets
                .iter()
                .find(|old| old.budget.counts_as(&budget));
            let accounts = match before {
                Some(old) => old.with(Arc::clone(&budget)),
                None => BudgetAccounts::new(Arc::clone(&budget)),
            };
            (budget.selector.clone(), Arc::new(accounts))
        };
        Self {
            budgets: Rules::new(budgets.into_iter().map(accounts)),
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

    /// Since when spending matters to any budget, milliseconds since 1970 UTC; `None` without budgets.
    pub(super) fn counts_since(&self, now_unix_ms: u64) -> Option<u64> {
        let budgets = self.budgets.iter();
        budgets
            .map(|budget| budget.budget.counts_since(now_unix_ms))
            .min()
    }
}
