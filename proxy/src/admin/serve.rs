//! One connection of the admin plane: hyper with bounds, until its end or the process's.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service as _;

use super::auth::Peer;

/// Connections held at once; one more is closed at accept.
pub(crate) const CONNECTIONS_MAX: usize = 256;

/// Serves one connection until its end, or until `stopped` and its last answer. No `ip` means a unix socket.
pub(crate) async fn serve_stream(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin,
    ip: Option<IpAddr>,
    router: Router,
    stopped: impl Future<Output = ()>,
) {
    let peer = ip.map_or(Peer::Local, Peer::Ip);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        async move {
            let answer = tokio::time::timeout(ANSWER, router.call(request)).await;
            Ok::<_, Infallible>(match answer {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => late(),
            })
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut stopped = pin!(stopped);
    // A connection that breaks is its client's affair.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = stopped.as_mut() => serving.as_mut().graceful_shutdown(),
    }
    // A listener to events would stay for ever.
    tokio::time::timeout(ANSWER, serving).await.ok();
}

fn late() -> axum::response::Response {
    let mut response = axum::response::Response::new(Body::empty());
    *response.status_mut() = hyper::StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// From a connection's first byte, or its last answer, to the next head's end.
const HEAD: Duration = Duration::from_secs(30);

/// The longest that an answer may take: a page of a rare kind reads 64 MiB.
const ANSWER: Duration = Duration::from_secs(30);

/// The least that hyper takes is 8 KiB; a head with a token and a cursor has less than 1.
const HEAD_BYTES_MAX: usize = 16 * 1024;

const HEADERS_MAX: usize = 64;
