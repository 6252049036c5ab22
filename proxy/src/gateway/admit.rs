//! May this request be served, and what must be set aside for it?
//!
//! Everything that it counts in is asked before the intent is written, and the intent before any provider is called.
//! What it is granted it holds until it is booked, whichever way it ends.

use std::sync::Arc;

use quotah_adapters::{EffortLevel, Facts};
use quotah_policy::budget::{Parts, reserve_share};

use super::choose::Order;
use super::describe::describe_order;
use super::identify::Identity;
use super::parse::Target;
use super::quote::{Quote, asked, beside, tier};
use super::record::Booking;
use super::refuse::Refusal;
use super::relay::Watch;
use crate::clock;
use crate::ledger::Appended;
use crate::policy::with_subject;

/// What a request is served on: what is to be lowered in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The most output tokens of an answer.
    pub(crate) output_cap: Option<u64>,
    /// The most answers at once.
    pub(crate) answers: Option<u64>,
    /// The hardest that the model may be asked to think.
    pub(crate) effort: Option<EffortLevel>,
    /// The most tokens to think with.
    pub(crate) thinking_tokens: Option<u64>,
}

/// Admits a request, and says what is to be changed in it.
///
/// # Errors
/// 429 when a hard budget has no room, 403 when one holds and the model has no price, 503 when one holds and the intent
/// cannot be written.
pub(crate) fn admit(
    booking: &mut Booking,
    (target, facts): (&Target, &Facts),
    order: &Order,
    identity: &Identity,
) -> Result<Terms, Refusal> {
    describe_order(booking, target, facts, order);
    let in_force = booking.state.policy.in_force();
    let now_unix_ms = clock::unix_ms();
    let own = booking.state.policy.own_budget(&identity.key);
    let parts = with_subject(&booking.entry, |subject| {
        in_force.budgets.parts(&own, subject, now_unix_ms)
    });
    booking.hold.own_budget = own;
    let is_metered = target.operation.is_metered() && !target.operation.is_fetch();
    let mut terms = Terms::default();
    let mut is_held = false;
    if is_metered && !parts.is_empty() {
        is_held = parts.iter().any(|part| part.is_held);
        terms.output_cap = hold(booking, (target, facts), parts, now_unix_ms)?;
    }
    let appended = booking.admit();
    if is_held && appended != Appended::Written {
        return Err(Refusal::ledger_unavailable());
    }
    booking.entry.max_tokens_lowered_to = terms.output_cap;
    Ok(terms)
}

/// Sets aside what the request may cost, and gives the output cap that follows from it.
fn hold(
    booking: &mut Booking,
    (target, facts): (&Target, &Facts),
    parts: Parts,
    now_unix_ms: u64,
) -> Result<Option<u64>, Refusal> {
    let held = parts.iter().find(|part| part.is_held);
    let held = held.map(|part| Arc::clone(&part.budget.id));
    let asked = asked(target, facts);
    let expected = booking
        .state
        .policy
        .expect(&booking.entry, asked, &booking.snapshot.config);
    booking.hold.asked = Some(asked);
    let beside = beside(target, facts, booking.evidence.units);
    let tier = tier(facts);
    let Some(quote) = Quote::new(booking, expected, beside, tier) else {
        return match held {
            Some(budget) => Err(Refusal::unpriced(&booking.entry.model_sent, &budget)),
            // What has no price costs nothing that could be counted.
            None => Ok(None),
        };
    };
    let reserved = reserve_share(parts, quote.ask(), now_unix_ms);
    let mut reservation = reserved.map_err(|denied| Refusal::exhausted(&denied))?;
    let output = quote.output(reservation.amount());
    reservation.lower_to(quote.cost(output));
    let amount = reservation.amount();
    booking.entry.reserved_picousd = i64::try_from(amount.picos()).unwrap_or(i64::MAX);
    booking.hold.reservation = reservation;
    if held.is_none() {
        return Ok(None);
    }
    if asked.stream {
        booking.hold.watch = Some(Box::new(Watch::new(&quote, amount)));
    }
    let cap = quote.expected.cap_for(output);
    Ok(cap.filter(|_| facts.takes_output_cap()))
}
