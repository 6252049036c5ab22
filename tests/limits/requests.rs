//! Requests per minute, hour and day: exactly so many, and one more exactly when it was said.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::{PLAIN, assert_refused, chat, limit, number, standing, until_refused, with};
use crate::harness::{Request, now, provider, served};

#[test]
fn a_crowd_of_64_is_served_exactly_as_often_as_the_limit_says() {
    const MOST: usize = 30;
    let provider = provider();
    // One comes back every two minutes: none while this runs.
    let quotah = with(
        &provider,
        &limit("crowd", &format!("requests_per_hour = {MOST}")),
    )
    .start();
    let passed = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let answer = quotah.send(&chat());
                if answer.status == 200 {
                    passed.fetch_add(1, Ordering::Relaxed);
                } else {
                    assert_refused(&answer, "openai");
                }
            });
        }
    });
    assert_eq!(passed.into_inner(), MOST);
    assert_eq!(served(&provider, MOST).len(), MOST);
    let refused = quotah.metric("quotah_refused_total", &[("reason", "rate_limit_exceeded")]);
    assert!((refused - 34.0).abs() < 0.1, "{refused}");
    let entries = quotah.ledger_of(64);
    let refused = entries.iter().filter(|e| e.str("outcome") == "refused");
    assert_eq!(refused.count(), 34);
}

#[test]
fn the_refusal_is_the_dialects_own_and_names_the_limit() {
    let provider = provider();
    let quotah = with(
        &provider,
        &limit("each", "per = \"model\"\nrequests_per_minute = 1"),
    )
    .start();
    for (dialect, target, body) in PLAIN {
        let request = Request::post(target, body);
        let first = quotah.send(&request);
        assert_eq!(first.status, 200, "{dialect}: {}", first.text());
        let message = assert_refused(&quotah.send(&request), dialect);
        assert!(
            message.contains("limit \"each\" of 1 requests per minute is reached"),
            "{message}"
        );
    }
    assert_eq!(provider.requests_count(), 3);
}

#[test]
fn answers_tell_how_the_limit_stands_whether_served_or_refused() {
    let provider = provider();
    let quotah = with(&provider, &limit("few", "requests_per_hour = 3")).start();
    for (remaining, resets) in [(2, 1_200), (1, 2_400), (0, 3_600)] {
        let (limit, left, reset) = standing(&quotah.send(&chat()), "requests");
        assert_eq!((limit, left), (3, remaining));
        // Some seconds may pass meanwhile.
        assert!((resets - 60..=resets).contains(&reset), "{reset}");
    }
    let refused = quotah.send(&chat());
    let (limit, left, reset) = standing(&refused, "requests");
    assert_eq!((refused.status, limit, left), (429, 3, 0));
    assert!((3_540..=3_600).contains(&reset), "{reset}");
    let wait = number(&refused, "retry-after");
    assert!((1_140..=1_200).contains(&wait), "{wait}");
    for header in ["limit-tokens", "remaining-tokens", "reset-tokens"] {
        let name = format!("x-quotah-ratelimit-{header}");
        assert_eq!(refused.header(&name), None, "no limit of tokens");
    }
}

#[test]
fn waiting_as_long_as_was_said_lets_one_more_through_and_less_lets_none() {
    let provider = provider();
    let quotah = with(&provider, &limit("paced", "requests_per_minute = 30")).start();
    until_refused(&quotah, &chat(), 60);
    let mut conn = quotah.connect();
    let (mut was_early, mut was_exact) = (false, false);
    // On a loaded machine a try may come too late to prove anything; then it is done again.
    for _ in 0..20 {
        let asked_at = now();
        let refused = conn.exchange(&chat());
        if refused.status == 200 {
            continue;
        }
        let wait = Duration::from_millis(number(&refused, "retry-after-ms"));
        let told_at = now();
        thread::sleep(
            (asked_at + wait - Duration::from_millis(50)).saturating_duration_since(now()),
        );
        let early = conn.exchange(&chat());
        if now() < asked_at + wait {
            assert_eq!(early.status, 429, "served before its time");
            was_early = true;
        }
        if early.status == 200 {
            continue;
        }
        thread::sleep((told_at + wait).saturating_duration_since(now()));
        let due = conn.exchange(&chat());
        assert_eq!(due.status, 200, "refused at its time: {}", due.head);
        let beyond = conn.exchange(&chat());
        // The next place comes back two seconds after this one did.
        if now() < asked_at + wait + Duration::from_secs(2) {
            assert_eq!(beyond.status, 429, "only one more");
            was_exact = true;
        }
        if was_early && was_exact {
            return;
        }
    }
    panic!("the machine was too slow to tell: early {was_early}, exact {was_exact}");
}

#[test]
fn a_request_that_one_limit_refuses_takes_nothing_of_another() {
    let provider = provider();
    let limits = limit(
        "all",
        "requests_per_hour = 5\ntokens_per_minute = 1_000_000",
    ) + &limit(
        "dear",
        "match = { model = \"gpt-4o\" }\nrequests_per_day = 1",
    );
    let quotah = with(&provider, &limits).start();
    let dear = Request::post(
        "/v1/chat/completions",
        r#"{"model":"gpt-4o","max_tokens":10}"#,
    );
    assert_eq!(quotah.send(&dear).status, 200);
    for _ in 0..10 {
        let refused = quotah.send(&dear);
        let message = assert_refused(&refused, "openai");
        assert!(
            message.contains("\"dear\" of 1 requests per day"),
            "{message}"
        );
        // The tightest of both.
        assert_eq!(standing(&refused, "requests").1, 0);
    }
    let (served, refused) = until_refused(&quotah, &chat(), 5);
    assert_eq!(served, 4);
    assert!(assert_refused(&refused, "openai").contains("\"all\" of 5 requests per hour"));
}

#[test]
fn a_request_that_a_guard_or_a_doubled_field_stops_is_not_counted() {
    let provider = provider();
    let tables = limit("few", "requests_per_hour = 1")
        + "[[guards]]\nid = \"short\"\nmax_tokens = 100\nmax_tokens_action = \"refuse\"\n";
    let quotah = with(&provider, &tables).start();
    for (body, status) in [
        (r#"{"model":"gpt-4o-mini","max_tokens":101}"#, 403),
        (
            r#"{"model":"gpt-4o-mini","max_tokens":1,"max_tokens":1}"#,
            400,
        ),
    ] {
        assert_eq!(quotah.post("/v1/chat/completions", body).status, status);
    }
    assert_eq!(quotah.send(&chat()).status, 200);
    assert_eq!(quotah.send(&chat()).status, 429);
}

#[test]
fn every_answer_under_a_limit_tells_how_it_stands_whoever_gives_it() {
    let provider = provider();
    let tables = limit(
        "few",
        "requests_per_hour = 9\ntokens_per_minute = 1_000_000",
    ) + "[[budgets]]\nid = \"nothing\"\nmatch = { model = \"gpt-4o\" }\nlimit_usd = \"0.000000001\"\nwindow = \"total\"\n";
    let quotah = with(&provider, &tables).start();
    let exhausted = Request::post(
        "/v1/chat/completions",
        r#"{"model":"gpt-4o","max_tokens":10}"#,
    );
    for (request, status, left) in [
        (chat(), 200, 8),
        (chat().header("x-mock-status", "429"), 429, 7),
        (chat().header("x-mock-cut-at", "1"), 502, 6),
        (exhausted, 429, 5),
        (Request::get("/v1/models"), 200, 4),
        (Request::get("/openai/v1/anything"), 200, 3),
    ] {
        let answer = quotah.send(&request);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(standing(&answer, "requests").1, left, "{}", answer.head);
        assert_eq!(standing(&answer, "tokens").0, 1_000_000);
    }
}
