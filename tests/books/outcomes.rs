//! However a request ends, it is booked once, and says how its figures came to be known.

use quotah_bench::mock::Tokens;

use crate::harness::{Config, End, Request, provider, served};

const CHAT: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}"#;
const COUNT: &str = r#"{"model":"claude-haiku-4-5","messages":[]}"#;
const CHAT_STREAM: &str = r#"{"model":"gpt-4o-mini","stream":true}"#;
const MESSAGES_STREAM: &str = r#"{"model":"claude-haiku-4-5","stream":true}"#;

#[test]
fn each_way_to_end_is_one_entry_of_its_outcome_and_one_count_in_the_metrics() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let openai = "/v1/chat/completions";
    let cases = [
        // Path, body, what the mock is told, then status, outcome and source of usage.
        (openai, CHAT, ("", ""), (200, "ok", "provider")),
        (openai, CHAT_STREAM, ("", ""), (200, "ok", "provider")),
        (
            openai,
            CHAT,
            ("x-mock-status", "400"),
            (400, "upstream_error", "none"),
        ),
        (
            openai,
            CHAT,
            ("x-mock-status", "429"),
            (429, "upstream_error", "none"),
        ),
        (
            openai,
            CHAT,
            ("x-mock-status", "500"),
            (500, "upstream_error", "none"),
        ),
        (
            openai,
            CHAT,
            ("x-mock-usage", "none"),
            (200, "ok", "estimated"),
        ),
        (
            openai,
            CHAT_STREAM,
            ("x-mock-usage", "none"),
            (200, "ok", "estimated"),
        ),
        (
            openai,
            CHAT_STREAM,
            ("x-mock-error-at", "3"),
            (200, "upstream_error", "estimated"),
        ),
        (
            "/v1/messages",
            MESSAGES_STREAM,
            ("x-mock-error-at", "3"),
            (200, "upstream_error", "partial"),
        ),
        (
            openai,
            CHAT_STREAM,
            ("x-mock-cut-at", "1500"),
            (200, "upstream_error", "estimated"),
        ),
        (
            "/v1/messages",
            MESSAGES_STREAM,
            ("x-mock-cut-at", "1500"),
            (200, "upstream_error", "partial"),
        ),
        (
            "/v1/messages/count_tokens",
            COUNT,
            ("", ""),
            (200, "ok", "none"),
        ),
        ("/v1/files", "{}", ("", ""), (200, "ok", "none")),
        (openai, "{not json", ("", ""), (400, "refused", "none")),
    ];
    for (target, body, (directive, value), (status, outcome, source)) in cases {
        let case = format!("{target} {body} {directive}: {value}");
        let before = quotah.ledger().len();
        let counted = |outcome| quotah.metric("quotah_requests_total", &[("outcome", outcome)]);
        let counted_before = counted(outcome);
        let mut request = Request::post(target, body);
        if !directive.is_empty() {
            request = request.header(directive, value);
        }
        let response = quotah.send(&request);
        let entry = quotah.entry(&response);
        assert_eq!(entry.u64("status"), status, "{case}: {}", entry.0);
        assert_eq!(entry.str("outcome"), outcome, "{case}: {}", entry.0);
        assert_eq!(entry.str("usage_source"), source, "{case}: {}", entry.0);
        assert_eq!(quotah.ledger().len(), before + 1, "{case}: booked once");
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
        if outcome != "refused" {
            let more = counted(outcome) - counted_before;
            assert!((more - 1.0).abs() < 0.1, "{case}: counted {more} times");
        }
        let expected = if directive == "x-mock-cut-at" {
            End::Cut
        } else {
            End::Whole
        };
        assert_eq!(response.end, expected, "{case}");
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
