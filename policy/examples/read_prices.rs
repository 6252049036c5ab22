//! How long the price files that ship take to be read: each when its provider is first asked for.
//!
//! `cargo run --release --package quotah-policy --example read_prices`

use std::time::Instant;

use quotah_policy::PriceTable;

#[expect(clippy::print_stdout, reason = "it is what an example says")]
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn main() {
    let started = Instant::now();
    let table = PriceTable::builtin();
    println!("table made: {:?}", started.elapsed());
    for kind in [
        "openai",
        "anthropic",
        "gemini",
        "vertex",
        "bedrock",
        "openrouter",
    ] {
        let started = Instant::now();
        let found = table.find(kind, "no such model", 0).is_some();
        println!("{kind}: {:?} {found}", started.elapsed());
    }
    let started = Instant::now();
    let rows = table.rows().count();
    println!("all others: {:?}, {rows} rows", started.elapsed());
    let started = Instant::now();
    let mut found = 0;
    for _ in 0..1_000 {
        let at = table.as_of_unix_seconds();
        found += i32::from(
            table
                .find("bedrock", "us.anthropic.claude-opus-4-1-20250805-v1:0", at)
                .is_some(),
        );
    }
    println!("a look-up: {:?} ({found})", started.elapsed() / 1_000);
}
