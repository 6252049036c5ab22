//! Entries applied to accounts: what a budget has spent is what the ledger says.
//!
//! One set of rules, whether an entry is settled now or read from the ledger: it counts in every budget that it
//! matches, with its charge, in the window in which it ended.

use quotah_policy::Money;
use quotah_policy::budget::{BudgetAccounts, Charge, Crossing, Reservation, charge};

use super::{Policy, with_subject};
use crate::clock;
use crate::ledger::Entry;

impl Policy {
    /// Charges an entry of this process and gives back what was set aside for it. Gives the alerts that it reached.
    ///
    /// `own` is the budget of the key that it was made with.
    pub(crate) fn settle(
        &self,
        entry: &Entry,
        own: Option<&BudgetAccounts>,
        held: Reservation,
    ) -> Vec<Crossing> {
        let in_force = self.in_force.load();
        if in_force.budgets.is_empty() && own.is_none() && held.parts().is_empty() {
            return Vec::new();
        }
        let settled = Charge {
            cost: Money::from_picos(entry.charge().unwrap_or(0).into()),
            at_unix_ms: entry.ended_at_unix_ms(),
        };
        with_subject(entry, |subject| {
            let parts = in_force.budgets.parts(own, subject, settled.at_unix_ms);
            charge(&parts, held, settled)
        })
    }

    /// Notes an entry that the ledger knows from before, or from another process.
    pub(super) fn recall(&self, entry: &Entry) {
        self.recall_amount(entry, entry.charge().unwrap_or(0).into());
    }

    /// Notes that an entry cost so much more (or less) after all.
    pub(super) fn recall_amount(&self, entry: &Entry, picos: i128) {
        if picos == 0 {
            return;
        }
        let in_force = self.in_force.load();
        let own = self.own_budget(&entry.key);
        with_subject(entry, |subject| {
            for part in in_force.budgets.parts(&own, subject, clock::unix_ms()) {
                let cost = Money::from_picos(picos);
                part.account
                    .recall(&part.budget, cost, entry.ended_at_unix_ms());
            }
        });
    }
}
