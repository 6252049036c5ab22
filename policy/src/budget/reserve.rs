//! Setting money aside in all of a request's accounts together, and charging what it cost after all.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Account, Balance, Budget, Crossing, Mode};
use crate::Money;
use crate::sync::MutexGuard;

/// One account that a request counts in, and the rule that it is of.
#[derive(Debug, Clone)]
pub struct Part {
    /// The rule.
    pub budget: Arc<Budget>,
    /// The account.
    pub account: Arc<Account>,
    /// Whether its limit is held: a soft budget's never is, nor one whose spending is not known yet.
    pub is_held: bool,
}

/// All accounts that a request counts in, each once, in the order that they are locked in: see [`in_order`].
pub type Parts = SmallVec<[Part; PARTS_INLINE]>;

/// Few requests match more.
const PARTS_INLINE: usize = 6;

/// Into how many shares the room is thought to be divided: requests under way at once on one small budget.
const SHARES: i128 = 8;

/// What a request wants set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// As much as that, if there is room.
    pub most: Money,
    /// Not less than that.
    pub least: Money,
}

impl Ask {
    /// Exactly so much.
    #[must_use]
    pub const fn exactly(amount: Money) -> Self {
        Self {
            most: amount,
            least: amount,
        }
    }
}

/// A hard budget without room for a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("budget {budget:?} has {} USD left of {} USD", balance.room(), balance.limit)]
pub struct Exhausted {
    /// Which.
    pub budget: Arc<str>,
    /// Which of its accounts.
    pub account: Box<str>,
    /// How it stands.
    pub balance: Balance,
    /// The least that would have been needed.
    pub least: Money,
}

/// Money set aside for a request until it is known what it cost. Dropped, it is given back.
#[derive(Debug, Default)]
pub struct Reservation {
    parts: Parts,
    amount: Money,
}

/// Sets `ask` aside in all of `parts`, or in none.
///
/// For every held account, spent + reserved stays at or below the limit: all are locked, looked at, and only then
/// changed.
///
/// # Errors
/// [`Exhausted`] for the account with the least room, when that is less than `ask.least`.
pub fn reserve(parts: Parts, ask: Ask, now_unix_ms: u64) -> Result<Reservation, Exhausted> {
    let mut reservation = Reservation {
        parts,
        amount: Money::ZERO,
    };
    reservation.raise(ask, now_unix_ms)?;
    Ok(reservation)
}

/// As [`reserve`], but of what is left beyond `ask.least`, it takes no more than its share: an eighth of the room.
///
/// A request that takes all that is left so that its answer may be long leaves nothing to those beside it, and they are
/// refused long before the money is spent.
///
/// # Errors
/// As [`reserve`].
pub fn reserve_share(parts: Parts, ask: Ask, now_unix_ms: u64) -> Result<Reservation, Exhausted> {
    let mut reservation = Reservation {
        parts,
        amount: Money::ZERO,
    };
    reservation.raise_by(ask, SHARES, now_unix_ms)?;
    Ok(reservation)
}

impl Reservation {
    /// What is set aside.
    #[must_use]
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// The accounts that it is set aside in.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether any of its accounts is held to its limit.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.parts.iter().any(|part| part.is_held)
    }

    /// Sets more aside, in all accounts together, and says how much more.
    ///
    /// # Errors
    /// [`Exhausted`] when there is no room for `ask.least` more; what was set aside before stays.
    pub fn raise(&mut self, ask: Ask, now_unix_ms: u64) -> Result<Money, Exhausted> {
        self.raise_by(ask, 1, now_unix_ms)
    }

    /// Raises by what is asked for, as far as it fits into one of so many `shares` of the room.
    fn raise_by(&mut self, ask: Ask, shares: i128, now_unix_ms: u64) -> Result<Money, Exhausted> {
        let mut states = lock_all(&self.parts);
        let mut tightest: Option<(&Part, Balance)> = None;
        for (part, state) in self.parts.iter().zip(&mut states) {
            state.roll(&part.budget, now_unix_ms);
            let balance = state.balance(&part.budget, now_unix_ms);
            if part.is_held && tightest.is_none_or(|(_, least)| balance.room() < least.room()) {
                tightest = Some((part, balance));
            }
        }
        let mut granted = ask.most;
        if let Some((part, balance)) = tightest {
            let share = Money::from_picos(balance.room().picos().div_euclid(shares));
            granted = granted.min(share.max(ask.least));
            if granted > balance.room() {
                return Err(Exhausted {
                    budget: Arc::clone(&part.budget.id),
                    account: part.account.value().into(),
                    balance,
                    least: ask.least,
                });
            }
        }
        // An overdrawn account gives nothing, and takes nothing.
        let granted = granted.max(Money::ZERO);
        for state in &mut states {
            state.set_aside(granted);
        }
        drop(states);
        self.amount = self.amount.saturating_add(granted);
        Ok(granted)
    }

    /// Gives back what is above `amount`.
    pub fn lower_to(&mut self, amount: Money) {
        let surplus = self.amount.saturating_sub(amount.max(Money::ZERO));
        if surplus <= Money::ZERO {
            return;
        }
        for state in &mut lock_all(&self.parts) {
            state.give_back(surplus);
        }
        self.amount = self.amount.saturating_sub(surplus);
    }

    /// The least that any held account has left beside what is set aside; `None` without one.
    #[must_use]
    pub fn room(&self, now_unix_ms: u64) -> Option<Money> {
        let held = self.parts.iter().filter(|part| part.is_held);
        held.map(|part| part.account.balance(&part.budget, now_unix_ms).room())
            .min()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.lower_to(Money::ZERO);
    }
}

/// What a request cost, and when that was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// So much; negative takes away what was charged too much.
    pub cost: Money,
    /// Milliseconds since 1970 UTC: decides the window.
    pub at_unix_ms: u64,
}

/// Charges a request to all of `parts` and gives back what was set aside for it, in one step for each account.
///
/// Gives the alerts that were reached by that.
pub fn charge(parts: &[Part], mut held: Reservation, charge: Charge) -> Vec<Crossing> {
    let mut crossings = Vec::new();
    let mut released = std::mem::take(&mut held.parts);
    let amount = std::mem::take(&mut held.amount);
    for part in parts {
        let mut state = part.account.lock();
        let own = released
            .iter()
            .position(|held| Arc::ptr_eq(&held.account, &part.account));
        if let Some(at) = own {
            released.remove(at);
            state.give_back(amount);
        }
        state.spend(&part.budget, charge.cost, charge.at_unix_ms);
        state.tell(&part.budget, charge.at_unix_ms, |threshold, balance| {
            crossings.push(Crossing {
                budget: Arc::clone(&part.budget.id),
                account: part.account.value().into(),
                threshold,
                spent: balance.spent,
                limit: balance.limit,
                mode: part.budget.mode,
                period: balance.period,
            });
        });
    }
    // Accounts that the request does not count in after all: another provider answered, a rule is gone.
    for part in released {
        part.account.lock().give_back(amount);
    }
    crossings
}

/// Puts parts into the one order in which accounts are locked, so that nobody waits for somebody who waits for them:
/// that of their addresses, which stand for as long as anybody has them.
pub fn in_order(parts: &mut Parts) {
    parts.sort_unstable_by_key(|part| Arc::as_ptr(&part.account));
    parts.dedup_by_key(|part| Arc::as_ptr(&part.account));
}

fn lock_all(parts: &[Part]) -> SmallVec<[MutexGuard<'_, super::account::State>; PARTS_INLINE]> {
    debug_assert!(
        parts.is_sorted_by(|a, b| Arc::as_ptr(&a.account) < Arc::as_ptr(&b.account)),
        "accounts are locked in their order"
    );
    parts.iter().map(|part| part.account.lock()).collect()
}

impl Part {
    /// A part, held if its budget is hard and `is_counted`.
    #[must_use]
    pub fn new(budget: &Arc<Budget>, account: Arc<Account>, is_counted: bool) -> Self {
        Self {
            is_held: is_counted && budget.mode == Mode::Hard,
            budget: Arc::clone(budget),
            account,
        }
    }
}
