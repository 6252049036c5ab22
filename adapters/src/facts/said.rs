//! The facts of a request, as its readers give them.

use std::ops::Range;

use super::asked::{MediaAsked, ToolsAsked};
use super::cap::{CapPlace, CapSaid, ObjectAt, OutputCap};
use super::effort::EffortAsked;
use super::fields::Field;
use crate::scan::Scalar;

/// The least that Anthropic's models may be given to think with (documented at
/// <https://platform.claude.com/docs/en/build-with-claude/extended-thinking>, read 2026-11), and their output cap must be above it.
pub(crate) const THINKING_TOKENS_MIN: u64 = 1_024;

/// What a request body says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The model asked for; `None` where the path names it, or where no model is needed.
    pub model: Option<ModelAsked>,
    /// Other places that name the model again (Gemini's embedding requests do) and follow it in a rename.
    pub model_echoes: Vec<ModelEcho>,
    /// The body asks for a stream. (A Gemini path asks by itself: [`crate::Call::stream_in_path`].)
    pub stream: bool,
    /// What the body says of `stream_options`.
    pub stream_options: StreamOptions,
    /// The operation knows `stream_options.include_usage`.
    pub has_usage_option: bool,
    /// Every cap on output tokens in the body; providers differ in which of two they obey.
    pub output_caps: Vec<OutputCap>,
    /// Where a cap may be put in, for requests that take one.
    pub cap_place: Option<CapPlace>,
    /// Answers asked for at once (`n`, `best_of`, `candidateCount`, the largest), 1 unless given.
    pub answers: u64,
    /// Where a JSON body says so.
    pub answers_asked: Vec<AnswersAsked>,
    /// The tier of service asked for, as the client spells it: at most 256 bytes.
    pub service_tier: Option<Box<str>>,
    /// Whether `temperature` is 0: the body asks for an answer without chance.
    pub temperature_zero: SaidOnly,
    /// Whether `store` is `false`: the provider shall not keep the answer for later calls to refer to.
    pub store_declined: SaidOnly,
    /// How hard to think, wherever the body says so.
    pub efforts: Vec<EffortAsked>,
    /// Tools that are given to the model.
    pub tools: ToolsAsked,
    /// Media in the input.
    pub media: MediaAsked,
    /// Things that the input refers to and that lie at the provider: answers, conversations, prompts, cached content,
    /// files. They cost input tokens that are not in the body.
    pub stored_inputs: u64,
    /// The body's length in bytes.
    pub body_bytes: usize,
    /// All string values together, decoded, but for media: what a prompt estimate goes by.
    pub prompt_bytes: usize,
    /// Strings under `data`, `url`, `image_url`, `file_data`: mostly base64, not counted as text.
    pub media_bytes: usize,
    /// Characters (Unicode scalar values) of the text to be spoken: what speech is billed by.
    pub characters: u64,
    /// Documents to be ranked.
    pub documents: u64,
    /// What pictures are asked for.
    pub image: ImageAsked,
    /// Where the outermost object's brace is, and whether nothing is in it.
    pub root: Option<Brace>,
}

/// What pictures a request asks for; how many is [`Facts::answers`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageAsked {
    /// `1024x1024`, `auto`: as the client spells it.
    pub size: Option<Box<str>>,
    /// `low`, `hd`: as the client spells it.
    pub quality: Option<Box<str>>,
}

/// The `model` of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAsked {
    /// Its name, decoded.
    pub name: Box<str>,
    /// Where it lies: a JSON string with its quotes, or a form field's value.
    pub span: Range<usize>,
    /// How another name is to be spelled in its place.
    pub spelling: Spelling,
}

/// How a text stands in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As a JSON string.
    Json,
    /// As it is.
    Plain,
}

/// A place in a body that repeats the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEcho {
    /// The JSON string, quotes included.
    pub span: Range<usize>,
    /// It is spelled `models/…`.
    pub is_resource_name: bool,
}

/// An object that something may be put into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brace {
    /// Offset of the `{`.
    pub at: usize,
    /// Whether the object has no members, so that an insertion needs no comma.
    pub is_empty: bool,
}

/// What a body says of `stream_options`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StreamOptions {
    /// Nothing.
    #[default]
    Absent,
    /// `null`, here.
    Null(Range<usize>),
    /// An object without `include_usage`.
    Object(Brace),
    /// An object with `"include_usage": true`.
    UsageAsked,
    /// An object with `include_usage` false or null, here.
    UsageDeclined(Range<usize>),
}

/// Whether a field has one certain value, wherever a body has the field. What is strange is the provider's to judge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SaidOnly {
    /// The body does not have the field.
    #[default]
    Nothing,
    /// It has that value.
    This,
    /// It has another value, in one place at least.
    Other,
}

/// How many answers a body asks for, in one place of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswersAsked {
    /// So many.
    pub count: u64,
    /// The JSON number, for replacing it.
    pub span: Range<usize>,
}

impl Facts {
    /// The most output tokens that one answer may have, by the largest cap given; `None` if the body does not bound them.
    #[must_use]
    pub fn output_cap(&self) -> Option<u64> {
        let mut largest = None;
        for cap in &self.output_caps {
            match cap.said {
                CapSaid::Tokens(tokens) => largest = largest.max(Some(tokens)),
                CapSaid::Unlimited => return None,
                CapSaid::Null => {}
            }
        }
        largest
    }

    /// Whether an answer of so many output tokens is within what the body allows.
    #[must_use]
    pub fn allows(&self, tokens: u64) -> bool {
        self.output_cap().is_none_or(|cap| cap >= tokens)
    }

    /// Whether a cap below what the client allows can be had at all: by lowering one or by putting one in.
    #[must_use]
    pub fn takes_output_cap(&self) -> bool {
        !self.output_caps.is_empty() || self.takes_new_cap()
    }

    fn takes_new_cap(&self) -> bool {
        self.cap_place.is_some() && self.root.is_some()
    }

    /// The least cap on output with which the body stays one that providers take: Anthropic's thinking needs room.
    #[must_use]
    pub fn output_cap_least(&self) -> u64 {
        let least = self
            .cap_place
            .as_ref()
            .map_or(1, |place| place.member.least);
        if self.efforts.iter().any(EffortAsked::is_claudes) {
            least.max(THINKING_TOKENS_MIN.saturating_add(1))
        } else {
            least
        }
    }

    /// The object that a cap would be put into has been found.
    pub(super) fn cap_object(&mut self, at: ObjectAt) {
        if let Some(place) = &mut self.cap_place
            && place.member.object.is_some()
        {
            place.object = at;
        }
    }

    /// Whether the client itself gets usage at its stream's end, so that nothing is added or taken out.
    #[must_use]
    pub fn asks_for_usage(&self) -> bool {
        self.stream_options == StreamOptions::UsageAsked
    }

    /// Counts what is asked for by the piece; a value that is something else is the provider's to judge.
    pub(super) fn count(&mut self, field: Field, scalar: Scalar<'_>) {
        let Scalar::String {
            text, characters, ..
        } = scalar
        else {
            self.documents = self
                .documents
                .saturating_add(u64::from(field == Field::Document));
            return;
        };
        let text = || text.map(|text| String::from_utf8_lossy(text).into());
        match field {
            Field::Spoken => {
                let characters = u64::try_from(characters).unwrap_or(u64::MAX);
                self.characters = self.characters.saturating_add(characters);
            }
            Field::Document => self.documents = self.documents.saturating_add(1),
            Field::Size => self.image.size = text(),
            Field::Quality => self.image.quality = text(),
            _ => {}
        }
    }

    /// Whether usage must be asked for to be told: a stream of an operation that needs asking, by a client
    /// that did not.
    #[must_use]
    pub fn lacks_usage(&self) -> bool {
        self.stream && self.has_usage_option && !self.asks_for_usage()
    }
}

impl SaidOnly {
    /// The field has come once more.
    pub(super) const fn say(&mut self, is_this: bool) {
        *self = match self {
            Self::Nothing | Self::This if is_this => Self::This,
            _ => Self::Other,
        };
    }
}

/// Whether a JSON number is 0: `0`, `-0`, `0.00`, `0e5`.
pub(super) fn is_zero(number: &[u8]) -> bool {
    let is_exponent = |byte: &u8| matches!(byte, b'e' | b'E');
    let mantissa = number.split(is_exponent).next().unwrap_or_default();
    !mantissa.is_empty()
        && mantissa
            .iter()
            .all(|byte| matches!(byte, b'0' | b'.' | b'-'))
}
