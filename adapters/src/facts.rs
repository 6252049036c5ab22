//! What a request body says that we need to know: which model, streamed or not, how much output at most.
//!
//! Read in one pass as the body arrives; nothing of it is kept but these facts. Fields that we meter by must
//! say one thing only: a second `model`, a `Model`, a `mod\u0065l` could be read otherwise by the provider, so
//! they are refused. All other fields are nobody's business here.

mod asked;
mod cap;
mod effort;
mod error;
mod fields;
mod forms;
mod found;
mod said;
mod take;

pub use asked::{MediaAsked, ToolsAsked};
pub use cap::{CapMember, CapPlace, CapSaid, ObjectAt, OutputCap};
pub use effort::{EffortAsked, EffortLevel, EffortSaid};
pub use error::{Ambiguity, FactsError};
pub(crate) use said::THINKING_TOKENS_MIN;
pub use said::{
    AnswersAsked, Brace, Facts, ImageAsked, ModelAsked, ModelEcho, SaidOnly, Spelling,
    StreamOptions,
};

use crate::call::{Dialect, Operation};
use crate::custom::Custom;
use crate::path::Call;
use crate::scan::{STEPS_MAX, Scanner, Tracker};

pub(crate) use fields::Field;
use found::Found;

/// Reads [`Facts`] from a body that arrives in chunks.
///
/// ```
/// use quotah_adapters::{FactsReader, classify};
///
/// let call = classify("POST", "/v1/chat/completions").unwrap();
/// let mut reader = FactsReader::new(&call);
/// reader.feed(br#"{"model": "gpt-"#);
/// reader.feed(br#"5-mini", "stream": true}"#);
/// let facts = reader.finish()?;
/// assert_eq!(&*facts.model.unwrap().name, "gpt-5-mini");
/// assert!(facts.stream);
/// # Ok::<(), quotah_adapters::FactsError>(())
/// ```
#[derive(Debug)]
pub struct FactsReader {
    scanner: Scanner,
    found: Found,
    need: Need,
}

/// How much of a body an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// JSON with a model.
    Model,
    /// JSON; the model is in the path, or the provider knows one.
    Json,
    /// Nothing: whatever it is passes, and if it is JSON with a model that is read.
    Nothing,
}

impl FactsReader {
    /// A reader for the body of `call`.
    #[must_use]
    pub fn new(call: &Call) -> Self {
        let need = match call.operation {
            Operation::Models
            | Operation::Other
            | Operation::BatchResults
            | Operation::Retrieval
            | Operation::Moderations
            | Operation::Transcription
            | Operation::Images => Need::Nothing,
            _ if call.model_in_path.is_some() => Need::Json,
            // Cohere has a default; a stored prompt or conversation may have its own.
            _ if call.dialect == Dialect::Cohere => Need::Json,
            Operation::Responses => Need::Json,
            _ => Need::Model,
        };
        let form = forms::form(call);
        let mut reader = Self::with(call, need, Tracker::new(form.fields.clone()), 1);
        reader.found.facts.cap_place = form.cap.map(|member| CapPlace {
            member,
            object: ObjectAt::Absent,
        });
        reader
    }

    /// A reader for the body of a call to a provider that is described in the configuration.
    #[must_use]
    pub fn custom(custom: &Custom, call: &Call) -> Self {
        let need = if call.operation == Operation::Other {
            Need::Nothing
        } else if call.model_in_path.is_some() {
            Need::Json
        } else {
            Need::Model
        };
        let tracker = Tracker::new(custom.request());
        let mut reader = Self::with(call, need, tracker, STEPS_MAX);
        // Its streams carry what they carry: nothing is asked for.
        reader.found.facts.has_usage_option = false;
        reader
    }

    fn with(call: &Call, need: Need, tracker: Tracker<Field>, judged_depth: usize) -> Self {
        let has_usage_option = call.dialect == Dialect::OpenAi
            && matches!(call.operation, Operation::Chat | Operation::Completions);
        Self {
            scanner: Scanner::new(),
            found: Found::new(
                Facts {
                    has_usage_option,
                    answers: 1,
                    stream: streams_unasked(call),
                    ..Facts::default()
                },
                tracker,
                judged_depth,
                need != Need::Nothing,
            ),
            need,
        }
    }

    /// Reads the next bytes of the body. What is wrong is told by [`Self::finish`].
    pub fn feed(&mut self, chunk: &[u8]) {
        self.found.facts.body_bytes = self.found.facts.body_bytes.saturating_add(chunk.len());
        if self.found.error.is_none()
            && let Err(error) = self.scanner.feed(chunk, &mut self.found)
        {
            self.found.fail(FactsError::NotJson(error));
        }
    }

    /// Whether a byte has come that JSON cannot have, in a body that need not be JSON.
    #[must_use]
    pub const fn is_not_json(&self) -> bool {
        matches!(
            (&self.found.error, self.need),
            (Some(FactsError::NotJson(_)), Need::Nothing)
        )
    }

    /// The facts, once the body is whole.
    ///
    /// # Errors
    /// [`FactsError`] for the first thing in the body that cannot be served. A body for an operation that needs
    /// none ([`Operation::Models`], [`Operation::Other`]) may be anything but ambiguous about its model.
    pub fn finish(mut self) -> Result<Facts, FactsError> {
        if self.found.error.is_none()
            && let Err(error) = self.scanner.finish(&mut self.found)
        {
            self.found.fail(FactsError::NotJson(error));
        }
        let facts = self.found.facts;
        match (self.found.error, self.need) {
            (Some(FactsError::NotJson(_)), Need::Nothing) => Ok(Facts {
                body_bytes: facts.body_bytes,
                answers: 1,
                ..Facts::default()
            }),
            (Some(error), _) => Err(error),
            (None, Need::Model) if facts.model.is_none() => Err(FactsError::NoModel),
            (None, _) => Ok(facts),
        }
    }
}

/// Ollama streams unless it is told not to.
const fn streams_unasked(call: &Call) -> bool {
    let is_generation = matches!(call.operation, Operation::Chat | Operation::Completions);
    is_generation && matches!(call.dialect, Dialect::Ollama)
}

#[cfg(test)]
mod tests;
