//! A second attempt beside one that is slow: the first to answer wins, the other is cancelled and accounted for.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use quotah_adapters::{Dialect, ErrorClass, Reading, error_class};

use super::super::admit::{Terms, readmit};
use super::super::choose::Order;
use super::super::describe::describe_order;
use super::super::going::Going;
use super::super::record::Booking;
use super::super::send::{Made, Tried, attempt};
use super::Way;
use crate::clock;
use crate::ledger::Outcome;

/// The second of two attempts.
struct Second {
    order: Order,
    terms: Terms,
    /// Its own record. In the end it is about the one that lost.
    beside: Booking,
}

/// What came of two attempts.
struct Race {
    /// Whether the second won.
    is_seconds: bool,
    winner: Made,
    /// The other, if it had failed before.
    failed: Option<Made>,
}

impl Way {
    /// How long the next attempt may take before it gets a second one beside it; `None` where it gets none.
    pub(super) fn hedge_after(&self, booking: &Booking) -> Option<Duration> {
        let hedge = self.order.route.hedge?;
        if !self.may_go_on(booking) {
            return None;
        }
        let measured = || {
            let view = self.order.health.track.view(clock::unix_ms());
            view.p95_first_byte_us.map(Duration::from_micros)
        };
        hedge.after.or_else(measured)
    }

    /// One attempt, and another beside it when it has not answered in time.
    pub(super) async fn hedged(&mut self, booking: &mut Booking, after: Duration) -> Made {
        let state = Arc::clone(&booking.state);
        let sending = Arc::clone(&self.sending);
        let (race, second) = {
            let mut first = pin!(attempt(&state, &sending, &self.order, self.terms));
            tokio::select! {
                made = &mut first => return made,
                () = tokio::time::sleep(after) => {}
            }
            let Some(second) = self.second(booking) else {
                return first.await;
            };
            let race = {
                let mut other = pin!(attempt(&state, &sending, &second.order, second.terms));
                let (is_seconds, made) = tokio::select! {
                    made = &mut first => (false, made),
                    made = &mut other => (true, made),
                };
                if is_answer(&made) {
                    Race {
                        is_seconds,
                        winner: made,
                        failed: None,
                    }
                } else {
                    // Who failed waits for the other; when both fail, the first is told of.
                    let late = if is_seconds { first.await } else { other.await };
                    Race::of_two(is_seconds, made, late)
                }
            };
            (race, second)
        };
        let loser = if race.is_seconds {
            &self.order
        } else {
            &second.order
        };
        let spoken = loser.spoken(&sending.target);
        let failed = race.failed.map(|made| Failed::of(&made, spoken.dialect));
        state.hedged(&second.order.health, race.is_seconds);
        if race.is_seconds {
            self.take_over(booking, second, failed);
        } else {
            second.beside.superseded(after, failed);
        }
        race.winner
    }

    /// Makes a second attempt ready, with money of its own; `None` where there may be none.
    fn second(&self, booking: &Booking) -> Option<Second> {
        let now_unix_ms = clock::unix_ms();
        let mut trip = self.trip.clone();
        trip.leave_out(self.order.place);
        let (mut order, _) = self.pick(booking, &trip, now_unix_ms)?;
        trip.word(&mut order).ok()?;
        if !booking.state.retries.take(now_unix_ms) {
            return None;
        }
        let mut beside = booking.beside("hedge");
        beside.going = Some(Going::begin(&order, &self.trip, now_unix_ms).ok()?);
        let terms = readmit(&mut beside, self.call(), &order).ok()?;
        beside.evidence.sent = true;
        Some(Second {
            order,
            terms,
            beside,
        })
    }

    /// The second attempt is the request's from here on; the first is what was made beside it.
    fn take_over(&mut self, booking: &mut Booking, second: Second, failed: Option<Failed>) {
        let Second {
            order,
            terms,
            mut beside,
        } = second;
        let (target, facts) = (&self.sending.target, &self.sending.facts);
        booking.swap_try(&mut beside);
        describe_order(booking, target, facts, &order);
        describe_order(&mut beside, target, facts, &self.order);
        let _appended = (booking.moved(), beside.moved());
        beside.evidence.sent = failed.is_none_or(|failed| failed.is_sent);
        let took = clock::now().saturating_duration_since(booking.started);
        beside.superseded(took, failed);
        self.trip.leave_out(self.order.place);
        self.order = order;
        self.terms = terms;
    }
}

impl Booking {
    /// Books an attempt that another has overtaken, or that failed while another was under way.
    fn superseded(mut self, took: Duration, failed: Option<Failed>) {
        let status = failed.map_or(0, |failed| failed.status);
        self.attempt_took = took;
        self.attempt(status);
        self.entry.status = status.into();
        let outcome = match failed {
            None => Outcome::Superseded,
            Some(failed) => {
                self.attempt_failed(failed.class);
                failed.class.clone_into(&mut self.entry.reason);
                Outcome::UpstreamError
            }
        };
        self.settle(outcome, &Reading::default());
    }
}

impl Race {
    /// Of two of which the one that ended first has failed.
    fn of_two(is_seconds: bool, made: Made, late: Made) -> Self {
        if is_answer(&late) || is_seconds {
            return Self {
                is_seconds: !is_seconds,
                winner: late,
                failed: Some(made),
            };
        }
        Self {
            is_seconds,
            winner: made,
            failed: Some(late),
        }
    }
}

/// How an attempt failed that is not the request's.
#[derive(Debug, Clone, Copy)]
struct Failed {
    status: u16,
    class: &'static str,
    is_sent: bool,
}

impl Failed {
    /// By its head alone: its body is left unread.
    fn of(made: &Made, dialect: Dialect) -> Self {
        let (status, class) = match &made.tried {
            Tried::Answer(answer) => {
                let status = answer.head.status.as_u16();
                (status, error_class(dialect, status, b"", b"").as_str())
            }
            Tried::Nothing(error) => (0, error.class()),
            Tried::Unsent(_) => (0, ErrorClass::BadCredential.as_str()),
        };
        Self {
            status,
            class,
            is_sent: made.is_sent(),
        }
    }
}

/// Whether an attempt brought what a client may be given: refusals that are its own fault count too.
fn is_answer(made: &Made) -> bool {
    match &made.tried {
        Tried::Answer(answer) => {
            let status = answer.head.status.as_u16();
            status < 500 && status != 408 && status != 429
        }
        Tried::Nothing(_) | Tried::Unsent(_) => false,
    }
}
