//! Limits as headers tell of them.

use super::*;

#[test]
fn openai_writes_resets_as_go_durations() {
    // Recorded 2025-11-24; the project's limits come beside the organisation's.
    let recorded = "date: Mon, 24 Nov 2025 21:46:08 GMT
        x-ratelimit-limit-project-requests: 10000
        x-ratelimit-limit-requests: 10000
        x-ratelimit-limit-tokens: 30000000
        x-ratelimit-remaining-project-requests: 9999
        x-ratelimit-remaining-requests: 9999
        x-ratelimit-remaining-tokens: 29999992
        x-ratelimit-reset-project-requests: 6ms
        x-ratelimit-reset-requests: 6ms
        x-ratelimit-reset-tokens: 0s
        x-request-id: req_1";
    assert_eq!(
        read("openai", recorded),
        [
            "project_requests/60: 9999 of 10000, +6",
            "requests/60: 9999 of 10000, +6",
            "tokens/60: 29999992 of 30000000, +0",
        ]
    );
    // Recorded 2026-03-31, with a status of 400.
    let images = "x-ratelimit-limit-input-images: 50000
        x-ratelimit-remaining-input-images: 49999
        x-ratelimit-reset-input-images: 1ms";
    assert_eq!(read("openai", images), ["images/60: 49999 of 50000, +1"]);
}

#[test]
fn openais_requests_per_day_are_told_by_how_slowly_they_come_back() {
    for (limit, remaining, reset, window) in [
        ("10000", "9999", "8.64s", 86_400),
        ("10000", "9999", "6ms", 60),
        ("500", "499", "120ms", 60),
        ("30000", "29999", "2ms", 60),
        ("200", "198", "14m24s", 86_400),
        ("10000", "10000", "0s", 60),
        ("0", "0", "1s", 60),
    ] {
        let said = read(
            "openai",
            &format!(
                "x-ratelimit-limit-requests: {limit}
                 x-ratelimit-remaining-requests: {remaining}
                 x-ratelimit-reset-requests: {reset}"
            ),
        );
        let start = format!("requests/{window}: ");
        assert!(said.iter().all(|row| row.starts_with(&start)), "{said:?}");
        assert_eq!(said.len(), 1);
    }
}

#[test]
fn both_spellings_of_openais_usage_based_limit_are_one() {
    for after in ["tokens_usage_based", "tokens-usage-based"] {
        let lines = format!(
            "x-ratelimit-limit-{after}: 250000
             x-ratelimit-remaining-{after}: 249979
             x-ratelimit-reset-{after}: 4ms"
        );
        let row = "usage_based_tokens/60: 249979 of 250000, +4";
        assert_eq!(read("openai", &lines), [row]);
    }
}

#[test]
fn anthropic_writes_resets_as_rfc_3339() {
    // Recorded 2026-03-10; two resets were over when the answer came.
    let recorded = "anthropic-ratelimit-input-tokens-limit: 20000000
        anthropic-ratelimit-input-tokens-remaining: 19999000
        anthropic-ratelimit-input-tokens-reset: 2026-03-10T22:26:48Z
        anthropic-ratelimit-output-tokens-limit: 2500000
        anthropic-ratelimit-output-tokens-remaining: 2500000
        anthropic-ratelimit-output-tokens-reset: 2026-03-10T22:26:50Z
        anthropic-ratelimit-requests-limit: 20000
        anthropic-ratelimit-requests-remaining: 19998
        anthropic-ratelimit-requests-reset: 2026-03-10T22:26:48Z
        anthropic-ratelimit-tokens-limit: 22500000
        anthropic-ratelimit-tokens-remaining: 22499000
        anthropic-ratelimit-tokens-reset: 2026-03-10T22:27:20Z";
    let date = 1_773_181_610_000; // 2026-03-10T22:26:50Z
    assert_eq!(
        read_by(LimitFormats::of("anthropic"), recorded, date),
        [
            "input_tokens/60: 19999000 of 20000000, -2000",
            "output_tokens/60: 2500000 of 2500000, +0",
            "requests/60: 19998 of 20000, -2000",
            "tokens/60: 22499000 of 22500000, +30000",
        ]
    );
}

#[test]
fn a_plan_whose_size_is_not_told_is_read_as_ten_thousandths() {
    let said = "anthropic-ratelimit-unified-status: allowed_warning
        anthropic-ratelimit-unified-5h-utilization: 0.4251
        anthropic-ratelimit-unified-5h-reset: 1795222800
        anthropic-ratelimit-unified-5h-status: allowed
        anthropic-ratelimit-unified-7d-utilization: 1.02
        anthropic-ratelimit-unified-7d-reset: 1795305600
        anthropic-ratelimit-unified-7d-status: rejected
        anthropic-ratelimit-unified-overage-status: rejected
        anthropic-ratelimit-unified-representative-claim: seven_day
        anthropic-ratelimit-unified-fallback-percentage: 0.5";
    assert_eq!(
        read("anthropic", said),
        [
            "plan_share/18000: 5749 of 10000, +3600000",
            "plan_share/604800: 0 of 10000, +86400000",
            "plan_share_overage/?: 0 of 10000",
        ]
    );
    let only_rejected = "anthropic-ratelimit-unified-status: rejected
        anthropic-ratelimit-unified-reset: 1795222800";
    let row = "plan_share/?: 0 of 10000, +3600000";
    assert_eq!(read("anthropic", only_rejected), [row]);
    let allowed = "anthropic-ratelimit-unified-status: allowed
        anthropic-ratelimit-unified-reset: 1795222800";
    assert!(read("anthropic", allowed).is_empty());
}

#[test]
fn azure_writes_seconds_and_where_those_cannot_be_milliseconds() {
    // Recorded 2026-06-08, 2026-03-31 and 2026-08-19.
    for (limit, remaining, reset, in_ms) in
        [(50, 49, 1, 1_000), (120, 119, 500, 500), (250, 249, 0, 0)]
    {
        let lines = format!(
            "x-ratelimit-key: gpt-5-nano
             x-ratelimit-remaining-requests: {remaining}
             x-ratelimit-reset-requests: {reset}
             x-ratelimit-limit-requests: {limit}
             x-ratelimit-renewalperiod-requests: 60
             x-ratelimit-abusepenalty-active: False"
        );
        let row = format!("requests/60: {remaining} of {limit}, +{in_ms}");
        assert_eq!(read("azure", &lines), [row]);
    }
}

#[test]
fn a_name_means_what_its_provider_means_by_it() {
    // Recorded 2024-06-06: per second.
    let together = "x-ratelimit-limit: 2\nx-ratelimit-remaining: 1\nx-ratelimit-reset: 2
        x-tokenlimit-limit: 2000\nx-tokenlimit-remaining: 1990";
    assert_eq!(
        read("together", together),
        ["requests/1: 1 of 2, +2000", "tokens/1: 1990 of 2000"]
    );
    let openrouter = "x-ratelimit-limit: 20
        x-ratelimit-remaining: 0
        x-ratelimit-reset: 1795219260000";
    let row = "requests/?: 0 of 20, +60000";
    assert_eq!(
        read("openrouter", openrouter),
        [row],
        "milliseconds since 1970"
    );
    assert_eq!(
        read("openai-compatible", openrouter),
        [row],
        "the magnitude tells"
    );
    // Recorded 2024-09-04: requests per day.
    let groq = "x-ratelimit-limit-requests: 14400
        x-ratelimit-remaining-requests: 14398
        x-ratelimit-reset-requests: 11.486s";
    assert_eq!(
        read("groq", groq),
        ["requests/86400: 14398 of 14400, +11486"]
    );
    // Recorded 2026-08-10: no reset.
    let xai = "x-ratelimit-limit-requests: 1800\nx-ratelimit-remaining-requests: 1800";
    assert_eq!(read("xai", xai), ["requests/60: 1800 of 1800"]);
}

#[test]
fn mistrals_names_carry_what_is_counted_and_for_how_long() {
    // Recorded 2025-09-13.
    let chat = "x-ratelimit-limit-req-10-second: 60
        x-ratelimit-limit-tokens-minute: 2000000
        x-ratelimit-limit-tokens-month: 10000000000
        x-ratelimit-remaining-req-10-second: 53
        x-ratelimit-remaining-tokens-minute: 1999370
        x-ratelimit-remaining-tokens-month: 9999999370
        x-ratelimit-tokens-query-cost: 110";
    assert_eq!(
        read("mistral", chat),
        [
            "requests/10: 53 of 60",
            "tokens/60: 1999370 of 2000000",
            "tokens/2592000: 9999999370 of 10000000000",
        ]
    );
    // Recorded 2026-08-19, of three answers.
    let others = "x-ratelimit-limit-audio-seconds-minute: 7200
        x-ratelimit-remaining-audio-seconds-minute: 7197
        x-ratelimit-audio-seconds-query-cost: 3
        x-ratelimit-limit-ocr-pages-minute: 1250
        x-ratelimit-remaining-ocr-pages-minute: 1249
        x-ratelimit-limit-input-characters-minute: 24000
        x-ratelimit-remaining-input-characters-minute: 23936";
    assert_eq!(
        read("mistral", others),
        [
            "audio_seconds/60: 7197 of 7200",
            "pages/60: 1249 of 1250",
            "characters/60: 23936 of 24000",
        ]
    );
    let older = "x-ratelimitbysize-limit-minute: 500000
        x-ratelimitbysize-limit-month: 1000000000
        x-ratelimitbysize-remaining-minute: 499900
        x-ratelimitbysize-remaining-month: 999000000
        ratelimitbysize-limit: 500000
        ratelimitbysize-remaining: 499900
        ratelimitbysize-reset: 37
        ratelimitbysize-query-cost: 32";
    assert_eq!(
        read("mistral", older),
        [
            "tokens/60: 499900 of 500000, +37000",
            "tokens/2592000: 999000000 of 1000000000",
        ]
    );
}

#[test]
fn cohere_fireworks_and_cerebras_have_names_of_their_own() {
    // Recorded 2026-01-17, with a status of 404.
    let cohere = "x-endpoint-monthly-call-limit: 1000
        x-trial-endpoint-call-limit: 20
        x-trial-endpoint-call-remaining: 19
        num_tokens: 39";
    assert_eq!(
        read("cohere", cohere),
        ["requests/2592000: ? of 1000", "requests/60: 19 of 20"]
    );
    let fireworks = "x-ratelimit-limit-requests: 6000
        x-ratelimit-limit-tokens-prompt: 11250000
        x-ratelimit-remaining-tokens-prompt: 11249000
        x-ratelimit-limit-tokens-cache-adjusted-prompt: 5400000
        x-ratelimit-limit-tokens-generated: 36000
        x-ratelimit-over-limit: yes";
    assert_eq!(
        read("fireworks", fireworks),
        [
            "requests/60: ? of 6000",
            "input_tokens/60: 11249000 of 11250000",
            "uncached_input_tokens/60: ? of 5400000",
            "output_tokens/60: ? of 36000",
        ]
    );
    let cerebras = "x-ratelimit-limit-requests-day: 14400
        x-ratelimit-remaining-requests-day: 13693
        x-ratelimit-reset-requests-day: 11726.2840924263
        x-ratelimit-limit-tokens-minute: 60000
        x-ratelimit-remaining-tokens-minute: 60000
        x-ratelimit-reset-tokens-minute: 26.28409242630005";
    let rows = [
        "requests/86400: 13693 of 14400, +11726285",
        "tokens/60: 60000 of 60000, +26285",
    ];
    assert_eq!(read("cerebras", cerebras), rows);
    assert_eq!(read("openai-compatible", cerebras), rows);
}

#[test]
fn what_the_ietf_proposes_is_read_in_all_its_generations() {
    for (lines, window) in [
        ("ratelimit: limit=100, remaining=50, reset=19", "?"),
        (
            "ratelimit: \"api\";r=50;t=19\nratelimit-policy: \"fixed window\";\"api\";q=100;w=300",
            "300",
        ),
        (
            "ratelimit-limit: 100, 100;w=300
             ratelimit-remaining: 50
             ratelimit-reset: 19
             ratelimit-policy: 100;w=300",
            "300",
        ),
    ] {
        let row = format!("requests/{window}: 50 of 100, +19000");
        assert_eq!(read("huggingface", lines), [row]);
    }
}

#[test]
fn nonsense_is_ignored_and_never_looks_exhausted() {
    for value in [
        "-1",
        "+1",
        "NaN",
        "inf",
        "1e3",
        "req_b176…",
        "0x10",
        "1.",
        ".5",
        "99999999999999999999999",
        "1000000000000001",
        "\u{0660}",
        "X-RATELIMIT-REMAINING-XXX",
    ] {
        let lines = format!(
            "x-ratelimit-limit-tokens: {value}
             x-ratelimit-remaining-tokens: {value}
             x-ratelimit-reset-tokens: {value}"
        );
        assert!(read("openai", &lines).is_empty(), "{value:?}");
    }
    for reset in [
        "req_b176",
        "-5s",
        "1h2",
        "s",
        "5x",
        "9999999h",
        "2026-13-01T00:00:00Z",
        "99999999999999999s",
        "1m-3s",
        "__cf_bm=x",
    ] {
        let lines = format!(
            "x-ratelimit-limit-tokens: 5
             x-ratelimit-remaining-tokens: 4
             x-ratelimit-reset-tokens: {reset}"
        );
        assert_eq!(read("openai", &lines), ["tokens/60: 4 of 5"], "{reset}");
    }
    for bytes in [&b"\xff\xfe1"[..], b"", b" ", &[b'1'; 65]] {
        let headers = [("x-ratelimit-remaining-tokens", bytes)];
        assert!(limits(LimitFormats::of("openai"), headers, NOW).is_empty());
    }
}
