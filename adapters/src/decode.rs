//! Compressed answers, decoded as they stream by.
//!
//! Only the meter reads what comes out: the client gets the compressed bytes as the provider sent them. So a
//! coding that is unknown, broken or a bomb stops the metering and never the answer.

mod brotli;
mod gzip;

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, Operation as _};

use self::brotli::Brotli;
use gzip::Framing;

/// Codings on top of each other that are taken off. Nobody is known to send two.
const CODINGS_MAX: usize = 2;

/// Decoded bytes are handed on in pieces of at most this size, from one buffer a coding.
const PIECE_BYTES_MAX: usize = 8 * 1024;

/// Most decoded bytes of one answer that are looked at: 1 GiB.
pub const DECODED_BYTES_MAX: u64 = 1 << 30;

/// Decoded bytes up to which any ratio is fine: 16 MiB.
const UNSUSPICIOUS_BYTES: u64 = 16 << 20;

/// Most decoded bytes for one encoded byte beyond [`UNSUSPICIOUS_BYTES`]. Deflate cannot do better than 1032;
/// what the others do beyond 2000 is a single repeated byte.
const RATIO_MAX: u64 = 2000;

/// Largest zstd window, as a power of two: 8 MiB, which RFC 9659 makes the limit for HTTP.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Takes content codings off a body, cut anywhere.
///
/// Memory: for each coding one piece of 8 KiB and its window, allocated with the first byte: 32 KiB for
/// deflate and gzip, at most 8 MiB for zstd, at most 16 MiB for brotli, as the stream's header demands.
///
/// ```
/// use quotah_adapters::Decoder;
///
/// let (mut decoder, mut body) = (Decoder::new(b"identity"), Vec::new());
/// decoder.push(b"plain", &mut |bytes| body.extend_from_slice(bytes));
/// assert_eq!(body, b"plain");
/// assert_eq!(decoder.fault(), None);
/// ```
#[derive(Debug)]
pub struct Decoder {
    /// In the order in which they come off.
    stages: Vec<Stage>,
    encoded_bytes: u64,
    decoded_bytes: u64,
    fault: Option<DecodeFault>,
}

/// Why a body could not be decoded, or not to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// A coding that is none of ours.
    #[error("unknown content coding")]
    UnknownCoding,
    /// More codings on top of each other than 2.
    #[error("too many content codings")]
    TooManyCodings,
    /// The bytes are not what the coding says, or its window is larger than we lend.
    #[error("content coding is corrupt")]
    Corrupt,
    /// Beyond 1 GiB, or beyond 16 MiB at more than 2000 for one.
    #[error("decoded body is too large")]
    TooLarge,
}

impl Decoder {
    /// A decoder for a body with this `content-encoding`, empty if there is none.
    #[must_use]
    pub fn new(content_encoding: &[u8]) -> Self {
        let mut decoder = Self {
            stages: Vec::new(),
            encoded_bytes: 0,
            decoded_bytes: 0,
            fault: None,
        };
        for name in content_encoding.split(|&byte| byte == b',').rev() {
            let name = name.trim_ascii();
            if name.is_empty() || name.eq_ignore_ascii_case(b"identity") {
                continue;
            }
            match Coding::named(name) {
                None => decoder.fault = Some(DecodeFault::UnknownCoding),
                Some(_) if decoder.stages.len() >= CODINGS_MAX => {
                    decoder.fault = Some(DecodeFault::TooManyCodings);
                }
                Some(coding) => decoder.stages.push(Stage::Unopened(coding)),
            }
        }
        decoder
    }

    /// Whether there is no coding to take off: what is pushed comes out as it is.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.stages.is_empty() && self.fault.is_none()
    }

    /// Takes encoded bytes and gives what they decode to, in pieces. After a fault it gives nothing.
    pub fn push(&mut self, bytes: &[u8], out: &mut dyn FnMut(&[u8])) {
        if self.fault.is_some() {
            return;
        }
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.encoded_bytes = self.encoded_bytes.saturating_add(len);
        let allowance = self
            .encoded_bytes
            .saturating_mul(RATIO_MAX)
            .max(UNSUSPICIOUS_BYTES);
        let allowance = allowance.min(DECODED_BYTES_MAX);
        let decoded = &mut self.decoded_bytes;
        let mut counted = |piece: &[u8]| {
            let len = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            *decoded = decoded.saturating_add(len);
            if *decoded > allowance {
                return Err(DecodeFault::TooLarge);
            }
            out(piece);
            Ok(())
        };
        if let Err(fault) = push_through(&mut self.stages, bytes, &mut counted) {
            self.fault = Some(fault);
            self.stages = Vec::new();
        }
    }

    /// Why nothing more comes out, if that is so.
    #[must_use]
    pub const fn fault(&self) -> Option<DecodeFault> {
        self.fault
    }
}

type Out<'a> = dyn FnMut(&[u8]) -> Result<(), DecodeFault> + 'a;

fn push_through(stages: &mut [Stage], bytes: &[u8], out: &mut Out<'_>) -> Result<(), DecodeFault> {
    match stages.split_first_mut() {
        None => out(bytes),
        Some((stage, inner)) => stage.push(bytes, &mut |piece| push_through(inner, piece, out)),
    }
}

/// A content coding by its registered name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let name = name.trim_ascii();
        let is = |coding: &[u8]| name.eq_ignore_ascii_case(coding);
        match () {
            () if is(b"gzip") || is(b"x-gzip") => Some(Self::Gzip),
            () if is(b"deflate") => Some(Self::Deflate),
            () if is(b"br") => Some(Self::Brotli),
            () if is(b"zstd") => Some(Self::Zstd),
            () => None,
        }
    }
}

/// One coding being taken off.
enum Stage {
    /// Before its first byte.
    Unopened(Coding),
    Inflate {
        framing: Framing,
        inflate: Decompress,
        piece: Box<[u8]>,
    },
    Brotli {
        brotli: Box<Brotli>,
        piece: Box<[u8]>,
    },
    Zstd {
        zstd: ZstdDecoder<'static>,
        piece: Box<[u8]>,
    },
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unopened(_) => "Unopened",
            Self::Inflate { .. } => "Inflate",
            Self::Brotli { .. } => "Brotli",
            Self::Zstd { .. } => "Zstd",
        })
    }
}

/// What one step of a decoder did.
struct Step {
    read: usize,
    written: usize,
    /// The stream, or this member of it, has ended.
    is_end: bool,
}

impl Stage {
    fn open(coding: Coding) -> Result<Self, DecodeFault> {
        let piece = vec![0; PIECE_BYTES_MAX].into_boxed_slice();
        Ok(match coding {
            Coding::Gzip | Coding::Deflate => Self::Inflate {
                framing: if coding == Coding::Gzip {
                    Framing::gzip()
                } else {
                    Framing::Deflate
                },
                inflate: Decompress::new(false),
                piece,
            },
            Coding::Brotli => Self::Brotli {
                brotli: Box::new(Brotli::new()),
                piece,
            },
            Coding::Zstd => {
                let mut zstd = ZstdDecoder::new().map_err(|_| DecodeFault::Corrupt)?;
                zstd.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG_MAX))
                    .map_err(|_| DecodeFault::Corrupt)?;
                Self::Zstd { zstd, piece }
            }
        })
    }

    fn push(&mut self, mut bytes: &[u8], out: &mut Out<'_>) -> Result<(), DecodeFault> {
        if let Self::Unopened(coding) = *self {
            if bytes.is_empty() {
                return Ok(());
            }
            *self = Self::open(coding)?;
        }
        loop {
            let (step, piece) = match self {
                Self::Unopened(_) => return Ok(()),
                Self::Inflate {
                    framing,
                    inflate,
                    piece,
                } => {
                    bytes = framing.unwrap_head(bytes, inflate)?;
                    if !framing.is_in_body() {
                        return Ok(());
                    }
                    let step = inflate_step(inflate, bytes, piece)?;
                    if step.is_end {
                        framing.end_body();
                    }
                    (step, piece)
                }
                Self::Brotli { brotli, piece } => (brotli.step(bytes, piece)?, piece),
                Self::Zstd { zstd, piece } => (zstd_step(zstd, bytes, piece)?, piece),
            };
            bytes = bytes.get(step.read..).unwrap_or_default();
            out(piece.get(..step.written).unwrap_or_default())?;
            // Whatever was written may have more behind it, even when all input has been taken: inflate stops
            // where its window wraps, with a piece that is not full and a match half copied.
            if bytes.is_empty() && step.written == 0 {
                return Ok(());
            }
            if step.read == 0 && step.written == 0 && !step.is_end {
                return Err(DecodeFault::Corrupt);
            }
        }
    }
}

fn inflate_step(
    inflate: &mut Decompress,
    bytes: &[u8],
    piece: &mut [u8],
) -> Result<Step, DecodeFault> {
    let (read, written) = (inflate.total_in(), inflate.total_out());
    let status = inflate
        .decompress(bytes, piece, FlushDecompress::None)
        .map_err(|_| DecodeFault::Corrupt)?;
    let since = |now: u64, before: u64| usize::try_from(now.saturating_sub(before)).unwrap_or(0);
    Ok(Step {
        read: since(inflate.total_in(), read),
        written: since(inflate.total_out(), written),
        is_end: status == Status::StreamEnd,
    })
}

fn zstd_step(
    zstd: &mut ZstdDecoder<'static>,
    bytes: &[u8],
    piece: &mut [u8],
) -> Result<Step, DecodeFault> {
    let status = zstd
        .run_on_buffers(bytes, piece)
        .map_err(|_| DecodeFault::Corrupt)?;
    Ok(Step {
        read: status.bytes_read,
        written: status.bytes_written,
        is_end: status.remaining == 0,
    })
}

#[cfg(test)]
mod tests;
