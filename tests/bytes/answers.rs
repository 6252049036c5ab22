//! Answers: every coding, every cut, every line end.

use super::{assert_same_answer, both_sides};
use crate::harness::{Config, Request, provider};

#[test]
fn answers_in_every_coding_come_back_as_they_are_and_are_metered_all_the_same() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for encoding in ["", "gzip", "br", "zstd", "deflate", "deflate-raw"] {
        for (target, body) in CALLS {
            let case = format!("{target} {body} in {encoding:?}");
            let request = Request::post(target, body)
                .header("accept-encoding", "gzip, br, zstd, deflate")
                .header("x-mock-encoding", encoding)
                .header("x-mock-odd", "1");
            let (response, recorded) = both_sides(&quotah, &provider, &request);
            assert_eq!(
                response.header("content-encoding").unwrap_or_default(),
                &encoding[..encoding.find('-').unwrap_or(encoding.len())],
                "{case}"
            );
            assert_same_answer(&response, &recorded, &case);
            let entry = quotah.entry(&response);
            assert_eq!(entry.tokens(), recorded.billed, "{case}: {}", entry.0);
            assert_eq!(entry.str("usage_source"), "provider", "{case}");
        }
    }
}

#[test]
fn an_answer_that_drips_in_byte_by_byte_is_the_same_answer() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (target, body) in CALLS {
        for (way, encoding) in [
            ("x-mock-split", ""),
            ("x-mock-drip", ""),
            ("x-mock-split", "br"),
            ("x-mock-drip", "zstd"),
        ] {
            let case = format!("{target} {body} with {way} in {encoding:?}");
            let request = Request::post(target, body)
                .header(way, "1")
                .header("x-mock-encoding", encoding)
                .header("x-mock-chunks", "3");
            let (response, recorded) = both_sides(&quotah, &provider, &request);
            assert_same_answer(&response, &recorded, &case);
            assert_eq!(quotah.entry(&response).tokens(), recorded.billed, "{case}");
        }
    }
}

#[test]
fn an_answer_of_any_framing_ends_where_the_providers_ended() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for framing in ["length", "chunked", "close"] {
        for (target, body) in CALLS {
            let case = format!("{target} {body} framed by {framing}");
            let request = Request::post(target, body).header("x-mock-framing", framing);
            let (response, recorded) = both_sides(&quotah, &provider, &request);
            assert_same_answer(&response, &recorded, &case);
            let length = recorded.answer.len().to_string();
            let expected = (framing == "length").then_some(length.as_str());
            assert_eq!(response.header("content-length"), expected, "{case}");
        }
    }
}

#[test]
fn an_answers_lines_keep_their_order_and_values_and_only_ours_are_added() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let request = Request::post("/v1/chat/completions", r#"{"model":"gpt-4o-mini"}"#)
        .header("x-mock-header-zz-unknown", "a  b;c=\"d\"")
        .header("x-mock-header-set-cookie", "one=1; Path=/")
        .header("x-mock-header-retry-after", "7")
        .header("x-mock-header-aa-last", "");
    let (response, recorded) = both_sides(&quotah, &provider, &request);
    let sent = String::from_utf8_lossy(&recorded.sent).into_owned();
    let sent_lines = sent
        .split("\r\n\r\n")
        .next()
        .expect("a head")
        .lines()
        .skip(1);
    let sent: Vec<_> = sent_lines
        .filter_map(|line| line.split_once(": "))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned()))
        .collect();
    let (ours, theirs): (Vec<_>, Vec<_>) = response
        .headers
        .iter()
        .map(|(n, v)| (n.to_ascii_lowercase(), v.clone()))
        .partition(|(name, _)| name.starts_with("x-quotah-"));
    let without_length = |lines: Vec<(String, String)>| {
        lines
            .into_iter()
            .filter(|(name, _)| name != "content-length")
            .collect::<Vec<_>>()
    };
    assert_eq!(without_length(theirs), without_length(sent));
    let mut ours: Vec<_> = ours.iter().map(|(name, _)| name.as_str()).collect();
    ours.sort_unstable();
    assert_eq!(
        ours,
        [
            "x-quotah-attempts",
            "x-quotah-model",
            "x-quotah-provider",
            "x-quotah-request-id"
        ]
    );
}

#[test]
fn errors_of_a_provider_come_back_as_they_are() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for status in [400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 529] {
        for (target, body) in CALLS {
            let case = format!("{status} for {target}");
            let request = Request::post(target, body)
                .header("x-mock-status", &status.to_string())
                .header("x-mock-encoding", "gzip")
                .header("x-mock-header-retry-after", "3");
            let (response, recorded) = both_sides(&quotah, &provider, &request);
            assert_eq!(response.status, status, "{case}");
            assert_eq!(response.header("retry-after"), Some("3"), "{case}");
            assert_same_answer(&response, &recorded, &case);
        }
    }
}

/// A plain and a streamed call of each dialect whose usage comes unasked, or was asked for by the client.
const CALLS: [(&str, &str); 8] = [
    (
        "/v1/chat/completions",
        r#"{"model":"gpt-4o-mini","messages":[]}"#,
    ),
    (
        "/v1/chat/completions",
        r#"{"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true}}"#,
    ),
    ("/v1/responses", r#"{"model":"gpt-4o-mini","input":"x"}"#),
    (
        "/v1/responses",
        r#"{"model":"gpt-4o-mini","input":"x","stream":true}"#,
    ),
    (
        "/v1/messages",
        r#"{"model":"claude-haiku-4-5","max_tokens":9}"#,
    ),
    (
        "/v1/messages",
        r#"{"model":"claude-haiku-4-5","max_tokens":9,"stream":true}"#,
    ),
    (
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        r#"{"contents":[]}"#,
    ),
    (
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
        r#"{"contents":[]}"#,
    ),
];
