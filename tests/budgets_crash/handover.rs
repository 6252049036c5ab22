//! Two processes on one ledger: each knows what the other holds and spends.

use std::time::Duration;

use rustix::process::Signal;

use super::{at_rest, pieces, plain, stream};
use crate::budgets::{RATES, account, hard, money, usd, with};
use crate::harness::{Quotah, Request, eventually, provider};
use crate::restart::{Family, is_alive, ready_pids, signal};

const LIMIT: u64 = 20_000_000_000;

/// Tokens of the long stream: more than what it holds at first.
const TOKENS: u32 = 3_000;

/// Hands the sockets to a successor, and gives its process once it is the one that answers.
fn hand_over(quotah: &Quotah, family: &mut Family) -> u32 {
    quotah.signal(Signal::QUIT);
    let successor = eventually("a successor", || {
        ready_pids(&quotah.stderr()).get(1).copied()
    });
    family.0.push(successor);
    eventually("the successor answers", || {
        // The predecessor shares the socket for a moment.
        let is_it = |_| quotah.admin_json("/admin/v1/status")["pid"] == successor;
        (0..5).all(is_it).then_some(())
    });
    successor
}

#[test]
fn a_successor_holds_what_its_predecessor_has_open_and_both_agree_when_it_is_settled() {
    let provider = provider();
    let tables = [
        "[reservation]\nprior_output_tokens = 64\n\n".to_owned(),
        hard("all", LIMIT, "window = \"total\"\n"),
    ];
    let quotah = with(&provider, &tables.concat())
        .server("drain_seconds = 60")
        .start();
    let mut conn = quotah.connect();
    conn.send(stream(TOKENS, 5).bytes());
    conn.response_head();
    let mut family = Family(Vec::new());
    let successor = hand_over(&quotah, &mut family);
    let held = || money(&account(&quotah, "all", ""), "reserved_usd");
    let first = held();
    assert!(first > 0, "the predecessor's stream is known");
    let raised = eventually("the predecessor's raise is known", || {
        Some(held()).filter(|now| *now > first)
    });
    // A budget that is made meanwhile counts what is open too.
    let form = format!(
        r#"{{"id":"late","limit_usd":"{}","window":"total","mode":"hard"}}"#,
        usd(LIMIT)
    );
    let made = quotah.admin(Request::post("/admin/v1/budgets", form));
    assert_eq!(made.status, 201, "{}", made.text());
    eventually("the new budget holds it", || {
        (money(&account(&quotah, "late", ""), "reserved_usd") >= raised).then_some(())
    });
    assert_eq!(quotah.send(&plain()).status, 200);
    for _ in 0..20 {
        let all = account(&quotah, "all", "");
        let used = money(&all, "spent_usd") + money(&all, "reserved_usd");
        assert!(used <= LIMIT, "{all}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let last = pieces(&mut conn, usize::MAX).pop().expect("it went on");
    assert!(String::from_utf8_lossy(&last).contains("[DONE]"));
    for budget in ["all", "late"] {
        let account = at_rest(&quotah, budget);
        let spent = money(&account, "spent_usd");
        assert!(
            spent > u64::from(TOKENS) * RATES[2] && spent <= LIMIT,
            "{account}"
        );
    }
    assert_eq!(quotah.ledger().len(), 2);
    assert!(!quotah.stderr().contains("panicked"), "{}", quotah.stderr());
    signal(successor, Signal::TERM);
    eventually("the successor ends", || {
        (!is_alive(successor)).then_some(())
    });
}

#[test]
fn a_predecessor_that_is_killed_while_it_drains_is_charged_what_it_held_by_its_successor() {
    let provider = provider();
    let config = with(&provider, &hard("all", LIMIT, "window = \"total\"\n"));
    let mut quotah = config.server("drain_seconds = 60").start();
    let mut conn = quotah.connect();
    conn.send(stream(TOKENS, 20).bytes());
    conn.response_head();
    let mut family = Family(Vec::new());
    let successor = hand_over(&quotah, &mut family);
    let held = money(&account(&quotah, "all", ""), "reserved_usd");
    assert!(held > 0, "the predecessor's stream is known");
    quotah.signal(Signal::KILL);
    quotah.wait();
    let all = eventually("it is charged", || {
        let all = account(&quotah, "all", "");
        (money(&all, "spent_usd") >= held).then_some(all)
    });
    assert!(money(&all, "spent_usd") <= LIMIT, "{all}");
    at_rest(&quotah, "all");
    let entries = quotah.ledger_of(1);
    assert_eq!(entries[0].str("outcome"), "interrupted");
    signal(successor, Signal::KILL);
}
