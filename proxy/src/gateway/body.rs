//! What an answer's body is made of.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::cached::Replay;
use super::relay::{Cause, Relay};

/// An answer's body: our own words, or the provider's as they come.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// Ours, whole.
    Local(Bytes),
    /// A provider's.
    Relay(Box<Relay>),
    /// A provider's, given again.
    Kept(Box<Replay>),
}

/// Why an answer had to be broken off: the engine then closes the connection (h1) or resets the stream (h2).
#[derive(Debug, thiserror::Error)]
#[error("answer broken off: {0}")]
pub(crate) struct BrokenOff(pub(crate) Cause);

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match &mut *self {
            Self::Local(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Local(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Relay(relay) => relay.poll_frame(cx),
            Self::Kept(replay) => Poll::Ready(replay.piece().map(|piece| Ok(Frame::data(piece)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Local(bytes) => bytes.is_empty(),
            Self::Relay(relay) => relay.is_end_stream(),
            Self::Kept(replay) => replay.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Local(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Relay(relay) => relay.size_hint(),
            Self::Kept(replay) => replay.size_hint(),
        }
    }
}
