//! Answers that cannot be put into the client's words: another deployment is asked, and what was labelled wrongly is told
//! as what it is.

use quotah_bench::mock::{Cut, Directives, Mock, Script};

use super::{Caller, Deployment, gateway, pairs, said, says};
use crate::harness::{Config, Entry, Quotah, provider, served};

/// Anthropic's before OpenAI's, at two mocks.
fn two(more: &str) -> (Mock, Mock, Quotah) {
    let (anthropic, openai) = (provider(), provider());
    let quotah = Config::empty()
        .provider("anthropic", "anthropic", &anthropic.url(), "")
        .provider("openai", "openai", &openai.url(), "")
        .route(
            "m",
            "",
            &["anthropic/claude-haiku-4-5", "openai/gpt-4o-mini"],
        )
        .table("[[budgets]]\nid = \"all\"\nlimit_usd = \"50\"\nmode = \"hard\"\nwindow = \"total\"")
        .table(more)
        .start();
    (anthropic, openai, quotah)
}

/// No breaker, no want of retries.
const PATIENT: &str =
    "[breaker]\nfailures = 0\n\n[retry]\nbudget_min_per_second = 10000\ncooldown_ms = 0";

/// A whole response of this type and body.
fn raw(content_type: &str, body: &[u8]) -> Directives {
    let length = body.len();
    let line = match content_type {
        "" => String::new(),
        named => format!("content-type: {named}\r\n"),
    };
    let head = format!("HTTP/1.1 200 OK\r\n{line}content-length: {length}\r\n\r\n");
    Directives {
        raw: Some([head.as_bytes(), body].concat().into()),
        ..Directives::default()
    }
}

/// Bodies of a 200 that are no answer in Anthropic's dialect.
fn unanswers() -> Vec<(&'static str, Directives)> {
    let json = |body: &str| raw("application/json", body.as_bytes());
    let head = "content-encoding: gzip\r\ncontent-type: application/json\r\n";
    let packed = format!("HTTP/1.1 200 OK\r\n{head}content-length: 4\r\n\r\n{{}}{{}}");
    vec![
        ("a page", raw("text/html", b"<html>Sign in</html>")),
        ("half an answer", json(r#"{"id":"msg_1","content":[{"#)),
        ("no answer", json("[1,2]")),
        (
            "a stream",
            raw("text/event-stream", b"event: ping\ndata: {}\n\n"),
        ),
        (
            "an error",
            json(r#"{"type":"error","error":{"type":"api_error","message":"oh"}}"#),
        ),
        (
            "what cannot be unpacked",
            Directives {
                raw: Some(packed.into()),
                ..Directives::default()
            },
        ),
        (
            "an answer that breaks off",
            Directives {
                cut_body_at: Some(40),
                cut: Cut::Close,
                ..Directives::default()
            },
        ),
    ]
}

fn tried(entry: &Entry) -> Vec<(String, u64, String)> {
    let attempts = entry.0["attempts"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let row = |attempt: &serde_json::Value| {
        let status = attempt["status"].as_u64().unwrap_or_default();
        (
            text(&attempt["provider"]),
            status,
            text(&attempt["error_class"]),
        )
    };
    attempts.iter().map(row).collect()
}

fn abandoned(quotah: &Quotah, own: &Entry) -> Entry {
    let entries = quotah.ledger();
    let left = entries.iter().find(|e| e.str("parent") == own.str("id"));
    let left = left.cloned().expect("the answer that was left is booked");
    assert_eq!(left.str("role"), "abandoned");
    left
}

fn reserved(quotah: &Quotah) -> String {
    let budget = quotah.admin_json("/admin/v1/budgets/all");
    let reserved = budget["accounts"][0]["reserved_usd"].as_str();
    reserved.unwrap_or_default().to_owned()
}

#[test]
fn an_answer_that_is_not_the_dialects_is_left_for_the_next_deployments() {
    let (anthropic, _openai, quotah) = two(PATIENT);
    for (what, directives) in unanswers() {
        anthropic.set(Script::always(directives));
        let answer = quotah.send(&Caller::Chat.ask("m", false));
        let what = format!("{what}: {}{}", answer.head, answer.text());
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(answer.header("x-quotah-provider"), Some("openai"), "{what}");
        assert_eq!(answer.header("x-quotah-attempts"), Some("2"), "{what}");
        let own = quotah.entry(&answer);
        assert_eq!(own.str("outcome"), "ok", "{what}");
        assert_eq!(own.str("translated_to"), "", "{what}");
        let tried = tried(&own);
        assert_eq!((&*tried[0].0, tried[0].1), ("anthropic", 200), "{what}");
        let class = &*tried[0].2;
        let is_theirs = ["server_error", "truncated", "closed"].contains(&class);
        assert!(is_theirs, "{class} {what}");
        assert_eq!(
            tried[1],
            ("openai".to_owned(), 200, String::new()),
            "{what}"
        );
        let left = abandoned(&quotah, &own);
        assert_eq!(left.str("translated_to"), "anthropic", "{what}");
        assert_eq!(left.str("outcome"), "upstream_error", "{what}");
        assert_eq!(left.str("reason"), class, "{what}");
        assert_eq!(reserved(&quotah), "0.00", "{what}");
    }
}

#[test]
fn what_an_answer_that_was_left_says_it_used_is_booked_beside_its_request() {
    let (anthropic, openai, quotah) = two(PATIENT);
    let body = r#"{"id":"msg_1","type":"message","role":"assistant","content":7,"usage":{"input_tokens":321,"output_tokens":45}}"#;
    anthropic.set(Script::always(raw("application/json", body.as_bytes())));
    let answer = quotah.send(&Caller::Chat.ask("m", false));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let own = quotah.entry(&answer);
    assert_eq!(own.tokens(), served(&openai, 1)[0].billed);
    let left = abandoned(&quotah, &own);
    let told = (left.u64("input_tokens"), left.u64("output_tokens"));
    assert_eq!(told, (321, 45), "{}", left.0);
    assert_eq!(left.str("usage_source"), "provider", "{}", left.0);
    // A dollar a million in, five out.
    assert_eq!(left.u64("cost_nanousd"), 321_000 + 45 * 5_000, "{}", left.0);
    let spent = left.u64("cost_nanousd") + own.u64("cost_nanousd");
    let budget = quotah.admin_json("/admin/v1/budgets/all");
    assert_eq!(budget["accounts"][0]["spent_nanousd"].as_u64(), Some(spent));
}

#[test]
fn where_nobody_else_can_be_asked_it_is_a_502_in_the_callers_words_and_every_try_is_booked() {
    let (anthropic, openai, quotah) = two(PATIENT);
    let html = raw("text/html", b"<html>Sign in</html>");
    anthropic.set(Script::always(html.clone()));
    // Both need a translation for this caller.
    openai.set(Script::always(html));
    let answer = quotah.send(&Caller::Generate.ask("m", false));
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert_eq!(answer.json()["error"]["code"], 502, "{}", answer.text());
    let own = quotah.entry(&answer);
    assert_eq!(own.str("outcome"), "upstream_error", "{}", own.0);
    assert_eq!(own.str("reason"), "untranslatable", "{}", own.0);
    let classes = tried(&own).into_iter().map(|(_, _, class)| class);
    assert_eq!(
        classes.collect::<Vec<_>>(),
        ["server_error"; 2],
        "{}",
        own.0
    );
    assert_eq!(abandoned(&quotah, &own).str("provider"), "anthropic");
    assert_eq!(quotah.ledger().len(), 2);
    assert_eq!(reserved(&quotah), "0.00");
}

#[test]
fn a_deployment_that_gives_no_answers_is_left_alone_by_its_breaker() {
    let (anthropic, _openai, quotah) = two("[breaker]\nfailures = 2");
    anthropic.set(Script::always(raw("text/html", b"<html>Sign in</html>")));
    for (attempts, asked) in [("2", 1), ("2", 2), ("1", 2)] {
        let answer = quotah.send(&Caller::Chat.ask("m", false));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-quotah-attempts"), Some(attempts));
        assert_eq!(anthropic.requests().len(), asked);
    }
    let fallbacks = quotah.metric("quotah_fallbacks_total", &[("reason", "server_error")]);
    assert!((fallbacks - 2.0).abs() < 0.1, "{fallbacks}");
}

/// What the mock answers to a caller of a deployment's own dialect.
fn answered(provider: &Mock, quotah: &Quotah, to: &Deployment, streams: bool) -> Vec<u8> {
    provider.forget();
    says(provider, Directives::default());
    let answer = quotah.send(&to.own.ask(to.route, streams));
    assert_eq!(answer.status, 200, "{}", answer.text());
    served(provider, 1)[0].answer.to_vec()
}

#[test]
fn a_whole_answer_to_a_caller_that_asked_for_a_stream_is_told_as_one() {
    let (provider, quotah) = gateway("");
    for (caller, to) in pairs() {
        let what = format!("{caller:?} {}", to.route);
        let body = answered(&provider, &quotah, to, false);
        let billed = served(&provider, 1)[0].billed;
        provider.set(Script::always(raw("application/json", &body)));
        let answer = quotah.send(&caller.ask(to.route, true));
        let what = format!("{what}: {}{}", answer.head, answer.text());
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/event-stream"),
            "{what}"
        );
        assert_eq!(caller.text(&answer, true), said(false), "{what}");
        assert!(answer.text().contains(caller.end()), "{what}");
        let told = caller.usage(&answer, true);
        assert_eq!(told, (billed.input, billed.output), "{what}");
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "ok", "{what}");
        assert_eq!(entry.tokens(), billed, "{what}");
    }
}

#[test]
fn a_stream_that_is_labelled_as_something_else_is_a_stream() {
    let (provider, quotah) = gateway("");
    for (caller, to) in pairs() {
        let body = answered(&provider, &quotah, to, true);
        let billed = served(&provider, 1)[0].billed;
        for content_type in ["application/json", "text/plain", ""] {
            provider.set(Script::always(raw(content_type, &body)));
            let answer = quotah.send(&caller.ask(to.route, true));
            let what = format!("{caller:?} {} {content_type}", to.route);
            let what = format!("{what}: {}{}", answer.head, answer.text());
            assert_eq!(answer.status, 200, "{what}");
            assert_eq!(
                answer.header("content-type"),
                Some("text/event-stream"),
                "{what}"
            );
            assert_eq!(caller.text(&answer, true), said(true), "{what}");
            assert!(answer.text().contains(caller.end()), "{what}");
            assert_eq!(quotah.entry(&answer).tokens(), billed, "{what}");
        }
    }
}

#[test]
fn a_stream_to_a_caller_that_asked_for_none_is_no_answer() {
    let (provider, quotah) = gateway("");
    for (caller, to) in pairs() {
        let body = answered(&provider, &quotah, to, true);
        provider.set(Script::always(raw("text/event-stream", &body)));
        let answer = quotah.send(&caller.ask(to.route, false));
        let what = format!("{caller:?} {}: {}", to.route, answer.text());
        assert_eq!(answer.status, 502, "{what}");
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("reason"), "untranslatable", "{what}");
        // It was made all the same, and is on the bill.
        assert!(entry.u64("output_tokens") > 0, "{what} {}", entry.0);
    }
}
