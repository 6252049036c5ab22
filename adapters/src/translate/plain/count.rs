//! Token counts: a turn's request, asked how long it is.
//!
//! Requests are read and written by the rooms of the turns that they count for; what has nothing to do with a prompt's
//! length is taken out behind them. `OpenAI`'s `/v1/responses/input_tokens`, Anthropic's `/v1/messages/count_tokens` and
//! Gemini's `:countTokens` (documented at <https://platform.openai.com/docs/api-reference/responses/input-tokens>,
//! <https://docs.claude.com/en/api/messages-count-tokens>, <https://ai.google.dev/api/tokens>, all read 2026-11; the last
//! two recorded in fixtures).

#[cfg(test)]
mod tests;

use crate::provider::ProviderKind;
use crate::translate::feature::{Fate, Feature};
use crate::translate::form::Form;
use crate::translate::json::{Json, Members, Object, Value, parse};
use crate::translate::shape::{self, Seen, Shape};
use crate::translate::{AnswerFault, Caller, To, Untranslatable};

/// The turn whose prompt is counted.
pub(in crate::translate) const fn turn_of(form: Form) -> Option<Form> {
    match form {
        Form::ResponsesCount => Some(Form::Responses),
        Form::MessagesCount => Some(Form::Messages),
        Form::GenerateCount => Some(Form::Generate),
        _ => None,
    }
}

/// What a request may say: what the turn's may. (Gemini's may also stand within `generateContentRequest`.)
pub(super) fn shape(form: Form) -> Option<&'static Shape> {
    Some(turn_of(form)?.asks()?.shape)
}

/// Whether a deployment may be asked in it.
pub(super) fn is_served(form: Form) -> bool {
    turn_of(form).is_some_and(|turn| turn.serves().is_some())
}

/// What becomes of a feature there.
pub(super) fn fate(form: Form, feature: Feature, kind: ProviderKind) -> Fate {
    let serves = turn_of(form).and_then(Form::serves);
    match serves {
        Some(_) if is_beside(feature) => Fate::Needless("no prompt is longer or shorter for it"),
        Some(serves) => (serves.fate)(feature, kind),
        None => Fate::Lost,
    }
}

/// Whether a feature is about the answer, or the books, and not about the prompt.
const fn is_beside(feature: Feature) -> bool {
    matches!(
        feature,
        Feature::OutputMax
            | Feature::Stop
            | Feature::Temperature
            | Feature::TopP
            | Feature::TopK
            | Feature::MinP
            | Feature::Seed
            | Feature::PresencePenalty
            | Feature::FrequencyPenalty
            | Feature::RepeatPenalty
            | Feature::LogitBias
            | Feature::Logprobs
            | Feature::ManyAnswers
            | Feature::Verbosity
            | Feature::JsonObject
            | Feature::ParallelToolsOff
            | Feature::SafetySettings
            | Feature::ReasoningShown
            | Feature::CacheMarks
            | Feature::CacheTtl
            | Feature::CacheKey
            | Feature::User
            | Feature::Metadata
            | Feature::Store
            | Feature::Background
            | Feature::ServiceTier
            | Feature::Placement
            | Feature::StreamOptions
            | Feature::Include
            | Feature::ToolCallsMax
    )
}

/// Notes what a request asks for.
pub(super) fn look(form: Form, value: &Value<'_>, seen: &mut Seen) -> Result<(), Untranslatable> {
    let asks = turn_of(form).and_then(Form::asks);
    let asks = asks.ok_or_else(super::unknown)?;
    let Some(inner) = within(form, value) else {
        shape::look(asks.shape, value, seen);
        return (asks.read)(value, seen).map(drop);
    };
    let place = |place: String| [WITHIN, ".", &place].concat();
    let mut found = Seen::default();
    shape::look(asks.shape, inner, &mut found);
    (asks.read)(inner, &mut found).map_err(|fault| Untranslatable {
        place: place(fault.place),
        ..fault
    })?;
    for (feature, at) in found.places {
        seen.note(feature, || place(at));
    }
    // Beyond so many the places are not told, but the features are.
    for feature in Feature::ALL {
        if found.features.has(*feature) {
            seen.features.add(*feature);
        }
    }
    let beside = value.as_object().map(|request| &request.members);
    for (name, _) in beside.into_iter().flatten() {
        if !name.is(WITHIN) && !name.is(WITHIN_SNAKE) && !name.is("model") {
            seen.note(Feature::Unknown, || name.plain().chars().take(64).collect());
        }
    }
    Ok(())
}

/// Where Gemini takes more than contents.
const WITHIN: &str = "generateContentRequest";
const WITHIN_SNAKE: &str = "generate_content_request";

fn within<'v, 'a>(form: Form, value: &'v Value<'a>) -> Option<&'v Value<'a>> {
    let request = value.as_object().filter(|_| form == Form::GenerateCount)?;
    request.get(WITHIN).or_else(|| request.get(WITHIN_SNAKE))
}

/// A request as the deployment is asked it.
pub(super) fn request(
    from: Form,
    value: &Value<'_>,
    to: &To<'_>,
) -> Result<String, Untranslatable> {
    let asks = turn_of(from).and_then(Form::asks);
    let (asks, turn) = asks.zip(turn_of(to.form)).ok_or_else(super::unknown)?;
    let serves = turn.serves().ok_or_else(super::unknown)?;
    let inner = within(from, value).unwrap_or(value);
    let mut request = (asks.read)(inner, &mut Seen::default())?;
    request.stream = false;
    request.keep_signatures_of(turn.dialect());
    if !to.kind.is_openai() {
        request.forget_caching_of_openai();
    }
    request.leave_out(|feature| turn.fate(feature, to.kind) == Fate::Lost);
    let written = (serves.write)(&request, &To { form: turn, ..*to })?;
    counted(&written, to).ok_or_else(super::unknown)
}

/// What was written for a turn, as it is written for a count.
fn counted(written: &str, to: &To<'_>) -> Option<String> {
    let value = parse(written).ok()?;
    let turn = value.as_object()?;
    let (kept, is_within) = match to.form {
        Form::MessagesCount => (MESSAGES, false),
        Form::ResponsesCount => (RESPONSES, false),
        // Vertex AI takes them all beside each other.
        _ => (GENERATE, to.kind != ProviderKind::VERTEX),
    };
    let is_more = turn.members.iter().any(|(name, _)| !name.is("contents"));
    Some(Json::object(written.len(), |json| {
        if is_within && is_more {
            json.object(WITHIN, |json| {
                json.text("model", &["models/", to.model].concat());
                keep(turn, kept, json);
            });
        } else {
            keep(turn, kept, json);
        }
    }))
}

fn keep(turn: &Object<'_>, kept: &[&str], json: &mut Members<'_>) {
    for (name, value) in &turn.members {
        let name = name.plain();
        if kept.contains(&&*name) {
            json.raw(&name, &value.raw());
        }
    }
}

/// What Anthropic counts (`MessageCountTokensParams` of its SDK 2.12).
const MESSAGES: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
];

/// What `OpenAI` counts (`InputTokenCountParams` of its SDK 3.54).
const RESPONSES: &[&str] = &[
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "text",
    "truncation",
];

/// What Gemini counts.
const GENERATE: &[&str] = &[
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
];

/// An answer as the caller gets it.
pub(super) fn answer(
    caller: &Caller,
    from: Form,
    value: &Value<'_>,
) -> Result<String, AnswerFault> {
    let answer = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let tokens = match from {
        Form::MessagesCount | Form::ResponsesCount => answer.u64("input_tokens"),
        // Protobuf leaves a zero out.
        _ => Some(answer.u64("totalTokens").unwrap_or(0)).filter(|_| answer.get("error").is_none()),
    };
    let tokens = tokens.ok_or(AnswerFault::Unreadable)?;
    Ok(Json::object(64, |json| match caller.form {
        Form::GenerateCount => json.number("totalTokens", tokens),
        form => {
            if form == Form::ResponsesCount {
                json.text("object", "response.input_tokens");
            }
            json.number("input_tokens", tokens);
        }
    }))
}
