//! Gemini's wire format: generated content, plain, as events and as an array of chunks, and embeddings.

use std::time::Duration;

use quotah_policy::Usage;

use crate::adapter::{Adapter, Answers, never_last, no_headers};
use crate::call::{Dialect, Operation};
use crate::credential::CredentialPlace;
use crate::error_class::{Code, ErrorClass, code, text};
use crate::json::quoted;
use crate::meter::{Count, Counts, Field, Known, Side, Totals};
use crate::path::{Call, call};
use crate::provider::{Paths, Provider};
use crate::refusal::RefusalKind;
use crate::scan::{PathTable, Tracker};

pub(crate) const PROVIDER: Provider = Provider {
    name: "gemini",
    title: "Google Gemini",
    dialect: Dialect::Gemini,
    also_speaks: &[Dialect::OpenAi],
    base_url: Some("https://generativelanguage.googleapis.com"),
    version: "/v1beta",
    paths: Paths::Gemini,
    key_vars: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    base_url_vars: &["GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL"],
    credential: CredentialPlace::XGoogApiKey,
    token_prefix: Some("ya29."),
    asks_for_usage: false,
    says_end: true,
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |_| &ANSWERS,
    error_codes: ERROR_CODES,
    refusal: |told| {
        format!(
            "{{\"error\":{}}}",
            error(told.kind, told.message, told.retry_after)
        )
    },
    refusal_headers: no_headers,
    stream_error,
};

static ANSWERS: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: None,
    totals: |counts, _| totals(counts),
    is_last_event: never_last,
    // Streams have no last event but the one with the reason.
    stop_is_last: true,
    may_end_unsaid: false,
};

static FIELDS: PathTable<Field, 56> = PathTable::new(&[
    ("modelVersion", Field::Model),
    ("responseId", Field::Id),
    ("usageMetadata", Field::Usage),
    ("usageMetadata.promptTokenCount", Field::Count(Count::Input)),
    (
        "usageMetadata.toolUsePromptTokenCount",
        Field::Count(Count::ToolInput),
    ),
    (
        "usageMetadata.cachedContentTokenCount",
        Field::Count(Count::CachedInput),
    ),
    (
        "usageMetadata.candidatesTokenCount",
        Field::Count(Count::Output),
    ),
    (
        "usageMetadata.thoughtsTokenCount",
        Field::Count(Count::Reasoning),
    ),
    ("usageMetadata.serviceTier", Field::ServiceTier),
    (
        "usageMetadata.promptTokensDetails[*]",
        Field::Modalities(Side::Input),
    ),
    (
        "usageMetadata.promptTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.promptTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    // Embeddings spell it without the s.
    (
        "usageMetadata.promptTokenDetails[*]",
        Field::Modalities(Side::Input),
    ),
    (
        "usageMetadata.promptTokenDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.promptTokenDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    (
        "usageMetadata.cacheTokensDetails[*]",
        Field::Modalities(Side::Cached),
    ),
    (
        "usageMetadata.cacheTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.cacheTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    (
        "usageMetadata.candidatesTokensDetails[*]",
        Field::Modalities(Side::Output),
    ),
    (
        "usageMetadata.candidatesTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.candidatesTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    ("candidates[*].content.parts[*].text", Field::Text),
    ("candidates[*].content.parts[*].functionCall", Field::Json),
    ("candidates[*].content.parts[*].executableCode", Field::Json),
    ("candidates[*].finishReason", Field::Stop),
    ("promptFeedback.blockReason", Field::Stop),
    ("error", Field::Error),
    ("error.status", Field::ErrorKind),
    ("error.code", Field::ErrorCode),
]);

/// Tools' prompts lie beside the prompt and thoughts beside the candidates; caches lie inside the prompt.
///
/// The format leaves zeros out: with a prompt count, no candidates means none. Every chunk of a stream reports
/// the totals so far, and early ones lack some.
fn totals(counts: &Counts) -> Totals {
    let input = counts.tokens(Count::Input);
    let thoughts = counts.part(Count::Reasoning);
    let output = match (counts.known(Count::Output), input) {
        (Known::As(output), _) => Some(output),
        (Known::Absent, Some(_)) => Some(0),
        (Known::Absent, None) | (Known::Refused, _) => None,
    };
    Totals {
        usage: Usage {
            input_tokens: input
                .unwrap_or(0)
                .saturating_add(counts.part(Count::ToolInput)),
            cached_input_tokens: counts.part(Count::CachedInput),
            output_tokens: output.unwrap_or(0).saturating_add(thoughts),
            reasoning_tokens: thoughts,
            input_audio_tokens: counts.part(Count::InputAudio),
            cached_audio_tokens: counts.part(Count::CachedAudio),
            output_audio_tokens: counts.part(Count::OutputAudio),
            input_image_tokens: counts.part(Count::InputImage),
            output_image_tokens: counts.part(Count::OutputImage),
            input_video_tokens: counts.part(Count::InputVideo),
            output_video_tokens: counts.part(Count::OutputVideo),
            cached_image_tokens: counts.part(Count::CachedImage),
            units: counts.units(),
            ..Usage::default()
        },
        input_reported: input.is_some(),
        output_reported: output.is_some(),
    }
    .clamped()
}

/// `/models/{model}:{verb}`; the colon may be `%3A`, the model may hold colons and slashes itself.
pub(crate) fn classify(suffix: &str) -> Option<Call> {
    let model = suffix
        .strip_prefix("/models/")
        .or_else(|| suffix.strip_prefix("/tunedModels/"))?;
    let plain = model.rfind(':').map(|at| (at, ":".len()));
    let encoded = model
        .rfind("%3A")
        .max(model.rfind("%3a"))
        .map(|at| (at, "%3A".len()));
    let (model_len, colon_len) = plain.max(encoded)?;
    let verb = model.get(model_len.saturating_add(colon_len)..)?;
    if model_len == 0 || verb.is_empty() || !verb.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let start = suffix.len().saturating_sub(model.len());
    let found = call(Dialect::Gemini, operation(verb));
    Some(found.naming(
        start..start.saturating_add(model_len),
        verb == "streamGenerateContent",
    ))
}

/// What a path of Google's without a verb asks for.
pub(crate) fn look_up(suffix: &str) -> Operation {
    let is_models = suffix == "/models" || suffix.starts_with("/models/");
    if is_models {
        Operation::Models
    } else {
        Operation::Other
    }
}

/// Whether a version is one that Google alone writes so.
pub(crate) fn is_version(version: &str) -> bool {
    matches!(version, "/v1beta" | "/v1alpha" | "/v1beta1")
}

/// What a verb asks for.
pub(crate) fn operation(verb: &str) -> Operation {
    match verb {
        "generateContent" | "streamGenerateContent" => Operation::GenerateContent,
        "embedContent" | "batchEmbedContents" => Operation::EmbedContent,
        "predict" => Operation::Predict,
        "countTokens" | "computeTokens" => Operation::CountTokens,
        _ => Operation::Other,
    }
}

fn error(kind: RefusalKind, message: &str, retry_after: Option<Duration>) -> String {
    let (code, status, message) = (kind.status(), word(kind), quoted(message));
    let details = retry_after.map_or_else(String::new, |after| {
        let kind = "type.googleapis.com/google.rpc.RetryInfo";
        let seconds = after.as_millis().div_ceil(1_000);
        format!(",\"details\":[{{\"@type\":\"{kind}\",\"retryDelay\":\"{seconds}s\"}}]")
    });
    format!("{{\"code\":{code},\"message\":{message},\"status\":\"{status}\"{details}}}")
}

/// The `status` of google.rpc.Code.
const fn word(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::BadKey => "UNAUTHENTICATED",
        RefusalKind::NotAllowed => "PERMISSION_DENIED",
        RefusalKind::Unpriced => "FAILED_PRECONDITION",
        RefusalKind::ModelNotFound | RefusalKind::PathNotFound => "NOT_FOUND",
        RefusalKind::BudgetExhausted | RefusalKind::RateLimited | RefusalKind::CoolingDown => {
            "RESOURCE_EXHAUSTED"
        }
        RefusalKind::NoHealthyDeployment
        | RefusalKind::Overloaded
        | RefusalKind::LedgerUnavailable
        | RefusalKind::CredentialUnavailable
        | RefusalKind::UpstreamUnreachable => "UNAVAILABLE",
        RefusalKind::UpstreamTimeout | RefusalKind::RequestTimeout => "DEADLINE_EXCEEDED",
        RefusalKind::InvalidRequest
        | RefusalKind::BodyTooLarge
        | RefusalKind::MethodNotAllowed
        | RefusalKind::HeaderTooLarge
        | RefusalKind::BadHead => "INVALID_ARGUMENT",
    }
}

/// For streams of server-sent events (`alt=sse`); a JSON array has no place for an error, and Google's SDK breaks
/// on comments and `[DONE]`.
fn stream_error(operation: Operation, kind: RefusalKind, message: &str) -> Option<Vec<u8>> {
    let event = format!("data: {{\"error\":{}}}\r\n\r\n", error(kind, message, None));
    (operation == Operation::GenerateContent).then(|| event.into_bytes())
}

const ERROR_CODES: &[Code] = &[
    code("\"API_KEY_INVALID\"", ErrorClass::BadCredential),
    code("\"API_KEY_EXPIRED\"", ErrorClass::BadCredential),
    // quotaId such as GenerateRequestsPerDayPerProjectPerModel-FreeTier: today's share is gone.
    text(429, "PerDay", ErrorClass::QuotaExhausted),
    text(429, "prepayment credits", ErrorClass::QuotaExhausted),
    text(
        400,
        "exceeds the maximum number of tokens",
        ErrorClass::ContextOverflow,
    ),
    // Prepaid money gone: the status tells, the word is the same as for a rate limit.
    text(402, "\"RESOURCE_EXHAUSTED\"", ErrorClass::QuotaExhausted),
    code("\"RESOURCE_EXHAUSTED\"", ErrorClass::RateLimited),
    code("\"PERMISSION_DENIED\"", ErrorClass::BadCredential),
    code("\"UNAUTHENTICATED\"", ErrorClass::BadCredential),
    code("\"UNAVAILABLE\"", ErrorClass::Overloaded),
    code("\"DEADLINE_EXCEEDED\"", ErrorClass::Timeout),
    code("\"INTERNAL\"", ErrorClass::ServerError),
    // On a 200 stream the status tells nothing.
    text(200, "\"INVALID_ARGUMENT\"", ErrorClass::BadRequest),
    text(200, "\"NOT_FOUND\"", ErrorClass::BadRequest),
];
