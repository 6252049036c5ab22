//! What entries cost after all.

use std::ops::ControlFlow;
use std::path::Path;

use uuid::Uuid;

use super::{clock, everything};
use crate::ledger::{
    AmendError, Amender, Conditions, Correction, Entry, Hooks, Ledger, Reader, Settings,
};

fn entry(id: u128, cost_picousd: Option<i64>) -> Entry {
    let mut entry = Entry {
        at_unix_ms: (clock().unix_ms)(),
        provider: "openai".into(),
        model_sent: "gpt-x".into(),
        input_tokens: 10,
        cost_picousd,
        ..Entry::default()
    };
    entry.set_id(Uuid::from_u128(id));
    entry
}

fn correct(dir: &Path, entry: &Entry, cost: i64) {
    let amender = Amender::begin(dir, clock()).expect("begins");
    let id = crate::clock::request_id();
    let correction = Correction::new(id, (clock().unix_ms)(), entry, (cost, "v2"), "test");
    amender.append(&correction).expect("written");
    amender.finish().expect("synced");
}

/// Cost, unpriced and requests, as a process that opens the directory counts them.
fn sums(dir: &Path) -> (i128, u64, u64) {
    let (ledger, _) = Ledger::open(dir, Settings::default(), Hooks::new(clock())).expect("opens");
    let total = ledger.usage(&everything()).total;
    (total.cost_picousd, total.unpriced(), total.requests)
}

fn costs(dir: &Path) -> Vec<(Option<i64>, String, bool)> {
    let mut costs = Vec::new();
    let read = Reader::new(dir.to_owned()).each(&Conditions::default(), |entry| {
        let corrected = entry.corrected_at_unix_ms > 0;
        costs.push((entry.cost_picousd, entry.price_version, corrected));
        ControlFlow::Continue(())
    });
    assert_eq!(read.expect("reads"), []);
    costs
}

#[test]
fn the_newest_correction_counts_in_sums_and_entries_and_after_every_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let (priced, unpriced) = (entry(1, Some(100)), entry(2, None));
    {
        let hooks = Hooks::new(clock());
        let (ledger, _) = Ledger::open(dir.path(), Settings::default(), hooks).expect("opens");
        ledger.append_entry(&priced);
        ledger.append_entry(&unpriced);
    }
    assert_eq!(sums(dir.path()), (100, 1, 2));
    correct(dir.path(), &priced, 70);
    correct(dir.path(), &unpriced, 5);
    let mut again = priced.clone();
    again.cost_picousd = Some(70);
    correct(dir.path(), &again, 300);
    for _ in 0..2 {
        assert_eq!(sums(dir.path()), (305, 0, 2));
    }
    let amended = |cost| (Some(cost), "v2".to_owned(), true);
    assert_eq!(costs(dir.path()), [amended(300), amended(5)]);
    let reader = Reader::new(dir.path().to_owned());
    assert_eq!(reader.corrected().expect("reads"), 2);
    let total = reader.usage(&everything()).expect("reads").total;
    assert_eq!((total.cost_picousd, total.unpriced()), (305, 0));
}

#[test]
fn one_process_corrects_at_a_time_and_one_that_dies_loses_nothing_that_it_wrote() {
    let dir = tempfile::tempdir().expect("a directory");
    let priced = entry(1, Some(100));
    {
        let hooks = Hooks::new(clock());
        let (ledger, _) = Ledger::open(dir.path(), Settings::default(), hooks).expect("opens");
        ledger.append_entry(&priced);
    }
    let amender = Amender::begin(dir.path(), clock()).expect("begins");
    assert!(matches!(
        Amender::begin(dir.path(), clock()),
        Err(AmendError::Busy)
    ));
    let id = crate::clock::request_id();
    let correction = Correction::new(id, 1, &priced, (7, "v2"), "test");
    amender.append(&correction).expect("written");
    // Written twice, as after a fault: counted once.
    amender.append(&correction).expect("written");
    drop(amender);
    assert_eq!(sums(dir.path()), (7, 0, 1));
    assert_eq!(costs(dir.path())[0].0, Some(7));
    correct(dir.path(), &priced, 8);
}
