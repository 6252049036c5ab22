//! What a listener hears of others' spending: everything that matters, once.

use std::collections::BTreeMap;

use super::*;
use crate::ledger::{Adjustment, Amender, Correction, Event, Spending};

/// Notes what it hears.
#[derive(Debug, Default)]
pub(super) struct Heard {
    since_unix_ms: Option<u64>,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Notes {
    /// Charges of each request, by the number in its id.
    charges: BTreeMap<u64, Vec<Option<i64>>>,
    differences: Vec<i64>,
    adjustments: Vec<i64>,
    events: Vec<String>,
    /// What others hold, by the number in the request's id.
    held: BTreeMap<u64, i64>,
    /// Requests settled whose entry or intent was not told before.
    out_of_turn: Vec<u64>,
}

impl Heard {
    fn since(unix_ms: u64) -> Arc<Self> {
        Arc::new(Self {
            since_unix_ms: Some(unix_ms),
            ..Self::default()
        })
    }

    fn notes(&self) -> Notes {
        self.notes.lock().clone()
    }

    /// Numbers of the requests heard, and whether each was heard once.
    fn requests(&self) -> (Vec<u64>, bool) {
        let notes = self.notes.lock();
        let once = notes.charges.values().all(|charges| charges.len() == 1);
        (notes.charges.keys().copied().collect(), once)
    }
}

impl Spending for Heard {
    fn since_unix_ms(&self) -> Option<u64> {
        self.since_unix_ms
    }
    fn entry(&self, entry: &Entry) {
        let mut notes = self.notes.lock();
        let charges = notes.charges.entry(number(entry.id())).or_default();
        charges.push(entry.charge());
    }
    fn correction(&self, correction: &Correction) {
        let mut notes = self.notes.lock();
        notes.differences.push(correction.difference_picousd());
    }
    fn adjustment(&self, adjustment: &Adjustment) {
        let mut notes = self.notes.lock();
        notes.adjustments.push(adjustment.amount_picousd);
    }
    fn event(&self, event: &Event) {
        self.notes.lock().events.push(event.kind.clone());
    }
    fn intent(&self, _writer: u64, intent: &Intent) {
        let mut notes = self.notes.lock();
        let number = number(intent.id());
        notes.held.insert(number, intent.reserved_picousd);
    }
    fn settled(&self, id: Uuid) {
        let mut notes = self.notes.lock();
        let number = number(id);
        if notes.held.remove(&number).is_none() || !notes.charges.contains_key(&number) {
            notes.out_of_turn.push(number);
        }
    }
}

fn number(id: Uuid) -> u64 {
    id.as_u64_pair().1
}

fn hooks(heard: &Arc<Heard>) -> Hooks {
    Hooks {
        spending: Arc::clone(heard) as Arc<dyn Spending>,
        ..Hooks::new(clock())
    }
}

pub(super) fn adjustment(number: u64, amount_picousd: i64) -> Adjustment {
    let mut adjustment = Adjustment {
        at_unix_ms: AT + number,
        budget: "research".into(),
        amount_picousd,
        ..Adjustment::default()
    };
    adjustment.set_id(id(number));
    adjustment
}

pub(super) fn event(number: u64) -> Event {
    let mut event = Event {
        at_unix_ms: AT + number,
        kind: "budget.threshold".into(),
        ..Event::default()
    };
    event.set_id(id(number));
    event
}

fn correct(dir: &TempDir, number: u64, cost: i64) {
    let amender = Amender::begin(dir.path(), clock()).expect("begins");
    let own = id(50_000 + number);
    let correction = Correction::new(own, AT + 10_000, &entry(number), (cost, "v2"), "test");
    amender.append(&correction).expect("written");
    amender.finish().expect("synced");
}

fn wait_for_summaries(dir: &TempDir, count: usize) {
    eventually("summaries are written", || {
        index::load(dir.path()).is_ok_and(|summaries| summaries.len() >= count)
    });
}

#[test]
fn the_past_is_heard_once_whether_the_index_spares_reading_it_or_not() {
    let dir = dir();
    let own = Heard::since(0);
    let (ledger, _) = open_with(&dir, small(), hooks(&own));
    for number in 0..200 {
        ledger.append_intent(&intent(number));
        ledger.append_entry(&entry(number));
    }
    ledger.append_adjustment(&adjustment(300, -5));
    ledger.append_event(&event(301));
    for number in 200..210 {
        ledger.append_entry(&entry(number));
    }
    correct(&dir, 3, 12);
    let count = segments(&dir).len();
    eventually("the correction is heard", || own.notes().differences == [5]);
    // What this process appends itself is charged by whoever appends it.
    assert_eq!(own.requests(), (vec![], true));
    wait_for_summaries(&dir, count - 1);
    kill(ledger);
    for from_index in [true, false] {
        if !from_index {
            fs::remove_dir_all(dir.path().join("index")).expect("is there");
        }
        let heard = Heard::since(0);
        let (ledger, recovery) = open_with(&dir, small(), hooks(&heard));
        assert_eq!(recovery.segments_told > 0, from_index);
        assert_eq!(recovery.segments_told, recovery.segments_from_index);
        assert_eq!(heard.requests(), ((0..210).collect(), true));
        let notes = heard.notes();
        assert_eq!((notes.differences, notes.adjustments), (vec![5], vec![-5]));
        assert_eq!(notes.events, ["budget.threshold"]);
        assert_eq!(requests(&ledger), 210);
        kill(ledger);
    }
}

#[test]
fn closed_segments_whose_requests_all_ended_before_it_matters_are_not_read() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..400 {
        ledger.append_entry(&Entry {
            duration_ms: 50,
            ..entry(number)
        });
    }
    let count = segments(&dir).len();
    wait_for_summaries(&dir, count - 1);
    drop(ledger);
    let heard = Heard::since(AT + 350);
    let (ledger, recovery) = open_with(&dir, small(), hooks(&heard));
    assert!(recovery.segments_told > 0);
    assert!(recovery.segments_told < recovery.segments_from_index / 2);
    let (numbers, once) = heard.requests();
    assert!(once && numbers.len() < 200);
    // The request with number 300 ended at the moment since when it matters.
    assert!((300..400).all(|number| numbers.contains(&number)));
    drop(ledger);
    let nothing = Arc::new(Heard::default());
    let (_, recovery) = open_with(&dir, small(), hooks(&nothing));
    assert_eq!(recovery.segments_told, 0);
}

#[test]
fn a_successor_hears_what_its_living_predecessor_holds_until_it_is_settled_or_dead() {
    let dir = dir();
    let (old, _) = open(&dir);
    old.append_intent(&intent(0));
    old.append_entry(&entry(0));
    old.append_intent(&intent(1));
    old.append_intent(&intent(2));
    let heard = Heard::since(0);
    let (_new, _) = open_with(&dir, Settings::default(), hooks(&heard));
    assert_eq!(heard.notes().held, BTreeMap::from([(1, 1_000), (2, 1_000)]));
    assert_eq!(heard.requests(), (vec![0], true));
    old.append_intent(&intent(3));
    old.append_entry(&entry(1));
    let before = Instant::now();
    eventually("both are heard", || {
        heard.notes().held == BTreeMap::from([(2, 1_000), (3, 1_000)])
    });
    assert!(before.elapsed() < Duration::from_millis(900));
    assert_eq!(heard.notes().charges[&1], [Some(7)]);
    kill(old);
    eventually("what it held is charged", || heard.notes().held.is_empty());
    let notes = heard.notes();
    assert_eq!(notes.charges[&2], [Some(1_000)]);
    assert_eq!(notes.charges[&3], [Some(1_000)]);
    assert_eq!((heard.requests().1, notes.out_of_turn), (true, vec![]));
}

#[test]
fn a_predecessor_hears_what_its_successor_holds_too() {
    let dir = dir();
    let heard = Heard::since(0);
    let (_old, _) = open_with(&dir, Settings::default(), hooks(&heard));
    let (new, _) = open(&dir);
    new.append_intent(&intent(1));
    eventually("it is held", || heard.notes().held.len() == 1);
    new.append_entry(&entry(1));
    eventually("it is settled", || heard.notes().held.is_empty());
    assert_eq!(heard.requests(), (vec![1], true));
}

#[test]
fn what_a_killed_process_left_open_is_heard_as_charged_with_what_it_had_set_aside() {
    let dir = dir();
    let (ledger, _) = open(&dir);
    for number in 0..3 {
        ledger.append_intent(&intent(number));
    }
    ledger.append_entry(&entry(0));
    ledger.append_entry(&entry(1));
    kill(ledger);
    // The settlement of the second one is torn: it counts as open again.
    let path = segments(&dir).remove(0);
    let whole = fs::metadata(&path).expect("is there").len();
    let file = OpenOptions::new().write(true).open(&path).expect("opens");
    file.set_len(whole - 3).expect("cuts");
    for round in 0..3 {
        let heard = Heard::since(0);
        let (ledger, _) = open_with(&dir, Settings::default(), hooks(&heard));
        let notes = heard.notes();
        let charges = [Some(7), Some(1_000), Some(1_000)];
        let expected = (0..3).map(|number| (number, vec![charges[number as usize]]));
        assert_eq!(notes.charges, expected.collect(), "round {round}");
        assert_eq!((notes.held.len(), notes.out_of_turn.len()), (0, 0));
        kill(ledger);
    }
}

fn raise(number: u64, reserved_picousd: i64) -> Intent {
    Intent {
        reserved_picousd,
        is_raise: true,
        ..intent(number)
    }
}

#[test]
fn a_raise_is_heard_by_others_and_is_what_a_crash_charges() {
    let dir = dir();
    let (old, _) = open(&dir);
    old.append_intent(&intent(1));
    old.append_intent(&intent(2));
    old.append_intent(&raise(1, 3_000));
    let heard = Heard::since(0);
    let (_new, _) = open_with(&dir, Settings::default(), hooks(&heard));
    assert_eq!(heard.notes().held, BTreeMap::from([(1, 3_000), (2, 1_000)]));
    old.append_intent(&raise(1, 4_000));
    old.append_intent(&raise(2, 2_000));
    old.append_entry(&entry(2));
    eventually("the raise is heard", || {
        heard.notes().held == BTreeMap::from([(1, 4_000)])
    });
    kill(old);
    eventually("what it held is charged", || heard.notes().held.is_empty());
    let notes = heard.notes();
    assert_eq!(notes.charges[&1], [Some(4_000)]);
    assert_eq!(notes.charges[&2], [Some(7)]);
    assert_eq!((heard.requests().1, notes.out_of_turn), (true, vec![]));
}

#[test]
fn raises_in_other_segments_than_their_intents_change_nothing_when_segments_are_known_in_short() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    let fill = |from: u64| {
        for number in from..from + 100 {
            ledger.append_entry(&entry(number));
        }
    };
    ledger.append_intent(&intent(1));
    ledger.append_intent(&intent(2));
    fill(100);
    ledger.append_intent(&raise(1, 2_000));
    ledger.append_intent(&raise(2, 2_000));
    ledger.append_entry(&entry(1));
    fill(300);
    ledger.append_intent(&raise(2, 3_000));
    fill(500);
    let count = segments(&dir).len();
    wait_for_summaries(&dir, count - 1);
    kill(ledger);
    for round in 0..2 {
        let heard = Heard::since(0);
        let (ledger, recovery) = open_with(&dir, small(), hooks(&heard));
        assert!(recovery.segments_from_index > 0);
        assert_eq!(recovery.intents_closed, u64::from(round == 0));
        let notes = heard.notes();
        assert_eq!(notes.charges[&1], [Some(7)], "round {round}");
        assert_eq!(notes.charges[&2], [Some(3_000)], "round {round}");
        kill(ledger);
    }
}

#[test]
fn a_summary_of_an_earlier_version_is_not_trusted_to_be_old_and_is_made_again() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..60 {
        ledger.append_entry(&entry(number));
    }
    let count = segments(&dir).len();
    wait_for_summaries(&dir, count - 1);
    drop(ledger);
    let mut earlier: Vec<_> = index::load(dir.path())
        .expect("loads")
        .into_iter()
        .collect();
    for (_, summary) in &mut earlier {
        assert!(summary.newest_unix_ms.take().is_some());
    }
    index::store(dir.path(), &earlier, &[]).expect("stores");
    let heard = Heard::since(AT + 1_000_000);
    let (_ledger, recovery) = open_with(&dir, small(), hooks(&heard));
    assert_eq!(recovery.segments_told, recovery.segments_from_index);
    assert_eq!(heard.requests(), ((0..60).collect(), true));
    eventually("summaries say how new their records are", || {
        index::load(dir.path()).is_ok_and(|summaries| {
            summaries
                .values()
                .all(|summary| summary.newest_unix_ms.is_some())
        })
    });
}

#[test]
fn what_a_writer_lost_and_left_in_peace_is_charged_by_those_that_stay() {
    let dir = dir();
    let heard = Heard::since(0);
    let (_ledger, _) = open_with(&dir, Settings::default(), hooks(&heard));
    let (other, _) = open(&dir);
    other.append_intent(&intent(1));
    eventually("it is held", || heard.notes().held.len() == 1);
    // Its settlement is lost, as with a full backlog.
    other.inner.books.lock().own_entry(&entry(1));
    drop(other);
    eventually("it is charged", || heard.notes().held.is_empty());
    assert_eq!(heard.notes().charges[&1], [Some(1_000)]);
    thread::sleep(Duration::from_millis(1_200));
    assert!(heard.requests().1);
}

#[test]
fn an_adjustment_by_a_command_is_heard_by_the_process_that_serves() {
    let dir = dir();
    let heard = Heard::since(0);
    let (_ledger, _) = open_with(&dir, Settings::default(), hooks(&heard));
    Amender::adjust(dir.path(), clock(), &adjustment(1, -9)).expect("written");
    eventually("it is heard", || heard.notes().adjustments == [-9]);
    let again = Heard::since(0);
    let (_other, _) = open_with(&dir, Settings::default(), hooks(&again));
    assert_eq!(again.notes().adjustments, [-9]);
}
