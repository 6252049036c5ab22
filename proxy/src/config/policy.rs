//! What may be spent and asked for, as the configuration says it.
//!
//! Budgets are `quotah_policy`'s own; limits and guards are still words here, checked and with their names.

use std::collections::BTreeMap;
use std::time::Duration;

use quotah_policy::Window;
use quotah_policy::budget::{Budget, BudgetForm};

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

/// A row of `[[limits]]`, or the limits of a key. `None` is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitWords {
    /// Its name; empty for a key's own.
    pub id: String,
    /// Dimension → exact value or pattern; empty matches everything.
    pub selects: BTreeMap<String, String>,
    /// One count for each value of this dimension.
    pub per: Option<String>,
    /// Requests in a minute.
    pub requests_per_minute: Option<u32>,
    /// Requests in an hour.
    pub requests_per_hour: Option<u32>,
    /// Requests in a day.
    pub requests_per_day: Option<u32>,
    /// Tokens in a minute, input and output.
    pub tokens_per_minute: Option<u64>,
    /// Requests at once.
    pub concurrent: Option<u32>,
    /// Of these, streams.
    pub concurrent_streams: Option<u32>,
}

/// A row of `[[guards]]`. `None` leaves a request alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardWords {
    /// Dimension → exact value or pattern; empty matches everything.
    pub selects: BTreeMap<String, String>,
    /// Most output tokens that may be asked for.
    pub max_tokens: Option<(u64, OnExcess)>,
    /// Most answers that may be asked for at once.
    pub n: Option<(u64, OnExcess)>,
    /// Most reasoning that may be asked for, a provider's word such as `low`, `medium`, `high`.
    pub reasoning_effort: Option<(String, OnExcess)>,
    /// What may not be in a request.
    pub deny: Vec<Denied>,
    /// Largest request body, bytes.
    pub body_bytes_max: Option<u64>,
}

/// What happens to a request that asks for more than a guard allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnExcess {
    /// It is refused.
    #[default]
    Refuse,
    /// It asks for as much as is allowed.
    Clamp,
}

/// What a guard may forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Functions of the client.
    Tools,
    /// Tools that the provider runs: searches, code.
    ServerTools,
    /// Images in a prompt.
    Images,
    /// Audio in a prompt.
    Audio,
    /// Files in a prompt.
    Files,
}

/// What keys get that are made without their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyDefaults {
    /// Their budget: no `id`, `match` or `per`, which the key gives.
    pub budget: Option<BudgetForm>,
    /// Their limits: no `id`, `match` or `per` either.
    pub limits: Option<LimitWords>,
    /// So long after they are made, they expire.
    pub expires_after: Option<Duration>,
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
