//! The request's body, read once, kept replayable; or its beginning, where the rest may pass as it comes.
//!
//! Each piece is shown to its reader as it arrives, so that a megabyte is scanned once and never copied.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use hyper::body::Incoming;

use super::io::{ConnState, LazyTimer};
use super::reader::{BodyReader, Wants};
use super::refuse::Refusal;
use crate::clock;
use crate::metrics::Held;

/// Frames below this are gathered: a body of one-byte chunks must not cost a handle each.
const GATHER_BELOW_BYTES: usize = 2 * 1024;

/// Bounds of one body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Of one that is held whole.
    pub(crate) bytes_max: u64,
    /// Of one that passes.
    pub(crate) upload_bytes_max: u64,
    /// Most that is held of one that passes.
    pub(crate) held_bytes_max: u64,
    /// Most that is held of all bodies at once.
    pub(crate) memory_max: u64,
    pub(crate) silence_max: Duration,
}

impl Bounds {
    /// Bodies are at most so long, held or passed.
    pub(crate) fn lower_to(&mut self, bytes_max: u64) {
        self.bytes_max = self.bytes_max.min(bytes_max);
        self.upload_bytes_max = self.upload_bytes_max.min(bytes_max);
    }
}

/// What has been read of a body.
#[derive(Debug)]
pub(crate) struct Body {
    /// Its beginning, or all of it.
    pub(crate) held: Vec<Bytes>,
    /// What is still to come, if it may pass as it comes.
    pub(crate) rest: Option<Incoming>,
    /// Its share of the memory that there is for bodies.
    pub(crate) memory: Held,
}

/// Reads `body` to its end, or to where it may pass, showing every piece to `reader`.
///
/// An upload that is announced to be short is read to its end too: held whole, it can be sent twice.
///
/// # Errors
/// 413 over the bound and 503 when there is no memory for it (both before reading when announced), 408 after too
/// long a silence, 400 for broken framing.
pub(crate) async fn read(
    mut body: Incoming,
    conn: &ConnState,
    bounds: Bounds,
    reader: &mut BodyReader,
    mut memory: Held,
) -> Result<Body, Refusal> {
    if body.is_end_stream() {
        return Ok(Body {
            held: Vec::new(),
            rest: None,
            memory,
        });
    }
    let refused = |refusal| {
        conn.left_unread.store(true, Ordering::Relaxed);
        Err(refusal)
    };
    let announced = body.size_hint();
    if let Err(refusal) = may_come(announced.lower(), bounds, reader, &memory) {
        return refused(refusal);
    }
    let is_short = announced
        .exact()
        .is_some_and(|bytes| bytes <= bounds.held_bytes_max);
    let mut chunks = Chunks::default();
    let mut total = 0u64;
    let mut silence = Silence::default();
    let mut rest = None;
    loop {
        let may_pass = match reader.wants() {
            Wants::Whole => false,
            Wants::More => total >= bounds.held_bytes_max,
            Wants::Nothing => !is_short,
        };
        if may_pass {
            rest = Some(body);
            break;
        }
        let data = match next(&mut body, &mut silence, bounds.silence_max).await {
            Ok(Some(data)) => data,
            Ok(None) => break,
            Err(refusal) => return refused(refusal),
        };
        if memory.grow(data.len()) > bounds.memory_max {
            return refused(Refusal::memory_full());
        }
        total = total.saturating_add(data.len() as u64);
        reader.feed(&data);
        let bytes_max = match reader.wants() {
            Wants::Whole => bounds.bytes_max,
            Wants::More | Wants::Nothing => bounds.upload_bytes_max,
        };
        if total > bytes_max {
            return refused(Refusal::body_too_large(bytes_max));
        }
        let is_all = body.is_end_stream();
        if is_all && chunks.is_empty() {
            chunks.whole.push(data);
            break;
        }
        chunks.push(data);
        if is_all {
            break;
        }
    }
    let held = chunks.finish();
    Ok(Body { held, rest, memory })
}

/// Whether a body of at least so many bytes may be read.
fn may_come(
    announced: u64,
    bounds: Bounds,
    reader: &BodyReader,
    memory: &Held,
) -> Result<(), Refusal> {
    let bytes_max = if reader.is_upload() {
        bounds.upload_bytes_max
    } else {
        bounds.bytes_max
    };
    if announced > bytes_max {
        return Err(Refusal::body_too_large(bytes_max));
    }
    let to_hold = if reader.is_upload() { 0 } else { announced };
    if memory.all().saturating_add(to_hold) > bounds.memory_max {
        return Err(Refusal::memory_full());
    }
    Ok(())
}

/// Watches how long a client sends nothing.
#[derive(Debug, Default)]
struct Silence {
    since: Option<Instant>,
    timer: LazyTimer,
}

/// The next bytes of a body; `None` at its end.
async fn next(
    body: &mut Incoming,
    silence: &mut Silence,
    silence_max: Duration,
) -> Result<Option<Bytes>, Refusal> {
    let frame = poll_fn(|cx| {
        if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) {
            return Poll::Ready(Ok(frame));
        }
        let since = *silence.since.get_or_insert_with(clock::now);
        let waited = silence.timer.poll(cx, since + silence_max);
        waited.map(|()| Err(Refusal::body_timeout()))
    })
    .await?;
    silence.since = None;
    match frame {
        None => Ok(None),
        Some(Err(_)) => Err(Refusal::broken_body()),
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
    }
}

/// Pieces of a body, small ones gathered.
#[derive(Debug, Default)]
struct Chunks {
    whole: Vec<Bytes>,
    small: BytesMut,
}

impl Chunks {
    fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.small.is_empty()
    }

    fn push(&mut self, data: Bytes) {
        if data.len() < GATHER_BELOW_BYTES {
            self.small.extend_from_slice(&data);
        } else {
            self.seal();
            self.whole.push(data);
        }
    }

    fn seal(&mut self) {
        if !self.small.is_empty() {
            self.whole.push(self.small.split().freeze());
        }
    }

    fn finish(mut self) -> Vec<Bytes> {
        self.seal();
        self.whole
    }
}
