//! No compressed body breaks the decoder, makes it give more than its bound, or decodes otherwise in pieces.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quotah_adapters::{DecodeFault, Decoder};
use quotah_fuzz::Input;

/// In the order that corpora rely on.
const CODINGS: [&str; 10] = [
    "gzip",
    "deflate",
    "br",
    "zstd",
    "",
    "gzip, br",
    "deflate, identity, gzip",
    "zstd,zstd",
    "gzip, gzip, gzip",
    "compress",
];

/// What the decoder promises of its pieces and of its sum.
const PIECE_BYTES_MAX: usize = 8 * 1024;
const UNSUSPICIOUS_BYTES: u64 = 16 << 20;
const RATIO_MAX: u64 = 2000;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    let coding = input.choose(&CODINGS);
    let whole = decode(coding, [input.body]);
    let bound = (RATIO_MAX * input.body.len() as u64).max(UNSUSPICIOUS_BYTES);
    assert!(
        whole.bytes <= bound,
        "{} bytes of {}",
        whole.bytes,
        input.body.len()
    );
    // A fault may come a piece sooner or later: only what decodes to its end is the same in every cut.
    let pieces = decode(coding, input.pieces());
    assert_eq!(pieces.fault, whole.fault);
    if whole.fault.is_none() {
        assert_eq!(pieces, whole);
    }
    if coding.is_empty() {
        assert_eq!((whole.bytes, whole.fault), (input.body.len() as u64, None));
        assert_eq!(whole.checksum, crc32fast::hash(input.body));
    }
});

#[derive(Debug, PartialEq, Eq)]
struct Decoded {
    bytes: u64,
    checksum: u32,
    fault: Option<DecodeFault>,
}

fn decode<'a>(coding: &str, pieces: impl IntoIterator<Item = &'a [u8]>) -> Decoded {
    let mut decoder = Decoder::new(coding.as_bytes());
    let (mut bytes, mut hasher) = (0, crc32fast::Hasher::new());
    let is_identity = decoder.is_identity();
    for piece in pieces {
        decoder.push(piece, &mut |decoded| {
            assert!(is_identity || decoded.len() <= PIECE_BYTES_MAX);
            bytes += decoded.len() as u64;
            hasher.update(decoded);
        });
    }
    Decoded {
        bytes,
        checksum: hasher.finalize(),
        fault: decoder.fault(),
    }
}
