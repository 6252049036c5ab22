//! What an attempt holds of its deployment while it is under way, and what it teaches when it is over.

use std::sync::Arc;

use quotah_policy::headroom::Taken;
use quotah_policy::warmth::Held;
use quotah_policy::{Heard, Permit, PrefixHashes};

use super::choose::{Order, Trip};
use crate::fleet::Health;
use crate::state::State;

/// An attempt under way. Dropped without a word, nothing is learned from it.
#[derive(Debug)]
pub(crate) struct Going {
    health: Arc<Health>,
    permit: Option<Permit>,
    cache_number: u64,
    prefix: PrefixHashes,
    /// What it takes of the provider's limits, until its answer says what is left.
    taken: Option<Taken>,
}

/// The deployment cannot take an attempt any more: others were quicker.
#[derive(Debug)]
pub(crate) struct NotNow;

/// What an attempt says of its deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It does what it is asked.
    Well,
    /// It is there, and this request was at fault, or the credential.
    There,
    /// It is there, and had no answer for this one: limits, quota.
    Busy,
    /// It failed.
    Failed,
}

impl Going {
    /// Begins an attempt, unless the deployment's breaker is open or its limits have no room.
    ///
    /// # Errors
    /// [`NotNow`]; nothing is held.
    pub(crate) fn begin(order: &Order, trip: &Trip, now_unix_ms: u64) -> Result<Self, NotNow> {
        // Whoever asked for one provider gets that one: what is known of it is no reason to say no.
        let is_free = order.route.is_direct;
        let taken = order.headroom.try_take(order.estimate, now_unix_ms);
        let taken = match taken {
            Ok(taken) => taken,
            Err(_) if is_free => order.headroom.take(order.estimate, now_unix_ms),
            Err(_) => return Err(NotNow),
        };
        let permit = order.health.breaker.enter(now_unix_ms).ok();
        if permit.is_none() && !is_free {
            taken.unsent();
            return Err(NotNow);
        }
        Ok(Self {
            permit,
            cache_number: order.cache_number,
            prefix: trip.prefix,
            health: Arc::clone(&order.health),
            taken: Some(taken),
        })
    }

    /// Notes that the deployment's cache holds so much of the prompt.
    pub(crate) fn is_warm(&self, held: Held, state: &State, now_unix_ms: u64) {
        if !self.prefix.is_empty() {
            let warmth = &state.warmth;
            warmth.note(self.cache_number, &self.prefix, held, now_unix_ms);
        }
    }

    /// What it takes, for whoever hears its answer.
    pub(super) const fn taken(&mut self) -> Option<Taken> {
        self.taken.take()
    }

    /// Nothing was sent: nothing is used.
    pub(super) fn unsent(&mut self) {
        if let Some(taken) = self.taken.take() {
            taken.unsent();
        }
    }

    /// Tells how it went.
    pub(crate) fn tell(mut self, verdict: Verdict, heard: Heard, state: &State, now_unix_ms: u64) {
        let heard = Heard {
            ok: verdict == Verdict::Well,
            ..heard
        };
        if verdict != Verdict::There {
            self.health.track.note(&heard, now_unix_ms);
        }
        let Some(permit) = self.permit.take() else {
            return;
        };
        let change = match verdict {
            Verdict::Failed => permit.failed(now_unix_ms),
            Verdict::Well | Verdict::There | Verdict::Busy => permit.succeeded(now_unix_ms),
        };
        if let Some(change) = change {
            state.breaker_changed(&self.health, change);
        }
    }
}

impl Verdict {
    /// The verdict of a failure by its word in the ledger and its status (0 where there was none); `None` where it
    /// says nothing of the deployment.
    pub(crate) fn of(class: &str, status: u32) -> Option<Self> {
        match (class, status) {
            ("rate_limited" | "quota_exhausted", _) => Some(Self::Busy),
            ("client" | "draining", _) => None,
            // Whoever refuses so has read the request, whatever its words are.
            (_, 400..=499 | 501 | 505) => Some(Self::There),
            (
                "timeout" | "connect" | "closed" | "truncated" | "protocol" | "overloaded"
                | "server_error",
                _,
            ) => Some(Self::Failed),
            _ => Some(Self::There),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_the_clients_doing_is_no_failure_of_the_deployment() {
        for (class, status, verdict) in [
            ("server_error", 500, Some(Verdict::Failed)),
            ("overloaded", 529, Some(Verdict::Failed)),
            ("server_error", 200, Some(Verdict::Failed)),
            ("truncated", 200, Some(Verdict::Failed)),
            ("connect", 0, Some(Verdict::Failed)),
            ("timeout", 504, Some(Verdict::Failed)),
            ("timeout", 408, Some(Verdict::There)),
            ("server_error", 422, Some(Verdict::There)),
            ("server_error", 501, Some(Verdict::There)),
            ("bad_credential", 401, Some(Verdict::There)),
            ("rate_limited", 429, Some(Verdict::Busy)),
            ("quota_exhausted", 402, Some(Verdict::Busy)),
            ("client", 0, None),
        ] {
            assert_eq!(Verdict::of(class, status), verdict, "{class} {status}");
        }
    }
}
