//! Bodies up to the bound, and one byte over it.

use super::{assert_same, both_sides};
use crate::harness::{Config, Request, provider};

#[test]
fn a_body_of_exactly_the_bound_passes_and_one_byte_more_is_413() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let body = body_of(BYTES_MAX);
    let request = Request::post("/v1/chat/completions", &body);
    let (response, recorded) = both_sides(&quotah, &provider, &request);
    assert_eq!(response.status, 200, "{}", response.text());
    assert_same(&recorded.body, &body, "64 MiB");
    provider.forget();
    let over = body_of(BYTES_MAX + 1);
    for request in [
        Request::post("/v1/chat/completions", &over),
        Request::of("POST", "/v1/chat/completions").chunked(&over, &[1 << 20]),
    ] {
        let response = quotah.send(&request);
        assert_eq!(response.status, 413);
        assert_eq!(response.json()["error"]["code"], "request_too_large");
    }
    assert!(
        provider.requests().is_empty(),
        "nothing over the bound goes upstream"
    );
}

#[test]
fn a_megabyte_in_chunks_of_odd_sizes_arrives_whole() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let body = body_of(1_000_003);
    for sizes in [&[1, 8191, 13, 65_537, 2][..], &[4096], &[999_999]] {
        let request = Request::of("POST", "/v1/messages").chunked(&body, sizes);
        let (response, recorded) = both_sides(&quotah, &provider, &request);
        assert_eq!(response.status, 200, "{sizes:?}: {}", response.text());
        assert_same(&recorded.body, &body, &format!("{sizes:?}"));
    }
}

#[test]
fn a_large_answer_comes_back_whole() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let body = r#"{"model":"claude-haiku-4-5","stream":true}"#;
    let request = Request::post("/v1/messages", body)
        .header("x-mock-text-bytes", "100000")
        .header("x-mock-chunks", "80");
    let (response, recorded) = both_sides(&quotah, &provider, &request);
    assert!(response.body.len() > 8_000_000);
    assert_same(&response.body, &recorded.answer, "8 MB of events");
    assert_eq!(quotah.entry(&response).tokens(), recorded.billed);
}

/// A chat request of so many bytes.
fn body_of(bytes: usize) -> Vec<u8> {
    let (before, after) = (
        r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":""#,
        r#""}]}"#,
    );
    let filling = "quota! "
        .bytes()
        .cycle()
        .take(bytes - before.len() - after.len());
    before.bytes().chain(filling).chain(after.bytes()).collect()
}

/// `server.body_bytes_max` unless it is configured.
const BYTES_MAX: usize = 64 << 20;
