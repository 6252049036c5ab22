//! Overload: what is beyond the bounds of the process is told to come back, and what is within them is served.

use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::harness::{Config, Quotah, Request, Response, eventually, provider};

const CLIENTS: usize = 200;
const PATHS: [&str; 3] = [
    "/v1/chat/completions",
    "/v1/messages",
    "/v1beta/models/m:generateContent",
];

/// Has all clients send this at once, each on a connection of its own.
fn rush(quotah: &Quotah, request: impl Fn(&str) -> Request + Sync) -> Vec<(usize, Response)> {
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (answers, request) = (&answers, &request);
            scope.spawn(move || {
                let which = client % PATHS.len();
                let answer = quotah.send(&request(PATHS[which]));
                answers.lock().expect("no panic").push((which, answer));
            });
        }
    });
    answers.into_inner().expect("no panic")
}

fn assert_overloaded(which: usize, answer: &Response) {
    let seen = format!("{}{}", answer.head, answer.text());
    assert_eq!(answer.status, 503, "{seen}");
    let error = &answer.json()["error"];
    let (field, word) = [
        ("code", "server_is_overloaded"),
        ("type", "overloaded_error"),
        ("status", "UNAVAILABLE"),
    ][which];
    assert_eq!(error[field], Value::from(word), "{seen}");
    assert_eq!(answer.header("retry-after"), Some("1"), "{seen}");
    assert_eq!(answer.header("retry-after-ms"), Some("1000"), "{seen}");
}

/// Everybody is told one thing or the other; gives how many were served.
fn served(answers: &[(usize, Response)]) -> usize {
    for (which, answer) in answers {
        if answer.status != 200 {
            assert_overloaded(*which, answer);
        }
    }
    answers.iter().filter(|(_, a)| a.status == 200).count()
}

fn nothing_is_under_way(quotah: &Quotah) {
    eventually("nothing is under way", || {
        let metrics = quotah.metrics();
        let left = metrics.sum("quotah_inflight_requests", &[])
            + metrics.sum("quotah_held_body_bytes", &[]);
        (left < 0.5).then_some(())
    });
}

#[test]
fn of_200_clients_as_many_are_served_at_once_as_may_be_in_flight() {
    const MOST: usize = 20;
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server(&format!("in_flight_max = {MOST}"))
        .start();
    for _ in 0..2 {
        let answers = rush(&quotah, |path| {
            Request::post(path, r#"{"model":"m","max_tokens":5}"#)
                .header("x-mock-first-delay-ms", "300")
        });
        let served = served(&answers);
        assert!((MOST..CLIENTS).contains(&served), "{served}");
        nothing_is_under_way(&quotah);
    }
    let seen = crate::harness::served(&provider, MOST);
    let at_once = seen.iter().map(|one| {
        let runs = |other: &&quotah_bench::mock::Recorded| {
            other.at <= one.at && other.finished_at.is_some_and(|end| end > one.at)
        };
        seen.iter().filter(runs).count()
    });
    assert!(at_once.max() <= Some(MOST));
    assert_eq!(quotah.post(PATHS[0], r#"{"model":"m"}"#).status, 200);
}

#[test]
fn of_200_large_bodies_as_many_are_taken_as_there_is_memory_for() {
    const BODY_BYTES: usize = 256 * 1024;
    const MEMORY: usize = 16 * BODY_BYTES;
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server(&format!(
            "memory_max = {MEMORY}\nbody_bytes_max = {}",
            2 * BODY_BYTES
        ))
        .start();
    let frame = r#"{"model":"m","max_tokens":5,"x":""}"#;
    let body = frame.replace(
        "\"\"",
        &format!("\"{}\"", "x".repeat(BODY_BYTES - frame.len())),
    );
    let answers = rush(&quotah, |path| {
        Request::post(path, &body).header("x-mock-first-delay-ms", "200")
    });
    let served = served(&answers);
    assert!((1..CLIENTS).contains(&served), "{served}");
    nothing_is_under_way(&quotah);
    assert_eq!(quotah.post(PATHS[0], &body).status, 200);
}

#[test]
fn a_refusal_for_overload_uses_no_limit_and_is_counted() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("in_flight_max = 1")
        .table("[[limits]]\nid = \"l\"\nrequests_per_hour = 2")
        .start();
    let mut busy = quotah.connect();
    let hanging = Request::post(PATHS[0], r#"{"model":"m"}"#).header("x-mock-hang", "before-head");
    busy.send(hanging.bytes());
    eventually("the first request is upstream", || {
        (provider.requests_count() == 1).then_some(())
    });
    for (which, path) in PATHS.iter().enumerate() {
        assert_overloaded(which, &quotah.post(path, r#"{"model":"m"}"#));
    }
    drop(busy);
    let answer = eventually("there is room", || {
        let answer = quotah.post(PATHS[0], r#"{"model":"m"}"#);
        (answer.status != 503).then_some(answer)
    });
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(quotah.post(PATHS[0], r#"{"model":"m"}"#).status, 429);
    let told = quotah.metric(
        "quotah_refused_total",
        &[("reason", "server_is_overloaded")],
    );
    assert!(told >= 3.0, "{told}");
}
