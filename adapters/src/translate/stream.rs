//! A stream in one form becomes one in another, event by event.
//!
//! Nothing is held back but the rest of an event that has not come whole.

use quotah_policy::Usage;

use super::answer::Event;
use super::form::Form;
use super::json::parse;
use super::speaker::{ReadStream, Sink, WriteStream};
use super::{AnswerFault, Caller};
use crate::border::Framing;
use crate::eventstream::{self, Frames, Head};
use crate::sse::{self, Splitter};

/// Longest event that is translated, bytes. The longest recorded ones carry an image of some megabytes; frames of AWS's
/// event stream have 24 MiB at most.
pub const EVENT_BYTES_MAX: usize = 24 * 1024 * 1024;

/// Room that most events fit in as they are written; longer ones make their own.
const ROOM_BYTES: usize = 512;

/// Translates a stream, cut anywhere.
#[derive(Debug)]
pub struct StreamTranslator {
    pieces: Pieces,
    turn: Turn,
}

/// How the stream is taken apart.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "one a stream")]
enum Pieces {
    Events(Splitter),
    Lines,
    Frames(Frames),
}

/// An event under way, who reads it and who writes it.
#[derive(Debug)]
struct Turn {
    reader: Box<dyn ReadStream>,
    writer: Box<dyn WriteStream>,
    data: Vec<u8>,
    usage: Option<Usage>,
    out: String,
    is_told: bool,
    /// Whether the caller can be told of calls of custom tools.
    has_custom_tools: bool,
    fault: Option<AnswerFault>,
}

impl StreamTranslator {
    /// For the answer to `caller` of a deployment that speaks `form`; `None` where there is no translation.
    #[must_use]
    pub fn new(caller: &Caller, form: Form) -> Option<Self> {
        let (asks, serves) = (caller.form.asks()?, form.serves()?);
        let pieces = match serves.framing {
            Framing::Events => Pieces::Events(Splitter::with_bare_json()),
            Framing::Lines => Pieces::Lines,
            Framing::Frames => Pieces::Frames(Frames::new()),
        };
        Some(Self {
            pieces,
            turn: Turn {
                reader: (serves.stream)(),
                writer: (asks.stream)(caller),
                data: Vec::new(),
                usage: None,
                out: String::new(),
                is_told: false,
                has_custom_tools: asks.has_custom_tools,
                fault: None,
            },
        })
    }

    /// Takes the next bytes as the deployment sent them, unpacked, and gives what the caller gets for them, maybe nothing.
    /// `usage` is what a [`crate::Meter`] that has read as far knows.
    ///
    /// # Errors
    /// [`AnswerFault`]: what came before it is given by [`Self::rest`]; nothing comes after.
    pub fn push(&mut self, bytes: &[u8], usage: Option<Usage>) -> Result<String, AnswerFault> {
        self.turn.usage = usage;
        match &mut self.pieces {
            Pieces::Events(splitter) => splitter.feed(bytes, &mut self.turn),
            Pieces::Lines => self.turn.lines(bytes),
            Pieces::Frames(frames) => {
                if frames.feed(bytes, &mut self.turn).is_err() {
                    self.turn.fail(AnswerFault::Unreadable);
                }
            }
        }
        self.turn.told()
    }

    /// The stream has come to its clean end.
    ///
    /// # Errors
    /// [`AnswerFault`], [`AnswerFault::CutShort`] where it was not complete.
    pub fn finish(&mut self, usage: Option<Usage>) -> Result<String, AnswerFault> {
        self.turn.usage = usage;
        match &mut self.pieces {
            Pieces::Events(splitter) => splitter.finish(&mut self.turn),
            Pieces::Lines => self.turn.event(""),
            Pieces::Frames(_) => {}
        }
        self.turn.done();
        self.turn.told()
    }

    /// Whether all is told: for its reader the answer is complete with what was given.
    #[must_use]
    pub const fn is_told(&self) -> bool {
        self.turn.is_told
    }

    /// What was written before a fault.
    pub fn rest(&mut self) -> String {
        std::mem::take(&mut self.turn.out)
    }
}

impl Turn {
    fn told(&mut self) -> Result<String, AnswerFault> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(std::mem::take(&mut self.out)),
        }
    }

    fn fail(&mut self, fault: AnswerFault) {
        self.fault.get_or_insert(fault);
    }

    fn lines(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, behind) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            self.collect(line);
            self.event("");
            rest = behind.get(1..).unwrap_or_default();
        }
        self.collect(rest);
    }

    fn collect(&mut self, piece: &[u8]) {
        if self.data.len().saturating_add(piece.len()) > EVENT_BYTES_MAX {
            self.fail(AnswerFault::TooLong);
        }
        if self.fault.is_none() {
            self.data.extend_from_slice(piece);
        }
    }

    /// The data that was collected is an event.
    fn event(&mut self, name: &str) {
        let data = std::mem::take(&mut self.data);
        if self.fault.is_none()
            && let Err(fault) = self.translate(name, &data)
        {
            self.fail(fault);
        }
        self.data = data;
        self.data.clear();
    }

    fn translate(&mut self, name: &str, data: &[u8]) -> Result<(), AnswerFault> {
        let text = std::str::from_utf8(data).map_err(|_| AnswerFault::Unreadable)?;
        let said = text.trim();
        if said.is_empty() {
            return Ok(());
        }
        if said == "[DONE]" {
            return self.hand_on(|reader, sink| {
                reader.done_is_said();
                reader.done(sink)
            });
        }
        let value = parse(text).map_err(|_| AnswerFault::Unreadable)?;
        self.hand_on(|reader, sink| reader.event(name, &value, sink))
    }

    fn done(&mut self) {
        if self.fault.is_none()
            && let Err(fault) = self.hand_on(|reader, sink| reader.done(sink))
        {
            self.fail(fault);
        }
    }

    /// Whatever is read is written, up to what the caller cannot be told of.
    fn hand_on(
        &mut self,
        read: impl FnOnce(&mut dyn ReadStream, &mut Sink<'_>) -> Result<(), AnswerFault>,
    ) -> Result<(), AnswerFault> {
        let Self {
            reader,
            writer,
            usage,
            out,
            is_told,
            has_custom_tools,
            ..
        } = self;
        let mut is_unsayable = false;
        let read = read(reader.as_mut(), &mut |event| {
            is_unsayable |= event.is_custom_call() && !*has_custom_tools;
            if !is_unsayable {
                *is_told |= matches!(event, Event::End);
                if out.is_empty() {
                    out.reserve(ROOM_BYTES);
                }
                writer.event(&event, usage.as_ref(), out);
            }
        });
        if is_unsayable {
            return Err(AnswerFault::Unsayable);
        }
        read
    }
}

impl sse::Sink for Turn {
    fn data(&mut self, piece: &[u8]) {
        self.collect(piece);
    }

    fn end_event(&mut self, name: &[u8]) {
        self.event(std::str::from_utf8(name).unwrap_or_default());
    }
}

impl eventstream::Sink for Turn {
    fn begin(&mut self, _: &Head) {}

    fn payload(&mut self, piece: &[u8], _: &Head) {
        self.collect(piece);
    }

    fn end(&mut self, head: &Head) {
        if head.message_type() == b"event" {
            let name = String::from_utf8_lossy(head.event_type()).into_owned();
            self.event(&name);
        } else {
            // An exception is told apart by a name that no event has.
            let name = format!("!{}", String::from_utf8_lossy(head.exception_type()));
            self.event(&name);
        }
    }
}
