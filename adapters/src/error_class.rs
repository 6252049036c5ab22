//! What a provider's error means: the one word that retries, health and the ledger go by.

use memchr::memmem;

use crate::call::Dialect;
use crate::meter::ErrorSeen;

/// The cause of a provider's error, in words common to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Too many requests or tokens just now; waiting helps.
    RateLimited,
    /// The account is out of money or quota; waiting does not help.
    QuotaExhausted,
    /// The provider is overloaded, whoever asks.
    Overloaded,
    /// The key is unknown, or may not do this.
    BadCredential,
    /// The request itself is at fault.
    BadRequest,
    /// The prompt is longer than the model takes.
    ContextOverflow,
    /// The prompt or the answer was held back by a filter.
    ContentFiltered,
    /// The provider gave up waiting.
    Timeout,
    /// The provider failed.
    ServerError,
}

impl ErrorClass {
    /// The name used in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Overloaded => "overloaded",
            Self::BadCredential => "bad_credential",
            Self::BadRequest => "bad_request",
            Self::ContextOverflow => "context_overflow",
            Self::ContentFiltered => "content_filtered",
            Self::Timeout => "timeout",
            Self::ServerError => "server_error",
        }
    }
}

/// Tells the class of an error by its status and what its body begins with (a few KiB are plenty).
///
/// Also for errors that come with status 200, inside a stream: codes in the body decide first. They are looked for
/// as whole JSON strings, which text quoted from a prompt cannot look like (its quotes are escaped).
#[must_use]
pub fn error_class(dialect: Dialect, status: u16, body_prefix: &[u8]) -> ErrorClass {
    let by_code = codes(dialect)
        .iter()
        .find(|code| code.is_in(status, body_prefix));
    by_code.map_or_else(|| class_of_status(status), |code| code.class)
}

/// Tells the class of an error that came inside an answer of status 200, by the names that the meter kept of it.
#[must_use]
pub fn answer_error_class(dialect: Dialect, error: &ErrorSeen) -> ErrorClass {
    let names = [&error.code, &error.kind];
    let by_name = names.into_iter().flatten().find_map(|name| {
        let quoted = format!("\"{name}\"");
        let known = codes(dialect).iter();
        let mut known = known.filter(|code| code.text.starts_with('"'));
        known.find(|code| code.is_in(200, quoted.as_bytes()))
    });
    let number = || error.code.as_deref()?.parse().ok();
    match (by_name, number()) {
        (Some(code), _) => code.class,
        (None, Some(status @ 400..600)) => class_of_status(status),
        (None, _) => ErrorClass::ServerError,
    }
}

/// A word in a body that tells more than the status.
struct Code {
    /// The status it needs; 0 for any.
    status: u16,
    /// What has to be in the body; quotes included where it is a whole string.
    text: &'static str,
    class: ErrorClass,
}

impl Code {
    fn is_in(&self, status: u16, body: &[u8]) -> bool {
        (self.status == 0 || self.status == status)
            && memmem::find(body, self.text.as_bytes()).is_some()
    }
}

const fn code(text: &'static str, class: ErrorClass) -> Code {
    Code {
        status: 0,
        text,
        class,
    }
}

const fn text(status: u16, text: &'static str, class: ErrorClass) -> Code {
    Code {
        status,
        text,
        class,
    }
}

/// First match wins.
const fn codes(dialect: Dialect) -> &'static [Code] {
    match dialect {
        Dialect::OpenAi => OPENAI,
        Dialect::Anthropic => ANTHROPIC,
        Dialect::Gemini => GEMINI,
    }
}

const OPENAI: &[Code] = &[
    code("\"insufficient_quota\"", ErrorClass::QuotaExhausted),
    code("\"credit_balance_exhausted\"", ErrorClass::QuotaExhausted),
    code(
        "\"organization_spend_limit_exceeded\"",
        ErrorClass::QuotaExhausted,
    ),
    code(
        "\"project_spend_limit_exceeded\"",
        ErrorClass::QuotaExhausted,
    ),
    code(
        "\"organization_usage_limit_exceeded\"",
        ErrorClass::QuotaExhausted,
    ),
    code("\"billing_hard_limit_reached\"", ErrorClass::QuotaExhausted),
    code("\"billing_not_active\"", ErrorClass::QuotaExhausted),
    code("\"context_length_exceeded\"", ErrorClass::ContextOverflow),
    // DeepSeek, vLLM and Ollama give a sentence, no code (seen 2026-08).
    text(400, "maximum context length", ErrorClass::ContextOverflow),
    text(400, "max context length", ErrorClass::ContextOverflow),
    code("\"content_filter\"", ErrorClass::ContentFiltered),
    code("\"content_policy_violation\"", ErrorClass::ContentFiltered),
    code("\"moderation_blocked\"", ErrorClass::ContentFiltered),
    code(
        "\"ResponsibleAIPolicyViolation\"",
        ErrorClass::ContentFiltered,
    ),
    code("\"invalid_api_key\"", ErrorClass::BadCredential),
    code("\"rate_limit_exceeded\"", ErrorClass::RateLimited),
    code("\"slow_down\"", ErrorClass::RateLimited),
    code("\"server_is_overloaded\"", ErrorClass::Overloaded),
    code("\"capacity_exceeded\"", ErrorClass::Overloaded),
    // Also on a 200 stream, where the status tells nothing.
    text(200, "\"server_error\"", ErrorClass::ServerError),
];

/// Overflow and spend limits have no code of their own, only a sentence (seen 2026-08).
const ANTHROPIC: &[Code] = &[
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
];

const GEMINI: &[Code] = &[
    code("\"API_KEY_INVALID\"", ErrorClass::BadCredential),
    code("\"API_KEY_EXPIRED\"", ErrorClass::BadCredential),
    // quotaId such as GenerateRequestsPerDayPerProjectPerModel-FreeTier: today's share is gone.
    text(429, "PerDay", ErrorClass::QuotaExhausted),
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
];

const fn class_of_status(status: u16) -> ErrorClass {
    match status {
        401 | 403 => ErrorClass::BadCredential,
        402 => ErrorClass::QuotaExhausted,
        408 | 504 | 524 => ErrorClass::Timeout,
        429 => ErrorClass::RateLimited,
        498 | 503 | 529 => ErrorClass::Overloaded,
        400..=499 => ErrorClass::BadRequest,
        _ => ErrorClass::ServerError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const ERRORS: &[(Dialect, u16, &str, ErrorClass)] = &[
        (Dialect::OpenAi, 429, r#"{"error":{"code":"insufficient_quota"}}"#, ErrorClass::QuotaExhausted),
        (Dialect::OpenAi, 429, r#"{"error":{"code":"rate_limit_exceeded"}}"#, ErrorClass::RateLimited),
        (Dialect::OpenAi, 429, "<html>", ErrorClass::RateLimited),
        (Dialect::OpenAi, 400, r#"{"error":{"code":"context_length_exceeded"}}"#, ErrorClass::ContextOverflow),
        (Dialect::OpenAi, 400, r#"{"error":{"message":"bad \"insufficient_quota\""}}"#, ErrorClass::BadRequest),
        (Dialect::OpenAi, 400, r#"{"error":{"code":"content_filter"}}"#, ErrorClass::ContentFiltered),
        (Dialect::OpenAi, 400, "This model's maximum context length is 9 tokens", ErrorClass::ContextOverflow),
        (Dialect::OpenAi, 401, "", ErrorClass::BadCredential),
        (Dialect::OpenAi, 200, r#"{"error":{"code":"server_error"}}"#, ErrorClass::ServerError),
        (Dialect::OpenAi, 503, r#"{"error":{"code":"server_is_overloaded"}}"#, ErrorClass::Overloaded),
        (Dialect::Anthropic, 529, "", ErrorClass::Overloaded),
        (Dialect::Anthropic, 200, r#"{"type":"overloaded_error"}"#, ErrorClass::Overloaded),
        (Dialect::Anthropic, 400, "prompt is too long: 9 tokens > 8 maximum", ErrorClass::ContextOverflow),
        (Dialect::Anthropic, 400, "Your credit balance is too low", ErrorClass::QuotaExhausted),
        (Dialect::Anthropic, 402, "", ErrorClass::QuotaExhausted),
        (Dialect::Anthropic, 413, r#"{"type":"request_too_large"}"#, ErrorClass::BadRequest),
        (Dialect::Gemini, 400, r#"{"reason": "API_KEY_INVALID"}"#, ErrorClass::BadCredential),
        (Dialect::Gemini, 402, r#"{"status": "RESOURCE_EXHAUSTED"}"#, ErrorClass::QuotaExhausted),
        (Dialect::Gemini, 429, r#"{"quotaId": "X-PerDayPerProject"}"#, ErrorClass::QuotaExhausted),
        (Dialect::Gemini, 429, r#"{"quotaId": "X-PerMinute"}"#, ErrorClass::RateLimited),
        (Dialect::Gemini, 503, r#"{"status": "UNAVAILABLE"}"#, ErrorClass::Overloaded),
        (Dialect::Gemini, 504, "", ErrorClass::Timeout),
        (Dialect::Gemini, 500, "", ErrorClass::ServerError),
    ];

    #[test]
    fn errors_are_told_by_status_and_code() {
        for &(dialect, status, body, class) in ERRORS {
            assert_eq!(
                error_class(dialect, status, body.as_bytes()),
                class,
                "{status} {body}"
            );
        }
    }
}
