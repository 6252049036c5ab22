//! A copy of a request to a shadow deployment: its answer is read, accounted for, and given to nobody.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use http_body::Body;

use super::super::admit::readmit;
use super::super::choose::Order;
use super::super::going::Going;
use super::super::record::{Booking, MIRROR};
use super::super::refuse::Refuser;
use super::super::routes::MirrorTo;
use super::super::send::{Tried, attempt};
use super::{Way, failed, unsent};
use crate::clock;

/// Sends a share of a route's requests to its mirror, in a task of its own. Where money, a breaker or the bound on
/// copies under way is against it, there is no copy.
pub(super) fn copy(booking: &Booking, way: &Way) {
    let Some(mirror) = &way.order.route.mirror else {
        return;
    };
    let is_chosen = way.trip.dice() % 1_000_000 < u64::from(mirror.share_ppm);
    if !is_chosen || way.sending.body.rest.is_some() {
        return;
    }
    let Ok(permit) = Arc::clone(&booking.state.mirrors).try_acquire_owned() else {
        return;
    };
    let mut order = mirror.order(&way.order);
    if !way.put_for(mirror, &mut order) {
        return;
    }
    let mut beside = booking.beside(MIRROR);
    let Ok(going) = Going::begin(&order, &way.trip, clock::unix_ms()) else {
        return;
    };
    beside.going = Some(going);
    let Ok(terms) = readmit(&mut beside, way.call(), &order) else {
        return;
    };
    let refuser = Refuser::new(way.sending.target.dialect, beside.entry.id());
    let shadow = Way {
        sending: Arc::clone(&way.sending),
        terms,
        trip: way.trip.over(),
        order,
    };
    tokio::spawn(async move {
        shadow.walk_alone(beside, &refuser).await;
        drop(permit);
    });
}

impl Way {
    /// Puts the request into the mirror's words. `false` where it cannot be said there: then there is no copy.
    fn put_for(&self, mirror: &MirrorTo, order: &mut Order) -> bool {
        let way = self.trip.way_to_mirror(mirror);
        let target = &self.sending.target;
        let understands =
            target.provider.is_some() || target.wire().fits(mirror.upstream.config.kind);
        let is_sayable = way.is_none_or(|way| self.trip.can_go(&way));
        (understands || way.is_some()) && is_sayable && order.word(&self.trip, way).is_ok()
    }

    /// One attempt, and its answer read to the end.
    async fn walk_alone(self, mut booking: Booking, refuser: &Refuser) {
        booking.evidence.sent = true;
        let state = Arc::clone(&booking.state);
        let made = attempt(&state, &self.sending, &self.order, self.terms).await;
        booking.evidence.sent = made.is_sent();
        booking.attempt_took = made.took;
        booking.upstream_wait = made.took;
        match made.tried {
            Tried::Answer(answer) => {
                booking.first_byte_at = Some(clock::now());
                let mut body = match self.relay(booking, answer, refuser).await {
                    Ok(relayed) => relayed.into_body(),
                    Err(untold) => return drop(untold.refused(refuser)),
                };
                while let Some(Ok(_)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {}
            }
            Tried::Nothing(error) => drop(failed(booking, error, refuser)),
            Tried::Unsent(refusal) => drop(unsent(booking, refusal, refuser)),
        }
    }
}
