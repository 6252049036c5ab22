//! What is sent beside a request: a second attempt where the first is slow, and copies for a shadow.

use std::time::Duration;

use quotah_bench::mock::{Directives, Hang, Mock, Script};

use crate::faults::{PLAIN, STREAMED};
use crate::harness::{
    Config, End, Entry, Quotah, Request, Response, block_on, eventually, now, provider, served,
};

/// A route `m` with these further lines; its providers cost the same, and a budget counts them.
fn route(more: &str, deployments: &[&str]) -> (Mock, Mock, Quotah) {
    let (first, second) = (provider(), provider());
    let price = |provider: &str| {
        format!(
            "[[prices]]\nprovider = \"{provider}\"\nmodel = \"m\"\neffective_from = \"2026-01-01\"\n\
             input_usd_per_mtok = \"1\"\noutput_usd_per_mtok = \"1\""
        )
    };
    let quotah = Config::empty()
        .provider("first", "openai", &first.url(), "")
        .provider("second", "openai", &second.url(), "")
        .route("m", more, deployments)
        .table(&price("first"))
        .table(&price("second"))
        .table("[[budgets]]\nid = \"all\"\nlimit_usd = \"5\"")
        .start();
    (first, second, quotah)
}

const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;

fn ask(quotah: &Quotah) -> Response {
    let answer = quotah.send(&Request::post("/v1/chat/completions", BODY));
    let shown = answer.text();
    assert_eq!((answer.status, answer.end), (200, End::Whole), "{shown}");
    answer
}

fn by(answer: &Response) -> &str {
    answer.header("x-quotah-provider").unwrap_or_default()
}

fn delayed(delay: Duration) -> Script {
    Script::always(Directives {
        first_delay: delay,
        ..Directives::default()
    })
}

/// The request's own entry and the one beside it, which must be all; nothing is held, and what they cost is spent.
fn both(quotah: &Quotah, answer: &Response, role: &str) -> (Entry, Entry) {
    let entries = quotah.ledger_of(2);
    assert_eq!(entries.len(), 2);
    let own = quotah.entry(answer);
    let beside = entries.into_iter().find(|entry| entry.str("role") == role);
    let beside = beside.unwrap_or_else(|| panic!("no {role}"));
    assert_eq!(beside.str("parent"), own.str("id"));
    assert_eq!(own.str("role"), "");
    let cost = |entry: &Entry| entry.0["cost_nanousd"].as_u64().unwrap_or(0);
    let budget = quotah.admin_json("/admin/v1/budgets/all");
    let account = &budget["accounts"][0];
    let spent = cost(&own) + cost(&beside);
    assert_eq!(account["spent_nanousd"].as_u64(), Some(spent), "{budget}");
    assert_eq!(account["reserved_usd"], "0.00", "{budget}");
    let requests = quotah.metric("quotah_requests_total", &[]);
    assert!((requests - 1.0).abs() < 0.1, "{requests} requests");
    (own, beside)
}

#[test]
fn a_slow_attempt_gets_a_second_beside_it_and_who_answers_first_wins() {
    let (first, second, quotah) = route("hedge = { after_ms = 200 }", &["first/m", "second/m"]);
    first.set(Script::always(Directives {
        hang: Some(Hang::BeforeHead),
        ..Directives::default()
    }));
    let began = now();
    let answer = ask(&quotah);
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert_eq!(by(&answer), "second");
    assert_eq!(answer.body, served(&second, 1)[0].answer);
    let gone = first.wait_for(Duration::from_secs(30), |request| {
        request.aborted_at.is_some()
    });
    block_on(gone).expect("the one that lost is cancelled");
    let (own, lost) = both(&quotah, &answer, "hedge");
    assert_eq!((own.str("provider"), own.str("outcome")), ("second", "ok"));
    assert_eq!(own.tokens(), served(&second, 1)[0].billed);
    assert_eq!(
        (lost.str("provider"), lost.str("outcome")),
        ("first", "superseded")
    );
}

#[test]
fn the_first_may_still_win_and_the_second_is_cancelled() {
    let (first, second, quotah) = route("hedge = { after_ms = 200 }", &["first/m", "second/m"]);
    first.set(delayed(Duration::from_millis(900)));
    second.set(Script::always(Directives {
        hang: Some(Hang::BeforeHead),
        ..Directives::default()
    }));
    let answer = ask(&quotah);
    assert_eq!(by(&answer), "first");
    let gone = second.wait_for(Duration::from_secs(30), |request| {
        request.aborted_at.is_some()
    });
    block_on(gone).expect("the one that lost is cancelled");
    let (own, lost) = both(&quotah, &answer, "hedge");
    assert_eq!((own.str("provider"), own.str("outcome")), ("first", "ok"));
    assert_eq!(
        (lost.str("provider"), lost.str("outcome")),
        ("second", "superseded")
    );
}

#[test]
fn a_quick_attempt_is_alone() {
    let (_first, second, quotah) = route("hedge = { after_ms = 60000 }", &["first/m", "second/m"]);
    assert_eq!(by(&ask(&quotah)), "first");
    assert!(second.requests().is_empty());
    assert_eq!(quotah.ledger_of(1).len(), 1);
}

#[test]
fn a_mirror_gets_the_same_and_nobody_sees_its_answer() {
    let mirror = r#"mirror = { provider = "second", model = "m", share = 1 }"#;
    let (first, second, quotah) = route(mirror, &["first/m"]);
    second.set(delayed(Duration::from_millis(300)));
    let answer = ask(&quotah);
    assert_eq!(
        (by(&answer), answer.header("x-quotah-attempts")),
        ("first", Some("1"))
    );
    assert_eq!(answer.body, served(&first, 1)[0].answer);
    let copy = served(&second, 1).remove(0);
    // Capped alike, for the budget's sake.
    assert_eq!(copy.body, served(&first, 1)[0].body);
    let (own, shadow) = both(&quotah, &answer, "mirror");
    assert_eq!((own.str("provider"), own.str("outcome")), ("first", "ok"));
    assert_eq!(
        (shadow.str("provider"), shadow.str("outcome")),
        ("second", "ok")
    );
    assert_eq!(shadow.tokens(), copy.billed);
}

#[test]
fn a_mirror_that_fails_harms_nobody() {
    let mirror = r#"mirror = { provider = "second", model = "m", share = 1 }"#;
    let (_first, second, quotah) = route(mirror, &["first/m"]);
    second.set(Script::always(Directives {
        status: Some(500),
        ..Directives::default()
    }));
    for _ in 0..8 {
        assert_eq!(by(&ask(&quotah)), "first");
    }
    eventually("its breaker is open", || {
        ask(&quotah);
        (second.requests().len() >= 5).then_some(())
    });
    let own = quotah.ledger();
    let own = own.iter().filter(|entry| entry.str("role").is_empty());
    assert!(
        own.map(|entry| entry.str("outcome"))
            .all(|outcome| outcome == "ok")
    );
}

#[test]
fn a_streams_copy_is_read_to_its_end_in_every_dialect() {
    for call in [STREAMED[1], STREAMED[2], PLAIN[1]] {
        let (first, second) = (provider(), provider());
        let more = format!(
            "mirror = {{ provider = \"second\", model = \"{}\", share = \"1\" }}",
            call.model
        );
        let quotah = Config::empty()
            .provider("first", call.dialect, &first.url(), "")
            .provider("second", call.dialect, &second.url(), "")
            .route(call.model, &more, &[&format!("first/{}", call.model)])
            .start();
        let answer = quotah.send(&call.request());
        assert_eq!((answer.status, answer.end), (200, End::Whole), "{call:?}");
        let copy = served(&second, 1).remove(0);
        assert!(copy.finished_at.is_some(), "{call:?}");
        let entries = quotah.ledger_of(2);
        let shadow = entries.iter().find(|entry| entry.str("role") == "mirror");
        assert_eq!(shadow.unwrap().tokens(), copy.billed, "{call:?}");
    }
}
