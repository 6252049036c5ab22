//! Cool-downs: a refusal asked for a pause.

use std::sync::atomic::{AtomicU64, Ordering};

use super::STRETCH_MS_MAX;

/// A pause, of one place or of all that share a credential.
///
/// It ends when it said it would. One that is longer than [`STRETCH_MS_MAX`] lets one request through in each such
/// stretch; its answer ends the pause, unless it is a refusal once more.
#[derive(Debug, Default)]
pub struct Cooling {
    until_ms: AtomicU64,
    /// When one request may go and see.
    ask_at_ms: AtomicU64,
}

impl Cooling {
    /// Begins a pause, or lengthens the one that there is.
    pub fn cool(&self, until_ms: u64, now_ms: u64) {
        let ask_at_ms = now_ms.saturating_add(STRETCH_MS_MAX);
        self.ask_at_ms.fetch_max(ask_at_ms, Ordering::Relaxed);
        self.until_ms.fetch_max(until_ms, Ordering::Relaxed);
    }

    /// Until when nobody may go; `None` when there is no pause, or when one may see whether there still is.
    #[must_use]
    pub fn until_ms(&self, now_ms: u64) -> Option<u64> {
        let until_ms = self.until_ms.load(Ordering::Relaxed);
        if until_ms <= now_ms {
            return None;
        }
        let ask_at_ms = self.ask_at_ms.load(Ordering::Relaxed);
        (ask_at_ms > now_ms).then(|| until_ms.min(ask_at_ms))
    }

    /// Lets a request through, or says until when not.
    pub(super) fn pass(&self, now_ms: u64) -> Result<Passing, u64> {
        let until_ms = self.until_ms.load(Ordering::Relaxed);
        if until_ms <= now_ms {
            return Ok(Passing::Freely);
        }
        let ask_at_ms = self.ask_at_ms.load(Ordering::Relaxed);
        if ask_at_ms > now_ms {
            return Err(until_ms.min(ask_at_ms));
        }
        let next_ms = now_ms.saturating_add(STRETCH_MS_MAX);
        let order = Ordering::Relaxed;
        self.ask_at_ms
            .compare_exchange(ask_at_ms, next_ms, order, order)
            .map(|_| Passing::ToSee)
            .map_err(|_| until_ms.min(next_ms))
    }

    /// Ends the pause: a request that went to see was answered.
    pub(super) fn end(&self) {
        self.until_ms.store(0, Ordering::Relaxed);
    }
}

/// How a request passes a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passing {
    /// There is none.
    Freely,
    /// It sees whether there still is one.
    ToSee,
}
