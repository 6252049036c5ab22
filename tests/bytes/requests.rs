//! Requests: odd JSON, odd framing, header lines, and the one span that a rename may change.

use super::{assert_same, both_sides};
use crate::harness::{Config, Request, provider};

#[test]
fn json_of_any_spelling_reaches_the_provider_as_it_was_written() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for body in ODD_BODIES {
        let request = Request::post("/v1/chat/completions", body);
        let (response, recorded) = both_sides(&quotah, &provider, &request);
        assert_eq!(response.status, 200, "{body}: {}", response.text());
        assert_same(&recorded.body, body.as_bytes(), body);
        assert_eq!(
            recorded.header("content-length"),
            Some(body.len().to_string().as_str())
        );
    }
}

#[test]
fn a_chunked_body_reaches_the_provider_whole_however_it_was_cut() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let body = ODD_BODIES[0];
    for sizes in [&[1][..], &[2, 3, 5, 7, 11], &[1, 4096], &[100_000]] {
        let request = Request::of("POST", "/v1/chat/completions")
            .header("content-type", "application/json")
            .chunked(body, sizes);
        let (response, recorded) = both_sides(&quotah, &provider, &request);
        assert_eq!(response.status, 200, "{sizes:?}: {}", response.text());
        assert_same(&recorded.body, body.as_bytes(), &format!("{sizes:?}"));
    }
}

#[test]
fn header_lines_keep_their_order_and_values_and_only_host_and_credential_change() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("k", "sk-virtual-key-0001", "")
        .start();
    let request = Request::of("POST", "/v1/messages?beta=true")
        .header("x-stainless-arch", "x64")
        .header("accept", "*/*")
        .header("anthropic-beta", "one-2025-01-01,two-2026-01-01")
        .header("x-api-key", "sk-virtual-key-0001")
        .header("Anthropic-Version", "2023-06-01")
        .header("x-unknown", "a  \"b\"; c")
        .header("accept-encoding", "gzip;q=1.0, br;q=0")
        .header("x-quotah-tags", "project=x")
        .header("connection", "keep-alive, x-for-one-hop")
        .header("x-for-one-hop", "1")
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "odd/1.0 (\u{fc})")
        .body(r#"{"model":"claude-haiku-4-5"}"#);
    let (response, recorded) = both_sides(&quotah, &provider, &request);
    assert_eq!(response.status, 200, "{}", response.text());
    let host = provider.addr().to_string();
    let lines: Vec<_> = recorded
        .headers
        .iter()
        .map(|(n, v)| (n.to_ascii_lowercase(), v.clone()))
        .collect();
    let expected = [
        ("host", &*host),
        ("x-stainless-arch", "x64"),
        ("accept", "*/*"),
        ("anthropic-beta", "one-2025-01-01,two-2026-01-01"),
        ("x-api-key", "sk-test-anthropic"),
        ("anthropic-version", "2023-06-01"),
        ("x-unknown", "a  \"b\"; c"),
        ("accept-encoding", "gzip;q=1.0, br;q=0"),
        ("content-type", "application/json; charset=utf-8"),
        // The mock reads header bytes as Latin-1.
        ("user-agent", "odd/1.0 (\u{c3}\u{bc})"),
        ("content-length", "28"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    assert_eq!(lines, expected);
    assert_eq!(recorded.target, "/v1/messages?beta=true");
}

#[test]
fn a_renamed_model_changes_that_one_span_and_nothing_else() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .model("fast", "openai", "gpt-4o-mini-2024-07-18")
        .model("quick", "gemini", "gemini-2.5-flash")
        .start();
    let before = "{\n \"b\" : 1e-07,\t\"model\" :  ";
    let after = " , \"messages\":[{\"model\":\"fast\",\"x\":\"\\u0066ast\"}], \"seed\":123456789012345678901234567890 }\n";
    for spelled in ["\"fast\"", "\"\\u0066ast\"", "\"f\\u0061st\""] {
        let body = format!("{before}{spelled}{after}");
        let request = Request::post("/v1/chat/completions", &body);
        let (response, recorded) = both_sides(&quotah, &provider, &request);
        assert_eq!(response.status, 200, "{}", response.text());
        let expected = format!("{before}\"gpt-4o-mini-2024-07-18\"{after}");
        assert_same(&recorded.body, expected.as_bytes(), spelled);
        let entry = quotah.entry(&response);
        assert_eq!(
            [entry.str("model_asked"), entry.str("model_sent")],
            ["fast", "gpt-4o-mini-2024-07-18"]
        );
    }
    let body = "{ \"contents\" : [ ] }";
    let request = Request::post("/v1beta/models/quick:generateContent?x=%20y", body);
    let (_, recorded) = both_sides(&quotah, &provider, &request);
    assert_eq!(
        recorded.target,
        "/v1beta/models/gemini-2.5-flash:generateContent?x=%20y"
    );
    assert_same(&recorded.body, body.as_bytes(), "the model is in the path");
}

#[test]
fn a_client_that_waits_for_100_continue_gets_it_and_the_provider_is_not_asked() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let body = r#"{"model":"gpt-4o-mini"}"#;
    let mut conn = quotah.connect();
    let request = Request::post("/v1/chat/completions", body).header("expect", "100-continue");
    conn.send(request.head());
    assert_eq!(conn.response_head().status, 100);
    conn.send(body);
    assert_eq!(conn.response().status, 200);
    let recorded = &provider.requests()[0];
    assert_same(&recorded.body, body.as_bytes(), "after 100");
    assert_eq!(recorded.header("expect"), None);
}

/// What a gateway that parses and writes JSON again would change.
const ODD_BODIES: [&str; 8] = [
    "{\"z\":1,\"a\":2,\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"caf\\u00e9 \\/ \\ud83d\\ude00 é😀\"}]}",
    " \r\n\t{ \"model\" : \"gpt-4o-mini\" ,\n\"temperature\":1e-07, \"top_p\": 0.10000000000000000555,\"x\":-0.0 } \n",
    "{\"model\":\"gpt-4o-mini\",\"seed\":123456789012345678901234567890,\"x\":1E400}",
    "{\"unknown\":1,\"unknown\":2,\"model\":\"gpt-4o-mini\",\"\":{\"\":[]}}",
    "{\"model\":\"gpt-4o\\u002dmini\",\"metadata\":{\"model\":\"other\",\"stream\":true}}",
    "{\"model\":\"gpt-4o-mini\",\"stream\":false,\"stream_options\":null,\"max_tokens\":7}",
    "{\"model\":\"gpt-4o-mini\",\"deep\":[[[[[[[[[[[[[[[[{\"a\":[null,true,false]}]]]]]]]]]]]]]]]]}",
    "{\"model\":\"gpt-4o-mini\",\"lone\":\"\\ud800\",\"nul\":\"\\u0000\",\"del\":\"\u{7f}\"}",
];
