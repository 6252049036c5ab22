//! What a budget has spent is what the ledger says: over restarts, reloads, and budgets that come later.

use rustix::process::Signal;

use super::{account, hard, money, spent, with};
use crate::harness::{Request, provider};

const BODY: &str = r#"{"model":"gpt-4o-mini","messages":[]}"#;

#[test]
fn what_was_spent_is_known_after_a_restart_however_the_process_ended() {
    let provider = provider();
    let mut quotah = with(
        &provider,
        &hard("all", 1_000_000_000_000, "window = \"month\"\n"),
    )
    .start();
    let mut sent = 0;
    for signal in [Signal::TERM, Signal::KILL] {
        for _ in 0..5 {
            assert_eq!(quotah.post("/v1/chat/completions", BODY).status, 200);
            sent += 1;
        }
        let before = spent(&quotah.ledger_of(sent));
        quotah = quotah.restart(signal);
        assert_eq!(
            money(&account(&quotah, "all", ""), "spent_usd"),
            before,
            "{signal:?}"
        );
    }
}

#[test]
fn a_budget_that_comes_with_a_reload_knows_what_was_spent_before_it() {
    let provider = provider();
    let tables = hard("early", 1_000_000_000_000, "window = \"month\"\n");
    let config = with(&provider, &tables).key("k-red", "sk-virtual-red-000001", "team = \"red\"");
    let quotah = config.clone().start();
    let red = || Request::post("/v1/chat/completions", BODY).bearer("sk-virtual-red-000001");
    for _ in 0..4 {
        assert_eq!(quotah.send(&red()).status, 200);
        assert_eq!(quotah.post("/v1/chat/completions", BODY).status, 200);
    }
    let entries = quotah.ledger_of(8);
    let late = hard(
        "late",
        1,
        "match = { team = \"red\" }\nwindow = \"month\"\n",
    );
    quotah.write_config(&config.table(&late).toml());
    // It answers when the ledger has been read for what is new.
    let reloaded = quotah.admin(Request::post("/admin/v1/reload", ""));
    assert_eq!(reloaded.status, 200, "{}", reloaded.text());
    let red_only: Vec<_> = entries
        .iter()
        .filter(|entry| entry.str("team") == "red")
        .cloned()
        .collect();
    assert_eq!(
        money(&account(&quotah, "late", ""), "spent_usd"),
        spent(&red_only)
    );
    assert_eq!(
        money(&account(&quotah, "early", ""), "spent_usd"),
        spent(&entries)
    );
    assert_eq!(quotah.send(&red()).status, 429);
    assert_eq!(quotah.post("/v1/chat/completions", BODY).status, 200);
}

#[test]
fn all_budgets_that_match_are_reserved_in_together_or_none_is() {
    let provider = provider();
    let tables = [
        hard("wide", 1_000_000_000_000, "window = \"month\"\n"),
        hard(
            "narrow",
            0,
            "match = { model = \"gpt-*\" }\nwindow = \"month\"\n",
        ),
    ];
    let quotah = with(&provider, &tables.join("\n")).start();
    assert_eq!(quotah.post("/v1/chat/completions", BODY).status, 429);
    assert_eq!(money(&account(&quotah, "wide", ""), "reserved_usd"), 0);
    let other = quotah.post(
        "/v1/messages",
        r#"{"model":"claude-haiku-4-5","max_tokens":10,"messages":[]}"#,
    );
    assert_eq!(other.status, 200);
    let left = other
        .header("x-quotah-budget-remaining-usd")
        .expect("what is left");
    assert!(left.starts_with("0.99"), "{left}");
}
