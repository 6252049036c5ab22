use proptest::prelude::*;

use super::*;

/// Everything that a reader has told.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Told {
    begun: Vec<Head>,
    payload: Vec<u8>,
    ended: Vec<Vec<u8>>,
}

impl Sink for Told {
    fn begin(&mut self, head: &Head) {
        self.payload.clear();
        self.begun.push(head.clone());
    }

    fn payload(&mut self, piece: &[u8], head: &Head) {
        assert_eq!(self.begun.last(), Some(head));
        self.payload.extend_from_slice(piece);
    }

    fn end(&mut self, head: &Head) {
        assert_eq!(self.begun.last(), Some(head));
        self.ended.push(self.payload.clone());
    }
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Told, Result<(), Fault>, bool) {
    let (mut frames, mut told) = (Frames::new(), Told::default());
    let mut result = Ok(());
    for piece in pieces {
        let fed = frames.feed(piece, &mut told);
        result = result.and(fed);
    }
    (told, result, frames.is_between())
}

/// A frame around headers that are written already.
pub(crate) fn frame(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + headers.len() + payload.len()).unwrap();
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend(u32::try_from(headers.len()).unwrap().to_be_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend([headers, payload].concat());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

pub(crate) fn text(name: &str, value: &str) -> Vec<u8> {
    let mut header = Vec::new();
    head::write(name, value, &mut header);
    header
}

#[test]
fn an_exception_that_we_write_reads_back() {
    let (told, result, is_between) =
        read([&exception("throttlingException", "{\"message\":\"é\"}")[..]]);
    assert_eq!((result, is_between), (Ok(()), true));
    let head = &told.begun[0];
    assert_eq!(head.message_type(), b"exception");
    assert_eq!(head.exception_type(), b"throttlingException");
    assert_eq!((head.event_type(), head.error_code()), (&b""[..], &b""[..]));
    assert_eq!(told.ended, ["{\"message\":\"é\"}".as_bytes()]);
}

#[test]
fn the_published_example_of_an_empty_frame_is_read() {
    // The smallest frame of the test vectors that AWS's SDKs share ("empty_message").
    let empty = [
        0, 0, 0, 0x10, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff,
    ];
    let (told, result, is_between) = read([&empty[..]]);
    assert_eq!((result, is_between), (Ok(()), true));
    assert_eq!(
        (told.ended, told.begun),
        (vec![vec![]], vec![Head::default()])
    );
}

#[test]
fn headers_of_every_type_are_passed_over() {
    let mut headers = Vec::new();
    for (kind, bytes) in [
        (0, 0),
        (1, 0),
        (2, 1),
        (3, 2),
        (4, 4),
        (5, 8),
        (8, 8),
        (9, 16),
    ] {
        headers.extend([1, b'x', kind]);
        headers.extend(vec![7; bytes]);
    }
    headers.extend([3, b'y', b'y', b'y', 6, 0, 2, 9, 9]);
    // A number is no name, and of two the last counts.
    headers.extend([11]);
    headers.extend(b":event-type");
    headers.extend([4, 1, 2, 3, 4]);
    headers.extend(text(":event-type", "first"));
    headers.extend(text(":event-type", "metadata"));
    headers.extend(text(":error-code", &"e".repeat(300)));
    headers.extend(text(":event-type-and-more", "other"));
    let (told, result, _) = read([&frame(&headers, b"{}")[..]]);
    assert_eq!(result, Ok(()));
    assert_eq!(told.begun[0].event_type(), b"metadata");
    assert_eq!(told.begun[0].error_code(), [b'e'; 64]);
}

#[test]
fn what_is_wrong_is_told_and_nothing_after_it_is_read() {
    let good = frame(&text(":event-type", "chunk"), b"payload");
    let flipped = |at: usize| {
        let mut bad = good.clone();
        bad[at] ^= 1;
        [bad, good.clone()].concat()
    };
    let long = |length: u32, headers: u32| {
        let mut frame = [length.to_be_bytes(), headers.to_be_bytes()].concat();
        frame.extend(crc32fast::hash(&frame).to_be_bytes());
        frame
    };
    for (bytes, fault) in [
        (flipped(3), Fault::PreludeCrc),
        (flipped(9), Fault::PreludeCrc),
        (flipped(15), Fault::FrameCrc),
        (flipped(good.len() - 6), Fault::FrameCrc),
        (flipped(good.len() - 1), Fault::FrameCrc),
        (long(15, 0), Fault::Length),
        (long(20, 5), Fault::Length),
        (long(u32::MAX, 0), Fault::Length),
        (long(u32::MAX, u32::MAX - 16), Fault::Length),
        (long(256 * 1024, 128 * 1024 + 1), Fault::Length),
        (frame(&[0], b""), Fault::Headers),
        (frame(&[1, b'x', 10], b""), Fault::Headers),
        (frame(&[1, b'x'], b""), Fault::Headers),
        (frame(&[1, b'x', 7, 0, 9, b'y'], b""), Fault::Headers),
    ] {
        let (told, result, is_between) = read([&bytes[..]]);
        assert_eq!((result, is_between), (Err(fault), false), "{bytes:?}");
        assert_eq!(told.ended.len(), 0, "{bytes:?}");
    }
}

#[test]
fn a_stream_cut_inside_a_frame_is_not_between_two() {
    let frame = exception("x", "{}");
    for at in 1..frame.len() {
        let (_, result, is_between) = read([&frame[..at]]);
        assert_eq!((result, is_between), (Ok(()), false), "cut at {at}");
    }
}

proptest! {
    #[test]
    fn frames_read_the_same_in_any_cut(
        kinds in proptest::collection::vec(("[a-z]{0,70}", "[ -~]{0,200}"), 0..5),
        flip in proptest::option::of(any::<prop::sample::Index>()),
        size in 1..20_usize,
    ) {
        let mut bytes: Vec<u8> = kinds.iter().flat_map(|(kind, json)| exception(kind, json)).collect();
        if let Some(flip) = flip && !bytes.is_empty() {
            let at = flip.index(bytes.len());
            bytes[at] ^= 0x10;
        }
        let whole = read([&bytes[..]]);
        prop_assert_eq!(&read(bytes.chunks(1)), &whole);
        prop_assert_eq!(&read(bytes.chunks(size)), &whole);
prop_assert_eq!(whole.1.is_err(), flip.is_some() && !bytes.is_empty());
    }

    #[test]
    fn any_bytes_are_read_the_same_in_any_cut(bytes in proptest::collection::vec(any::<u8>(), 0..200), size in 1..9_usize) {
        prop_assert_eq!(read(bytes.chunks(size)), read([&bytes[..]]));
    }
}
