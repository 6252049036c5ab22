//! When there is a second attempt and when there is none, and what copies count as.

use std::time::Duration;

use quotah_bench::mock::{Directives, Mock, Script};

use crate::harness::{Config, End, Quotah, Request, eventually, provider};

const CHAT: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello there"}]}"#;

/// Two providers, and a route over both with these further settings.
fn pair(settings: &str) -> (Mock, Mock, Quotah) {
    let (first, second) = (provider(), provider());
    let quotah = two(&first, &second, settings).start();
    (first, second, quotah)
}

fn two(first: &Mock, second: &Mock, settings: &str) -> Config {
    let config = [("first", first), ("second", second)]
        .iter()
        .fold(Config::empty(), |config, (name, mock)| {
            config.provider(name, "openai", &mock.url(), "inject_usage = false")
        });
    config.route("m", settings, &["first/gpt-4o-mini", "second/gpt-4o-mini"])
}

fn slow(millis: u64) -> Script {
    Script::always(Directives {
        first_delay: Duration::from_millis(millis),
        ..Directives::default()
    })
}

#[test]
fn a_second_attempt_that_fails_leaves_the_first_its_time() {
    let (first, second, quotah) = pair("hedge = { after_ms = 100 }");
    first.set(slow(700));
    second.set(Script::always(Directives {
        status: Some(503),
        ..Directives::default()
    }));
    let answer = quotah.post("/v1/chat/completions", CHAT);
    assert_eq!((answer.status, answer.end), (200, End::Whole));
    assert_eq!(answer.header("x-quotah-provider"), Some("first"));
    assert_eq!(second.requests().len(), 1);
}

#[test]
fn without_a_figure_the_second_attempt_begins_at_the_95th_percentile_of_what_was_measured() {
    let (first, second, quotah) = pair("hedge = true");
    for _ in 0..30 {
        assert_eq!(quotah.post("/v1/chat/completions", CHAT).status, 200);
    }
    assert!(
        second.requests().is_empty(),
        "too little was measured before"
    );
    first.set(slow(20_000));
    let answer = quotah.post("/v1/chat/completions", CHAT);
    assert_eq!(answer.header("x-quotah-provider"), Some("second"));
}

#[test]
fn no_money_no_second_attempt() {
    let budget = "[[budgets]]\nid = \"small\"\nmatch = { provider = \"second\" }\nlimit_usd = \"0.000000001\"\nwindow = \"total\"\nmode = \"hard\"\n";
    let (first, second) = (provider(), provider());
    let quotah = two(&first, &second, "hedge = { after_ms = 50 }")
        .table(budget)
        .start();
    first.set(slow(400));
    let answer = quotah.post("/v1/chat/completions", CHAT);
    assert_eq!(answer.header("x-quotah-provider"), Some("first"));
    assert!(second.requests().is_empty());
}

#[test]
fn a_mirror_gets_a_copy_whose_answer_nobody_sees_and_whose_cost_stands_apart() {
    let (first, second, quotah) =
        pair("mirror = { provider = \"second\", model = \"gpt-4o\", share = 1 }");
    let sent = Request::post("/v1/chat/completions", CHAT);
    for _ in 0..3 {
        let answer = quotah.send(&sent);
        assert_eq!(answer.header("x-quotah-provider"), Some("first"));
    }
    let entries = eventually("six entries", || {
        let entries = quotah.ledger();
        (entries.len() == 6).then_some(entries)
    });
    assert_eq!((first.requests().len(), second.requests().len()), (3, 3));
    for copy in entries.iter().filter(|entry| entry.0["role"] == "mirror") {
        assert_eq!(
            (copy.str("provider"), copy.str("outcome")),
            ("second", "ok")
        );
        assert_eq!(copy.str("model_sent"), "gpt-4o");
        assert_eq!(copy.str("usage_source"), "provider");
        assert!(copy.u64("cost_nanousd") > 0);
    }
    let usage = quotah.admin_json("/admin/v1/usage?by=provider");
    assert_eq!(
        usage["total"]["requests"], 3,
        "copies are no client's requests: {usage}"
    );
}
