//! What is held back, and for how long: the beginning of a stream, a form on its way, a client's patience.

use std::time::Duration;

use quotah_bench::mock::{Directives, Hang};

use super::{Pair, assert_good, attempts, body_of, chat, status};
use crate::harness::{End, Request, block_on, eventually, now, served};

#[test]
fn a_stream_that_says_nothing_for_long_goes_down_and_its_error_with_it() {
    let pair = Pair::patient();
    // The role at once, the error long after the time that a beginning is held back.
    pair.first_answers(Directives {
        error_at: Some(0),
        delay: Duration::from_millis(1_500),
        ..Directives::default()
    });
    let began = now();
    let mut conn = pair.quotah.connect();
    conn.send(Request::post("/v1/chat/completions", body_of("m", true, 100)).bytes());
    let head = conn.response_head();
    let held = began.elapsed();
    assert_eq!(head.status, 200);
    assert_eq!(head.header("x-quotah-attempts"), Some("1"));
    assert!(held >= Duration::from_millis(400), "{held:?}");
    assert!(held < Duration::from_millis(1_400), "{held:?}");
    let role = conn.chunk().unwrap();
    let error = conn.chunk().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert!(text(role).contains(r#""role":"assistant""#));
    assert!(text(error).contains(r#""error":"#));
    assert!(pair.second.requests().is_empty());
    assert_eq!(pair.quotah.entry(&head).str("outcome"), "upstream_error");
}

#[test]
fn content_is_not_held_back() {
    let pair = Pair::patient();
    pair.first_answers(Directives {
        hang: Some(Hang::MidStream),
        chunks: Some(6),
        ..Directives::default()
    });
    let began = now();
    let mut conn = pair.quotah.connect();
    conn.send(Request::post("/v1/chat/completions", body_of("m", true, 100)).bytes());
    assert_eq!(conn.response_head().status, 200);
    conn.read_until("obfuscation");
    let took = began.elapsed();
    assert!(took < Duration::from_millis(450), "{took:?}");
}

#[test]
fn time_at_a_deployment_that_failed_is_not_our_own() {
    let pair = Pair::patient();
    pair.first_answers(Directives {
        hang: Some(Hang::BeforeHead),
        ..Directives::default()
    });
    let answer = pair.quotah.send(&chat("s"));
    assert_good(&answer, "2", "slow");
    let entry = pair.quotah.entry(&answer);
    assert!(entry.u64("duration_ms") >= 300, "{}", entry.0);
    assert!(entry.u64("overhead_us") < 250_000, "{}", entry.0);
    let tried = entry.0["attempts"][0]["duration_ms"].as_u64().unwrap();
    assert!((290..5_000).contains(&tried), "{tried} ms");
}

#[test]
fn a_clients_patience_is_for_all_attempts_together() {
    let pair = Pair::patient();
    pair.first_answers(Directives {
        hang: Some(Hang::BeforeHead),
        ..Directives::default()
    });
    let began = now();
    let answer = pair
        .quotah
        .send(&chat("m").header("x-quotah-timeout-ms", "400"));
    let took = began.elapsed();
    assert_eq!((answer.status, answer.end), (504, End::Whole));
    assert!(took >= Duration::from_millis(350), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(attempts(&pair.quotah.entry(&answer)).len(), 1);
    assert!(pair.second.requests().is_empty());
}

#[test]
fn for_a_client_that_has_left_nobody_else_is_asked() {
    let pair = Pair::patient();
    pair.first_answers(Directives {
        hang: Some(Hang::BeforeHead),
        ..Directives::default()
    });
    let mut conn = pair.quotah.connect();
    conn.send(chat("m").bytes());
    let seen = pair.first.wait_for(Duration::from_secs(30), |_| true);
    block_on(seen).unwrap();
    drop(conn);
    let gone = pair.first.wait_for(Duration::from_secs(30), |request| {
        request.aborted_at.is_some()
    });
    block_on(gone).unwrap();
    let entry = pair.quotah.ledger_of(1).remove(0);
    assert_eq!(entry.str("outcome"), "client_gone");
    assert!(pair.second.requests().is_empty());
    eventually("nothing is in flight", || {
        (pair.quotah.metric("quotah_inflight_requests", &[]) < 0.5).then_some(())
    });
}

#[test]
fn a_form_goes_elsewhere_while_nothing_of_it_has_gone_and_not_afterwards() {
    let pair = Pair::patient();
    let file = "quota! ".repeat(300_000);
    let form = |model: &str| {
        let part = |name: &str, value: &str| {
            format!(
                "--border\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
        };
        let body = [
            part("model", model),
            part("file", &file),
            "--border--\r\n".to_owned(),
        ];
        let request = Request::of("POST", "/v1/audio/transcriptions")
            .header("content-type", "multipart/form-data; boundary=border");
        (request.body(body.concat()), body.concat())
    };
    let (request, body) = form("g");
    let answer = pair.quotah.send(&request);
    assert_good(&answer, "2", "nobody was there");
    let seen = served(&pair.second, 1).remove(0);
    assert!(seen.body == body.as_bytes(), "{} bytes", seen.body.len());

    pair.first_answers(status(500));
    let (request, _) = form("m");
    let answer = pair.quotah.send(&request);
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert_eq!(answer.body, served(&pair.first, 1)[0].answer);
    assert_eq!(answer.header("x-quotah-attempts"), Some("1"));
    assert!(pair.second.requests().is_empty());
}
