//! `kill -9` at any moment: what a client saw complete is on the books once, and nothing is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::faults::{PLAIN, STREAMED};
use crate::harness::{Config, Conn, End, Quotah, Request, now, provider};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rustix::process::Signal;

/// How often the program is killed.
const ROUNDS: usize = 50;
/// Clients at once: half of them read plain answers, half of them streams.
const CLIENTS: usize = 4;
/// From signal to ready line; the ledger is read within it.
const RESTART_MAX: Duration = Duration::from_secs(2);

#[test]
fn after_kill_9_at_random_moments_every_completed_answer_is_in_the_ledger_exactly_once() {
    let provider = provider();
    let mut quotah = Config::toward(&provider).start();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let seen = Mutex::new(Seen::default());
    let mut slowest = Duration::ZERO;
    for round in 0..ROUNDS {
        let alive_ms = 60 + u64::from(random.next_u32() % 240);
        under_load(&quotah, &seen, || {
            thread::sleep(Duration::from_millis(alive_ms));
            quotah.signal(Signal::KILL);
        });
        let killed_at = now();
        quotah = quotah.restart(Signal::KILL);
        let took = killed_at.elapsed();
        slowest = slowest.max(took);
        assert!(took < RESTART_MAX, "round {round}: ready after {took:?}");
    }
    let seen = seen.into_inner().unwrap();
    let outcomes = outcomes(&quotah);
    assert!(
        seen.complete.len() > ROUNDS,
        "too little load: {}",
        seen.complete.len()
    );
    for id in &seen.complete {
        let found = outcomes.get(id).map(String::as_str);
        assert_eq!(found, Some("ok"), "{id} was complete for its client");
    }
    for id in &seen.cut {
        let found = outcomes.get(id).map_or("nothing", String::as_str);
        // Settled before its last byte went down, or closed at the next start.
        assert!(
            ["ok", "interrupted"].contains(&found),
            "{id} was cut: {found}"
        );
    }
    let reached = provider.requests_count();
    assert!(
        outcomes.len() as u64 >= reached,
        "{} booked, {reached} seen",
        outcomes.len()
    );
    let interrupted = outcomes
        .values()
        .filter(|outcome| *outcome == "interrupted")
        .count();
    assert!(interrupted > 0, "no round hit a request under way");
    eprintln!(
        "{} complete, {} cut, {interrupted} interrupted, slowest restart {slowest:?}",
        seen.complete.len(),
        seen.cut.len()
    );
    assert!(!quotah.stderr().contains("panicked"), "{}", quotah.stderr());
}

#[test]
fn a_request_interrupted_by_kill_9_is_closed_once_with_nothing_claimed() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let mut conn = quotah.connect();
    conn.send(
        PLAIN[0]
            .request()
            .header("x-mock-hang", "before-head")
            .bytes(),
    );
    crate::harness::block_on(provider.wait_for(Duration::from_secs(20), |_| true)).unwrap();
    let quotah = quotah.restart(Signal::KILL);
    let quotah = quotah.restart(Signal::KILL);
    let entries = quotah.ledger_of(1);
    assert_eq!(entries.len(), 1, "closed once, though it was started twice");
    assert_eq!(entries[0].str("outcome"), "interrupted");
    assert_eq!(entries[0].str("model_asked"), PLAIN[0].model);
    assert_eq!(entries[0].u64("output_tokens"), 0);
}

/// What clients saw, by `x-quotah-request-id`.
#[derive(Debug, Default)]
struct Seen {
    complete: BTreeSet<String>,
    cut: BTreeSet<String>,
}

/// Runs `kill` while clients ask on and on.
fn under_load(quotah: &Quotah, seen: &Mutex<Seen>, kill: impl FnOnce()) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let over = &over;
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    ask_on(quotah, client, over, seen);
                }
            });
        }
        kill();
        over.store(true, Ordering::Relaxed);
    });
}

/// Asks on one connection until it breaks.
fn ask_on(quotah: &Quotah, client: usize, over: &AtomicBool, seen: &Mutex<Seen>) {
    let Ok(mut conn) = Conn::try_open(quotah.proxy_addr()) else {
        return;
    };
    let request = request(client);
    while !over.load(Ordering::Relaxed) && conn.try_send(&request.bytes()).is_ok() {
        let Some(answer) = conn.try_response() else {
            return;
        };
        let id = answer.header("x-quotah-request-id").unwrap().to_owned();
        let mut seen = seen.lock().unwrap();
        match answer.end {
            End::Whole => assert!(answer.status == 200 && seen.complete.insert(id)),
            End::Cut => assert!(seen.cut.insert(id)),
        }
    }
}

fn request(client: usize) -> Request {
    let dialect = client / 2 % 3;
    if client.is_multiple_of(2) {
        PLAIN[dialect]
            .request()
            .header("x-mock-first-delay-ms", "2")
    } else {
        let request = STREAMED[dialect].request();
        request
            .header("x-mock-chunks", "10")
            .header("x-mock-delay-ms", "2")
    }
}

/// Every entry's outcome by its id; no id stands twice.
fn outcomes(quotah: &Quotah) -> BTreeMap<String, String> {
    let mut outcomes = BTreeMap::new();
    for entry in quotah.ledger() {
        let id = entry.str("id").to_owned();
        let twice = outcomes.insert(id, entry.str("outcome").to_owned());
        assert_eq!(twice, None, "twice in the ledger: {}", entry.0);
    }
    outcomes
}
