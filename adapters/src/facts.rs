//! What a request body says that we need to know: which model, streamed or not, how much output at most.
//!
//! Read in one pass as the body arrives; nothing of it is kept but these facts. Fields that we meter by must
//! say one thing only: a second `model`, a `Model`, a `mod\u0065l` could be read otherwise by the provider, so
//! they are refused. All other fields are nobody's business here.

mod error;
mod fields;
mod said;

pub use error::{Ambiguity, FactsError};
pub use said::{
    Brace, Facts, ImageAsked, ModelAsked, ModelEcho, OutputCap, Spelling, StreamOptions,
};

use crate::call::{Dialect, Operation};
use crate::custom::Custom;
use crate::path::Call;
use crate::scan::{Container, Handler, Key, STEPS_MAX, Scalar, Scanner, Tracker, Value};

pub(crate) use fields::Field;

/// Echoes of the model that are kept for renaming; Gemini takes at most 100 requests in a batch.
const ECHOES_MAX: usize = 256;

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
        Self::with(call, need, fields::tracker(call), fields::DEPTH_MAX)
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
            found: Found {
                facts: Facts {
                    has_usage_option,
                    answers: 1,
                    stream: streams_unasked(call),
                    ..Facts::default()
                },
                tracker,
                judged_depth,
                is_strict: need != Need::Nothing,
                is_media: false,
                seen: 0,
                error: None,
            },
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

/// What a scan has found so far.
#[derive(Debug)]
struct Found {
    facts: Facts,
    tracker: Tracker<Field>,
    /// Keys down to here must say one thing only.
    judged_depth: usize,
    /// Wrong types are errors.
    is_strict: bool,
    /// The last key was one that media stands under.
    is_media: bool,
    /// Bit of each [`Field`] whose key has come.
    seen: u32,
    /// The first thing wrong.
    error: Option<FactsError>,
}

impl Handler for Found {
    #[inline]
    fn begin(&mut self, container: Container, at: usize, depth: usize) {
        if depth == 0 && container == Container::Object {
            self.facts.root = Some(Brace { at, is_empty: true });
        }
        match (self.tracker.field(depth), container) {
            (Some(Field::StreamOptions), Container::Object) => {
                self.facts.stream_options = StreamOptions::Object(Brace { at, is_empty: true });
            }
            (
                Some(
                    Field::GenerationConfig
                    | Field::OllamaOptions
                    | Field::InferenceConfig
                    | Field::TextConfig,
                ),
                Container::Object,
            )
            | (None, _) => {}
            (Some(Field::Document), _) => self.facts.count(Field::Document, Scalar::Null),
            (Some(field), _) => self.wrong_type(field),
        }
        self.tracker.begin(container, depth);
    }

    #[inline]
    fn key(&mut self, key: Key<'_>) {
        self.is_media = key.name.is_some_and(fields::is_media);
        self.tracker.key(&key);
        if key.depth <= self.judged_depth {
            self.judge(&key);
        }
    }

    #[inline]
    fn value(&mut self, value: Value<'_>) {
        if let Scalar::String { decoded_bytes, .. } = value.scalar {
            let sum = if self.is_media {
                &mut self.facts.media_bytes
            } else {
                &mut self.facts.prompt_bytes
            };
            *sum = sum.saturating_add(decoded_bytes);
        }
        if let Some(field) = self.tracker.field(value.depth)
            && !self.take(field, &value)
        {
            self.wrong_type(field);
        }
    }
}

impl Found {
    /// Whether a key near the top could be one of ours, and only that.
    fn judge(&mut self, key: &Key<'_>) {
        if key.depth == 1
            && let Some(root) = &mut self.facts.root
        {
            root.is_empty = false;
        }
        if key.depth == 2
            && self.tracker.field(1) == Some(Field::StreamOptions)
            && let StreamOptions::Object(brace) = &mut self.facts.stream_options
        {
            brace.is_empty = false;
        }
        let why = if let Some(field) = self.tracker.field_but_for_case(key) {
            Some((field, Ambiguity::Case))
        } else {
            self.tracker.field(key.depth).and_then(|field| {
                let bit = 1_u32 << field.bit();
                let is_doubled = self.seen & bit != 0;
                self.seen |= bit;
                match (key.escaped, is_doubled) {
                    (true, _) => Some((field, Ambiguity::Escaped)),
                    (_, true) => Some((field, Ambiguity::Doubled)),
                    _ => None,
                }
            })
        };
        if let Some((field, why)) = why.filter(|(field, _)| !field.may_repeat()) {
            self.fail(FactsError::Ambiguous {
                field: field.name(),
                why,
            });
        }
    }

    /// Takes a metered field's value down; `false` if it cannot have that value.
    fn take(&mut self, field: Field, value: &Value<'_>) -> bool {
        let span = value.span.clone();
        match (field, value.scalar) {
            (Field::IncludeUsage, Scalar::Bool(true)) => {
                self.facts.stream_options = StreamOptions::UsageAsked;
            }
            (Field::IncludeUsage, Scalar::Bool(false) | Scalar::Null) => {
                self.facts.stream_options = StreamOptions::UsageDeclined(span);
            }
            (Field::StreamOptions, Scalar::Null) => {
                self.facts.stream_options = StreamOptions::Null(span);
            }
            (_, Scalar::Null) => {}
            (
                Field::Model,
                Scalar::String {
                    text: Some(name), ..
                },
            ) if !name.is_empty() => {
                let name = String::from_utf8_lossy(name).into_owned().into();
                self.facts.model = Some(ModelAsked {
                    name,
                    span,
                    spelling: Spelling::Json,
                });
            }
            (
                Field::ModelEcho,
                Scalar::String {
                    text: Some(name), ..
                },
            ) => {
                let is_resource_name = name.starts_with(b"models/");
                if self.facts.model_echoes.len() < ECHOES_MAX {
                    self.facts.model_echoes.push(ModelEcho {
                        span,
                        is_resource_name,
                    });
                }
            }
            (Field::Spoken | Field::Document | Field::Size | Field::Quality, scalar) => {
                self.facts.count(field, scalar);
            }
            (Field::Stream, Scalar::Bool(stream)) => self.facts.stream = stream,
            (Field::Answers | Field::BestOf, number) => {
                let Some(answers) = number.as_u64() else {
                    return false;
                };
                self.facts.answers = self.facts.answers.max(answers);
            }
            // No cap: Ollama, llama.cpp and LM Studio take -1 for that, and who does not will say so.
            (field, Scalar::Number(Some([b'-', ..]))) if field.is_output_cap() => {}
            (field, number) if field.is_output_cap() => {
                // Protobuf's JSON lets Gemini's clients write integers as strings.
                let tokens = match number {
                    Scalar::String {
                        text: Some(digits), ..
                    } if field == Field::GeminiCap => Scalar::Number(Some(digits)).as_u64(),
                    _ => number.as_u64(),
                };
                let Some(tokens) = tokens else { return false };
                self.facts.output_caps.push(OutputCap { tokens, span });
            }
            _ => return false,
        }
        true
    }

    fn wrong_type(&mut self, field: Field) {
        if self.is_strict && !field.may_repeat() {
            self.fail(FactsError::WrongType {
                field: field.name(),
                expected: field.expected(),
            });
        }
    }

    fn fail(&mut self, error: FactsError) {
        self.error.get_or_insert(error);
    }
}

#[cfg(test)]
mod tests;
