//! A request body on its way out: what is held, which can be sent any number of times, and behind it what
//! is still arriving, which cannot.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest, Sha256};

use super::upload::{Upload, UploadFault};
use crate::metrics::Held;

/// Chunks of a body, shared between attempts without copying, and perhaps the rest of it as it arrives.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestBody {
    chunks: Chunks,
    at: usize,
    /// Held bytes to go.
    left: u64,
    rest: Option<Arc<Upload>>,
    /// Bytes of the rest that have gone.
    passed: u64,
    /// Given back with the last copy, when nothing can be sent again.
    _memory: Option<Arc<Held>>,
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
            left,
            ..Self::default()
        }
    }

    /// The same with the rest of the client's body behind it.
    pub(crate) fn followed_by(self, rest: Option<Arc<Upload>>) -> Self {
        Self { rest, ..self }
    }

    /// The same, with the memory that it takes.
    pub(crate) fn holding(self, memory: &Arc<Held>) -> Self {
        Self {
            _memory: (self.left > 0).then(|| Arc::clone(memory)),
            ..self
        }
    }

    /// Its length to go, bytes; `None` where the client has not said how long its body is.
    pub(crate) fn len(&self) -> Option<u64> {
        match &self.rest {
            None => Some(self.left),
            Some(rest) => {
                let rest = rest.announced()?.saturating_sub(self.passed);
                Some(self.left.saturating_add(rest))
            }
        }
    }

    /// The SHA-256 of all that is to be sent, when nothing has been; `None` where some of it is not here yet.
    pub(crate) fn sha256(&self) -> Option<[u8; 32]> {
        if self.rest.is_some() {
            return None;
        }
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
    type Error = UploadFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadFault>>> {
        if let Some(chunk) = self.chunk() {
            self.at += 1;
            self.left -= chunk.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        let Some(rest) = &self.rest else {
            return Poll::Ready(None);
        };
        let data = ready!(rest.poll_data(cx));
        if let Some(Ok(data)) = &data {
            self.passed = self.passed.saturating_add(data.len() as u64);
        }
        Poll::Ready(data.map(|data| data.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && self.rest.as_ref().is_none_or(|rest| rest.is_complete())
    }

    fn size_hint(&self) -> SizeHint {
        self.len()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
