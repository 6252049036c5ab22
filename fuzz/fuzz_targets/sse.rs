//! The splitter finds the same events in any cut, and those that the standard's own words describe.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quotah_adapters::sse::{EVENT_NAME_BYTES_MAX, Sink, Splitter};
use quotah_fuzz::Input;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    let whole = split([input.body]);
    assert_eq!(split(input.body.chunks(1)), whole, "byte by byte");
    assert_eq!(split(input.pieces()), whole, "in pieces");
    assert_eq!(by_the_letter(input.body), whole, "by the letter");
});

#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    name: Vec<u8>,
    data: Vec<u8>,
}

#[derive(Default)]
struct Collect {
    open: Vec<u8>,
    events: Vec<Event>,
}

impl Sink for Collect {
    fn data(&mut self, piece: &[u8]) {
        self.open.extend_from_slice(piece);
    }

    fn end_event(&mut self, name: &[u8]) {
        let (name, data) = (name.to_vec(), std::mem::take(&mut self.open));
        self.events.push(Event { name, data });
    }
}

fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let (mut splitter, mut collect) = (Splitter::new(), Collect::default());
    for piece in pieces {
        splitter.feed(piece, &mut collect);
    }
    splitter.finish(&mut collect);
    assert!(collect.open.is_empty(), "data that belongs to no event");
    collect.events
}

/// The WHATWG standard's algorithm over whole lines, but that an event at the end needs no blank line.
fn by_the_letter(body: &[u8]) -> Vec<Event> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let (mut events, mut name, mut data) = (Vec::new(), Vec::new(), None::<Vec<u8>>);
    for line in lines(body).into_iter().chain([&b""[..]]) {
        let (field, value) = match line.iter().position(|&byte| byte == b':') {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        if line.is_empty() {
            let name = std::mem::take(&mut name);
            events.extend(data.take().map(|data| Event { name, data }));
        } else if field == b"data" {
            data = Some(match data.take() {
                Some(before) => [&before, &b"\n"[..], value].concat(),
                None => value.to_vec(),
            });
        } else if field == b"event" {
            name = value[..value.len().min(EVENT_NAME_BYTES_MAX)].to_vec();
        }
    }
    events
}

/// The lines of `body`, ended by CR LF, LF or CR; what follows the last end is a line if there is anything.
fn lines(mut body: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while !body.is_empty() {
        let end = body
            .iter()
            .position(|byte| b"\r\n".contains(byte))
            .unwrap_or(body.len());
        lines.push(&body[..end]);
        let rest = &body[end..];
        let ending = if rest.starts_with(b"\r\n") {
            2
        } else {
            rest.len().min(1)
        };
        body = &rest[ending..];
    }
    lines
}
