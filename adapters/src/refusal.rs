//! What a client is told when Quotah itself says no, in the words that its SDK understands.
//!
//! Each dialect's SDK picks the exception by status and by one word in the body; each dialect's file has its own.
//! Shapes as the SDKs read them: openai-python 1.109 and 3.52, anthropic 0.79 and 2.11, google-genai 3.4, boto3 1.44,
//! ollama 0.6. (Cohere's 7.3 hands the end of a failed stream on as it is; it raises at the connection's end.) None of
//! them tries again once a stream has begun.

use std::time::Duration;

use crate::adapter::Told;
use crate::call::{Dialect, Operation};

/// Why Quotah refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// No key, or one that is unknown, revoked or expired: all look alike from outside.
    BadKey,
    /// The key may not use this model or provider.
    NotAllowed,
    /// No route has the model.
    ModelNotFound,
    /// The body is not JSON, or a metered field is ambiguous.
    InvalidRequest,
    /// The body is over its limit.
    BodyTooLarge,
    /// A hard budget has nothing left.
    BudgetExhausted,
    /// A rate or concurrency limit was reached.
    RateLimited,
    /// The model has no price while a hard budget applies.
    Unpriced,
    /// Every deployment is waiting out a 429.
    CoolingDown,
    /// Every deployment is unhealthy.
    NoHealthyDeployment,
    /// A guard does not allow what the request asks for.
    Guarded,
    /// The ledger cannot be written while a hard budget applies.
    LedgerUnavailable,
    /// There is no valid credential for the provider just now.
    CredentialUnavailable,
    /// The provider could not be reached, or broke off before answering.
    UpstreamUnreachable,
    /// The provider gave no answer in time.
    UpstreamTimeout,
    /// A bound on requests in flight or memory was reached.
    Overloaded,
    /// No provider has such a path.
    PathNotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// The request's head is over its limit.
    HeaderTooLarge,
    /// The request did not arrive in time.
    RequestTimeout,
    /// The request's head is malformed or could be read in two ways.
    BadHead,
}

/// What a client's SDK should do of itself. Unasked, SDKs repeat 408, 409, 429 and 5xx twice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Retry {
    /// As it likes.
    Unsaid,
    /// Nothing: it would only be refused again.
    Never,
    /// Try again after a while.
    Later,
}

impl RefusalKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::BadKey,
        Self::NotAllowed,
        Self::ModelNotFound,
        Self::InvalidRequest,
        Self::BodyTooLarge,
        Self::BudgetExhausted,
        Self::RateLimited,
        Self::Unpriced,
        Self::CoolingDown,
        Self::NoHealthyDeployment,
        Self::Guarded,
        Self::LedgerUnavailable,
        Self::CredentialUnavailable,
        Self::UpstreamUnreachable,
        Self::UpstreamTimeout,
        Self::Overloaded,
        Self::PathNotFound,
        Self::MethodNotAllowed,
        Self::HeaderTooLarge,
        Self::RequestTimeout,
        Self::BadHead,
    ];

    /// The HTTP status, the same in every dialect.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.face().0
    }

    /// The name of the cause: the `OpenAI` code, and the `reason` label of `quotah_refused_total`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.face().1
    }

    const fn face(self) -> (u16, &'static str, Retry) {
        match self {
            Self::BadKey => (401, "invalid_api_key", Retry::Never),
            Self::NotAllowed => (403, "model_not_allowed", Retry::Unsaid),
            Self::ModelNotFound => (404, "model_not_found", Retry::Unsaid),
            Self::InvalidRequest => (400, "invalid_request", Retry::Unsaid),
            Self::BodyTooLarge => (413, "request_too_large", Retry::Unsaid),
            Self::BudgetExhausted => (429, "insufficient_quota", Retry::Never),
            Self::RateLimited | Self::CoolingDown => (429, "rate_limit_exceeded", Retry::Later),
            Self::Unpriced => (403, "model_unpriced", Retry::Unsaid),
            Self::Guarded => (403, "request_not_allowed", Retry::Unsaid),
            Self::NoHealthyDeployment => (503, "no_healthy_deployment", Retry::Later),
            Self::LedgerUnavailable => (503, "ledger_unavailable", Retry::Later),
            Self::CredentialUnavailable => (503, "credential_unavailable", Retry::Later),
            Self::UpstreamUnreachable => (502, "upstream_unreachable", Retry::Unsaid),
            Self::UpstreamTimeout => (504, "upstream_timeout", Retry::Unsaid),
            Self::Overloaded => (503, "server_is_overloaded", Retry::Later),
            Self::PathNotFound => (404, "unknown_url", Retry::Unsaid),
            Self::MethodNotAllowed => (405, "method_not_allowed", Retry::Unsaid),
            Self::HeaderTooLarge => (431, "header_too_large", Retry::Unsaid),
            Self::RequestTimeout => (408, "request_timeout", Retry::Unsaid),
            Self::BadHead => (400, "bad_request", Retry::Unsaid),
        }
    }

    /// The body, `application/json`. The message goes out as it is: it must name no secret.
    ///
    /// `retry_after` is told to Gemini's clients in the body (see [`Self::headers`] for the others).
    #[must_use]
    pub fn body(
        self,
        dialect: Dialect,
        message: &str,
        request_id: &str,
        retry_after: Option<Duration>,
    ) -> Vec<u8> {
        let mut json = (dialect.adapter().refusal)(&Told {
            kind: self,
            message,
            request_id,
            retry_after: self.retry_after(retry_after),
        });
        json.push('\n');
        json.into_bytes()
    }

    /// Header lines that belong to the refusal beside `content-type`, by lower-case name.
    ///
    /// `retry_after` is rounded up, and one second where the kind has none: SDKs take 0 for "unsaid".
    #[must_use]
    pub fn headers(
        self,
        dialect: Dialect,
        retry_after: Option<Duration>,
    ) -> Vec<(&'static str, String)> {
        let mut headers = (dialect.adapter().refusal_headers)(self);
        if self.face().2 == Retry::Never {
            headers.push(("x-should-retry", "false".to_owned()));
        } else if let Some(after) = self.retry_after(retry_after) {
            headers.extend(retry_headers(after));
        }
        headers
    }

    fn retry_after(self, retry_after: Option<Duration>) -> Option<Duration> {
        let is_later = self.face().2 == Retry::Later;
        is_later.then(|| {
            retry_after
                .unwrap_or(Duration::from_secs(1))
                .max(Duration::from_millis(1))
        })
    }
}

/// How SDKs are told when to come back: header lines by lower-case name, and their values.
#[must_use]
pub fn retry_headers(after: Duration) -> [(&'static str, String); 2] {
    // Whoever waits as long as it says is not to come too early, by however little.
    let ms = after.as_nanos().div_ceil(1_000_000).max(1);
    [
        ("retry-after", ms.div_ceil(1_000).to_string()),
        ("retry-after-ms", ms.to_string()),
    ]
}

/// What to send down a stream that must end early, before its connection is aborted; `None` where the dialect has
/// no such event. Send it at the border of two events only.
#[must_use]
pub fn stream_error_event(
    dialect: Dialect,
    operation: Operation,
    kind: RefusalKind,
    message: &str,
) -> Option<Vec<u8>> {
    (dialect.adapter().stream_error)(operation, kind, message)
}

/// The same for a stream of JSON lines, to be sent between two lines only.
#[must_use]
pub fn stream_error_line(dialect: Dialect, kind: RefusalKind, message: &str) -> Option<Vec<u8>> {
    (dialect.adapter().stream_error_line)(kind, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn body(kind: RefusalKind, dialect: Dialect) -> Value {
        let body = kind.body(
            dialect,
            "no \"x\"\n",
            "req-1",
            Some(Duration::from_millis(4_100)),
        );
        serde_json::from_slice(&body).unwrap()
    }

    #[test]
    fn each_dialect_gets_the_shape_its_sdk_reads() {
        assert_eq!(
            body(RefusalKind::BudgetExhausted, Dialect::OpenAi),
            json!({"error": {"message": "no \"x\"\n", "type": "insufficient_quota", "param": null, "code": "insufficient_quota"}})
        );
        assert_eq!(
            body(RefusalKind::Overloaded, Dialect::Anthropic),
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "no \"x\"\n"}, "request_id": "req-1"})
        );
        assert_eq!(
            body(RefusalKind::RateLimited, Dialect::Gemini),
            json!({"error": {"code": 429, "message": "no \"x\"\n", "status": "RESOURCE_EXHAUSTED", "details": [
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "5s"}]}})
        );
        assert_eq!(
            body(RefusalKind::BadKey, Dialect::Gemini)["error"].get("details"),
            None
        );
    }

    #[test]
    fn every_kind_has_a_face_in_every_dialect() {
        for &kind in RefusalKind::ALL {
            assert!((400..600).contains(&kind.status()), "{kind:?}");
            for dialect in Dialect::ALL {
                assert!(body(kind, dialect).is_object(), "{kind:?} {dialect:?}");
            }
        }
    }

    #[test]
    fn headers_say_when_to_come_back_or_not_to() {
        let never = vec![("x-should-retry", "false".to_owned())];
        assert_eq!(
            RefusalKind::BudgetExhausted.headers(Dialect::OpenAi, Some(Duration::from_secs(9))),
            never
        );
        assert_eq!(RefusalKind::BadKey.headers(Dialect::OpenAi, None), never);
        assert_eq!(
            RefusalKind::InvalidRequest.headers(Dialect::OpenAi, None),
            []
        );
        for (after, seconds, ms) in [
            (None, "1", "1000"),
            (Some(Duration::ZERO), "1", "1"),
            (Some(Duration::from_millis(1_001)), "2", "1001"),
            (Some(Duration::from_nanos(999_000_001)), "1", "1000"),
            (Some(Duration::from_nanos(1_000_000_001)), "2", "1001"),
        ] {
            let wanted = [
                ("retry-after", seconds.to_owned()),
                ("retry-after-ms", ms.to_owned()),
            ];
            assert_eq!(
                RefusalKind::RateLimited.headers(Dialect::OpenAi, after),
                wanted
            );
        }
    }

    #[test]
    fn a_cut_stream_ends_with_the_dialects_error_event() {
        let event = |dialect, operation| {
            let event =
                stream_error_event(dialect, operation, RefusalKind::BudgetExhausted, "spent\n");
            event.map(|event| String::from_utf8(event).unwrap())
        };
        let data = |event: &str| {
            let data = event
                .lines()
                .find_map(|line| line.strip_prefix("data: "))
                .unwrap();
            serde_json::from_str::<Value>(data).unwrap()
        };
        let chat = event(Dialect::OpenAi, Operation::Chat).unwrap();
        assert!(chat.starts_with("data: ") && chat.ends_with("\n\n"));
        assert_eq!(data(&chat)["error"]["code"], "insufficient_quota");
        let responses = event(Dialect::OpenAi, Operation::Responses).unwrap();
        assert!(responses.starts_with("event: error\n"));
        assert_eq!(data(&responses)["type"], "error");
        assert_eq!(data(&responses)["error"]["message"], "spent\n");
        let messages = event(Dialect::Anthropic, Operation::Messages).unwrap();
        assert!(messages.starts_with("event: error\ndata: {\"type\":\"error\","));
        let gemini = event(Dialect::Gemini, Operation::GenerateContent).unwrap();
        assert!(gemini.starts_with("data: {\"error\":") && gemini.ends_with("}\r\n\r\n"));
        assert_eq!(data(&gemini)["error"]["code"], 429);
        assert_eq!(event(Dialect::OpenAi, Operation::Embeddings), None);
    }
}
