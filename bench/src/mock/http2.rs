//! The same answers over h2, through hyper.
//!
//! What needs raw HTTP/1.1 bytes (`raw`, `drip`, `framing`, `bad_chunk`) has no meaning here; `cut_at` counts
//! bytes of the entity and resets the stream.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::mpsc;

use super::Shared;
use super::answer::answer;
use super::ask::Ask;
use super::directives::{Directives, Hang};
use super::entity::{Billing, Entity, Step, entity};
use super::http1::Wire;
use super::request::Request;

/// Serves one h2 connection.
pub(super) async fn serve<W: Wire + Send + 'static>(wire: W, shared: Arc<Shared>, connection: u64) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(respond(request, shared, connection).await) }
    });
    let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .max_concurrent_streams(STREAMS_MAX)
        .serve_connection(TokioIo::new(wire), service);
    // However it ends, what matters has been recorded by then.
    drop(serving.await);
}

async fn respond(
    request: http::Request<Incoming>,
    shared: Arc<Shared>,
    connection: u64,
) -> http::Response<Sending> {
    let Some(request) = read(request).await else {
        return refusal();
    };
    let directives = shared
        .script()
        .directives(&request)
        .with_headers(&request.headers);
    let ask = Ask::read(&request.target, &request.body);
    let Ok(entity) = entity(&answer(&ask, &directives), &directives) else {
        return refusal();
    };
    let id = shared.recorder.begin(connection, &request, &entity.bytes());
    let mut response = http::Response::builder().status(entity.status);
    for (name, value) in &entity.headers {
        response = response.header(name, value);
    }
    if directives.hang == Some(Hang::BeforeHead) {
        tokio::time::sleep(HANG_MAX).await;
    }
    tokio::time::sleep(directives.first_delay).await;
    let (sender, receiver) = mpsc::channel(1);
    let entry = Entry {
        shared,
        id,
        model: ask.model,
        billing: entity.billing,
    };
    tokio::spawn(send(entity, directives, sender, entry));
    response
        .body(Sending { receiver })
        .unwrap_or_else(|_| refusal())
}

/// Reads a request whole; `None` when it broke off.
async fn read(request: http::Request<Incoming>) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX)
        .collect()
        .await
        .ok()?
        .to_bytes();
    let pseudo = [
        (":method", parts.method.as_str()),
        (":scheme", parts.uri.scheme_str().unwrap_or_default()),
        (
            ":authority",
            parts.uri.authority().map_or("", |a| a.as_str()),
        ),
    ];
    let copy = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    let mut headers: Vec<_> = pseudo
        .iter()
        .map(|(n, v)| (copy(n.as_bytes()), copy(v.as_bytes())))
        .collect();
    for (name, value) in &parts.headers {
        headers.push((copy(name.as_str().as_bytes()), copy(value.as_bytes())));
    }
    Some(Request {
        head: Bytes::new(),
        method: parts.method.to_string(),
        target: parts
            .uri
            .path_and_query()
            .map_or("/", |p| p.as_str())
            .to_owned(),
        headers,
        body,
        chunked: false,
        close: false,
    })
}

/// Where the outcome of one answer is entered.
struct Entry {
    shared: Arc<Shared>,
    id: u64,
    model: String,
    billing: Billing,
}

/// Sends the entity's parts in their time; the channel closes when the client is gone.
async fn send(
    entity: Entity,
    directives: Directives,
    sender: mpsc::Sender<io::Result<Bytes>>,
    entry: Entry,
) {
    let mut left = directives.cut_at.unwrap_or(usize::MAX);
    let parts = match directives.hang {
        Some(Hang::AfterHead) => 0,
        Some(Hang::MidStream) => entity.parts.len() / 2,
        _ => entity.parts.len(),
    };
    let books = &entry.shared.recorder;
    let mut done = 0;
    for Step {
        pause,
        mut bytes,
        content_done,
    } in entity.parts.into_iter().take(parts)
    {
        let cut = bytes.len() > left;
        bytes.truncate(left);
        left -= bytes.len();
        let gone = tokio::select! {
            () = tokio::time::sleep(pause) => sender.send(Ok(bytes)).await.is_err(),
            () = sender.closed() => true,
        };
        if gone {
            return books.aborted(entry.id, &entry.model, entry.billing.partial(done));
        }
        if cut {
            drop(
                sender
                    .send(Err(io::ErrorKind::ConnectionReset.into()))
                    .await,
            );
            return books.finished(entry.id, &entry.model, entry.billing.partial(done));
        }
        done = content_done;
    }
    if directives.hang.is_some() {
        // A timeout here means that nobody left within the longest wait: aborted all the same.
        drop(tokio::time::timeout(HANG_MAX, sender.closed()).await);
        return books.aborted(entry.id, &entry.model, entry.billing.partial(done));
    }
    books.finished(entry.id, &entry.model, entry.billing.whole);
}

/// The body of an answer: what the sending task hands over.
struct Sending {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
}

impl hyper::body::Body for Sending {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.receiver
            .poll_recv(cx)
            .map(|next| next.map(|bytes| bytes.map(Frame::data)))
    }
}

/// A bare 400.
fn refusal() -> http::Response<Sending> {
    let (_, receiver) = mpsc::channel(1);
    let mut response = http::Response::new(Sending { receiver });
    *response.status_mut() = http::StatusCode::BAD_REQUEST;
    response
}

/// Streams open at once on one connection.
const STREAMS_MAX: u32 = 1024;

/// Largest request body: four times what Quotah lets through.
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Longest silence: no test waits longer.
const HANG_MAX: Duration = Duration::from_secs(600);
