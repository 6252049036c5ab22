//! May this request be served, and what must be set aside for it?
//!
//! Everything that it counts in is asked before the intent is written, and the intent before any provider is called.
//! What it is granted it holds until it is booked, whichever way it ends.

use std::sync::Arc;

use quotah_adapters::{EffortLevel, Facts};
use quotah_policy::budget::{Parts, Reservation, reserve_share};
use quotah_policy::limit::Asking;
use quotah_policy::{Asked, CacheWrites, Expected, estimate_tokens};

use super::choose::Order;
use super::describe::describe_order;
use super::guard;
use super::identify::Identity;
use super::parse::Target;
use super::quote::{Quote, asked, beside, tier};
use super::record::Booking;
use super::refuse::Refusal;
use super::relay::Watch;
use crate::clock;
use crate::ledger::Appended;
use crate::policy::{InForce, with_subject};

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

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) target: &'a Target,
    pub(super) facts: &'a Facts,
    pub(super) identity: &'a Identity,
}

/// Admits a request, and says what is to be changed in it.
///
/// # Errors
/// 403 when a guard refuses it, or a hard budget holds and the model has no price; 429 when a limit is reached or a hard
/// budget has no room; 503 when one holds and the intent cannot be written.
pub(crate) fn admit(
    booking: &mut Booking,
    (target, facts): (&Target, &Facts),
    order: &Order,
    identity: &Identity,
) -> Result<Terms, Refusal> {
    describe_order(booking, target, facts, order);
    let call = Call {
        target,
        facts,
        identity,
    };
    let (terms, is_held) = hold(booking, call)?;
    booking.entry.max_tokens_lowered_to = lowered(facts, terms);
    let appended = booking.admit();
    if is_held && appended != Appended::Written {
        return Err(Refusal::ledger_unavailable());
    }
    Ok(terms)
}

/// Admits a request at another deployment: its limits have let it in, guards and budgets are asked anew.
///
/// # Errors
/// As [`admit`], but for the limits.
pub(super) fn readmit(
    booking: &mut Booking,
    call: Call<'_>,
    order: &Order,
) -> Result<Terms, Refusal> {
    describe_order(booking, call.target, call.facts, order);
    booking.hold.reservation = Reservation::default();
    booking.hold.watch = None;
    booking.entry.reserved_picousd = 0;
    let (terms, is_held) = hold_money(booking, call, false)?;
    booking.entry.max_tokens_lowered_to = lowered(call.facts, terms);
    let appended = booking.moved();
    if is_held && appended != Appended::Written {
        return Err(Refusal::ledger_unavailable());
    }
    Ok(terms)
}

/// The output cap, where it is lower than the client's.
fn lowered(facts: &Facts, terms: Terms) -> Option<u64> {
    let is_lower = |cap: &u64| facts.output_cap().is_none_or(|own| *cap < own);
    let cap = terms.output_cap?;
    (facts.takes_output_cap() && is_lower(&cap)).then_some(cap)
}

/// Asks guards, limits and budgets, and says what they make of it and whether a hard budget holds.
///
/// # Errors
/// As [`admit`], but for the ledger.
pub(super) fn hold(booking: &mut Booking, call: Call<'_>) -> Result<(Terms, bool), Refusal> {
    hold_money(booking, call, true)
}

fn hold_money(
    booking: &mut Booking,
    call: Call<'_>,
    enters_limits: bool,
) -> Result<(Terms, bool), Refusal> {
    let Call {
        target,
        facts,
        identity,
    } = call;
    let in_force = booking.state.policy.in_force();
    let mut terms = guard::judge(booking, facts, identity, &in_force)?;
    let is_metered = target.operation.is_metered() && !target.operation.is_fetch();
    let now_unix_ms = clock::unix_ms();
    let parts = with_subject(&booking.entry, |subject| {
        let own = identity.own_budget.as_ref();
        in_force.budgets.parts(own, subject, now_unix_ms)
    });
    let is_limited = !in_force.limits.is_empty() || identity.own_limits.is_some();
    let is_held = is_metered && parts.iter().any(|part| part.is_held);
    if is_limited || !parts.is_empty() {
        let asked = bounded(asked(target, facts), terms);
        let policy = &booking.state.policy;
        let expected = policy.expect(&booking.entry, asked, &booking.snapshot.config);
        if is_metered {
            booking.hold.asked = Some(asked);
        }
        if is_limited && enters_limits {
            enter(booking, call, &in_force, expected)?;
        }
        booking.hold.own_budget.clone_from(&identity.own_budget);
        if is_metered && !parts.is_empty() {
            let cap = reserve(booking, call, (asked, expected), parts)?;
            terms.output_cap = terms.output_cap.into_iter().chain(cap).min();
        }
    }
    Ok((terms, is_held))
}

/// What a request asks for, within what guards leave it.
fn bounded(asked: Asked<'static>, terms: Terms) -> Asked<'static> {
    let answers = terms
        .answers
        .map_or(asked.answers, |most| asked.answers.min(most));
    let caps = asked.output_cap.into_iter().chain(terms.output_cap);
    Asked {
        answers,
        output_cap: caps.min(),
        ..asked
    }
}

/// Counts the request in the limits that it matches.
fn enter(
    booking: &mut Booking,
    call: Call<'_>,
    in_force: &InForce,
    expected: Expected,
) -> Result<(), Refusal> {
    let is_metered = call.target.operation.is_metered() && !call.target.operation.is_fetch();
    let output = if booking.entry.stream {
        expected.output_hold
    } else {
        expected.output_least
    };
    let input = estimate_tokens(call.facts.prompt_bytes as u64);
    let tokens = expected.input_likely.min(input).saturating_add(output);
    let asking = Asking {
        // What cannot be guessed still waits until what is owed is repaid.
        tokens: if is_metered { tokens.max(1) } else { 0 },
        is_stream: booking.entry.stream,
    };
    let now_ns = clock::ns_since(booking.state.started);
    let own = call.identity.own_limits.as_ref();
    let passed = with_subject(&booking.entry, |subject| {
        in_force.limits.enter(own, subject, asking, now_ns)
    });
    let passed = passed.map_err(|overstepped| Refusal::overstepped(&overstepped))?;
    booking.hold.passed = Some(passed).filter(|passed| !passed.is_free());
    Ok(())
}

/// Sets aside what the request may cost, and gives the output cap that follows from it.
fn reserve(
    booking: &mut Booking,
    call: Call<'_>,
    (asked, expected): (Asked<'static>, Expected),
    parts: Parts,
) -> Result<Option<u64>, Refusal> {
    let held = parts.iter().find(|part| part.is_held);
    let held = held.map(|part| Arc::clone(&part.budget.id));
    let facts = call.facts;
    let mut beside = beside(call.target, facts, booking.evidence.units);
    // Marks of what is to be cached are carried there, by whatever name.
    if ["anthropic", "bedrock"].contains(&&*booking.entry.translated_to) {
        beside.cache_writes = CacheWrites::Long;
    }
    let Some(quote) = Quote::new(booking, expected, beside, tier(facts)) else {
        return match held {
            Some(budget) => Err(Refusal::unpriced(&booking.entry.model_sent, &budget)),
            // What has no price costs nothing that could be counted.
            None => Ok(None),
        };
    };
    let reserved = reserve_share(parts, quote.ask(), clock::unix_ms());
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
        let tokens_max = asked.output_cap.unwrap_or(u64::MAX);
        let tokens_max = tokens_max.saturating_mul(asked.answers.max(1));
        booking.hold.watch = Some(Box::new(Watch::new(&quote, amount, tokens_max)));
    }
    Ok(quote.expected.cap_for(output))
}
