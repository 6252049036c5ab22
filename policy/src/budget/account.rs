//! What has been spent and set aside under a budget.

use super::{Budget, Mode, Share};
use crate::sync::{Mutex, MutexGuard};
use crate::{Money, Period};

/// One budget's money for one value of its `per` dimension.
///
/// All numbers are behind one lock. Whoever needs several accounts locks them in the order of [`Part`](super::Part)s.
#[derive(Debug)]
pub struct Account {
    value: Box<str>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    period: Period,
    spent: Money,
    /// In the window before.
    spent_before: Money,
    reserved: Money,
    /// How many of the budget's alerts were told in this window.
    told: usize,
}

/// An account at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The limit in force, what was carried over and raised included.
    pub limit: Money,
    /// Spent in this window.
    pub spent: Money,
    /// Set aside for requests under way.
    pub reserved: Money,
    /// The window.
    pub period: Period,
}

/// A part of a limit was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// Whose.
    pub budget: std::sync::Arc<str>,
    /// Which of its accounts.
    pub account: Box<str>,
    /// The part.
    pub threshold: Share,
    /// Spent by then.
    pub spent: Money,
    /// The limit in force.
    pub limit: Money,
    /// What happens at the limit.
    pub mode: Mode,
    /// The window.
    pub period: Period,
}

impl Balance {
    /// What may still be set aside; negative when more was spent than the limit is now.
    #[must_use]
    pub const fn room(&self) -> Money {
        self.limit
            .saturating_sub(self.spent)
            .saturating_sub(self.reserved)
    }
}

impl Account {
    /// An empty account of `budget`.
    #[must_use]
    pub fn new(value: &str, budget: &Budget, now_unix_ms: u64) -> Self {
        Self {
            value: value.into(),
            state: Mutex::new(State {
                period: budget.window.period(&budget.zone, now_unix_ms),
                spent: Money::ZERO,
                spent_before: Money::ZERO,
                reserved: Money::ZERO,
                told: 0,
            }),
        }
    }

    /// Its value of the budget's `per` dimension.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// How it stands.
    #[must_use]
    pub fn balance(&self, budget: &Budget, now_unix_ms: u64) -> Balance {
        let mut state = self.lock();
        state.roll(budget, now_unix_ms);
        state.balance(budget, now_unix_ms)
    }

    /// Notes what the books say was spent at `at_unix_ms`, without telling anybody. For reading them at the start.
    pub fn recall(&self, budget: &Budget, cost: Money, at_unix_ms: u64) {
        let mut state = self.lock();
        state.spend(budget, cost, at_unix_ms);
        state.tell(budget, at_unix_ms, |_, _| {});
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        crate::sync::lock(&self.state)
    }
}

impl State {
    /// Begins a new window when this one is over. Time that goes back changes nothing.
    pub(super) fn roll(&mut self, budget: &Budget, now_unix_ms: u64) {
        if now_unix_ms < self.period.end_unix_ms {
            return;
        }
        let next = budget.window.period(&budget.zone, now_unix_ms);
        let follows = next.start_unix_ms == self.period.end_unix_ms;
        self.spent_before = if follows { self.spent } else { Money::ZERO };
        self.spent = Money::ZERO;
        self.period = next;
        self.told = 0;
    }

    pub(super) fn balance(&self, budget: &Budget, now_unix_ms: u64) -> Balance {
        Balance {
            limit: budget.limit_at(now_unix_ms, self.spent_before),
            spent: self.spent,
            reserved: self.reserved,
            period: self.period,
        }
    }

    /// Adds to what is set aside; the caller has seen that there is room.
    pub(super) fn set_aside(&mut self, amount: Money) {
        self.reserved = self.reserved.saturating_add(amount);
    }

    /// Takes back what was set aside.
    pub(super) fn give_back(&mut self, amount: Money) {
        debug_assert!(
            self.reserved >= amount,
            "more given back than was set aside"
        );
        self.reserved = self.reserved.saturating_sub(amount).max(Money::ZERO);
    }

    /// Adds to what was spent (or takes away, where `cost` is negative) in the window that `at_unix_ms` lies in.
    /// Windows before the last one are nobody's business any more.
    pub(super) fn spend(&mut self, budget: &Budget, cost: Money, at_unix_ms: u64) {
        self.roll(budget, at_unix_ms);
        if at_unix_ms >= self.period.start_unix_ms {
            self.spent = self.spent.saturating_add(cost);
            return;
        }
        let then = budget.window.period(&budget.zone, at_unix_ms);
        if then.end_unix_ms == self.period.start_unix_ms {
            self.spent_before = self.spent_before.saturating_add(cost);
        }
    }

    /// Calls `each` with every alert that has been reached since the last call, once a window.
    pub(super) fn tell(
        &mut self,
        budget: &Budget,
        now_unix_ms: u64,
        mut each: impl FnMut(Share, Balance),
    ) {
        if self.told >= budget.alert_at.len() {
            return;
        }
        let balance = self.balance(budget, now_unix_ms);
        for share in budget.alert_at.iter().skip(self.told) {
            if balance.spent < share.of(balance.limit) {
                break;
            }
            self.told = self.told.saturating_add(1);
            each(*share, balance);
        }
    }
}
