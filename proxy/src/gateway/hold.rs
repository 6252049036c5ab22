//! What a request holds until it is booked: money, and the watch over its stream.

use std::sync::Arc;

use quotah_policy::budget::Reservation;

use super::identify::Identity;
use super::relay::Watch;

/// What a request holds until it is booked. Dropped, all of it is given back.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    /// Set aside for what it may cost.
    pub(crate) reservation: Reservation,
    /// Whose budget it counts in beside those that it matches.
    pub(crate) identity: Option<Arc<Identity>>,
    /// Looks at what a stream has cost so far; none where no hard budget holds.
    pub(crate) watch: Option<Box<Watch>>,
}
