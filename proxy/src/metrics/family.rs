//! Families of labelled series with a bound on how many there are.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec};

/// Most series of one family, a histogram's buckets, sum and count included.
pub const SERIES_MAX: usize = 2_000;

/// Series kept free for label sets under `other`: 25 statuses × 8 outcomes is the largest set of those.
const OVERFLOW_MAX: usize = 200;

/// Label value for what did not fit.
pub(super) const OTHER: &str = "other";

/// Counters by labels, the first of which may be replaced by `other`.
#[derive(Debug)]
pub(super) struct Counters {
    vec: IntCounterVec,
    bound: Bound,
}

impl Counters {
    pub(super) fn new(name: &'static str, vec: IntCounterVec, dropped: Dropped) -> Self {
        let bound = Bound::new(name, 1, dropped);
        Self { vec, bound }
    }

    /// The counter for `open` labels (from the configuration) and `closed` ones (from a fixed set).
    #[expect(
        clippy::expect_used,
        reason = "fails only for a wrong number of labels, which are constants of this folder"
    )]
    pub(super) fn child(&self, open: &[&str], closed: &[&str]) -> IntCounter {
        let labels = self.bound.admit(open, closed);
        self.vec
            .get_metric_with_label_values(&labels)
            .expect("as many values as labels")
    }
}

/// Histograms by provider and model.
#[derive(Debug)]
pub(super) struct Histograms {
    vec: HistogramVec,
    bound: Bound,
}

impl Histograms {
    pub(super) fn new(name: &'static str, vec: HistogramVec, dropped: Dropped) -> Self {
        // The most buckets of any family here are 21; `+Inf`, `_sum` and `_count` come on top.
        let bound = Bound::new(name, 24, dropped);
        Self { vec, bound }
    }

    #[expect(
        clippy::expect_used,
        reason = "fails only for a wrong number of labels, which are constants of this folder"
    )]
    pub(super) fn child(&self, provider: &str, model: &str) -> Histogram {
        let labels = self.bound.admit(&[provider, model], &[]);
        self.vec
            .get_metric_with_label_values(&labels)
            .expect("as many values as labels")
    }
}

/// Counts label sets that did not fit.
#[derive(Debug, Clone)]
pub(super) struct Dropped(IntCounterVec);

impl Dropped {
    pub(super) const fn new(vec: IntCounterVec) -> Self {
        Self(vec)
    }

    pub(super) fn count(&self, family: &str) {
        self.0.with_label_values(&[family]).inc();
    }
}

/// Which label sets a family holds.
pub(super) struct Bound {
    family: &'static str,
    sets_max: usize,
    held: Mutex<HashSet<Box<[Box<str>]>>>,
    dropped: Dropped,
}

impl Bound {
    /// A bound for a family whose members take `weight` series each.
    pub(super) fn new(family: &'static str, weight: usize, dropped: Dropped) -> Self {
        let overflow = if weight == 1 { OVERFLOW_MAX } else { weight };
        Self {
            family,
            sets_max: (SERIES_MAX - overflow) / weight,
            held: Mutex::default(),
            dropped,
        }
    }

    /// The labels to use: as given while there is room, else with every open one replaced by `other`.
    pub(super) fn admit(&self, open: &[&str], closed: &[&str]) -> Vec<String> {
        let labels: Box<[Box<str>]> = open.iter().chain(closed).map(|l| Box::from(*l)).collect();
        let text = |labels: &[Box<str>]| labels.iter().map(ToString::to_string).collect();
        let mut held = self.held.lock();
        if held.contains(&labels) || held.len() < self.sets_max {
            let admitted = text(&labels);
            held.insert(labels);
            return admitted;
        }
        drop(held);
        self.dropped.count(self.family);
        let others = open.iter().map(|_| OTHER);
        others
            .chain(closed.iter().copied())
            .map(str::to_owned)
            .collect()
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Bound({}, {}/{})",
            self.family,
            self.held.lock().len(),
            self.sets_max
        )
    }
}

/// Children that were looked up once: a short list read without a lock.
#[derive(Debug)]
pub(super) struct Cached<K, V>(ArcSwap<Vec<(K, V)>>);

impl<K, V> Default for Cached<K, V> {
    fn default() -> Self {
        Self(ArcSwap::from_pointee(Vec::new()))
    }
}

impl<K: Clone + PartialEq, V: Clone> Cached<K, V> {
    /// The child of `key`, made on first use. The list is no longer than [`SERIES_MAX`].
    pub(super) fn child<Q>(&self, key: &Q, make: impl FnOnce() -> V) -> V
    where
        Q: ?Sized + ToOwned<Owned = K>,
        K: PartialEq<Q>,
    {
        if let Some((_, value)) = self.0.load().iter().find(|(k, _)| k == key) {
            return value.clone();
        }
        let value = make();
        self.0.rcu(|list| {
            let mut list = Vec::clone(list);
            if list.len() < SERIES_MAX && !list.iter().any(|(k, _)| k == key) {
                list.push((key.to_owned(), value.clone()));
            }
            Arc::new(list)
        });
        value
    }
}
