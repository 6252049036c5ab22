//! A second attempt beside one that is slow: the first to answer wins, the other is cancelled and accounted for.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use quotah_adapters::Reading;

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

/// Which of two attempts is told of.
enum Won {
    First(Made),
    /// The other had failed before, or was still under way.
    Second(Made, Option<Made>),
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
        let won = {
            let mut first = pin!(attempt(&state, &sending, &self.order, self.terms));
            tokio::select! {
                made = &mut first => return made,
                () = tokio::time::sleep(after) => {}
            }
            let Some(second) = self.second(booking) else {
                return first.await;
            };
            let won = {
                let mut other = pin!(attempt(&state, &sending, &second.order, second.terms));
                tokio::select! {
                    made = &mut first => {
                        if is_answer(&made) {
                            Won::First(made)
                        } else {
                            let late = other.await;
                            if is_answer(&late) { Won::Second(late, Some(made)) } else { Won::First(made) }
                        }
                    }
                    made = &mut other => {
                        if is_answer(&made) { Won::Second(made, None) } else { Won::First(first.await) }
                    }
                }
            };
            (won, second)
        };
        match won {
            (Won::First(made), second) => {
                state.hedged(&second.order.health, false);
                second.beside.superseded(after, None);
                made
            }
            (Won::Second(made, failed), second) => {
                state.hedged(&second.order.health, true);
                self.take_over(booking, second, failed);
                made
            }
        }
    }

    /// Makes a second attempt ready, with money of its own; `None` where there may be none.
    fn second(&self, booking: &Booking) -> Option<Second> {
        let now_unix_ms = clock::unix_ms();
        let mut trip = self.trip.clone();
        trip.leave_out(self.order.place);
        let (order, _) = self.pick(booking, &trip, now_unix_ms)?;
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
    fn take_over(&mut self, booking: &mut Booking, second: Second, failed: Option<Made>) {
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
        beside.evidence.sent = failed.as_ref().is_none_or(Made::is_sent);
        let took = clock::now().saturating_duration_since(booking.started);
        beside.superseded(took, failed.map(|made| made.tried));
        self.trip.leave_out(self.order.place);
        self.order = order;
        self.terms = terms;
    }
}

impl Booking {
    /// Books an attempt that another has overtaken, or that failed while another was under way.
    fn superseded(mut self, took: Duration, failed: Option<Tried>) {
        let status = match &failed {
            Some(Tried::Answer(answer)) => answer.head.status.as_u16(),
            _ => 0,
        };
        self.attempt_took = took;
        self.attempt(status);
        self.entry.status = status.into();
        match failed {
            None => self.settle(Outcome::Superseded, &Reading::default()),
            Some(Tried::Nothing(error)) => {
                self.attempt_failed(error.class());
                self.settle(Outcome::UpstreamError, &Reading::default());
            }
            Some(Tried::Answer(_) | Tried::NoCredential(_)) => {
                self.settle(Outcome::UpstreamError, &Reading::default());
            }
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
        Tried::Nothing(_) | Tried::NoCredential(_) => false,
    }
}
