//! Providers that report what cannot be.

use super::{PLAIN, STREAMED, gateway_with, lives};
use crate::harness::{End, Entry};

#[test]
fn usage_that_cannot_be_is_not_booked_but_estimated() {
    let (provider, quotah) = gateway_with("");
    for call in PLAIN.into_iter().chain(STREAMED) {
        for form in [
            "negative", "huge", "float", "string", "null", "doubled", "none",
        ] {
            let request = call.request().header("x-mock-usage", form);
            let answer = quotah.send(&request);
            assert_eq!(
                (answer.status, answer.end),
                (200, End::Whole),
                "{form}: {call:?}"
            );
            let entry = quotah.entry(&answer);
            assert_eq!(entry.str("outcome"), "ok", "{form}: {call:?}");
            assert_estimated(&entry, &format!("{form}: {call:?}"));
        }
        let truth = quotah.entry(&quotah.send(&call.request()));
        assert_eq!(truth.str("usage_source"), "provider");
        assert_eq!(
            truth.tokens(),
            provider.requests().pop().unwrap().billed,
            "{call:?}"
        );
    }
    lives(&quotah);
}

#[test]
fn an_error_inside_a_200_stream_is_booked_as_one() {
    let (_provider, quotah) = gateway_with("");
    for call in STREAMED {
        let request = call
            .request()
            .header("x-mock-chunks", "6")
            .header("x-mock-error-at", "3");
        let answer = quotah.send(&request);
        assert_eq!(
            (answer.status, answer.end),
            (200, End::Whole),
            "the bytes pass: {call:?}"
        );
        assert!(answer.text().contains("error"), "{}", answer.text());
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "upstream_error", "{call:?}");
        assert!(!entry.str("reason").is_empty(), "{call:?}");
        assert!(
            entry.u64("output_tokens") > 0,
            "what was delivered is booked: {call:?}"
        );
    }
    lives(&quotah);
}

#[test]
fn an_error_status_passes_as_it_is_and_costs_nothing() {
    let (provider, quotah) = gateway_with("");
    for call in PLAIN.into_iter().chain(STREAMED) {
        for status in [400, 401, 404, 429, 500, 503, 529] {
            let request = call
                .request()
                .header("x-mock-status", &status.to_string())
                .header("x-mock-header-retry-after", "7");
            let answer = quotah.send(&request);
            assert_eq!(
                (answer.status, answer.end),
                (status, End::Whole),
                "{call:?}"
            );
            assert_eq!(
                answer.body,
                provider.requests().pop().unwrap().answer,
                "{call:?}"
            );
            assert_eq!(answer.header("retry-after"), Some("7"));
            let entry = quotah.entry(&answer);
            assert_eq!(entry.str("outcome"), "upstream_error", "{status}: {call:?}");
            assert_eq!(entry.u64("status"), u64::from(status));
            assert_eq!(entry.u64("output_tokens"), 0, "{status}: {call:?}");
            assert!(
                entry.0["cost_nanousd"].as_i64().unwrap_or(0) == 0,
                "{status}: {call:?}"
            );
        }
    }
}

/// Nothing of the lie, something of the truth: about a token for four bytes.
fn assert_estimated(entry: &Entry, why: &str) {
    assert_eq!(entry.str("usage_source"), "estimated", "{why}: {}", entry.0);
    let (input, output) = (entry.u64("input_tokens"), entry.u64("output_tokens"));
    assert!((1..100).contains(&input), "{why}: {input} tokens in");
    assert!((1..1000).contains(&output), "{why}: {output} tokens out");
    let cost = entry.0["cost_nanousd"].as_i64().unwrap_or(-1);
    assert!(
        (0..100_000_000).contains(&cost),
        "{why}: {cost} nanodollars"
    );
}
