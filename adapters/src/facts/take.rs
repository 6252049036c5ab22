//! What a metered field's value says.

use super::cap::{CapPlace, CapSaid, ObjectAt, OutputCap};
use super::effort::EffortAsked;
use super::fields::Field;
use super::forms::ANTHROPIC_CAP;
use super::found::Found;
use super::said::{AnswersAsked, Facts, ModelAsked, ModelEcho, Spelling, StreamOptions, is_zero};
use crate::scan::{Scalar, Value};

/// Echoes of the model that are kept for renaming; Gemini takes at most 100 requests in a batch.
const ECHOES_MAX: usize = 256;

impl Found {
    /// Takes a metered field's value down; `false` if it cannot have that value.
    pub(super) fn take(&mut self, field: Field, value: &Value<'_>) -> bool {
        let span = value.span.clone();
        let facts = &mut self.facts;
        match (field, value.scalar) {
            (Field::IncludeUsage, Scalar::Bool(true)) => {
                facts.stream_options = StreamOptions::UsageAsked;
            }
            (Field::IncludeUsage, Scalar::Bool(false) | Scalar::Null) => {
                facts.stream_options = StreamOptions::UsageDeclined(span);
            }
            (Field::StreamOptions, Scalar::Null) => {
                facts.stream_options = StreamOptions::Null(span);
            }
            (holder, Scalar::Null) if holder.holds_cap() => facts.cap_object(ObjectAt::Null(span)),
            (Field::Temperature, scalar) => {
                let is_zero = matches!(scalar, Scalar::Number(Some(digits)) if is_zero(digits));
                facts.temperature_zero.say(is_zero);
            }
            (Field::Store, scalar) => {
                facts
                    .store_declined
                    .say(matches!(scalar, Scalar::Bool(false)));
            }
            (cap, scalar) if cap.is_output_cap() => return facts.take_cap(cap, scalar, value),
            (_, Scalar::Null) => {}
            (effort, scalar) if effort.is_effort() => {
                let Some(asked) = EffortAsked::read(effort, scalar, span) else {
                    return false;
                };
                facts.efforts.extend(asked);
            }
            (Field::Answers | Field::BestOf, number) => {
                let Some(count) = number.as_u64() else {
                    return false;
                };
                facts.answers = facts.answers.max(count);
                facts.answers_asked.push(AnswersAsked { count, span });
            }
            (Field::Stream, Scalar::Bool(stream)) => facts.stream = stream,
            (Field::Spoken | Field::Document | Field::Size | Field::Quality, scalar) => {
                facts.count(field, scalar);
            }
            (Field::Image | Field::Video | Field::Audio | Field::File, _) => facts.media.add(field),
            (Field::Tool | Field::ClientTool, _) => facts.tools.function(),
            (Field::ServerTool, _) => facts.tools.server_tool(),
            // On or off, for servers that have no more to say.
            (Field::ReasoningConfig | Field::ThinkingConfig, Scalar::Bool(_)) => {}
            (_, Scalar::String { text, .. }) => return self.take_text(field, text, value),
            _ => return false,
        }
        true
    }

    /// The same for a string; a text that is too long for any field of ours is not given.
    fn take_text(&mut self, field: Field, text: Option<&[u8]>, value: &Value<'_>) -> bool {
        let span = value.span.clone();
        let facts = &mut self.facts;
        match (field, text) {
            (Field::PreviousAnswer | Field::Conversation, _) => facts.refer(),
            (Field::CachedContent | Field::StoredFile, _) => facts.refer(),
            (Field::PartKind, Some(b"item_reference")) => facts.refer(),
            (Field::PartKind, Some(kind)) => facts.media.part(kind),
            (Field::MediaType, Some(mime)) => facts.media.told(mime),
            (Field::ToolKind, Some(kind)) => facts.tools.told(kind),
            (Field::AnthropicVersion, Some(_)) => {
                facts.cap_place = Some(CapPlace {
                    member: ANTHROPIC_CAP,
                    object: ObjectAt::Absent,
                });
            }
            (Field::ServiceTier, Some(tier)) => {
                facts.service_tier = Some(String::from_utf8_lossy(tier).into());
            }
            (Field::Model, Some(name)) if !name.is_empty() => {
                facts.model = Some(ModelAsked {
                    name: String::from_utf8_lossy(name).into(),
                    span,
                    spelling: Spelling::Json,
                });
            }
            (Field::ModelEcho, Some(name)) => {
                if facts.model_echoes.len() < ECHOES_MAX {
                    let is_resource_name = name.starts_with(b"models/");
                    facts.model_echoes.push(ModelEcho {
                        span,
                        is_resource_name,
                    });
                }
            }
            _ => return false,
        }
        true
    }
}

impl Facts {
    fn take_cap(&mut self, field: Field, scalar: Scalar<'_>, value: &Value<'_>) -> bool {
        let said = match scalar {
            Scalar::Null => Some(CapSaid::Null),
            // Who does not take a negative number for no cap will say so.
            Scalar::Number(Some([b'-', ..])) => Some(CapSaid::Unlimited),
            // Ollama's runner looks at the limit only if it is above 0 (`numPredict > 0 &&`, its source, read 2026-11).
            Scalar::Number(Some(b"0")) if field == Field::OllamaCap => Some(CapSaid::Unlimited),
            // Protobuf's JSON lets Gemini's clients write integers as strings.
            Scalar::String {
                text: Some(digits), ..
            } if field == Field::GeminiCap && !digits.is_empty() => {
                Scalar::Number(Some(digits)).as_u64().map(CapSaid::Tokens)
            }
            number => number.as_u64().map(CapSaid::Tokens),
        };
        let member = field.name().rsplit('.').next().unwrap_or_default();
        self.output_caps.extend(said.map(|said| OutputCap {
            member,
            said,
            span: value.span.clone(),
        }));
        said.is_some()
    }

    /// The input refers to something that is not in the body.
    pub(super) const fn refer(&mut self) {
        self.stored_inputs = self.stored_inputs.saturating_add(1);
    }
}
