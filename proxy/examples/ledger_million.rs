//! How quickly a ledger of a million entries reopens and answers: `cargo run --release --example ledger_million`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement on the command line, with a clock of its own"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use quotah::ledger::{
    Adjustment, Attempt, Clock, Conditions, Correction, CostSource, Dimension, Entry, Event,
    Filter, Hooks, Intent, Interval, Ledger, Metered, Query, Record, Settings, Spending, Tag,
    Unspent,
};
use uuid::Uuid;

const COUNT: u64 = 1_000_000;
const START_MS: u64 = 1_760_000_000_000;
/// One request each 2.6 s: a month.
const STEP_MS: u64 = 2_600;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::temp_dir().join(format!("quotah-ledger-million-{}", std::process::id()));
    let measured = measure(&dir);
    std::fs::remove_dir_all(&dir)?;
    measured
}

fn measure(dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let ledger = open(dir, "empty")?;
    let entries: Vec<Entry> = (0..1_000).map(entry).collect();
    let intents: Vec<Intent> = entries.iter().map(intent).collect();
    let started = cpu();
    for number in 0..COUNT {
        let at_unix_ms = START_MS + number * STEP_MS;
        let (id_hi, id_lo) = id(number).as_u64_pair();
        let place = number as usize % entries.len();
        let mut intent = intents[place].clone();
        (intent.id_hi, intent.id_lo, intent.at_unix_ms) = (id_hi, id_lo, at_unix_ms);
        ledger.append_intent(&intent);
        let mut entry = entries[place].clone();
        (entry.id_hi, entry.id_lo, entry.at_unix_ms) = (id_hi, id_lo, at_unix_ms);
        ledger.append_entry(&entry);
    }
    let per_request = (cpu() - started) / COUNT as u32;
    println!(
        "append: {per_request:?} of CPU for intent and entry, two writes and two clones included"
    );
    // As after a kill: no index yet for the newest segments, nothing waits for housekeeping.
    drop(ledger);
    std::fs::remove_dir_all(dir.join("index")).ok();
    let ledger = open(dir, "without index")?;
    std::thread::sleep(Duration::from_secs(15));
    drop(ledger);
    let ledger = open(dir, "with index")?;
    replay(&ledger)?;
    drop(ledger);
    let sum = Arc::new(Sum(AtomicI64::new(0)));
    let ledger = open_for(dir, "with index, for a listener", sum.clone())?;
    println!("  heard: {} picodollars", sum.0.load(Ordering::Relaxed));
    for (name, query) in queries() {
        let mut times: Vec<Duration> = (0..100)
            .map(|_| {
                let started = Instant::now();
                let report = ledger.usage(&query);
                assert!(report.total.requests > 0);
                started.elapsed()
            })
            .collect();
        times.sort_unstable();
        println!("usage {name}: p50 {:?} p95 {:?}", times[49], times[94]);
    }
    let started = Instant::now();
    let page = ledger.reader().page(&Conditions::default(), None, 100)?;
    println!(
        "newest {} entries: {:?}",
        page.items.len(),
        started.elapsed()
    );
    let started = Instant::now();
    let found = ledger.reader().find(id(COUNT / 2))?;
    println!("one by id: {:?} ({})", started.elapsed(), found.is_some());
    println!("{:?}", ledger.status());
    Ok(())
}

/// Listens as budgets do.
#[derive(Debug)]
struct Sum(AtomicI64);

impl Spending for Sum {
    fn since_unix_ms(&self) -> Option<u64> {
        Some(0)
    }
    fn entry(&self, entry: &Entry) {
        self.0
            .fetch_add(entry.charge().unwrap_or(0), Ordering::Relaxed);
    }
    fn correction(&self, _: &Correction) {}
    fn adjustment(&self, _: &Adjustment) {}
    fn event(&self, _: &Event) {}
    fn intent(&self, _: u64, _: &Intent) {}
    fn settled(&self, _: Uuid) {}
}

/// Replays all as for a budget that is made while running.
fn replay(ledger: &Ledger) -> Result<(), Box<dyn std::error::Error>> {
    let (started, started_cpu) = (Instant::now(), cpu());
    let (mut published, mut entries, mut sum) = (Duration::ZERO, 0, 0);
    let publish = || published = started.elapsed();
    ledger.replay(0, publish, |record| {
        if let Record::Entry(entry) = record {
            entries += 1;
            sum += entry.charge().unwrap_or(0);
        }
    })?;
    let (took, cpu) = (started.elapsed(), cpu() - started_cpu);
    println!(
        "replay: {took:?} ({cpu:?} of CPU), {entries} entries of {sum} picodollars, published after {published:?}"
    );
    let held = cpu_of(|| {
        for _ in 0..1_000_000 {
            drop(std::hint::black_box(ledger.charging()));
        }
    });
    println!("charging: {:?} each", held / 1_000_000);
    Ok(())
}

/// CPU time of some work.
fn cpu_of(work: impl FnOnce()) -> Duration {
    let started = cpu();
    work();
    cpu() - started
}

fn open(dir: &Path, what: &str) -> Result<Ledger, Box<dyn std::error::Error>> {
    open_for(dir, what, Arc::new(Unspent))
}

fn open_for(
    dir: &Path,
    what: &str,
    spending: Arc<dyn Spending>,
) -> Result<Ledger, Box<dyn std::error::Error>> {
    let unix_ms = || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(0, |now| now.as_millis() as u64)
    };
    let clock = Clock {
        now: Instant::now,
        unix_ms,
    };
    let (started, started_cpu) = (Instant::now(), cpu());
    let hooks = Hooks {
        spending,
        ..Hooks::new(clock)
    };
    let (ledger, recovery) = Ledger::open(dir, Settings::default(), hooks)?;
    let (entries, segments) = (recovery.entries, recovery.segments);
    let known = recovery.segments_from_index;
    let took = started.elapsed();
    let cpu = cpu() - started_cpu;
    println!(
        "open {what}: {took:?} ({cpu:?} of CPU), {entries} entries, \
         {segments} segments, {known} from the index, {told} of these read all the same",
        told = recovery.segments_told
    );
    Ok(ledger)
}

/// CPU time of this thread, as Linux counts it; wall-clock time says little on a busy machine.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn id(number: u64) -> Uuid {
    let at_unix_ms = START_MS + number * STEP_MS;
    Uuid::from_u128((u128::from(at_unix_ms) << 80) | (7 << 76) | (2 << 62) | u128::from(number))
}

/// A thousand label sets in all: keys belong to one team, users to one key.
fn entry(number: u64) -> Entry {
    let at_unix_ms = START_MS + number * STEP_MS;
    let name = |what: &str, of: u64| format!("{what}-{}", number % of);
    let mut entry = Entry {
        at_unix_ms,
        key: name("key", 20),
        team: name("team", 5),
        user: name("user", 100),
        project: name("project", 4),
        tags: vec![Tag {
            name: "feature".to_owned(),
            value: name("feature", 3),
        }],
        dialect: "openai".to_owned(),
        operation: "chat".to_owned(),
        model_asked: "fast".to_owned(),
        model_sent: name("model", 6),
        model_answered: name("model", 6),
        provider: name("provider", 3),
        deployment: name("provider", 3),
        attempts: vec![Attempt {
            provider: name("provider", 3),
            status: 200,
            duration_ms: 900,
            ..Attempt::default()
        }],
        status: 200,
        input_tokens: 1_200,
        output_tokens: 300,
        cost_picousd: Some(360_000_000),
        price_version: "2026-11-01".to_owned(),
        duration_ms: 900,
        ttft_ms: Some(200),
        overhead_us: 40,
        client_ip: "10.0.0.1".to_owned(),
        user_agent: "OpenAI/Python 2.8.0".to_owned(),
        ..Entry::default()
    };
    entry.set_id(id(number));
    entry.set_cost_source(CostSource::Table);
    entry.set_usage_source(Metered::Provider);
    entry
}

fn intent(entry: &Entry) -> Intent {
    Intent {
        at_unix_ms: entry.at_unix_ms,
        key: entry.key.clone(),
        team: entry.team.clone(),
        provider: entry.provider.clone(),
        model_asked: entry.model_asked.clone(),
        operation: entry.operation.clone(),
        reserved_picousd: 1_000_000_000,
        ..Intent::default()
    }
}

fn queries() -> Vec<(&'static str, Query)> {
    let all = Query {
        from_ms: START_MS,
        to_ms: START_MS + COUNT * STEP_MS,
        ..Query::default()
    };
    let team = Filter {
        dimension: Dimension::Team,
        values: vec!["team-1".to_owned()],
    };
    vec![
        ("total", all.clone()),
        (
            "by day, provider, model",
            Query {
                interval: Some(Interval::Day),
                by: vec![Dimension::Provider, Dimension::Model],
                ..all.clone()
            },
        ),
        (
            "by hour, key and tag of one team",
            Query {
                interval: Some(Interval::Hour),
                by: vec![Dimension::Key, Dimension::Tag("feature".to_owned())],
                filters: vec![team],
                ..all
            },
        ),
    ]
}
