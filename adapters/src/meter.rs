//! The meter: what did this answer use?
//!
//! A [`Meter`] reads a copy of the response's decoded bytes as they pass, in any cut, and knows at every moment
//! what has been reported and delivered so far. It never fails and never holds more than
//! [`METER_BYTES_MAX`]: values that it wants are short, and everything else is scanned and forgotten.
//!
//! What stands where in a provider's answer is the business of the dialect's own file: a table of paths, and how
//! the counts found there add up to a [`Usage`].

mod batch;
mod book;
mod cost;
mod counts;
mod field;
mod frames;
mod items;
mod lines;
mod memo;
mod names;
mod reading;
#[cfg(test)]
mod tests;
mod totals;

pub(crate) use counts::{Count, Counts, Known};
pub(crate) use field::{Field, Side};
pub use lines::is_json_lines;
pub use reading::{ErrorSeen, ExtraCall, Reading};
pub(crate) use totals::Totals;

use quotah_policy::Usage;

use crate::adapter::Asked;
use crate::scan::Scanner;
use crate::sse::{Sink, Splitter};
use crate::{Dialect, Operation};
use batch::Batch;
use book::Book;
use frames::FrameReader;
use lines::{Lines, halves};
use memo::{Head, Memo};

/// Most memory that a meter takes, whatever the provider sends.
///
/// The struct itself is under 5 KiB, the strings that it keeps are bounded one by one in [`Reading`].
pub const METER_BYTES_MAX: usize = 64 * 1024;

const _: () = assert!(
    size_of::<Meter>() + size_of::<FrameReader>() + size_of::<Batch>() + reading::HEAP_BYTES_MAX
        <= METER_BYTES_MAX
);

/// Reads usage, model, errors and the end out of one response.
///
/// ```
/// use quotah_adapters::{Asked, Dialect, Meter, Operation};
///
/// let asked = Asked::native(Dialect::Anthropic, Operation::Messages);
/// let mut meter = Meter::new(&asked, b"text/event-stream");
/// meter.feed(b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":");
/// meter.feed(b"{\"input_tokens\":3,\"cache_read_input_tokens\":7,\"output_tokens\":1}}}\n\n");
/// let reading = meter.finish(false);
/// assert_eq!(reading.usage.unwrap_or_default().input_tokens, 10);
/// assert!(!reading.finished);
/// ```
#[derive(Debug)]
pub struct Meter {
    framing: Framing,
    lines: Lines,
    splitter: Splitter,
    /// Only where a batch's results are fetched.
    batch: Option<Box<Batch>>,
    /// Only where the framing is [`Framing::Frames`].
    frames: Option<Box<FrameReader>>,
    text: Text,
}

/// How the body is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// Not known before the first byte that is no white space: providers send streams as
    /// `application/json` and plain errors as `text/event-stream`.
    Unknown,
    /// One JSON text: an answer, or Gemini's array of chunks.
    Json,
    /// JSON texts with line ends between them: a stream, or a plain answer in the same dialect.
    Lines,
    /// Server-sent events, each a JSON text.
    Events,
    /// Bytes of no kind, which are JSON if they begin so (`DeepSeek`'s refusals), else nothing to be read.
    Bytes,
    /// An AWS event stream.
    Frames,
    /// Nothing to be read: audio, images, answers that are not billed.
    Opaque,
}

impl Framing {
    fn of(operation: Operation, content_type: &[u8]) -> Self {
        if matches!(operation, Operation::Models | Operation::Other) {
            return Self::Opaque;
        }
        let (kind, subtype) = halves(content_type);
        // A transcript asked for as plain text, or as subtitles (`text/vtt`, `application/x-subrip`), is just that.
        if operation == Operation::Transcription && is_plain(kind, subtype) {
            return Self::Opaque;
        }
        if subtype.eq_ignore_ascii_case(b"octet-stream") {
            return Self::Bytes;
        }
        if subtype.eq_ignore_ascii_case(b"vnd.amazon.eventstream") {
            return Self::Frames;
        }
        let is_text = subtype.is_empty()
            || kind.eq_ignore_ascii_case(b"text")
            || subtype.eq_ignore_ascii_case(b"json")
            || subtype.to_ascii_lowercase().ends_with(b"+json")
            || is_json_lines(content_type);
        if is_text { Self::Unknown } else { Self::Opaque }
    }
}

fn is_plain(kind: &[u8], subtype: &[u8]) -> bool {
    let is_events = subtype.eq_ignore_ascii_case(b"event-stream");
    kind.eq_ignore_ascii_case(b"text") && !is_events
}

impl Meter {
    /// A meter for the answer to what was asked; `content_type` is the header's value, empty if there is none.
    #[must_use]
    pub fn new(asked: &Asked<'_>, content_type: &[u8]) -> Self {
        let framing = Framing::of(asked.operation, content_type);
        Self {
            framing,
            frames: (framing == Framing::Frames).then(|| Box::new(FrameReader::new())),
            lines: Lines::of(asked.dialect, content_type),
            splitter: match asked.dialect {
                Dialect::Gemini => Splitter::with_bare_json(),
                _ => Splitter::new(),
            },
            batch: (asked.operation == Operation::BatchResults)
                .then(|| Box::new(Batch::new(asked))),
            text: Text {
                scanner: Scanner::new(),
                state: TextState::Start,
                book: Book::new(asked),
                memo: Memo::new(),
            },
        }
    }

    /// Reads a header line of the answer, its name in lower case, before the body. A few providers count tokens
    /// there and nowhere else; what the body says wins.
    pub fn header(&mut self, name: &str, value: &[u8]) {
        self.text.book.header(name, value);
    }

    /// Reads the next decoded bytes of the body.
    pub fn feed(&mut self, bytes: &[u8]) {
        if let Some(batch) = &mut self.batch {
            return batch.feed(bytes);
        }
        match self.framing {
            Framing::Opaque => {}
            Framing::Bytes => {
                self.framing = match bytes.first() {
                    Some(b'{') => Framing::Unknown,
                    Some(_) => Framing::Opaque,
                    None => return,
                };
                self.feed(bytes);
            }
            Framing::Frames => {
                if let Some(frames) = &mut self.frames {
                    frames.feed(bytes, &mut self.text);
                }
            }
            Framing::Json => self.text.feed(bytes),
            Framing::Lines => self.text.lines(bytes),
            Framing::Events => self.splitter.feed(bytes, &mut self.text),
            Framing::Unknown => {
                // White space before the first byte goes, whether it comes with it or in pieces of its own.
                let bytes = bytes.trim_ascii_start();
                let Some(first) = bytes.first() else { return };
                // No line of an event stream starts with a bracket and means anything.
                if self.lines != Lines::Never && *first == b'{' {
                    self.framing = Framing::Lines;
                } else if matches!(first, b'{' | b'[') {
                    self.framing = Framing::Json;
                    self.text.book.begin_text();
                } else {
                    self.framing = Framing::Events;
                }
                self.feed(bytes);
            }
        }
    }

    /// What is known so far.
    #[must_use]
    pub fn reading(&self) -> Reading {
        match &self.batch {
            Some(batch) => batch.reading(false),
            None => self.text.book.reading(false),
        }
    }

    /// The usage reported so far; cheaper than [`Self::reading`].
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        match &self.batch {
            Some(batch) => batch.reading(false).usage,
            None => self.text.book.usage().0,
        }
    }

    /// Bytes of text, reasoning and tool arguments generated so far; cheaper than [`Self::reading`].
    #[must_use]
    pub const fn output_bytes(&self) -> u64 {
        self.text.book.output_bytes()
    }

    /// Whether the answer's own end was seen, as [`Reading::finished`] says; cheaper than [`Self::reading`].
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.text.book.is_finished()
    }

    /// Whether what has come of an AWS event stream is whole frames; never so elsewhere. Only there may a frame be
    /// added to it.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        self.frames
            .as_ref()
            .is_some_and(|frames| frames.is_between())
    }

    /// Whether an answer that ends with these bytes is complete: its own end was seen, or in an AWS event stream
    /// the reason for it.
    #[must_use]
    pub fn may_end(&self) -> bool {
        self.is_finished() || (self.is_between_frames() && self.text.book.has_stopped())
    }

    /// Ends the response. `complete` says that its framing ended as it should: the last chunk or the announced
    /// length was seen, so that nothing is missing.
    #[must_use]
    pub fn finish(mut self, complete: bool) -> Reading {
        if let Some(mut batch) = self.batch {
            batch.finish(complete);
            return batch.reading(complete);
        }
        match self.framing {
            Framing::Unknown | Framing::Bytes | Framing::Opaque => {}
            Framing::Frames => {
                if let Some(frames) = self.frames.filter(|_| complete) {
                    frames.finish(&mut self.text);
                }
            }
            Framing::Json => self.text.finish_json(complete),
            Framing::Lines => self.text.finish_lines(self.lines, complete),
            Framing::Events if complete => self.splitter.finish(&mut self.text),
            // An event cut in its middle has told what it could; ending it would only count as a fault.
            Framing::Events => {}
        }
        self.text.book.reading(complete)
    }
}

/// One JSON text after the other, as the events of a stream or as the body.
#[derive(Debug)]
struct Text {
    scanner: Scanner,
    state: TextState,
    book: Book,
    memo: Memo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextState {
    /// Between texts.
    Start,
    /// The event so far is the first so many bytes of [`DONE`].
    MaybeDone(usize),
    /// In a JSON text.
    Json,
    /// In a text that has turned out not to be JSON.
    Broken,
}

/// What `OpenAI`'s streams end with in place of a JSON text.
const DONE: &[u8] = b"[DONE]";

impl Sink for Text {
    fn data(&mut self, piece: &[u8]) {
        match self.state {
            TextState::Start => {
                self.book.begin_event();
                self.state = TextState::MaybeDone(0);
                self.maybe_done(0, piece);
            }
            TextState::MaybeDone(seen) => self.maybe_done(seen, piece),
            TextState::Json | TextState::Broken => self.feed(piece),
        }
    }

    fn end_event(&mut self, name: &[u8]) {
        match self.state {
            // `data:` with nothing behind it is a heartbeat.
            TextState::Start | TextState::MaybeDone(0) => {}
            TextState::MaybeDone(seen) if seen == DONE.len() => self.book.finish(),
            TextState::MaybeDone(_) => self.book.fault(),
            TextState::Json if !self.scanner.is_done() => self.book.fault(),
            TextState::Json | TextState::Broken => {}
        }
        self.book.end_event(name);
        self.scanner.reset();
        self.state = TextState::Start;
    }
}

impl Text {
    /// The next piece of what has been the first `seen` bytes of [`DONE`] so far, with white space behind it
    /// once it was all of it.
    fn maybe_done(&mut self, seen: usize, piece: &[u8]) {
        let wanted = DONE.get(seen..).unwrap_or_default();
        let matching = wanted.len().min(piece.len());
        let (head, behind) = piece.split_at_checked(matching).unwrap_or_default();
        if wanted.starts_with(head) && behind.trim_ascii().is_empty() {
            self.state = TextState::MaybeDone(seen.saturating_add(matching));
        } else {
            self.state = TextState::Json;
            self.feed(DONE.get(..seen).unwrap_or_default());
            if seen == 0 {
                self.begin_event(piece);
            } else {
                self.feed(piece);
            }
        }
    }

    /// The first piece of an event, which is mostly all of it.
    fn begin_event(&mut self, piece: &[u8]) {
        match self.memo.recall(piece, &mut self.scanner, &mut self.book) {
            Head::Read(len) => return self.feed(piece.get(len..).unwrap_or_default()),
            Head::Seen(len) => {
                let (head, rest) = piece.split_at_checked(len).unwrap_or((piece, &[]));
                self.feed(head);
                self.memo.note(&self.scanner, &self.book);
                return self.feed(rest);
            }
            Head::New => self.feed(piece),
        }
        if self.state == TextState::Json {
            self.memo.learn(piece, self.book.news_at());
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        if self.state != TextState::Broken && self.scanner.feed(bytes, &mut self.book).is_err() {
            self.state = TextState::Broken;
            self.book.fault();
        }
    }

    /// Texts with line ends between them. One text may take several lines: it ends where its value does.
    fn lines(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let end = memchr::memchr(b'\n', bytes);
            let at = end.unwrap_or(bytes.len());
            let (piece, rest) = bytes.split_at_checked(at).unwrap_or((bytes, b""));
            self.line(piece);
            if end.is_some() {
                self.end_line();
            }
            bytes = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
    }

    fn line(&mut self, piece: &[u8]) {
        if self.state != TextState::Start {
            return self.feed(piece);
        }
        let piece = piece.trim_ascii_start();
        if !piece.is_empty() {
            self.book.begin_text();
            self.state = TextState::Json;
            self.feed(piece);
        }
    }

    fn end_line(&mut self) {
        if self.state == TextState::Broken || self.scanner.is_done() {
            self.scanner.reset();
            self.state = TextState::Start;
        }
    }

    /// A stream says by itself when it is over; an answer that was one text is over with it.
    fn finish_lines(&mut self, lines: Lines, complete: bool) {
        let is_inside = match self.state {
            TextState::Json => !self.scanner.is_done(),
            TextState::Start | TextState::MaybeDone(_) | TextState::Broken => false,
        };
        if is_inside && complete {
            self.book.fault();
        }
        if !is_inside && lines == Lines::Maybe && self.book.is_first_text() {
            self.book.finish();
        }
    }

    fn finish_json(&mut self, complete: bool) {
        if self.state != TextState::Broken && self.scanner.is_done() {
            self.book.finish();
        } else if complete && self.state != TextState::Broken {
            self.book.fault();
        }
    }
}
