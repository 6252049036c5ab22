//! A bounded table of lessons by key and model, that forgets what was not needed for longest.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::{Learned, Lessons};
use crate::sync::{Mutex, lock};

/// Most pairs of key and model that are remembered. One takes about 600 bytes, at most 5 KB.
///
/// Keys and models may come from clients; without a bound they would fill the memory.
pub const LEARNED_MAX: usize = SHARDS * SHARD_MAX;

/// Lessons by key and model, in shards so that requests seldom wait for each other.
#[derive(Debug)]
pub(super) struct Table {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Shard {
    /// By the hash of key and model, which nobody outside can foresee: where in `entries`.
    places: HashMap<u64, usize, foldhash::fast::RandomState>,
    entries: Vec<Entry>,
    /// Counts looks at the shard.
    tick: u64,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    key: Box<str>,
    model: Box<str>,
    lessons: Lessons,
    /// The tick at which it was needed last.
    used: u64,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::new(Shard::default())),
            hasher: RandomState::new(),
        }
    }
}

impl Table {
    /// Calls `with` with what is known of the pair; `None` when nothing is.
    pub(super) fn read<R>(
        &self,
        key: &str,
        model: &str,
        with: impl FnOnce(&Lessons) -> R,
    ) -> Option<R> {
        let (hash, shard) = self.shard(key, model)?;
        let mut shard = lock(shard);
        let entry = shard.find(hash)?;
        entry.is_of(key, model).then(|| with(&entry.lessons))
    }

    /// Calls `with` with what is known of the pair, or with nothing that it may fill.
    pub(super) fn write(&self, key: &str, model: &str, with: impl FnOnce(&mut Lessons)) {
        let Some((hash, shard)) = self.shard(key, model) else {
            return;
        };
        let mut shard = lock(shard);
        if let Some(entry) = shard.find(hash) {
            if !entry.is_of(key, model) {
                *entry = Entry::new(hash, key, model, entry.used);
            }
            with(&mut entry.lessons);
            return;
        }
        let mut entry = Entry::new(hash, key, model, shard.tick);
        with(&mut entry.lessons);
        shard.insert(entry);
    }

    pub(super) fn len(&self) -> usize {
        let shards = self.shards.iter();
        shards.fold(0, |sum, shard| {
            sum.saturating_add(lock(shard).entries.len())
        })
    }

    pub(super) fn all(&self) -> Vec<Learned> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(lock(shard).entries.iter().map(|entry| Learned {
                key: entry.key.clone(),
                model: entry.model.clone(),
                lessons: entry.lessons.clone(),
            }));
        }
        all
    }

    fn shard(&self, key: &str, model: &str) -> Option<(u64, &Mutex<Shard>)> {
        let hash = self.hasher.hash_one((key, model));
        let place = usize::try_from(hash >> SHARD_SHIFT).ok()?;
        Some((hash, self.shards.get(place)?))
    }
}

impl Shard {
    fn find(&mut self, hash: u64) -> Option<&mut Entry> {
        self.tick = self.tick.saturating_add(1);
        let entry = self.entries.get_mut(*self.places.get(&hash)?)?;
        entry.used = self.tick;
        Some(entry)
    }

    /// Adds what is not there; full, in the place of the entry that was not needed for longest of a few.
    fn insert(&mut self, entry: Entry) {
        let hash = entry.hash;
        if self.entries.len() < SHARD_MAX {
            self.places.insert(hash, self.entries.len());
            self.entries.push(entry);
            return;
        }
        let place = self.stalest(hash);
        if let Some(old) = self.entries.get_mut(place) {
            self.places.remove(&old.hash);
            *old = entry;
            self.places.insert(hash, place);
        }
    }

    /// The place of the entry that was not needed for longest, of [`SAMPLED`] that begin where `hash` says.
    fn stalest(&self, hash: u64) -> usize {
        let start = usize::try_from(hash % SHARD_MAX_U64).unwrap_or(0);
        let places = (0..SAMPLED).map(|step| start.saturating_add(step) % SHARD_MAX);
        let used = |place: &usize| self.entries.get(*place).map_or(u64::MAX, |e| e.used);
        places.min_by_key(used).unwrap_or(0)
    }
}

impl Entry {
    fn new(hash: u64, key: &str, model: &str, used: u64) -> Self {
        Self {
            hash,
            key: key.into(),
            model: model.into(),
            lessons: Lessons::default(),
            used,
        }
    }

    /// Two pairs with one hash are told apart; the one that was learned from last is remembered.
    fn is_of(&self, key: &str, model: &str) -> bool {
        *self.key == *key && *self.model == *model
    }
}

const SHARDS: usize = 16;

/// The topmost four bits of a hash say the shard.
const SHARD_SHIFT: u32 = 60;

const SHARD_MAX: usize = 625;
const SHARD_MAX_U64: u64 = 625;

/// Entries looked at for one to forget.
const SAMPLED: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sketch;

    #[test]
    fn the_table_is_bounded_and_forgets_what_was_not_needed() {
        let table = Table::default();
        let note = |key: &str| table.write(key, "m", |lessons| lessons.output.observe(7));
        let knows = |key: &str| table.read(key, "m", |lessons| lessons.output.count());
        note("needed");
        for n in 0..3 * LEARNED_MAX {
            note(&n.to_string());
            if n % 20 == 0 {
                assert_eq!(knows("needed"), Some(1), "{n}");
            }
        }
        assert_eq!(table.len(), LEARNED_MAX);
        assert_eq!(LEARNED_MAX, 10_000);
        assert_eq!(knows("0"), None);
        assert_eq!(table.all().len(), LEARNED_MAX);
    }

    #[test]
    fn key_and_model_are_not_mistaken_for_another_pair() {
        let table = Table::default();
        table.write("ab", "c", |lessons| lessons.output.observe(1));
        let count = |key, model| table.read(key, model, |l| Sketch::count(&l.output));
        assert_eq!(count("ab", "c"), Some(1));
        assert_eq!(count("a", "bc"), None);
    }
}
