//! Other rules put in force, with accounts that know what the ledger knows.

use std::sync::Arc;

use quotah_policy::budget::BudgetAccounts;

use super::listen::recall_for;
use super::{Policy, RuleSet};
use crate::clock;
use crate::ledger::{Ledger, ReadError, Record};

impl Policy {
    /// Puts rules in force before there is a ledger; its opening then tells what was spent.
    pub(crate) fn begin(&self, rules: &RuleSet) {
        let next = self.in_force.load().next(rules);
        self.in_force.store(Arc::new(next));
    }

    /// Says that everything the ledger knows has been told: from here on, hard limits hold.
    pub(crate) fn opened(&self, ledger: &Ledger) {
        for budget in self.in_force.load().uncounted() {
            budget.set_counted();
        }
        for own in self.owners.budgets() {
            own.set_counted();
        }
        self.keep_in(ledger);
    }

    /// Puts other rules in force while requests are served. Budgets that are new, of rules or of keys, are counted from
    /// the ledger before this returns: about a second for a million entries of their windows.
    ///
    /// # Errors
    /// [`ReadError`] when the ledger cannot be read: the rules are in force, and the new budgets only tell.
    pub(crate) fn publish(&self, rules: &RuleSet, ledger: &Ledger) -> Result<(), ReadError> {
        let _turn = self.turn.lock();
        let next = Arc::new(self.in_force.load().next(rules));
        let fresh = next.uncounted();
        let own = self.owners.budgets().into_iter();
        let fresh_own: Vec<_> = own.filter(|own| !own.is_counted()).collect();
        if fresh.is_empty() && fresh_own.is_empty() {
            self.in_force.store(next);
            self.keep_in(ledger);
            return Ok(());
        }
        let now = clock::unix_ms();
        let all = || fresh.iter().map(|budget| &**budget).chain(&fresh_own);
        let since = all()
            .map(|accounts| accounts.budget.counts_since(now))
            .min();
        ledger.replay(
            since.unwrap_or(now),
            || self.in_force.store(next),
            |record| {
                let rules = fresh.iter().map(|budget| &**budget);
                recall_for(rules, record);
                let of_key = fresh_own.iter().filter(|own| is_about(own, record));
                recall_for(of_key, record);
            },
        )?;
        self.hold_again();
        all().for_each(BudgetAccounts::set_counted);
        self.keep_in(ledger);
        Ok(())
    }

    /// Since when spending matters to any budget, milliseconds since 1970 UTC; `None` without budgets.
    pub(super) fn counts_since(&self, now_unix_ms: u64) -> Option<u64> {
        let own = self.owners.budgets();
        let in_force = self.in_force.load();
        let rules = in_force.budgets.iter().map(|budget| &**budget);
        let all = rules.chain(&own);
        all.map(|accounts| accounts.budget.counts_since(now_unix_ms))
            .min()
    }

    /// Has the ledger keep what budgets count, and no more. To be said again from time to time: windows go on.
    pub(crate) fn keep_in(&self, ledger: &Ledger) {
        let since = self.counts_since(clock::unix_ms());
        ledger.keep_since(since.unwrap_or(u64::MAX));
    }
}

/// Whether a record is about the key that `own` is the budget of, or about that budget.
fn is_about(own: &BudgetAccounts, record: &Record) -> bool {
    let key = own.budget.id.strip_prefix(super::OWN_PREFIX);
    match record {
        Record::Entry(entry) => key == Some(&*entry.key),
        Record::Correction(correction) => {
            let entry = correction.entry.as_ref();
            entry.is_some_and(|entry| key == Some(&*entry.key))
        }
        Record::Adjustment(adjustment) => *own.budget.id == *adjustment.budget,
        Record::Event(_) => false,
    }
}
