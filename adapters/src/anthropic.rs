//! Anthropic's wire format: messages, plain and as events.

mod batch;

use quotah_policy::Usage;

use crate::adapter::{Adapter, Answers, no_headers};
use crate::call::{Dialect, Operation};
use crate::credential::CredentialPlace;
use crate::error_class::{Code, ErrorClass, code, text};
use crate::json::quoted;
use crate::meter::{Count, Counts, Field, Totals};
use crate::provider::Provider;
use crate::refusal::RefusalKind;
use crate::scan::{PathTable, Tracker};

pub(crate) const PROVIDER: Provider = Provider {
    name: "anthropic",
    title: "Anthropic",
    dialect: Dialect::Anthropic,
    base_url: Some("https://api.anthropic.com"),
    key_vars: &["ANTHROPIC_API_KEY"],
    base_url_vars: &["ANTHROPIC_BASE_URL"],
    credential: CredentialPlace::XApiKey,
    token_prefix: Some("sk-ant-oat"),
    asks_for_usage: false,
    says_end: true,
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |asked| match asked.operation {
        Operation::BatchResults => &batch::BATCH,
        _ => &ANSWERS,
    },
    error_codes: ERROR_CODES,
    refusal: |told| error_body(word(told.kind), &quoted(told.message), told.request_id),
    refusal_headers: no_headers,
    stream_error,
    stream_error_line: |_, _| None,
};

pub(crate) static ANSWERS: Answers = LIKE_MESSAGES;

const LIKE_MESSAGES: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: Some(b"message"),
    totals: |counts, _| totals(counts),
    is_last_event: |kind| kind == b"message_stop",
    stop_is_last: false,
    may_end_unsaid: false,
};

static FIELDS: PathTable<Field, 60> = PathTable::new(ROWS);

/// Also what Claude says behind Bedrock's `invoke`.
pub(crate) const ROWS: &[(&str, Field)] = &[
    ("type", Field::EventType),
    ("model", Field::Model),
    ("id", Field::Id),
    ("usage", Field::Usage),
    ("usage.service_tier", Field::ServiceTier),
    ("usage.input_tokens", Field::Count(Count::Input)),
    (
        "usage.cache_read_input_tokens",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.cache_creation_input_tokens",
        Field::Count(Count::CacheWrite),
    ),
    (
        "usage.cache_creation.ephemeral_5m_input_tokens",
        Field::Count(Count::CacheWriteShort),
    ),
    (
        "usage.cache_creation.ephemeral_1h_input_tokens",
        Field::Count(Count::CacheWriteLong),
    ),
    ("usage.output_tokens", Field::Count(Count::Output)),
    (
        "usage.output_tokens_details.thinking_tokens",
        Field::Count(Count::Reasoning),
    ),
    (
        "usage.server_tool_use.web_search_requests",
        Field::Count(Count::WebSearches),
    ),
    // OpenRouter, which speaks this dialect too.
    ("usage.cost", Field::Cost),
    ("usage.is_byok", Field::IsByok),
    (
        "usage.cost_details.upstream_inference_cost",
        Field::UpstreamCost,
    ),
    ("usage.iterations", Field::Calls),
    ("usage.iterations[*]", Field::Call),
    ("usage.iterations[*].type", Field::CallKind),
    ("usage.iterations[*].model", Field::CallModel),
    (
        "usage.iterations[*].input_tokens",
        Field::CallCount(Count::Input),
    ),
    (
        "usage.iterations[*].cache_read_input_tokens",
        Field::CallCount(Count::CachedInput),
    ),
    (
        "usage.iterations[*].cache_creation_input_tokens",
        Field::CallCount(Count::CacheWrite),
    ),
    (
        "usage.iterations[*].cache_creation.ephemeral_5m_input_tokens",
        Field::CallCount(Count::CacheWriteShort),
    ),
    (
        "usage.iterations[*].cache_creation.ephemeral_1h_input_tokens",
        Field::CallCount(Count::CacheWriteLong),
    ),
    (
        "usage.iterations[*].output_tokens",
        Field::CallCount(Count::Output),
    ),
    ("stop_reason", Field::Stop),
    ("content[*].text", Field::Text),
    ("content[*].thinking", Field::Text),
    // A compaction's summary.
    ("content[*].content", Field::Text),
    ("content[*].name", Field::Text),
    ("content[*].input", Field::Json),
    ("content_block.name", Field::Text),
    ("content_block.text", Field::Text),
    ("delta.text", Field::Text),
    ("delta.thinking", Field::Text),
    ("delta.content", Field::Text),
    ("delta.partial_json", Field::Text),
    ("delta.stop_reason", Field::Stop),
    ("error", Field::Error),
    ("error.type", Field::ErrorKind),
];

/// Both caches lie beside `input_tokens`; thinking lies inside the output.
///
/// A stream reports twice: `message_start` has the input and the first few output tokens, `message_delta` the
/// whole output and, where server tools ran, a larger input (25 of 168 recorded streams). Both are totals of
/// the request so far: the later replaces the earlier, figure by figure.
pub(crate) fn totals(counts: &Counts) -> Totals {
    let input = counts.tokens(Count::Input);
    let output = counts.tokens(Count::Output);
    let cached = counts.part(Count::CachedInput);
    let long = counts.part(Count::CacheWriteLong);
    let written = counts
        .tokens(Count::CacheWrite)
        .unwrap_or_else(|| counts.part(Count::CacheWriteShort).saturating_add(long));
    Totals {
        usage: Usage {
            input_tokens: input
                .unwrap_or(0)
                .saturating_add(cached)
                .saturating_add(written),
            cached_input_tokens: cached,
            cache_write_tokens: written,
            cache_write_long_tokens: long,
            output_tokens: output.unwrap_or(0),
            reasoning_tokens: counts.part(Count::Reasoning),
            web_search_requests: counts.part(Count::WebSearches),
            units: counts.units(),
            ..Usage::default()
        },
        input_reported: input.is_some(),
        output_reported: output.is_some(),
    }
    .clamped()
}

/// What a path behind the version asks for.
pub(crate) fn operation(method: &str, suffix: &str) -> Option<Operation> {
    match (method, suffix.trim_end_matches('/')) {
        ("POST", "/messages") => Some(Operation::Messages),
        ("POST", "/messages/count_tokens") => Some(Operation::CountTokens),
        (_, "/messages" | "/complete") => Some(Operation::Other),
        ("GET", other) if is_batch_results(other) => Some(Operation::BatchResults),
        (_, other) if other.starts_with("/messages/") => Some(Operation::Other),
        _ => None,
    }
}

/// `/messages/batches/{id}/results`
fn is_batch_results(suffix: &str) -> bool {
    let id = suffix.strip_prefix("/messages/batches/");
    id.is_some_and(|rest| rest.ends_with("/results"))
}

/// The body of an error; `message` is a JSON string, quotes and all.
pub(crate) fn error_body(word: &str, message: &str, request_id: &str) -> String {
    let (error, request_id) = (error_object(word, message), quoted(request_id));
    format!("{{\"type\":\"error\",\"error\":{error},\"request_id\":{request_id}}}")
}

/// What ends a stream before its time.
pub(crate) fn error_event(word: &str, message: &str) -> String {
    let error = error_object(word, message);
    format!("event: error\ndata: {{\"type\":\"error\",\"error\":{error}}}\n\n")
}

fn error_object(word: &str, message: &str) -> String {
    format!("{{\"type\":\"{word}\",\"message\":{message}}}")
}

/// The `type` by which the SDKs choose their exception, where the status alone does not.
const fn word(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::BadKey => "authentication_error",
        RefusalKind::NotAllowed | RefusalKind::Guarded | RefusalKind::Unpriced => {
            "permission_error"
        }
        RefusalKind::ModelNotFound | RefusalKind::PathNotFound => "not_found_error",
        RefusalKind::BodyTooLarge => "request_too_large",
        RefusalKind::BudgetExhausted => "billing_error",
        RefusalKind::RateLimited | RefusalKind::CoolingDown => "rate_limit_error",
        RefusalKind::NoHealthyDeployment | RefusalKind::Overloaded => "overloaded_error",
        RefusalKind::LedgerUnavailable
        | RefusalKind::CredentialUnavailable
        | RefusalKind::UpstreamUnreachable => "api_error",
        RefusalKind::UpstreamTimeout | RefusalKind::RequestTimeout => "timeout_error",
        RefusalKind::InvalidRequest
        | RefusalKind::MethodNotAllowed
        | RefusalKind::HeaderTooLarge
        | RefusalKind::BadHead => "invalid_request_error",
    }
}

fn stream_error(operation: Operation, kind: RefusalKind, message: &str) -> Option<Vec<u8>> {
    let event = error_event(word(kind), &quoted(message));
    (operation == Operation::Messages).then(|| event.into_bytes())
}

/// Overflow and spend limits have no code of their own, only a sentence (seen 2026-08).
const ERROR_CODES: &[Code] = &[
    code("\"billing_error\"", ErrorClass::QuotaExhausted),
    code(
        "\"enforced_spend_limit_reached\"",
        ErrorClass::QuotaExhausted,
    ),
    text(400, "credit balance is too low", ErrorClass::QuotaExhausted),
    text(
        400,
        "specified API usage limits",
        ErrorClass::QuotaExhausted,
    ),
    text(400, "prompt is too long", ErrorClass::ContextOverflow),
    text(400, "exceed context limit", ErrorClass::ContextOverflow),
    text(
        400,
        "blocked by content filtering policy",
        ErrorClass::ContentFiltered,
    ),
    code("\"authentication_error\"", ErrorClass::BadCredential),
    code("\"permission_error\"", ErrorClass::BadCredential),
    code("\"rate_limit_error\"", ErrorClass::RateLimited),
    code("\"overloaded_error\"", ErrorClass::Overloaded),
    code("\"timeout_error\"", ErrorClass::Timeout),
    code("\"api_error\"", ErrorClass::ServerError),
    // On a 200 stream the status tells nothing.
    text(200, "\"invalid_request_error\"", ErrorClass::BadRequest),
    text(200, "\"not_found_error\"", ErrorClass::BadRequest),
    text(200, "\"request_too_large\"", ErrorClass::BadRequest),
];
