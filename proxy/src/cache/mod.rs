//! Answers that are given again: an exact-match cache in memory, bounded by bytes.
//!
//! A [`CacheKey`] digests all that an answer depends on, whose request it is among it; a [`Kept`] is an answer as
//! its first client got it. What is looked up by another key is another answer: nothing is shared between tenants.
//!
//! The store has no thread of its own: tidying is done by whoever puts an answer in.

mod kept;
mod key;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use moka::Expiry;
use moka::policy::EvictionPolicy;
use parking_lot::Mutex;

use crate::config::resolved::CacheSettings;

pub(crate) use kept::{Copying, Kept, Worth};
pub(crate) use key::{Asking, CacheKey, Tenant};

type Store = moka::sync::Cache<CacheKey, Arc<Kept>>;

/// All answers that are kept.
#[derive(Debug)]
pub(crate) struct Cache {
    store: ArcSwap<Store>,
    /// Most bytes of the store in use.
    bytes_max: Mutex<u64>,
}

impl Cache {
    /// An empty one.
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self {
            store: ArcSwap::from_pointee(store(settings.bytes_max)),
            bytes_max: Mutex::new(settings.bytes_max),
        }
    }

    /// Takes settings over. With another bound it begins anew, empty.
    pub(crate) fn apply(&self, settings: CacheSettings) {
        let mut bytes_max = self.bytes_max.lock();
        if *bytes_max != settings.bytes_max {
            *bytes_max = settings.bytes_max;
            self.store.store(Arc::new(store(settings.bytes_max)));
        }
    }

    /// The answer kept under `key`, unless its time is over.
    pub(crate) fn get(&self, key: &CacheKey, now_unix_ms: u64) -> Option<Arc<Kept>> {
        let kept = self.store.load().get(key)?;
        (now_unix_ms < kept.expires_at_unix_ms).then_some(kept)
    }

    /// Keeps an answer, in the place of an older one. The ones that were not asked for longest make room; one that is
    /// larger than all the room is not kept.
    pub(crate) fn put(&self, key: CacheKey, kept: Kept) {
        let store = self.store.load();
        store.insert(key, Arc::new(kept));
        // Insertions wait in a queue of moka's own, where nobody counts their bytes: they are few, so it is emptied at once.
        store.run_pending_tasks();
    }

    /// How many bytes are kept, what has expired left out.
    pub(crate) fn bytes(&self) -> u64 {
        let store = self.store.load();
        store.run_pending_tasks();
        store.weighted_size()
    }
}

fn store(bytes_max: u64) -> Store {
    moka::sync::Cache::builder()
        .max_capacity(bytes_max)
        .weigher(|_: &CacheKey, kept: &Arc<Kept>| u32::try_from(kept.bytes()).unwrap_or(u32::MAX))
        .eviction_policy(EvictionPolicy::lru())
        .expire_after(OwnTime)
        .build()
}

/// Every answer has its own time to live.
struct OwnTime;

impl Expiry<CacheKey, Arc<Kept>> for OwnTime {
    fn expire_after_create(&self, _: &CacheKey, kept: &Arc<Kept>, _: Instant) -> Option<Duration> {
        Some(kept.ttl())
    }

    fn expire_after_update(
        &self,
        _: &CacheKey,
        kept: &Arc<Kept>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.ttl())
    }
}

#[cfg(test)]
mod tests;
