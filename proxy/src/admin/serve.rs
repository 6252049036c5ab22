//! The admin plane's own server: hyper connections with bounds, until told to stop.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tower::Service as _;

use super::auth::Peer;

/// Where the admin plane accepts connections.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A unix socket, whose callers count as local.
    Unix(UnixListener),
}

/// Connections held at once; further ones wait in the listener's backlog.
pub const CONNECTIONS_MAX: usize = 256;

/// Serves until `shutdown` is done, then lets requests in flight finish for at most 5 s.
pub async fn serve_on(listener: Listener, router: Router, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let (stop, stopped) = watch::channel(());
    let mut shutdown = pin!(shutdown);
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener) => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors, mostly: others must close first.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (router, stopped) = (router.clone(), stopped.clone());
        tokio::spawn(async move {
            connection(stream, peer, router, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    stop.send_replace(());
    let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    tokio::time::timeout(FINISH, places.acquire_many(all))
        .await
        .ok();
}

/// Anything that bytes come and go through.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn accept(listener: &Listener) -> io::Result<(Box<dyn Stream>, Peer)> {
    match listener {
        Listener::Tcp(listener) => {
            let (stream, address) = listener.accept().await?;
            stream.set_nodelay(true)?;
            Ok((Box::new(stream), Peer::Ip(address.ip())))
        }
        Listener::Unix(listener) => {
            let (stream, _) = listener.accept().await?;
            Ok((Box::new(stream), Peer::Local))
        }
    }
}

async fn connection(
    stream: Box<dyn Stream>,
    peer: Peer,
    router: Router,
    mut stopped: watch::Receiver<()>,
) {
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
    // A connection that breaks is its client's affair.
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = stopped.changed() => serving.as_mut().graceful_shutdown(),
    }
    serving.await.ok();
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

/// How long requests in flight may take at the end.
const FINISH: Duration = Duration::from_secs(5);

/// How long to wait when no connection can be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The least that hyper takes is 8 KiB; a head with a token and a cursor has less than 1.
const HEAD_BYTES_MAX: usize = 16 * 1024;

const HEADERS_MAX: usize = 64;
