//! An AWS event stream reads the same in any cut, and as a second reader finds it that has it whole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quotah_adapters::eventstream::{
    Fault, Frames, HEADERS_BYTES_MAX, Head, PAYLOAD_BYTES_MAX, Sink,
};
use quotah_adapters::{Asked, Dialect, Meter, Operation, Reading};
use quotah_fuzz::Input;

fuzz_target!(|data: &[u8]| {
    let Some(mut input) = Input::read(data) else {
        return;
    };
    // No fuzzer guesses a checksum: in three of four inputs they are right.
    let summed = if input.pick & 3 == 0 {
        input.body.to_vec()
    } else {
        with_sums(input.body)
    };
    input.body = &summed;
    let whole = split([input.body]);
    assert_eq!(split(input.body.chunks(1)), whole, "byte by byte");
    assert_eq!(split(input.pieces()), whole, "in pieces");
    assert_eq!(by_the_letter(input.body), whole.frames, "by the letter");

    let reading = read(&input, [input.body]);
    assert_eq!(read(&input, input.body.chunks(1)), reading, "byte by byte");
    assert_eq!(read(&input, input.pieces()), reading, "in pieces");
    let bytes = input.body.len() as u64;
    assert!(reading.output_bytes <= bytes && reading.events <= bytes);
});

fn read<'a>(input: &Input<'_>, pieces: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    let operation = if input.pick & 4 == 0 {
        Operation::Converse
    } else {
        Operation::Invoke
    };
    let asked = Asked::native(Dialect::Bedrock, operation);
    let mut meter = Meter::new(&asked, b"application/vnd.amazon.eventstream");
    for piece in pieces {
        meter.feed(piece);
    }
    meter.finish(input.seed & 1 == 0)
}

/// A whole frame, told by its head's names and its payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Frame {
    names: [Vec<u8>; 4],
    payload: Vec<u8>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Collect {
    open: Frame,
    frames: Vec<Frame>,
    fault: Option<Fault>,
    is_between: bool,
}

impl Sink for Collect {
    fn begin(&mut self, head: &Head) {
        let names = [
            head.message_type(),
            head.event_type(),
            head.exception_type(),
            head.error_code(),
        ];
        self.open = Frame {
            names: names.map(<[u8]>::to_vec),
            payload: Vec::new(),
        };
    }

    fn payload(&mut self, piece: &[u8], _: &Head) {
        self.open.payload.extend_from_slice(piece);
    }

    fn end(&mut self, _: &Head) {
        self.frames.push(self.open.clone());
    }
}

fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Collect {
    let (mut frames, mut collect) = (Frames::new(), Collect::default());
    for piece in pieces {
        if let Err(fault) = frames.feed(piece, &mut collect) {
            assert!(collect.fault.is_none_or(|before| before == fault));
            collect.fault = Some(fault);
        }
    }
    collect.is_between = frames.is_between();
    assert!(!(collect.is_between && collect.fault.is_some()));
    collect
}

/// The whole frames at the beginning of `bytes`, read with all of each at hand.
fn by_the_letter(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some((frame, rest)) = first(bytes) {
        frames.push(frame);
        bytes = rest;
    }
    frames
}

fn first(bytes: &[u8]) -> Option<(Frame, &[u8])> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (length, headers) = (number(0)? as usize, number(4)? as usize);
    let payload = length.checked_sub(headers)?.checked_sub(16)?;
    let is_sound = headers <= HEADERS_BYTES_MAX
        && payload <= PAYLOAD_BYTES_MAX
        && crc32fast::hash(&bytes[..8]) == number(8)?
        && crc32fast::hash(bytes.get(..length - 4)?) == number(length - 4)?;
    let names = is_sound.then(|| names(&bytes[12..12 + headers]))??;
    let payload = bytes[12 + headers..length - 4].to_vec();
    Some((Frame { names, payload }, &bytes[length..]))
}

fn names(mut headers: &[u8]) -> Option<[Vec<u8>; 4]> {
    const NAMES: [&[u8]; 4] = [
        b":message-type",
        b":event-type",
        b":exception-type",
        b":error-code",
    ];
    let mut found = [const { Vec::new() }; 4];
    while let [len, rest @ ..] = headers {
        let (name, rest) = rest.split_at_checked(usize::from(*len))?;
        let (kind, rest) = rest.split_first().filter(|_| !name.is_empty())?;
        let sized = || Some(u16::from_be_bytes(*rest.first_chunk()?));
        let (skip, len) = match kind {
            0 | 1 => (0, 0),
            2 => (0, 1),
            3 => (0, 2),
            4 => (0, 4),
            5 | 8 => (0, 8),
            6 | 7 => (2, usize::from(sized()?)),
            9 => (0, 16),
            _ => return None,
        };
        let value = rest.get(skip..skip + len)?;
        headers = &rest[skip + len..];
        let at = NAMES.iter().position(|known| *known == name);
        if let Some(at) = at.filter(|_| *kind == 7) {
            found[at] = value[..len.min(64)].to_vec();
        }
    }
    Some(found)
}

/// The body with right checksums wherever a frame's lengths fit into it, and lengths that fit.
fn with_sums(body: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), body);
    // Two bytes say how long headers and payload are.
    while let [headers, payload, after @ ..] = rest {
        let headers = usize::from(*headers).min(after.len());
        let payload = (usize::from(*payload) * 4).min(after.len() - headers);
        let begin = out.len();
        out.extend((16 + headers as u32 + payload as u32).to_be_bytes());
        out.extend((headers as u32).to_be_bytes());
        out.extend(crc32fast::hash(&out[begin..]).to_be_bytes());
        out.extend(&after[..headers + payload]);
        out.extend(crc32fast::hash(&out[begin..]).to_be_bytes());
        rest = &after[headers + payload..];
    }
    out
}
