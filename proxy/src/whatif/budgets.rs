//! Budgets of the new configuration, played through: what would they have refused, whom would they have warned?
//!
//! Entries count when they end, as everywhere. They are applied in that order, whatever the order they are read in,
//! so that those that matter wait until all are read.

use std::collections::HashMap;
use std::sync::Arc;

use quotah_policy::budget::{
    Ask, Budget, BudgetAccounts, Charge, Mode, Parts, Reservation, charge, reserve,
};
use quotah_policy::{Dimension, Money, Pattern, Rules, Selector, Subject};
use smallvec::SmallVec;

use super::report::{BudgetRow, Count};
use crate::config::resolved::Config;

/// Most entries that wait: 160 MiB. When there are more, the older half is applied, so that only what ends later
/// than two million others that were read before it can be out of order.
const WAITING_MAX: usize = 4_000_000;

/// Budgets that are played through, and what waits for them.
#[derive(Debug)]
pub(super) struct Budgets {
    rules: Rules<BudgetAccounts>,
    /// In the configuration's order.
    rows: Vec<BudgetRow>,
    /// Combinations of accounts that entries were met with.
    sets: Vec<Parts>,
    known: HashMap<SmallVec<[usize; 4]>, usize>,
    waiting: Vec<Waiting>,
    blocked: Vec<Blocked>,
}

/// An entry that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// When it was over, milliseconds since 1970 UTC.
    pub(super) ended_unix_ms: u64,
    /// What budgets are charged, 10⁻¹² USD.
    pub(super) charge_picousd: i64,
    /// What is taken back where it is refused: how much, and in which row.
    pub(super) undo: Blocked,
    /// It counts, but cannot be refused.
    pub(super) is_beside: bool,
}

/// An entry that a budget refused.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Blocked {
    /// What it would have cost, 10⁻¹² USD.
    pub(super) cost_new_picousd: i64,
    /// What it did cost, 10⁻¹² USD.
    pub(super) cost_then_picousd: i64,
    /// The row of moves that it was counted in.
    pub(super) row: Option<u32>,
}

#[derive(Debug)]
struct Waiting {
    counted: Counted,
    set: usize,
}

impl Budgets {
    /// The budgets of `new` that are not the same in `current`, their accounts empty.
    pub(super) fn new(current: &Config, new: &Config) -> Self {
        let old = all(current);
        let changed = all(new).into_iter().filter(|budget| !old.contains(budget));
        let changed: Vec<Arc<Budget>> = changed.map(Arc::new).collect();
        let rows = changed.iter().map(|budget| BudgetRow::of(budget)).collect();
        let rules = changed.iter().map(|budget| {
            let accounts = BudgetAccounts::new(Arc::clone(budget));
            accounts.set_counted();
            (budget.selector.clone(), Arc::new(accounts))
        });
        Self {
            rules: Rules::new(rules),
            rows,
            sets: Vec::new(),
            known: HashMap::new(),
            waiting: Vec::new(),
            blocked: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Notes an entry of `subject`.
    pub(super) fn note(&mut self, subject: &Subject<'_>, counted: Counted) {
        if counted.charge_picousd <= 0 {
            return;
        }
        // Accounts begin before all entries: time that goes back would change nothing.
        let parts = self.rules.parts([], subject, 0);
        if parts.is_empty() {
            return;
        }
        let accounts = parts.iter();
        // Accounts live as long as their budgets do, so that an address is a name.
        let key = accounts.map(|part| Arc::as_ptr(&part.account).addr());
        let next = self.sets.len();
        let set = *self.known.entry(key.collect()).or_insert(next);
        if set == next {
            self.sets.push(parts);
        }
        self.waiting.push(Waiting { counted, set });
        if self.waiting.len() >= WAITING_MAX {
            self.apply(WAITING_MAX / 2);
        }
    }

    /// Applies all that waits. Says what was refused, and how each budget fared.
    pub(super) fn finish(mut self) -> (Vec<BudgetRow>, Vec<Blocked>) {
        self.apply(self.waiting.len());
        (self.rows, self.blocked)
    }

    fn apply(&mut self, count: usize) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by_key(|one| one.counted.ended_unix_ms);
        for one in waiting.drain(..count.min(waiting.len())) {
            self.spend(&one);
        }
        self.waiting = waiting;
    }

    fn spend(&mut self, one: &Waiting) {
        let Some(parts) = self.sets.get(one.set).cloned() else {
            return;
        };
        let Counted {
            ended_unix_ms: at,
            charge_picousd,
            undo,
            is_beside,
        } = one.counted;
        let cost = Money::from_picos(charge_picousd.into());
        let held = match reserve(parts.clone(), Ask::exactly(cost), at) {
            Ok(held) => held,
            Err(_) if is_beside => Reservation::default(),
            Err(exhausted) => {
                if let Some(row) = row(&mut self.rows, &exhausted.budget) {
                    row.blocked.add(undo.cost_new_picousd);
                }
                self.blocked.push(undo);
                return;
            }
        };
        for part in parts.iter().filter(|p| p.budget.mode == Mode::Soft) {
            let balance = part.account.balance(&part.budget, at);
            // What is set aside is this entry's own cost.
            let is_over = balance.spent.saturating_add(cost) > balance.limit;
            if let Some(row) = row(&mut self.rows, &part.budget.id).filter(|_| is_over) {
                row.over.add(charge_picousd);
            }
        }
        let settled = Charge {
            cost,
            at_unix_ms: at,
        };
        for crossing in charge(&parts, held, settled) {
            if let Some(row) = row(&mut self.rows, &crossing.budget) {
                row.alerts += 1;
            }
        }
    }
}

impl BudgetRow {
    fn of(budget: &Budget) -> Self {
        Self {
            budget: budget.id.to_string(),
            mode: budget.mode.as_str(),
            blocked: Count::default(),
            over: Count::default(),
            alerts: 0,
        }
    }
}

fn row<'r>(rows: &'r mut [BudgetRow], id: &str) -> Option<&'r mut BudgetRow> {
    rows.iter_mut().find(|row| row.budget == id)
}

/// The configuration's budgets, and those of its keys.
fn all(config: &Config) -> Vec<Budget> {
    let own = config.keys.iter().filter_map(|key| {
        let budget = key.budget.clone()?;
        let selector = Selector::new([(Dimension::Key, Pattern::new(&key.id))]);
        Some(Budget { selector, ..budget })
    });
    config.budgets.iter().cloned().chain(own).collect()
}
