//! A call that was let through, and its verdict.

use std::sync::Arc;

use super::word::{Phase, Standing};
use super::{Breaker, BreakerChange};

/// Leave for one call. It is told what became of the call, once; dropped without a word, nothing is counted, and a
/// probe's seat is free again.
#[must_use = "dropped at once, it says nothing about the call"]
#[derive(Debug)]
pub struct Permit {
    breaker: Arc<Breaker>,
    generation: u64,
    is_probe: bool,
}

impl Permit {
    pub(super) fn new(breaker: Arc<Breaker>, standing: Standing) -> Self {
        Self {
            breaker,
            generation: standing.generation,
            is_probe: standing.phase == Phase::Probing,
        }
    }

    /// Whether this call alone is let through to see if the deployment is back.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.is_probe
    }

    /// The provider answered: a probe closes the breaker. Any answer that shows it alive will do, a 4xx too.
    pub fn succeeded(self, now_ms: u64) -> Option<BreakerChange> {
        self.tell(true, now_ms)
    }

    /// The call failed and the provider is to blame: a probe opens the breaker anew, the Nth failure opens it.
    pub fn failed(self, now_ms: u64) -> Option<BreakerChange> {
        self.tell(false, now_ms)
    }

    fn tell(mut self, ok: bool, now_ms: u64) -> Option<BreakerChange> {
        let change = self.breaker.judge(self.generation, ok, now_ms);
        self.is_probe = false;
        change
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.leave_seat(self.generation);
        }
    }
}
