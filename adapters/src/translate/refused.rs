//! A provider's refusal in the caller's words, so that its SDK raises the class that its users catch.
//!
//! What an error means is its [`ErrorClass`]; each dialect has a status and words for it ([`face`]). What it says is the
//! provider's own message ([`said`]), told as the provider's.

mod face;
mod said;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::form::Form;
use super::json::Spelled;
use crate::adapter::Told;
use crate::anthropic;
use crate::call::Dialect;
use crate::error_class::ErrorClass;
use crate::gemini;
use crate::json::quoted;
use crate::limits::retry_after;
use crate::openai::ErrorWords;
use crate::refusal::retry_headers;
use face::Face;

/// A refusal as the caller gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// Header lines that the caller's SDK looks at, beside `content-type`, by lower-case name.
    pub headers: Vec<(&'static str, String)>,
    /// `application/json`.
    pub body: String,
}

/// Translates a provider's error answer: its class, its status, and its body as far as it came.
///
/// The provider's words are carried up to 2 KiB; where none are found, as in a page of HTML, the status
/// is told.
///
/// ```
/// use quotah_adapters::{Dialect, ErrorClass, translate::refused};
///
/// let body = br#"{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}"#;
/// let told = refused(Dialect::Anthropic, ErrorClass::RateLimited, 429, body, "req-1");
/// assert_eq!(told.status, 429);
/// assert!(told.body.contains(r#""type":"rate_limit_error","message":"the provider said: slow down""#));
/// ```
#[must_use]
pub fn refused(
    to: Dialect,
    class: ErrorClass,
    status: u16,
    body: &[u8],
    request_id: &str,
) -> Refused {
    let face = Face::of(to, class, status);
    let message = face.message(match said::message(body, MESSAGE_BYTES_MAX) {
        Some(said) => format!("the provider said: {said}"),
        None => format!("the provider refused the request with status {status}"),
    });
    let mut headers = Vec::new();
    if class == ErrorClass::QuotaExhausted {
        // SDKs would repeat it as they repeat any 429.
        headers.push(("x-should-retry", "false".to_owned()));
    }
    // What a header says of it goes through as it is; Gemini and others say it in the body alone.
    let is_passing = matches!(class, ErrorClass::RateLimited | ErrorClass::Overloaded);
    let retry_after = retry_after(status, [], body, 0).filter(|_| is_passing);
    headers.extend(retry_after.into_iter().flat_map(retry_headers));
    let body = match to {
        Dialect::OpenAi => {
            let error = face.openai(&quoted(&message)).object();
            format!("{{\"error\":{error}}}")
        }
        Dialect::Anthropic => anthropic::error_body(face.anthropic, &quoted(&message), request_id),
        Dialect::Gemini => {
            let more = retry_after.map(gemini::retry_info).unwrap_or_default();
            gemini::error_body(face.status, face.gemini, &quoted(&message), &more)
        }
        Dialect::Bedrock | Dialect::Cohere | Dialect::Ollama => {
            headers.extend((to.adapter().refusal_headers)(face.kind));
            (to.adapter().refusal)(&Told {
                kind: face.kind,
                message: &message,
                request_id,
                retry_after,
            })
        }
    };
    Refused {
        status: face.status,
        headers,
        body,
    }
}

/// How much of a provider's message is told. The longest recorded one, with what would help, has under a KiB.
const MESSAGE_BYTES_MAX: usize = 2 * 1024;

/// What ends a caller's stream where the provider failed behind a 200; nothing for forms that no caller streams in.
pub(crate) fn stream_failed(form: Form, class: ErrorClass, message: &Spelled<'_>) -> String {
    let face = Face::of(form.dialect(), class, IN_STREAM);
    match form {
        Form::Chat | Form::Responses => {
            let message = face.in_stream(message);
            let event = face.openai(&message).event(form.operation());
            event.unwrap_or_default()
        }
        Form::Messages => anthropic::error_event(face.anthropic, &face.in_stream(message)),
        Form::Generate => gemini::error_event(&gemini_failed(class, message)),
        _ => String::new(),
    }
}

/// The last chunk of such a stream to Gemini's callers, however chunks are set apart.
pub(crate) fn gemini_failed(class: ErrorClass, message: &Spelled<'_>) -> String {
    let face = Face::of(Dialect::Gemini, class, IN_STREAM);
    gemini::error_body(face.status, face.gemini, &face.in_stream(message), "")
}

/// The status of an error inside a stream: it tells nothing.
const IN_STREAM: u16 = 200;

impl Face {
    /// What is told of a failure in a stream, as a JSON string.
    fn in_stream(&self, message: &Spelled<'_>) -> String {
        let message = match &*message.plain() {
            "" => Cow::Borrowed("the provider failed in the middle of its answer"),
            said => Cow::Owned(said::shortened(said, MESSAGE_BYTES_MAX).to_owned()),
        };
        quoted(&self.message(message.into_owned()))
    }

    fn openai<'a>(&self, message: &'a str) -> ErrorWords<'a> {
        let (class, code) = self.openai;
        ErrorWords {
            class,
            code,
            message,
        }
    }
}
