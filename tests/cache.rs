//! Answers that are given again: to the byte, to nobody else, for nothing, and never a bad one.

mod routes;
mod whose;

use quotah_bench::mock::Mock;

use crate::harness::{Config, End, Request, Response, picousd, provider};

const CHAT: &str = "/v1/chat/completions";
const BODY: &str = r#"{"model":"gpt-4o-mini","temperature":0,"messages":[{"role":"user","content":"Is it cold?"}]}"#;
const STREAM: &str = r#"{"model":"gpt-4o-mini","stream":true,"messages":[]}"#;

/// A request whose client asks for kept answers.
fn using(target: &str, body: &str) -> Request {
    Request::post(target, body).header("x-quotah-cache", "use")
}

/// What an answer says of the cache.
fn said(response: &Response) -> &str {
    response.header("x-quotah-cache").unwrap_or_default()
}

/// Asserts that the provider was asked for this one.
fn assert_asked(response: &Response, case: &str) {
    assert_ne!(said(response), "hit", "{case}: {}", response.head);
}

/// Asserts that the provider was not.
fn assert_hit(response: &Response, case: &str) {
    assert_eq!((said(response), response.status), ("hit", 200), "{case}");
    assert_eq!(response.end, End::Whole, "{case}");
}

/// Header lines that a kept answer has in common with its first.
fn lasting(response: &Response) -> Vec<(String, String)> {
    let is_lasting =
        |name: &str| !name.starts_with("x-quotah-") && !name.contains("ratelimit") && name != "age";
    let lines = response.headers.iter();
    lines
        .map(|(name, value)| (name.to_lowercase(), value.clone()))
        .filter(|(name, _)| is_lasting(name))
        .collect()
}

fn asked(provider: &Mock) -> usize {
    provider.requests().len()
}

#[test]
fn a_kept_answer_is_the_first_one_to_the_byte_in_every_dialect() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let messages = r#""messages":[{"role":"user","content":"Is it cold?"}]"#;
    let contents = r#"{"contents":[{"parts":[{"text":"Is it cold?"}]}]}"#;
    let gemini = "/v1beta/models/gemini-2.5-flash";
    for (target, body) in [
        (CHAT, BODY.to_owned()),
        (CHAT, STREAM.to_owned()),
        (CHAT, r#"{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true},"messages":[]}"#.to_owned()),
        ("/v1/completions", r#"{"model":"gpt-4o-mini","prompt":"cold"}"#.to_owned()),
        ("/v1/responses", r#"{"model":"gpt-4o-mini","store":false,"input":"cold"}"#.to_owned()),
        ("/v1/responses", r#"{"model":"gpt-4o-mini","store":false,"stream":true,"input":"cold"}"#.to_owned()),
        ("/v1/embeddings", r#"{"model":"text-embedding-3-small","input":"cold"}"#.to_owned()),
        ("/v1/messages", format!(r#"{{"model":"claude-sonnet-4-5","max_tokens":64,{messages}}}"#)),
        ("/v1/messages", format!(r#"{{"model":"claude-sonnet-4-5","max_tokens":64,"stream":true,{messages}}}"#)),
        (&format!("{gemini}:generateContent"), contents.to_owned()),
        (&format!("{gemini}:streamGenerateContent?alt=sse"), contents.to_owned()),
    ] {
        let case = format!("{target} {body}");
        let before = asked(&provider);
        let ask = || {
            // Each event a write of its own, so that there are pieces.
            let request = using(target, &body).header("x-mock-delay-ms", "3");
            quotah.send(&request)
        };
        let first = ask();
        assert_eq!((first.status, said(&first)), (200, "miss"), "{case} {}", first.text());
        for _ in 0..2 {
            let again = ask();
            assert_hit(&again, &case);
            assert_eq!(again.body, first.body, "{case}");
            assert_eq!(again.chunks, first.chunks, "{case}");
            assert_eq!(lasting(&again), lasting(&first), "{case}");
            let age: u64 = again.header("age").and_then(|age| age.parse().ok()).expect("an age");
            assert!(age < 60, "{case}: {age}");
            assert_ne!(
                again.header("x-quotah-request-id"),
                first.header("x-quotah-request-id"),
                "{case}"
            );
        }
        assert_eq!(asked(&provider), before + 1, "{case}");
    }
}

#[test]
fn compressed_streams_are_given_again_as_they_were_packed() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for encoding in ["gzip", "br", "zstd"] {
        let request = using(CHAT, STREAM)
            .header("accept-encoding", encoding)
            .header("x-mock-encoding", encoding);
        let first = quotah.send(&request);
        let again = quotah.send(&request);
        assert_eq!(said(&first), "miss", "{encoding}");
        assert_hit(&again, encoding);
        assert_eq!(again.header("content-encoding"), Some(encoding));
        assert_eq!(again.body, first.body, "{encoding}");
    }
}

#[test]
fn a_kept_answer_costs_nothing_and_the_books_say_what_it_saved() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let first = quotah.entry(&quotah.send(&using(CHAT, BODY)));
    let again = quotah.entry(&quotah.send(&using(CHAT, BODY)));
    assert_eq!((first.str("cache"), again.str("cache")), ("stored", "hit"));
    assert!(first.u64("cost_nanousd") > 0);
    assert_eq!(again.str("saved_usd"), first.str("cost_usd"));
    assert_eq!(again.u64("saved_nanousd"), first.u64("cost_nanousd"));
    assert_eq!(first.0["saved_usd"], serde_json::Value::Null);
    assert_eq!(again.u64("cost_nanousd"), 0);
    assert_eq!(
        (again.str("cost_source"), again.str("usage_source")),
        ("none", "none")
    );
    assert_eq!((again.str("outcome"), again.u64("status")), ("ok", 200));
    assert_eq!((again.str("provider"), again.str("deployment")), ("", ""));
    assert_eq!(again.0["attempts"].as_array().map(Vec::len), Some(0));
    assert_eq!(again.u64("input_tokens") + again.u64("output_tokens"), 0);
    assert_eq!(again.str("model_answered"), first.str("model_answered"));
    assert_eq!(again.u64("response_bytes"), first.u64("response_bytes"));
    let metrics = quotah.metrics();
    let count = |result| metrics.sum("quotah_cache_requests_total", &[("result", result)]);
    assert!((count("hit") - 1.0).abs() < 0.1 && (count("miss") - 1.0).abs() < 0.1);
    assert_eq!(
        metrics.picousd("quotah_cache_saved_usd_total", &[]),
        picousd(first.str("cost_usd"))
    );
    assert!(metrics.sum("quotah_cache_bytes", &[]) > 0.0);
}

#[test]
fn who_does_not_ask_for_it_gets_answers_of_his_own() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    quotah.send(&using(CHAT, BODY));
    for _ in 0..2 {
        let response = quotah.post(CHAT, BODY);
        assert_eq!(said(&response), "", "nothing is said of it either");
    }
    assert_eq!(asked(&provider), 3);
}

#[test]
fn refresh_asks_anew_and_keeps_that_and_no_store_does_neither() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let send = |words: &str, output: &str| {
        let request = Request::post(CHAT, BODY)
            .header("x-quotah-cache", words)
            .header("x-mock-output", output);
        quotah.send(&request)
    };
    let first = send("use", "11");
    assert_hit(&send("use", "12"), "kept");
    let fresh = send("refresh", "13");
    assert_eq!(said(&fresh), "miss");
    assert_ne!(fresh.body, first.body);
    let again = send("use", "14");
    assert_hit(&again, "the fresh one");
    assert_eq!(again.body, fresh.body);
    let declined = send("use, no-store", "15");
    assert_eq!(said(&declined), "");
    assert_ne!(declined.body, fresh.body);
    assert_eq!(send("use", "16").body, fresh.body, "it was not kept");
    assert_eq!(asked(&provider), 3);
}

#[test]
fn an_error_and_an_answer_that_broke_off_are_never_kept() {
    let provider = provider();
    for (body, faults) in [
        (BODY, &[("x-mock-status", "500")][..]),
        (BODY, &[("x-mock-status", "429")]),
        (BODY, &[("x-mock-status", "201")]),
        (BODY, &[("x-mock-cut-at", "300")]),
        (
            BODY,
            &[("x-mock-bad-chunk", "size"), ("x-mock-framing", "chunked")],
        ),
        (
            STREAM,
            &[("x-mock-cut-at", "600"), ("x-mock-delay-ms", "2")],
        ),
        (STREAM, &[("x-mock-error-at", "2")]),
        (STREAM, &[("x-mock-bad-chunk", "truncated")]),
    ] {
        let request = faults
            .iter()
            .fold(using(CHAT, body), |request, (name, value)| {
                request.header(name, value)
            });
        let case = format!("{faults:?}");
        // One of its own for each: many failures would open the deployment's breaker.
        let quotah = Config::toward(&provider).start();
        let before = asked(&provider);
        assert_asked(&quotah.send(&request), &case);
        assert_asked(&quotah.send(&request), &case);
        assert_eq!(asked(&provider), before + 2, "{case}");
        let bytes = quotah.metric("quotah_cache_bytes", &[]);
        assert!(bytes.abs() < 0.1, "{case}: {bytes} bytes are kept");
    }
}

#[test]
fn what_a_client_did_not_wait_for_is_not_kept() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let request = using(CHAT, STREAM).header("x-mock-delay-ms", "40");
    let mut conn = quotah.connect();
    conn.send(request.bytes());
    conn.read_exact(200);
    drop(conn);
    quotah.ledger_of(1);
    assert_eq!(said(&quotah.send(&request)), "miss");
}

#[test]
fn what_others_may_refer_to_later_is_everybodys_own() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (target, body) in [
        ("/v1/responses", r#"{"model":"gpt-4o-mini","input":"cold"}"#),
        (
            "/v1/responses",
            r#"{"model":"gpt-4o-mini","store":true,"input":"cold"}"#,
        ),
        (
            "/v1/responses",
            r#"{"model":"gpt-4o-mini","store":false,"previous_response_id":"r","input":"cold"}"#,
        ),
        (
            CHAT,
            r#"{"model":"gpt-4o-mini","store":true,"messages":[]}"#,
        ),
    ] {
        for _ in 0..2 {
            assert_eq!(said(&quotah.send(&using(target, body))), "", "{body}");
        }
    }
}
