//! However a request ends, it is booked once, and says how its figures came to be known.

use quotah_bench::mock::Tokens;

use crate::harness::{Config, End, Request, provider, served};

const CHAT: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}"#;
const COUNT: &str = r#"{"model":"claude-haiku-4-5","messages":[]}"#;
const CHAT_STREAM: &str = r#"{"model":"gpt-4o-mini","stream":true}"#;
const MESSAGES_STREAM: &str = r#"{"model":"claude-haiku-4-5","stream":true}"#;

/// A call, what the mock is told about it, and how it is booked: status, outcome, source of usage.
const CASES: [&str; 14] = [
    "chat            -                  200 ok             provider",
    "chat_stream     -                  200 ok             provider",
    "chat            x-mock-status=400  400 upstream_error none",
    "chat            x-mock-status=429  429 upstream_error none",
    "chat            x-mock-status=500  500 upstream_error none",
    "chat            x-mock-usage=none  200 ok             estimated",
    "chat_stream     x-mock-usage=none  200 ok             estimated",
    "chat_stream     x-mock-error-at=3  200 upstream_error estimated",
    "messages_stream x-mock-error-at=3  200 upstream_error partial",
    "chat_stream     x-mock-cut-at=1500 200 upstream_error estimated",
    "messages_stream x-mock-cut-at=1500 200 upstream_error partial",
    "count_tokens    -                  200 ok             none",
    "files           -                  200 ok             none",
    "broken          -                  400 refused        none",
];

#[test]
fn each_way_to_end_is_one_entry_of_its_outcome_and_one_count_in_the_metrics() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (index, case) in CASES.iter().enumerate() {
        let words: Vec<_> = case.split_whitespace().collect();
        let [call, told, status, outcome, source] = words[..] else {
            panic!("five words: {case}");
        };
        let counted = || quotah.metric("quotah_requests_total", &[("outcome", outcome)]);
        let counted_before = counted();
        let response = quotah.send(&request(call, told));
        let entry = quotah.entry(&response);
        assert_eq!(entry.0["status"].to_string(), status, "{case}: {}", entry.0);
        assert_eq!(entry.str("outcome"), outcome, "{case}: {}", entry.0);
        assert_eq!(entry.str("usage_source"), source, "{case}: {}", entry.0);
        assert_eq!(quotah.ledger().len(), index + 1, "{case}: booked once");
        let is_used = source != "none";
        assert_eq!(
            entry.tokens() != Tokens::default(),
            is_used,
            "{case}: {}",
            entry.0
        );
        assert_eq!(
            entry.0["cost_picousd"].is_u64(),
            is_used,
            "{case}: {}",
            entry.0
        );
        // Refusals are counted by reason; no deployment was chosen for them.
        let more = counted() - counted_before;
        assert!(
            outcome == "refused" || (more - 1.0).abs() < 0.1,
            "{case}: counted {more} times"
        );
        let is_cut = response.end == End::Cut;
        assert_eq!(is_cut, told.starts_with("x-mock-cut-at"), "{case}");
    }
}

/// The request of a case.
fn request(call: &str, told: &str) -> Request {
    let (target, body) = match call {
        "chat" => ("/v1/chat/completions", CHAT),
        "chat_stream" => ("/v1/chat/completions", CHAT_STREAM),
        "messages_stream" => ("/v1/messages", MESSAGES_STREAM),
        "count_tokens" => ("/v1/messages/count_tokens", COUNT),
        "files" => ("/v1/files", "{}"),
        _ => ("/v1/chat/completions", "{not json"),
    };
    let request = Request::post(target, body);
    match told.split_once('=') {
        Some((directive, value)) => request.header(directive, value),
        None => request,
    }
}

#[test]
fn an_unreachable_provider_is_booked_as_its_error_and_costs_nothing() {
    // Nobody listens there: the listener that found the port is gone.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr();
    let url = format!("http://{}", free.expect("bound"));
    let quotah = Config::empty()
        .provider("openai", "openai", &url, "")
        .start();
    let response = quotah.post("/v1/chat/completions", CHAT);
    assert_eq!(response.status, 502, "{}", response.text());
    let entry = quotah.entry(&response);
    assert_eq!(entry.str("outcome"), "upstream_error");
    assert_eq!(
        (entry.tokens(), entry.u64("status")),
        (Tokens::default(), 502)
    );
    assert_eq!(quotah.ledger().len(), 1);
}

#[test]
fn an_estimate_is_made_of_what_was_delivered_and_an_absurd_report_is_not_believed() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let usages = ["none", "negative", "huge", "float", "string", "null"];
    for (usage, body) in usages.iter().flat_map(|u| [(u, CHAT), (u, CHAT_STREAM)]) {
        let request = Request::post("/v1/chat/completions", body)
            .header("x-mock-usage", usage)
            .header("x-mock-text-bytes", "300")
            .header("x-mock-chunks", "1")
            .header("x-mock-output", "8");
        let entry = quotah.entry(&quotah.send(&request));
        assert_eq!(entry.str("outcome"), "ok", "{usage}: {}", entry.0);
        assert_ne!(
            entry.str("usage_source"),
            "provider",
            "{usage}: {}",
            entry.0
        );
        let output = entry.u64("output_tokens");
        // 300 bytes of English are some 75 tokens; an estimate may be off by half.
        assert!(
            (37..=150).contains(&output),
            "{usage}: {output} for 300 bytes: {}",
            entry.0
        );
        assert!(entry.u64("input_tokens") < 100, "{usage}: {}", entry.0);
    }
}

#[test]
fn what_a_stream_had_used_when_it_broke_is_kept() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let request = Request::post("/v1/messages", MESSAGES_STREAM).header("x-mock-error-at", "5");
    let entry = quotah.entry(&quotah.send(&request));
    let billed = served(&provider, 1)[0].billed;
    let tokens = entry.tokens();
    assert_eq!(
        (tokens.input, tokens.cached, tokens.cache_write),
        (billed.input, billed.cached, billed.cache_write),
        "the input was told at the start"
    );
    assert!(tokens.output >= 5, "five words came down: {}", entry.0);
}
