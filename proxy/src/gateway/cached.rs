//! Answers that are given again, in the request's line: whether one may be, and what is kept of a new one.
//!
//! Looked up when the route is known, before anything is set aside or counted: what is given again costs nothing. What the
//! key may not have, or not in that form, it does not get from here either. A new answer is copied as it goes down, and kept when it has come to its end.
//! Requests that ask for the same at once are each sent: none waits for another's answer.

mod keeper;
mod replay;
mod wish;

use std::sync::Arc;
use std::time::Duration;

use http::request;
use quotah_adapters::{Facts, Operation, SaidOnly};

use super::admit::{Call, Terms};
use super::guard;
use super::record::Booking;
use super::routes::Route;
use super::send::Body;
use crate::cache::{Asking, CacheKey, Kept, Tenant};
use crate::clock;
use crate::config::resolved::CacheSettings;

pub(super) use keeper::Keeper;
pub(super) use keeper::{begin, judged, keep};
pub(super) use replay::{Replay, answer};
use wish::Wish;

/// What the ledger calls an answer that was given again.
pub(super) const HIT: &str = "hit";

/// What the ledger calls an answer that is kept from now on.
const STORED: &str = "stored";

/// The header that asks for kept answers, and says whether one was given.
const HEADER: &str = "x-quotah-cache";

/// A request that may be answered by what is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) call: Call<'a>,
    pub(super) head: &'a request::Parts,
    pub(super) body: &'a Body,
    pub(super) route: &'a Route,
}

/// The answer that is kept; else, where the new one may be kept, sees to it that it is.
pub(super) fn look_up(booking: &mut Booking, asked: Asked<'_>) -> Option<Arc<Kept>> {
    let settings = booking.snapshot.config.cache;
    let wish = Wish::of(&asked.head.headers);
    let ttl = ttl(asked, wish, settings)?;
    let key = key(asked);
    if !wish.refreshes
        && let Some(kept) = booking.state.cache.get(&key, clock::unix_ms())
        && may_have(booking, asked.call, &kept)
    {
        booking.entry.route = asked.route.name.to_string();
        return Some(kept);
    }
    booking.state.metrics.cache_miss();
    let bytes_max = settings.answer_bytes_max;
    booking.keeper = Some(Box::new(Keeper::new(key, ttl, bytes_max)));
    None
}

/// How long an answer to the request is kept; `None` where it is neither looked for nor kept.
fn ttl(asked: Asked<'_>, wish: Wish, settings: CacheSettings) -> Option<Duration> {
    let route = asked.route.cache;
    let is_wanted = route.is_some() || wish.is_explicit();
    if !is_wanted || wish.declines || !is_of_kind(asked) {
        return None;
    }
    let takes_chance = wish.is_explicit() || route.is_some_and(|route| route.any_temperature);
    let Call { target, facts, .. } = asked.call;
    if !takes_chance && !is_without_chance(target.operation, facts) {
        return None;
    }
    Some(route.map_or(settings.ttl, |route| route.ttl))
}

/// Whether the key may have that answer as things are now: from that provider, and within what guards allow.
///
/// If not, the request goes its usual way, and is refused there by whatever forbids it.
fn may_have(booking: &mut Booking, call: Call<'_>, kept: &Kept) -> bool {
    let worth = &kept.worth;
    if !call.identity.may_use_provider(&worth.provider) {
        return false;
    }
    booking.entry.provider.clone_from(&worth.provider);
    booking.entry.model_sent.clone_from(&worth.model_sent);
    let in_force = booking.state.policy.in_force();
    let judged = guard::judge(booking, call.facts, call.identity, &in_force);
    booking.entry.provider.clear();
    booking.entry.model_sent.clear();
    judged.is_ok_and(|terms| {
        let fits = |cap| worth.output_tokens <= cap;
        terms.output_cap.is_none_or(fits) && told(terms) == worth.terms
    })
}

/// What is changed in a request beside its output cap, as text: in memory only, so any spelling does that tells one from
/// another.
fn told(terms: Terms) -> String {
    let Terms {
        output_cap: _,
        answers,
        effort,
        thinking_tokens,
    } = terms;
    format!("{answers:?} {effort:?} {thinking_tokens:?}")
}

/// Whether answers to such requests mean the same to whoever gets them later.
fn is_of_kind(asked: Asked<'_>) -> bool {
    let Asked { call, body, .. } = asked;
    let facts = call.facts;
    let is_whole = body.rest.is_none() && facts.body_bytes <= BODY_BYTES_MAX;
    // What lies at the provider may change there.
    let is_complete = facts.stored_inputs == 0;
    let is_kept_there = match call.target.operation {
        // Later calls refer to a response by the id in it: each request must get its own, unless none is kept.
        Operation::Responses => facts.store_declined != SaidOnly::This,
        Operation::Chat
        | Operation::Completions
        | Operation::Messages
        | Operation::GenerateContent
        | Operation::Converse
        | Operation::Invoke
        | Operation::Embeddings
        | Operation::EmbedContent
        | Operation::Rerank
        | Operation::Moderations => facts.store_declined == SaidOnly::Other,
        _ => return false,
    };
    is_whole && is_complete && !is_kept_there
}

/// Whether the same request would get the same answer, as far as the provider can help it.
fn is_without_chance(operation: Operation, facts: &Facts) -> bool {
    let is_computed = matches!(
        operation,
        Operation::Embeddings
            | Operation::EmbedContent
            | Operation::Rerank
            | Operation::Moderations
    );
    is_computed || facts.temperature_zero == SaidOnly::This
}

fn key(asked: Asked<'_>) -> CacheKey {
    let Asked {
        call,
        head,
        body,
        route,
    } = asked;
    let Call {
        target, identity, ..
    } = call;
    CacheKey::of(&Asking {
        tenant: if identity.is_virtual {
            Tenant::Key(&identity.key)
        } else {
            Tenant::Anonymous
        },
        route: &words(route),
        dialect: target.dialect.as_str(),
        operation: target.operation.as_str(),
        method: head.method.as_str(),
        path: target.path(),
        headers: &head.headers,
        body: &body.held,
    })
}

/// Where a route leads, in words that change when the configuration leads it elsewhere.
fn words(route: &Route) -> Vec<&str> {
    let mut words = vec![&*route.name];
    for deployment in &route.deployments {
        let is_clients = deployment.upstream.credential.is_clients();
        words.push(&deployment.upstream.config.name);
        words.push(deployment.rename.as_deref().unwrap_or_default());
        words.push(if is_clients { "client" } else { "configured" });
    }
    words
}

/// Longest body that is digested: a few milliseconds' work on the thread that serves others too.
const BODY_BYTES_MAX: usize = 4 << 20;
