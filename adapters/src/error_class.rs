//! What a provider's error means: the one word that retries, health and the ledger go by.

use memchr::memmem;

use crate::call::Dialect;

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
    let by_code = dialect
        .adapter()
        .error_codes
        .iter()
        .find(|code| code.is_in(status, body_prefix));
    by_code.map_or_else(|| class_of_status(status), |code| code.class)
}

/// A word in a body that tells more than the status.
pub(crate) struct Code {
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

/// A word that says it whatever the status.
pub(crate) const fn code(text: &'static str, class: ErrorClass) -> Code {
    Code {
        status: 0,
        text,
        class,
    }
}

/// A word that says it with this status only.
pub(crate) const fn text(status: u16, text: &'static str, class: ErrorClass) -> Code {
    Code {
        status,
        text,
        class,
    }
}

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
