//! Limits that hold: never a request, a token or a stream too many, and the wait that is told is the wait there is.

mod concurrent;
mod own;
mod reload;
mod requests;
mod tokens;
mod whom;

use quotah_bench::mock::Mock;

use crate::harness::{Config, Quotah, Request, Response};

/// A plain request of each dialect: its name, its path, its body with an output cap of ten tokens.
const PLAIN: [(&str, &str, &str); 3] = [
    ("openai", "/v1/chat/completions", CHAT),
    (
        "anthropic",
        "/v1/messages",
        r#"{"model":"claude-haiku-4-5","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}"#,
    ),
    (
        "gemini",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":10}}"#,
    ),
];

const CHAT: &str =
    r#"{"model":"gpt-4o-mini","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}"#;

const STREAM: &str = r#"{"model":"gpt-4o-mini","max_tokens":10,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

/// The three dialects toward the mock, and these limits.
fn with(provider: &Mock, tables: &str) -> Config {
    Config::toward(provider)
        .server("tags = [\"feature\"]")
        .table(tables)
}

/// A limit, as TOML.
fn limit(id: &str, lines: &str) -> String {
    format!("[[limits]]\nid = \"{id}\"\n{lines}\n\n")
}

fn chat() -> Request {
    Request::post("/v1/chat/completions", CHAT)
}

/// Sends a request until it is refused, at most `most` times; gives how many were served, and the refusal.
fn until_refused(quotah: &Quotah, request: &Request, most: usize) -> (usize, Response) {
    for served in 0..=most {
        let answer = quotah.send(request);
        if answer.status != 200 {
            assert_refused(&answer, "openai");
            return (served, answer);
        }
    }
    panic!("{most} were to be served, and more were");
}

/// A number in a header that must be there.
fn number(answer: &Response, name: &str) -> u64 {
    let value = answer.header(name).and_then(|value| value.parse().ok());
    value.unwrap_or_else(|| panic!("no number {name} in {}", answer.head))
}

/// Limit, remaining and reset of `what`, `requests` or `tokens`, as an answer tells them.
fn standing(answer: &Response, what: &str) -> (u64, u64, u64) {
    let of = |name: &str| number(answer, &format!("x-quotah-ratelimit-{name}-{what}"));
    (of("limit"), of("remaining"), of("reset"))
}

/// The answer is a limit's refusal in this dialect, with a time to come back at; gives its message.
fn assert_refused(answer: &Response, dialect: &str) -> String {
    let seen = format!("{}{}", answer.head, answer.text());
    assert_eq!(answer.status, 429, "{seen}");
    let error = &answer.json()["error"];
    match dialect {
        "openai" => assert_eq!(error["code"], "rate_limit_exceeded", "{seen}"),
        "anthropic" => assert_eq!(error["type"], "rate_limit_error", "{seen}"),
        _ => assert_eq!(error["status"], "RESOURCE_EXHAUSTED", "{seen}"),
    }
    let ms = number(answer, "retry-after-ms");
    assert!(ms > 0, "{seen}");
    assert_eq!(number(answer, "retry-after"), ms.div_ceil(1_000), "{seen}");
    assert_ne!(answer.header("x-should-retry"), Some("false"), "{seen}");
    error["message"].as_str().expect("a message").to_owned()
}
