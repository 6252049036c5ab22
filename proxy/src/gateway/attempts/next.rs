//! The next attempt: whether there may be one, where it goes, and what it may cost.

use std::time::Duration;

use quotah_policy::Backoff;

use super::super::admit::readmit;
use super::super::choose::{self, Order, Trip, Weighing};
use super::super::describe::describe_order;
use super::super::going::Going;
use super::super::record::Booking;
use super::Way;
use super::fault::Fault;
use crate::clock;

/// A deployment, and how it was found.
pub(super) type Picked = (Order, Option<Box<Weighing>>);

impl Way {
    /// Whether another attempt could be made if this one fails.
    pub(super) fn may_go_on(&self, booking: &Booking) -> bool {
        let retry = &booking.snapshot.config.retry;
        let made = booking.entry.attempts.len().saturating_add(1);
        let attempts_max = usize::try_from(retry.form.attempts_max).unwrap_or(usize::MAX);
        let has_where = self.trip.has_others(self.order.place)
            || self.tries_here(booking) < retry.same_deployment_max;
        made < attempts_max
            && has_where
            && self.sending.body.is_whole()
            && !booking.state.drain.is_forced()
            && clock::now() < self.sending.deadline
    }

    /// Books a failed attempt, and makes everything ready for the next. `false` when there is none: then all is as it was.
    pub(super) async fn go_on(&mut self, booking: &mut Booking, fault: Fault) -> bool {
        let now_unix_ms = clock::unix_ms();
        let retry = booking.snapshot.config.retry;
        if self.tries_here(booking) >= retry.same_deployment_max {
            self.trip.leave_out(self.order.place);
        }
        if fault.is_overflow {
            self.trip.leave_out_no_larger(self.order.place);
        }
        let Some(next) = self.pick(booking, &self.trip, now_unix_ms) else {
            return false;
        };
        if !booking.state.retries.take(now_unix_ms) {
            return false;
        }
        let wait = self.wait(booking, &next.0, &fault);
        let from = booking.entry.deployment.clone();
        let mut last = booking.take_try((fault.status, fault.class), fault.reading);
        last.give_back();
        let Some((order, weighing)) = self.admit_one(booking, next, now_unix_ms) else {
            describe_order(
                booking,
                &self.sending.target,
                &self.sending.facts,
                &self.order,
            );
            booking.put_back(last);
            return false;
        };
        booking.leave_try(last);
        booking
            .state
            .fell_back((&from, &booking.entry.deployment), fault.class);
        // The first choice is the one to explain; what followed is told by the attempts.
        booking.weighing = booking.weighing.take().or(weighing);
        self.order = order;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
            booking.backoff = wait;
            booking.upstream_wait += wait;
        }
        true
    }

    /// Admits the request at the first deployment, from `next` on, where it may go.
    fn admit_one(
        &mut self,
        booking: &mut Booking,
        next: Picked,
        now_unix_ms: u64,
    ) -> Option<Picked> {
        let (mut order, mut weighing) = next;
        loop {
            let is_worded = self.trip.word(&mut order).is_ok();
            if is_worded && let Ok(going) = Going::begin(&order, &self.trip, now_unix_ms) {
                booking.going = Some(going);
                if let Ok(terms) = readmit(booking, self.call(), &order) {
                    self.terms = terms;
                    return Some((order, weighing));
                }
                booking.going = None;
            }
            self.trip.leave_out(order.place);
            (order, weighing) = self.pick(booking, &self.trip, now_unix_ms)?;
        }
    }

    pub(super) fn pick(&self, booking: &Booking, trip: &Trip, now_unix_ms: u64) -> Option<Picked> {
        let wished = choose::wished(&self.sending.head.headers);
        let asking = choose::asking(booking, self.call(), wished);
        choose::pick(&asking, trip, now_unix_ms).ok()
    }

    /// How often the deployment of this attempt was tried, this one included.
    fn tries_here(&self, booking: &Booking) -> u32 {
        let tried = booking.entry.attempts.iter().filter(|attempt| {
            attempt.deployment == booking.entry.deployment
                && attempt.credential == booking.credential
        });
        u32::try_from(tried.count())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    /// Who has just failed is not asked again at once; somebody else is.
    fn wait(&self, booking: &Booking, order: &Order, fault: &Fault) -> Duration {
        let provider = &*order.upstream.config.name;
        if *booking.entry.provider != *provider || !fault.is_providers {
            return Duration::ZERO;
        }
        let attempts = booking.entry.attempts.iter();
        let before = attempts
            .filter(|attempt| attempt.provider == provider)
            .count();
        let backoff = Backoff::new(&booking.snapshot.config.retry.form);
        let wait_ms = backoff.wait_ms(u32::try_from(before).unwrap_or(u32::MAX), clock::dice());
        Duration::from_millis(wait_ms)
    }
}
