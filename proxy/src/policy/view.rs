//! How budgets stand, for whoever asks.

use std::sync::Arc;

use quotah_policy::Money;
use quotah_policy::budget::{Balance, Budget, BudgetAccounts};

use super::{OWN_PREFIX, Policy};
use crate::metrics::BudgetSum;

/// A budget and its accounts at a moment.
#[derive(Debug, Clone)]
pub struct BudgetView {
    /// The rule.
    pub budget: Arc<Budget>,
    /// Value of its `per` dimension and how the account stands, by value.
    pub accounts: Vec<(Box<str>, Balance)>,
    /// Whether the accounts know what the ledger knows: they do not for a moment after the budget was made.
    pub is_counted: bool,
}

impl BudgetView {
    /// How `budget` stands. One that is not told apart has one account even if nobody came yet.
    #[must_use]
    pub fn of(accounts: &BudgetAccounts, now_unix_ms: u64) -> Self {
        let budget = &accounts.budget;
        if budget.per.is_none() {
            drop(accounts.named("", now_unix_ms));
        }
        let balances = accounts.accounts().into_iter().map(|account| {
            let balance = account.balance(budget, now_unix_ms);
            (account.value().into(), balance)
        });
        Self {
            budget: Arc::clone(budget),
            accounts: balances.collect(),
            is_counted: accounts.is_counted(),
        }
    }

    fn sum(&self) -> BudgetSum {
        let all = |part: fn(&Balance) -> Money| -> Money {
            self.accounts.iter().map(|(_, balance)| part(balance)).sum()
        };
        let periods = self.accounts.iter().map(|(_, balance)| balance.period);
        BudgetSum {
            budget: Arc::clone(&self.budget.id),
            limit: all(|balance| balance.limit),
            spent: all(|balance| balance.spent),
            reserved: all(|balance| balance.reserved),
            resets_at_unix_ms: periods
                .filter(quotah_policy::Period::ends)
                .map(|period| period.end_unix_ms)
                .min(),
        }
    }
}

impl Policy {
    /// Every budget of the rules in force, in their order; those of single keys are not among them.
    #[must_use]
    pub fn budgets(&self, now_unix_ms: u64) -> Vec<BudgetView> {
        let in_force = self.in_force.load();
        let budgets = in_force.budgets.iter();
        budgets
            .map(|budget| BudgetView::of(budget, now_unix_ms))
            .collect()
    }

    /// The budget of this id; `key:ID` is a key's own.
    #[must_use]
    pub fn budget(&self, id: &str, now_unix_ms: u64) -> Option<BudgetView> {
        if let Some(key) = id.strip_prefix(OWN_PREFIX) {
            let own = self.own_budget(key)?;
            return Some(BudgetView::of(&own, now_unix_ms));
        }
        let in_force = self.in_force.load();
        let mut budgets = in_force.budgets.iter();
        let budget = budgets.find(|budget| *budget.budget.id == *id);
        budget.map(|budget| BudgetView::of(budget, now_unix_ms))
    }

    /// Their sums, for metrics.
    #[must_use]
    pub fn budget_sums(&self, now_unix_ms: u64) -> Vec<BudgetSum> {
        self.budgets(now_unix_ms)
            .iter()
            .map(BudgetView::sum)
            .collect()
    }
}
