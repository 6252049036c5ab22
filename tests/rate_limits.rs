//! What providers say about their limits is shown in one form, whatever theirs is.

use quotah_bench::mock::{Directives, Mock, Options, Rule, Script};
use serde_json::{Value, json};

use crate::harness::{Config, Conn, Quotah, Request, eventually, provider_of};

const CHAT: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}"#;
const MESSAGES: &str = r#"{"model":"claude-haiku-4-5","max_tokens":9,"messages":[]}"#;
const GEMINI: &str = "/v1beta/models/gemini-2.5-flash:generateContent";

fn rows(quotah: &Quotah, query: &str) -> Vec<Value> {
    let page = quotah.admin_json(&format!("/admin/v1/rate-limits{query}"));
    page["items"].as_array().cloned().unwrap_or_default()
}

/// A provider whose answers have these header lines and no other limits.
fn saying(answers: &[(&str, &str)]) -> Mock {
    let script = answers.iter().fold(Script::default(), |script, (path, lines)| {
        let lines = lines.lines().map(|line| format!("{}\r\n", line.trim()));
        let raw = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{}content-length: 2\r\n\r\n{{}}",
            lines.collect::<String>()
        );
        let directives = Directives {
            raw: Some(raw.into()),
            ..Directives::default()
        };
        script.then(Rule {
            path: (*path).to_owned(),
            directives,
            ..Rule::default()
        })
    });
    provider_of(Options::default(), script)
}

/// The fields that a provider's answer decides.
fn said(row: &Value) -> Value {
    json!([
        row["provider"],
        row["deployment"],
        row["credential"],
        row["kind"],
        row["limit"],
        row["remaining"],
        row["window_seconds"]
    ])
}

/// A part of the path, and the limits that answers to it name.
const FORMS: [(&str, &str); 2] = [
    (
        "/chat/completions",
        "x-ratelimit-limit-requests: 10000
         x-ratelimit-remaining-requests: 9999
         x-ratelimit-reset-requests: 6ms
         x-ratelimit-limit-tokens: 200000
         x-ratelimit-remaining-tokens: 0
         x-ratelimit-reset-tokens: 5s",
    ),
    (
        // The last line is no refusal's, so no reason to wait.
        "/messages",
        "anthropic-ratelimit-input-tokens-limit: 20000000
         anthropic-ratelimit-input-tokens-remaining: 19999000
         anthropic-ratelimit-input-tokens-reset: 2026-03-10T22:26:48Z
         retry-after: 16",
    ),
];

#[test]
fn limits_of_every_form_are_shown_in_one_until_they_are_whole_again() {
    let provider = saying(&FORMS);
    let quotah = Config::toward(&provider).start();
    for (path, body) in [("/v1/chat/completions", CHAT), ("/v1/messages", MESSAGES)] {
        assert_eq!(quotah.post(path, body).status, 200);
    }
    let shown = rows(&quotah, "");
    assert_eq!(
        shown.iter().map(said).collect::<Vec<_>>(),
        [
            json!([
                "anthropic",
                "anthropic/claude-haiku-4-5",
                "default",
                "input_tokens",
                20_000_000,
                19_999_000,
                60
            ]),
            json!([
                "openai",
                "openai/gpt-4o-mini",
                "default",
                "requests",
                10_000,
                9_999,
                60
            ]),
            json!([
                "openai",
                "openai/gpt-4o-mini",
                "default",
                "tokens",
                200_000,
                0,
                60
            ]),
        ]
    );
    assert_eq!(shown[0]["reset_at"], "2026-03-10T22:26:48Z");
    // Fractions are as long as they need be: without the letter behind them, texts sort as times do.
    let moment = |name: &str| shown[1][name].as_str().map(|at| at.trim_end_matches('Z'));
    assert!(moment("seen_at") <= moment("reset_at"), "{}", shown[1]);
    let labels = [
        ("provider", "openai"),
        ("deployment", "openai/gpt-4o-mini"),
        ("kind", "requests"),
    ];
    let metrics = quotah.metrics();
    for (family, value) in [("limit", 10_000.0), ("remaining", 9_999.0)] {
        let found = metrics.sum(&format!("quotah_provider_ratelimit_{family}"), &labels);
        assert!((found - value).abs() < 0.1, "{family}: {found}");
    }
    assert_eq!(
        metrics.series("quotah_provider_ratelimit_reset_timestamp_seconds"),
        3
    );
    // Used up, and back after five seconds.
    eventually("the tokens are back", || {
        let tokens = rows(&quotah, "?provider=openai").pop()?;
        (tokens["kind"] == "tokens" && tokens["remaining"] == 200_000).then_some(())
    });
}

#[test]
fn a_limit_that_only_a_refusal_names_is_shown() {
    let body = r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{
        "quotaId":"GenerateContentPaidTierInputTokensPerModelPerMinute","quotaValue":"1000000"}]},
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"48s"}]}}"#;
    let refusal = Directives {
        status: Some(429),
        body: Some(body.into()),
        ..Directives::default()
    };
    let provider = provider_of(Options::default(), Script::always(refusal));
    let quotah = Config::toward(&provider).start();
    let answer = quotah.post(GEMINI, r#"{"contents":[]}"#);
    assert_eq!(answer.status, 429);
    assert_eq!(
        quotah.entry(&answer).0["attempts"][0]["error_class"],
        "rate_limited"
    );
    let shown = rows(&quotah, "");
    assert_eq!(shown.len(), 1, "{shown:?}");
    let row = json!([
        "gemini",
        "gemini/gemini-2.5-flash",
        "default",
        "input_tokens",
        1_000_000,
        0,
        60
    ]);
    assert_eq!(said(&shown[0]), row);
    assert!(shown[0]["reset_at"].is_string());
}

#[test]
fn the_list_has_pages_and_a_model_that_nobody_configured_is_no_label() {
    let provider = saying(&[(
        "",
        "x-ratelimit-limit-tokens: 100\nx-ratelimit-remaining-tokens: 7",
    )]);
    let quotah = Config::toward(&provider).start();
    for n in 0..3 {
        let body = format!(r#"{{"model":"typed-by-a-client-{n}","messages":[]}}"#);
        assert_eq!(
            quotah.post("/openai/v1/chat/completions", &body).status,
            200
        );
    }
    let first = quotah.admin_json("/admin/v1/rate-limits?limit=2");
    assert_eq!(first["items"].as_array().map(Vec::len), Some(2));
    let cursor = first["next"].as_str().expect("one more page");
    let last = quotah.admin_json(&format!("/admin/v1/rate-limits?limit=2&cursor={cursor}"));
    assert_eq!(last["items"][0]["deployment"], "openai/typed-by-a-client-2");
    assert_eq!(last["next"], Value::Null);
    let metrics = quotah.metrics();
    assert_eq!(metrics.series("quotah_provider_ratelimit_remaining"), 1);
    assert!(!metrics.text().contains("typed-by-a-client"));
    let left = metrics.sum(
        "quotah_provider_ratelimit_remaining",
        &[("deployment", "other")],
    );
    assert!((left - 7.0).abs() < 0.1, "{left}");
}

#[test]
fn nonsense_is_shown_nowhere_and_strangers_see_nothing() {
    let provider = saying(&[(
        "",
        "x-ratelimit-limit-tokens: -1
         x-ratelimit-remaining-tokens: NaN
         x-ratelimit-reset-tokens: req_b176",
    )]);
    let quotah = Config::toward(&provider).start();
    assert_eq!(quotah.post("/v1/chat/completions", CHAT).status, 200);
    assert!(rows(&quotah, "").is_empty());
    let get = Request::get("/admin/v1/rate-limits");
    let answer = Conn::open(quotah.admin_addr()).exchange(&get);
    assert_eq!(answer.status, 401);
    let bad = quotah.admin(Request::get("/admin/v1/rate-limits?limit=0"));
    assert_eq!(bad.status, 400);
}
