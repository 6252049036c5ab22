//! Content codings that can be flushed after every event, as providers do for compressed streams.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::directives::Encoding;

/// Encodes `pieces` as one stream, flushed after each, so that each can be decoded when it has arrived.
///
/// # Errors
/// What the encoder said; none is known to occur when writing to memory.
pub(super) fn encode(encoding: Encoding, pieces: &[Bytes]) -> io::Result<Vec<Bytes>> {
    let mut encoder = Encoder::new(encoding)?;
    let mut encoded = Vec::with_capacity(pieces.len());
    for (index, piece) in pieces.iter().enumerate() {
        encoder.write_all(piece)?;
        if index + 1 < pieces.len() {
            encoder.flush()?;
            encoded.push(Bytes::from(std::mem::take(encoder.output())));
        }
    }
    encoded.push(Bytes::from(encoder.finish()?));
    Ok(encoded)
}

enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zlib(ZlibEncoder<Vec<u8>>),
    Deflate(DeflateEncoder<Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    fn new(encoding: Encoding) -> io::Result<Self> {
        let level = Compression::default();
        Ok(match encoding {
            Encoding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), level)),
            Encoding::Deflate => Self::Zlib(ZlibEncoder::new(Vec::new(), level)),
            Encoding::DeflateRaw => Self::Deflate(DeflateEncoder::new(Vec::new(), level)),
            Encoding::Brotli => Self::Brotli(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                4096,
                5,
                22,
            ))),
            Encoding::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), 3)?),
        })
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(e) => e.write_all(bytes),
            Self::Zlib(e) => e.write_all(bytes),
            Self::Deflate(e) => e.write_all(bytes),
            Self::Brotli(e) => e.write_all(bytes),
            Self::Zstd(e) => e.write_all(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(e) => e.flush(),
            Self::Zlib(e) => e.flush(),
            Self::Deflate(e) => e.flush(),
            Self::Brotli(e) => e.flush(),
            Self::Zstd(e) => e.flush(),
        }
    }

    fn output(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Gzip(e) => e.get_mut(),
            Self::Zlib(e) => e.get_mut(),
            Self::Deflate(e) => e.get_mut(),
            Self::Brotli(e) => e.get_mut(),
            Self::Zstd(e) => e.get_mut(),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(e) => e.finish(),
            Self::Zlib(e) => e.finish(),
            Self::Deflate(e) => e.finish(),
            Self::Brotli(e) => Ok(e.into_inner()),
            Self::Zstd(e) => e.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn decode(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match encoding {
            Encoding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut out),
            Encoding::Deflate => flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut out),
            Encoding::DeflateRaw => flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut out),
            Encoding::Brotli => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut out),
            Encoding::Zstd => zstd::stream::read::Decoder::new(bytes)
                .unwrap()
                .read_to_end(&mut out),
        }
        .unwrap();
        out
    }

    #[test]
    fn every_coding_comes_back_as_it_was_and_flushes_each_piece() {
        let pieces = [
            Bytes::from_static(b"data: one\n\n"),
            Bytes::from_static(b"data: two\n\n"),
        ];
        for encoding in [
            Encoding::Gzip,
            Encoding::Deflate,
            Encoding::DeflateRaw,
            Encoding::Brotli,
            Encoding::Zstd,
        ] {
            let encoded = encode(encoding, &pieces).unwrap();
            assert_eq!(encoded.len(), 2, "{encoding:?}");
            assert!(
                !encoded[0].is_empty(),
                "{encoding:?} holds the first piece back"
            );
            assert_eq!(
                decode(encoding, &encoded.concat()),
                pieces.concat(),
                "{encoding:?}"
            );
        }
    }
}
