//! A connection, from its first byte to its last.
//!
//! pingora accepts and does TLS; hyper speaks HTTP on the gated stream. Which HTTP is told by ALPN, or by
//! the connection's first bytes.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use async_trait::async_trait;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use pingora_core::apps::ServerApp;
use pingora_core::protocols::{ALPN, Stream};
use pingora_core::server::ShutdownWatch;
use tokio::io::AsyncReadExt;

use super::drain::{Drain, LINGER};
use super::io::{ConnState, GateIo, IoTimeouts, LazyTimer};
use super::line;
use crate::clock;
use crate::state::State;

/// First bytes of an h2 connection without ALPN (RFC 9113 §3.4).
const H2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Engine buffer of a client's connection; also its back-pressure limit.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Streams a client may have open on one h2 connection.
const H2_STREAMS_MAX: u32 = 256;
/// Resets a client may have pending on one h2 connection before it is closed (rapid reset, CVE-2023-44487).
const H2_RESETS_MAX: usize = 64;

/// The data plane as pingora sees it.
#[derive(Debug)]
pub(crate) struct DataPlane {
    state: Arc<State>,
}

impl DataPlane {
    pub(crate) fn new(state: Arc<State>) -> Self {
        Self { state }
    }
}

#[async_trait]
impl ServerApp for DataPlane {
    async fn process_new(
        self: &Arc<Self>,
        session: Stream,
        _shutdown: &ShutdownWatch,
    ) -> Option<Stream> {
        let most = self.state.snapshot().config.server.connections_max;
        if let Some(_open) = self.state.drain.connect(most) {
            serve_connection(&self.state, session).await;
        }
        None
    }
}

async fn serve_connection(state: &Arc<State>, mut session: Stream) {
    let timeouts = {
        let snapshot = state.snapshot();
        let server = &snapshot.config.server;
        IoTimeouts {
            idle: server.timeout_keepalive,
            head: server.timeout_head,
            write: server.timeout_write,
        }
    };
    let peer = session
        .get_socket_digest()
        .and_then(|digest| digest.peer_addr()?.as_inet().map(std::net::SocketAddr::ip));
    let conn = Arc::new(ConnState {
        peer,
        ..ConnState::default()
    });
    let (first, is_h2) = if session.selected_alpn_proto() == Some(ALPN::H2) {
        (Vec::new(), true)
    } else {
        let Some(first) = first_bytes(&mut session, timeouts).await else {
            return;
        };
        let is_h2 = first.starts_with(H2_PREFACE);
        (first, is_h2)
    };
    let io = GateIo::new(session, first, !is_h2, Arc::clone(&conn), timeouts);
    if is_h2 {
        serve_h2(state, conn, io).await;
    } else {
        serve_h1(state, conn, io).await;
    }
}

/// Reads until it is clear whether this is h2; `None` when the client has gone, or never begins.
async fn first_bytes(session: &mut Stream, timeouts: IoTimeouts) -> Option<Vec<u8>> {
    let mut first = Vec::with_capacity(2048);
    let begun = tokio::time::timeout(timeouts.idle, session.read_buf(&mut first)).await;
    if !matches!(begun, Ok(Ok(1..))) {
        return None;
    }
    let rest = async {
        while first.len() < H2_PREFACE.len() && H2_PREFACE.starts_with(&first) {
            if session.read_buf(&mut first).await.ok()? == 0 {
                return None;
            }
        }
        Some(())
    };
    match tokio::time::timeout(timeouts.head, rest).await {
        Ok(Some(())) => Some(first),
        Ok(None) => None,
        // Half a preface is no h2: as a head it is refused for its slowness.
        Err(_) => Some(first),
    }
}

/// Serves HTTP/1.1.
///
/// The engine keeps room for a request's future as long as the connection lives, and moves the future into
/// it: boxed, that is a pointer and not 6 KiB.
async fn serve_h1(state: &Arc<State>, conn: Arc<ConnState>, io: GateIo) {
    let service = {
        let (state, conn) = (Arc::clone(state), Arc::clone(&conn));
        service_fn(move |request: Request<Incoming>| {
            Box::pin(line::serve(Arc::clone(&state), Arc::clone(&conn), request))
        })
    };
    let mut connection = pin!(
        http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(BUFFER_BYTES_MAX)
            .auto_date_header(false)
            .preserve_header_case(state.snapshot().keeps_header_case)
            .serve_connection(TokioIo::new(io), service)
    );
    // hyper closes by itself when the last answer is out; an error means that the client has gone.
    let turn = poll_with_drain(&state.drain, |cx| connection.as_mut().poll(cx).map(|_| ())).await;
    if matches!(turn, Turn::Over) {
        return;
    }
    let turn = linger(&state.drain, &conn, |cx| {
        connection.as_mut().poll(cx).map(|_| ())
    })
    .await;
    if matches!(turn, Turn::CloseIdle) {
        connection.as_mut().graceful_shutdown();
        poll_to_the_end(&state.drain, |cx| connection.as_mut().poll(cx).map(|_| ())).await;
    }
}

/// What ended a wait.
enum Turn {
    Over,
    CloseIdle,
}

/// Polls a connection until it is over or idle connections are to close.
///
/// The notification is polled once, to register this task, and looked at again only when the stage has
/// changed: polling it takes a lock that all connections share.
async fn poll_with_drain(
    drain: &Drain,
    mut poll: impl FnMut(&mut std::task::Context<'_>) -> Poll<()>,
) -> Turn {
    let mut changed = pin!(drain.changed());
    let mut registered = false;
    poll_fn(|cx| {
        if poll(cx).is_ready() {
            return Poll::Ready(Turn::Over);
        }
        if !registered {
            registered = true;
            if changed.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Turn::CloseIdle);
            }
        }
        if drain.is_idle_closed() {
            Poll::Ready(Turn::CloseIdle)
        } else {
            Poll::Pending
        }
    })
    .await
}

/// Lets a busy connection finish its answer and stand a while.
///
/// The answer's head went out before the leaving began, so its reader has not been told, and may send once
/// more: closed at once, that request would fail. It is served instead, and told `connection: close`. One
/// that is idle now was told by its last answer, or has sent nothing for long.
async fn linger(
    drain: &Drain,
    conn: &ConnState,
    mut poll: impl FnMut(&mut std::task::Context<'_>) -> Poll<()>,
) -> Turn {
    let mut forced = pin!(drain.forced());
    let mut told = false;
    let mut timer = LazyTimer::default();
    let mut idle_since = None;
    let mut was_busy = false;
    poll_fn(|cx| {
        if poll(cx).is_ready() {
            return Poll::Ready(Turn::Over);
        }
        told = told || forced.as_mut().poll(cx).is_ready();
        if conn.in_flight.load(Ordering::Relaxed) > 0 && !drain.is_forced() {
            was_busy = true;
            idle_since = None;
            return Poll::Pending;
        }
        if !was_busy || drain.is_forced() {
            return Poll::Ready(Turn::CloseIdle);
        }
        let since = *idle_since.get_or_insert_with(clock::now);
        timer.poll(cx, since + LINGER).map(|()| Turn::CloseIdle)
    })
    .await
}

/// Polls a closing connection until it is over; woken once more when open answers must end.
async fn poll_to_the_end(
    drain: &Drain,
    mut poll: impl FnMut(&mut std::task::Context<'_>) -> Poll<()>,
) {
    let mut forced = pin!(drain.forced());
    let mut told = false;
    poll_fn(|cx| {
        told = told || forced.as_mut().poll(cx).is_ready();
        poll(cx)
    })
    .await;
}

async fn serve_h2(state: &Arc<State>, conn: Arc<ConnState>, io: GateIo) {
    let service = {
        let state = Arc::clone(state);
        service_fn(move |request: Request<Incoming>| {
            Box::pin(line::serve(Arc::clone(&state), Arc::clone(&conn), request))
        })
    };
    let mut connection = pin!(
        http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(H2_STREAMS_MAX)
            .max_pending_accept_reset_streams(H2_RESETS_MAX)
            .max_local_error_reset_streams(H2_RESETS_MAX)
            .max_header_list_size(60 * 1024)
            .max_send_buf_size(BUFFER_BYTES_MAX)
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(4 << 20)
            .auto_date_header(false)
            .serve_connection(TokioIo::new(io), service)
    );
    let turn = poll_with_drain(&state.drain, |cx| connection.as_mut().poll(cx).map(|_| ())).await;
    if matches!(turn, Turn::CloseIdle) {
        connection.as_mut().graceful_shutdown();
        let drain = &state.drain;
        // Streams that are still open at the last stage are reset: visible, and booked by their bodies' end.
        poll_to_the_end(drain, |cx| {
            if connection.as_mut().poll(cx).is_ready() || drain.is_forced() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
