//! Budgets over crashes, hand-overs and full disks: the ledger is what was spent, whoever wrote it.

mod handover;
mod kills;

use serde_json::Value;

use crate::budgets::{account, money};
use crate::harness::{Conn, Entry, Quotah, Request, eventually, picousd};

const TARGET: &str = "/v1/chat/completions";

const PLAIN: &str =
    r#"{"model":"gpt-4o-mini","max_tokens":40,"messages":[{"role":"user","content":"hi"}]}"#;

const STREAM: &str =
    r#"{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

/// A stream of so many tokens, one at a time.
fn stream(chunks: u32, delay_ms: u32) -> Request {
    Request::post(TARGET, STREAM)
        .header("x-mock-chunks", &chunks.to_string())
        .header("x-mock-text-bytes", "4")
        .header("x-mock-delay-ms", &delay_ms.to_string())
}

fn plain() -> Request {
    Request::post(TARGET, PLAIN).header("x-mock-output", "40")
}

/// The next so many pieces of an answer whose head was read, or all that there are.
fn pieces(conn: &mut Conn, count: usize) -> Vec<Vec<u8>> {
    let next = || conn.chunk();
    std::iter::from_fn(next).take(count).collect()
}

/// What these entries were charged together, 10⁻¹² USD.
fn charged(entries: &[Entry]) -> u64 {
    entries.iter().map(charge).sum()
}

/// What an entry was charged: a sum that was set for it, or its cost.
fn charge(entry: &Entry) -> u64 {
    let usd = |field: &str| entry.0[field].as_str().map(picousd);
    usd("charged_usd").or_else(|| usd("cost_usd")).unwrap_or(0)
}

/// The budget's only account once nothing is set aside, as it then agrees with the ledger.
fn at_rest(quotah: &Quotah, budget: &str) -> Value {
    eventually(
        "nothing is set aside, and the ledger says what was spent",
        || {
            let account = account(quotah, budget, "");
            let is_at_rest = money(&account, "reserved_usd") == 0
                && money(&account, "spent_usd") == charged(&quotah.ledger());
            is_at_rest.then_some(account)
        },
    )
}
