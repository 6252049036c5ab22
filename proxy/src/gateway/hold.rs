//! What a request holds until it is booked: money, and the watch over its stream.

use quotah_policy::Asked;
use quotah_policy::budget::{BudgetAccounts, Reservation};
use quotah_policy::limit::{Passed, Standing};

use super::relay::Watch;

/// What a request holds until it is booked. Dropped, all of it is given back.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    /// Set aside for what it may cost.
    pub(crate) reservation: Reservation,
    /// The budget of its key, which it counts in beside those that it matches.
    pub(crate) own_budget: Option<BudgetAccounts>,
    /// What it holds of rate limits; none where it is under no limit.
    pub(crate) passed: Option<Passed>,
    /// What it asked for, to learn from what it will have used; none where nobody wants to know.
    pub(crate) asked: Option<Asked<'static>>,
    /// Looks at what a stream has cost so far; none where no hard budget holds.
    pub(crate) watch: Option<Box<Watch>>,
}

impl Hold {
    /// How the limits stand that the request is under, at that moment of the clock that they go by.
    pub(crate) fn standing(&self, now_ns: u64) -> Option<Standing> {
        self.passed.as_ref().map(|passed| passed.standing(now_ns))
    }
}
