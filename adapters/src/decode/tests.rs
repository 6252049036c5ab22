use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::Encoder;

const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

fn encode(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder::new(coding.as_bytes()).unwrap();
    let mut encoded = Vec::new();
    encoder.push(body, &mut encoded).unwrap();
    encoder.finish(&mut encoded).unwrap();
    encoded
}

fn decode<'a>(
    coding: &str,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<DecodeFault>) {
    let (mut decoder, mut body) = (Decoder::new(coding.as_bytes()), Vec::new());
    for piece in pieces {
        decoder.push(piece, &mut |bytes| body.extend_from_slice(bytes));
    }
    (body, decoder.fault())
}

/// An answer of a few kilobytes that is neither constant nor random.
fn answer() -> Vec<u8> {
    let events = (0..400).map(|n| format!("data: {{\"n\":{n},\"x\":\"{}\"}}\n\n", n * n * 7919));
    events.collect::<String>().into_bytes()
}

#[test]
fn every_coding_is_taken_off_at_any_cut() {
    let body = answer();
    for coding in CODINGS {
        let encoded = encode(coding, &body);
        assert_eq!(
            decode(coding, [&encoded[..]]),
            (body.clone(), None),
            "{coding}"
        );
        assert_eq!(
            decode(coding, encoded.chunks(1)),
            (body.clone(), None),
            "{coding}"
        );
        for at in (0..encoded.len()).step_by(97) {
            let (head, tail) = encoded.split_at(at);
            assert_eq!(
                decode(coding, [head, tail]),
                (body.clone(), None),
                "{coding} at {at}"
            );
        }
    }
}

#[test]
fn streams_may_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<Decoder>();
    is_send::<Encoder>();
    is_send::<crate::Meter>();
    is_send::<crate::UsageStrip>();
}

#[test]
fn a_flushed_event_can_be_read_at_once() {
    for coding in CODINGS {
        let mut encoder = Encoder::new(coding.as_bytes()).unwrap();
        let mut decoder = Decoder::new(coding.as_bytes());
        for n in 0..50 {
            let event = format!("data: {n} {}\n\n", "x".repeat(n * 400));
            let (mut encoded, mut decoded) = (Vec::new(), Vec::new());
            encoder.push(event.as_bytes(), &mut encoded).unwrap();
            encoder.flush(&mut encoded).unwrap();
            decoder.push(&encoded, &mut |bytes| decoded.extend_from_slice(bytes));
            assert_eq!(String::from_utf8(decoded).unwrap(), event, "{coding}");
        }
    }
}

#[test]
fn deflate_without_its_wrapping_is_read_too() {
    let body = answer();
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(&body).unwrap();
    let encoded = encoder.finish().unwrap();
    assert_eq!(decode("deflate", [&encoded[..]]), (body.clone(), None));
    assert_eq!(decode("deflate", encoded.chunks(1)), (body, None));
}

#[test]
fn gzip_may_have_every_header_field_and_several_members() {
    let member = |text: &str| {
        let mut encoder = flate2::GzBuilder::new()
            .extra(vec![7; 300])
            .filename("name")
            .comment("comment")
            .write(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let encoded = [member("one "), member(""), member("two"), vec![0; 9]].concat();
    assert_eq!(
        decode("x-gzip", [&encoded[..]]),
        (b"one two".to_vec(), None)
    );
    assert_eq!(
        decode("GZIP", encoded.chunks(1)),
        (b"one two".to_vec(), None)
    );
}

#[test]
fn codings_on_top_of_each_other_come_off_in_order() {
    let body = answer();
    let encoded = encode("br", &encode("gzip", &body));
    assert_eq!(
        decode("gzip, identity, br", encoded.chunks(5)),
        (body, None)
    );
    assert_eq!(
        decode("gzip, br, zstd", [&b"x"[..]]).1,
        Some(DecodeFault::TooManyCodings)
    );
}

#[test]
fn an_unknown_coding_gives_a_fault_and_nothing_else() {
    assert_eq!(
        decode("snappy", [&b"x"[..]]),
        (vec![], Some(DecodeFault::UnknownCoding))
    );
    assert_eq!(decode("", [&b"x"[..]]), (b"x".to_vec(), None));
    assert!(Decoder::new(b"Identity").is_identity());
    assert!(!Decoder::new(b"snappy").is_identity());
}

#[test]
fn nothing_that_has_come_is_held_back_when_a_window_wraps() {
    let mut body: Vec<u8> = (0..=255).collect();
    body.resize(80 * 1024, b'x');
    for coding in CODINGS {
        let encoded = encode(coding, &body);
        for len in 0..=encoded.len() {
            let (came, _) = encoded.split_at(len);
            let (whole, fault) = decode(coding, [came]);
            assert_eq!(fault, None, "{coding} at {len}");
            let in_pieces = decode(coding, came.chunks(1)).0.len();
            assert_eq!(in_pieces, whole.len(), "{coding} at {len}");
        }
    }
}

#[test]
fn corrupt_bytes_give_a_fault_and_then_nothing() {
    for coding in CODINGS {
        let mut decoder = Decoder::new(coding.as_bytes());
        decoder.push(&[0xff; 64], &mut |_| {});
        assert_eq!(decoder.fault(), Some(DecodeFault::Corrupt), "{coding}");
        decoder.push(&encode(coding, b"fine"), &mut |_| {
            panic!("{coding} went on")
        });
    }
}

#[test]
fn a_zstd_window_beyond_8_mib_is_not_lent() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&answer()).unwrap();
    let encoded = encoder.finish().unwrap();
    assert_eq!(
        decode("zstd", [&encoded[..]]),
        (vec![], Some(DecodeFault::Corrupt))
    );
}

#[test]
fn a_bomb_is_dropped_when_its_ratio_shows() {
    for coding in ["br", "zstd"] {
        let mut encoder = Encoder::new(coding.as_bytes()).unwrap();
        let mut encoded = Vec::new();
        for _ in 0..64 {
            encoder.push(&vec![b'0'; 1 << 20], &mut encoded).unwrap();
        }
        encoder.finish(&mut encoded).unwrap();
        let (mut decoder, mut decoded) = (Decoder::new(coding.as_bytes()), 0);
        decoder.push(&encoded, &mut |bytes| decoded += bytes.len());
        assert_eq!(decoder.fault(), Some(DecodeFault::TooLarge), "{coding}");
        assert!(decoded <= 32 << 20, "{coding}: {decoded}");
    }
}

proptest! {
    #[test]
    fn broken_streams_never_panic(
        which in 0..CODINGS.len(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        size in 1..64_usize,
    ) {
        let mut encoded = encode(CODINGS[which], &answer());
        let at = at.index(encoded.len());
        encoded[at] = byte;
        let (body, _) = decode(CODINGS[which], encoded.chunks(size));
        prop_assert!(body.len() < 64 << 20);
    }
}
