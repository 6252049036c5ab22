//! One attempt: the request as the provider reads it, and its answer up to the first byte.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderMap};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, Response, Uri, request};
use quotah_adapters::{Changes, Edits, ErrorClass, Facts, apply, plan};

use super::admit::Terms;
use super::answer::{Context, relayed};
use super::body::AnswerBody;
use super::choose::Order;
use super::credential::Carried;
use super::headers::{Forward, forward_request};
use super::identify::Identity;
use super::parse::Target;
use super::record::Booking;
use super::refuse::{Refusal, Refuser};
use super::routes::Upstream;
use crate::clock;
use crate::config::resolved::OnClientDisconnect;
use crate::ledger::Outcome;
use crate::metrics::Held;
use crate::upstream::{self, ExchangeError, Outgoing, RequestBody, Upload, UploadFault};

/// Everything that is known of a request when it is sent.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) head: request::Parts,
    pub(crate) body: Body,
    pub(crate) facts: Facts,
    pub(crate) target: Target,
    pub(crate) identity: Arc<Identity>,
    pub(crate) order: Order,
    /// What is to be lowered in it.
    pub(crate) terms: Terms,
}

/// A request's body: what is here, and what is still with the client.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) held: Vec<Bytes>,
    pub(crate) rest: Option<Arc<Upload>>,
    /// Its share of the memory that there is for bodies.
    pub(crate) memory: Held,
}

/// Sends a request and gives the answer, to be relayed.
///
/// # Errors
/// 502 or 504 when no answer began; the failure is booked.
pub(crate) async fn send(
    booking: Booking,
    sending: Sending,
    refuser: &Refuser,
) -> Result<Response<AnswerBody>, Refusal> {
    let reads_on = booking.snapshot.config.server.on_client_disconnect == OnClientDisconnect::Drain;
    if !reads_on {
        return attempt(booking, sending, refuser.clone()).await;
    }
    // A client that leaves drops this future; the exchange lives on in a task of its own, and an answer
    // that nobody takes is read on to its usage by its own Drop.
    let (give, take) = tokio::sync::oneshot::channel();
    let refuser = refuser.clone();
    tokio::spawn(async move {
        let answer = Box::pin(attempt(booking, sending, refuser)).await;
        drop(give.send(answer));
    });
    take.await.unwrap_or_else(|_| Err(Refusal::overloaded()))
}

async fn attempt(
    mut booking: Booking,
    sending: Sending,
    refuser: Refuser,
) -> Result<Response<AnswerBody>, Refusal> {
    let Sending {
        head,
        body,
        facts,
        target,
        identity,
        order,
        terms,
    } = sending;
    let upstream = Arc::clone(&order.deployment.upstream);
    let provider = &upstream.config;
    let asks_usage = provider.inject_usage && facts.lacks_usage();
    let rename = order.deployment.rename.as_deref();
    let rest = body.rest.clone();
    if let Some(keeper) = &mut booking.keeper {
        keeper.send(terms);
    }
    let changes = changes(rename, asks_usage, terms);
    let body = body.edited(&plan(&facts, &changes, provider.kind));
    let keeps_key = upstream.credential.is_clients() && !identity.is_virtual;
    let path = target.path_for(&upstream, rename, keeps_key);
    let sent_at = clock::now();
    let deadline = deadline(&head.headers, sent_at, provider.timeout_total);
    let credential = match upstream.credential.grant(deadline).await {
        Ok(grant) => Carried::new(grant, &body),
        Err(error) => {
            let refusal = Refusal::no_credential(&provider.name, error.told());
            return Err(without_credential(booking, refusal, sent_at, &refuser));
        }
    };
    let wire = Wire {
        upstream: &upstream,
        head: &head,
        identity: &identity,
        path: credential.path(path),
        body,
        credential,
    };
    let make = |is_h2: bool| wire.request(is_h2);
    let outgoing = Outgoing {
        make: &make,
        timeout_connect: provider.timeout_connect,
        timeout_first_byte: provider.timeout_first_byte,
        timeout_idle: provider.timeout_idle,
        deadline,
        upload: rest,
        drain: &Arc::clone(&booking.state).drain,
    };
    booking.evidence.sent = true;
    let answer = upstream::send(&upstream.pool, &outgoing).await;
    let now = clock::now();
    booking.upstream_wait = now.saturating_duration_since(sent_at);
    match answer {
        Ok(answer) => {
            booking.first_byte_at = Some(now);
            let context = Context {
                target: &target,
                asks_usage,
                upstream: &upstream,
                order: &order,
                refuser: &refuser,
            };
            Ok(relayed(booking, answer, &context))
        }
        Err(error) => Err(failed(booking, error, &refuser)),
    }
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

impl Body {
    /// The body as it goes out.
    fn edited(self, edits: &Edits) -> RequestBody {
        RequestBody::new(apply(&self.held, edits))
            .followed_by(self.rest)
            .holding(self.memory)
    }
}

/// Books an attempt that was not sent for want of a credential.
fn without_credential(
    mut booking: Booking,
    refusal: Refusal,
    since: Instant,
    refuser: &Refuser,
) -> Refusal {
    let class = ErrorClass::BadCredential.as_str();
    let refusal = refusal.standing_so(booking.standing());
    booking.attempt(0, clock::now().saturating_duration_since(since));
    booking.attempt_failed(class);
    booking.entry.status = refuser.status(&refusal).as_u16().into();
    refusal.reason().clone_into(&mut booking.entry.reason);
    booking.settle(Outcome::UpstreamError, &quotah_adapters::Reading::default());
    refusal
}

/// Books an attempt that brought no answer.
fn failed(mut booking: Booking, error: ExchangeError, refuser: &Refuser) -> Refusal {
    if matches!(error, ExchangeError::Connect(_)) {
        booking.evidence.sent = false;
    }
    let fault = booking.upload.as_ref().and_then(|rest| rest.fault());
    if let (ExchangeError::Upload, Some(fault)) = (error, fault) {
        return not_uploaded(booking, &fault, refuser);
    }
    let refusal = Refusal::upstream(error).standing_so(booking.standing());
    booking.attempt(0, booking.upstream_wait);
    booking.attempt_failed(error.class());
    booking.entry.status = refuser.status(&refusal).as_u16().into();
    error.class().clone_into(&mut booking.entry.reason);
    let outcome = if error == ExchangeError::Draining {
        Outcome::Interrupted
    } else {
        Outcome::UpstreamError
    };
    booking.settle(outcome, &quotah_adapters::Reading::default());
    refusal
}

/// Books a request whose body broke off on its way: no fault of the provider's, which had to be left.
fn not_uploaded(mut booking: Booking, fault: &UploadFault, refuser: &Refuser) -> Refusal {
    let refusal = Refusal::upload(fault).standing_so(booking.standing());
    booking.attempt(0, booking.upstream_wait);
    booking.attempt_failed(ExchangeError::Upload.class());
    booking.entry.status = refuser.status(&refusal).as_u16().into();
    refusal.reason().clone_into(&mut booking.entry.reason);
    let outcome = match fault {
        UploadFault::Broken | UploadFault::Left => Outcome::ClientGone,
        UploadFault::TooLarge(_) | UploadFault::Silence | UploadFault::Ambiguous(_) => {
            Outcome::Refused
        }
    };
    booking.settle(outcome, &quotah_adapters::Reading::default());
    refusal
}

/// When the whole exchange must be over: the provider's bound, or a shorter one of the client's.
fn deadline(headers: &HeaderMap, now: Instant, total: Duration) -> Instant {
    let asked = headers
        .get("x-quotah-timeout-ms")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map_or(total, Duration::from_millis);
    now + asked.min(total)
}

/// A request in the provider's terms; made anew for the free try.
struct Wire<'a> {
    upstream: &'a Upstream,
    head: &'a request::Parts,
    identity: &'a Identity,
    path: PathAndQuery,
    body: RequestBody,
    credential: Carried,
}

impl Wire<'_> {
    fn request(&self, is_h2: bool) -> Request<RequestBody> {
        let length = self.body.len();
        let had_body = length != Some(0) || self.head.headers.contains_key(CONTENT_LENGTH);
        let forward = Forward {
            host: (!is_h2).then_some(&self.upstream.host),
            credential: self.credential.header(),
            drop_credential: self.identity.is_virtual || !self.credential.is_clients(),
            content_length: length.filter(|_| had_body),
            extra: &self.upstream.config.headers,
        };
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.head.method.clone();
        *request.headers_mut() = forward_request(&self.head.headers, &forward);
        self.credential
            .sign(&mut request, self.upstream, &self.path);
        *request.uri_mut() = self.uri(is_h2);
        if self.upstream.config.keep_header_case {
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
