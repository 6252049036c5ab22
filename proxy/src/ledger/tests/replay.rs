//! Replays while the ledger is written: every record counts once, from disk or live.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::disk::full;
use super::spending::{adjustment, event};
use super::*;
use crate::ledger::{Adjustment, Correction, Event, Record, Spending};

/// Budgets of everything: each has the sum of what it was charged.
#[derive(Debug, Default)]
struct Rules {
    published: Mutex<Vec<Arc<AtomicI64>>>,
}

impl Rules {
    fn charge(&self, amount: i64) {
        for account in &*self.published.lock() {
            account.fetch_add(amount, Ordering::SeqCst);
        }
    }
}

impl Spending for Rules {
    fn since_unix_ms(&self) -> Option<u64> {
        None
    }
    fn entry(&self, entry: &Entry) {
        self.charge(entry.charge().unwrap_or(0));
    }
    fn correction(&self, _: &Correction) {}
    fn adjustment(&self, adjustment: &Adjustment) {
        self.charge(adjustment.amount_picousd);
    }
    fn event(&self, _: &Event) {}
    fn intent(&self, _: u64, _: &Intent) {}
    fn settled(&self, _: Uuid) {}
}

fn amount(record: &Record) -> i64 {
    match record {
        Record::Entry(entry) => entry.charge().unwrap_or(0),
        Record::Correction(correction) => correction.difference_picousd(),
        Record::Adjustment(adjustment) => adjustment.amount_picousd,
        Record::Event(_) => 0,
    }
}

/// Makes a budget as it is made while running.
fn make(ledger: &Ledger, rules: &Rules) -> Arc<AtomicI64> {
    let account = Arc::new(AtomicI64::new(0));
    let publish = || rules.published.lock().push(Arc::clone(&account));
    let each = |record: &Record| {
        account.fetch_add(amount(record), Ordering::SeqCst);
    };
    let damaged = ledger.replay(0, publish, each).expect("reads");
    assert_eq!(damaged, []);
    account
}

#[test]
fn budgets_made_while_two_processes_write_count_every_request_once() {
    let dir = dir();
    let rules = Arc::new(Rules::default());
    let hooks = Hooks {
        spending: Arc::clone(&rules) as Arc<dyn Spending>,
        ..Hooks::new(clock())
    };
    let (other, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..100 {
        other.append_entry(&entry(number));
    }
    let (ledger, _) = open_with(&dir, small(), hooks);
    let done = AtomicBool::new(false);
    let (mut accounts, mut written) = (Vec::new(), 100);
    thread::scope(|scope| {
        let writers: Vec<_> = (1..4_u64)
            .map(|writer| {
                let (ledger, other, rules, done) = (&ledger, &other, &rules, &done);
                scope.spawn(move || {
                    let mut count = 0;
                    while !done.load(Ordering::SeqCst) {
                        let entry = entry(writer * 1_000_000 + count);
                        if writer == 3 {
                            other.append_entry(&entry);
                        } else {
                            let _charging = ledger.charging();
                            ledger.append_entry(&entry);
                            rules.charge(7);
                        }
                        count += 1;
                        if count % 50 == 0 {
                            thread::sleep(Duration::from_millis(1));
                        }
                    }
                    count
                })
            })
            .collect();
        for _ in 0..8 {
            accounts.push(make(&ledger, &rules));
            thread::sleep(Duration::from_millis(30));
        }
        done.store(true, Ordering::SeqCst);
        written += writers
            .into_iter()
            .map(|writer| writer.join().expect("ends"))
            .sum::<u64>();
    });
    assert!(written > 1_000);
    accounts.push(make(&ledger, &rules));
    eventually("all is counted", || requests(&ledger) == written);
    let expected = written as i64 * 7;
    let sums: Vec<_> = accounts
        .iter()
        .map(|account| account.load(Ordering::SeqCst))
        .collect();
    assert_eq!(sums, [expected; 9]);
}

#[test]
fn a_replay_knows_what_waits_for_the_disk_and_what_a_dead_process_left() {
    let dir = dir();
    let (dead, _) = open(&dir);
    dead.append_intent(&intent(1));
    kill(dead);
    let (full, hooks) = full();
    let (ledger, _) = open_with(&dir, Settings::default(), hooks);
    ledger.append_entry(&entry(2));
    ledger.append_adjustment(&adjustment(3, -100));
    full.room.store(20, Ordering::SeqCst);
    full.full.store(true, Ordering::SeqCst);
    assert_eq!(ledger.append_entry(&entry(4)), Appended::Kept);
    assert_eq!(ledger.append_event(&event(5)), Appended::Kept);
    let rules = Rules::default();
    let account = make(&ledger, &rules);
    assert_eq!(account.load(Ordering::SeqCst), 1_000 + 7 - 100 + 7);
    full.full.store(false, Ordering::SeqCst);
    eventually("it is written", || ledger.status().backlog == 0);
    let account = make(&ledger, &rules);
    assert_eq!(account.load(Ordering::SeqCst), 1_000 + 7 - 100 + 7);
}

#[test]
fn a_replay_of_what_matters_leaves_old_segments_out() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..100 {
        ledger.append_entry(&entry(number));
    }
    let all = segments(&dir);
    for segment in &all[..all.len() - 1] {
        let file = OpenOptions::new().append(true).open(segment);
        let stamp = SystemTime::UNIX_EPOCH + Duration::from_millis(AT);
        file.expect("opens").set_modified(stamp).expect("stamped");
    }
    let mut count = 0;
    let replayed = ledger.replay(AT + 3_600_000, || (), |_| count += 1);
    assert_eq!(replayed.expect("reads"), []);
    assert!((1..50).contains(&count));
}

#[test]
fn segments_that_budgets_need_are_kept_until_they_are_not_needed_any_more() {
    let dir = dir();
    let settings = Settings {
        retain_bytes: Some(8 * 1024),
        ..small()
    };
    let (ledger, _) = open_with(&dir, settings, Hooks::new(clock()));
    ledger.keep_since(0);
    for number in 0..1_000 {
        ledger.append_entry(&entry(number));
    }
    let count = segments(&dir).len();
    thread::sleep(Duration::from_millis(2_200));
    assert_eq!(segments(&dir).len(), count);
    ledger.keep_since(u64::MAX);
    eventually("old ones are gone", || segments(&dir).len() < count / 2);
}
