//! An answer of a deployment that was asked in another dialect, in the client's.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode, response};
use quotah_adapters::translate::{
    AnswerFault, Caller, StreamTranslator, answer as answer_of, answer_as_stream, refused,
    stream_type,
};
use quotah_adapters::{
    ERROR_TYPE_HEADER, ErrorClass, Framing, StreamOptions, error_class, retry_headers,
};

use super::untold::Untold;
use super::{Answer, AnswerBody, Booking, Context, begun, bytes_of, framing, put_own};
use crate::clock;
use crate::gateway::cached;
use crate::gateway::headers::forward_answer;
use crate::gateway::relay::{Cause, Change, Failure, Relay, Translated};
use crate::gateway::translate::{Translation, headers};

/// Longest answer that is translated whole. The longest recorded ones hold some images, a few megabytes each.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// How much of a refusal is read. The longest recorded one has 2 KiB.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// The answer in the client's words: its events as they come, or all of it at once.
///
/// # Errors
/// [`Untold`] where that cannot be done, or it broke off.
pub(super) async fn answer(
    mut booking: Booking,
    answer: Answer,
    (context, words): (&Context<'_>, &Translation),
) -> Result<Response<AnswerBody>, Box<Untold>> {
    let Answer { head, body } = answer;
    let tap = begun(&mut booking, &head, context);
    // A stream that nobody asked for would be none to the client either.
    let is_stream = head.status.is_success()
        && words.streams()
        && framing(bytes_of(&head.headers, &http::header::CONTENT_TYPE)).is_some();
    let caller = caller(context, words);
    let translator = if is_stream {
        StreamTranslator::new(&caller, words.way.to)
    } else {
        None
    };
    let content_type = stream_type(&caller);
    let failure = failure(context, (head.status, translator.is_some()), content_type);
    let Some(translator) = translator else {
        let relay = Relay::new(body, booking, tap, Change::Gather, failure);
        return Whole {
            context,
            words,
            caller,
            head,
        }
        .answer(relay)
        .await;
    };
    let mut lines = lines(head.headers, &booking, (context, words), content_type);
    cached::begin(&mut booking, head.status, &mut lines);
    booking.streams = Some(booking.state.metrics.inflight_stream());
    let change = Change::Translate(Translated::stream(translator));
    let relay = Relay::new(body, booking, tap, change, failure);
    Ok(response(relay, head.status, lines))
}

fn caller(context: &Context<'_>, words: &Translation) -> Caller {
    let (target, facts) = (context.target, context.facts);
    Caller {
        form: words.way.from,
        model: target.model(facts).unwrap_or_default().into(),
        wants_usage: facts.stream_options == StreamOptions::UsageAsked,
        wants_base64: words.wants_base64(),
        wants_array: words.streams() && !target.streams_events(),
        request_id: context.refuser.id().hyphenated().to_string().into(),
        now_unix_seconds: u64::try_from(clock::unix_seconds()).unwrap_or(0),
    }
}

fn failure(
    context: &Context<'_>,
    (status, is_stream): (StatusCode, bool),
    content_type: &str,
) -> Failure {
    let spoken = context.order.spoken(context.target).dialect;
    let said_in = framing(content_type.as_bytes());
    Failure {
        dialect: context.target.dialect,
        operation: context.target.operation,
        spoken,
        // An array has no place for an error of ours: it is just broken off, and has no end then.
        can_say: is_stream && said_in.is_some(),
        framing: said_in.unwrap_or(Framing::Events),
        accepted: status.is_success(),
        says_end: context.upstream.config.kind.says_end(spoken),
    }
}

/// The header lines that go down.
fn lines(
    provider: HeaderMap,
    booking: &Booking,
    (context, words): (&Context<'_>, &Translation),
    content_type: &'static str,
) -> HeaderMap {
    let mut lines = forward_answer(provider, false);
    headers(&mut lines, context.target.dialect, content_type);
    put_own(&mut lines, booking, context);
    if let Some(dropped) = words.dropped_value() {
        lines.insert("x-quotah-dropped", dropped);
    }
    lines
}

fn response(relay: Relay, status: StatusCode, lines: HeaderMap) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Relay(Box::new(relay)));
    *response.status_mut() = status;
    *response.headers_mut() = lines;
    response
}

/// An answer that is translated whole.
struct Whole<'a> {
    context: &'a Context<'a>,
    words: &'a Translation,
    caller: Caller,
    head: response::Parts,
}

impl Whole<'_> {
    async fn answer(self, mut relay: Relay) -> Result<Response<AnswerBody>, Box<Untold>> {
        let mut plain = Vec::new();
        let is_error = self.head.status.is_client_error() || self.head.status.is_server_error();
        let bytes_max = if is_error {
            REFUSAL_BYTES_MAX
        } else {
            ANSWER_BYTES_MAX
        };
        let gathered = relay.gather(&mut plain, bytes_max).await;
        if is_error {
            // What came of it is enough, however it ended.
            return Ok(self.refused(relay, &plain));
        }
        let is_whole = gathered.is_ok();
        match gathered.and_then(|()| self.body(&relay, &plain)) {
            Ok(body) => {
                let status = self.head.status;
                Ok(self.given(relay, status, body.into()))
            }
            Err(cause) => Err(self.untold(relay, cause, is_whole)),
        }
    }

    /// All of it in the client's words.
    fn body(&self, relay: &Relay, plain: &[u8]) -> Result<String, Cause> {
        if !self.head.status.is_success() {
            // There are no words for a redirect.
            return Err(Cause::Untranslatable(AnswerFault::Unreadable));
        }
        let usage = relay.usage();
        let form = self.words.way.to;
        let body = if self.words.streams() {
            answer_as_stream(&self.caller, form, plain, usage.as_ref())
        } else {
            answer_of(&self.caller, form, plain, usage.as_ref())
        };
        body.map_err(Cause::Untranslatable)
    }

    /// A refusal in the words for which the client's SDK raises what its users catch.
    fn refused(self, mut relay: Relay, plain: &[u8]) -> Response<AnswerBody> {
        let (headers, status) = (&self.head.headers, self.head.status.as_u16());
        let spoken = self.context.order.spoken(self.context.target).dialect;
        let class: ErrorClass = error_class(spoken, status, bytes_of(headers, &ERROR_TYPE), plain);
        let dialect = self.context.target.dialect;
        let told = refused(dialect, class, status, plain, &self.caller.request_id);
        let status = StatusCode::from_u16(told.status).unwrap_or(self.head.status);
        if let Some(booking) = relay.booking() {
            booking.entry.status = status.as_u16().into();
        }
        let mut told_lines = told.headers;
        // Limits that are used up are told in header lines of the provider's own, which the client's SDK does not know.
        let is_told = told_lines.iter().any(|(name, _)| *name == RETRY_AFTER)
            || headers.contains_key(RETRY_AFTER);
        if class == ErrorClass::RateLimited
            && !is_told
            && let Some(wait) = relay.refused_for()
        {
            told_lines.extend(retry_headers(wait));
        }
        let mut response = self.given(relay, status, told.body.into());
        for (name, value) in told_lines {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn given(self, mut relay: Relay, status: StatusCode, body: Bytes) -> Response<AnswerBody> {
        let mut lines = HeaderMap::new();
        if let Some(booking) = relay.booking() {
            let on = (self.context, self.words);
            let content_type = if status.is_success() && self.words.streams() {
                stream_type(&self.caller)
            } else {
                "application/json"
            };
            lines = self::lines(self.head.headers, booking, on, content_type);
            lines.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            cached::begin(booking, status, &mut lines);
        }
        relay.give(body);
        response(relay, status, lines)
    }

    fn untold(&self, relay: Relay, cause: Cause, is_whole: bool) -> Box<Untold> {
        let (mut booking, reading) = relay.take_back(is_whole);
        booking.attempt_undone();
        Box::new(Untold {
            booking,
            reading,
            status: self.head.status,
            cause,
            spoken: self.context.order.spoken(self.context.target).dialect,
        })
    }
}

/// Where Bedrock names the error.
const ERROR_TYPE: HeaderName = HeaderName::from_static(ERROR_TYPE_HEADER);
