//! `OpenAI`'s answers: chat, completions, responses, embeddings, and whoever speaks like it.

use quotah_policy::Usage;

use super::counts::{Count, Counts, Known};
use super::field::Field;
use super::totals::Totals;
use crate::Operation;
use crate::scan::PathTable;

/// Responses' events carry the whole response so far under this name.
pub(super) const ENVELOPE: &[u8] = b"response";

pub(super) static FIELDS: PathTable<Field, 96> = PathTable::new(&[
    ("model", Field::Model),
    ("id", Field::Id),
    ("service_tier", Field::ServiceTier),
    ("type", Field::EventType),
    ("usage", Field::Usage),
    // chat, completions, embeddings
    ("usage.prompt_tokens", Field::Count(Count::Input)),
    ("usage.completion_tokens", Field::Count(Count::Output)),
    ("usage.total_tokens", Field::Count(Count::Total)),
    (
        "usage.prompt_tokens_details.cached_tokens",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.prompt_tokens_details.cache_write_tokens",
        Field::Count(Count::CacheWrite),
    ),
    (
        "usage.prompt_tokens_details.cache_write_tokens_details.ttl_12h_tokens",
        Field::Count(Count::CacheWriteLong),
    ),
    (
        "usage.prompt_tokens_details.audio_tokens",
        Field::Count(Count::InputAudio),
    ),
    (
        "usage.prompt_tokens_details.image_tokens",
        Field::Count(Count::InputImage),
    ),
    (
        "usage.prompt_tokens_details.cached_tokens_details.audio_tokens",
        Field::Count(Count::CachedAudio),
    ),
    (
        "usage.completion_tokens_details.reasoning_tokens",
        Field::Count(Count::Reasoning),
    ),
    (
        "usage.completion_tokens_details.audio_tokens",
        Field::Count(Count::OutputAudio),
    ),
    (
        "usage.completion_tokens_details.image_tokens",
        Field::Count(Count::OutputImage),
    ),
    ("choices[*].finish_reason", Field::Stop),
    ("choices[*].text", Field::Text),
    ("choices[*].delta.content", Field::Text),
    ("choices[*].delta.refusal", Field::Text),
    // Not OpenAI's own: DeepSeek's and vLLM's name, and Groq's and OpenRouter's.
    ("choices[*].delta.reasoning_content", Field::Text),
    ("choices[*].delta.reasoning", Field::Text),
    ("choices[*].delta.audio.transcript", Field::Text),
    ("choices[*].delta.function_call.name", Field::Text),
    ("choices[*].delta.function_call.arguments", Field::Text),
    ("choices[*].delta.tool_calls[*].function.name", Field::Text),
    (
        "choices[*].delta.tool_calls[*].function.arguments",
        Field::Text,
    ),
    ("choices[*].message.content", Field::Text),
    ("choices[*].message.refusal", Field::Text),
    ("choices[*].message.reasoning_content", Field::Text),
    ("choices[*].message.reasoning", Field::Text),
    ("choices[*].message.audio.transcript", Field::Text),
    ("choices[*].message.function_call.name", Field::Text),
    ("choices[*].message.function_call.arguments", Field::Text),
    (
        "choices[*].message.tool_calls[*].function.name",
        Field::Text,
    ),
    (
        "choices[*].message.tool_calls[*].function.arguments",
        Field::Text,
    ),
    // responses
    ("usage.input_tokens", Field::Count(Count::Input)),
    ("usage.output_tokens", Field::Count(Count::Output)),
    (
        "usage.input_tokens_details.cached_tokens",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.input_tokens_details.cache_write_tokens",
        Field::Count(Count::CacheWrite),
    ),
    (
        "usage.input_tokens_details.cache_write_tokens_details.ttl_12h_tokens",
        Field::Count(Count::CacheWriteLong),
    ),
    (
        "usage.input_tokens_details.audio_tokens",
        Field::Count(Count::InputAudio),
    ),
    (
        "usage.input_tokens_details.image_tokens",
        Field::Count(Count::InputImage),
    ),
    (
        "usage.output_tokens_details.reasoning_tokens",
        Field::Count(Count::Reasoning),
    ),
    (
        "usage.output_tokens_details.audio_tokens",
        Field::Count(Count::OutputAudio),
    ),
    (
        "usage.output_tokens_details.image_tokens",
        Field::Count(Count::OutputImage),
    ),
    ("delta", Field::Text),
    ("output", Field::Items),
    ("output[*]", Field::Item),
    ("output[*].type", Field::ItemKind),
    ("output[*].action.type", Field::ItemAction),
    ("output[*].name", Field::Text),
    ("output[*].arguments", Field::Text),
    ("output[*].content[*].text", Field::Text),
    ("output[*].content[*].refusal", Field::Text),
    ("output[*].summary[*].text", Field::Text),
    // errors: an object, or in a responses stream the event itself
    ("error", Field::Error),
    ("error.type", Field::ErrorKind),
    ("error.code", Field::ErrorCode),
    ("code", Field::ErrorCode),
]);

pub(super) fn is_last_event(kind: &[u8]) -> bool {
    matches!(
        kind,
        b"response.completed" | b"response.incomplete" | b"response.failed"
    )
}

/// Caches lie inside the input, reasoning inside the output.
pub(super) fn totals(counts: &Counts, operation: Operation) -> Totals {
    let input = counts.tokens(Count::Input);
    let output = match counts.known(Count::Output) {
        // Embeddings generate nothing and say nothing of it.
        Known::Absent if operation == Operation::Embeddings => input.map(|_| 0),
        _ => counts.tokens(Count::Output),
    };
    let (mut output_tokens, mut reasoning_tokens) =
        (output.unwrap_or(0), counts.part(Count::Reasoning));
    let beside = reasoning_beside(counts);
    if beside > 0 {
        output_tokens = output_tokens.saturating_add(beside);
        reasoning_tokens = beside;
    }
    Totals {
        usage: Usage {
            input_tokens: input.unwrap_or(0),
            cached_input_tokens: counts.part(Count::CachedInput),
            cache_write_tokens: counts.part(Count::CacheWrite),
            cache_write_long_tokens: counts.part(Count::CacheWriteLong),
            output_tokens,
            reasoning_tokens,
            input_audio_tokens: counts.part(Count::InputAudio),
            cached_audio_tokens: counts.part(Count::CachedAudio),
            output_audio_tokens: counts.part(Count::OutputAudio),
            input_image_tokens: counts.part(Count::InputImage),
            output_image_tokens: counts.part(Count::OutputImage),
            ..Usage::default()
        },
        input_reported: input.is_some(),
        output_reported: output.is_some(),
    }
    .clamped()
}

/// Reasoning that the total has and the output has not.
///
/// Gemini's `OpenAI` endpoint leaves thoughts out of every field but the total (35 + 12 of 109, recorded with
/// gemini-2.5-pro in fixtures/gemini), xAI's chat tells them beside the output (12 + 2 + 320 = 334). `OpenAI`
/// itself always adds up.
fn reasoning_beside(counts: &Counts) -> u64 {
    let (Some(input), Some(output), Some(total)) = (
        counts.tokens(Count::Input),
        counts.tokens(Count::Output),
        counts.tokens(Count::Total),
    ) else {
        return 0;
    };
    let missing = total.saturating_sub(input).saturating_sub(output);
    match counts.known(Count::Reasoning) {
        Known::Absent => missing,
        Known::As(reasoning) if reasoning == missing => missing,
        Known::As(_) | Known::Refused => 0,
    }
}
