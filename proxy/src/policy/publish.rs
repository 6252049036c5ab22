//! Other rules put in force, with accounts that know what the ledger knows.

use std::sync::Arc;

use quotah_policy::budget::Budget;

use super::Policy;
use crate::clock;
use crate::ledger::{Ledger, ReadError};

impl Policy {
    /// Puts budgets in force before there is a ledger; its opening then tells what was spent.
    pub(crate) fn begin(&self, budgets: impl IntoIterator<Item = Budget>) {
        let next = self.in_force.load().with_budgets(budgets);
        self.in_force.store(Arc::new(next));
    }

    /// Says that everything the ledger knows has been told: from here on, hard limits hold.
    pub(crate) fn opened(&self) {
        for budget in self.in_force.load().uncounted() {
            budget.set_counted();
        }
    }

    /// Puts other budgets in force while requests are served. Those that are new are counted from the ledger before
    /// this returns: about a second for a million entries of their windows.
    ///
    /// # Errors
    /// [`ReadError`] when the ledger cannot be read: the budgets are in force, and the new ones only tell.
    pub(crate) fn publish(
        &self,
        budgets: impl IntoIterator<Item = Budget>,
        ledger: &Ledger,
    ) -> Result<(), ReadError> {
        let _turn = self.turn.lock();
        let next = Arc::new(self.in_force.load().with_budgets(budgets));
        let fresh = next.uncounted();
        let own = self.owners.counts_since(clock::unix_ms());
        let since = own
            .into_iter()
            .chain(next.counts_since(clock::unix_ms()))
            .min();
        ledger.keep_since(since.unwrap_or(u64::MAX));
        if fresh.is_empty() {
            self.in_force.store(next);
            return Ok(());
        }
        let now = clock::unix_ms();
        let since = fresh
            .iter()
            .map(|budget| budget.budget.counts_since(now))
            .min();
        ledger.replay(
            since.unwrap_or(now),
            || self.in_force.store(next),
            |record| self.recall_for(&fresh, record),
        )?;
        for budget in fresh {
            budget.set_counted();
        }
        Ok(())
    }

    /// Since when spending matters to any budget, milliseconds since 1970 UTC; `None` without budgets.
    pub(super) fn counts_since(&self, now_unix_ms: u64) -> Option<u64> {
        let own = self.owners.counts_since(now_unix_ms);
        let rules = self.in_force.load().counts_since(now_unix_ms);
        own.into_iter().chain(rules).min()
    }
}
