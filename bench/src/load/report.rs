//! What a run measured, as numbers and as JSON.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::answer::Answer;

/// Counts and times of one run, or of one connection's part in it.
#[derive(Debug)]
pub struct Tally {
    /// Whole answers with status 200 and the expected length.
    pub good: u64,
    /// Answers with another status.
    pub bad_status: u64,
    /// Answers of another length than the first good one's.
    pub odd: u64,
    /// Connections that failed, and answers that broke off.
    pub broken: u64,
    /// SSE events in good answers.
    pub events: u64,
    /// Entity bytes in good answers.
    pub body_bytes: u64,
    /// Entity length of the first good answer: what the others are held against.
    expected_bytes: Option<u64>,
    latency: Option<Histogram<u64>>,
    first: Option<Histogram<u64>>,
    gap: Option<Histogram<u64>>,
}

/// A time that a tally keeps.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// From due or sent to the last byte.
    Latency,
    /// From due or sent to the first byte of the entity.
    First,
    /// Between reads of a stream.
    Gap,
}

impl Default for Tally {
    fn default() -> Self {
        // From 1 ns to 10 min, three digits: about 300 KiB each. `None` only if these bounds were wrong.
        let histogram = || Histogram::new_with_bounds(1, 600_000_000_000, 3).ok();
        Self {
            good: 0,
            bad_status: 0,
            odd: 0,
            broken: 0,
            events: 0,
            body_bytes: 0,
            expected_bytes: None,
            latency: histogram(),
            first: histogram(),
            gap: histogram(),
        }
    }
}

impl Tally {
    /// Counts an answer read to its end.
    pub fn answer(&mut self, answer: &Answer) {
        if answer.status != 200 {
            self.bad_status += 1;
            return;
        }
        if *self.expected_bytes.get_or_insert(answer.body_bytes) != answer.body_bytes {
            self.odd += 1;
            return;
        }
        self.good += 1;
        self.events += answer.events;
        self.body_bytes += answer.body_bytes;
    }

    /// Keeps a time.
    pub fn time(&mut self, kind: Kind, time: Duration) {
        let histogram = match kind {
            Kind::Latency => &mut self.latency,
            Kind::First => &mut self.first,
            Kind::Gap => &mut self.gap,
        };
        if let Some(histogram) = histogram {
            histogram.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    /// Adds another connection's part.
    pub fn merge(&mut self, other: &Self) {
        self.bad_status += other.bad_status;
        self.broken += other.broken;
        self.events += other.events;
        self.body_bytes += other.body_bytes;
        let differs = match (self.expected_bytes, other.expected_bytes) {
            (Some(mine), Some(theirs)) => mine != theirs,
            _ => false,
        };
        self.odd += other.odd + if differs { other.good } else { 0 };
        self.good += if differs { 0 } else { other.good };
        self.expected_bytes = self.expected_bytes.or(other.expected_bytes);
        for (mine, theirs) in [
            (&mut self.latency, &other.latency),
            (&mut self.first, &other.first),
            (&mut self.gap, &other.gap),
        ] {
            if let (Some(mine), Some(theirs)) = (mine, theirs) {
                // Cannot fail: all histograms have the same bounds.
                mine.add(theirs).unwrap_or_default();
            }
        }
    }

    /// The run's report.
    #[must_use]
    pub fn report(&self, elapsed: Duration) -> Report {
        let seconds = elapsed.as_secs_f64();
        Report {
            requests: self.good + self.bad_status + self.odd,
            good: self.good,
            bad_status: self.bad_status,
            odd: self.odd,
            broken: self.broken,
            events: self.events,
            body_bytes: self.body_bytes,
            seconds,
            per_second: if seconds > 0.0 {
                self.good as f64 / seconds
            } else {
                0.0
            },
            latency_us: self.latency.as_ref().and_then(Times::of),
            first_us: self.first.as_ref().and_then(Times::of),
            gap_us: self.gap.as_ref().and_then(Times::of),
        }
    }
}

/// One run, ready to print.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Answers read to their end.
    pub requests: u64,
    /// Of these, with status 200 and the expected length.
    pub good: u64,
    /// Of these, with another status.
    pub bad_status: u64,
    /// Of these, of another length than the first.
    pub odd: u64,
    /// Connections that failed, and answers that broke off.
    pub broken: u64,
    /// SSE events in good answers.
    pub events: u64,
    /// Entity bytes in good answers.
    pub body_bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// Good answers per second.
    pub per_second: f64,
    /// From due (open loop) or sent (closed) to the last byte.
    pub latency_us: Option<Times>,
    /// From due or sent to the first byte of the entity.
    pub first_us: Option<Times>,
    /// Between reads of a stream.
    pub gap_us: Option<Times>,
}

/// A distribution, microseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Times {
    /// How many.
    pub count: u64,
    /// Median.
    pub p50: f64,
    /// 90 of 100 were at most this.
    pub p90: f64,
    /// 99 of 100 were at most this.
    pub p99: f64,
    /// The longest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
}

impl Times {
    fn of(nanos: &Histogram<u64>) -> Option<Self> {
        if nanos.is_empty() {
            return None;
        }
        let micros = |nanos: u64| nanos as f64 / 1000.0;
        Some(Self {
            count: nanos.len(),
            p50: micros(nanos.value_at_quantile(0.50)),
            p90: micros(nanos.value_at_quantile(0.90)),
            p99: micros(nanos.value_at_quantile(0.99)),
            max: micros(nanos.max()),
            mean: nanos.mean() / 1000.0,
        })
    }
}
