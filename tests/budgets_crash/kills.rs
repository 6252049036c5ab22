//! `kill -9`, and disks that are full for a while.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rustix::process::Signal;

use super::{TARGET, at_rest, charge, charged, pieces, plain, stream};
use crate::budgets::{RATES, account, hard, money, with};
use crate::harness::{Conn, End, Quotah, Request, eventually, provider, served};

/// How often the program is killed.
const ROUNDS: u32 = 10;

/// What all that is asked for costs more than.
const LIMIT: u64 = 8_000_000_000;

#[test]
fn ten_kills_at_random_moments_under_a_hard_budget_spend_no_more_than_there_is_and_lose_nothing() {
    let provider = provider();
    let mut quotah = with(&provider, &hard("all", LIMIT, "window = \"total\"\n")).start();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let complete = Mutex::new(BTreeSet::new());
    for round in 0..ROUNDS {
        let alive_ms = 100 + u64::from(random.next_u32() % 300);
        under_load(&quotah, &complete, || {
            thread::sleep(Duration::from_millis(alive_ms));
            let all = account(&quotah, "all", "");
            let used = money(&all, "spent_usd") + money(&all, "reserved_usd");
            assert!(used <= LIMIT, "round {round}: {all}");
            quotah.signal(Signal::KILL);
        });
        quotah = quotah.restart(Signal::KILL);
        // Nobody asks for anything: what the dead process held is charged, and nothing is held.
        let all = account(&quotah, "all", "");
        assert_eq!(money(&all, "reserved_usd"), 0, "round {round}");
        assert!(money(&all, "spent_usd") <= LIMIT, "round {round}: {all}");
        assert_eq!(money(&all, "spent_usd"), charged(&quotah.ledger()));
    }
    let entries = quotah.ledger();
    let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.str("id")).collect();
    assert_eq!(ids.len(), entries.len(), "every request is booked once");
    let complete = complete.into_inner().unwrap();
    assert!(complete.len() > 20, "too little load: {}", complete.len());
    for id in &complete {
        assert!(ids.contains(&**id), "{id} was complete and is not booked");
    }
    let interrupted = |entry: &&crate::harness::Entry| entry.str("outcome") == "interrupted";
    let interrupted: Vec<_> = entries.iter().filter(interrupted).collect();
    assert!(!interrupted.is_empty(), "no kill hit a request under way");
    for entry in interrupted {
        assert!(charge(entry) > 0, "{entry:?}");
    }
}

/// Runs `kill` while four clients ask on and on, every other one for streams.
fn under_load(quotah: &Quotah, complete: &Mutex<BTreeSet<String>>, kill: impl FnOnce()) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for client in 0..4 {
            let over = &over;
            let request = if client % 2 == 0 {
                plain()
            } else {
                stream(100, 2)
            };
            scope.spawn(move || ask_on(quotah, &request, over, complete));
        }
        kill();
        over.store(true, Ordering::Relaxed);
    });
}

/// Asks until there is nobody to ask, or no money.
fn ask_on(
    quotah: &Quotah,
    request: &Request,
    over: &AtomicBool,
    complete: &Mutex<BTreeSet<String>>,
) {
    while !over.load(Ordering::Relaxed) {
        let Ok(mut conn) = Conn::try_open(quotah.proxy_addr()) else {
            return;
        };
        while conn.try_send(&request.bytes()).is_ok() {
            let Some(answer) = conn.try_response() else {
                return;
            };
            if answer.end == End::Cut {
                break;
            }
            assert!([200, 429].contains(&answer.status), "{}", answer.text());
            let id = answer.header("x-quotah-request-id").unwrap().to_owned();
            complete.lock().unwrap().insert(id);
            if over.load(Ordering::Relaxed) || answer.status == 429 {
                return;
            }
        }
    }
}

#[test]
fn a_killed_stream_is_charged_what_it_was_raised_to_and_not_what_it_began_with() {
    let provider = provider();
    let limit = 1_000_000_000_000;
    let tables = [
        "[reservation]\nprior_output_tokens = 64\n\n".to_owned(),
        hard("all", limit, "window = \"total\"\n"),
    ];
    let quotah = with(&provider, &tables.concat()).start();
    let held = || money(&account(&quotah, "all", ""), "reserved_usd");
    let mut conn = quotah.connect();
    conn.send(stream(4_000, 2).bytes());
    let first = eventually("the stream holds something", || {
        Some(held()).filter(|held| *held > 0)
    });
    conn.response_head();
    assert_eq!(pieces(&mut conn, 600).len(), 600);
    let raised = held();
    assert!(raised > 2 * first, "{first}, then {raised}");
    let quotah = quotah.restart(Signal::KILL);
    let entry = quotah.ledger_of(1).remove(0);
    assert_eq!(entry.str("outcome"), "interrupted");
    let billed = served(&provider, 1)[0].billed;
    assert!(charge(&entry) >= raised, "{entry:?}");
    assert!(
        charge(&entry) >= billed.output * RATES[2],
        "{billed:?}: {entry:?}"
    );
    at_rest(&quotah, "all");
    // And nothing of it is charged again.
    let quotah = quotah.restart(Signal::KILL);
    assert_eq!(quotah.ledger().len(), 1);
    at_rest(&quotah, "all");
}

#[test]
fn a_stream_over_a_disk_that_is_full_for_a_while_is_booked_once_and_charged_what_it_cost() {
    let provider = provider();
    let quotah = with(&provider, &hard("all", LIMIT, "window = \"total\"\n")).start();
    let mut conn = quotah.connect();
    conn.send(stream(1_500, 2).bytes());
    conn.response_head();
    assert_eq!(pieces(&mut conn, 40).len(), 40);
    quotah.process().limit_file_size(Some(0));
    let refused = quotah.send(&plain());
    assert_eq!(refused.status, 503, "{}", refused.text());
    let rest = pieces(&mut conn, usize::MAX);
    let last = rest.last().expect("it went on");
    assert!(String::from_utf8_lossy(last).contains("[DONE]"));
    let all = eventually("the stream is settled", || {
        let all = account(&quotah, "all", "");
        (money(&all, "reserved_usd") == 0).then_some(all)
    });
    assert!(money(&all, "spent_usd") > 1_500 * RATES[2], "{all}");
    quotah.process().limit_file_size(None);
    eventually("the ledger takes records again", || {
        (quotah.send(&plain()).status == 200).then_some(())
    });
    at_rest(&quotah, "all");
    let quotah = quotah.restart(Signal::KILL);
    let all = at_rest(&quotah, "all");
    assert!(money(&all, "spent_usd") <= LIMIT, "{all}");
    let ok = quotah.ledger();
    let ok = ok.iter().filter(|entry| entry.str("outcome") == "ok");
    assert_eq!(ok.count(), 2);
}

#[test]
fn what_was_learned_is_known_after_a_restart() {
    let provider = provider();
    let quotah = with(
        &provider,
        &hard("all", 5_000_000_000_000, "window = \"total\"\n"),
    )
    .start();
    let body = r#"{"model":"gpt-4o-mini","max_tokens":128000,"messages":[]}"#;
    let ask = |quotah: &Quotah| {
        let answer = quotah.send(&Request::post(TARGET, body).header("x-mock-output", "300"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cap = answer
            .header("x-quotah-max-tokens")
            .expect("it was lowered");
        cap.parse::<u64>().unwrap()
    };
    // The prior of 1,024 tokens, eight times.
    assert_eq!(ask(&quotah), 8_192);
    for _ in 0..24 {
        ask(&quotah);
    }
    let learned = ask(&quotah);
    // Eight times what nearly all used, which is known to a tenth.
    assert!((8 * 300..=8 * 330).contains(&learned), "{learned}");
    let before = money(&account(&quotah, "all", ""), "spent_usd");
    let quotah = quotah.restart(Signal::TERM);
    assert_eq!(money(&account(&quotah, "all", ""), "spent_usd"), before);
    assert_eq!(ask(&quotah), learned);
}
