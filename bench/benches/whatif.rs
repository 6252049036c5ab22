//! How long `quotah whatif` takes over a million entries: the aim is under 10 s.
//!
//! `cargo bench -p quotah-bench --bench whatif [-- ENTRIES]`. Writes a ledger of so many mixed entries, then replays it
//! against the configuration that it ran under, and against one with other routes, prices and budgets.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark: it prints, has a clock, and what is not as it should be ends it"
)]

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use quotah::config::{Config, Flags, Inputs, load};
use quotah::ledger::{
    Attempt, Clock, Conditions, CostSource, Entry, Hooks, Ledger, Metered, Reader, Settings, usd,
};
use quotah::whatif::{Replay, Report};

const ENTRIES: u64 = 1_000_000;

fn main() {
    let asked = std::env::args().filter_map(|arg| arg.parse().ok()).next();
    let entries = asked.unwrap_or(ENTRIES);
    let scratch = tempfile::tempdir().unwrap();
    let current = config(scratch.path(), CURRENT);
    let other = config(scratch.path(), OTHER);
    let begun = Instant::now();
    write(&current.ledger_dir(), entries);
    println!(
        "wrote {entries} entries in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    for (what, new) in [("the same policy", &current), ("another policy", &other)] {
        let begun = Instant::now();
        let report = replayed(&current, new);
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!(report.entries, entries);
        println!(
            "whatif, {what}: {seconds:.2} s; {} USD then, {} USD now, {} moves",
            usd(report.cost_then_picousd),
            usd(report.cost_new_picousd),
            report.moves.len(),
        );
    }
}

/// What the command does.
fn replayed(current: &Config, new: &Config) -> Report {
    let mut replay = Replay::new(current, new);
    let reader = Reader::new(current.ledger_dir());
    let read = |each: &mut dyn FnMut(&Entry)| {
        let visit = |entry| {
            each(&entry);
            ControlFlow::Continue(())
        };
        let damaged = reader.each(&Conditions::default(), visit).unwrap();
        assert!(damaged.is_empty(), "{damaged:?}");
    };
    if replay.needs_survey() {
        read(&mut |entry| replay.survey(entry));
    }
    read(&mut |entry| replay.feed(entry));
    replay.finish()
}

fn write(dir: &Path, entries: u64) {
    let unix_ms = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(since.as_millis()).unwrap()
    };
    let clock = Clock {
        unix_ms,
        now: Instant::now,
    };
    let (ledger, _) = Ledger::open(dir, Settings::default(), Hooks::new(clock)).unwrap();
    let newest_ms = unix_ms();
    for number in 0..entries {
        // A month, evenly.
        let ago_ms = (entries - number).saturating_mul(30 * 86_400_000) / entries;
        ledger.append_entry(&entry(number, newest_ms.saturating_sub(ago_ms)));
    }
}

/// A request as a gateway for a few teams sees them.
fn entry(number: u64, at_unix_ms: u64) -> Entry {
    let (asked, provider, model) = MODELS[usize::try_from(number % 7).unwrap() % MODELS.len()];
    let input_tokens = 200 + number * 7_919 % 9_000;
    let output_tokens = number * 104_729 % 900;
    let mut entry = Entry {
        id_hi: at_unix_ms << 16 | 7 << 12,
        id_lo: number,
        at_unix_ms,
        key: format!("key{:09}", number % 500),
        team: format!("team-{}", number % 20),
        user: format!("user-{}", number % 3_000),
        project: "search".into(),
        dialect: "openai".into(),
        operation: "chat".into(),
        model_asked: asked.into(),
        model_sent: model.into(),
        model_answered: model.into(),
        provider: provider.into(),
        provider_kind: provider.into(),
        deployment: format!("{provider}/{model}"),
        attempts: vec![Attempt {
            provider: provider.into(),
            deployment: format!("{provider}/{model}"),
            status: 200,
            duration_ms: 900,
            ..Attempt::default()
        }],
        status: 200,
        stream: number.is_multiple_of(3),
        input_tokens,
        cached_input_tokens: input_tokens / 4,
        output_tokens,
        cost_picousd: i64::try_from(input_tokens * 150_000 + output_tokens * 600_000).ok(),
        price_version: "2026-11-20".into(),
        duration_ms: 900 + number % 400,
        ttft_ms: Some(200 + number % 150),
        overhead_us: 90,
        client_ip: "192.0.2.10".into(),
        user_agent: "OpenAI/Python 2.8.1".into(),
        ..Entry::default()
    };
    entry.set_usage_source(Metered::Provider);
    entry.set_cost_source(CostSource::Table);
    entry
}

/// What clients ask for, and where it goes.
const MODELS: [(&str, &str, &str); 4] = [
    ("fast", "openai", "gpt-4o-mini"),
    ("smart", "openai", "gpt-4o"),
    ("gpt-4.1-mini", "openai", "gpt-4.1-mini"),
    ("open", "groq", "llama-3.3-70b-versatile"),
];

fn config(dir: &Path, text: &str) -> Config {
    let file = dir.join("quotah.toml");
    std::fs::write(&file, format!("{PROVIDERS}{text}")).unwrap();
    let inputs = Inputs {
        flags: Flags {
            config: Some(file),
            data_dir: Some(dir.join("data")),
            ..Flags::default()
        },
        ..Inputs::default()
    };
    load(&inputs).unwrap().config
}

const PROVIDERS: &str = r#"
[[providers]]
kind = "openai"
api_key = "sk-1"
[[providers]]
kind = "groq"
api_key = "sk-2"
[[models]]
name = "smart"
deployments = [{ provider = "openai", model = "gpt-4o" }]
"#;

const CURRENT: &str = r#"
[[models]]
name = "fast"
deployments = [{ provider = "openai", model = "gpt-4o-mini" }]
[[models]]
name = "open"
deployments = [{ provider = "groq", model = "llama-3.3-70b-versatile" }]
"#;

const OTHER: &str = r#"
[[models]]
name = "fast"
route = "cheapest"
deployments = [
  { provider = "openai", model = "gpt-4o-mini" },
  { provider = "groq", model = "llama-3.1-8b-instant" },
]
[[models]]
name = "open"
route = "balanced"
deployments = [
  { provider = "groq", model = "llama-3.3-70b-versatile" },
  { provider = "openai", model = "gpt-4.1-nano" },
]
[[prices]]
provider = "openai"
model = "gpt-4o"
input_usd_per_mtok = "2"
output_usd_per_mtok = "8"
[[budgets]]
id = "teams"
per = "team"
limit_usd = "50"
window = "week"
[[budgets]]
id = "users"
per = "user"
limit_usd = "1"
window = "day"
mode = "soft"
"#;
