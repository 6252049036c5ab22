//! How deployments fared, as the ledger itself shows: what `fastest` and `balanced` routes go by.

use std::collections::HashMap;

use quotah_policy::Sketch;

use crate::ledger::{Entry, Outcome};

/// Most deployments that are told apart; further ones count as unknown.
const DEPLOYMENTS_MAX: usize = 10_000;

/// Every deployment's record.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// By provider, then by model.
    by_provider: HashMap<Box<str>, HashMap<Box<str>, Record>>,
    deployments: usize,
}

/// How one deployment fared.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Requests that it got.
    pub(super) calls: u64,
    /// Of these, those that it failed.
    pub(super) failures: u64,
    /// Times to the first byte of streams, milliseconds.
    first_byte_ms: Sketch,
    /// Durations of other answers, milliseconds.
    duration_ms: Sketch,
}

impl Survey {
    /// Notes an entry, and the deployments that failed it on its way.
    pub(super) fn note(&mut self, entry: &Entry) {
        let is_kept = entry.cache == "hit";
        if entry.provider.is_empty() || is_kept || entry.outcome() == Outcome::Refused {
            return;
        }
        if let Some(record) = self.open(&entry.provider, &entry.model_sent) {
            record.note(entry);
        }
        for attempt in entry.attempts.iter().rev().skip(1) {
            let model = attempt.deployment.strip_prefix(&*attempt.provider);
            let model = model.and_then(|model| model.strip_prefix('/'));
            let failed = model.filter(|_| !attempt.error_class.is_empty());
            if let Some(record) = failed.and_then(|model| self.open(&attempt.provider, model)) {
                record.calls += 1;
                record.failures += 1;
            }
        }
    }

    fn open(&mut self, provider: &str, model: &str) -> Option<&mut Record> {
        if self.record(provider, model).is_none() {
            if self.deployments >= DEPLOYMENTS_MAX {
                return None;
            }
            self.deployments += 1;
            let models = self.by_provider.entry(provider.into()).or_default();
            models.insert(model.into(), Record::default());
        }
        self.by_provider.get_mut(provider)?.get_mut(model)
    }

    /// What is known of a provider's model.
    pub(super) fn record(&self, provider: &str, model: &str) -> Option<&Record> {
        self.by_provider.get(provider)?.get(model)
    }
}

impl Record {
    fn note(&mut self, entry: &Entry) {
        self.calls += 1;
        match entry.outcome() {
            // Another one was quicker, which is no failure; how long it would have taken is not known.
            Outcome::Superseded => {}
            Outcome::UpstreamError | Outcome::Interrupted => self.failures += 1,
            Outcome::Ok | Outcome::ClientGone | Outcome::CutByBudget | Outcome::Refused => {
                match entry.ttft_ms {
                    Some(first_byte_ms) if entry.stream => {
                        self.first_byte_ms.observe(first_byte_ms);
                    }
                    _ if entry.stream => {}
                    _ => self.duration_ms.observe(entry.duration_ms),
                }
            }
        }
    }

    /// How long it usually takes, milliseconds: a stream to its first byte, another answer to its end.
    pub(super) fn median_ms(&self, stream: bool) -> Option<u64> {
        let sketch = if stream {
            &self.first_byte_ms
        } else {
            &self.duration_ms
        };
        sketch.quantile(500)
    }

    /// Share of its requests that went well, of ten thousand; `None` before there was any.
    pub(super) fn success(&self) -> Option<u16> {
        let well = self.calls.saturating_sub(self.failures);
        let share = well.saturating_mul(10_000).checked_div(self.calls)?;
        u16::try_from(share).ok()
    }
}
