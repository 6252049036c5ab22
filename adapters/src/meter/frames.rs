//! Answers in AWS event streams: each frame's payload is a JSON text, or holds one as base64.

use super::Text;
use crate::eventstream::chunk::Chunk;
use crate::eventstream::{Frames, Head, Sink as FrameSink};
use crate::sse::Sink as _;

/// Reads the texts in an event stream.
#[derive(Debug)]
pub(super) struct FrameReader {
    frames: Frames,
    chunk: Chunk,
    is_broken: bool,
}

impl FrameReader {
    pub(super) fn new() -> Self {
        Self {
            frames: Frames::new(),
            chunk: Chunk::new(),
            is_broken: false,
        }
    }

    pub(super) fn feed(&mut self, bytes: &[u8], text: &mut Text) {
        if self.is_broken {
            return;
        }
        let chunk = &mut self.chunk;
        if self.frames.feed(bytes, &mut Frame { text, chunk }).is_err() {
            self.is_broken = true;
            text.book.fault();
        }
    }

    /// Whether all frames so far are whole.
    pub(super) fn is_between(&self) -> bool {
        self.frames.is_between()
    }

    /// The stream has ended as its framing says. Where nothing else says that the answer is complete, a reason
    /// for its end does: not every model's last chunk has metrics.
    pub(super) fn finish(&self, text: &mut Text) {
        if self.is_between() {
            if text.book.has_stopped() {
                text.book.finish();
            }
        } else if !self.is_broken {
            text.book.fault();
        }
    }
}

/// Takes the frames of one feeding.
struct Frame<'a> {
    text: &'a mut Text,
    chunk: &'a mut Chunk,
}

/// What a frame's payload is.
enum Kind {
    Json,
    Chunk,
    /// Its headers say it all: the message may quote the prompt.
    Exception,
}

fn kind(head: &Head) -> Kind {
    match (head.message_type(), head.event_type()) {
        (b"exception" | b"error", _) => Kind::Exception,
        (_, b"chunk") => Kind::Chunk,
        _ => Kind::Json,
    }
}

impl FrameSink for Frame<'_> {
    fn begin(&mut self, _: &Head) {}

    fn payload(&mut self, piece: &[u8], head: &Head) {
        let text = &mut *self.text;
        match kind(head) {
            Kind::Json => text.data(piece),
            Kind::Chunk => self.chunk.feed(piece, &mut |piece| text.data(piece)),
            Kind::Exception => {}
        }
    }

    fn end(&mut self, head: &Head) {
        match kind(head) {
            Kind::Json => {}
            Kind::Chunk => {
                if self.chunk.finish().is_err() {
                    self.text.book.fault();
                }
            }
            Kind::Exception => {
                self.text
                    .book
                    .failed(head.exception_type(), head.error_code());
            }
        }
        self.text.end_event(head.event_type());
        self.text.book.event_ended(head.event_type());
    }
}
