//! Recorded refusals as callers of other dialects get them.

use serde_json::{Value, json};

use super::*;
use crate::error_class::error_class;
use crate::meter::ErrorSeen;

const CLASSES: [ErrorClass; 9] = [
    ErrorClass::RateLimited,
    ErrorClass::QuotaExhausted,
    ErrorClass::Overloaded,
    ErrorClass::BadCredential,
    ErrorClass::BadRequest,
    ErrorClass::ContextOverflow,
    ErrorClass::ContentFiltered,
    ErrorClass::Timeout,
    ErrorClass::ServerError,
];

fn told(to: Dialect, class: ErrorClass, status: u16, body: &str) -> (u16, Value) {
    let told = refused(to, class, status, body.as_bytes(), "req-1");
    (told.status, serde_json::from_str(&told.body).unwrap())
}

/// The dialect of a recorded exchange, its status and body.
fn recorded() -> Vec<(String, Dialect, u16, String, bool)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let mut all = Vec::new();
    for provider in std::fs::read_dir(root).unwrap() {
        let provider = provider.unwrap().path();
        if !provider.is_dir() {
            continue;
        }
        for case in std::fs::read_dir(&provider).unwrap() {
            let path = case.unwrap().path();
            let case: Value =
                serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let status = u16::try_from(case["response"]["status"].as_u64().unwrap()).unwrap();
            let Some(body) = case["response"]["body"].as_str().filter(|_| status >= 400) else {
                continue;
            };
            let dialect = match provider.file_name().unwrap().to_str().unwrap() {
                "anthropic" => Dialect::Anthropic,
                "gemini" | "vertex" => Dialect::Gemini,
                "bedrock" => Dialect::Bedrock,
                "cohere" => Dialect::Cohere,
                _ => Dialect::OpenAi,
            };
            let name = path.strip_prefix(root).unwrap().display().to_string();
            let has_words = serde_json::from_str::<Value>(body).is_ok();
            all.push((name, dialect, status, body.to_owned(), has_words));
        }
    }
    all
}

#[test]
fn every_recorded_refusal_keeps_its_class_and_its_words() {
    let recorded = recorded();
    assert!(recorded.len() > 40, "{}", recorded.len());
    for (name, from, status, body, has_words) in recorded {
        let class = error_class(from, status, b"", body.as_bytes());
        for to in [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini] {
            let told = refused(to, class, status, body.as_bytes(), "req-1");
            let again = error_class(to, told.status, b"", told.body.as_bytes());
            if (class, to) != (ErrorClass::QuotaExhausted, Dialect::Gemini) {
                assert_eq!(again, class, "{name} for {to:?}: {}", told.body);
            }
            let value: Value = serde_json::from_str(&told.body).unwrap();
            let message = value["error"]["message"].as_str().unwrap();
            let is_carried = message.contains("the provider said: ");
            assert_eq!(is_carried, has_words, "{name} for {to:?}: {message}");
        }
    }
}

#[test]
fn a_class_is_told_in_words_that_mean_it_in_every_dialect() {
    for class in CLASSES {
        for to in Dialect::ALL {
            let told = refused(to, class, 200, br#"{"message":"no"}"#, "req-1");
            let error_type = told
                .headers
                .iter()
                .find(|(name, _)| *name == "x-amzn-errortype");
            let error_type = error_type.map_or(&b""[..], |(_, value)| value.as_bytes());
            let again = error_class(to, told.status, error_type, told.body.as_bytes());
            // No word of theirs tells money from haste, nor a filter from any other fault of the request.
            let has_no_word = match class {
                ErrorClass::QuotaExhausted => {
                    matches!(to, Dialect::Gemini | Dialect::Cohere | Dialect::Ollama)
                }
                ErrorClass::ContentFiltered => {
                    matches!(to, Dialect::Gemini | Dialect::Ollama | Dialect::Bedrock)
                }
                _ => false,
            };
            assert!(
                has_no_word || again == class,
                "{class:?} {to:?} {again:?}: {}",
                told.body
            );
            let retries = told
                .headers
                .iter()
                .find(|(name, _)| *name == "x-should-retry");
            assert_eq!(
                retries.map(|(_, value)| &**value),
                (class == ErrorClass::QuotaExhausted).then_some("false")
            );
        }
    }
}

#[test]
fn the_callers_sdk_finds_its_own_shape() {
    let body = r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#;
    assert_eq!(
        told(Dialect::OpenAi, ErrorClass::ContextOverflow, 400, body),
        (
            400,
            json!({"error": {
            "message": "the provider said: prompt is too long: 9 tokens > 8 maximum",
            "type": "invalid_request_error", "param": null, "code": "context_length_exceeded"}})
        )
    );
    let body = r#"[{"error":{"code":404,"message":"models/x is not found","status":"NOT_FOUND"}}]"#;
    assert_eq!(
        told(Dialect::Anthropic, ErrorClass::BadRequest, 404, body),
        (
            404,
            json!({"type": "error", "request_id": "req-1", "error": {
            "type": "not_found_error", "message": "the provider said: models/x is not found"}})
        )
    );
    let body = r#"{"error":{"message":"You exceeded \"it\"","type":"insufficient_quota"}}"#;
    assert_eq!(
        told(Dialect::Gemini, ErrorClass::QuotaExhausted, 429, body),
        (
            429,
            json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
            "message": "the provider said: You exceeded \"it\""}})
        )
    );
    assert_eq!(
        told(Dialect::Cohere, ErrorClass::ServerError, 502, "<html>"),
        (
            502,
            json!({"id": "req-1", "message": "the provider refused the request with status 502"})
        )
    );
    let overloaded = |to| told(to, ErrorClass::Overloaded, 529, "").0;
    assert_eq!(overloaded(Dialect::Anthropic), 529);
    assert_eq!(overloaded(Dialect::OpenAi), 503);
}

#[test]
fn the_providers_message_is_found_wherever_it_stands() {
    for (body, message) in [
        (r#"{"error":{"message":"a"}}"#, Some("a")),
        (r#"{"error":"a","code":"b"}"#, Some("a")),
        (r#"{"detail":"a"}"#, Some("a")),
        (
            r#"{"detail":[{"loc":["x"],"msg":"a"},{"msg":"b"}]}"#,
            Some("a; b"),
        ),
        (
            r#"{"object":"error","message":{"detail":[{"msg":"a"}]}}"#,
            Some("a"),
        ),
        (r#"{"Message":"a"}"#, Some("a")),
        (r#"{"error":{"message":" "}}"#, None),
        (r#"{"error":{"message":"cut"#, None),
        ("", None),
        ("[]", None),
    ] {
        let found = said::message(body.as_bytes(), MESSAGE_BYTES_MAX);
        assert_eq!(found.as_deref(), message, "{body}");
    }
    let long = format!("{{\"message\":\"{}\"}}", "é".repeat(5_000));
    let found = said::message(long.as_bytes(), MESSAGE_BYTES_MAX).unwrap();
    assert_eq!(found.len(), MESSAGE_BYTES_MAX);
}

#[test]
fn a_stream_that_fails_ends_with_the_callers_error_event() {
    let failed = |form, class| stream_failed(form, class, &Spelled::of_raw("a\\n\\\"b"));
    assert_eq!(
        failed(Form::Chat, ErrorClass::Overloaded),
        "data: {\"error\":{\"message\":\"a\\n\\\"b\",\"type\":\"server_error\",\"param\":null,\"code\":\"server_is_overloaded\"}}\n\n"
    );
    assert_eq!(
        failed(Form::Responses, ErrorClass::ServerError),
        "event: error\ndata: {\"type\":\"error\",\"code\":null,\"message\":\"a\\n\\\"b\",\"param\":null,\"error\":{\"message\":\"a\\n\\\"b\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n"
    );
    assert_eq!(
        failed(Form::Messages, ErrorClass::Overloaded),
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"a\\n\\\"b\"}}\n\n"
    );
    assert_eq!(
        failed(Form::Generate, ErrorClass::Timeout),
        "data: {\"error\":{\"code\":504,\"message\":\"a\\n\\\"b\",\"status\":\"DEADLINE_EXCEEDED\"}}\r\n\r\n"
    );
    assert_eq!(failed(Form::Converse, ErrorClass::Timeout), "");
}

#[test]
fn a_failed_stream_keeps_its_class() {
    for class in CLASSES {
        for form in [Form::Chat, Form::Responses, Form::Messages, Form::Generate] {
            let event = stream_failed(form, class, &Spelled::of_plain("no"));
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            let data: Value = serde_json::from_str(data.unwrap()).unwrap();
            let word = |name: &str| match &data["error"][name] {
                Value::Null => None,
                Value::String(text) => Some(text.as_str().into()),
                other => Some(other.to_string().into()),
            };
            let seen = ErrorSeen {
                kind: word("type").or_else(|| word("status")),
                code: word("code"),
            };
            let again = crate::error_class::answer_error_class(form.dialect(), &seen);
            let is_told = again == class
                || (form.dialect() != Dialect::OpenAi
                    && matches!(
                        class,
                        ErrorClass::ContextOverflow | ErrorClass::ContentFiltered
                    ))
                || (form == Form::Generate && class == ErrorClass::QuotaExhausted);
            assert!(is_told, "{class:?} {form:?} {again:?}: {data}");
        }
    }
}

#[test]
fn a_wait_that_stands_in_the_body_is_told_as_the_callers_sdk_looks_for_it() {
    let body = br#"{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"48.5s"}]}}"#;
    let told = |to, class| refused(to, class, 429, body, "req-1");
    let limited = told(Dialect::OpenAi, ErrorClass::RateLimited);
    assert_eq!(
        limited.headers,
        [
            ("retry-after", "49".to_owned()),
            ("retry-after-ms", "48500".to_owned())
        ]
    );
    let limited = told(Dialect::Gemini, ErrorClass::RateLimited).body;
    let value: Value = serde_json::from_str(&limited).unwrap();
    assert_eq!(value["error"]["details"][0]["retryDelay"], "49s");
    // Waiting brings no money.
    let spent = told(Dialect::OpenAi, ErrorClass::QuotaExhausted);
    assert_eq!(spent.headers, [("x-should-retry", "false".to_owned())]);
}
