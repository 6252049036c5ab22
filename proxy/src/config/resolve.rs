//! From what was written to what will run: every default, every check, every fault at once.

mod adapter;
mod admin;
mod aws;
mod budget;
mod cloud;
mod condition;
mod credential;
mod credentials;
mod deployment;
mod entra;
mod google;
mod guard;
mod health;
mod key;
mod limit;
mod model;
mod price;
mod provider;
mod reservation;
mod retry;
mod route;
mod select;
mod server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quotah_adapters::ProviderKind;
use quotah_policy::PriceTable;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::resolved::{
    Config, Credential, KeyDefaults, LedgerSettings, Listen, Log, LogFormat, Provider, Secret,
};
use super::section::Section;
use super::tree::{Place, Problems, Source, Table};
use super::{Inputs, Loaded, Warning, discover, redact};
use crate::prices::updated_table;

pub(super) use cloud::{base_of_environment, is_set_up};
pub(super) use credential::of_environment;
pub(super) use provider::with_defaults;

/// Resolves a tree, or leaves its faults in `problems`.
pub(super) fn resolve(
    tree: &Table,
    sources: &[Source],
    inputs: &Inputs,
    problems: &Problems,
) -> Loaded {
    let root = Section::new("", tree, Place::start(), problems);
    let mut warnings = Vec::new();
    let server = server::server(&root, inputs);
    let admin = admin::admin(&root, inputs);
    let mut providers = provider::providers(&root, &inputs.env);
    if !root.is_present("providers") {
        providers = discover::providers(&inputs.env, &server.listen, &mut warnings);
        if providers.is_empty() {
            problems.nowhere(Problem::NoProvider);
        }
    }
    let plain = providers
        .iter()
        .filter(|p| !p.base.https && !p.base.is_near());
    let plain = plain.map(|p| Warning::PlainHttp {
        provider: p.name.to_string(),
    });
    warnings.extend(plain);
    let passed_on = providers
        .iter()
        .filter(|p| p.kind == ProviderKind::BEDROCK && p.credential == Credential::Client);
    warnings.extend(passed_on.map(|p| Warning::BearerOnly {
        provider: p.name.to_string(),
    }));
    let cache = retry::cache(&root);
    let models = model::models(&root, &providers, &cache);
    let ledger = ledger(&root);
    let keys = key::keys(&root, &providers, &ledger);
    if server.require_key && keys.is_empty() && !root.is_present("keys") {
        warnings.push(Warning::NoKeys);
    }
    let known = select::Known::new(&server, &keys, &providers);
    let budgets = budget::budgets(&root, &known, (&server, &ledger), &mut warnings);
    let limits = limit::limits(&root, &known);
    let guards = guard::guards(&root, &known);
    let prices = price::prices(&root, &providers);
    let data_dir = data_dir(&root, inputs, &mut warnings);
    let (table, fault) = updated_table(&data_dir);
    warnings.extend(fault.map(|fault| Warning::PriceUpdate { fault }));
    let config = Config {
        price_table: Arc::new(table.with_overrides(prices.clone())),
        key_defaults: reservation::key_defaults(&root, &ledger),
        reservation: reservation::reservation(&root),
        retry: retry::retry(&root),
        breaker: retry::breaker(&root),
        cache,
        ledger,
        log: log(&root, inputs),
        data_dir,
        digest: digest(sources, &providers),
        redacted: redact::redacted(tree, &providers),
        server,
        admin,
        providers,
        models,
        keys,
        budgets,
        limits,
        guards,
        prices,
    };
    metrics(&root);
    root.not_yet(&LATER);
    root.end();
    Loaded {
        config,
        warnings,
        files: sources.iter().map(|s| s.path.clone()).collect(),
    }
}

/// The data directory alone, whatever else is wrong.
pub(super) fn data_dir_of(tree: &Table, inputs: &Inputs) -> PathBuf {
    let problems = Problems::default();
    data_dir(
        &Section::new("", tree, Place::start(), &problems),
        inputs,
        &mut Vec::new(),
    )
}

/// The admin plane's address alone.
pub(super) fn admin_listen_of(tree: &Table, inputs: &Inputs) -> Listen {
    let problems = Problems::default();
    admin::admin(&Section::new("", tree, Place::start(), &problems), inputs).listen
}

/// What new keys get, alone.
pub(super) fn key_defaults_of(tree: &Table, _: &Inputs) -> KeyDefaults {
    let problems = Problems::default();
    let root = Section::new("", tree, Place::start(), &problems);
    reservation::key_defaults(&root, &ledger(&root))
}

/// What keys are hashed with, alone.
pub(super) fn key_pepper_of(tree: &Table, _: &Inputs) -> Option<Secret> {
    let problems = Problems::default();
    let root = Section::new("", tree, Place::start(), &problems);
    server::key_pepper(&root.table("server", "[server]")?)
}

/// The prices alone.
pub(super) fn price_table_of(tree: &Table, inputs: &Inputs) -> Arc<PriceTable> {
    let problems = Problems::default();
    let root = Section::new("", tree, Place::start(), &problems);
    let providers = provider::providers(&root, &inputs.env);
    let (table, _) = updated_table(&data_dir_of(tree, inputs));
    Arc::new(table.with_overrides(price::prices(&root, &providers)))
}

/// The providers' names and kinds alone.
pub(super) fn provider_kinds_of(tree: &Table, inputs: &Inputs) -> Vec<(String, &'static str)> {
    let problems = Problems::default();
    let root = Section::new("", tree, Place::start(), &problems);
    let providers = provider::providers(&root, &inputs.env).into_iter();
    providers
        .map(|p| (p.name.to_string(), p.kind.as_str()))
        .collect()
}

/// Tables that later versions act on. Accepting them in silence would promise what nobody keeps.
const LATER: [&str; 2] = ["alerts", "jwt"];

fn ledger(root: &Section<'_>) -> LedgerSettings {
    let mut settings = LedgerSettings {
        sync_interval: Duration::from_millis(SYNC_INTERVAL_MS),
        segment_bytes: SEGMENT_BYTES,
        retain_bytes: None,
        retain_age: None,
    };
    if let Some(ledger) = root.table("ledger", "[ledger]") {
        if let Some(ms) = ledger.integer("sync_interval_ms", 1..=1_000) {
            settings.sync_interval = Duration::from_millis(ms);
        }
        settings.segment_bytes = ledger
            .size("segment_bytes", 1 << 20..=1 << 32)
            .unwrap_or(SEGMENT_BYTES);
        settings.retain_bytes = ledger.size("retain_bytes", 1 << 20..=1 << 50);
        settings.retain_age = ledger
            .integer("retain_days", 1..=36_500)
            .map(|days| Duration::from_secs(days * SECONDS_PER_DAY));
        ledger.end();
    }
    settings
}

fn log(root: &Section<'_>, inputs: &Inputs) -> Log {
    let format = if inputs.stderr_is_terminal {
        LogFormat::Text
    } else {
        LogFormat::Json
    };
    let mut log = Log {
        format,
        filter: "info".to_owned(),
        access: true,
    };
    if let Some(section) = root.table("log", "[log]") {
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        log.format = section.choice("format", &formats).unwrap_or(format);
        if let Some(filter) = section.text("filter") {
            if is_filter(filter.value) {
                filter.value.clone_into(&mut log.filter);
            } else {
                section.invalid::<()>("filter", &filter.place, FILTER);
            }
        }
        log.access = section.boolean("access").unwrap_or(true);
        section.end();
    }
    if let Some(filter) = inputs.env.filled("QUOTAH_LOG") {
        if is_filter(filter) {
            filter.clone_into(&mut log.filter);
        } else {
            let expected = FILTER.to_owned();
            root.problems().nowhere(Problem::BadOverride {
                name: "QUOTAH_LOG",
                expected,
            });
        }
    }
    log
}

fn is_filter(text: &str) -> bool {
    tracing_subscriber::EnvFilter::try_new(text).is_ok()
}

const FILTER: &str = "filter directives such as \"info\" or \"warn,quotah=debug\"";

fn metrics(root: &Section<'_>) {
    if let Some(section) = root.table("metrics", "[metrics]") {
        section.not_yet(&["genai"]);
        section.end();
    }
}

/// Flag, variable, file, `$XDG_DATA_HOME/quotah`, `$HOME/.local/share/quotah`, `./quotah-data`.
fn data_dir(root: &Section<'_>, inputs: &Inputs, warnings: &mut Vec<Warning>) -> PathBuf {
    let written = root
        .required_if_present("data_dir")
        .map(|dir| PathBuf::from(dir.value));
    let env = |name: &str| inputs.env.filled(name).map(PathBuf::from);
    let absolute = |path: &PathBuf| path.is_absolute();
    inputs
        .flags
        .data_dir
        .clone()
        .or_else(|| env("QUOTAH_DATA_DIR"))
        .or(written)
        .or_else(|| Some(env("XDG_DATA_HOME").filter(absolute)?.join("quotah")))
        .or_else(|| Some(env("HOME").filter(absolute)?.join(".local/share/quotah")))
        .unwrap_or_else(|| {
            warnings.push(Warning::NoHome);
            Path::new("quotah-data").to_owned()
        })
}

/// The first 16 hex digits of the SHA-256 over the files as written and the providers in force.
fn digest(sources: &[Source], providers: &[Provider]) -> String {
    let mut hasher = Sha256::new();
    for source in sources {
        hasher.update(source.text.as_bytes());
        hasher.update([0]);
    }
    for provider in providers {
        hasher.update(provider.name.as_bytes());
        hasher.update([0]);
        hasher.update(provider.base.authority.as_bytes());
        hasher.update(provider.base.prefix.as_bytes());
        hasher.update([0]);
    }
    hasher
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Longest time that an acknowledged record stays unsynced: the ledger's promise is 100 ms or less.
const SYNC_INTERVAL_MS: u64 = 100;

/// A segment is closed at 64 MiB: some 300,000 requests, read again in about a tenth of a second.
const SEGMENT_BYTES: u64 = 64 << 20;

const SECONDS_PER_DAY: u64 = 86_400;
