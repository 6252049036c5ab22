//! What a form body (`multipart/form-data`, RFC 7578 in RFC 2046's framing) says that we need to know.
//!
//! A form carries files of any size, so it is never held: it is read as it passes, and only the few short
//! text fields that we meter by are kept. What another reader could see otherwise — a second `model`, a
//! delimiter behind a bare line feed, a name in another spelling — is a fault, as in JSON bodies.

mod delimiter;
mod head;

use crate::facts::{Ambiguity, Facts, FactsError, ModelAsked, Spelling};

use delimiter::{Found, Search};
use head::PartHead;

/// Longest head of one part, bytes. `OpenAI`'s clients send about 120; a file's name may be long.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Longest rest of a delimiter's line, bytes: white space that RFC 2046 lets transports pad it with.
const PADDING_BYTES_MAX: usize = 64;

/// Longest value kept of a field, bytes: as long as a model's name may be in JSON.
const VALUE_BYTES_MAX: usize = 256;

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// The content type has no boundary, two of them, or one that cannot be.
    #[error("the content type has no usable boundary")]
    Boundary,
    /// A delimiter that some readers would see and others not.
    #[error("a delimiter is not on a line of its own")]
    Delimiter,
    /// A part's head that is no list of header lines, or has no name, or two.
    #[error("a part's head is malformed")]
    PartHead,
    /// A part's head over the bound.
    #[error("a part's head is too long")]
    PartHeadTooLong,
}

/// A field of a form that we meter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Model,
    Stream,
    Answers,
    Size,
    Quality,
    /// The one text that a model reads.
    Prompt,
    Other,
    File,
}

/// The fields that must say one thing only, and how messages call them.
const METERED: [(&str, Field); 5] = [
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("n", Field::Answers),
    ("size", Field::Size),
    ("quality", Field::Quality),
];

#[derive(Debug)]
enum State {
    /// Before the first delimiter, or in a part's content.
    Content,
    /// Behind a delimiter: its line's rest.
    Line,
    /// In a part's head.
    Head,
    /// Behind the last delimiter: what follows is nobody's.
    Over,
    Failed,
}

/// Reads [`Facts`] from a form that arrives in chunks.
///
/// ```
/// use quotah_adapters::FormReader;
///
/// let mut form = FormReader::new(b"multipart/form-data; boundary=x")?;
/// form.feed(b"--x\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhis");
/// assert!(form.model().is_none());
/// form.feed(b"per-1\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n");
/// assert_eq!(&*form.model().unwrap().name, "whisper-1");
/// # Ok::<(), quotah_adapters::FactsError>(())
/// ```
#[derive(Debug)]
pub struct FormReader {
    state: State,
    search: Search,
    /// A delimiter's rest, or a part's head, or a field's first bytes.
    kept: Vec<u8>,
    /// The part under way; none in the preamble.
    field: Option<Field>,
    /// Where its content began.
    content_at: usize,
    /// Bytes read.
    offset: usize,
    /// Bit of each metered field that has come.
    seen: u8,
    facts: Facts,
    error: Option<FactsError>,
}

impl FormReader {
    /// A reader for a form of this content type.
    ///
    /// # Errors
    /// [`FormFault::Boundary`].
    pub fn new(content_type: &[u8]) -> Result<Self, FactsError> {
        let boundary = head::boundary(content_type).ok_or(FormFault::Boundary)?;
        Ok(Self {
            state: State::Content,
            search: Search::new(&boundary),
            kept: Vec::new(),
            field: None,
            content_at: 0,
            offset: 0,
            seen: 0,
            facts: Facts {
                answers: 1,
                ..Facts::default()
            },
            error: None,
        })
    }

    /// Whether a content type is that of a form.
    #[must_use]
    pub fn is_form(content_type: &[u8]) -> bool {
        head::media_type(content_type).eq_ignore_ascii_case(b"multipart/form-data")
    }

    /// Reads the next bytes. Once something is wrong ([`Self::error`]), they are only counted.
    pub fn feed(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        while !rest.is_empty() {
            let step = match self.state {
                State::Content => self.content(rest),
                State::Line => self.line(rest),
                State::Head => self.head(rest),
                State::Over | State::Failed => Ok(rest.len()),
            };
            match step {
                Ok(read) => {
                    self.offset = self.offset.saturating_add(read);
                    rest = rest.get(read..).unwrap_or_default();
                }
                Err(error) => {
                    self.state = State::Failed;
                    self.error = Some(error);
                }
            }
        }
    }

    /// The model, once its field has come whole.
    #[must_use]
    pub const fn model(&self) -> Option<&ModelAsked> {
        self.facts.model.as_ref()
    }

    /// The first thing wrong.
    #[must_use]
    pub const fn error(&self) -> Option<&FactsError> {
        self.error.as_ref()
    }

    /// What is known so far. A form that ends without its last delimiter is the provider's to judge.
    ///
    /// # Errors
    /// [`FactsError`] for the first thing that could be read in two ways.
    pub fn facts(&self) -> Result<Facts, FactsError> {
        match &self.error {
            Some(error) => Err(error.clone()),
            None => Ok(Facts {
                body_bytes: self.offset,
                ..self.facts.clone()
            }),
        }
    }

    /// Content, up to the next delimiter. Gives how many bytes were read.
    fn content(&mut self, bytes: &[u8]) -> Result<usize, FactsError> {
        if self.field.is_some_and(Field::is_kept) {
            let room = VALUE_BYTES_MAX.saturating_sub(self.kept.len());
            let kept = bytes.get(..room).unwrap_or(bytes);
            self.kept.extend_from_slice(kept);
        }
        match self.search.feed(bytes) {
            Found::Nothing => Ok(bytes.len()),
            Found::Doubtful => Err(FormFault::Delimiter.into()),
            Found::Behind { read } => {
                let delimiter_at = self
                    .offset
                    .saturating_add(read)
                    .saturating_sub(self.search.delimiter_bytes());
                self.end_part(delimiter_at)?;
                self.kept.clear();
                self.state = State::Line;
                Ok(read)
            }
        }
    }

    /// The rest of a delimiter's line: `--` behind the last one, else white space and CR LF.
    fn line(&mut self, bytes: &[u8]) -> Result<usize, FactsError> {
        for (at, &byte) in bytes.iter().enumerate() {
            let read = at.saturating_add(1);
            self.kept.push(byte);
            match *self.kept.as_slice() {
                [b'-', b'-'] => {
                    self.state = State::Over;
                    return Ok(read);
                }
                [.., b'\r', b'\n'] => {
                    self.kept.clear();
                    self.state = State::Head;
                    return Ok(read);
                }
                [b'-'] | [.., b' ' | b'\t' | b'\r'] if self.kept.len() < PADDING_BYTES_MAX => {}
                _ => return Err(FormFault::Delimiter.into()),
            }
        }
        Ok(bytes.len())
    }

    /// A part's head, to its blank line.
    fn head(&mut self, bytes: &[u8]) -> Result<usize, FactsError> {
        for (at, &byte) in bytes.iter().enumerate() {
            self.kept.push(byte);
            if byte != b'\n' {
                continue;
            }
            if !self.kept.ends_with(b"\r\n") {
                return Err(FormFault::PartHead.into());
            }
            if self.kept.ends_with(b"\r\n\r\n") || self.kept == b"\r\n" {
                let read = at.saturating_add(1);
                let head = std::mem::take(&mut self.kept);
                self.begin_part(&PartHead::read(&head)?)?;
                self.content_at = self.offset.saturating_add(read);
                self.search.restart();
                self.state = State::Content;
                return Ok(read);
            }
            if self.kept.len() > HEAD_BYTES_MAX {
                return Err(FormFault::PartHeadTooLong.into());
            }
        }
        if self.kept.len() > HEAD_BYTES_MAX {
            return Err(FormFault::PartHeadTooLong.into());
        }
        Ok(bytes.len())
    }

    /// Whether a part's name is one of ours, and only that.
    fn begin_part(&mut self, head: &PartHead) -> Result<(), FactsError> {
        let name = &*head.name;
        let Some((at, &(spelling, field))) = METERED
            .iter()
            .enumerate()
            .find(|(_, (known, _))| name.eq_ignore_ascii_case(known.as_bytes()))
        else {
            self.field = Some(match (head.is_file, name) {
                (true, _) => Field::File,
                (false, b"prompt") => Field::Prompt,
                (false, _) => Field::Other,
            });
            return Ok(());
        };
        let bit = 1_u8
            .checked_shl(u32::try_from(at).unwrap_or(0))
            .unwrap_or(0);
        let why = if head.is_escaped || head.is_encoded {
            Some(Ambiguity::Escaped)
        } else if name != spelling.as_bytes() {
            Some(Ambiguity::Case)
        } else if self.seen & bit != 0 {
            Some(Ambiguity::Doubled)
        } else {
            None
        };
        if let Some(why) = why {
            return Err(FactsError::Ambiguous {
                field: spelling,
                why,
            });
        }
        if head.is_file {
            return Err(field.wrong_type());
        }
        self.seen |= bit;
        self.field = Some(field);
        Ok(())
    }

    /// Takes the part that ended before the delimiter at offset `delimiter_at`.
    fn end_part(&mut self, delimiter_at: usize) -> Result<(), FactsError> {
        let Some(field) = self.field.take() else {
            return Ok(());
        };
        // The line end before a delimiter belongs to it.
        let bytes = delimiter_at
            .saturating_sub(2)
            .saturating_sub(self.content_at);
        let span = self.content_at..self.content_at.saturating_add(bytes);
        let facts = &mut self.facts;
        match field {
            Field::File => facts.media_bytes = facts.media_bytes.saturating_add(bytes),
            Field::Prompt => facts.prompt_bytes = facts.prompt_bytes.saturating_add(bytes),
            Field::Other => {}
            Field::Model | Field::Stream | Field::Answers | Field::Size | Field::Quality => {
                let value = self.kept.get(..bytes);
                let value = value.and_then(|value| std::str::from_utf8(value).ok());
                let value = value.ok_or_else(|| field.wrong_type())?;
                match field {
                    Field::Model if value.is_empty() => return Err(field.wrong_type()),
                    Field::Model => {
                        facts.model = Some(ModelAsked {
                            name: value.into(),
                            span,
                            spelling: Spelling::Plain,
                        });
                    }
                    // FastAPI and Pydantic, which most servers read forms with, take all of these.
                    Field::Stream => {
                        let yes = ["true", "1", "on", "t", "y", "yes"];
                        facts.stream = yes.iter().any(|yes| value.eq_ignore_ascii_case(yes));
                    }
                    Field::Answers => {
                        let answers = value.trim().parse().map_err(|_| field.wrong_type())?;
                        facts.answers = facts.answers.max(answers);
                    }
                    Field::Size => facts.image.size = Some(value.into()),
                    _ => facts.image.quality = Some(value.into()),
                }
            }
        }
        Ok(())
    }
}

impl Field {
    /// Whether its value is looked at.
    const fn is_kept(self) -> bool {
        !matches!(self, Self::Prompt | Self::Other | Self::File)
    }

    fn wrong_type(self) -> FactsError {
        let known = METERED.iter().find(|(_, field)| *field == self);
        FactsError::WrongType {
            field: known.map_or("", |(name, _)| *name),
            expected: match self {
                Self::Answers => "a whole number of at least 0",
                _ => "a text of 1 to 256 bytes",
            },
        }
    }
}

#[cfg(test)]
mod tests;
