//! What makes a dialect: the one struct that each dialect's file fills in.
//!
//! Everything around it (scanning, the book, refusals, error classes) is written once and asks this.

use std::sync::Arc;
use std::time::Duration;

use crate::call::{Dialect, Operation};
use crate::custom::Custom;
use crate::error_class::Code;
use crate::meter::{Counts, Field, Totals};
use crate::provider::ProviderKind;
use crate::refusal::RefusalKind;
use crate::scan::Tracker;
use crate::{anthropic, bedrock, cohere, gemini, ollama, openai};

/// A wire format.
pub(crate) struct Adapter {
    /// How an answer to such a request is read.
    pub(crate) answers: fn(&Asked<'_>) -> &'static Answers,
    /// Words in an error's body that tell more than its status; the first match wins.
    pub(crate) error_codes: &'static [Code],
    /// The body of a refusal, JSON in one line.
    pub(crate) refusal: fn(&Told<'_>) -> String,
    /// Header lines that its clients look for in a refusal beside those that all get.
    pub(crate) refusal_headers: fn(RefusalKind) -> Vec<(&'static str, String)>,
    /// What ends a stream before its time, `None` where the dialect has no such event.
    pub(crate) stream_error: fn(Operation, RefusalKind, &str) -> Option<Vec<u8>>,
    /// The same for a stream of JSON lines.
    pub(crate) stream_error_line: fn(RefusalKind, &str) -> Option<Vec<u8>>,
}

/// What a client is told when it is refused.
pub(crate) struct Told<'a> {
    pub(crate) kind: RefusalKind,
    /// Goes out as it is: names no secret.
    pub(crate) message: &'a str,
    pub(crate) request_id: &'a str,
    /// When to come back, for kinds that pass.
    pub(crate) retry_after: Option<Duration>,
}

/// What was asked, as far as it decides how the answer is read.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The provider that answers.
    pub kind: ProviderKind,
    /// The wire format of the answer.
    pub dialect: Dialect,
    /// What was asked for.
    pub operation: Operation,
    /// The model as it was sent, empty if there was none: Bedrock's answers are in the model's own format.
    pub model: &'a str,
    /// How the answer is laid out, where that is described in the configuration.
    pub custom: Option<&'a Arc<Custom>>,
}

impl Asked<'static> {
    /// Asked of the provider whose own wire format `dialect` is, without a word about the model.
    #[must_use]
    pub const fn native(dialect: Dialect, operation: Operation) -> Self {
        Self {
            kind: ProviderKind::native(dialect),
            dialect,
            operation,
            model: "",
            custom: None,
        }
    }
}

/// How an answer is laid out and what its figures mean.
pub(crate) struct Answers {
    /// Where what we want stands.
    pub(crate) tracker: fn() -> Tracker<Field>,
    /// Events may carry the whole answer so far under this name.
    pub(crate) envelope: Option<&'static [u8]>,
    /// How the counts add up.
    pub(crate) totals: fn(&Counts, Operation) -> Totals,
    /// Whether an event of this `type` is the last.
    pub(crate) is_last_event: fn(&[u8]) -> bool,
    /// The text that tells why generation ended is the last.
    pub(crate) stop_is_last: bool,
    /// A stream may end well without a last event.
    pub(crate) may_end_unsaid: bool,
}

impl Dialect {
    pub(crate) const fn adapter(self) -> &'static Adapter {
        match self {
            Self::OpenAi => &openai::ADAPTER,
            Self::Anthropic => &anthropic::ADAPTER,
            Self::Gemini => &gemini::ADAPTER,
            Self::Bedrock => &bedrock::ADAPTER,
            Self::Cohere => &cohere::ADAPTER,
            Self::Ollama => &ollama::ADAPTER,
        }
    }
}

/// No event ends a stream of this dialect.
pub(crate) const fn never_last(_: &[u8]) -> bool {
    false
}

/// Nothing beside what every dialect's clients get.
pub(crate) const fn no_headers(_: RefusalKind) -> Vec<(&'static str, String)> {
    Vec::new()
}
