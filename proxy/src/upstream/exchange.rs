//! One request on one connection: its head out, the answer's head and first byte back.
//!
//! The connection is polled right here, next to the body that it fills. The answer's first byte is
//! awaited before anything goes down, so that a provider that answers 200 and dies can still be left.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use http::{Request, StatusCode};
use hyper::body::Incoming;

use super::answer::{Answer, AnswerBody, Waits};
use super::pool::{H1, Link, Pool};
use super::upload::{Leave, Upload};
use super::{ConnectError, RequestBody};
use crate::clock;
use crate::gateway::{drain::Drain, io::LazyTimer};

/// Why there is no answer, or no more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExchangeError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// No first byte in time.
    #[error("provider gave no answer in time")]
    FirstByteTimeout,
    /// Silence inside the answer.
    #[error("provider's answer stopped arriving")]
    IdleTimeout,
    /// The whole exchange took too long.
    #[error("provider's answer took too long")]
    TotalTimeout,
    /// Closed before any byte of an answer.
    #[error("provider closed the connection")]
    Closed,
    /// Broken off inside the answer.
    #[error("provider broke off its answer")]
    BrokenOff,
    /// Not HTTP, or not as it announced.
    #[error("provider's answer is not valid HTTP")]
    Protocol,
    /// 101 without having been asked.
    #[error("provider switched protocols unasked")]
    Upgrade,
    /// The client's body broke off on its way here; [`Upload::fault`] says why.
    #[error("request body broke off")]
    Upload,
    /// This process is going away.
    #[error("gateway is shutting down")]
    Draining,
}

impl ExchangeError {
    /// Short name for attempts and metrics.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Connect(ConnectError::Timeout)
            | Self::FirstByteTimeout
            | Self::IdleTimeout
            | Self::TotalTimeout => "timeout",
            Self::Connect(_) => "connect",
            Self::Closed => "closed",
            Self::BrokenOff => "truncated",
            Self::Protocol | Self::Upgrade => "protocol",
            Self::Upload => "client",
            Self::Draining => "draining",
        }
    }
}

/// What goes out, and how long it may take.
pub(crate) struct Outgoing<'a> {
    /// Makes the request: called once, and once more for the free try after a dead pooled connection.
    pub(crate) make: &'a (dyn Fn(bool) -> Request<RequestBody> + Send + Sync),
    /// For a new connection.
    pub(crate) timeout_connect: Duration,
    /// From now to the answer's first byte.
    pub(crate) timeout_first_byte: Duration,
    /// Longest silence inside the answer.
    pub(crate) timeout_idle: Duration,
    /// End of the whole exchange.
    pub(crate) deadline: Instant,
    /// What of the body is still with the client. Time that it takes is the client's: the provider's bounds
    /// count from the last byte that went on.
    pub(crate) upload: Option<Arc<Upload>>,
    /// Ends waiting exchanges when the process must go.
    pub(crate) drain: &'a Drain,
}

impl Outgoing<'_> {
    /// Until when the answer's first byte must be here, and the whole of it.
    fn bounds(&self, started: Instant) -> (Instant, Instant) {
        let moved_at = self.upload.as_ref().map_or(started, |rest| rest.moved_at());
        let uploading = moved_at.saturating_duration_since(started);
        let deadline = self.deadline + uploading;
        let first_byte_by = started + uploading + self.timeout_first_byte;
        (first_byte_by.min(deadline), deadline)
    }
}

/// Sends a request on a pooled connection, or a new one.
///
/// A body that is still arriving always gets a new HTTP/1.1 connection: a kept one may have died while it
/// lay idle, and what was taken from the client by then cannot be sent a second time. A handshake is little
/// beside an upload. (An h2 connection is kept alive by pings and shared as ever.)
///
/// # Errors
/// [`ExchangeError`] when no answer's first byte arrived. A reused connection that fails before any byte
/// of an answer is tried once more on a fresh one: it was closed while it lay idle.
pub(crate) async fn send(
    pool: &Arc<Pool>,
    outgoing: &Outgoing<'_>,
) -> Result<Answer, ExchangeError> {
    if let Some(upload) = &outgoing.upload {
        let link = Box::pin(pool.dial(outgoing.timeout_connect)).await?;
        let leave = Leave(Arc::clone(upload));
        let answer = exchange(pool, link, outgoing).await;
        return match answer {
            Ok(mut answer) => {
                answer.body.keep_sending(leave);
                Ok(answer)
            }
            // Whatever the engine makes of a body that broke off, it was not the provider.
            Err(_) if upload.fault().is_some() => Err(ExchangeError::Upload),
            Err(error) => Err(error),
        };
    }
    if let Some(link) = pool.checkout() {
        match exchange(pool, link, outgoing).await {
            Err(ExchangeError::Closed) => {}
            result => return result,
        }
    }
    let link = Box::pin(pool.dial(outgoing.timeout_connect)).await?;
    exchange(pool, link, outgoing).await
}

async fn exchange(
    pool: &Arc<Pool>,
    link: Link,
    outgoing: &Outgoing<'_>,
) -> Result<Answer, ExchangeError> {
    let started = clock::now();
    let (response, link) = match link {
        Link::H1(h1) => {
            let request = (outgoing.make)(false);
            let (response, h1) = exchange_h1(h1, request, started, outgoing).await?;
            (response, Some(h1))
        }
        Link::H2 { mut sender } => {
            let request = (outgoing.make)(true);
            let response = sender.send_request(request);
            let response = tokio::select! {
                response = in_time(response, started, outgoing) => response?,
                () = outgoing.drain.forced() => return Err(ExchangeError::Draining),
            };
            let response = response.map_err(|error| classify(&error))?;
            (response, None)
        }
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(ExchangeError::Upgrade);
    }
    let (head, incoming) = response.into_parts();
    let (first_byte_by, deadline) = outgoing.bounds(started);
    let waits = Waits {
        first_byte_by,
        timeout_idle: outgoing.timeout_idle,
        deadline,
    };
    let mut body = AnswerBody::new(incoming, link, pool, waits);
    body.begin().await?;
    Ok(Answer { head, body })
}

/// Waits for an answer's head on a shared connection, as long as the provider may take.
async fn in_time<F: Future>(
    response: F,
    started: Instant,
    outgoing: &Outgoing<'_>,
) -> Result<F::Output, ExchangeError> {
    let mut response = pin!(response);
    let mut timer = LazyTimer::default();
    poll_fn(|cx| {
        if let Poll::Ready(response) = response.as_mut().poll(cx) {
            return Poll::Ready(Ok(response));
        }
        let (by, _) = outgoing.bounds(started);
        timer
            .poll(cx, by)
            .map(|()| Err(ExchangeError::FirstByteTimeout))
    })
    .await
}

/// Drives one HTTP/1.1 exchange to the answer's head.
async fn exchange_h1(
    mut h1: Box<H1>,
    request: Request<RequestBody>,
    started: Instant,
    outgoing: &Outgoing<'_>,
) -> Result<(http::Response<Incoming>, Box<H1>), ExchangeError> {
    let H1 {
        sender,
        conn,
        recorder,
        waker,
        timer,
        heard,
        over,
        ..
    } = &mut *h1;
    heard.store(false, Ordering::Relaxed);
    let mut response = pin!(sender.send_request(request));
    recorder.renew();
    let answered = poll_fn(|cx| {
        let mut news = recorder.begin(cx);
        let mut inner = Context::from_waker(waker);
        let outcome = loop {
            if !news {
                break Poll::Pending;
            }
            if let Poll::Ready(answer) = response.as_mut().poll(&mut inner) {
                break Poll::Ready(answer.map_err(|error| classify(&error)));
            }
            if let Poll::Ready(end) = Pin::new(&mut *conn).poll(&mut inner) {
                *over = true;
                // The connection is over; what it has said last still counts.
                break match response.as_mut().poll(&mut inner) {
                    Poll::Ready(answer) => Poll::Ready(answer.map_err(|error| classify(&error))),
                    Poll::Pending => Poll::Ready(Err(end
                        .err()
                        .map_or(ExchangeError::Closed, |error| classify(&error)))),
                };
            }
            news = recorder.take();
        };
        recorder.end(cx, true);
        if outcome.is_pending() {
            if outgoing.drain.is_forced() {
                return Poll::Ready(Err(ExchangeError::Draining));
            }
            let (by, _) = outgoing.bounds(started);
            ready!(timer.poll(cx, by));
            return Poll::Ready(Err(ExchangeError::FirstByteTimeout));
        }
        outcome
    })
    .await;
    match answered {
        Ok(answered) => {
            // The body has not been looked at yet.
            recorder.renew();
            Ok((answered, h1))
        }
        Err(ExchangeError::Closed) if heard.load(Ordering::Relaxed) => {
            Err(ExchangeError::BrokenOff)
        }
        Err(error) => Err(error),
    }
}

/// hyper's error in our terms.
pub(super) fn classify(error: &hyper::Error) -> ExchangeError {
    let io =
        std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    if error.is_parse() {
        ExchangeError::Protocol
    } else if io || error.is_closed() || error.is_canceled() || error.is_incomplete_message() {
        ExchangeError::Closed
    } else if error.is_timeout() {
        ExchangeError::FirstByteTimeout
    } else {
        // An h2 stream that was reset may have been worked on: no free try.
        ExchangeError::BrokenOff
    }
}
