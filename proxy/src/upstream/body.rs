//! A request body that was read once and can be sent any number of times.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest, Sha256};

/// Chunks of a whole body, shared between attempts without copying.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestBody {
    chunks: Chunks,
    at: usize,
    left: u64,
}

#[derive(Debug, Clone, Default)]
enum Chunks {
    #[default]
    None,
    One(Bytes),
    Many(Arc<[Bytes]>),
}

impl RequestBody {
    /// A body of these chunks.
    pub(crate) fn new(chunks: Vec<Bytes>) -> Self {
        let left = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let mut chunks = chunks;
        let chunks = match chunks.len() {
            0 => Chunks::None,
            1 => chunks.pop().map_or(Chunks::None, Chunks::One),
            _ => Chunks::Many(chunks.into()),
        };
        Self {
            chunks,
            at: 0,
            left,
        }
    }

    /// Its whole length, bytes, when nothing has been sent.
    pub(crate) fn len(&self) -> u64 {
        self.left
    }

    /// The SHA-256 of all that is to be sent, when nothing has been; `None` where some of it is not here yet.
    pub(crate) fn sha256(&self) -> Option<[u8; 32]> {
        let mut hash = Sha256::new();
        match &self.chunks {
            Chunks::None => {}
            Chunks::One(chunk) => hash.update(chunk),
            Chunks::Many(chunks) => chunks.iter().for_each(|chunk| hash.update(chunk)),
        }
        Some(hash.finalize().into())
    }

    fn chunk(&self) -> Option<Bytes> {
        match &self.chunks {
            Chunks::None => None,
            Chunks::One(chunk) => (self.at == 0).then(|| chunk.clone()),
            Chunks::Many(chunks) => chunks.get(self.at).cloned(),
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = self.chunk();
        if let Some(chunk) = &chunk {
            self.at += 1;
            self.left -= chunk.len() as u64;
        }
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
