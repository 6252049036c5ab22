//! The books: what the log's records add up to.
//!
//! One set of rules, whether a record is written now, read at the start, followed in another
//! process's series, or summed up for the index.

use std::collections::{HashMap, HashSet, VecDeque};

use prost::Message as _;
use uuid::Uuid;

use super::amend::Correction;
use super::entry::{Entry, Intent};
use super::record::Record;
use super::rollup::Rollup;
use super::segment::kind;

/// An entry is counted once if its two records are at most this many entries apart.
pub(super) const RECENT_MAX: usize = 65_536;

/// Most open intents remembered; what is admitted beyond is settled all the same, but not closed as
/// interrupted after a crash until the next start reads it again.
pub(super) const OPEN_MAX: usize = 262_144;

/// Sums, open intents, and what is needed to count each entry once.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) rollup: Rollup,
    /// Settled requests.
    pub(super) entries: u64,
    /// Records that said what an earlier one had said.
    pub(super) duplicates: u64,
    /// Records of a kind that this version does not know.
    pub(super) unknown: u64,
    /// Intents of this process: their records are its own business while it lives.
    own: HashSet<u128>,
    /// Intents read from other series, with what is needed to close them.
    pub(super) open: HashMap<u128, Open>,
    /// Settlements read before their intent, while segments are read out of the order of time.
    pub(super) early: HashSet<u128>,
    pub(super) recent: Recent,
}

/// An intent without a settlement.
#[derive(Debug)]
pub(super) struct Open {
    /// Whose series it is in.
    pub(super) writer: u64,
    /// The [`Intent`] as it was written last.
    pub(super) payload: Box<[u8]>,
    /// Whether its first record is not among those that were read: it stands in an earlier segment.
    began_before: bool,
}

/// What booking a record came to.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "lives on the stack for one record; nearly all are new ones"
)]
pub(super) enum Booked {
    /// It says something new.
    New(Record),
    /// The intent of this request is open now, or holds more than it did.
    Opened(u128),
    /// It was there already, or is of a kind that this version does not know.
    Nothing,
    /// It cannot be understood.
    Nonsense,
}

impl Booked {
    /// Whether the record could be understood, as far as this version has to.
    pub(super) const fn is_sound(&self) -> bool {
        !matches!(self, Self::Nonsense)
    }
}

/// What of an [`Intent`] has to be known while nobody needs all of it.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(super) struct IntentHead {
    #[prost(fixed64, tag = "1")]
    id_hi: u64,
    #[prost(fixed64, tag = "2")]
    id_lo: u64,
    #[prost(bool, tag = "63")]
    is_raise: bool,
}

impl IntentHead {
    fn id(self) -> u128 {
        u128::from(self.id_hi) << 64 | u128::from(self.id_lo)
    }
}

impl From<&Intent> for IntentHead {
    fn from(intent: &Intent) -> Self {
        Self {
            id_hi: intent.id_hi,
            id_lo: intent.id_lo,
            is_raise: intent.is_raise,
        }
    }
}

impl Books {
    /// Books a record read from `writer`'s series, and says what it came to.
    pub(super) fn record(&mut self, kind: u8, payload: &[u8], writer: u64) -> Booked {
        if kind == kind::INTENT {
            let head = IntentHead::decode(payload);
            return head.map_or(Booked::Nonsense, |head| self.intent(head, payload, writer));
        }
        let record = match Record::decode(kind, payload) {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.unknown += 1;
                return Booked::Nothing;
            }
            Err(_) => return Booked::Nonsense,
        };
        let is_new = match &record {
            Record::Entry(entry) => self.entry(entry, kind),
            Record::Correction(correction) => self.correction(correction),
            Record::Adjustment(_) | Record::Event(_) => self.note(record.id()),
        };
        if is_new {
            Booked::New(record)
        } else {
            Booked::Nothing
        }
    }

    /// Books what an entry costs after all. `false` when it was there already.
    fn correction(&mut self, correction: &Correction) -> bool {
        let is_new = self.note(correction.id().as_u128());
        if is_new {
            self.rollup.correct(correction);
        }
        is_new
    }

    /// Notes a record that is no entry. `false` when it was there already.
    fn note(&mut self, id: u128) -> bool {
        let is_new = self.recent.insert(id);
        self.duplicates += u64::from(!is_new);
        is_new
    }

    /// Books an intent of another series. Nearly all are settled a few records later, so that only
    /// its head is decoded. A raise takes the place of what it raises.
    pub(super) fn intent(&mut self, head: IntentHead, payload: &[u8], writer: u64) -> Booked {
        let id = head.id();
        if let Some(open) = self.open.get_mut(&id) {
            open.payload = payload.into();
            return Booked::Opened(id);
        }
        let settled = self.early.remove(&id) || self.recent.contains(id);
        if settled || self.open.len() >= OPEN_MAX {
            return Booked::Nothing;
        }
        let open = Open {
            writer,
            payload: payload.into(),
            began_before: head.is_raise,
        };
        self.open.insert(id, open);
        Booked::Opened(id)
    }

    /// Books an entry of another series. `false` when it was there already.
    pub(super) fn entry(&mut self, entry: &Entry, kind: u8) -> bool {
        let id = entry.id().as_u128();
        // What began in an earlier segment is open there, for whoever has that one in short.
        let open = self.open.remove(&id);
        let had_intent = open.is_some_and(|open| !open.began_before);
        if !self.count(entry) {
            return false;
        }
        if kind == kind::SETTLEMENT && !had_intent && self.early.len() < OPEN_MAX {
            self.early.insert(id);
        }
        true
    }

    /// Books an intent that this process is about to write.
    pub(super) fn own_intent(&mut self, id: u128) {
        if self.own.len() < OPEN_MAX {
            self.own.insert(id);
        }
    }

    /// Books an entry that this process is about to write, and says as what; `None` when it was
    /// written before.
    pub(super) fn own_entry(&mut self, entry: &Entry) -> Option<u8> {
        let id = entry.id().as_u128();
        let had_intent = self.own.remove(&id) | self.open.remove(&id).is_some();
        let kind = if had_intent {
            kind::SETTLEMENT
        } else {
            kind::ENTRY
        };
        self.count(entry).then_some(kind)
    }

    /// Intents without a settlement, of this process and others.
    pub(super) fn intents_open(&self) -> usize {
        self.own.len() + self.open.len()
    }

    /// Intents of this process without a settlement.
    pub(super) fn own_open(&self) -> usize {
        self.own.len()
    }

    /// Writers whose intents are open, ascending.
    pub(super) fn writers_open(&self) -> Vec<u64> {
        let mut writers: Vec<u64> = self.open.values().map(|open| open.writer).collect();
        writers.sort_unstable();
        writers.dedup();
        writers
    }

    /// The intents that dead `writer` left open, oldest first.
    pub(super) fn left_open_by(&self, writer: u64) -> Vec<Intent> {
        self.left(|open| open.writer == writer)
    }

    /// The intents that anybody else left open, oldest first.
    pub(super) fn left_open(&self) -> Vec<Intent> {
        self.left(|_| true)
    }

    fn left(&self, wanted: impl Fn(&Open) -> bool) -> Vec<Intent> {
        let mut left = Vec::new();
        for (id, open) in self.open.iter().filter(|(_, open)| wanted(open)) {
            // What cannot be read beyond its id is closed all the same.
            let mut intent = Intent::decode(&*open.payload).unwrap_or_default();
            intent.set_id(Uuid::from_u128(*id));
            left.push(intent);
        }
        left.sort_by_key(|intent| (intent.at_unix_ms, intent.id()));
        left
    }

    fn count(&mut self, entry: &Entry) -> bool {
        let new = self.recent.insert(entry.id().as_u128());
        if new {
            self.entries += 1;
            self.rollup.add(entry);
        } else {
            self.duplicates += 1;
        }
        new
    }
}

/// The ids of the latest entries.
#[derive(Debug, Default)]
pub(super) struct Recent {
    set: HashSet<u128>,
    order: VecDeque<u128>,
}

impl Recent {
    /// Remembers `id`; `false` when it was known.
    pub(super) fn insert(&mut self, id: u128) -> bool {
        if !self.set.insert(id) {
            return false;
        }
        if self.order.len() >= RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
        self.order.push_back(id);
        true
    }

    pub(super) fn contains(&self, id: u128) -> bool {
        self.set.contains(&id)
    }

    /// The latest `count` ids, oldest first.
    pub(super) fn latest(&self, count: usize) -> impl Iterator<Item = u128> + '_ {
        self.order
            .range(self.order.len().saturating_sub(count)..)
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book_intent(books: &mut Books, id: u64) {
        let intent = Intent {
            id_lo: id,
            ..Intent::default()
        };
        let booked = books.record(kind::INTENT, &intent.encode_to_vec(), 9);
        assert!(booked.is_sound());
    }

    fn entry(id: u64) -> Entry {
        Entry {
            id_lo: id,
            ..Entry::default()
        }
    }

    #[test]
    fn an_intent_is_open_until_its_settlement_whichever_comes_first() {
        let mut books = Books::default();
        book_intent(&mut books, 1);
        book_intent(&mut books, 2);
        assert!(books.entry(&entry(1), kind::SETTLEMENT));
        assert!(books.entry(&entry(3), kind::SETTLEMENT));
        book_intent(&mut books, 3);
        let left: Vec<u64> = books
            .left_open_by(9)
            .iter()
            .map(|intent| intent.id_lo)
            .collect();
        assert_eq!(left, [2]);
        assert_eq!(books.left_open_by(8), []);
    }

    fn book_raise(books: &mut Books, id: u64, reserved_picousd: i64) -> Booked {
        let raise = Intent {
            id_lo: id,
            reserved_picousd,
            is_raise: true,
            ..Intent::default()
        };
        books.record(kind::INTENT, &raise.encode_to_vec(), 9)
    }

    #[test]
    fn of_an_intent_and_its_raises_the_latest_counts_until_it_is_settled() {
        let mut books = Books::default();
        book_intent(&mut books, 1);
        for reserved in [5, 8] {
            assert!(matches!(
                book_raise(&mut books, 1, reserved),
                Booked::Opened(1)
            ));
        }
        let left = books.left_open_by(9);
        assert_eq!((left.len(), left[0].reserved_picousd), (1, 8));
        assert!(books.entry(&entry(1), kind::SETTLEMENT));
        assert!(books.early.is_empty());
        assert!(matches!(book_raise(&mut books, 1, 9), Booked::Nothing));
        assert_eq!(books.intents_open(), 0);
    }

    #[test]
    fn a_settlement_whose_intent_is_elsewhere_is_told_even_if_a_raise_of_it_is_here() {
        let mut books = Books::default();
        book_raise(&mut books, 1, 5);
        assert!(books.entry(&entry(1), kind::SETTLEMENT));
        assert!(books.early.contains(&1));
    }

    #[test]
    fn an_entry_with_the_same_id_is_counted_once() {
        let mut books = Books::default();
        assert!(books.entry(&entry(1), kind::ENTRY));
        assert!(!books.entry(&entry(1), kind::SETTLEMENT));
        assert_eq!(books.own_entry(&entry(1)), None);
        assert_eq!((books.entries, books.duplicates), (1, 2));
    }

    #[test]
    fn an_own_entry_settles_its_own_intent_or_stands_alone() {
        let mut books = Books::default();
        books.own_intent(1);
        assert_eq!(books.own_entry(&entry(1)), Some(kind::SETTLEMENT));
        assert_eq!(books.own_entry(&entry(2)), Some(kind::ENTRY));
        assert_eq!(books.intents_open(), 0);
    }

    #[test]
    fn recent_ids_are_bounded() {
        let mut recent = Recent::default();
        for id in 0..=RECENT_MAX as u128 {
            assert!(recent.insert(id));
        }
        assert!(!recent.contains(0));
        assert!(recent.contains(1));
        assert_eq!(recent.latest(2).collect::<Vec<_>>(), [65_535, 65_536]);
    }
}
