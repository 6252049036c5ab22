//! Budgets that hold: never a request too many, never a cent over, nothing left set aside.

mod calibrated;
mod closed;
mod crowd;
mod cut;
mod windows;

use serde_json::Value;

use crate::harness::{Config, Entry, Quotah, picousd};

/// What gpt-4o-mini costs by the built-in table, 10⁻¹² USD a token: input, cached input, output.
pub(crate) const RATES: [u64; 3] = [150_000, 75_000, 600_000];

/// A hard budget, as TOML; `more` is further lines.
pub(crate) fn hard(id: &str, limit_picousd: u64, more: &str) -> String {
    format!(
        "[[budgets]]\nid = \"{id}\"\nlimit_usd = \"{}\"\nmode = \"hard\"\n{more}",
        usd(limit_picousd)
    )
}

/// An amount as decimal dollars.
pub(crate) fn usd(picousd: u64) -> String {
    format!(
        "{}.{:012}",
        picousd / 1_000_000_000_000,
        picousd % 1_000_000_000_000
    )
}

/// The only account of a budget, as the admin plane tells it.
pub(crate) fn account(quotah: &Quotah, budget: &str, value: &str) -> Value {
    let budget = quotah.admin_json(&format!("/admin/v1/budgets/{budget}"));
    let accounts = budget["accounts"].as_array().cloned().unwrap_or_default();
    let found = accounts
        .into_iter()
        .find(|account| account["value"] == value);
    found.unwrap_or_else(|| panic!("no account {value:?} in {budget}"))
}

/// A field of an account that is money, 10⁻¹² USD.
pub(crate) fn money(account: &Value, field: &str) -> u64 {
    picousd(
        account[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field} in {account}")),
    )
}

/// What these entries cost together, 10⁻¹² USD.
fn spent<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> u64 {
    let cost = |entry: &Entry| picousd(entry.0["cost_usd"].as_str().unwrap_or("0"));
    entries.into_iter().map(cost).sum()
}

/// What the mock's plain answer to a chat body of so many bytes costs with so much output.
fn cost_of_chat(body_bytes: u64, output: u64) -> u64 {
    let input = 8 + body_bytes / 4;
    let cached = input / 4;
    (input - cached) * RATES[0] + cached * RATES[1] + output * RATES[2]
}

/// The three dialects toward the mock, tags kept, and one budget.
pub(crate) fn with(provider: &quotah_bench::mock::Mock, tables: &str) -> Config {
    Config::toward(provider)
        .server("tags = [\"round\"]")
        .table(tables)
}
