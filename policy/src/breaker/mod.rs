//! The breaker: whether a deployment is worth a call right now.
//!
//! Closed, it lets every call through and counts failures. Open, it lets none through, so that a deployment that is
//! down costs nobody a wait. When its time is over it is half-open: one call goes as a probe, all others stay away until
//! what became of the probe is known.
//!
//! ```
//! use std::sync::Arc;
//! use quotah_policy::{Breaker, BreakerForm, BreakerState};
//!
//! let breaker = Arc::new(Breaker::new(BreakerForm::default()));
//! for second in 0..5 {
//!     let permit = breaker.enter(second * 1_000).expect("closed");
//!     permit.failed(second * 1_000);
//! }
//! assert_eq!(breaker.look(4_000), BreakerState::Open { until_ms: 34_000 });
//! let probe = breaker.enter(34_000).expect("half-open");
//! assert!(breaker.enter(34_000).is_err());
//! probe.succeeded(34_500);
//! assert_eq!(breaker.look(34_500), BreakerState::Closed);
//! ```

mod form;
mod permit;
#[cfg(test)]
mod tests;
mod word;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::tally::Tally;
pub use form::{BreakerForm, FAILURES_MAX};
pub use permit::Permit;
use word::{Phase, Standing};

/// One deployment's breaker. Times are unix milliseconds.
///
/// While it is closed, a call costs it an atomic load, and its success one more and a count; the lock is for failures
/// and changes.
#[derive(Debug)]
pub struct Breaker {
    /// A [`Standing`]. Written under the lock only, read without it.
    standing: AtomicU64,
    /// How long a span of the counts is.
    span_ms: AtomicU64,
    succeeded: Spans,
    failed: Spans,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    form: BreakerForm,
    /// When the last calls failed, as many as the form asks for ([`FAILURES_MAX`] at most).
    failures: VecDeque<u64>,
}

/// A window's twelve spans and the one begun: together at least a window, at most a twelfth more.
type Spans = Tally<13>;

/// What a breaker would do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Let it through.
    Closed,
    /// Refuse it.
    Open {
        /// When it will be half-open.
        until_ms: u64,
    },
    /// Let it through as the probe, unless there is one.
    HalfOpen {
        /// Whether a probe is under way.
        is_probing: bool,
    },
}

/// A breaker that changed, for events and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerChange {
    /// What it was.
    pub from: BreakerState,
    /// What it is now.
    pub to: BreakerState,
}

/// No call now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("open until {until_ms}")]
pub struct OpenUntil {
    /// When it is worth asking again, in unix milliseconds.
    pub until_ms: u64,
}

/// How long those wait who find a probe under way: it may take a minute, and may be told of within the next second.
const PROBE_LOOK_MS: u64 = 1_000;

impl Breaker {
    /// A closed breaker that has seen nothing.
    #[must_use]
    pub fn new(form: BreakerForm) -> Self {
        let form = form.bounded();
        Self {
            standing: AtomicU64::new(Standing::CLOSED.word()),
            span_ms: AtomicU64::new(form.span_ms()),
            succeeded: Spans::new(),
            failed: Spans::new(),
            inner: Mutex::new(Inner {
                form,
                failures: VecDeque::new(),
            }),
        }
    }

    /// What it would do with a call; nothing is changed by looking.
    #[must_use]
    pub fn look(&self, now_ms: u64) -> BreakerState {
        self.standing().at(now_ms)
    }

    /// Lets a call through, or not. Of any number of callers at half-open exactly one is let through.
    ///
    /// # Errors
    /// [`OpenUntil`] while it is open, and while a probe is under way.
    pub fn enter(self: &Arc<Self>, now_ms: u64) -> Result<Permit, OpenUntil> {
        let permit = |standing: Standing| Permit::new(Arc::clone(self), standing);
        let standing = self.standing();
        match standing.at(now_ms) {
            BreakerState::Closed => Ok(permit(standing)),
            BreakerState::Open { until_ms } => Err(OpenUntil { until_ms }),
            BreakerState::HalfOpen { is_probing: true } => Err(probe_under_way(now_ms)),
            BreakerState::HalfOpen { is_probing: false } => self.seat(now_ms).map(permit),
        }
    }

    /// Takes the probe's seat, if it is still free under the lock.
    fn seat(&self, now_ms: u64) -> Result<Standing, OpenUntil> {
        let _inner = lock(&self.inner);
        let standing = self.standing();
        match standing.at(now_ms) {
            BreakerState::Closed => Ok(standing),
            BreakerState::Open { until_ms } => Err(OpenUntil { until_ms }),
            BreakerState::HalfOpen { is_probing: true } => Err(probe_under_way(now_ms)),
            BreakerState::HalfOpen { is_probing: false } => {
                let probing = standing.next(Phase::Probing, standing.until_ms);
                self.stand(probing);
                Ok(probing)
            }
        }
    }

    /// What a health check found, that asked the deployment beside the calls.
    ///
    /// A success closes a breaker whose time is over; before that it changes nothing. A failure counts like a call's, and
    /// opens a half-open breaker anew. While a probe is under way a failure leaves the verdict to the probe: a real
    /// call knows better.
    pub fn note_probe_from_outside(&self, ok: bool, now_ms: u64) -> Option<BreakerChange> {
        let mut inner = lock(&self.inner);
        match (self.look(now_ms), ok) {
            (BreakerState::Closed, false) => self.count_failure(&mut inner, now_ms),
            (BreakerState::HalfOpen { .. }, true) => Some(self.close(&mut inner, now_ms)),
            (BreakerState::HalfOpen { is_probing: false }, false) => {
                Some(self.open(&mut inner, now_ms))
            }
            (BreakerState::HalfOpen { is_probing: true }, false)
            | (BreakerState::Closed, true)
            | (BreakerState::Open { .. }, _) => None,
        }
    }

    /// Takes new figures. It stays as it is, open until the time that it was opened for; counts begin anew when the window
    /// is another one. A breaker that shall never open closes.
    pub fn reform(&self, form: BreakerForm, now_ms: u64) -> Option<BreakerChange> {
        let form = form.bounded();
        let mut inner = lock(&self.inner);
        if form.span_ms() != inner.form.span_ms() {
            self.span_ms.store(form.span_ms(), Ordering::Relaxed);
            self.succeeded.clear();
            self.failed.clear();
        }
        inner.form = form;
        let is_closed = self.look(now_ms) == BreakerState::Closed;
        (form.failures == 0 && !is_closed).then(|| self.close(&mut inner, now_ms))
    }

    /// A verdict on a call of `generation`: nothing when it is not about what the breaker is now.
    fn judge(&self, generation: u64, ok: bool, now_ms: u64) -> Option<BreakerChange> {
        let standing = self.standing();
        if standing.generation != generation {
            return None;
        }
        if ok && standing.phase == Phase::Closed {
            self.succeeded.add(self.span(now_ms));
            return None;
        }
        let mut inner = lock(&self.inner);
        let standing = self.standing();
        if standing.generation != generation {
            return None;
        }
        match (standing.phase, ok) {
            (Phase::Closed, false) => self.count_failure(&mut inner, now_ms),
            (Phase::Probing, true) => Some(self.close(&mut inner, now_ms)),
            (Phase::Probing, false) => Some(self.open(&mut inner, now_ms)),
            (Phase::Closed, true) | (Phase::Open, _) => None,
        }
    }

    /// The probe of `generation` went without a word: its seat is free.
    fn leave_seat(&self, generation: u64) {
        let _inner = lock(&self.inner);
        let standing = self.standing();
        if standing.generation == generation && standing.phase == Phase::Probing {
            self.stand(standing.next(Phase::Open, standing.until_ms));
        }
    }

    /// Counts a failure while closed; opens at the one that is too many.
    ///
    /// That is the Nth when it comes less than a window after the first of the N: five failures at 0, 15, 30, 45 and
    /// 59.999 s open it, with the last at 60 s they do not.
    fn count_failure(&self, inner: &mut Inner, now_ms: u64) -> Option<BreakerChange> {
        let needed = usize::try_from(inner.form.failures).unwrap_or(usize::MAX);
        self.failed.add(self.span(now_ms));
        inner.failures.push_back(now_ms);
        while inner.failures.len() > needed {
            inner.failures.pop_front();
        }
        let first_ms = *inner.failures.front()?;
        let are_enough = inner.failures.len() == needed;
        let are_close = now_ms.saturating_sub(first_ms) < inner.form.window_ms;
        (are_enough && are_close && self.is_ratio_reached(inner.form, now_ms))
            .then(|| self.open(inner, now_ms))
    }

    fn is_ratio_reached(&self, form: BreakerForm, now_ms: u64) -> bool {
        let span = self.span(now_ms);
        let failed = self.failed.sum(span);
        let calls = failed.saturating_add(self.succeeded.sum(span));
        let ratio = u64::from(form.failure_ratio_per_mille.min(1_000));
        failed.saturating_mul(1_000) >= calls.saturating_mul(ratio)
    }

    fn open(&self, inner: &mut Inner, now_ms: u64) -> BreakerChange {
        let until_ms = now_ms.saturating_add(inner.form.open_ms);
        self.change(inner, self.standing().next(Phase::Open, until_ms), now_ms)
    }

    fn close(&self, inner: &mut Inner, now_ms: u64) -> BreakerChange {
        self.change(inner, self.standing().next(Phase::Closed, 0), now_ms)
    }

    /// Becomes `next`, and forgets what was counted before.
    fn change(&self, inner: &mut Inner, next: Standing, now_ms: u64) -> BreakerChange {
        let from = self.look(now_ms);
        inner.failures.clear();
        self.succeeded.clear();
        self.failed.clear();
        self.stand(next);
        BreakerChange {
            from,
            to: next.at(now_ms),
        }
    }

    fn standing(&self) -> Standing {
        Standing::read(self.standing.load(Ordering::Acquire))
    }

    /// Only with the lock held.
    fn stand(&self, standing: Standing) {
        self.standing.store(standing.word(), Ordering::Release);
    }

    /// The number of the span that `now_ms` lies in.
    fn span(&self, now_ms: u64) -> u64 {
        let span_ms = self.span_ms.load(Ordering::Relaxed);
        now_ms.checked_div(span_ms).unwrap_or(0)
    }
}

fn probe_under_way(now_ms: u64) -> OpenUntil {
    OpenUntil {
        until_ms: now_ms.saturating_add(PROBE_LOOK_MS),
    }
}
