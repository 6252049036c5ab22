//! `cache_*`: what the response cache is asked for, holds, and has saved.

use prometheus::{IntCounter, IntGauge};

use parking_lot::Mutex;
use quotah_policy::Money;

use super::Registrar;

/// The family; its money is kept in integers and printed exactly.
#[derive(Debug)]
pub(super) struct CacheMetrics {
    hits: IntCounter,
    misses: IntCounter,
    bytes: IntGauge,
    saved: Mutex<Money>,
}

impl CacheMetrics {
    pub(super) fn new(registrar: &Registrar<'_>) -> Self {
        let requests = registrar.counters(
            "cache_requests_total",
            "Requests whose answer may be kept, by whether one was",
            &["result"],
        );
        Self {
            hits: requests.with_label_values(&["hit"]),
            misses: requests.with_label_values(&["miss"]),
            bytes: registrar.gauge("cache_bytes", "Bytes of answers that are kept"),
            saved: Mutex::default(),
        }
    }

    /// A kept answer was given, which had cost so much.
    pub(super) fn hit(&self, saved: Money) {
        self.hits.inc();
        let mut total = self.saved.lock();
        *total = total.saturating_add(saved.max(Money::ZERO));
    }

    /// There was none.
    pub(super) fn miss(&self) {
        self.misses.inc();
    }

    pub(super) fn bytes(&self, bytes: u64) {
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Appends what was saved, in the text format.
    pub(super) fn render(&self, out: &mut String) {
        out.push_str("# HELP quotah_cache_saved_usd_total What kept answers had cost that were given again, in US dollars\n");
        out.push_str("# TYPE quotah_cache_saved_usd_total counter\n");
        let saved = *self.saved.lock();
        out.push_str(&format!("quotah_cache_saved_usd_total {saved}\n"));
    }
}
