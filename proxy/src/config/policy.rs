//! What may be spent and asked for, as the configuration says it.
//!
//! Budgets, limits and guards are `quotah_policy`'s own.

use std::time::Duration;

use quotah_policy::budget::Budget;
use quotah_policy::{KeyForm, OwnBudget, OwnLimits, Window};

use crate::time::rfc3339;

/// What a request holds until its cost is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReservationSettings {
    /// Output that a request is expected to have before there is experience, tokens.
    pub prior_output_tokens: u64,
    /// Part of the real outputs that a reservation is to cover, thousandths, 1 to 999.
    pub quantile_per_mille: u16,
    /// Plain answers may be so many times that quantile.
    pub headroom: u32,
}

impl Default for ReservationSettings {
    fn default() -> Self {
        Self {
            prior_output_tokens: 1_024,
            quantile_per_mille: 990,
            headroom: 8,
        }
    }
}

/// What keys get that are made without their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyDefaults {
    /// Their budget.
    pub budget: Option<OwnBudget>,
    /// Their limits.
    pub limits: Option<OwnLimits>,
    /// So long after they are made, they expire.
    pub expires_after: Option<Duration>,
}

impl KeyDefaults {
    /// Gives a key that is made at `now_unix_ms` what `form` leaves out.
    pub fn fill(&self, form: &mut KeyForm, now_unix_ms: u64) {
        if form.budget.is_none() {
            form.budget.clone_from(&self.budget);
        }
        if form.limits.is_none() {
            form.limits = self.limits;
        }
        if let (None, Some(after)) = (&form.expires_at, self.expires_after) {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            form.expires_at = Some(rfc3339(now_unix_ms.saturating_add(after_ms)));
        }
    }
}

/// Whether a ledger that keeps what is younger than `age` knows, at any start, all that counts in `budget`.
#[must_use]
pub fn is_kept(budget: &Budget, age: Duration) -> bool {
    retain_days_needed(budget).is_some_and(|days| days * SECONDS_PER_DAY <= age.as_secs())
}

/// Days that the ledger must keep so that a start finds all that counts in `budget`; `None` is for ever.
#[must_use]
pub fn retain_days_needed(budget: &Budget) -> Option<u64> {
    // The longest there is of each, and a day for clocks that go back.
    let days: u64 = match budget.window {
        Window::Hour => 1,
        Window::Day => 2,
        Window::Week => 8,
        Window::Month => 32,
        Window::Quarter => 93,
        Window::Year => 367,
        Window::Total => return None,
    };
    Some(if budget.carry_over { 2 * days } else { days })
}

const SECONDS_PER_DAY: u64 = 86_400;
