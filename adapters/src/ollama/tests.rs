use quotah_policy::{Usage, UsageSource};

use crate::{
    Asked, Dialect, ErrorClass, Meter, Operation, Reading, RefusalKind, error_class,
    stream_error_line,
};

fn read(operation: Operation, kind: &str, body: &str) -> Reading {
    let in_pieces = |size: usize| {
        let asked = Asked::native(Dialect::Ollama, operation);
        let mut meter = Meter::new(&asked, kind.as_bytes());
        for piece in body.as_bytes().chunks(size) {
            meter.feed(piece);
        }
        meter.finish(true)
    };
    let whole = in_pieces(body.len().max(1));
    for size in [1, 3] {
        assert_eq!(in_pieces(size), whole, "{size}: {body}");
    }
    whole
}

fn usage(reading: &Reading) -> Usage {
    reading.usage.expect("usage")
}

const LINES: &str = "application/x-ndjson";
const PART: &str =
    r#"{"model":"llama3","message":{"role":"assistant","content":"ab"},"done":false}"#;
const LAST: &str = r#"{"model":"llama3","message":{"content":""},"done_reason":"stop","done":true,"prompt_eval_count":17,"eval_count":50}"#;

#[test]
fn a_stream_ends_with_its_usage_whatever_it_is_called() {
    let body = format!("{PART}\n{PART}\n{LAST}\n");
    for kind in [
        LINES,
        "application/json",
        "",
        "application/jsonl; charset=utf-8",
    ] {
        let reading = read(Operation::Chat, kind, &body);
        assert_eq!(
            (usage(&reading).input_tokens, usage(&reading).output_tokens),
            (17, 50)
        );
        assert_eq!((reading.source, reading.events), (UsageSource::Provider, 3));
        assert_eq!((reading.finished, reading.faults), (true, 0));
        assert_eq!(reading.output_bytes, 4);
        assert_eq!(reading.model.as_deref(), Some("llama3"));
    }
}

#[test]
fn a_stream_without_its_last_line_is_not_whole() {
    let begun = read(Operation::Chat, LINES, &format!("{PART}\n"));
    assert_eq!((begun.finished, begun.usage), (false, None));
    let cut = read(Operation::Chat, LINES, &format!("{PART}\n{}", &LAST[..60]));
    assert_eq!((cut.finished, cut.faults), (false, 1));
}

#[test]
fn an_error_may_end_a_stream() {
    let reading = read(
        Operation::Chat,
        LINES,
        &format!("{PART}\n{{\"error\":\"model runner gone\"}}\n"),
    );
    assert!(reading.error.is_some() && !reading.finished && reading.faults == 0);
    let ours = stream_error_line(Dialect::Ollama, RefusalKind::Overloaded, "no \"room\"");
    assert_eq!(ours.unwrap(), b"{\"error\":\"no \\\"room\\\"\"}\n");
}

#[test]
fn a_line_that_is_no_json_spoils_itself_only() {
    let reading = read(
        Operation::Chat,
        LINES,
        &format!("{PART}\n{{nonsense\n{LAST}\n"),
    );
    assert_eq!((reading.faults, usage(&reading).output_tokens), (1, 50));
    assert!(reading.finished);
}

#[test]
fn a_prompt_that_was_cached_whole_counts_nothing() {
    let reading = read(
        Operation::Completions,
        "application/json",
        r#"{"model":"m:1b","response":"abc","done":true,"eval_count":5}"#,
    );
    assert_eq!(
        (usage(&reading).input_tokens, usage(&reading).output_tokens),
        (0, 5)
    );
    assert_eq!(
        (reading.source, reading.output_bytes),
        (UsageSource::Provider, 3)
    );
}

#[test]
fn embeddings_have_no_output() {
    let reading = read(
        Operation::Embeddings,
        "application/json; charset=utf-8",
        "{\n \"model\": \"m\",\n \"embeddings\": [[0.5]],\n \"prompt_eval_count\": 8\n}\n",
    );
    assert_eq!(
        (usage(&reading).input_tokens, usage(&reading).output_tokens),
        (8, 0)
    );
    assert_eq!((reading.source, reading.faults), (UsageSource::Provider, 0));
}

#[test]
fn errors_are_classed_by_status_and_sentence() {
    for (status, body, class) in [
        (
            404,
            r#"{"error":"model 'x' not found"}"#,
            ErrorClass::BadRequest,
        ),
        (
            400,
            r#"{"error":"prompt too long; exceeded max context length by 9 tokens"}"#,
            ErrorClass::ContextOverflow,
        ),
        (
            401,
            r#"{"error":"unauthorized"}"#,
            ErrorClass::BadCredential,
        ),
        (
            429,
            r#"{"error":"you have reached your weekly usage limit"}"#,
            ErrorClass::QuotaExhausted,
        ),
        (503, r#"{"error":"server busy"}"#, ErrorClass::Overloaded),
        (500, "{}", ErrorClass::ServerError),
    ] {
        assert_eq!(
            error_class(Dialect::Ollama, status, b"", body.as_bytes()),
            class,
            "{body}"
        );
    }
}
