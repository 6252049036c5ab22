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
    assert!(matches!(long.status, 403 | 413), "{}", long.text());
    assert_eq!(quotah.send(&Request::post(CHAT, body(1_000))).status, 200);
    let other = body(1_001).replace("\"m\"", "\"k\"");
    assert_eq!(quotah.send(&Request::post(CHAT, other)).status, 200);
    assert_eq!(provider.requests_count(), 2);
}
