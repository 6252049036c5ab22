//! `OpenAI`'s wire format: chat, completions, responses, embeddings, and whoever speaks like it.

use quotah_policy::Usage;

use crate::adapter::{Adapter, Answers, no_headers};
use crate::call::{Dialect, Operation};
use crate::error_class::COMPATIBLE_CODES;
use crate::json::quoted;
use crate::meter::{Count, Counts, Field, Known, Totals};
use crate::provider::Provider;
use crate::refusal::RefusalKind;
use crate::scan::{PathTable, Tracker};

pub(crate) const PROVIDER: Provider = Provider {
    name: "openai",
    title: "OpenAI",
    dialect: Dialect::OpenAi,
    base_url: Some("https://api.openai.com/v1"),
    key_vars: &["OPENAI_API_KEY"],
    base_url_vars: &["OPENAI_BASE_URL"],
    says_end: true,
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |_| &ANSWERS,
    error_codes: COMPATIBLE_CODES,
    refusal: |told| format!("{{\"error\":{}}}", error(told.kind, told.message)),
    refusal_headers: no_headers,
    stream_error,
    stream_error_line: |_, _| None,
};

static ANSWERS: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    // Responses' events carry the whole response so far under this name.
    envelope: Some(b"response"),
    totals,
    is_last_event,
    stop_is_last: false,
    may_end_unsaid: true,
};

pub(crate) static FIELDS: PathTable<Field, 99> = PathTable::new(&[
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
    // OpenRouter, Perplexity, xAI
    ("usage.cost", Field::Cost),
    ("usage.cost.total_cost", Field::Cost),
    ("usage.cost_in_usd_ticks", Field::CostTicks),
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

fn is_last_event(kind: &[u8]) -> bool {
    matches!(
        kind,
        b"response.completed" | b"response.incomplete" | b"response.failed"
    )
}

/// Caches lie inside the input, reasoning inside the output.
fn totals(counts: &Counts, operation: Operation) -> Totals {
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
            units: counts.units(),
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

/// What a path behind the version asks for.
pub(crate) fn operation(method: &str, suffix: &str) -> Operation {
    match (method, suffix.trim_end_matches('/')) {
        ("POST", "/chat/completions") => Operation::Chat,
        ("POST", "/completions") => Operation::Completions,
        // Compaction is a model call like any other, and answers with usage.
        ("POST", "/responses" | "/responses/compact") => Operation::Responses,
        ("POST", "/responses/input_tokens") => Operation::CountTokens,
        ("POST", "/embeddings") => Operation::Embeddings,
        ("POST", "/fim/completions") => Operation::Completions,
        ("POST", "/audio/transcriptions" | "/audio/translations") => Operation::Transcription,
        ("POST", "/audio/speech") => Operation::Speech,
        ("POST", "/images" | "/images/generations" | "/images/edits" | "/images/variations") => {
            Operation::Images
        }
        ("POST", "/moderations" | "/chat/moderations") => Operation::Moderations,
        ("POST", "/rerank" | "/score") => Operation::Rerank,
        ("POST", "/ocr") => Operation::Ocr,
        (_, "/models") => Operation::Models,
        (_, other) if other.starts_with("/models/") => Operation::Models,
        _ => Operation::Other,
    }
}

/// First segments of `OpenAI`'s surface: understood without `/v1` too.
pub(crate) fn is_root(suffix: &str) -> bool {
    const ROOTS: [&str; 27] = [
        "agents",
        "assistants",
        "audio",
        "batches",
        "chat",
        "completions",
        "containers",
        "conversations",
        "embeddings",
        "evals",
        "files",
        "fim",
        "fine_tuning",
        "images",
        "models",
        "moderations",
        "ocr",
        "organization",
        "realtime",
        "rerank",
        "responses",
        "score",
        "threads",
        "tokenize",
        "uploads",
        "vector_stores",
        "videos",
    ];
    let segment = suffix.strip_prefix('/').unwrap_or(suffix);
    ROOTS.contains(&segment.split_once('/').map_or(segment, |(root, _)| root))
}

/// The error object; its `code` is the kind's name everywhere.
fn error(kind: RefusalKind, message: &str) -> String {
    let (code, message) = (kind.code(), quoted(message));
    let class = match kind {
        RefusalKind::BudgetExhausted => "insufficient_quota",
        RefusalKind::RateLimited | RefusalKind::CoolingDown => "requests",
        _ if kind.status() >= 500 => "server_error",
        _ => "invalid_request_error",
    };
    format!("{{\"message\":{message},\"type\":\"{class}\",\"param\":null,\"code\":\"{code}\"}}")
}

fn stream_error(operation: Operation, kind: RefusalKind, message: &str) -> Option<Vec<u8>> {
    let error = error(kind, message);
    let event = match operation {
        Operation::Chat | Operation::Completions => format!("data: {{\"error\":{error}}}\n\n"),
        // The documented event has code and message at its top; openai-python raises only if it sees "error".
        Operation::Responses => format!(
            "event: error\ndata: {{\"type\":\"error\",\"code\":\"{}\",\"message\":{},\"param\":null,\"error\":{error}}}\n\n",
            kind.code(),
            quoted(message),
        ),
        _ => return None,
    };
    Some(event.into_bytes())
}
