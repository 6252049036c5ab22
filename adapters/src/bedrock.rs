//! AWS Bedrock's wire format: `converse` and `invoke`, plain and as event streams.
//!
//! `converse` has one format for all models, here; `invoke` has each model's own, in [`invoke`]. What the service
//! says by itself, errors and exceptions, is in [`refusal`]. Its endpoints in the dialects of `OpenAI` and Anthropic
//! need no more than a path.

mod invoke;
mod refusal;
#[cfg(test)]
mod tests;

use crate::adapter::{Adapter, Answers};
use crate::anthropic;
use crate::call::{Dialect, Operation};
use crate::error_class::{Code, ErrorClass, code, sentence};
use crate::json::quoted;
use crate::meter::{Count, Field, Side};
use crate::path::{Call, call};
use crate::provider::{Paths, Provider, ProviderKind, UsageHeader};
use crate::scan::{PathTable, Tracker};

pub(crate) const PROVIDER: Provider = Provider {
    name: "bedrock",
    title: "AWS Bedrock",
    dialect: Dialect::Bedrock,
    also_speaks: &[Dialect::OpenAi, Dialect::Anthropic],
    base_url: None,
    paths: Paths::Bedrock,
    key_vars: &["AWS_BEARER_TOKEN_BEDROCK"],
    base_url_vars: &["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
    asks_for_usage: false,
    // `metadata`, `message_stop`, or the reason for the end (recorded).
    says_end: true,
    usage_headers: &USAGE_HEADERS,
    tier_header: Some("x-amzn-bedrock-service-tier"),
    ..Provider::COMPATIBLE
};

/// With answers to `invoke` (recorded); models of Cohere and AI21 tell their usage nowhere else.
const USAGE_HEADERS: [UsageHeader; 4] = [
    UsageHeader {
        name: "x-amzn-bedrock-input-token-count",
        count: Count::Input,
    },
    UsageHeader {
        name: "x-amzn-bedrock-output-token-count",
        count: Count::Output,
    },
    UsageHeader {
        name: "x-amzn-bedrock-cache-read-input-token-count",
        count: Count::CachedInput,
    },
    UsageHeader {
        name: "x-amzn-bedrock-cache-write-input-token-count",
        count: Count::CacheWrite,
    },
];

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |asked| match asked.operation {
        Operation::Invoke => &invoke::ANSWERS,
        _ => &CONVERSE,
    },
    error_codes: ERROR_CODES,
    refusal: |told| format!("{{\"message\":{}}}", quoted(told.message)),
    refusal_headers: refusal::headers,
    stream_error: refusal::stream_error,
    stream_error_line: |_, _| None,
};

static CONVERSE: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: None,
    // Both caches lie beside the input, as with Anthropic: 422 recorded totals add up so.
    totals: |counts, _| anthropic::totals(counts),
    // It comes after `messageStop`, and has the usage.
    is_last_event: |kind| kind == b"metadata",
    stop_is_last: false,
    may_end_unsaid: false,
};

/// The fields of `ConverseResponse` and of `ConverseStreamOutput`'s events (documented at
/// <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>, read 2026-11); both spellings
/// of the cache counts come together (recorded).
static FIELDS: PathTable<Field, 56> = PathTable::new(&[
    ("usage", Field::Usage),
    ("usage.inputTokens", Field::Count(Count::Input)),
    ("usage.outputTokens", Field::Count(Count::Output)),
    (
        "usage.cacheReadInputTokens",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.cacheReadInputTokenCount",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.cacheWriteInputTokens",
        Field::Count(Count::CacheWrite),
    ),
    (
        "usage.cacheWriteInputTokenCount",
        Field::Count(Count::CacheWrite),
    ),
    ("usage.cacheDetails[*]", Field::Modalities(Side::Written)),
    ("usage.cacheDetails[*].ttl", Field::Modality),
    ("usage.cacheDetails[*].inputTokens", Field::ModalityTokens),
    ("serviceTier.type", Field::ServiceTier),
    ("stopReason", Field::Stop),
    // A prompt router names the model that it has chosen; nothing else does.
    ("trace.promptRouter.invokedModelId", Field::Model),
    ("output.message.content[*].text", Field::Text),
    ("output.message.content[*].toolUse.name", Field::Text),
    ("output.message.content[*].toolUse.input", Field::Json),
    (
        "output.message.content[*].reasoningContent.reasoningText.text",
        Field::Text,
    ),
    (
        "output.message.content[*].citationsContent.content[*].text",
        Field::Text,
    ),
    ("start.toolUse.name", Field::Text),
    ("delta.text", Field::Text),
    ("delta.toolUse.input", Field::Text),
    ("delta.reasoningContent.text", Field::Text),
]);

/// `/model/{id}/{verb}`; the id is one percent-encoded segment, though not every client encodes the slashes of an
/// ARN. What else is on the service's surface passes.
pub(crate) fn classify(path: &str) -> Option<Call> {
    const BEFORE: &str = "/model/";
    if path == "/async-invoke"
        || path.starts_with("/async-invoke/")
        || path.starts_with("/guardrail/")
    {
        let found = call(Dialect::Bedrock, Operation::Other).entire();
        return Some(found.at(ProviderKind::BEDROCK));
    }
    let (id, verb) = path.strip_prefix(BEFORE)?.rsplit_once('/')?;
    let (operation, streams) = match verb {
        "converse" => (Operation::Converse, false),
        "converse-stream" => (Operation::Converse, true),
        "invoke" => (Operation::Invoke, false),
        "invoke-with-response-stream" => (Operation::Invoke, true),
        "count-tokens" => (Operation::CountTokens, false),
        _ => (Operation::Other, false),
    };
    let model = BEFORE.len()..BEFORE.len().saturating_add(id.len());
    Some(
        call(Dialect::Bedrock, operation)
            .naming(model, streams)
            .entire()
            .at(ProviderKind::BEDROCK),
    )
}

/// What stands before a path: nothing but the host in Bedrock's own dialect.
///
/// Both hosts have `OpenAI`'s under `/openai/v1` and Anthropic's under `/anthropic/v1`; `bedrock-mantle` has most
/// models of `OpenAI`'s dialect under `/v1` instead, which a base URL that ends so chooses (documented at
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-responses-api.html> and `inference-messages-api.html`
/// there, read 2026-11).
pub(crate) fn front(base: &str, dialect: Dialect) -> String {
    let bare = base.strip_suffix("/v1").unwrap_or(base);
    let host = bare
        .strip_suffix("/openai")
        .or_else(|| bare.strip_suffix("/anthropic"))
        .unwrap_or(bare);
    let between = match dialect {
        Dialect::OpenAi if bare == host && bare != base => "/v1",
        Dialect::OpenAi => "/openai/v1",
        Dialect::Anthropic => "/anthropic/v1",
        _ => "",
    };
    [host, between].concat()
}

/// Types stand in `x-amzn-errortype`, in a stream's `:exception-type`, or in `__type`; a sentence tells the rest.
/// Models behind `invoke` have sentences of their own.
const ERROR_CODES: &[Code] = &[
    sentence("Input is too long", ErrorClass::ContextOverflow),
    sentence("Input Tokens Exceeded", ErrorClass::ContextOverflow),
    sentence("Too many input tokens", ErrorClass::ContextOverflow),
    sentence("prompt is too long", ErrorClass::ContextOverflow),
    sentence("maximum context length", ErrorClass::ContextOverflow),
    sentence("oo many tokens per day", ErrorClass::QuotaExhausted),
    code(
        "\"ServiceQuotaExceededException\"",
        ErrorClass::QuotaExhausted,
    ),
    code("\"ThrottlingException\"", ErrorClass::RateLimited),
    code("\"TooManyRequestsException\"", ErrorClass::RateLimited),
    code("\"ModelNotReadyException\"", ErrorClass::Overloaded),
    code("\"ServiceUnavailableException\"", ErrorClass::Overloaded),
    code("\"ModelTimeoutException\"", ErrorClass::Timeout),
    code("\"AccessDeniedException\"", ErrorClass::BadCredential),
    code("\"ExpiredTokenException\"", ErrorClass::BadCredential),
    code("\"UnrecognizedClientException\"", ErrorClass::BadCredential),
    code("\"InvalidSignatureException\"", ErrorClass::BadCredential),
    code(
        "\"IncompleteSignatureException\"",
        ErrorClass::BadCredential,
    ),
    code(
        "\"MissingAuthenticationTokenException\"",
        ErrorClass::BadCredential,
    ),
    code("\"InvalidClientTokenId\"", ErrorClass::BadCredential),
    code("\"ModelErrorException\"", ErrorClass::ServerError),
    code("\"ModelStreamErrorException\"", ErrorClass::ServerError),
    code("\"InternalServerException\"", ErrorClass::ServerError),
    code("\"ValidationException\"", ErrorClass::BadRequest),
    code("\"ResourceNotFoundException\"", ErrorClass::BadRequest),
];
