//! One deployment behind one credential: its limits, its pauses and what is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::cooling::{Cooling, Passing};
use super::held::{CLOCK_MS_MAX, Held};
use super::seen::{Amount, Estimate, LimitSeen, Said};
use super::{Can, Room};
use crate::sync::{Mutex, MutexGuard, lock};

/// Most limits of one place. Cerebras names six at once, Anthropic nine.
const LIMITS_MAX: usize = 16;

/// What is known of one deployment behind one credential.
#[derive(Debug)]
pub struct Place {
    /// The pause of the credential as a whole; `None` for credentials that are not ours, whose limits decide nothing.
    credential: Option<Arc<Cooling>>,
    cooling: Cooling,
    /// Whether any limit is known: most places tell none, and those are asked without a lock.
    knows_limits: AtomicBool,
    in_flight: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    limits: Vec<Held>,
    in_flight: Amount,
    /// The latest moment that anybody came with.
    latest_ms: u64,
}

/// A request under way: what it is expected to use is taken off what is left, until its answer's head says what is.
///
/// Dropped without an answer, it was sent and may have been counted: what it was expected to use stays gone until an
/// answer to a later request, or the reset.
#[derive(Debug)]
pub struct Taken {
    place: Arc<Place>,
    amount: Amount,
    sent_at_ms: u64,
    /// Whether it went to see if a pause is over: the place's, the credential's.
    sees: (bool, bool),
    is_over: bool,
}

impl Place {
    /// A place of which nothing is known. `credential` is shared by all places of one credential.
    #[must_use]
    pub fn new(credential: Arc<Cooling>) -> Self {
        Self::with(Some(credential))
    }

    /// A place behind its clients' own credentials: what answers say is kept to be shown, and nothing is ever full or
    /// cooling, for each client has limits of its own.
    #[must_use]
    pub fn of_clients() -> Self {
        Self::with(None)
    }

    fn with(credential: Option<Arc<Cooling>>) -> Self {
        Self {
            credential,
            cooling: Cooling::default(),
            knows_limits: AtomicBool::new(false),
            in_flight: AtomicU32::new(0),
            state: Mutex::new(State::default()),
        }
    }

    /// Takes in the limits that an answer names, which came at `now_ms` to a request sent at `sent_at_ms`.
    ///
    /// For requests that were [taken](Self::try_take), [`Taken::answered`] does this and more.
    pub fn saw(&self, limits: &[LimitSeen], sent_at_ms: u64, now_ms: u64) {
        if !limits.is_empty() {
            self.put(&mut lock(&self.state), limits, sent_at_ms, now_ms);
        }
    }

    /// What there is for a request of `estimate`. Changes nothing: see [`Self::try_take`].
    #[must_use]
    pub fn room(&self, estimate: Estimate, now_ms: u64) -> Room {
        let in_flight = self.in_flight.load(Ordering::Relaxed);
        let mut room = Room {
            can: Can::Now,
            left_ten_thousandths: None,
            in_flight,
        };
        let Some(credential) = &self.credential else {
            return room;
        };
        if self.knows_limits.load(Ordering::Acquire) {
            let need = Amount::one(estimate);
            let state = lock(&self.state);
            room.left_ten_thousandths = state.share(now_ms);
            room.can = state.can(&need, now_ms);
        }
        let pauses = [self.cooling.until_ms(now_ms), credential.until_ms(now_ms)];
        if let Some(until_ms) = pauses.into_iter().flatten().max() {
            room.can = Can::Cooling { until_ms };
        }
        room
    }

    /// Takes what a request of `estimate` is expected to use, if there is room for it: looked at and taken in one step.
    ///
    /// # Errors
    /// [`Can::Full`] or [`Can::Cooling`]; nothing is taken.
    pub fn try_take(self: &Arc<Self>, estimate: Estimate, now_ms: u64) -> Result<Taken, Can> {
        let amount = Amount::one(estimate);
        let mut state = lock(&self.state);
        let mut sees = (false, false);
        if let Some(credential) = &self.credential {
            let can = state.can(&amount, now_ms);
            if can != Can::Now {
                return Err(can);
            }
            if let Some(until_ms) = credential.until_ms(now_ms) {
                return Err(Can::Cooling { until_ms });
            }
            let cooling = |until_ms| Can::Cooling { until_ms };
            sees.0 = self.cooling.pass(now_ms).map_err(cooling)? == Passing::ToSee;
            sees.1 = credential.pass(now_ms).map_err(cooling)? == Passing::ToSee;
        }
        Ok(self.begin(&mut state, amount, sees, now_ms))
    }

    /// Takes what a request of `estimate` is expected to use, whether or not there is room for it: for one that goes
    /// there all the same.
    #[must_use]
    pub fn take(self: &Arc<Self>, estimate: Estimate, now_ms: u64) -> Taken {
        let mut state = lock(&self.state);
        self.begin(&mut state, Amount::one(estimate), (false, false), now_ms)
    }

    /// Begins a pause until `until_ms`, after a refusal for want of rate.
    pub fn cool(&self, until_ms: u64, now_ms: u64) {
        if self.credential.is_some() {
            self.cooling.cool(until_ms, now_ms);
        }
    }

    /// Begins a pause of all places behind the credential, after a refusal for want of quota.
    pub fn cool_credential(&self, until_ms: u64, now_ms: u64) {
        if let Some(credential) = &self.credential {
            credential.cool(until_ms, now_ms);
        }
    }

    /// What was said last of each limit, in the order in which they were first named.
    #[must_use]
    pub fn said(&self) -> Vec<Said> {
        let state = lock(&self.state);
        state.limits.iter().map(|held| held.said).collect()
    }

    fn begin(
        self: &Arc<Self>,
        state: &mut MutexGuard<'_, State>,
        amount: Amount,
        sees: (bool, bool),
        now_ms: u64,
    ) -> Taken {
        state.moment(now_ms);
        for held in &mut state.limits {
            if held.is_asked_anew(now_ms) {
                held.ask(now_ms);
            }
        }
        state.in_flight.add(amount);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Taken {
            place: Arc::clone(self),
            amount,
            sent_at_ms: now_ms,
            sees,
            is_over: false,
        }
    }

    fn put(
        &self,
        state: &mut MutexGuard<'_, State>,
        limits: &[LimitSeen],
        sent_at_ms: u64,
        now_ms: u64,
    ) {
        let now_ms = state.moment(now_ms);
        for limit in limits {
            state.put(*limit, sent_at_ms, now_ms);
        }
        self.knows_limits.store(true, Ordering::Release);
    }
}

impl State {
    /// The moment it is, for somebody who looked at the clock at `now_ms` and then waited for the lock: others looked
    /// later and were quicker, and what they brought is not older than what this one brings.
    fn moment(&mut self, now_ms: u64) -> u64 {
        if self.latest_ms > now_ms.saturating_add(CLOCK_MS_MAX) {
            self.latest_ms = now_ms;
        }
        self.latest_ms = self.latest_ms.max(now_ms);
        self.latest_ms
    }

    fn put(&mut self, limit: LimitSeen, sent_at_ms: u64, now_ms: u64) {
        let is_same = |held: &&mut Held| held.said.limit.is_same(&limit);
        if let Some(held) = self.limits.iter_mut().find(is_same) {
            held.saw(limit, sent_at_ms, now_ms);
            return;
        }
        let held = Held::new(limit, sent_at_ms, now_ms);
        if self.limits.len() < LIMITS_MAX {
            self.limits.push(held);
        } else if let Some(oldest) = self.limits.iter_mut().min_by_key(|h| h.said.seen_at_ms) {
            *oldest = held;
        }
    }

    fn can(&self, need: &Amount, now_ms: u64) -> Can {
        let lacking = self
            .limits
            .iter()
            .filter_map(|held| held.lacks(need, &self.in_flight, now_ms));
        lacking
            .max()
            .map_or(Can::Now, |until_ms| Can::Full { until_ms })
    }

    fn share(&self, now_ms: u64) -> Option<u16> {
        let shares = self.limits.iter();
        shares
            .filter_map(|held| held.share(&self.in_flight, now_ms))
            .min()
    }
}

impl Taken {
    /// Where it goes.
    #[must_use]
    pub const fn place(&self) -> &Arc<Place> {
        &self.place
    }

    /// The head of its answer came, and names `limits`, maybe none. It has been counted in those, and is held as used
    /// in all others.
    pub fn answered(mut self, limits: &[LimitSeen], now_ms: u64) {
        let place = Arc::clone(&self.place);
        if self.sees.0 {
            place.cooling.end();
        }
        if let (true, Some(credential)) = (self.sees.1, &place.credential) {
            credential.end();
        }
        let mut state = lock(&place.state);
        if !limits.is_empty() {
            place.put(&mut state, limits, self.sent_at_ms, now_ms);
        }
        for held in &mut state.limits {
            if !limits.iter().any(|limit| limit.is_same(&held.said.limit)) {
                held.spend(&self.amount);
                held.was_not_named(now_ms);
            }
        }
        self.leave(&mut state);
    }

    /// It never reached the provider: nothing was used.
    pub fn unsent(mut self) {
        let place = Arc::clone(&self.place);
        self.leave(&mut lock(&place.state));
    }

    fn leave(&mut self, state: &mut MutexGuard<'_, State>) {
        state.in_flight.remove(self.amount);
        self.place.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.is_over = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let place = Arc::clone(&self.place);
        let mut state = lock(&place.state);
        for held in &mut state.limits {
            held.spend(&self.amount);
        }
        self.leave(&mut state);
    }
}
