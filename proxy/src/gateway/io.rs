//! A client's connection as the HTTP engine sees it: gated, and watched by deadlines.
//!
//! Reads pass through the [`Gate`]; a refused head is replaced by a synthetic one whose method is
//! [`REFUSED_METHOD`], so that the answer comes in order, in the caller's dialect. One lazy timer a
//! direction watches idle time, slow heads and stalled writes without a timer operation per request.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use memchr::memchr;
use pingora_core::protocols::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::gate::{Gate, GateError, HEAD_BYTES_MAX, Step, plausible_target};
use crate::clock;

/// Method of the synthetic request that stands for a refused head.
pub(crate) const REFUSED_METHOD: &str = "QUOTAH-REFUSED";

/// After a refusal, what the client is still sending is read and dropped for this long, so that our close
/// does not destroy the answer on its way (nginx calls it a lingering close).
const LINGER: Duration = Duration::from_secs(2);
/// And at most this much of it, bytes.
const LINGER_BYTES_MAX: usize = 1 << 20;

/// Why a connection's next request cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The gate refused it.
    Gate(GateError),
    /// Its head did not arrive in time.
    HeadTimeout,
}

/// What the connection's I/O and its requests tell each other.
#[derive(Debug, Default)]
pub(crate) struct ConnState {
    /// Set once, when the gate closes.
    pub(crate) refused: OnceLock<Refused>,
    /// Requests being served on it.
    pub(crate) in_flight: AtomicUsize,
    /// Set when a request was answered before its body was read to the end.
    pub(crate) left_unread: AtomicBool,
    /// The client's address; none for unix sockets.
    pub(crate) peer: Option<IpAddr>,
}

/// Counts a request on its connection for as long as its answer is under way.
#[derive(Debug)]
pub(crate) struct OnConnection(Arc<ConnState>);

impl OnConnection {
    pub(crate) fn begin(conn: &Arc<ConnState>) -> Self {
        conn.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(conn))
    }
}

impl Drop for OnConnection {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Time limits of a client's connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IoTimeouts {
    /// Between requests.
    pub(crate) idle: Duration,
    /// From a head's first byte to its last.
    pub(crate) head: Duration,
    /// While the client takes nothing.
    pub(crate) write: Duration,
}

/// A timer that is set once and then only looked at: its deadline moves without a timer operation.
#[derive(Debug, Default)]
pub(crate) struct LazyTimer(Option<Pin<Box<tokio::time::Sleep>>>);

impl LazyTimer {
    /// Ready when `deadline` has passed; otherwise the task is woken at it, or before.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(deadline);
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}

/// The gated stream.
#[derive(Debug)]
pub(crate) struct GateIo {
    inner: Stream,
    /// `None` on h2, whose framing leaves nothing to misread.
    gate: Option<Gate>,
    /// The beginning of a head, kept back until it is whole. At most [`HEAD_BYTES_MAX`] and one read.
    held: Vec<u8>,
    /// Released bytes that found no room yet.
    out: Vec<u8>,
    out_at: usize,
    end: Option<End>,
    conn: Arc<ConnState>,
    timeouts: IoTimeouts,
    head_since: Option<Instant>,
    idle_since: Option<Instant>,
    blocked_since: Option<Instant>,
    read_timer: LazyTimer,
    write_timer: LazyTimer,
    write_closed: bool,
    linger_until: Option<Instant>,
    linger_bytes: usize,
}

/// How reading ends after `out` is drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Eof,
    /// Nothing more comes, and yet no end: hyper drops the answer under way when it sees one.
    Refused,
    BadBody,
}

impl GateIo {
    /// Wraps `inner`, whose first bytes were read already.
    pub(crate) fn new(
        inner: Stream,
        first: Vec<u8>,
        gated: bool,
        conn: Arc<ConnState>,
        timeouts: IoTimeouts,
    ) -> Self {
        let mut io = Self {
            inner,
            gate: gated.then(Gate::default),
            held: Vec::new(),
            out: Vec::new(),
            out_at: 0,
            end: None,
            conn,
            timeouts,
            head_since: None,
            idle_since: None,
            blocked_since: None,
            read_timer: LazyTimer::default(),
            write_timer: LazyTimer::default(),
            write_closed: false,
            linger_until: None,
            linger_bytes: 0,
        };
        io.accept_bytes(first);
        io
    }

    /// Sorts bytes that are not in the engine's buffer: what may be released goes to `out`, a head's beginning to `held`.
    fn accept_bytes(&mut self, mut bytes: Vec<u8>) {
        let Some(gate) = &mut self.gate else {
            self.out = bytes;
            self.out_at = 0;
            return;
        };
        match gate.advance(&bytes) {
            Step::Pass => self.head_since = None,
            Step::Hold { released } => {
                self.held = bytes.split_off(released);
                if released > 0 {
                    self.head_since = None;
                }
                self.head_since.get_or_insert_with(clock::now);
            }
            Step::Refuse {
                released,
                error,
                in_body,
            } => {
                let head = bytes.split_off(released);
                self.refuse(Refused::Gate(error), in_body, &head, &mut bytes);
            }
        }
        self.out = bytes;
        self.out_at = 0;
    }

    /// Sorts bytes that a read has put into the engine's buffer.
    fn accept_in_place(&mut self, buf: &mut ReadBuf<'_>, before: usize) {
        let Some(gate) = &mut self.gate else { return };
        let fresh = buf.filled().get(before..).unwrap_or_default();
        let (keep, rest) = match gate.advance(fresh) {
            Step::Pass => {
                self.head_since = None;
                return;
            }
            Step::Hold { released } => (released, None),
            Step::Refuse {
                released,
                error,
                in_body,
            } => (released, Some((error, in_body))),
        };
        let left = fresh.get(keep..).unwrap_or_default().to_vec();
        buf.set_filled(before + keep);
        if let Some((error, in_body)) = rest {
            let mut out = Vec::new();
            self.refuse(Refused::Gate(error), in_body, &left, &mut out);
            self.out = out;
            self.out_at = 0;
        } else {
            self.held = left;
            self.head_since = Some(clock::now());
        }
    }

    /// Ends the request side: a refused head becomes a synthetic one, a refused body an error.
    fn refuse(&mut self, why: Refused, in_body: bool, head: &[u8], out: &mut Vec<u8>) {
        // Only the first reason counts; nothing is read after it.
        self.conn.refused.set(why).ok();
        self.head_since = None;
        self.held = Vec::new();
        if in_body {
            self.end = Some(End::BadBody);
            return;
        }
        self.end = Some(End::Refused);
        let target = plausible_target(head).unwrap_or(b"/");
        out.extend_from_slice(REFUSED_METHOD.as_bytes());
        out.push(b' ');
        out.extend_from_slice(target);
        out.extend_from_slice(b" HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n");
    }

    /// Copies released bytes to the engine; `None` when there are none.
    fn drain_out(&mut self, buf: &mut ReadBuf<'_>) -> Option<()> {
        let rest = self
            .out
            .get(self.out_at..)
            .filter(|rest| !rest.is_empty())?;
        let length = rest.len().min(buf.remaining());
        buf.put_slice(rest.get(..length)?);
        self.out_at += length;
        if self.out_at == self.out.len() {
            self.out = Vec::new();
            self.out_at = 0;
        }
        Some(())
    }

    fn is_serving(&self) -> bool {
        self.conn.in_flight.load(Ordering::Relaxed) > 0
    }

    /// Called when nothing can be read: ready when the connection has waited too long.
    fn poll_read_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Waited> {
        let (deadline, waited) = match self.head_since {
            Some(since) => (since + self.timeouts.head, Waited::Head),
            // An h1 connection is read again as soon as its answer is out: time to look at the clock then.
            None if self.gate.is_some() && self.is_serving() => {
                self.idle_since = None;
                return Poll::Pending;
            }
            None => {
                if self.is_serving() {
                    self.idle_since = None;
                }
                let since = *self.idle_since.get_or_insert_with(clock::now);
                (since + self.timeouts.idle, Waited::Idle)
            }
        };
        ready!(self.read_timer.poll(cx, deadline));
        if waited == Waited::Idle && self.is_serving() {
            // A long answer is not idleness: look again after another period.
            let again = clock::now();
            self.idle_since = Some(again);
            ready!(self.read_timer.poll(cx, again + self.timeouts.idle));
        }
        Poll::Ready(waited)
    }

    fn poll_write_deadline<T>(
        &mut self,
        cx: &mut Context<'_>,
        result: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.blocked_since = None;
            return result;
        }
        let since = *self.blocked_since.get_or_insert_with(clock::now);
        ready!(self.write_timer.poll(cx, since + self.timeouts.write));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "client takes nothing",
        )))
    }

    /// Reads and drops what the client is still sending after it was answered without being read.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.conn.left_unread.load(Ordering::Relaxed) && self.conn.refused.get().is_none() {
            return Poll::Ready(Ok(()));
        }
        let until = *self
            .linger_until
            .get_or_insert_with(|| clock::now() + LINGER);
        let mut scratch = [std::mem::MaybeUninit::uninit(); 4096];
        while self.linger_bytes < LINGER_BYTES_MAX {
            let mut buf = ReadBuf::uninit(&mut scratch);
            match Pin::new(&mut self.inner).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    self.linger_bytes += buf.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    ready!(self.read_timer.poll(cx, until));
                    return Poll::Ready(Ok(()));
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waited {
    Head,
    Idle,
}

impl AsyncRead for GateIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.drain_out(buf).is_some() {
                return Poll::Ready(Ok(()));
            }
            match this.end {
                Some(End::Eof) => return Poll::Ready(Ok(())),
                // The synthetic request says `close`: the engine ends the connection by itself.
                Some(End::Refused) => return Poll::Pending,
                Some(End::BadBody) => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                None => {}
            }
            let before = buf.filled().len();
            let read = Pin::new(&mut this.inner).poll_read(cx, buf);
            let Poll::Ready(read) = read else {
                match ready!(this.poll_read_deadline(cx)) {
                    Waited::Idle => this.end = Some(End::Eof),
                    Waited::Head => {
                        let head = std::mem::take(&mut this.held);
                        let mut out = Vec::new();
                        this.refuse(Refused::HeadTimeout, false, &head, &mut out);
                        this.out = out;
                    }
                }
                continue;
            };
            read?;
            this.idle_since = None;
            let fresh = buf.filled().get(before..).unwrap_or_default();
            if fresh.is_empty() {
                return Poll::Ready(Ok(()));
            }
            if this.held.is_empty() {
                this.accept_in_place(buf, before);
            } else {
                let ends_a_line = memchr(b'\n', fresh).is_some();
                this.held.extend_from_slice(fresh);
                buf.set_filled(before);
                // A head can only be complete, or wrong, at a line's end: no rescan for less.
                if ends_a_line || this.held.len() > HEAD_BYTES_MAX {
                    let held = std::mem::take(&mut this.held);
                    this.accept_bytes(held);
                }
            }
            if buf.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for GateIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.poll_write_deadline(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.poll_write_deadline(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_flush(cx);
        self.poll_write_deadline(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.write_closed {
            ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
            self.write_closed = true;
        }
        self.poll_linger(cx)
    }
}
