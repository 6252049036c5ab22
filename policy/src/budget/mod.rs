//! Budgets: how much may be spent, on what, in which window.
//!
//! A [`Budget`] is the rule, an [`Account`] what has been spent and set aside under it, one for each value of its
//! `per` dimension. What a request may cost is set aside in all its accounts together, or in none: [`reserve`].

mod account;
mod form;
mod reserve;
mod share;
mod shelf;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{Dimension, Money, Selector, Window, Zone};

pub use account::{Account, Balance, Crossing};
pub use form::{BudgetForm, FormError, Usd};
pub(crate) use form::{whom, words};
pub use reserve::{
    Ask, Charge, Exhausted, Part, Parts, Reservation, charge, in_order, reserve, reserve_share,
};
pub use share::Share;
pub use shelf::{ACCOUNTS_MAX, BudgetAccounts, OTHER, Shelf};

/// How much may be spent, on what, in which window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Its name.
    pub id: Arc<str>,
    /// The requests that it is for.
    pub selector: Selector,
    /// One account for each value here; one for all without.
    pub per: Option<Dimension>,
    /// Most that may be spent in a window.
    pub limit: Money,
    /// How often it begins anew.
    pub window: Window,
    /// Whose calendar says when.
    pub zone: Zone,
    /// What happens at the limit.
    pub mode: Mode,
    /// Parts of the limit whose crossing is told, ascending.
    pub alert_at: Vec<Share>,
    /// What the window before left over is added, at most one limit.
    pub carry_over: bool,
    /// More for a while.
    pub raise: Option<Raise>,
}

/// What happens when a budget's limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Requests are refused, streams are cut.
    Hard,
    /// It is told.
    Soft,
}

/// More money for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raise {
    /// So much more.
    pub by: Money,
    /// Until then, milliseconds since 1970 UTC.
    pub until_unix_ms: u64,
}

impl Budget {
    /// The limit at `now_unix_ms`, where the window before spent `spent_before`.
    #[must_use]
    pub fn limit_at(&self, now_unix_ms: u64, spent_before: Money) -> Money {
        let left_over = if self.carry_over && self.window != Window::Total {
            self.limit
                .saturating_sub(spent_before)
                .clamp(Money::ZERO, self.limit)
        } else {
            Money::ZERO
        };
        let raise = self.raise.filter(|raise| now_unix_ms < raise.until_unix_ms);
        let raise = raise.map_or(Money::ZERO, |raise| raise.by);
        self.limit.saturating_add(left_over).saturating_add(raise)
    }

    /// Whether accounts of `other` are also accounts of this one: both count the same requests in the same windows.
    #[must_use]
    pub fn counts_as(&self, other: &Self) -> bool {
        self.id == other.id
            && self.selector == other.selector
            && self.per == other.per
            && self.window == other.window
            && self.zone == other.zone
    }

    /// Since when spending matters at `now_unix_ms`, milliseconds since 1970 UTC: the window's beginning, or that
    /// of the one before where its rest is carried over.
    #[must_use]
    pub fn counts_since(&self, now_unix_ms: u64) -> u64 {
        let start = self.window.period(&self.zone, now_unix_ms).start_unix_ms;
        if self.carry_over && start > 0 {
            let before = start.saturating_sub(1);
            return self.window.period(&self.zone, before).start_unix_ms;
        }
        start
    }
}

impl Mode {
    /// Its name in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
        }
    }
}
