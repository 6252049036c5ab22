//! One attempt: the request as the provider reads it, and its answer up to the first byte.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Uri, request};
use quotah_adapters::{Changes, Dialect, Edits, Facts, apply, plan};

use super::admit::Terms;
use super::choose::Order;
use super::credential::Carried;
use super::headers::{Forward, forward_request, translated_request};
use super::identify::Identity;
use super::parse::Target;
use super::refuse::Refusal;
use super::routes::Upstream;
use crate::clock;
use crate::metrics::Held;
use crate::state::State;
use crate::upstream::{self, Answer, ExchangeError, Outgoing, RequestBody, Upload};

/// Everything that is known of a request when it is sent.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) head: request::Parts,
    pub(crate) body: Body,
    pub(crate) facts: Facts,
    pub(crate) target: Target,
    pub(crate) identity: Arc<Identity>,
    /// When it must be over, if its client says so.
    pub(crate) deadline: Instant,
}

/// A request's body: what is here, and what is still with the client.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) held: Vec<Bytes>,
    pub(crate) rest: Option<Arc<Upload>>,
    /// Its share of the memory that there is for bodies.
    pub(crate) memory: Arc<Held>,
}

/// What one attempt brought.
#[expect(
    clippy::large_enum_variant,
    reason = "an answer is what it usually is: boxed, it would be an allocation a request"
)]
pub(super) enum Tried {
    /// An answer has begun.
    Answer(Answer),
    /// None did.
    Nothing(ExchangeError),
    /// Nobody was asked, for want of a credential, or of words.
    Unsent(Refusal),
}

/// An attempt that was made.
pub(super) struct Made {
    pub(super) tried: Tried,
    /// To the first byte, or to the failure.
    pub(super) took: Duration,
}

impl Made {
    /// Whether any of the request may have reached the provider.
    pub(super) const fn is_sent(&self) -> bool {
        !matches!(
            self.tried,
            Tried::Unsent(_) | Tried::Nothing(ExchangeError::Connect(_))
        )
    }
}

/// Makes one attempt.
pub(super) async fn attempt(state: &State, sending: &Sending, order: &Order, terms: Terms) -> Made {
    let sent_at = clock::now();
    let tried = exchange(state, sending, order, (terms, sent_at)).await;
    Made {
        tried,
        took: clock::now().saturating_duration_since(sent_at),
    }
}

async fn exchange(
    state: &State,
    sending: &Sending,
    order: &Order,
    (terms, sent_at): (Terms, Instant),
) -> Tried {
    let Sending {
        head,
        body,
        target,
        identity,
        ..
    } = sending;
    let upstream = &order.upstream;
    let provider = &upstream.config;
    let outgoing_body = match sending.worded(order, terms) {
        Ok(body) => body,
        Err(refusal) => return Tried::Unsent(refusal),
    };
    let keeps_key = upstream.credential.is_clients() && !identity.is_virtual && !order.is_copy;
    let path = match order.words.translation() {
        Some(translation) => translation.path(upstream),
        None => target.path_for(upstream, order.rename.as_deref(), keeps_key),
    };
    let deadline = sending.deadline.min(sent_at + provider.timeout_total);
    let credential = match upstream.credential.grant(deadline).await {
        Ok(grant) => Carried::new(grant, &outgoing_body),
        Err(error) => {
            return Tried::Unsent(Refusal::no_credential(&provider.name, error.told()));
        }
    };
    let wire = Wire {
        upstream,
        head,
        identity,
        path: credential.path(path),
        body: outgoing_body,
        credential,
        is_copy: order.is_copy,
        translated_to: order.words.way().map(|way| way.to.dialect()),
    };
    let make = |is_h2: bool| wire.request(is_h2);
    let outgoing = Outgoing {
        make: &make,
        timeout_connect: provider.timeout_connect,
        timeout_first_byte: provider.timeout_first_byte,
        timeout_idle: provider.timeout_idle,
        deadline,
        upload: body.rest.clone(),
        drain: &state.drain,
    };
    match upstream::send(&upstream.pool, &outgoing).await {
        Ok(mut answer) => {
            if let Some(translation) = order.words.translation() {
                translation.label(&mut answer);
            }
            Tried::Answer(answer)
        }
        Err(error) => Tried::Nothing(error),
    }
}

/// Whether we ask for usage that the client did not ask for.
pub(super) fn asks_usage(facts: &Facts, order: &Order) -> bool {
    order.upstream.config.inject_usage && facts.lacks_usage() && order.words.way().is_none()
}

/// What is to change in a request's body.
fn changes(rename: Option<&str>, asks_usage: bool, terms: Terms) -> Changes<'_> {
    Changes {
        rename_to: rename,
        ask_usage: asks_usage,
        output_cap: terms.output_cap,
        answers: terms.answers,
        effort: terms.effort,
        thinking_tokens: terms.thinking_tokens,
    }
}

impl Sending {
    /// The body in the words of an order, on these terms.
    fn worded(&self, order: &Order, terms: Terms) -> Result<RequestBody, Refusal> {
        let kind = order.upstream.config.kind;
        if let Some(translation) = order.words.translation() {
            let asked = (&self.target, &self.facts);
            let body = translation.body(asked, &order.upstream, terms)?;
            return Ok(RequestBody::new(vec![body]).holding(&self.body.memory));
        }
        let unmarked = order.words.unmarked();
        let facts = unmarked.map_or(&self.facts, |unmarked| &unmarked.facts);
        let rename = order.rename.as_deref();
        let changes = changes(rename, asks_usage(facts, order), terms);
        let edits = plan(facts, &changes, kind);
        Ok(match unmarked {
            Some(unmarked) => {
                let chunks = apply(std::slice::from_ref(&unmarked.body), &edits);
                RequestBody::new(chunks).holding(&self.body.memory)
            }
            None => self.body.edited(&edits),
        })
    }
}

impl Body {
    /// The body as it goes out.
    fn edited(&self, edits: &Edits) -> RequestBody {
        RequestBody::new(apply(&self.held, edits))
            .followed_by(self.rest.clone())
            .holding(&self.memory)
    }

    /// Whether all of it can be sent (again).
    pub(super) fn is_whole(&self) -> bool {
        self.rest.as_ref().is_none_or(|rest| rest.is_untouched())
    }
}

/// When the request must be over, if its client says so.
pub(super) fn deadline(headers: &HeaderMap, now: Instant) -> Instant {
    let asked = headers
        .get("x-quotah-timeout-ms")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map_or(DEADLINE_MAX, Duration::from_millis);
    now + asked.min(DEADLINE_MAX)
}

/// Longer than any provider's own bound.
const DEADLINE_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);

/// A request in the provider's terms; made anew for the free try.
struct Wire<'a> {
    upstream: &'a Upstream,
    head: &'a request::Parts,
    identity: &'a Identity,
    path: PathAndQuery,
    body: RequestBody,
    credential: Carried,
    is_copy: bool,
    /// The dialect that the request was translated to, if it was.
    translated_to: Option<Dialect>,
}

impl Wire<'_> {
    fn request(&self, is_h2: bool) -> Request<RequestBody> {
        let length = self.body.len();
        let had_body = length != Some(0) || self.head.headers.contains_key(CONTENT_LENGTH);
        let forward = Forward {
            host: (!is_h2).then_some(&self.upstream.host),
            credential: self.credential.header(),
            drop_credential: self.identity.is_virtual
                || self.is_copy
                || !self.credential.is_clients(),
            content_length: length.filter(|_| had_body),
            extra: &self.upstream.config.headers,
        };
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.head.method.clone();
        *request.headers_mut() = match self.translated_to {
            None => forward_request(&self.head.headers, &forward),
            Some(dialect) => translated_request(&self.head.headers, &forward, dialect),
        };
        self.credential
            .sign(&mut request, self.upstream, &self.path);
        *request.uri_mut() = self.uri(is_h2);
        if self.upstream.config.keep_header_case && self.translated_to.is_none() {
            *request.extensions_mut() = self.head.extensions.clone();
        }
        request
    }

    fn uri(&self, is_h2: bool) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.path_and_query = Some(self.path.clone());
        if is_h2 && let Ok(authority) = Authority::try_from(&*self.upstream.config.base.authority) {
            let https = self.upstream.config.base.https;
            parts.scheme = Some(if https { Scheme::HTTPS } else { Scheme::HTTP });
            parts.authority = Some(authority);
        }
        Uri::from_parts(parts).unwrap_or_default()
    }
}
