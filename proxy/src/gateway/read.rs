//! The request's body, read once, kept replayable.
//!
//! Each piece is shown to the scanner as it arrives, so that a megabyte is scanned once and never copied.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use hyper::body::Incoming;

use super::io::{ConnState, LazyTimer};
use super::refuse::Refusal;
use crate::clock;

/// Frames below this are gathered: a body of one-byte chunks must not cost a handle each.
const GATHER_BELOW_BYTES: usize = 2 * 1024;

/// Bounds of one body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes_max: u64,
    pub(crate) silence_max: Duration,
}

/// Reads `body` to its end, showing every piece to `see`.
///
/// # Errors
/// 413 over the bound (before reading when announced), 408 after too long a silence, 400 for broken framing.
pub(crate) async fn read(
    mut body: Incoming,
    conn: &ConnState,
    bounds: Bounds,
    mut see: impl FnMut(&[u8]),
) -> Result<Vec<Bytes>, Refusal> {
    if body.is_end_stream() {
        return Ok(Vec::new());
    }
    let refused = |refusal| {
        conn.left_unread.store(true, Ordering::Relaxed);
        Err(refusal)
    };
    if body.size_hint().lower() > bounds.bytes_max {
        return refused(Refusal::body_too_large(bounds.bytes_max));
    }
    let mut chunks = Chunks::default();
    let mut total = 0u64;
    let mut timer = LazyTimer::default();
    let mut silent_since = None;
    loop {
        let frame = poll_fn(|cx| {
            if let Poll::Ready(frame) = Pin::new(&mut body).poll_frame(cx) {
                return Poll::Ready(Ok(frame));
            }
            let since = *silent_since.get_or_insert_with(clock::now);
            timer
                .poll(cx, since + bounds.silence_max)
                .map(|()| Err(Refusal::body_timeout()))
        })
        .await;
        let data = match frame {
            Err(refusal) => return refused(refusal),
            Ok(None) => break,
            Ok(Some(Err(_))) => return refused(Refusal::broken_body()),
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        };
        silent_since = None;
        total = total.saturating_add(data.len() as u64);
        if total > bounds.bytes_max {
            return refused(Refusal::body_too_large(bounds.bytes_max));
        }
        see(&data);
        if body.is_end_stream() && chunks.is_empty() {
            return Ok(vec![data]);
        }
        chunks.push(data);
    }
    Ok(chunks.finish())
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
