//! Guards: what requests may ask for; what goes beyond is lowered in place, or refused.

mod bodies;
mod clamps;
mod contents;
mod odd;

use quotah_bench::mock::Mock;

use crate::harness::{Config, Quotah, Request, Response, provider, served};

/// The three dialects toward the mock, and one guard of these lines.
fn guarded(provider: &Mock, lines: &str) -> Config {
    Config::toward(provider).table(&format!("[[guards]]\nid = \"g\"\n{lines}"))
}

/// A mock and a gateway with one guard before it.
fn behind(lines: &str) -> (Mock, Quotah) {
    let provider = provider();
    let quotah = guarded(&provider, lines).start();
    (provider, quotah)
}

/// The body of the latest request that reached the provider.
fn sent(provider: &Mock) -> String {
    let requests = served(provider, 1);
    let latest = requests.last().expect("a request reached the provider");
    String::from_utf8_lossy(&latest.body).into_owned()
}

/// Has a body served, and gives what the provider saw of it.
fn through(provider: &Mock, quotah: &Quotah, target: &str, body: &str) -> (String, Response) {
    let before = provider.requests_count();
    let answer = quotah.send(&Request::post(target, body));
    assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    assert_eq!(provider.requests_count(), before + 1);
    (sent(provider), answer)
}

/// A guard's refusal in this dialect; gives its message.
fn assert_guarded(answer: &Response, dialect: &str) -> String {
    let seen = format!("{}{}", answer.head, answer.text());
    assert_eq!(answer.status, 403, "{dialect}: {seen}");
    let error = &answer.json()["error"];
    match dialect {
        "openai" => assert_eq!(error["code"], "request_not_allowed", "{seen}"),
        "anthropic" => assert_eq!(error["type"], "permission_error", "{seen}"),
        _ => assert_eq!(error["status"], "PERMISSION_DENIED", "{seen}"),
    }
    error["message"].as_str().expect("a message").to_owned()
}

/// The dialect that a path belongs to.
fn dialect_of(target: &str) -> &'static str {
    if target.starts_with("/v1beta/") {
        "gemini"
    } else if target.starts_with("/v1/messages") {
        "anthropic"
    } else {
        "openai"
    }
}

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";
const GEMINI: &str = "/v1beta/models/gemini-2.5-flash:generateContent";
