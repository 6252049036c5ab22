//! Takes the usage chunk that Quotah asked for out of a stream whose client did not ask.
//!
//! `stream_options.include_usage` makes `OpenAI` send one more chunk, with `"choices":[]` and the usage. Older
//! clients read `choices[0]` of every chunk, so one that did not ask must not see it. Everything else comes out
//! byte for byte and in order: Azure's first chunk has no choices either but no usage, Mistral's last has usage
//! beside its choices, and both stay.

use bytes::Bytes;
use memchr::{memchr2, memmem};

use crate::scan::{Container, Handler, Key, PathTable, Scanner, Tracker, Value};
use crate::sse::{Sink, Splitter};

/// Most bytes of an event that are held back until it is whole. Usage chunks have under 1 KiB; an event that
/// grows beyond this is none and is let through from there on.
pub const HELD_BYTES_MAX: usize = 64 * 1024;

/// Most pieces in which an event is held back: bytes that come one by one are put together.
const HELD_PIECES_MAX: usize = 64;

/// Removes usage chunks from a stream of server-sent events, cut anywhere.
///
/// ```
/// use bytes::Bytes;
/// use quotah_adapters::UsageStrip;
///
/// let (mut strip, mut out) = (UsageStrip::new(), Vec::new());
/// let stream = "data: {\"choices\":[{}]}\n\ndata: {\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n";
/// strip.push(Bytes::from(stream), &mut |bytes| out.extend_from_slice(&bytes));
/// strip.finish(&mut |bytes| out.extend_from_slice(&bytes));
/// assert_eq!(out, b"data: {\"choices\":[{}]}\n\ndata: [DONE]\n\n");
/// ```
#[derive(Debug)]
pub struct UsageStrip {
    lines: Lines,
    /// The start of an event that is not whole yet.
    held: Vec<Bytes>,
    held_bytes: usize,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Events are judged when they are whole.
    Judge,
    /// The event being read is too long to be a usage chunk.
    Release,
    /// The event that has just ended was removed; if it ended in CR, an LF to come is still its own.
    Removed,
}

impl Default for UsageStrip {
    fn default() -> Self {
        Self::new()
    }
}

impl UsageStrip {
    /// A strip at the start of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lines: Lines {
                place: Place::Start,
            },
            held: Vec::new(),
            held_bytes: 0,
            mode: Mode::Judge,
        }
    }

    /// Takes the next bytes and gives those that may go on, in order.
    pub fn push(&mut self, mut chunk: Bytes, out: &mut impl FnMut(Bytes)) {
        // What stays goes on in as few pieces as it came: `kept..judged` waits for a removal or the end.
        let mut judged = self.lines.blank_line_end(&chunk, 0);
        let mut kept = if self.mode == Mode::Removed {
            judged
        } else {
            0
        };
        if self.mode == Mode::Removed && !chunk.is_empty() {
            self.mode = Mode::Judge;
        }
        while let Some(end) = self.lines.event_end(&chunk, judged) {
            let event = chunk.get(judged..end).unwrap_or_default();
            let is_usage = self.mode == Mode::Judge && self.is_usage(event);
            let end = self.lines.blank_line_end(&chunk, end);
            if is_usage {
                give(chunk.slice(kept..judged), out);
                self.held.clear();
                kept = end;
            } else {
                self.release_held(out);
            }
            self.held_bytes = 0;
            self.mode = if is_usage && end == chunk.len() {
                Mode::Removed
            } else {
                Mode::Judge
            };
            judged = end;
        }
        let rest = chunk.split_off(judged);
        drop(chunk.split_to(kept));
        give(chunk, out);
        self.hold(rest, out);
    }

    /// Ends the stream: gives what was held back, unless it is a usage chunk without its blank line.
    pub fn finish(&mut self, out: &mut impl FnMut(Bytes)) {
        if self.mode == Mode::Judge && self.is_usage(&[]) {
            self.held.clear();
        }
        self.release_held(out);
        *self = Self::new();
    }

    /// Whether the held bytes and `rest` are together a usage chunk.
    fn is_usage(&self, rest: &[u8]) -> bool {
        if self.held_bytes.saturating_add(rest.len()) > HELD_BYTES_MAX {
            return false;
        }
        // Nearly every event is whole in its chunk and has choices: a look at the bytes settles it.
        if self.held.is_empty() && !may_be_usage(rest) {
            return false;
        }
        let (mut splitter, mut judge) = (Splitter::new(), Judge::new());
        for piece in &self.held {
            splitter.feed(piece, &mut judge);
        }
        splitter.feed(rest, &mut judge);
        splitter.finish(&mut judge);
        judge.is_usage
    }

    fn hold(&mut self, rest: Bytes, out: &mut impl FnMut(Bytes)) {
        if rest.is_empty() {
            return;
        }
        self.held_bytes = self.held_bytes.saturating_add(rest.len());
        if self.mode != Mode::Release && self.held_bytes <= HELD_BYTES_MAX {
            self.held.push(rest);
            if self.held.len() >= HELD_PIECES_MAX {
                let joined: Bytes = self.held.concat().into();
                self.held.clear();
                self.held.push(joined);
            }
        } else {
            self.mode = Mode::Release;
            self.release_held(out);
            out(rest);
        }
    }

    fn release_held(&mut self, out: &mut impl FnMut(Bytes)) {
        for piece in self.held.drain(..) {
            out(piece);
        }
    }
}

fn give(bytes: Bytes, out: &mut impl FnMut(Bytes)) {
    if !bytes.is_empty() {
        out(bytes);
    }
}

/// Finds the blank lines that end events.
#[derive(Debug)]
struct Lines {
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a line.
    Start,
    /// Behind the CR that ended a line: an LF belongs to it, anything else starts a line.
    AfterCr,
    /// The same behind a blank line, whose event has ended: [`Lines::blank_line_end`] looks for the LF.
    AfterBlankCr,
    /// In a line.
    Inside,
}

impl Lines {
    /// Where the blank line ends that ended an event at `end`: behind the LF of its CR LF, if that is here.
    fn blank_line_end(&mut self, chunk: &[u8], end: usize) -> usize {
        if self.place == Place::AfterBlankCr && chunk.get(end) == Some(&b'\n') {
            self.place = Place::Start;
            return end.saturating_add(1);
        }
        end
    }

    /// Where the event ends that `chunk` has from `from` on; `None` if that is in a later chunk.
    fn event_end(&mut self, chunk: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = chunk.get(at..)?;
            let (first, next) = (*rest.first()?, at.saturating_add(1));
            match (self.place, first) {
                (Place::AfterCr, b'\n') => {
                    self.place = Place::Start;
                    at = next;
                }
                (Place::Inside, _) => {
                    let end = memchr2(b'\n', b'\r', rest)?;
                    let is_cr = rest.get(end) == Some(&b'\r');
                    self.place = if is_cr { Place::AfterCr } else { Place::Start };
                    at = at.saturating_add(end).saturating_add(1);
                }
                (_, b'\n') => {
                    self.place = Place::Start;
                    return Some(next);
                }
                (_, b'\r') => {
                    self.place = Place::AfterBlankCr;
                    return Some(next);
                }
                _ => self.place = Place::Inside,
            }
        }
    }
}

/// Whether `event` has `"choices"` followed by an empty array anywhere: `false` is certain.
fn may_be_usage(event: &[u8]) -> bool {
    memmem::find_iter(event, b"\"choices\"").any(|at| {
        let behind = event.get(at.saturating_add(b"\"choices\"".len())..);
        let mut bytes = behind
            .unwrap_or_default()
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace());
        [bytes.next(), bytes.next(), bytes.next()] == [Some(&b':'), Some(&b'['), Some(&b']')]
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Choices,
    Choice,
    Usage,
}

static FIELDS: PathTable<Field, 5> = PathTable::new(&[
    ("choices", Field::Choices),
    ("choices[*]", Field::Choice),
    ("usage", Field::Usage),
]);

/// Reads one event to its verdict.
///
/// A usage chunk has one line of data and its names are spelled without escapes, as every provider writes it:
/// so [`may_be_usage`] and this say the same, whether an event came whole or in pieces.
struct Judge {
    scanner: Scanner,
    sight: Sight,
    is_json: bool,
    is_usage: bool,
}

struct Sight {
    tracker: Tracker<Field>,
    has_choices: bool,
    has_choice: bool,
    has_usage: bool,
    has_escaped_name: bool,
}

impl Judge {
    fn new() -> Self {
        Self {
            scanner: Scanner::new(),
            sight: Sight {
                tracker: Tracker::new(&FIELDS),
                has_choices: false,
                has_choice: false,
                has_usage: false,
                has_escaped_name: false,
            },
            is_json: true,
            is_usage: false,
        }
    }
}

impl Sink for Judge {
    fn data(&mut self, piece: &[u8]) {
        let is_next_line = piece == b"\n";
        self.is_json =
            self.is_json && !is_next_line && self.scanner.feed(piece, &mut self.sight).is_ok();
    }

    fn end_event(&mut self, _name: &[u8]) {
        let Sight {
            has_choices,
            has_choice,
            has_usage,
            has_escaped_name,
            ..
        } = self.sight;
        let is_whole = self.is_json && self.scanner.is_done() && !has_escaped_name;
        self.is_usage = is_whole && has_choices && !has_choice && has_usage;
    }
}

impl Handler for Sight {
    fn begin(&mut self, container: Container, _at: usize, depth: usize) {
        match (self.tracker.field(depth), container) {
            (Some(Field::Choices), Container::Array) => self.has_choices = true,
            (Some(Field::Choices | Field::Choice), _) => self.has_choice = true,
            (Some(Field::Usage), Container::Object) => self.has_usage = true,
            _ => {}
        }
        self.tracker.begin(container, depth);
    }

    fn key(&mut self, key: Key<'_>) {
        self.has_escaped_name |= key.escaped && key.depth == 1;
        self.tracker.key(&key);
    }

    fn value(&mut self, value: Value<'_>) {
        if let Some(Field::Choices | Field::Choice) = self.tracker.field(value.depth) {
            self.has_choice = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn strip<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let (mut strip, mut out) = (UsageStrip::new(), Vec::new());
        for piece in pieces {
            strip.push(Bytes::copy_from_slice(piece), &mut |bytes| {
                out.extend_from_slice(&bytes);
            });
        }
        strip.finish(&mut |bytes| out.extend_from_slice(&bytes));
        out
    }

    const USAGE: &str =
        r#"{"id":"1","choices" : [ ],"usage":{"prompt_tokens":3,"completion_tokens":[]}}"#;

    const STAY: [&str; 9] = [
        r#"{"choices":[{"delta":{"content":"\"choices\":[]"}}],"usage":null}"#,
        r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}"#,
        r#"{"choices":[],"usage":null}"#,
        r#"{"choices":[{"delta":{}}],"usage":{"prompt_tokens":3}}"#,
        r#"{"x":{"choices":[],"usage":{}}}"#,
        r#"{"x":{"choices":[]},"usage":{}}"#,
        r#"{"choices":[],"usage":{}"#,
        r#"{"choices":[],"choices":[1],"usage":{}}"#,
        "[DONE]",
    ];

    #[test]
    fn the_usage_chunk_is_taken_out() {
        for end in ["\n", "\r\n", "\r"] {
            let event = |data: &str| format!("data: {data}{end}{end}");
            let stream = [event(STAY[0]), event(USAGE), event("[DONE]")].concat();
            let expected = [event(STAY[0]), event("[DONE]")].concat();
            assert_eq!(strip([stream.as_bytes()]), expected.as_bytes(), "{end:?}");
            assert_eq!(
                strip(stream.as_bytes().chunks(1)),
                expected.as_bytes(),
                "{end:?}"
            );
        }
    }

    #[test]
    fn everything_else_stays() {
        for data in STAY {
            let stream = format!(": hello\n\nevent: x\ndata: {data}\n\n");
            assert_eq!(strip([stream.as_bytes()]), stream.as_bytes());
            assert_eq!(strip(stream.as_bytes().chunks(1)), stream.as_bytes());
        }
    }

    #[test]
    fn what_no_provider_spells_so_stays_however_it_is_cut() {
        for data in [
            r#"data: {"\u0063hoices":[],"usage":{}}"#,
            r#"data: {"choices":[],"\u0063hoices":[1],"usage":{}}"#,
            "data: {\"choices\":\ndata: [],\"usage\":{}}",
        ] {
            let stream = format!("{data}\n\n");
            assert_eq!(strip([stream.as_bytes()]), stream.as_bytes(), "{data}");
            assert_eq!(
                strip(stream.as_bytes().chunks(1)),
                stream.as_bytes(),
                "{data}"
            );
        }
    }

    #[test]
    fn a_usage_chunk_without_its_blank_line_is_taken_out_at_the_end() {
        let stream = format!("data: a\n\ndata: {USAGE}");
        assert_eq!(strip([stream.as_bytes()]), b"data: a\n\n");
    }

    #[test]
    fn an_event_in_one_chunk_is_not_copied() {
        let chunk = Bytes::from(format!("data: 1\n\ndata: {USAGE}\n\ndata: 2\n\n"));
        let (mut strip, mut out) = (UsageStrip::new(), Vec::new());
        strip.push(chunk.clone(), &mut |bytes| out.push(bytes));
        assert_eq!(out, ["data: 1\n\n", "data: 2\n\n"]);
        assert_eq!(out[0].as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn a_long_event_is_let_through_as_it_comes() {
        let (mut strip, mut seen) = (UsageStrip::new(), 0);
        strip.push(
            Bytes::from_static(b"data: {\"choices\":[],\"usage\":{\""),
            &mut |_| {},
        );
        let piece = Bytes::from(vec![b'x'; 16 * 1024]);
        for _ in 0..4096 {
            strip.push(piece.clone(), &mut |bytes| seen += bytes.len());
            assert!(strip.held_bytes <= HELD_BYTES_MAX || strip.held.is_empty());
        }
        assert!(seen > 63 * 1024 * 1024);
        let mut out = Vec::new();
        let tail = format!("\":1}}}}\n\ndata: {USAGE}\n\ndata: b\n\n");
        strip.push(Bytes::from(tail), &mut |bytes| {
            out.extend_from_slice(&bytes);
        });
        assert_eq!(out, b"\":1}}\n\ndata: b\n\n");
    }

    proptest! {
        #[test]
        fn the_output_is_the_input_without_that_event_however_it_is_cut(
            events in proptest::collection::vec(
                (0..STAY.len() + 3, prop::sample::select(vec!["\n", "\r\n", "\r"])), 0..8),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let (mut stream, mut expected) = (String::new(), String::new());
            for (which, end) in events {
                let event = match STAY.get(which) {
                    Some(data) => format!("data: {data}{end}{end}"),
                    None if which == STAY.len() => format!(": comment{end}{end}"),
                    None => format!("event: u{end}data: {USAGE}{end}{end}"),
                };
                stream += &event;
                if which <= STAY.len() {
                    expected += &event;
                }
            }
            let bytes = stream.as_bytes();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|at| &bytes[at[0]..at[1]]);
            prop_assert_eq!(&String::from_utf8(strip(pieces)).unwrap(), &expected);
            prop_assert_eq!(&String::from_utf8(strip(bytes.chunks(1))).unwrap(), &expected);
        }
    }
}
