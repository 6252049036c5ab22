//! How many at once: a place is held while an answer runs, and given back however it ends.

use super::{STREAM, assert_refused, chat, limit, number, with};
use crate::harness::{Conn, Quotah, Request, eventually, provider};

fn stream() -> Request {
    Request::post("/v1/chat/completions", STREAM)
}

/// A stream that has begun, and goes on until it is left.
fn begun(quotah: &Quotah) -> Conn {
    let mut conn = quotah.connect();
    conn.send(stream().header("x-mock-hang", "mid-stream").bytes());
    assert_eq!(conn.response_head().status, 200);
    conn
}

/// All places are free again: so many streams run at once, and one more does not.
fn has_room_for(quotah: &Quotah, most: usize) {
    let held: Vec<Conn> = (0..most)
        .map(|_| eventually("a free place", || try_begin(quotah)))
        .collect();
    assert_refused(&quotah.send(&chat()), "openai");
    drop(held);
}

fn try_begin(quotah: &Quotah) -> Option<Conn> {
    let mut conn = quotah.connect();
    conn.send(stream().header("x-mock-hang", "mid-stream").bytes());
    (conn.response_head().status == 200).then_some(conn)
}

#[test]
fn a_place_is_held_while_a_stream_runs_and_free_when_its_client_leaves() {
    let provider = provider();
    let quotah = with(&provider, &limit("two", "concurrent = 2")).start();
    let (one, two) = (begun(&quotah), begun(&quotah));
    for request in [chat(), stream()] {
        let refused = quotah.send(&request);
        let message = assert_refused(&refused, "openai");
        assert!(
            message.contains("\"two\" of 2 requests at once"),
            "{message}"
        );
        assert_eq!(number(&refused, "retry-after-ms"), 1_000);
    }
    drop(one);
    eventually("the place is free", || {
        (quotah.send(&chat()).status == 200).then_some(())
    });
    drop(two);
    has_room_for(&quotah, 2);
}

#[test]
fn a_place_is_free_again_however_the_answer_ends() {
    let provider = provider();
    let quotah = with(&provider, &limit("one", "concurrent = 1")).start();
    for (how, header, value) in [
        ("whole", "x-mock-chunks", "5"),
        ("with the provider's error", "x-mock-status", "500"),
        ("with an error event", "x-mock-error-at", "2"),
        ("cut by the provider", "x-mock-cut-at", "400"),
        ("cut before its head", "x-mock-cut-at", "3"),
        ("broken", "x-mock-bad-chunk", "size"),
    ] {
        for request in [stream(), chat()] {
            let before = quotah.ledger().len();
            let mut conn = quotah.connect();
            conn.send(request.header(header, value).bytes());
            drop(conn.try_response());
            quotah.ledger_of(before + 1);
            let next = quotah.send(&chat());
            assert_eq!(next.status, 200, "{how}: {}", next.text());
            quotah.entry(&next);
        }
    }
    has_room_for(&quotah, 1);
}

#[test]
fn a_request_that_a_budget_refuses_keeps_no_place_and_no_tokens() {
    let provider = provider();
    let tables = limit("one", "concurrent = 1\ntokens_per_minute = 1_000")
        + "[[budgets]]\nid = \"nothing\"\nmatch = { model = \"gpt-4o\" }\nlimit_usd = \"0.000000001\"\nwindow = \"total\"\nmode = \"hard\"\n";
    let quotah = with(&provider, &tables).start();
    let dear = r#"{"model":"gpt-4o","max_tokens":900}"#;
    for _ in 0..5 {
        let refused = quotah.post("/v1/chat/completions", dear);
        let code = refused.json()["error"]["code"].clone();
        assert_eq!((refused.status, code), (429, "insufficient_quota".into()));
    }
    let cheap = r#"{"model":"gpt-4o-mini","max_tokens":900}"#;
    let served = quotah.post("/v1/chat/completions", cheap);
    assert_eq!(served.status, 200, "{}", served.text());
}

#[test]
fn streams_are_limited_apart_from_plain_requests() {
    let provider = provider();
    let quotah = with(&provider, &limit("one", "concurrent_streams = 1")).start();
    let running = begun(&quotah);
    let message = assert_refused(&quotah.send(&stream()), "openai");
    assert!(
        message.contains("\"one\" of 1 streams at once"),
        "{message}"
    );
    for _ in 0..3 {
        assert_eq!(quotah.send(&chat()).status, 200);
    }
    drop(running);
    eventually("the place is free", || {
        (quotah.send(&stream()).status == 200).then_some(())
    });
}

#[test]
fn a_crowd_never_has_more_at_the_provider_than_may_be_there() {
    const MOST: usize = 5;
    let provider = provider();
    let quotah = with(&provider, &limit("five", &format!("concurrent = {MOST}"))).start();
    let request = || chat().header("x-mock-first-delay-ms", "30");
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                for _ in 0..4 {
                    assert!(matches!(quotah.send(&request()).status, 200 | 429));
                }
            });
        }
    });
    let seen = crate::harness::served(&provider, MOST);
    let at_once = seen.iter().map(|one| {
        let runs = |other: &&quotah_bench::mock::Recorded| {
            other.at <= one.at && other.finished_at.is_some_and(|end| end > one.at)
        };
        seen.iter().filter(runs).count()
    });
    assert!(at_once.max() <= Some(MOST));
    has_room_for(&quotah, MOST);
}
