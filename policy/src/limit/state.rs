//! What a cell counts.

use std::num::NonZeroU32;
use std::time::Duration;

use super::rate::Rate;
use super::standing::Mark;
use super::{Asking, Caps, Measure};
use crate::bucket::{Bucket, Empty};

/// Everything that one cell counts. It does not know its limits: they may change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) in_flight: u32,
    pub(super) streams: u32,
    pub(super) tokens: Bucket,
    /// When the rates by minute, hour and day are as new.
    new_at_ns: [u64; PERIODS.len()],
}

/// A limit that has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoRoom {
    pub(super) measure: Measure,
    pub(super) retry_after: Duration,
}

/// When a request that finds too many others under way is to try again: nobody knows when one of them will end. A
/// second is short beside most answers, and long enough that retries cost next to nothing.
pub const CONCURRENT_RETRY: Duration = Duration::from_secs(1);

impl State {
    /// Counts a request, and says how many tokens it holds.
    ///
    /// # Errors
    /// [`NoRoom`] with the limit that takes longest to have room again. Then part of the request may have been
    /// counted, and the caller puts back the state that was before.
    pub(super) fn enter(
        &mut self,
        caps: &Caps,
        asking: Asking,
        now_ns: u64,
    ) -> Result<u64, NoRoom> {
        let mut worst = None;
        self.count_one_more(caps, asking, &mut worst);
        for (rate, place) in rates(caps).into_iter().zip(&mut self.new_at_ns) {
            let Some((measure, rate)) = rate else {
                continue;
            };
            match rate.take(*place, now_ns) {
                Ok(new_at_ns) => *place = new_at_ns,
                Err(retry_after) => note(&mut worst, measure, retry_after),
            }
        }
        let mut held = 0;
        let per_minute = caps.tokens_per_minute.filter(|_| asking.tokens > 0);
        if let Some(per_minute) = per_minute {
            match self.tokens.take(asking.tokens, per_minute, now_ns) {
                Ok(taken) => held = taken,
                Err(Empty(wait)) => note(&mut worst, Measure::TokensPerMinute, wait),
            }
        }
        worst.map_or(Ok(held), Err)
    }

    /// Requests under way are counted whether they are limited or not: they may be before they end.
    fn count_one_more(&mut self, caps: &Caps, asking: Asking, worst: &mut Option<NoRoom>) {
        let is_full =
            |count: u32, most: Option<NonZeroU32>| most.is_some_and(|most| count >= most.get());
        if is_full(self.in_flight, caps.concurrent) {
            note(worst, Measure::Concurrent, CONCURRENT_RETRY);
        }
        if asking.is_stream && is_full(self.streams, caps.concurrent_streams) {
            note(worst, Measure::ConcurrentStreams, CONCURRENT_RETRY);
        }
        self.in_flight = self.in_flight.saturating_add(1);
        self.streams = self.streams.saturating_add(asking.is_stream.into());
    }

    /// Takes a request that was counted off again.
    pub(super) fn leave(&mut self, is_stream: bool) {
        debug_assert!(self.in_flight > 0, "who leaves has entered");
        self.in_flight = self.in_flight.saturating_sub(1);
        self.streams = self.streams.saturating_sub(is_stream.into());
    }

    /// Calls `each` with every figure of `caps`.
    pub(super) fn marks(&self, caps: &Caps, now_ns: u64, mut each: impl FnMut(Measure, Mark)) {
        for (rate, new_at_ns) in rates(caps).into_iter().zip(self.new_at_ns) {
            if let Some((measure, rate)) = rate {
                each(measure, rate.mark(new_at_ns, now_ns));
            }
        }
        if let Some(per_minute) = caps.tokens_per_minute {
            let mark = Mark {
                limit: per_minute.get(),
                remaining: self.tokens.left(per_minute, now_ns),
                reset: self.tokens.until_full(per_minute, now_ns),
            };
            each(Measure::TokensPerMinute, mark);
        }
        let at_once = [
            (Measure::Concurrent, self.in_flight),
            (Measure::ConcurrentStreams, self.streams),
        ];
        for (measure, count) in at_once {
            if let Some(limit) = measure.of(caps) {
                let mark = Mark {
                    limit,
                    remaining: limit.saturating_sub(count.into()),
                    reset: Duration::ZERO,
                };
                each(measure, mark);
            }
        }
    }

    /// Whether a new cell would say the same.
    pub(super) fn is_as_new(&self, caps: &Caps, now_ns: u64) -> bool {
        let tokens = caps.tokens_per_minute;
        self.in_flight == 0
            && self.new_at_ns.iter().all(|at| *at <= now_ns)
            && tokens.is_none_or(|most| self.tokens.until_full(most, now_ns).is_zero())
    }
}

/// Keeps the one that takes longest; of equals the first.
fn note(worst: &mut Option<NoRoom>, measure: Measure, retry_after: Duration) {
    if worst.is_none_or(|known| known.retry_after < retry_after) {
        *worst = Some(NoRoom {
            measure,
            retry_after,
        });
    }
}

fn rates(caps: &Caps) -> [Option<(Measure, Rate)>; PERIODS.len()] {
    let requests = [
        caps.requests_per_minute,
        caps.requests_per_hour,
        caps.requests_per_day,
    ];
    let mut periods = PERIODS.into_iter();
    requests.map(|requests| {
        let (measure, period) = periods.next()?;
        Some((measure, Rate::new(requests?, period)))
    })
}

const PERIODS: [(Measure, Duration); 3] = [
    (Measure::RequestsPerMinute, Duration::from_secs(60)),
    (Measure::RequestsPerHour, Duration::from_secs(3_600)),
    (Measure::RequestsPerDay, Duration::from_secs(86_400)),
];
