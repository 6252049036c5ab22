//! Warmth: which deployment holds a prompt's beginning in its cache?
//!
//! Providers keep the prompts that they have read for minutes or hours, and sell their tokens cheaply when a prompt
//! begins the same. Who holds what is known here by hashes of bodies' beginnings ([`PrefixHashes`]), or of a session
//! that the client names. Nothing of a prompt itself is kept.

mod prefix;
mod shelf;
#[cfg(test)]
mod tests;

pub use prefix::{PREFIX_BYTES, PrefixHashes};
pub use shelf::HOLDERS_MAX;

use shelf::{Holder, Shelf};

use crate::sync::{Mutex, lock};

/// Most prefixes that are remembered. One takes about 200 bytes: 13 MB in all.
pub const PREFIXES_MAX: usize = SHELVES * SHELF_MAX;

/// The longest that a prompt is taken to be kept: a day, as `OpenAI`'s extended caching keeps it at most (documented at
/// <https://platform.openai.com/docs/guides/prompt-caching>).
pub const WARM_MS_MAX: u64 = 24 * 60 * 60 * 1_000;

/// Who holds which prompts' beginnings. When it is full, what was noted longest ago goes first.
#[derive(Debug)]
pub struct Warmth {
    shelves: [Mutex<Shelf>; SHELVES],
}

/// Who holds one prompt's beginning, and how many of its tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Warm {
    held: [(u64, u64); HOLDERS_MAX],
    count: usize,
}

impl Default for Warmth {
    fn default() -> Self {
        Self {
            shelves: std::array::from_fn(|_| Mutex::new(Shelf::default())),
        }
    }
}

impl Warmth {
    /// Nobody holds anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `deployment`'s cache holds `tokens` of the prompt with these `hashes` for `ttl_ms` from `now_ms` on,
    /// a unix time in milliseconds. With 0 tokens it holds none of it, whatever was noted before.
    ///
    /// All of them are noted for the longest prefix. A shorter one is noted for so many of them as fit into its
    /// bytes, and not for fewer than another prompt that begins the same.
    pub fn note(&self, deployment: u64, hashes: &PrefixHashes, held: Held, now_ms: u64) {
        let until_ms = now_ms.saturating_add(held.ttl_ms.min(WARM_MS_MAX));
        for (at, prefix) in hashes.longest_first().enumerate() {
            let Some(shelf) = self.shelf(prefix.hash) else {
                continue;
            };
            let mut shelf = lock(shelf);
            if held.tokens == 0 {
                shelf.forget(prefix.hash, deployment);
                continue;
            }
            let holder = Holder {
                deployment,
                tokens: held.tokens.min(prefix.tokens_max(at == 0)),
                until_ms,
            };
            shelf.note(prefix.hash, holder, at == 0, now_ms);
        }
    }

    /// Who holds the beginning of the prompt with these `hashes`: of each deployment the longest prefix, of all of
    /// them the first few that hold longest ones.
    #[must_use]
    pub fn find(&self, hashes: &PrefixHashes, now_ms: u64) -> Warm {
        let mut warm = Warm::default();
        for prefix in hashes.longest_first() {
            if warm.count == HOLDERS_MAX {
                break;
            }
            if let Some(shelf) = self.shelf(prefix.hash) {
                let shelf = lock(shelf);
                let holders = shelf.holders(prefix.hash, now_ms);
                holders.for_each(|holder| warm.add(holder.deployment, holder.tokens));
            }
        }
        warm
    }

    /// How many tokens of that prompt `deployment` holds; 0 when none are known.
    ///
    /// For several deployments, ask [`Self::find`] once.
    #[must_use]
    pub fn warm_tokens(&self, deployment: u64, hashes: &PrefixHashes, now_ms: u64) -> u64 {
        self.find(hashes, now_ms).tokens(deployment)
    }

    /// How many prefixes are remembered, at most [`PREFIXES_MAX`].
    #[must_use]
    pub fn len(&self) -> usize {
        let shelves = self.shelves.iter();
        shelves.fold(0, |sum, shelf| sum.saturating_add(lock(shelf).len()))
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shelf(&self, hash: u64) -> Option<&Mutex<Shelf>> {
        let place = usize::try_from(hash >> SHELF_SHIFT).ok()?;
        self.shelves.get(place)
    }
}

/// How much of a prompt a cache holds, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Tokens that were read from it or written to it.
    pub tokens: u64,
    /// How long they are kept, in milliseconds; [`WARM_MS_MAX`] at most.
    pub ttl_ms: u64,
}

impl Warm {
    /// How many of the prompt's tokens `deployment` holds; 0 when none are known.
    #[must_use]
    pub fn tokens(&self, deployment: u64) -> u64 {
        let mut all = self.iter();
        let held = all.find(|(holder, _)| *holder == deployment);
        held.map_or(0, |(_, tokens)| tokens)
    }

    /// Deployments and the tokens that each holds, who holds the longest prefix first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.held.iter().copied().take(self.count)
    }

    /// Whether nobody holds any.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds one that is not there with a longer prefix.
    fn add(&mut self, deployment: u64, tokens: u64) {
        if self.iter().any(|(holder, _)| holder == deployment) {
            return;
        }
        if let Some(free) = self.held.get_mut(self.count) {
            *free = (deployment, tokens);
            self.count = self.count.saturating_add(1);
        }
    }
}

const SHELVES: usize = 16;

/// The topmost four bits of a hash say the shelf.
const SHELF_SHIFT: u32 = 60;

const SHELF_MAX: usize = 4_096;
