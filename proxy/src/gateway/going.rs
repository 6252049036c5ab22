//! What an attempt holds of its deployment while it is under way, and what it teaches when it is over.

use std::sync::Arc;

use quotah_policy::{Heard, OpenUntil, Permit};

use super::choose::Order;
use crate::fleet::Health;
use crate::state::State;

/// An attempt under way. Dropped without a word, nothing is learned from it.
#[derive(Debug)]
pub(crate) struct Going {
    health: Arc<Health>,
    permit: Option<Permit>,
}

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
    /// Begins an attempt, unless the deployment's breaker is open.
    ///
    /// # Errors
    /// When it may be called again.
    pub(crate) fn begin(order: &Order, now_unix_ms: u64) -> Result<Self, OpenUntil> {
        Ok(Self {
            permit: Some(order.health.breaker.enter(now_unix_ms)?),
            health: Arc::clone(&order.health),
        })
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
    /// The verdict of a failure by its word in the ledger; `None` where it says nothing of the deployment.
    pub(crate) fn of(class: &str) -> Option<Self> {
        match class {
            "timeout" | "connect" | "closed" | "truncated" | "protocol" | "overloaded"
            | "server_error" => Some(Self::Failed),
            "rate_limited" | "quota_exhausted" => Some(Self::Busy),
            "client" | "draining" => None,
            _ => Some(Self::There),
        }
    }
}
