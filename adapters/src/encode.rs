//! Content codings put on again.
//!
//! For one case only: a client that accepts compressed streams did not ask for usage, so our own chunk was taken
//! out of the decoded stream. The levels are the fast ones: a stream is flushed after every event anyway.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use crate::decode::Coding;

const DEFLATE_LEVEL: u32 = 3;
const BROTLI_QUALITY: u32 = 3;
/// As a power of two: 256 KiB.
const BROTLI_WINDOW_LOG: u32 = 18;
const BROTLI_BUFFER_BYTES: usize = 4096;
const ZSTD_LEVEL: i32 = 1;

/// Puts a content coding on a body that comes in pieces.
///
/// ```
/// use quotah_adapters::{Decoder, Encoder};
///
/// let mut encoder = Encoder::new(b"gzip").ok_or("no such coding")?;
/// let mut encoded = Vec::new();
/// encoder.push(b"data: 1\n\n", &mut encoded)?;
/// encoder.flush(&mut encoded)?;
/// let mut body = Vec::new();
/// Decoder::new(b"gzip").push(&encoded, &mut |bytes| body.extend_from_slice(bytes));
/// assert_eq!(body, b"data: 1\n\n");
/// encoder.finish(&mut encoded)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Encoder {
    writer: Writer,
}

enum Writer {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

/// The coding's library gave up, which for bytes in memory means that it has no memory.
#[derive(Debug, thiserror::Error)]
#[error("content could not be encoded: {0}")]
pub struct EncodeError(#[from] io::Error);

impl Encoder {
    /// An encoder for one coding; `None` if it is unknown, `identity`, or more than one.
    #[must_use]
    pub fn new(content_encoding: &[u8]) -> Option<Self> {
        let writer = match Coding::named(content_encoding)? {
            Coding::Gzip => {
                Writer::Gzip(GzEncoder::new(Vec::new(), Compression::new(DEFLATE_LEVEL)))
            }
            Coding::Deflate => Writer::Deflate(ZlibEncoder::new(
                Vec::new(),
                Compression::new(DEFLATE_LEVEL),
            )),
            Coding::Brotli => Writer::Brotli(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                BROTLI_BUFFER_BYTES,
                BROTLI_QUALITY,
                BROTLI_WINDOW_LOG,
            ))),
            Coding::Zstd => {
                Writer::Zstd(zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL).ok()?)
            }
        };
        Some(Self { writer })
    }

    /// Encodes `bytes`; what is ready is appended to `out`, which may be nothing before the next flush.
    ///
    /// # Errors
    /// [`EncodeError`] if the library fails; the stream cannot go on then.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.io().write_all(bytes)?;
        self.give(out);
        Ok(())
    }

    /// Appends all that is needed to decode what was pushed so far: call it after each event.
    ///
    /// # Errors
    /// [`EncodeError`] if the library fails; the stream cannot go on then.
    pub fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.io().flush()?;
        self.give(out);
        Ok(())
    }

    /// Ends the stream and appends the rest of it.
    ///
    /// # Errors
    /// [`EncodeError`] if the library fails.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.append(&mut match self.writer {
            Writer::Gzip(writer) => writer.finish()?,
            Writer::Deflate(writer) => writer.finish()?,
            Writer::Brotli(writer) => writer.into_inner(),
            Writer::Zstd(writer) => writer.finish()?,
        });
        Ok(())
    }

    fn io(&mut self) -> &mut dyn Write {
        match &mut self.writer {
            Writer::Gzip(writer) => writer,
            Writer::Deflate(writer) => writer,
            Writer::Brotli(writer) => writer,
            Writer::Zstd(writer) => writer,
        }
    }

    fn give(&mut self, out: &mut Vec<u8>) {
        out.append(match &mut self.writer {
            Writer::Gzip(writer) => writer.get_mut(),
            Writer::Deflate(writer) => writer.get_mut(),
            Writer::Brotli(writer) => writer.get_mut(),
            Writer::Zstd(writer) => writer.get_mut(),
        });
    }
}
