//! A corrected price changes what the books say of the past, and each change is on record.

use serde_json::Value;

use quotah_bench::mock::Mock;

use crate::harness::{Config, Entry, Quotah, Request, eventually, provider};

/// A gateway with two priced requests, one of a model without a price, and its configuration's text.
fn busy(provider: &Mock) -> (Quotah, String) {
    let config = Config::toward(provider).table(
        "[[prices]]\nprovider = \"openai\"\nmodel = \"mine\"\ninput_usd_per_mtok = \"1\"\noutput_usd_per_mtok = \"2\"",
    );
    let toml = config.toml();
    let quotah = config.start();
    for model in ["mine", "mine", "other"] {
        quotah.entry(&quotah.post("/v1/chat/completions", &format!(r#"{{"model":"{model}"}}"#)));
    }
    (quotah, toml)
}

fn totals(quotah: &Quotah) -> (u64, u64, u64) {
    let total = &quotah.admin_json("/admin/v1/usage")["total"];
    let count = |name: &str| total[name].as_u64().expect("a count");
    (count("cost_nanousd"), count("unpriced"), count("requests"))
}

fn costs(entries: &[Entry]) -> Vec<Option<u64>> {
    entries
        .iter()
        .map(|entry| entry.0["cost_picousd"].as_u64())
        .collect()
}

#[test]
fn a_corrected_price_is_applied_to_the_past_once_and_every_view_shows_it() {
    let provider = provider();
    let (quotah, toml) = busy(&provider);
    let before = quotah.ledger_of(3);
    let old = costs(&before);
    assert_eq!((old[2], totals(&quotah).1), (None, 1));
    let same = quotah.cli(&["rerate"]);
    assert_eq!((same.code(), &*same.stdout), (0, ""), "{}", same.stderr);

    let toml = toml.replace(
        "model = \"mine\"\ninput_usd_per_mtok = \"1\"\noutput_usd_per_mtok = \"2\"",
        "model = \"*\"\ninput_usd_per_mtok = \"3\"\noutput_usd_per_mtok = \"6\"",
    );
    quotah.write_config(&toml);
    quotah.admin(Request::post("/admin/v1/reload", ""));
    let dry = quotah.cli(&["rerate", "--dry-run"]);
    assert_eq!(
        (dry.code(), dry.stdout.lines().count()),
        (0, 3),
        "{}",
        dry.stderr
    );
    assert_eq!(costs(&quotah.ledger()), old);

    let one = quotah.cli(&["rerate", "--model", "other"]);
    assert_eq!(
        (one.code(), one.stdout.lines().count()),
        (0, 1),
        "{}",
        one.stderr
    );
    let rest = quotah.cli(&["rerate", "--reason", "price list of January"]);
    assert_eq!(
        (rest.code(), rest.stdout.lines().count()),
        (0, 2),
        "{}",
        rest.stderr
    );
    let again = quotah.cli(&["rerate"]);
    assert_eq!((again.code(), &*again.stdout), (0, ""), "{}", again.stderr);

    let after = quotah.ledger();
    let new = costs(&after);
    assert_eq!(
        new[..2],
        [old[0].map(|cost| cost * 3), old[1].map(|cost| cost * 3)]
    );
    assert!(new[2].is_some());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after.tokens(), before.tokens());
        assert_eq!(after.str("cost_source"), "table");
        assert_ne!(after.0["price_version"], before.0["price_version"]);
        assert!(after.0["corrected_at"].is_string() && before.0["corrected_at"].is_null());
        let found = quotah.admin_json(&format!("/admin/v1/requests/{}", after.str("id")));
        assert_eq!(found["cost_picousd"], after.0["cost_picousd"]);
    }
    let sum: u64 = new.iter().flatten().sum();
    // Corrections of two runs arrive, one file after the other.
    let sums = ((sum + 500) / 1_000, 0, 3);
    eventually("the running process to follow", || {
        (totals(&quotah) == sums).then_some(())
    });

    let exported = quotah.cli(&["export", "--format", "jsonl"]);
    let lines = exported
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let exported: Vec<Option<u64>> = lines
        .map(|line: Value| line["cost_picousd"].as_u64())
        .collect();
    assert_eq!(exported, new);

    let quotah = quotah.restart(rustix::process::Signal::KILL);
    assert_eq!(totals(&quotah), sums);
    assert_eq!(costs(&quotah.ledger()), new);
}
