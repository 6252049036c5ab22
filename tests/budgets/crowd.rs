//! A crowd before a budget that is worth exactly a hundred requests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::process::Signal;

use super::{account, cost_of_chat, hard, money, spent, with};
use crate::harness::{Config, Conn, Quotah, Request, eventually, provider};

/// Clients at once.
const CLIENTS: usize = 256;
/// Requests that each budget is worth.
const WORTH: usize = 100;
/// Times that it is tried, each with an account of its own.
const ROUNDS: usize = 50;
/// Output tokens of every answer, and their cap.
const OUTPUT: u64 = 40;

const PLAIN: &str =
    r#"{"model":"gpt-4o-mini","max_tokens":40,"messages":[{"role":"user","content":"hi"}]}"#;
const STREAM: &str = r#"{"model":"gpt-4o-mini","max_tokens":40,"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}"#;

fn cost_of(body: &str) -> u64 {
    cost_of_chat(body.len() as u64, OUTPUT)
}

fn config(provider: &quotah_bench::mock::Mock, body: &str) -> Config {
    let limit = cost_of(body) * WORTH as u64;
    with(
        provider,
        &hard("crowd", limit, "per = \"tag.round\"\nwindow = \"total\"\n"),
    )
}

fn request(body: &str, round: usize) -> Request {
    Request::post("/v1/chat/completions", body)
        .header("x-quotah-tags", &format!("round=r{round}"))
        .header("x-mock-output", &OUTPUT.to_string())
        .header("x-mock-chunks", "8")
        .header("connection", "close")
}

/// Has every client send one request; gives how many were served.
fn rush(quotah: &Quotah, body: &str, round: usize) -> usize {
    let served = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let answer = quotah.send(&request(body, round));
                match answer.status {
                    200 => _ = served.fetch_add(1, Ordering::Relaxed),
                    429 => assert_eq!(answer.header("x-should-retry"), Some("false")),
                    other => panic!("{other}: {}", answer.text()),
                }
            });
        }
    });
    served.into_inner()
}

/// Sends one after the other until the budget says no; gives how many were served.
fn fill_up(quotah: &Quotah, body: &str, round: usize) -> usize {
    let served = |_: &usize| quotah.send(&request(body, round)).status == 200;
    (0..CLIENTS).take_while(served).count()
}

fn nothing_is_held(quotah: &Quotah, round: usize) {
    eventually("nothing is set aside", || {
        let account = account(quotah, "crowd", &format!("r{round}"));
        (money(&account, "reserved_usd") == 0).then_some(())
    });
    let reserved = quotah.metrics().picousd("quotah_budget_reserved_usd", &[]);
    assert_eq!(reserved, 0);
}

fn a_crowd_gets_what_there_is(body: &str) {
    let provider = provider();
    let quotah = config(&provider, body).start();
    let limit = cost_of(body) * WORTH as u64;
    let mut all = 0;
    for round in 0..ROUNDS {
        let at_once = rush(&quotah, body, round);
        assert!(at_once <= WORTH, "{at_once} served in round {round}");
        let more = fill_up(&quotah, body, round);
        // The very last may not fit: what it costs is known to a few tokens of its input only.
        let served = at_once + more;
        assert!(
            (WORTH - 2..=WORTH).contains(&served),
            "{at_once} at once, then {more}"
        );
        nothing_is_held(&quotah, round);
        let account = account(&quotah, "crowd", &format!("r{round}"));
        assert_eq!(money(&account, "spent_usd"), cost_of(body) * served as u64);
        assert!(money(&account, "spent_usd") <= limit);
        all += served as u64;
    }
    assert_eq!(spent(&quotah.ledger()), cost_of(body) * all);
}

#[test]
fn a_crowd_of_256_gets_the_hundred_answers_that_a_budget_is_worth_and_no_more() {
    a_crowd_gets_what_there_is(PLAIN);
}

#[test]
fn a_crowd_of_256_gets_the_hundred_streams_that_a_budget_is_worth_and_no_more() {
    a_crowd_gets_what_there_is(STREAM);
}

#[test]
fn clients_that_leave_at_any_point_leave_nothing_set_aside_and_spend_no_more_than_there_is() {
    let provider = provider();
    let quotah = config(&provider, STREAM).start();
    let limit = cost_of(STREAM) * WORTH as u64;
    for round in 0..8 {
        thread::scope(|scope| {
            for client in 0..CLIENTS {
                let quotah = &quotah;
                scope.spawn(move || {
                    let request = request(STREAM, round).header("x-mock-delay-ms", "2");
                    let mut conn = Conn::open(quotah.proxy_addr());
                    conn.send(request.bytes());
                    // Some leave at once, some inside the answer, some read it all.
                    match client % 4 {
                        0 => {}
                        1 => drop(conn.read_some(1 + client)),
                        2 => drop(conn.read_some(600 + 7 * client)),
                        _ => drop(conn.response()),
                    }
                });
            }
        });
        nothing_is_held(&quotah, round);
        let account = account(&quotah, "crowd", &format!("r{round}"));
        assert!(money(&account, "spent_usd") <= limit, "{account}");
    }
}

#[test]
fn a_kill_in_the_middle_of_a_crowd_loses_no_cent_and_frees_everything() {
    let provider = provider();
    let mut quotah = config(&provider, STREAM).start();
    let limit = cost_of(STREAM) * WORTH as u64;
    for round in 0..4 {
        let quick = quotah.proxy_addr().to_owned();
        let crowd: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let addr = quick.clone();
                let request = request(STREAM, round).header("x-mock-delay-ms", "20");
                // Every second stream falls silent in the middle: those are open whenever the kill comes.
                let request = match client % 2 {
                    0 => request.header("x-mock-hang", "mid-stream"),
                    _ => request,
                };
                thread::spawn(move || {
                    let Ok(mut conn) = Conn::try_open(&addr) else {
                        return;
                    };
                    if conn.try_send(&request.bytes()).is_ok() {
                        drop(conn.read_some(1_000_000));
                    }
                })
            })
            .collect();
        eventually("streams under way", || {
            (quotah.metric("quotah_inflight_streams", &[]) > 10.0).then_some(())
        });
        quotah = quotah.restart(Signal::KILL);
        for client in crowd {
            client.join().expect("no panic");
        }
        let after = fill_up(&quotah, STREAM, round);
        assert!(after <= WORTH);
        nothing_is_held(&quotah, round);
        let account = account(&quotah, "crowd", &format!("r{round}"));
        assert!(money(&account, "spent_usd") <= limit, "{account}");
        // Streams that were cut by the kill had really begun: they are charged what they held.
        let interrupted = quotah.ledger();
        let interrupted = interrupted
            .iter()
            .filter(|entry| entry.str("outcome") == "interrupted");
        assert!(interrupted.count() > 0);
    }
}
