//! What each dialect calls an error of a class.

use crate::call::Dialect;
use crate::error_class::ErrorClass;
use crate::refusal::RefusalKind;

/// An error's status and words.
#[derive(Debug)]
pub(super) struct Face {
    pub(super) status: u16,
    /// `type` and `code`.
    pub(super) openai: (&'static str, Option<&'static str>),
    /// `error.type`
    pub(super) anthropic: &'static str,
    /// The name of google.rpc.Code.
    pub(super) gemini: &'static str,
    /// The refusal of ours that comes nearest, for dialects with fewer words.
    pub(super) kind: RefusalKind,
    /// What the message must have in it: clients of some dialects have nothing else to tell the class by.
    phrase: Option<&'static str>,
}

impl Face {
    /// An error of that class in the words of `to`; `status` is the provider's.
    pub(super) const fn of(to: Dialect, class: ErrorClass, status: u16) -> Self {
        let status = status_in(to, class, status);
        Self {
            status,
            openai: openai(class, status),
            anthropic: anthropic(class, status),
            gemini: gemini(class, status),
            kind: kind(class, status),
            phrase: phrase(to, class),
        }
    }

    /// The message, with what must be in it.
    pub(super) fn message(&self, said: String) -> String {
        match self.phrase {
            Some(phrase) if !said.contains(phrase) => format!("{phrase}: {said}"),
            _ => said,
        }
    }
}

/// Which exception an SDK raises hangs on this alone in most of them.
const fn status_in(to: Dialect, class: ErrorClass, status: u16) -> u16 {
    match (class, to) {
        (ErrorClass::BadCredential, _) if status == 403 => 403,
        (ErrorClass::BadCredential, _) => 401,
        (ErrorClass::RateLimited | ErrorClass::QuotaExhausted, _) => 429,
        (ErrorClass::Overloaded, Dialect::Anthropic) => 529,
        (ErrorClass::Overloaded, _) => 503,
        (ErrorClass::Timeout, _) => 504,
        (ErrorClass::ContextOverflow | ErrorClass::ContentFiltered, _) => 400,
        (ErrorClass::BadRequest, _) => match status {
            // These would say something else.
            401 | 403 | 407 | 408 | 429 => 400,
            400..=499 => status,
            _ => 400,
        },
        (ErrorClass::ServerError, _) => match status {
            // So would these.
            503 | 504 | 522 | 524 | 529 => 500,
            500..=599 => status,
            _ => 500,
        },
    }
}

/// As `OpenAI` has them (documented at <https://platform.openai.com/docs/guides/error-codes>, read 2026-11; recorded in
/// fixtures/openai).
const fn openai(class: ErrorClass, status: u16) -> (&'static str, Option<&'static str>) {
    const BAD: &str = "invalid_request_error";
    match class {
        ErrorClass::BadCredential if status == 403 => (BAD, None),
        ErrorClass::BadCredential => (BAD, Some("invalid_api_key")),
        ErrorClass::RateLimited => ("requests", Some("rate_limit_exceeded")),
        ErrorClass::QuotaExhausted => ("insufficient_quota", Some("insufficient_quota")),
        ErrorClass::Overloaded => ("server_error", Some("server_is_overloaded")),
        ErrorClass::Timeout => ("server_error", Some("timeout")),
        ErrorClass::ContextOverflow => (BAD, Some("context_length_exceeded")),
        ErrorClass::ContentFiltered => (BAD, Some("content_filter")),
        // The path is ours: what is not found is the model.
        ErrorClass::BadRequest if status == 404 => (BAD, Some("model_not_found")),
        ErrorClass::BadRequest => (BAD, None),
        ErrorClass::ServerError => ("server_error", None),
    }
}

/// As Anthropic has them (documented at <https://docs.claude.com/en/api/errors>, read 2026-11).
const fn anthropic(class: ErrorClass, status: u16) -> &'static str {
    match class {
        ErrorClass::BadCredential if status == 403 => "permission_error",
        ErrorClass::BadCredential => "authentication_error",
        ErrorClass::RateLimited => "rate_limit_error",
        ErrorClass::QuotaExhausted => "billing_error",
        ErrorClass::Overloaded => "overloaded_error",
        ErrorClass::Timeout => "timeout_error",
        ErrorClass::BadRequest if status == 404 => "not_found_error",
        ErrorClass::BadRequest if status == 413 => "request_too_large",
        ErrorClass::ContextOverflow | ErrorClass::ContentFiltered | ErrorClass::BadRequest => {
            "invalid_request_error"
        }
        ErrorClass::ServerError => "api_error",
    }
}

/// As Google has them (documented at <https://ai.google.dev/gemini-api/docs/troubleshooting>, read 2026-11).
const fn gemini(class: ErrorClass, status: u16) -> &'static str {
    match class {
        ErrorClass::BadCredential if status == 403 => "PERMISSION_DENIED",
        ErrorClass::BadCredential => "UNAUTHENTICATED",
        ErrorClass::RateLimited | ErrorClass::QuotaExhausted => "RESOURCE_EXHAUSTED",
        ErrorClass::Overloaded => "UNAVAILABLE",
        ErrorClass::Timeout => "DEADLINE_EXCEEDED",
        ErrorClass::BadRequest if status == 404 => "NOT_FOUND",
        ErrorClass::ContextOverflow | ErrorClass::ContentFiltered | ErrorClass::BadRequest => {
            "INVALID_ARGUMENT"
        }
        ErrorClass::ServerError => "INTERNAL",
    }
}

const fn kind(class: ErrorClass, status: u16) -> RefusalKind {
    match class {
        ErrorClass::BadCredential if status == 403 => RefusalKind::NotAllowed,
        ErrorClass::BadCredential => RefusalKind::BadKey,
        ErrorClass::RateLimited => RefusalKind::RateLimited,
        ErrorClass::QuotaExhausted => RefusalKind::BudgetExhausted,
        ErrorClass::Overloaded => RefusalKind::Overloaded,
        ErrorClass::Timeout => RefusalKind::UpstreamTimeout,
        ErrorClass::BadRequest if status == 404 => RefusalKind::ModelNotFound,
        ErrorClass::BadRequest if status == 413 => RefusalKind::BodyTooLarge,
        ErrorClass::ContextOverflow | ErrorClass::ContentFiltered | ErrorClass::BadRequest => {
            RefusalKind::InvalidRequest
        }
        ErrorClass::ServerError => RefusalKind::UpstreamUnreachable,
    }
}

/// The sentences by which these two classes are told where they have no word: each dialect's own, and ours in
/// [`crate::error_class`].
const fn phrase(to: Dialect, class: ErrorClass) -> Option<&'static str> {
    match (class, to) {
        (ErrorClass::ContextOverflow, Dialect::Anthropic) => Some("prompt is too long"),
        (ErrorClass::ContextOverflow, Dialect::Gemini) => {
            Some("the input token count exceeds the maximum number of tokens allowed")
        }
        (ErrorClass::ContextOverflow, Dialect::Cohere) => Some("too many tokens"),
        (ErrorClass::ContextOverflow, Dialect::Ollama) => {
            Some("the input length exceeds the context length")
        }
        (ErrorClass::ContextOverflow, Dialect::Bedrock) => {
            Some("Input is too long for requested model")
        }
        (ErrorClass::ContentFiltered, Dialect::Anthropic) => {
            Some("blocked by content filtering policy")
        }
        (ErrorClass::ContentFiltered, Dialect::Cohere) => Some("blocked input"),
        _ => None,
    }
}
