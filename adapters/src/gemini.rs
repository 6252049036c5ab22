//! Gemini's wire format: its paths, its errors, and which of its answers is laid out how.
//!
//! The answers themselves have a room each: generated content and embeddings in [`generate`], interactions in
//! [`interactions`], Vertex AI's predictions in [`predict`].

mod generate;
mod interactions;
mod predict;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::adapter::{Adapter, Answers, Asked, no_headers};
use crate::call::{Dialect, Operation};
use crate::credential::CredentialPlace;
use crate::error_class::{Code, ErrorClass, code, text};
use crate::json::quoted;
use crate::path::{Call, call};
use crate::provider::{Paths, Provider};
use crate::refusal::RefusalKind;

pub(crate) const PROVIDER: Provider = Provider {
    name: "gemini",
    title: "Google Gemini",
    dialect: Dialect::Gemini,
    also_speaks: &[Dialect::OpenAi],
    // Its endpoint for OpenAI's clients has chat completions and embeddings (its documentation, read 2026-11).
    lacks_responses: true,
    base_url: Some("https://generativelanguage.googleapis.com"),
    version: "/v1beta",
    paths: Paths::Gemini,
    key_vars: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    base_url_vars: &["GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL"],
    credential: CredentialPlace::XGoogApiKey,
    token_prefix: Some("ya29."),
    asks_for_usage: false,
    says_end: true,
    tier_header: Some("x-gemini-service-tier"),
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers,
    error_codes: ERROR_CODES,
    refusal: |told| error(told.kind, told.message, told.retry_after),
    refusal_headers: no_headers,
    stream_error,
    stream_error_line: |_, _| None,
};

fn answers(asked: &Asked<'_>) -> &'static Answers {
    match asked.operation {
        Operation::Interactions => interactions::answers(asked.model),
        Operation::Predict => &predict::ANSWERS,
        _ => generate::answers(asked.model),
    }
}

/// `/models/{model}:{verb}`.
pub(crate) fn classify(suffix: &str) -> Option<Call> {
    let model = suffix
        .strip_prefix("/models/")
        .or_else(|| suffix.strip_prefix("/tunedModels/"))?;
    let (name, verb) = split_verb(model)?;
    let start = suffix.len().saturating_sub(model.len());
    let found = call(Dialect::Gemini, operation(verb));
    Some(found.naming(
        start..start.saturating_add(name.len()),
        verb == "streamGenerateContent",
    ))
}

/// A model and its verb; the colon may be `%3A`, the model may hold colons and slashes itself.
pub(crate) fn split_verb(model: &str) -> Option<(&str, &str)> {
    let plain = model.rfind(':').map(|at| (at, ":".len()));
    let encoded = model
        .rfind("%3A")
        .max(model.rfind("%3a"))
        .map(|at| (at, "%3A".len()));
    let (at, len) = plain.max(encoded)?;
    let verb = model.get(at.saturating_add(len)..)?;
    let is_verb = !verb.is_empty() && verb.bytes().all(|byte| byte.is_ascii_alphabetic());
    Some((model.get(..at)?, verb)).filter(|(name, _)| is_verb && !name.is_empty())
}

/// What a path of Google's without a verb asks for.
pub(crate) fn look_up(method: &str, suffix: &str) -> Operation {
    let is_models = suffix == "/models" || suffix.starts_with("/models/");
    if is_interaction(method, suffix) {
        Operation::Interactions
    } else if is_models {
        Operation::Models
    } else {
        Operation::Other
    }
}

/// Whether an interaction is begun. (Its look-ups would tell the same usage again.)
pub(crate) fn is_interaction(method: &str, suffix: &str) -> bool {
    method == "POST" && suffix.trim_end_matches('/') == "/interactions"
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
        "predict" | "predictLongRunning" => Operation::Predict,
        "countTokens" | "computeTokens" => Operation::CountTokens,
        _ => Operation::Other,
    }
}

fn error(kind: RefusalKind, message: &str, retry_after: Option<Duration>) -> String {
    let more = retry_after.map(retry_info).unwrap_or_default();
    error_body(kind.status(), word(kind), &quoted(message), &more)
}

/// When to come back, as it stands behind an error's other members.
pub(crate) fn retry_info(after: Duration) -> String {
    let kind = "type.googleapis.com/google.rpc.RetryInfo";
    let seconds = after.as_nanos().div_ceil(1_000_000_000);
    format!(",\"details\":[{{\"@type\":\"{kind}\",\"retryDelay\":\"{seconds}s\"}}]")
}

/// The body of an error; `message` is a JSON string, quotes and all, `more` what follows its members.
pub(crate) fn error_body(code: u16, word: &str, message: &str, more: &str) -> String {
    format!("{{\"error\":{{\"code\":{code},\"message\":{message},\"status\":\"{word}\"{more}}}}}")
}

/// What ends a stream before its time.
pub(crate) fn error_event(body: &str) -> String {
    format!("data: {body}\r\n\r\n")
}

/// The `status` of google.rpc.Code.
const fn word(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::BadKey => "UNAUTHENTICATED",
        RefusalKind::NotAllowed | RefusalKind::Guarded => "PERMISSION_DENIED",
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

/// For streams of server-sent events (`alt=sse`, and all of interactions); a JSON array has no place for an error,
/// and Google's SDK breaks on comments and `[DONE]`.
fn stream_error(operation: Operation, kind: RefusalKind, message: &str) -> Option<Vec<u8>> {
    let event = match operation {
        Operation::GenerateContent => error_event(&error(kind, message, None)),
        Operation::Interactions => format!(
            "event: error\ndata: {{\"error\":{{\"message\":{},\"code\":\"{}\"}},\"event_type\":\"error\"}}\n\n",
            quoted(message),
            word(kind).to_ascii_lowercase(),
        ),
        _ => return None,
    };
    Some(event.into_bytes())
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
