//! What refusals say: limits in bodies, and how long to wait.

use super::*;

/// Recorded 2026-08-19, without its links; the second violation is the free tier's.
const GEMINI: &str = r#"{ "error": { "code": 429,
  "message": "You exceeded your current quota. \nPlease retry in 48.939935699s.",
  "status": "RESOURCE_EXHAUSTED", "details": [
  { "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [ {
    "quotaMetric": "generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count",
    "quotaId": "GenerateContentPaidTierInputTokensPerModelPerMinute",
    "quotaDimensions": { "model": "gemini-2.5-flash" }, "quotaValue": "1000000" }, {
    "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier" } ] },
  { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48s" } ] } }"#;

const OPENROUTER: &str = r#"{"error":{"message":"Rate limit exceeded: free-models-per-min.","code":429,
  "metadata":{"headers":{"X-RateLimit-Limit":"20","X-RateLimit-Remaining":"0",
  "X-RateLimit-Reset":"1795219260000"}}}}"#;

const GROQ: &str = r#"{"error":{"message":"Rate limit reached for model `llama` in organization `org_1`
  service tier `on_demand` on tokens per day (TPD): Limit 100000, Used 99336, Requested 1514.
  Please try again in 12m14.4s. Need more tokens?","type":"tokens","code":"rate_limit_exceeded"}}"#;

#[test]
fn refusals_tell_of_limits_that_no_header_has() {
    let body = |text: &str| said(&body_limits(429, text.as_bytes(), NOW), NOW);
    assert_eq!(
        body(GEMINI),
        [
            "input_tokens/60: 0 of 1000000, +48000",
            "requests/86400: 0 of ?",
        ]
    );
    assert_eq!(body(OPENROUTER), ["requests/?: 0 of 20, +60000"]);
    assert_eq!(body(GROQ), ["tokens/86400: 664 of 100000"]);
    assert!(body_limits(200, GEMINI.as_bytes(), NOW).is_empty());
}

fn wait_ms(status: u16, lines: &str, body: &str) -> Option<u128> {
    let lines = lines
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    let headers = lines.map(|(name, value)| (name, value.as_bytes()));
    retry_after(status, headers, body.as_bytes(), NOW).map(|wait| wait.as_millis())
}

#[test]
fn a_refused_caller_is_told_how_long_to_wait() {
    for (status, lines, wait) in [
        (429, "retry-after: 16", Some(16_000)),
        (529, "retry-after: 1.5", Some(1_500)),
        (
            503,
            "retry-after: Sat, 21 Nov 2026 00:00:30 GMT",
            Some(30_000),
        ),
        (503, "retry-after: Fri, 20 Nov 2026 00:00:30 GMT", None),
        (429, "retry-after: 30\nretry-after-ms: 1250", Some(1_250)),
        // Azure, recorded.
        (429, "retry-after: 1\nretry-after-ms: 0", Some(1_000)),
        (429, "retry-after: 0", None),
        (429, "retry-after: soon", None),
        (429, "retry-after: -3", None),
        (429, "retry-after: 604800", Some(86_400_000)),
        (429, "retry-after: 99999999999999999999", None),
        // Anthropic and Hugging Face, recorded: no refusals.
        (200, "retry-after: 31", None),
        (400, "retry-after: 31", None),
    ] {
        assert_eq!(wait_ms(status, lines, ""), wait, "{status} {lines}");
    }
    assert_eq!(RETRY_AFTER_MAX.as_secs(), 86_400);
}

#[test]
fn a_body_says_how_long_to_wait_where_no_header_does() {
    for (body, wait) in [
        (GEMINI, Some(48_000)),
        (OPENROUTER, Some(60_000)),
        (GROQ, Some(734_400)),
        (r#"{"message":"Please try again in 5.289s."}"#, Some(5_289)),
        (
            r#"{"message":"Please retry in 48.939935699s."}"#,
            Some(48_940),
        ),
        (
            r#"{"message":"Please retry after 20 seconds."}"#,
            Some(20_000),
        ),
        (r#"{"message":"Try again in 2 weeks"}"#, None),
        (r#"{"message":"Please retry shortly"}"#, None),
        (r#"{"message":"retry in 5"}"#, None),
        (r#"{"retryDelay":"34.4s"}"#, Some(34_400)),
        (r#"{"retryDelay":{}}"#, None),
    ] {
        assert_eq!(wait_ms(429, "", body), wait, "{body}");
        assert_eq!(wait_ms(429, "retry-after: 7", body), Some(7_000), "{body}");
        assert_eq!(wait_ms(200, "", body), None, "{body}");
    }
}
