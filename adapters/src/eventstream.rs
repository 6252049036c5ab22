//! AWS event streams: binary frames, taken apart as their bytes arrive.
//!
//! A frame is, all numbers big-endian (documented in the Amazon Transcribe developer guide, "Event stream
//! encoding", read 2026-11; all 62 recorded streams of Bedrock are laid out so):
//!
//! | bytes | what |
//! |---|---|
//! | 4 | length of the whole frame |
//! | 4 | length of the headers |
//! | 4 | CRC-32 (IEEE) of the eight bytes before |
//! | … | headers: a byte of length, the name, a byte of type, the value |
//! | … | payload |
//! | 4 | CRC-32 of all before |
//!
//! Nothing is collected: a payload goes to a [`Sink`] in the pieces in which it came, and of the headers only the
//! names that say what a frame is are kept. So a frame may be megabytes.

pub(crate) mod chunk;
mod head;
#[cfg(test)]
pub(crate) mod tests;

pub use head::Head;

use crc32fast::Hasher;
use head::Headers;

/// Bytes before a frame's headers.
const PRELUDE_BYTES: usize = 12;

/// Bytes of either checksum.
const CRC_BYTES: usize = 4;

/// Most bytes of headers that a frame may have: what AWS's own Python reader takes (botocore's
/// `eventstream.py`, read 2026-11).
pub const HEADERS_BYTES_MAX: usize = 128 * 1024;

/// Most bytes of payload that a frame may have: as [`HEADERS_BYTES_MAX`].
pub const PAYLOAD_BYTES_MAX: usize = 24 * 1024 * 1024;

/// Least bytes of a frame, which then has neither headers nor payload.
pub(crate) const FRAME_BYTES_MIN: usize = PRELUDE_BYTES + CRC_BYTES;

/// Most bytes of a frame.
pub(crate) const FRAME_BYTES_MAX: usize = FRAME_BYTES_MIN + HEADERS_BYTES_MAX + PAYLOAD_BYTES_MAX;

/// Takes what [`Frames`] finds.
pub trait Sink {
    /// A frame's headers are complete; its payload follows, and it may turn out to be broken.
    fn begin(&mut self, head: &Head);
    /// A piece of the frame's payload.
    fn payload(&mut self, piece: &[u8], head: &Head);
    /// The frame is complete and as its sender wrote it.
    fn end(&mut self, head: &Head);
}

/// The bytes are no event stream: a length or a checksum is wrong. Nothing that follows can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The checksum of a frame's two lengths is another.
    #[error("wrong checksum of an event's lengths")]
    PreludeCrc,
    /// A frame is shorter than its parts, or longer than any may be.
    #[error("impossible length of an event")]
    Length,
    /// Headers end in the middle of one, or have a type that does not exist.
    #[error("ill-formed headers of an event")]
    Headers,
    /// The checksum of a whole frame is another.
    #[error("wrong checksum of an event")]
    FrameCrc,
}

/// Splits a stream of bytes, cut anywhere, into frames.
///
/// ```
/// use quotah_adapters::eventstream::{Frames, Head, Sink, exception};
///
/// #[derive(Default)]
/// struct Count(usize);
/// impl Sink for Count {
///     fn begin(&mut self, _: &Head) {}
///     fn payload(&mut self, _: &[u8], _: &Head) {}
///     fn end(&mut self, head: &Head) {
///         assert_eq!(head.exception_type(), b"throttlingException");
///         self.0 += 1;
///     }
/// }
///
/// let (mut frames, mut count) = (Frames::new(), Count::default());
/// for byte in exception("throttlingException", "{}") {
///     frames.feed(&[byte], &mut count)?;
/// }
/// assert_eq!((count.0, frames.is_between()), (1, true));
/// # Ok::<(), quotah_adapters::eventstream::Fault>(())
/// ```
#[derive(Debug, Clone)]
pub struct Frames {
    place: Place,
    /// The prelude or the last checksum, as far as it has come.
    fixed: [u8; PRELUDE_BYTES],
    fixed_len: usize,
    crc: Hasher,
    headers: Headers,
    payload_left: usize,
}

/// Where in a frame the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Prelude,
    Headers,
    Payload,
    Crc,
    Broken(Fault),
}

impl Default for Frames {
    fn default() -> Self {
        Self::new()
    }
}

impl Frames {
    /// A reader at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            place: Place::Prelude,
            fixed: [0; PRELUDE_BYTES],
            fixed_len: 0,
            crc: Hasher::new(),
            headers: Headers::default(),
            payload_left: 0,
        }
    }

    /// Whether the bytes so far are whole frames.
    #[must_use]
    pub fn is_between(&self) -> bool {
        self.place == Place::Prelude && self.fixed_len == 0
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// [`Fault`] for what is wrong with them, and the same again for all that follows.
    pub fn feed(&mut self, mut bytes: &[u8], sink: &mut impl Sink) -> Result<(), Fault> {
        if let Place::Broken(fault) = self.place {
            return Err(fault);
        }
        while !bytes.is_empty() {
            let step = match self.place {
                Place::Prelude => self.prelude(bytes, sink),
                Place::Headers => self.header_bytes(bytes, sink),
                Place::Payload => Ok(self.payload(bytes, sink)),
                Place::Crc => self.frame_crc(bytes, sink),
                Place::Broken(fault) => Err(fault),
            };
            bytes = step.inspect_err(|&fault| self.place = Place::Broken(fault))?;
        }
        Ok(())
    }

    /// Collects a part of fixed length; gives the bytes behind, and whether it is whole.
    fn collect<'a>(&mut self, len: usize, bytes: &'a [u8]) -> (&'a [u8], bool) {
        let wanted = len.saturating_sub(self.fixed_len).min(bytes.len());
        let (head, behind) = bytes.split_at_checked(wanted).unwrap_or_default();
        let free = self.fixed.get_mut(self.fixed_len..).unwrap_or_default();
        for (to, from) in free.iter_mut().zip(head) {
            *to = *from;
        }
        self.fixed_len = self.fixed_len.saturating_add(wanted);
        let is_whole = self.fixed_len == len;
        if is_whole {
            self.fixed_len = 0;
        }
        (behind, is_whole)
    }

    fn prelude<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> Result<&'a [u8], Fault> {
        let (behind, is_whole) = self.collect(PRELUDE_BYTES, bytes);
        if !is_whole {
            return Ok(behind);
        }
        let [a, b, c, d, e, f, g, h, i, j, k, l] = self.fixed;
        let (frame, headers) = ([a, b, c, d], [e, f, g, h]);
        self.crc = Hasher::new();
        self.crc.update(&[a, b, c, d, e, f, g, h]);
        if self.crc.clone().finalize() != u32::from_be_bytes([i, j, k, l]) {
            return Err(Fault::PreludeCrc);
        }
        self.crc.update(&[i, j, k, l]);
        let length = |bytes| usize::try_from(u32::from_be_bytes(bytes)).map_err(|_| Fault::Length);
        let (frame, headers) = (length(frame)?, length(headers)?);
        let around = headers.saturating_add(PRELUDE_BYTES + CRC_BYTES);
        let payload = frame.checked_sub(around).ok_or(Fault::Length)?;
        if headers > HEADERS_BYTES_MAX || payload > PAYLOAD_BYTES_MAX {
            return Err(Fault::Length);
        }
        self.payload_left = payload;
        self.headers = Headers::of(headers);
        self.place = Place::Headers;
        self.begin_if_headed(sink)?;
        Ok(behind)
    }

    /// Goes on to the payload once all headers are there.
    fn begin_if_headed(&mut self, sink: &mut impl Sink) -> Result<(), Fault> {
        if self.headers.left() == 0 {
            sink.begin(self.headers.finish()?);
            self.place = if self.payload_left == 0 {
                Place::Crc
            } else {
                Place::Payload
            };
        }
        Ok(())
    }

    fn header_bytes<'a>(
        &mut self,
        bytes: &'a [u8],
        sink: &mut impl Sink,
    ) -> Result<&'a [u8], Fault> {
        let len = self.headers.left().min(bytes.len());
        let (piece, behind) = bytes.split_at_checked(len).unwrap_or_default();
        self.crc.update(piece);
        self.headers.feed(piece)?;
        self.begin_if_headed(sink)?;
        Ok(behind)
    }

    fn payload<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        let len = self.payload_left.min(bytes.len());
        let (piece, behind) = bytes.split_at_checked(len).unwrap_or_default();
        self.crc.update(piece);
        sink.payload(piece, self.headers.head());
        self.payload_left = self.payload_left.saturating_sub(len);
        if self.payload_left == 0 {
            self.place = Place::Crc;
        }
        behind
    }

    fn frame_crc<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> Result<&'a [u8], Fault> {
        let (behind, is_whole) = self.collect(CRC_BYTES, bytes);
        if is_whole {
            let [a, b, c, d, ..] = self.fixed;
            if self.crc.clone().finalize() != u32::from_be_bytes([a, b, c, d]) {
                return Err(Fault::FrameCrc);
            }
            self.place = Place::Prelude;
            sink.end(self.headers.head());
        }
        Ok(behind)
    }
}

/// A frame that tells a stream's reader of an exception, by its type in the service's model
/// (`throttlingException`) and with a payload in JSON. SDKs raise it where they meet it.
#[must_use]
pub fn exception(kind: &str, json: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [
        (":message-type", "exception"),
        (":exception-type", kind),
        (":content-type", "application/json"),
    ] {
        head::write(name, value, &mut headers);
    }
    let around = PRELUDE_BYTES + CRC_BYTES;
    let length = headers
        .len()
        .saturating_add(json.len())
        .saturating_add(around);
    let be = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut frame = [be(length), be(headers.len())].concat();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(json.as_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}
