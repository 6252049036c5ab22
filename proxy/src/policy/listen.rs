//! What the ledger tells: what was spent before this process, and what others spend and hold beside it.

use quotah_policy::Money;
use quotah_policy::budget::{Ask, BudgetAccounts, Part, Reservation, reserve};
use uuid::Uuid;

use super::{Policy, with_subject};
use crate::clock;
use crate::ledger::{Adjustment, Correction, Entry, Event, Intent, Record, Spending};

/// Most requests of other processes whose reservations are known; further ones are charged when they are over.
pub(super) const ELSEWHERE_MAX: usize = 65_536;

impl Spending for Policy {
    fn since_unix_ms(&self) -> Option<u64> {
        self.counts_since(clock::unix_ms())
    }

    fn entry(&self, entry: &Entry) {
        self.recall(entry);
    }

    fn correction(&self, correction: &Correction) {
        if let Some(entry) = &correction.entry {
            self.recall_amount(entry, correction.difference_picousd().into());
        }
    }

    fn adjustment(&self, adjustment: &Adjustment) {
        self.adjust(adjustment);
    }

    fn event(&self, _event: &Event) {
        // Reading what was spent passes the alerts again, and tells nobody.
    }

    fn intent(&self, _writer: u64, intent: &Intent) {
        let mut elsewhere = self.elsewhere.lock();
        if elsewhere.len() < ELSEWHERE_MAX || elsewhere.contains_key(&intent.id()) {
            // Held anew before what it held until now is given back: there is no moment in which nothing is.
            let held = self.hold_for(intent);
            elsewhere.insert(intent.id(), Elsewhere::new(intent, held));
        }
    }

    fn settled(&self, id: Uuid) {
        let held = self.elsewhere.lock().remove(&id);
        drop(held);
    }
}

/// A request that another living process serves.
#[derive(Debug)]
pub(super) struct Elsewhere {
    intent: Box<Intent>,
    /// What it holds, here.
    held: Reservation,
}

impl Elsewhere {
    fn new(intent: &Intent, held: Reservation) -> Self {
        Self {
            intent: Box::new(intent.clone()),
            held,
        }
    }
}

impl Policy {
    /// Holds what requests of other processes hold in the budgets that are in force now: some are new to them.
    pub(super) fn hold_again(&self) {
        for elsewhere in self.elsewhere.lock().values_mut() {
            elsewhere.held = self.hold_for(&elsewhere.intent);
        }
    }

    /// Sets aside what an intent of another process says, whether there is room or not: it has been granted, by somebody
    /// who knew of what is spent and set aside here as of 50 ms ago.
    fn hold_for(&self, intent: &Intent) -> Reservation {
        let now = clock::unix_ms();
        let entry = Entry::interrupted(intent);
        let own = self.own_budget(&entry.key);
        let in_force = self.in_force.load();
        let parts = with_subject(&entry, |subject| in_force.budgets.parts(&own, subject, now));
        let parts = parts.into_iter().map(|part| Part {
            is_held: false,
            ..part
        });
        let amount = Money::from_picos(intent.reserved_picousd.max(0).into());
        // Nothing that is not held refuses.
        reserve(parts.collect(), Ask::exactly(amount), now).unwrap_or_default()
    }
}

impl Policy {
    /// Notes a correction of a budget's spending that somebody made by hand.
    pub(crate) fn adjust(&self, adjustment: &Adjustment) {
        let now = clock::unix_ms();
        let amount = Money::from_picos(adjustment.amount_picousd.into());
        let in_force = self.in_force.load();
        let is_meant = |id: &str| id == adjustment.budget;
        let own = adjustment.budget.strip_prefix(super::OWN_PREFIX);
        let own = own.and_then(|key| self.own_budget(key));
        let budgets = in_force.budgets.iter().map(|budget| &**budget);
        for budget in budgets
            .chain(&own)
            .filter(|budget| is_meant(&budget.budget.id))
        {
            let account = budget.named(&adjustment.account, now);
            account.recall(&budget.budget, amount, adjustment.at_unix_ms);
        }
    }
}

/// Notes a record for those of `budgets` alone that it concerns: they were made after it.
pub(super) fn recall_for<'a>(budgets: impl Iterator<Item = &'a BudgetAccounts>, record: &Record) {
    let (entry, picos) = match record {
        Record::Entry(entry) => (entry, i128::from(entry.charge().unwrap_or(0))),
        Record::Correction(correction) => match &correction.entry {
            Some(entry) => (entry, correction.difference_picousd().into()),
            None => return,
        },
        Record::Adjustment(adjustment) => {
            let amount = Money::from_picos(adjustment.amount_picousd.into());
            for budget in budgets.filter(|b| *b.budget.id == *adjustment.budget) {
                let account = budget.named(&adjustment.account, clock::unix_ms());
                account.recall(&budget.budget, amount, adjustment.at_unix_ms);
            }
            return;
        }
        Record::Event(_) => return,
    };
    if picos == 0 {
        return;
    }
    with_subject(entry, |subject| {
        for budget in budgets.filter(|b| b.budget.selector.matches(subject)) {
            let account = budget.account(subject, clock::unix_ms());
            account.recall(
                &budget.budget,
                Money::from_picos(picos),
                entry.ended_at_unix_ms(),
            );
        }
    });
}
