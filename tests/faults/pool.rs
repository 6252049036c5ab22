//! Kept connections that died meanwhile: one free try, and never a second charge.

use super::{PLAIN, STREAMED, gateway_with, last_answered, lives};
use crate::harness::End;
use quotah_bench::mock::{Cut, Directives, Hang, Script};

#[test]
fn a_kept_connection_that_dies_before_any_byte_costs_one_free_try_on_a_fresh_one() {
    for cut in [Cut::Close, Cut::Reset] {
        for call in PLAIN.into_iter().chain(STREAMED) {
            let (provider, quotah) = gateway_with("");
            assert_eq!(quotah.send(&call.request()).status, 200);
            assert_eq!(provider.connections_count(), 1);
            provider.set(Script::first(1, cut_at(0, cut)));
            let answer = quotah.send(&call.request());
            assert_eq!(
                (answer.status, answer.end),
                (200, End::Whole),
                "{cut:?}: {call:?}"
            );
            assert_eq!(
                answer.header("x-quotah-attempts"),
                Some("1"),
                "{cut:?}: {call:?}"
            );
            let seen: Vec<u64> = provider.requests().iter().map(|r| r.connection).collect();
            assert_eq!(seen, [0, 0, 1], "{cut:?}: {call:?}");
            let entry = quotah.entry(&answer);
            assert_eq!(entry.0["attempts"].as_array().unwrap().len(), 1);
            assert_eq!(
                entry.tokens(),
                last_answered(&provider).billed,
                "{cut:?}: {call:?}"
            );
        }
    }
}

#[test]
fn the_free_try_is_one_and_no_more() {
    let (provider, quotah) = gateway_with("");
    assert_eq!(quotah.send(&PLAIN[0].request()).status, 200);
    provider.set(Script::always(cut_at(0, Cut::Close)));
    let answer = quotah.send(&PLAIN[0].request());
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert_eq!(
        provider.requests_count(),
        3,
        "one before, one on the kept, one on the fresh"
    );
    provider.set(Script::default());
    lives(&quotah);
}

#[test]
fn a_fresh_connection_that_dies_is_not_tried_again() {
    let (provider, quotah) = gateway_with("");
    provider.set(Script::always(cut_at(0, Cut::Close)));
    let answer = quotah.send(&PLAIN[0].request());
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert_eq!(provider.requests_count(), 1);
}

#[test]
fn a_kept_connection_that_dies_once_it_has_begun_to_answer_is_not_tried_again() {
    for call in PLAIN.into_iter().chain(STREAMED) {
        let (provider, quotah) = gateway_with("");
        assert_eq!(quotah.send(&call.request()).status, 200);
        let sent = last_answered(&provider).sent;
        let head = sent
            .windows(4)
            .position(|part| part == b"\r\n\r\n")
            .unwrap()
            + 4;
        for at in [1, head / 2, head] {
            provider.set(Script::default());
            assert_eq!(quotah.send(&call.request()).status, 200);
            provider.set(Script::first(1, cut_at(at, Cut::Close)));
            let before = provider.requests_count();
            let answer = quotah.send(&call.request());
            assert_eq!(
                answer.status,
                502,
                "cut at {at} of {head}: {call:?}: {}",
                answer.text()
            );
            assert_eq!(
                provider.requests_count() - before,
                1,
                "cut at {at} of {head}: {call:?}"
            );
        }
    }
}

#[test]
fn a_provider_that_says_close_is_not_asked_twice_on_one_connection() {
    let (provider, quotah) = gateway_with("");
    for _ in 0..3 {
        let request = PLAIN[0]
            .request()
            .header("x-mock-header-connection", "close");
        let answer = quotah.send(&request);
        assert_eq!((answer.status, answer.end), (200, End::Whole));
    }
    let seen: Vec<u64> = provider.requests().iter().map(|r| r.connection).collect();
    assert_eq!(seen, [0, 1, 2]);
}

#[test]
fn a_connection_whose_answer_was_not_read_to_its_end_is_not_used_again() {
    let (provider, quotah) = gateway_with("timeout_first_byte_ms = 1500");
    let hang = Directives {
        hang: Some(Hang::BeforeHead),
        ..Directives::default()
    };
    provider.set(Script::first(1, hang));
    assert_eq!(quotah.send(&PLAIN[0].request()).status, 504);
    assert_eq!(quotah.send(&PLAIN[0].request()).status, 200);
    let seen: Vec<u64> = provider.requests().iter().map(|r| r.connection).collect();
    assert_eq!(seen, [0, 1]);
}

fn cut_at(at: usize, cut: Cut) -> Directives {
    Directives {
        cut_at: Some(at),
        cut,
        ..Directives::default()
    }
}
