//! Measures how long a registry of many keys takes to open: `registry_keys DIR [COUNT]`.
//!
//! Fills the registry in `DIR` up to `COUNT` keys (100,000 unless said), which takes a sync each, and opens it again.
#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use std::path::PathBuf;
use std::sync::Arc;

use quotah::clock;
use quotah::registry::{Actor, NoFollower, Registry, RegistryError};
use quotah_policy::{KeyError, KeyForm};

fn main() -> Result<(), RegistryError> {
    let mut args = std::env::args().skip(1);
    let dir = PathBuf::from(args.next().unwrap_or_else(|| "registry-keys".to_owned()));
    let count: u64 = args
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let open = || Registry::open(&dir, None, Arc::new(NoFollower));
    let (registry, actor) = (open()?, Actor::default());
    for at in registry.health().records..count {
        registry.create_key(&actor, form(at)?)?;
    }
    drop(registry);
    for _ in 0..5 {
        let since = clock::now();
        let records = open()?.health().records;
        println!("{records} records in {:?}", since.elapsed());
    }
    Ok(())
}

/// A key as they usually are.
fn form(at: u64) -> Result<KeyForm, KeyError> {
    KeyForm::from_json(&format!(
        r#"{{"name":"key {at}","team":"team-{}","models":["gpt-*","claude-*"],"budget":{{"limit_usd":"25"}},
           "limits":{{"requests_per_minute":600}}}}"#,
        at % 100
    ))
}
