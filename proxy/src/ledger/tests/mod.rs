//! The whole ledger over real files: crashes, failing disks, two processes.
#![expect(
    clippy::disallowed_methods,
    reason = "tests give the ledger a real clock"
)]

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::ControlFlow;
use std::thread;
use std::time::{Instant, SystemTime};

use tempfile::TempDir;
use uuid::Uuid;

use super::*;

mod amend;
mod disk;
mod reading;
mod replay;
mod spending;

fn clock() -> Clock {
    let unix_ms = || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(0, |now| now.as_millis() as u64)
    };
    Clock {
        now: Instant::now,
        unix_ms,
    }
}

fn dir() -> TempDir {
    tempfile::tempdir().expect("tempdir")
}

fn open(dir: &TempDir) -> (Ledger, Recovery) {
    open_with(dir, Settings::default(), Hooks::new(clock()))
}

fn open_with(dir: &TempDir, settings: Settings, hooks: Hooks) -> (Ledger, Recovery) {
    Ledger::open(dir.path(), settings, hooks).expect("opens")
}

fn small() -> Settings {
    Settings {
        segment_bytes: 4 * 1024,
        ..Settings::default()
    }
}

const AT: u64 = 1_763_683_200_000;

fn id(number: u64) -> Uuid {
    Uuid::from_u128((u128::from(AT + number) << 80) | (7 << 76) | u128::from(number))
}

fn intent(number: u64) -> Intent {
    let mut intent = Intent {
        at_unix_ms: AT + number,
        key: "k1".into(),
        provider: "openai".into(),
        reserved_picousd: 1_000,
        ..Intent::default()
    };
    intent.set_id(id(number));
    intent
}

fn entry(number: u64) -> Entry {
    let mut entry = Entry {
        at_unix_ms: AT + number,
        key: "k1".into(),
        provider: "openai".into(),
        model_sent: "gpt".into(),
        input_tokens: 10,
        output_tokens: number,
        cost_picousd: Some(7),
        ..Entry::default()
    };
    entry.set_id(id(number));
    entry
}

fn everything() -> Query {
    Query {
        to_ms: u64::MAX,
        ..Query::default()
    }
}

fn requests(ledger: &Ledger) -> u64 {
    ledger.usage(&everything()).total.requests
}

fn on_disk(ledger: &Ledger) -> Vec<Entry> {
    let mut entries = Vec::new();
    let visit = |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    };
    ledger
        .reader()
        .each(&Conditions::default(), visit)
        .expect("reads");
    entries
}

fn segments(dir: &TempDir) -> Vec<PathBuf> {
    let names = series::list(dir.path()).expect("lists").segments;
    names
        .into_iter()
        .map(|name| name.path(dir.path()))
        .collect()
}

/// Ends a ledger as `kill -9` would: nothing is synced, retired or closed.
fn kill(mut ledger: Ledger) {
    ledger.inner.log.stop();
    ledger
        .threads
        .drain(..)
        .for_each(|thread| thread.join().expect("ends"));
    drop(ledger.life.take());
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("not within 10 s: {what}");
}

#[test]
fn what_was_settled_is_there_after_a_reopen_with_the_same_sums() {
    let dir = dir();
    let (ledger, recovery) = open(&dir);
    assert_eq!(recovery, Recovery::default());
    for number in 0..100 {
        assert_eq!(ledger.append_intent(&intent(number)), Appended::Written);
        assert_eq!(ledger.append_entry(&entry(number)), Appended::Written);
    }
    let before = ledger.usage(&everything());
    drop(ledger);
    let (ledger, recovery) = open(&dir);
    assert_eq!(
        recovery,
        Recovery {
            entries: 100,
            segments: 1,
            ..Recovery::default()
        }
    );
    assert_eq!(ledger.usage(&everything()), before);
    assert_eq!(before.total.cost_picousd, 700);
}

#[test]
fn a_request_whose_process_was_killed_is_closed_as_interrupted_once() {
    let dir = dir();
    let (ledger, _) = open(&dir);
    ledger.append_intent(&intent(1));
    ledger.append_intent(&intent(2));
    ledger.append_entry(&entry(2));
    kill(ledger);
    for round in 0..3 {
        let (ledger, recovery) = open(&dir);
        assert_eq!(
            recovery.intents_closed,
            u64::from(round == 0),
            "round {round}"
        );
        let entries = on_disk(&ledger);
        let closed = entries
            .iter()
            .find(|entry| entry.id() == id(1))
            .expect("is there");
        assert_eq!((entries.len(), closed.outcome()), (2, Outcome::Interrupted));
        assert_eq!(closed.provider, "openai");
        assert_eq!(
            (requests(&ledger), ledger.usage(&everything()).total.errors),
            (2, 1)
        );
        kill(ledger);
    }
}

#[test]
fn an_entry_appended_twice_is_written_and_counted_once() {
    let dir = dir();
    let (ledger, _) = open(&dir);
    ledger.append_intent(&intent(1));
    assert_eq!(ledger.append_entry(&entry(1)), Appended::Written);
    assert_eq!(ledger.append_entry(&entry(1)), Appended::Duplicate);
    assert_eq!((requests(&ledger), on_disk(&ledger).len()), (1, 1));
}

#[test]
fn a_torn_record_is_moved_aside_and_reported_once() {
    let dir = dir();
    let (ledger, _) = open(&dir);
    for number in 0..3 {
        ledger.append_entry(&entry(number));
    }
    kill(ledger);
    let path = segments(&dir).remove(0);
    let whole = fs::metadata(&path).expect("is there").len();
    OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("opens")
        .set_len(whole - 5)
        .expect("cuts");
    let (ledger, recovery) = open(&dir);
    assert_eq!((recovery.entries, recovery.damaged.len()), (2, 0));
    assert!(recovery.torn_bytes > 0);
    let torn = fs::metadata(path.with_extension("torn"))
        .expect("kept")
        .len();
    assert_eq!(torn, recovery.torn_bytes);
    kill(ledger);
    assert_eq!(open(&dir).1.torn_bytes, 0);
}

#[test]
fn a_flipped_bit_costs_its_record_and_is_reported() {
    let dir = dir();
    let (ledger, _) = open(&dir);
    for number in 0..3 {
        ledger.append_entry(&entry(number));
    }
    drop(ledger);
    let path = segments(&dir).remove(0);
    let mut bytes = fs::read(&path).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&path, bytes).expect("writes");
    let (ledger, recovery) = open(&dir);
    assert_eq!((recovery.entries, recovery.damaged.len()), (2, 1));
    assert_eq!(requests(&ledger), 2);
    eventually("status tells", || {
        ledger.status().damaged == recovery.damaged
    });
}

#[test]
fn segments_rotate_and_their_summaries_spare_reading_them() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..500 {
        ledger.append_intent(&intent(number));
        // Settled twenty requests later: many in another segment than their intent.
        if number >= 20 {
            ledger.append_entry(&entry(number - 20));
        }
    }
    let before = ledger.usage(&everything());
    let count = segments(&dir).len();
    assert!(count > 10);
    eventually("summaries are written", || {
        index::load(dir.path()).is_ok_and(|summaries| summaries.len() == count - 1)
    });
    kill(ledger);
    let (ledger, recovery) = open_with(&dir, small(), Hooks::new(clock()));
    assert_eq!(recovery.segments_from_index, count - 1);
    assert_eq!((recovery.entries, recovery.intents_closed), (480, 20));
    let after = ledger.usage(&everything()).total;
    assert_eq!(after.requests, before.total.requests + 20);
    assert_eq!(after.cost_picousd, before.total.cost_picousd);
}

#[test]
fn a_summary_that_does_not_fit_its_segment_is_not_believed() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..200 {
        ledger.append_entry(&entry(number));
    }
    let count = segments(&dir).len();
    eventually("summaries are written", || {
        index::load(dir.path()).is_ok_and(|summaries| summaries.len() == count - 1)
    });
    drop(ledger);
    let mut file = OpenOptions::new()
        .append(true)
        .open(&segments(&dir)[0])
        .expect("opens");
    file.write_all(&[0; 100]).expect("writes");
    let (ledger, recovery) = open_with(&dir, small(), Hooks::new(clock()));
    assert_eq!(recovery.segments_from_index, count - 2);
    assert_eq!((recovery.entries, requests(&ledger)), (200, 200));
}

#[test]
fn a_bit_that_flips_behind_a_summary_is_found_by_the_check() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..200 {
        ledger.append_entry(&entry(number));
    }
    let count = segments(&dir).len();
    eventually("summaries are written", || {
        index::load(dir.path()).is_ok_and(|summaries| summaries.len() == count - 1)
    });
    drop(ledger);
    let mut file = OpenOptions::new()
        .write(true)
        .open(&segments(&dir)[0])
        .expect("opens");
    file.seek(SeekFrom::Start(100)).expect("seeks");
    file.write_all(&[0xAA]).expect("writes");
    let (ledger, recovery) = open_with(&dir, small(), Hooks::new(clock()));
    assert_eq!(recovery.damaged, []);
    eventually("damage is reported", || !ledger.status().damaged.is_empty());
}

#[test]
fn a_successor_knows_what_its_living_predecessor_writes_and_closes_nothing_of_it() {
    let dir = dir();
    let (old, _) = open(&dir);
    old.append_intent(&intent(1));
    old.append_entry(&entry(0));
    let (new, recovery) = open(&dir);
    assert_eq!((recovery.living_writers, recovery.intents_closed), (1, 0));
    assert_eq!(requests(&new), 1);
    new.append_entry(&entry(10));
    old.append_entry(&entry(1));
    eventually("both know all three", || {
        requests(&new) == 3 && requests(&old) == 3
    });
    drop(old);
    thread::sleep(Duration::from_millis(1_200));
    assert_eq!((requests(&new), new.status().intents_open), (3, 0));
    drop(new);
    let (again, recovery) = open(&dir);
    assert_eq!((recovery.entries, recovery.intents_closed), (3, 0));
    assert_eq!(on_disk(&again).len(), 3);
}

#[test]
fn a_successor_reads_the_last_words_of_a_killed_predecessor_and_closes_the_rest_once() {
    let dir = dir();
    let (old, _) = open(&dir);
    let (new, _) = open(&dir);
    let (third, _) = open(&dir);
    for number in 0..50 {
        old.append_intent(&intent(number));
    }
    for number in 0..40 {
        old.append_entry(&entry(number));
    }
    kill(old);
    eventually("all are closed", || {
        requests(&new) == 50 && requests(&third) == 50
    });
    thread::sleep(Duration::from_millis(2_100));
    for ledger in [&new, &third] {
        let sums = ledger.usage(&everything()).total;
        assert_eq!(
            (sums.requests, sums.errors, ledger.status().intents_open),
            (50, 10, 0)
        );
        assert_eq!(ledger.status().duplicates, 0);
    }
    assert_eq!(on_disk(&new).len(), 50);
}

#[test]
fn old_segments_are_deleted_beyond_the_bound_on_size() {
    let dir = dir();
    let settings = Settings {
        retain_bytes: Some(20 * 1024),
        ..small()
    };
    let (ledger, _) = open_with(&dir, settings, Hooks::new(clock()));
    for number in 0..1_000 {
        ledger.append_entry(&entry(number));
    }
    let size = || -> u64 {
        segments(&dir)
            .iter()
            .map(|path| fs::metadata(path).map_or(0, |found| found.len()))
            .sum()
    };
    assert!(size() > 40 * 1024);
    eventually("old segments are gone", || size() <= 20 * 1024);
    assert_eq!(requests(&ledger), 1_000);
}

#[test]
fn the_most_that_fits_no_frame_is_cut_and_kept() {
    let dir = dir();
    let (ledger, _) = open(&dir);
    let model_asked = "m".repeat(1_000_000);
    assert_eq!(
        ledger.append_entry(&Entry {
            model_asked,
            ..entry(1)
        }),
        Appended::Written
    );
    assert_eq!(on_disk(&ledger)[0].model_asked.len(), 256);
}

#[test]
fn what_is_written_is_synced_within_the_interval() {
    let dir = dir();
    let (ledger, _) = open(&dir);
    thread::sleep(Duration::from_millis(300));
    let before = (clock().unix_ms)();
    ledger.append_entry(&entry(1));
    eventually("synced", || ledger.status().synced_at_unix_ms >= before);
    assert!((clock().unix_ms)() - before < 2_000);
}

#[test]
fn a_restart_without_traffic_leaves_nothing_behind() {
    let dir = dir();
    for _ in 0..3 {
        drop(open(&dir));
    }
    let listing = series::list(dir.path()).expect("lists");
    assert_eq!((listing.segments.len(), listing.writers.len()), (0, 0));
}
