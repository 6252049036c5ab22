//! When every deployment has failed, the client hears the last one, in its own words.

use quotah_bench::mock::{Directives, Encoding, Hang, Mock, Script};

use super::{attempts, chat, nobody, status};
use crate::faults::PLAIN;
use crate::harness::{Config, End, Quotah, provider, served};

/// A route `m` over so many providers `p0`, `p1`, ….
fn several(count: usize, more: &str) -> (Vec<Mock>, Quotah) {
    let providers: Vec<Mock> = (0..count).map(|_| provider()).collect();
    let names: Vec<String> = (0..count).map(|n| format!("p{n}/m")).collect();
    let config = providers.iter().enumerate();
    let config = config.fold(Config::empty(), |config, (n, provider)| {
        config.provider(
            &format!("p{n}"),
            "openai",
            &provider.url(),
            "timeout_first_byte_ms = 300",
        )
    });
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let quotah = config
        .route("m", "", &names)
        .table(&format!("[retry]\n{more}"))
        .start();
    (providers, quotah)
}

#[test]
fn the_last_providers_error_passes_byte_for_byte() {
    let (providers, quotah) = several(2, "");
    providers[0].set(Script::always(status(500)));
    let words = r#"{"error":  {"message":"über\/last", "code":null}, "n":1e-07}"#;
    let refusal = Directives {
        body: Some(words.into()),
        headers: vec![("x-of-the-last".to_owned(), "yes".to_owned())],
        ..status(503)
    };
    providers[1].set(Script::always(Directives {
        encoding: Some(Encoding::Gzip),
        ..refusal.clone()
    }));
    let packed = quotah.send(&chat("m"));
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.body, served(&providers[1], 1)[0].answer);
    providers[1].set(Script::always(refusal));
    let answer = quotah.send(&chat("m"));
    assert_eq!((answer.status, answer.end), (503, End::Whole));
    assert_eq!(answer.text(), words);
    assert_eq!(answer.header("x-of-the-last"), Some("yes"));
    assert_eq!(answer.header("x-quotah-attempts"), Some("2"));
    assert_eq!(answer.header("x-quotah-provider"), Some("p1"));
    let entry = quotah.entry(&answer);
    assert_eq!(entry.str("outcome"), "upstream_error");
    let statuses: Vec<u64> = attempts(&entry).iter().map(|tried| tried.1).collect();
    assert_eq!(statuses, [500, 503]);
    assert_eq!(entry.0["cost_nanousd"].as_i64().unwrap_or(0), 0);
}

#[test]
fn where_nobody_answered_the_client_is_told_so_in_its_dialect() {
    let (_gone, url) = nobody();
    let silent = provider();
    silent.set(Script::always(Directives {
        hang: Some(Hang::BeforeHead),
        ..Directives::default()
    }));
    for call in PLAIN {
        for (expected, last_url) in [(502, &url), (504, &silent.url())] {
            let names = ["gone", "last"].map(|name| format!("{name}/{}", call.model));
            let quotah = Config::empty()
                .provider("gone", call.dialect, &url, "")
                .provider(
                    "last",
                    call.dialect,
                    last_url,
                    "timeout_first_byte_ms = 300",
                )
                .route(call.model, "", &names.each_ref().map(|name| &**name))
                .patient()
                .start();
            let answer = quotah.send(&call.request());
            assert_eq!(
                (answer.status, answer.end),
                (expected, End::Whole),
                "{call:?}"
            );
            assert!(call.is_error(&answer.json()), "{call:?}: {}", answer.text());
            let entry = quotah.entry(&answer);
            let tried = attempts(&entry);
            let classes: Vec<&str> = tried.iter().map(|tried| &*tried.2).collect();
            let last = if expected == 502 {
                "connect"
            } else {
                "timeout"
            };
            assert_eq!(classes, ["connect", last], "{call:?}");
            assert_eq!(entry.str("outcome"), "upstream_error", "{call:?}");
        }
    }
}

#[test]
fn no_more_attempts_are_made_than_the_configuration_allows() {
    for (most, more) in [(3, ""), (1, "attempts_max = 1"), (4, "attempts_max = 10")] {
        let (providers, quotah) = several(4, more);
        for provider in &providers {
            provider.set(Script::always(status(500)));
        }
        let answer = quotah.send(&chat("m"));
        assert_eq!(answer.status, 500, "{}", answer.text());
        let asked: Vec<usize> = providers.iter().map(|p| p.requests().len()).collect();
        let expected: Vec<usize> = (0..4).map(|place| usize::from(place < most)).collect();
        assert_eq!(asked, expected, "attempts_max = {most}");
        assert_eq!(attempts(&quotah.entry(&answer)).len(), most);
        assert_eq!(answer.body, served(&providers[most - 1], 1)[0].answer);
    }
}
