//! What a request itself tells of its bill, where its answer tells nothing.

use std::thread;

use super::config;
use super::provider::Provider;
use crate::harness::{Entry, Quotah, Request};

/// Asks, and has the provider answer with these bytes of this type.
fn answered(
    provider: &Provider,
    quotah: &Quotah,
    (path, body): (&str, &str),
    (content_type, answer): (&str, &str),
) -> Entry {
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut exchange = provider.accept();
            assert!(exchange.body().1);
            exchange.say(&format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{answer}",
                answer.len()
            ));
        });
        let response = quotah.send(&Request::post(path, body));
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(response.text(), answer);
        quotah.entry(&response)
    })
}

const SOUND: (&str, &str) = ("audio/mpeg", "\u{1}\u{2}sound");

#[test]
fn speech_is_billed_by_its_characters_or_by_estimated_tokens() {
    let provider = Provider::listen();
    let quotah = config(&provider)
        .table(
            "[[prices]]\nprovider = \"openai\"\nmodel = \"by-character\"\n\
             character_usd_per_million = \"15\"",
        )
        .table(
            "[[prices]]\nprovider = \"openai\"\nmodel = \"by-token\"\n\
             input_usd_per_mtok = \"0.6\"\noutput_usd_per_mtok = \"12\"",
        )
        .start();
    let spoken = "Gr\u{fc}\u{df}e \u{1f600}!".repeat(100);
    let body = |model: &str| format!(r#"{{"model":"{model}","voice":"alloy","input":"{spoken}"}}"#);
    let path = "/v1/audio/speech";
    let entry = answered(&provider, &quotah, (path, &body("by-character")), SOUND);
    assert_eq!(entry.0["units"]["characters"], 800, "{}", entry.0);
    assert_eq!(entry.u64("cost_picousd"), 800 * 15_000_000);
    assert_eq!(
        (entry.u64("input_tokens"), entry.u64("output_tokens")),
        (0, 0)
    );

    let entry = answered(&provider, &quotah, (path, &body("by-token")), SOUND);
    assert_eq!(entry.str("usage_source"), "estimated");
    assert_eq!(entry.u64("output_tokens"), 1_000, "{}", entry.0);
    let input = entry.u64("input_tokens");
    assert!(input > 300 && input < 400, "{input}");
    assert_eq!(
        entry.u64("cost_picousd"),
        input * 600_000 + 1_000 * 12_000_000
    );
}

#[test]
fn pictures_and_ranks_without_usage_are_billed_by_what_was_asked() {
    let provider = Provider::listen();
    let quotah = config(&provider)
        .table(
            "[[prices]]\nprovider = \"openai\"\nmodel = \"painter\"\n\
             output_image_usd_per_thousand = \"40\"",
        )
        .table(
            "[[prices]]\nprovider = \"openai\"\nmodel = \"ranker\"\n\
             search_unit_usd_per_thousand = \"2\"",
        )
        .start();
    let paint = (
        "/v1/images/generations",
        r#"{"model":"painter","prompt":"a house","n":3}"#,
    );
    let json = ("application/json", r#"{"data":[]}"#);
    let entry = answered(&provider, &quotah, paint, json);
    assert_eq!(entry.u64("cost_picousd"), 3 * 40_000_000_000, "{}", entry.0);
    let documents = vec!["\"a\""; 150].join(",");
    let body = format!(r#"{{"model":"ranker","query":"q","documents":[{documents}]}}"#);
    let json = ("application/json", r#"{"results":[]}"#);
    let entry = answered(&provider, &quotah, ("/v1/rerank", &body), json);
    assert_eq!(entry.u64("cost_picousd"), 2 * 2_000_000_000, "{}", entry.0);
}

#[test]
fn what_is_never_billed_costs_nothing() {
    let provider = Provider::listen();
    let quotah = config(&provider).start();
    let moderated = (
        "/v1/moderations",
        r#"{"input":"a text that is long enough to be billed"}"#,
    );
    let json = ("application/json", r#"{"results":[{"flagged":false}]}"#);
    let entry = answered(&provider, &quotah, moderated, json);
    assert_eq!(entry.str("usage_source"), "none");
    assert_eq!(entry.u64("input_tokens"), 0);
    assert_eq!(entry.str("outcome"), "ok");
}
