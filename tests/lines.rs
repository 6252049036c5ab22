//! Dialects that stream JSON lines: Ollama's own, and Cohere's first version.

use quotah_bench::mock::{Directives, Framing, Mock, Options, Rule, Script};
use serde_json::{Value, json};

use crate::harness::{Config, End, Quotah, Request, provider_of};

const OLLAMA: &str = "{\"model\":\"llama3:8b\",\"message\":{\"content\":\"fo\"},\"done\":false}\n\
    {\"model\":\"llama3:8b\",\"message\":{\"content\":\"ur\"},\"done\":false}\n\
    {\"model\":\"llama3:8b\",\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":17,\"eval_count\":5}\n";

const COHERE: &str = "{\"is_finished\":false,\"event_type\":\"stream-start\",\"generation_id\":\"a\"}\n\
    {\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"four\"}\n\
    {\"is_finished\":true,\"event_type\":\"stream-end\",\"response\":{\"text\":\"four\",\"meta\":{\"billed_units\":{\"input_tokens\":17,\"output_tokens\":5},\"tokens\":{\"input_tokens\":90,\"output_tokens\":6}}},\"finish_reason\":\"COMPLETE\"}\n";

/// Provider, path, content type, request, answer.
const STREAMED: [[&str; 5]; 2] = [
    [
        "ollama",
        "/api/chat",
        "application/x-ndjson",
        r#"{"model":"llama3:8b","messages":[]}"#,
        OLLAMA,
    ],
    [
        "cohere",
        "/v1/chat",
        "application/stream+json",
        r#"{"model":"command-r","message":"2+2","stream":true}"#,
        COHERE,
    ],
];

fn answering(kind: &str, path: &str, directives: Directives) -> (Mock, Quotah) {
    let rule = Rule {
        path: path.into(),
        directives,
        ..Rule::default()
    };
    let mock = provider_of(Options::default(), Script::default().then(rule));
    let quotah = Config::empty()
        .provider(kind, kind, &mock.url(), "")
        .start();
    (mock, quotah)
}

fn lines(content_type: &str, body: &str) -> Directives {
    Directives {
        headers: vec![("content-type".into(), content_type.into())],
        body: Some(body.to_owned().into()),
        framing: Some(Framing::Chunked),
        ..Directives::default()
    }
}

#[test]
fn a_stream_of_lines_passes_and_its_last_line_is_booked() {
    for [kind, path, content_type, request, stream] in STREAMED {
        let (mock, quotah) = answering(kind, path, lines(content_type, stream));
        let response = quotah.send(&Request::post(path, request));
        assert_eq!((response.status, response.text()), (200, stream.to_owned()));
        assert_eq!(mock.requests()[0].body, request.as_bytes());
        let entry = quotah.entry(&response).0;
        assert_eq!(entry["input_tokens"], 17, "{kind}");
        assert_eq!(entry["output_tokens"], 5, "{kind}");
        assert_eq!(entry["usage_source"], "provider", "{kind}");
        assert_eq!(
            (&entry["stream"], &entry["outcome"]),
            (&json!(true), &json!("ok"))
        );
    }
}

#[test]
fn a_stream_of_lines_without_its_last_is_broken_off_with_an_error() {
    for [kind, path, content_type, request, stream] in STREAMED {
        let begun: String = stream.split_inclusive('\n').take(2).collect();
        let (_mock, quotah) = answering(kind, path, lines(content_type, &begun));
        let response = quotah.send(&Request::post(path, request));
        assert_eq!((response.status, response.end), (200, End::Cut), "{kind}");
        let text = response.text();
        let said = text.strip_prefix(&begun).unwrap();
        let said: Value = serde_json::from_str(said).unwrap();
        let is_told = match kind {
            "ollama" => said["error"].is_string(),
            _ => said["finish_reason"] == "ERROR",
        };
        assert!(is_told, "{kind}: {said}");
        assert_eq!(
            quotah.entry(&response).0["outcome"],
            "upstream_error",
            "{kind}"
        );
    }
}

#[test]
fn an_error_in_a_stream_of_lines_is_the_providers() {
    let begun = OLLAMA.split_inclusive('\n').next().unwrap();
    let body = format!("{begun}{{\"error\":\"model runner has stopped\"}}\n");
    let (_mock, quotah) = answering("ollama", "/api/chat", lines("application/x-ndjson", &body));
    let response = quotah.post("/api/chat", r#"{"model":"llama3:8b"}"#);
    assert_eq!(response.text(), body);
    assert_eq!(quotah.entry(&response).0["outcome"], "upstream_error");
}
