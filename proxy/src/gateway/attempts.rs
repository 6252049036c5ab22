//! A request's attempts: one deployment after the other, until one answers or none is left to ask.
//!
//! Only what nobody has seen is left for another: once a byte of an answer goes down, that answer is the answer.
//! Every attempt but the last is booked here; the last one by whoever relays its answer, or says that there is none.

mod fault;
mod hedge;
mod mirror;
mod next;

use std::sync::Arc;

use http::Response;
use quotah_adapters::{ErrorClass, Reading};

use super::admit::{Call, Terms};
use super::answer::{Context, Untold, relayed};
use super::body::AnswerBody;
use super::choose::{Order, Trip};
use super::learn;
use super::record::Booking;
use super::refuse::{Refusal, Refuser};
use super::send::{Sending, Tried, asks_usage, attempt};
use crate::clock;
use crate::config::resolved::OnClientDisconnect;
use crate::ledger::Outcome;
use crate::upstream::{Answer, ExchangeError, UploadFault};
use fault::Fault;

/// A request on its way: what is sent, where to, on which terms, and where else it may go.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) sending: Arc<Sending>,
    pub(crate) order: Order,
    /// What is to be lowered in it.
    pub(crate) terms: Terms,
    pub(crate) trip: Trip,
}

/// Sends a request and gives the answer, to be relayed.
///
/// # Errors
/// 502 or 504 when no answer began anywhere; the failure is booked.
pub(crate) async fn serve(
    booking: Booking,
    way: Way,
    refuser: &Refuser,
) -> Result<Response<AnswerBody>, Refusal> {
    let reads_on = booking.snapshot.config.server.on_client_disconnect == OnClientDisconnect::Drain;
    if !reads_on {
        return walk(booking, way, refuser.clone()).await;
    }
    // A client that leaves drops this future; the exchange lives on in a task of its own, and an answer
    // that nobody takes is read on to its usage by its own Drop.
    let (give, take) = tokio::sync::oneshot::channel();
    let refuser = refuser.clone();
    tokio::spawn(async move {
        let answer = Box::pin(walk(booking, way, refuser)).await;
        drop(give.send(answer));
    });
    take.await.unwrap_or_else(|_| Err(Refusal::overloaded()))
}

async fn walk(
    mut booking: Booking,
    mut way: Way,
    refuser: Refuser,
) -> Result<Response<AnswerBody>, Refusal> {
    mirror::copy(&booking, &way);
    loop {
        let mut tried = way.attempt(&mut booking).await;
        hear(&mut booking, &way.order, &tried);
        // Looking at an answer takes time: not where there is nobody else to ask.
        let fault = if way.may_go_on(&booking) {
            Fault::of(&booking, &way, &mut tried).await
        } else {
            None
        };
        if let Some(fault) = fault.as_ref().filter(|fault| fault.reading.is_some()) {
            learn::in_answer(&booking, &way.order, fault.class);
        }
        if let Some(fault) = fault
            && way.go_on(&mut booking, fault).await
        {
            continue;
        }
        let untold = match tried {
            Tried::Answer(answer) => match way.relay(booking, answer, &refuser).await {
                Ok(response) => return Ok(response),
                Err(untold) => untold,
            },
            Tried::Nothing(error) => return Err(failed(booking, error, &refuser)),
            Tried::Unsent(refusal) => return Err(unsent(booking, refusal, &refuser)),
        };
        booking = match way.leave(untold).await {
            Ok(booking) => booking,
            Err(untold) => return Err(untold.refused(&refuser)),
        };
    }
}

/// Learns of the deployment's limits by what an attempt brought.
fn hear(booking: &mut Booking, order: &Order, tried: &Tried) {
    match tried {
        Tried::Answer(answer) => learn::from_head(booking, order, &answer.head.headers),
        Tried::Nothing(ExchangeError::Connect(_)) | Tried::Unsent(_) => {
            if let Some(going) = &mut booking.going {
                going.unsent();
            }
        }
        // It may have been counted: what it was expected to use stays gone when it is dropped.
        Tried::Nothing(_) => {}
    }
}

impl Way {
    /// Makes one attempt, or two side by side where the route says so. The booking is about the one that is told of.
    async fn attempt(&mut self, booking: &mut Booking) -> Tried {
        booking.evidence.sent = true;
        let state = Arc::clone(&booking.state);
        let made = match self.hedge_after(booking) {
            Some(after) => self.hedged(booking, after).await,
            None => attempt(&state, &self.sending, &self.order, self.terms).await,
        };
        booking.evidence.sent = made.is_sent();
        booking.attempt_took = made.took;
        booking.upstream_wait += made.took;
        booking.first_byte_at = matches!(made.tried, Tried::Answer(_)).then(clock::now);
        made.tried
    }

    /// Leaves an answer that cannot be told for another deployment's. Gives it back where there is none.
    async fn leave(&mut self, mut untold: Box<Untold>) -> Result<Booking, Box<Untold>> {
        if !self.may_go_on(&untold.booking) {
            return Err(untold);
        }
        let Some(fault) = Fault::untold(&untold) else {
            return Err(untold);
        };
        if fault.reading.is_some() {
            learn::in_answer(&untold.booking, &self.order, fault.class);
        }
        if self.go_on(&mut untold.booking, fault).await {
            Ok(untold.booking)
        } else {
            Err(untold)
        }
    }

    fn call(&self) -> Call<'_> {
        Call {
            target: &self.sending.target,
            facts: &self.sending.facts,
            identity: &self.sending.identity,
        }
    }

    async fn relay(
        &self,
        mut booking: Booking,
        answer: Answer,
        refuser: &Refuser,
    ) -> Result<Response<AnswerBody>, Box<Untold>> {
        if let Some(keeper) = &mut booking.keeper {
            keeper.answered_on(self.terms);
        }
        let context = Context {
            target: &self.sending.target,
            facts: &self.sending.facts,
            asks_usage: asks_usage(&self.sending.facts, &self.order),
            upstream: &self.order.upstream,
            order: &self.order,
            refuser,
        };
        relayed(booking, answer, &context).await
    }
}

/// Books an attempt that was not sent, for want of a credential or of words.
fn unsent(mut booking: Booking, refusal: Refusal, refuser: &Refuser) -> Refusal {
    let class = ErrorClass::BadCredential.as_str();
    let refusal = refusal.standing_so(booking.standing());
    booking.attempt(0);
    booking.attempt_failed(class);
    booking.entry.status = refuser.status(&refusal).as_u16().into();
    refusal.reason().clone_into(&mut booking.entry.reason);
    booking.settle(Outcome::UpstreamError, &Reading::default());
    refusal
}

/// Books an attempt that brought no answer.
fn failed(mut booking: Booking, error: ExchangeError, refuser: &Refuser) -> Refusal {
    let fault = booking.upload.as_ref().and_then(|rest| rest.fault());
    if let (ExchangeError::Upload, Some(fault)) = (error, fault) {
        return not_uploaded(booking, &fault, refuser);
    }
    let refusal = Refusal::upstream(error).standing_so(booking.standing());
    booking.attempt(0);
    booking.attempt_failed(error.class());
    booking.entry.status = refuser.status(&refusal).as_u16().into();
    error.class().clone_into(&mut booking.entry.reason);
    let outcome = if error == ExchangeError::Draining {
        Outcome::Interrupted
    } else {
        Outcome::UpstreamError
    };
    booking.settle(outcome, &Reading::default());
    refusal
}

/// Books a request whose body broke off on its way: no fault of the provider's, which had to be left.
fn not_uploaded(mut booking: Booking, fault: &UploadFault, refuser: &Refuser) -> Refusal {
    let refusal = Refusal::upload(fault).standing_so(booking.standing());
    booking.attempt(0);
    booking.attempt_failed(ExchangeError::Upload.class());
    booking.entry.status = refuser.status(&refusal).as_u16().into();
    refusal.reason().clone_into(&mut booking.entry.reason);
    let outcome = match fault {
        UploadFault::Broken | UploadFault::Left => Outcome::ClientGone,
        UploadFault::TooLarge(_) | UploadFault::Silence | UploadFault::Ambiguous(_) => {
            Outcome::Refused
        }
    };
    booking.settle(outcome, &Reading::default());
    refusal
}
