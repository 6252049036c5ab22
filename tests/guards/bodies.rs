//! How long bodies may be: refused by their announced length before a byte is read, or where they grow beyond.

use super::{CHAT, GEMINI, MESSAGES, dialect_of};
use crate::harness::{Config, Request, Response, provider};

const RED: &str = "sk-virtual-key-of-red";

fn body(bytes: usize) -> String {
    let frame = r#"{"model":"m","x":""}"#.len();
    format!(r#"{{"model":"m","x":"{}"}}"#, "x".repeat(bytes - frame))
}

fn assert_too_large(answer: &Response, target: &str) {
    let seen = format!("{}{}", answer.head, answer.text());
    assert_eq!(answer.status, 413, "{seen}");
    let error = &answer.json()["error"];
    match dialect_of(target) {
        "openai" => assert_eq!(error["code"], "request_too_large", "{seen}"),
        "anthropic" => assert_eq!(error["type"], "request_too_large", "{seen}"),
        _ => assert_eq!(error["status"], "INVALID_ARGUMENT", "{seen}"),
    }
    let message = error["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("over the limit of 1000 bytes"),
        "{message}"
    );
}

#[test]
fn a_keys_longest_body_is_refused_ahead_and_in_its_midst() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("red", RED, "guards = { body_bytes_max = 1000 }")
        .start();
    for target in [CHAT, MESSAGES, GEMINI] {
        let announced = Request::post(target, body(1_001)).bearer(RED);
        // The head is enough.
        let mut conn = quotah.connect();
        conn.send(announced.head());
        assert_too_large(&conn.response(), target);
        assert_too_large(&quotah.send(&announced), target);
        let growing = Request::of("POST", target)
            .header("content-type", "application/json")
            .bearer(RED)
            .chunked(body(50_000), &[300]);
        assert_too_large(&quotah.send(&growing), target);
    }
    assert_eq!(provider.requests_count(), 0);
    for target in [CHAT, MESSAGES] {
        let whole = Request::post(target, body(1_000)).bearer(RED);
        assert_eq!(quotah.send(&whole).status, 200);
        // Others may send more.
        assert_eq!(quotah.send(&Request::post(target, body(1_001))).status, 200);
    }
    let entries = quotah.ledger();
    let refused = entries
        .iter()
        .filter(|e| e.str("reason") == "request_too_large");
    assert_eq!(refused.count(), 9);
}

#[test]
fn a_guard_on_a_model_counts_when_the_body_has_told_it() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .table("[[guards]]\nid = \"g\"\nmatch = { model = \"m\" }\nbody_bytes_max = 1000")
        .start();
    let long = quotah.send(&Request::post(CHAT, body(1_001)));
    assert_too_large(&long, CHAT);
    assert_eq!(quotah.send(&Request::post(CHAT, body(1_000))).status, 200);
    let other = body(1_001).replace("\"m\"", "\"k\"");
    assert_eq!(quotah.send(&Request::post(CHAT, other)).status, 200);
    assert_eq!(provider.requests_count(), 2);
}

/// A form, its model first, with a file of so many bytes.
fn form(model: &str, file_bytes: usize) -> String {
    let part = |name: &str| format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"");
    let file = "x".repeat(file_bytes);
    format!(
        "{}\r\n\r\n{model}\r\n{}; filename=\"a.wav\"\r\n\r\n{file}\r\n--edge--\r\n",
        part("model"),
        part("file"),
    )
}

#[test]
fn an_upload_that_passes_as_it_comes_is_held_to_the_bound_too() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("upload_held_bytes_max = 4096")
        .key("red", RED, "guards = { body_bytes_max = 100_000 }")
        .table(
            "[[guards]]\nid = \"g\"\nmatch = { model = \"whisper-1\" }\nbody_bytes_max = 100_000",
        )
        .start();
    let target = "/v1/audio/transcriptions";
    let request =
        || Request::of("POST", target).header("content-type", "multipart/form-data; boundary=edge");
    let red = || request().bearer(RED);
    let (long, short) = (form("whisper-1", 200_000), form("whisper-1", 90_000));
    let other = form("gpt-4o-transcribe", 200_000);
    for (request, status) in [
        (request().body(&long), 413),
        (request().chunked(&long, &[5_000]), 413),
        (request().body(&short), 200),
        (request().chunked(&short, &[5_000]), 200),
        (request().body(&other), 200),
        (red().body(&other), 413),
        (red().chunked(&other, &[5_000]), 413),
    ] {
        let answer = quotah.send(&request);
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    // What was refused ahead never was with the provider.
    let bytes = |request: &quotah_bench::mock::Recorded| request.body.len();
    let whole = provider.requests();
    let whole = whole.iter().filter(|request| bytes(request) > 100_000);
    assert_eq!(whole.count(), 1, "but for the model that has no bound");
}
