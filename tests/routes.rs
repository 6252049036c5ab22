//! Where a request goes: names, conditions and strategies.

mod names;
mod strategies;
mod warm;

use quotah_bench::mock::Mock;

use crate::harness::{Config, Quotah, Request, Response, provider};

/// Two providers of `OpenAI`'s dialect, `a` and `b`, and further tables.
fn two(more: &str) -> (Mock, Mock, Quotah) {
    let (a, b) = (provider(), provider());
    let quotah = Config::empty()
        .provider("a", "openai", &a.url(), "")
        .provider("b", "openai", &b.url(), "")
        .table(more)
        .start();
    (a, b, quotah)
}

fn chat(model: &str) -> Request {
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"hello"}}]}}"#);
    Request::post("/v1/chat/completions", body)
}

/// Who served it, by which model; it must have been served.
fn served_by(answer: &Response) -> (String, String) {
    assert_eq!(answer.status, 200, "{}{}", answer.head, answer.text());
    let header = |name| answer.header(name).unwrap_or_default().to_owned();
    (header("x-quotah-provider"), header("x-quotah-model"))
}
