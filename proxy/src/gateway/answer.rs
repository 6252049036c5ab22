//! A provider's answer, from its head on: what the client is told beside it, and what relays its body.

mod translated;
mod untold;

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue,
};
use http::{Response, response};
use quotah_adapters::{Asked, Decoder, Encoder, Facts, Framing, Meter, is_json_lines};
use quotah_policy::Money;

use super::body::AnswerBody;
use super::cached;
use super::choose::Order;
use super::headers::forward_answer;
use super::learn::Refused;
use super::parse::Target;
use super::record::Booking;
use super::refuse::{Refuser, put_standing};
use super::relay::{Change, Failure, Relay};
use super::rewrite::Rewrite;
use super::routes::Upstream;
use super::tap::Tap;
use super::translate::Spoken;
use crate::clock;
use crate::upstream::Answer;

pub(super) use untold::Untold;

/// What an answer is judged by.
pub(super) struct Context<'a> {
    pub(super) target: &'a Target,
    pub(super) facts: &'a Facts,
    /// Usage was asked for by us.
    pub(super) asks_usage: bool,
    pub(super) upstream: &'a Upstream,
    pub(super) order: &'a Order,
    pub(super) refuser: &'a Refuser,
}

/// The answer as the client gets it, its body on the way through the meter.
///
/// # Errors
/// [`Untold`] where it would have to be translated and cannot be.
pub(super) async fn relayed(
    booking: Booking,
    answer: Answer,
    context: &Context<'_>,
) -> Result<Response<AnswerBody>, Box<Untold>> {
    match context.order.words.translation() {
        None => Ok(as_it_is(booking, answer, context)),
        Some(words) => Box::pin(translated::answer(booking, answer, (context, words))).await,
    }
}

/// Notes the head of an answer, and reads its body from here on.
fn begun(booking: &mut Booking, head: &response::Parts, context: &Context<'_>) -> Tap {
    let status = head.status;
    booking.entry.status = status.as_u16().into();
    booking.evidence.accepted = status.is_success();
    context.upstream.credential.heard(status);
    let is_error = status.is_client_error() || status.is_server_error();
    booking.attempt(status.as_u16());
    let spoken = context.order.spoken(context.target);
    let refused = is_error.then(|| {
        let status = status.as_u16();
        Box::new(Refused::new(
            context.order,
            spoken.dialect,
            status,
            &head.headers,
        ))
    });
    Tap::new(
        Decoder::new(bytes_of(&head.headers, &CONTENT_ENCODING)),
        meter(context.order, spoken, &head.headers),
        refused,
    )
}

/// An answer whose bytes pass as they come.
fn as_it_is(mut booking: Booking, answer: Answer, context: &Context<'_>) -> Response<AnswerBody> {
    let Answer { head, body } = answer;
    let status = head.status;
    let tap = begun(&mut booking, &head, context);
    let content_type = bytes_of(&head.headers, &CONTENT_TYPE);
    let encoding = bytes_of(&head.headers, &CONTENT_ENCODING);
    let framing = framing(content_type);
    let is_events = framing == Some(Framing::Events);
    let is_framed = framing == Some(Framing::Frames);
    let rewrite = (context.asks_usage && is_events && status.is_success())
        .then(|| rewrite(encoding))
        .flatten();
    let failure = Failure {
        dialect: context.target.dialect,
        operation: context.target.operation,
        spoken: context.target.dialect,
        can_say: framing.is_some()
            && encoding.is_empty()
            && !head.headers.contains_key(CONTENT_LENGTH),
        framing: framing.unwrap_or(Framing::Events),
        accepted: status.is_success(),
        says_end: context
            .upstream
            .config
            .kind
            .says_end(context.target.dialect),
    };

    let mut headers = forward_answer(head.headers, rewrite.is_none());
    put_own(&mut headers, &booking, context);
    cached::begin(&mut booking, status, &mut headers);
    if booking
        .upload
        .as_ref()
        .is_some_and(|rest| !rest.is_complete())
    {
        // What the client is still sending will not be read to its end.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    booking.streams = (is_events || is_framed).then(|| booking.state.metrics.inflight_stream());
    let change = rewrite.map_or(Change::Nothing, Change::Strip);
    let relay = Relay::new(body, booking, tap, change, failure);
    let mut response = Response::new(AnswerBody::Relay(Box::new(relay)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    *response.extensions_mut() = head.extensions;
    response
}

/// Our own headers.
fn put_own(headers: &mut HeaderMap, booking: &Booking, context: &Context<'_>) {
    if let Some(left) = booking.hold.reservation.room(clock::unix_ms())
        && let Ok(left) = HeaderValue::try_from(left.max(Money::ZERO).to_string())
    {
        headers.insert("x-quotah-budget-remaining-usd", left);
    }
    if let Some(standing) = booking.standing() {
        put_standing(headers, &standing);
    }
    if let Some(cap) = booking.entry.max_tokens_lowered_to {
        headers.insert("x-quotah-max-tokens", HeaderValue::from(cap));
    }
    headers.insert("x-quotah-request-id", context.refuser.id_value());
    headers.insert("x-quotah-provider", context.upstream.name.clone());
    if let Ok(model) = HeaderValue::from_str(&context.order.model_sent)
        && !model.is_empty()
    {
        headers.insert("x-quotah-model", model);
    }
    headers.insert(
        "x-quotah-attempts",
        HeaderValue::from(booking.entry.attempts.len()),
    );
}

/// A meter for the answer to an order, its head read.
pub(super) fn meter(order: &Order, spoken: Spoken, headers: &HeaderMap) -> Meter {
    let config = &order.upstream.config;
    let asked = Asked {
        kind: config.kind,
        dialect: spoken.dialect,
        operation: spoken.operation,
        model: &order.model_sent,
        custom: config.custom.as_ref(),
    };
    let mut meter = Meter::new(&asked, bytes_of(headers, &CONTENT_TYPE));
    for (name, value) in headers {
        meter.header(name.as_str(), value.as_bytes());
    }
    meter
}

/// How an answer of this type is divided; `None` for one that is no stream.
pub(super) fn framing(content_type: &[u8]) -> Option<Framing> {
    if is_type(content_type, b"text/event-stream") {
        Some(Framing::Events)
    } else if is_type(content_type, b"application/vnd.amazon.eventstream") {
        Some(Framing::Frames)
    } else {
        is_json_lines(content_type).then_some(Framing::Lines)
    }
}

fn is_type(content_type: &[u8], wanted: &[u8]) -> bool {
    let start = content_type.get(..wanted.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(wanted)
}

/// How our usage chunk comes out of a stream of this encoding; not at all when we cannot unpack it.
fn rewrite(encoding: &[u8]) -> Option<Rewrite> {
    if encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity") {
        return Some(Rewrite::new(None));
    }
    let encoder = Encoder::new(encoding)?;
    Some(Rewrite::new(Some((Decoder::new(encoding), encoder))))
}

/// A header's value; empty where it is not there.
pub(super) fn bytes_of<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> &'a [u8] {
    headers
        .get(name)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default()
}
