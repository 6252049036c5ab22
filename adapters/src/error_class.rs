//! What a provider's error means: the one word that retries, health and the ledger go by.
//!
//! Each dialect's file lists the words that tell more than a status ([`Code`]); here is how they are looked for.

mod compatible;
#[cfg(test)]
mod tests;

pub(crate) use compatible::CODES as COMPATIBLE_CODES;

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

/// The header that names an error's type: Bedrock's.
pub const ERROR_TYPE_HEADER: &str = "x-amzn-errortype";

/// Tells the class of an error by its status, its type where a header gives one ([`ERROR_TYPE_HEADER`], else empty) and
/// what its body begins with (a few KiB are plenty).
///
/// Words in the body decide first, those of the dialect before those of others: Vertex wraps Anthropic's errors into
/// its own, and Gemini answers `OpenAI`'s dialect with its own. They are looked for as whole JSON strings, which text
/// quoted from a prompt cannot look like (its quotes are escaped).
///
/// ```
/// use quotah_adapters::{Dialect, ErrorClass, error_class};
///
/// let body = br#"{"error":{"code":"insufficient_quota"}}"#;
/// assert_eq!(error_class(Dialect::OpenAi, 429, b"", body), ErrorClass::QuotaExhausted);
/// assert_eq!(error_class(Dialect::OpenAi, 429, b"", b"<html>"), ErrorClass::RateLimited);
/// ```
#[must_use]
pub fn error_class(
    dialect: Dialect,
    status: u16,
    error_type: &[u8],
    body_prefix: &[u8],
) -> ErrorClass {
    let said = Said {
        status,
        name: type_name(error_type),
        body: body_prefix,
    };
    said.class(dialect)
        .unwrap_or_else(|| class_of_status(dialect, status))
}

/// Tells the class of an error that came inside an answer of status 200, by the names that the meter kept of it.
#[must_use]
pub fn answer_error_class(dialect: Dialect, error: &ErrorSeen) -> ErrorClass {
    let names = [&error.code, &error.kind].into_iter().flatten();
    let mut by_name = names.filter_map(|name| {
        let said = Said {
            status: 200,
            name: type_name(name.as_bytes()),
            body: b"",
        };
        said.class(dialect)
    });
    // OpenRouter, Gemini and Groq tell the status that it would have been.
    let status = || error.code.as_deref()?.parse().ok();
    by_name.next().unwrap_or_else(|| match status() {
        Some(status @ 400..600) => class_of_status(dialect, status),
        _ => ErrorClass::ServerError,
    })
}

/// A word that tells more than the status.
pub(crate) struct Code {
    when: When,
    /// What has to be in the body; quotes included where it is a whole string.
    text: &'static str,
    class: ErrorClass,
}

/// The statuses for which a word means what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// 400 to 499.
    ClientError,
    Status(u16),
}

/// A word that says it whatever the status.
pub(crate) const fn code(text: &'static str, class: ErrorClass) -> Code {
    Code {
        when: When::Always,
        text,
        class,
    }
}

/// Words that say it with any status from 400 to 499: sentences, where there is no code.
pub(crate) const fn sentence(text: &'static str, class: ErrorClass) -> Code {
    Code {
        when: When::ClientError,
        text,
        class,
    }
}

/// A word that says it with this status only; 200 stands for errors inside answers.
pub(crate) const fn text(status: u16, text: &'static str, class: ErrorClass) -> Code {
    Code {
        when: When::Status(status),
        text,
        class,
    }
}

/// What is known of an error.
struct Said<'a> {
    status: u16,
    /// Its name, where one stands by itself; else empty.
    name: &'a [u8],
    body: &'a [u8],
}

impl Said<'_> {
    fn class(&self, dialect: Dialect) -> Option<ErrorClass> {
        let own = dialect.adapter().error_codes.iter();
        let own = own.filter(|code| self.has(code)).map(|code| code.class);
        let others = Dialect::ALL.into_iter().filter(|other| *other != dialect);
        let others = others
            .flat_map(|other| other.adapter().error_codes)
            .filter(|code| code.is_whole() && self.has(code))
            .map(|code| code.class)
            // Some words are common, and a refusal is not the provider's failure.
            .filter(|class| *class != ErrorClass::ServerError || self.status == 200);
        own.chain(others).next()
    }

    fn has(&self, code: &Code) -> bool {
        let may_be = match code.when {
            When::Always => true,
            When::ClientError => (400..500).contains(&self.status),
            When::Status(status) => status == self.status,
        };
        let is_named = || {
            let name = code.text.trim_matches('"').as_bytes();
            code.is_whole() && name.eq_ignore_ascii_case(self.name)
        };
        may_be && (is_named() || memmem::find(self.body, code.text.as_bytes()).is_some())
    }
}

impl Code {
    const fn is_whole(&self) -> bool {
        matches!(self.text.as_bytes().first(), Some(b'"'))
    }
}

/// `ValidationException` of `ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/`, and of
/// `com.amazon.coral.service#ValidationException`.
fn type_name(text: &[u8]) -> &[u8] {
    let name = text.split(|byte| *byte == b':').next().unwrap_or_default();
    let name = name.rsplit(|byte| *byte == b'#').next().unwrap_or_default();
    name.trim_ascii()
}

const fn class_of_status(dialect: Dialect, status: u16) -> ErrorClass {
    match (dialect, status) {
        // Cohere's own API description has it for a deny-listed word in prompt or answer.
        (Dialect::Cohere, 498) => ErrorClass::ContentFiltered,
        (_, 401 | 403 | 407) => ErrorClass::BadCredential,
        (_, 402) => ErrorClass::QuotaExhausted,
        (_, 408 | 504 | 522 | 524) => ErrorClass::Timeout,
        (_, 429) => ErrorClass::RateLimited,
        (_, 498 | 503 | 529) => ErrorClass::Overloaded,
        // Bedrock: the model failed.
        (Dialect::Bedrock, 424) => ErrorClass::ServerError,
        (_, 400..=499) => ErrorClass::BadRequest,
        _ => ErrorClass::ServerError,
    }
}
