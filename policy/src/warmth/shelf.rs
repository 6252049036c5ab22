//! A bounded map of prefixes to those who hold them, which forgets what was noted longest ago.

use std::collections::{BTreeMap, HashMap};

use smallvec::SmallVec;

use super::SHELF_MAX;

/// Most deployments that are remembered for one prefix.
pub const HOLDERS_MAX: usize = 4;

/// Who holds a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) deployment: u64,
    pub(super) tokens: u64,
    pub(super) until_ms: u64,
}

#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// By the prefix' hash, which nobody outside can foresee.
    entries: HashMap<u64, Entry, foldhash::fast::RandomState>,
    /// Hashes by when they were noted last.
    ages: BTreeMap<u64, u64>,
    /// Counts notes.
    tick: u64,
}

#[derive(Debug)]
struct Entry {
    holders: SmallVec<[Holder; HOLDERS_MAX]>,
    /// The tick at which it was noted last.
    noted: u64,
}

impl Shelf {
    /// Notes who holds a prefix. What they hold now replaces what they held; if it `is_exact`, even when that is less.
    pub(super) fn note(&mut self, hash: u64, holder: Holder, is_exact: bool, now_ms: u64) {
        self.tick = self.tick.saturating_add(1);
        let noted = self.tick;
        let entry = self.entries.entry(hash).or_insert_with(|| Entry {
            holders: SmallVec::new(),
            noted,
        });
        self.ages.remove(&entry.noted);
        self.ages.insert(noted, hash);
        entry.noted = noted;
        entry.note(holder, is_exact, now_ms);
        if self.entries.len() > SHELF_MAX
            && let Some((_, oldest)) = self.ages.pop_first()
        {
            self.entries.remove(&oldest);
        }
    }

    /// Forgets that `deployment` holds a prefix.
    pub(super) fn forget(&mut self, hash: u64, deployment: u64) {
        let Some(entry) = self.entries.get_mut(&hash) else {
            return;
        };
        entry.holders.retain(|held| held.deployment != deployment);
        if entry.holders.is_empty() {
            self.ages.remove(&entry.noted);
            self.entries.remove(&hash);
        }
    }

    /// Who holds a prefix now.
    pub(super) fn holders(&self, hash: u64, now_ms: u64) -> impl Iterator<Item = Holder> {
        let entry = self.entries.get(&hash);
        let holders = entry.into_iter().flat_map(|entry| &entry.holders);
        holders.filter(move |held| held.until_ms > now_ms).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

impl Entry {
    fn note(&mut self, new: Holder, is_exact: bool, now_ms: u64) {
        self.holders.retain(|held| held.until_ms > now_ms);
        let mut holders = self.holders.iter_mut();
        if let Some(known) = holders.find(|held| held.deployment == new.deployment) {
            let tokens = if is_exact { 0 } else { known.tokens };
            known.tokens = new.tokens.max(tokens);
            known.until_ms = new.until_ms;
            return;
        }
        if self.holders.len() < HOLDERS_MAX {
            self.holders.push(new);
            return;
        }
        let first_to_go = self.holders.iter_mut().min_by_key(|held| held.until_ms);
        if let Some(held) = first_to_go {
            *held = new;
        }
    }
}
