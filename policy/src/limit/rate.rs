//! Requests per minute, hour and day, by the generic cell rate algorithm as `governor` has it.
//!
//! A rate's whole state is the moment at which it would be as new. The limiter is made for each look, with a clock
//! that stands at zero, and that moment counted from now: so time stays an argument, a look costs no more than the
//! arithmetic, and what was used can be put back to the nanosecond.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};

use super::standing::Mark;

/// So many requests, that come back one by one over a period.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    quota: Quota,
    requests: NonZeroU32,
}

impl Rate {
    /// `requests` in each of `period`, which is at most a day.
    pub(super) fn new(requests: NonZeroU32, period: Duration) -> Self {
        // Never zero: a minute over the greatest u32 is 13 ns.
        let each = period.checked_div(requests.get()).unwrap_or(period);
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_minute(requests));
        Self {
            quota: quota.allow_burst(requests),
            requests,
        }
    }

    /// Counts a request, where `new_at_ns` is when the rate would be as new; gives when it is now.
    ///
    /// # Errors
    /// How long until there is room for one more, exactly; more than zero.
    pub(super) fn take(&self, new_at_ns: u64, now_ns: u64) -> Result<u64, Duration> {
        let ahead_ns = self.ahead_ns(new_at_ns, now_ns);
        let limiter = self.limiter(ahead_ns);
        match limiter.check() {
            Ok(_) => Ok(now_ns.saturating_add(limiter.into_state_store().0.get())),
            Err(not_until) => Err(not_until.wait_time_from(NOW)),
        }
    }

    /// How it stands.
    pub(super) fn mark(&self, new_at_ns: u64, now_ns: u64) -> Mark {
        let ahead_ns = self.ahead_ns(new_at_ns, now_ns);
        let look = self.limiter(ahead_ns).check();
        let left = look.map_or(0, |after| {
            u64::from(after.remaining_burst_capacity()).saturating_add(1)
        });
        Mark {
            limit: self.requests.get().into(),
            remaining: left.min(self.requests.get().into()),
            reset: Duration::from_nanos(ahead_ns),
        }
    }

    /// How far ahead of now the moment is; at most what a full period's use would make it, which matters when the
    /// quota was another before.
    fn ahead_ns(&self, new_at_ns: u64, now_ns: u64) -> u64 {
        let most = self.quota.burst_size_replenished_in().as_nanos();
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        new_at_ns.saturating_sub(now_ns).min(most)
    }

    fn limiter(
        &self,
        ahead_ns: u64,
    ) -> RateLimiter<NotKeyed, Ahead, StandsStill, StateInformationMiddleware> {
        RateLimiter::new(self.quota, Ahead(Cell::new(ahead_ns)), StandsStill)
    }
}

/// The moment that everything is counted from.
const NOW: Nanos = Nanos::new(0);

#[derive(Debug)]
struct StandsStill;

impl Clock for StandsStill {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        NOW
    }
}

/// Nanoseconds until the rate is as new.
#[derive(Debug)]
struct Ahead(Cell<u64>);

impl StateStore for Ahead {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (outcome, ahead) = measure(Some(self.0.get().into()))?;
        self.0.set(ahead.into());
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn rate(requests: u32) -> Rate {
        Rate::new(NonZeroU32::new(requests).unwrap(), MINUTE)
    }

    #[test]
    fn a_minutes_worth_passes_at_once_and_then_one_at_a_time() {
        let (rate, mut new_at) = (rate(3), 0);
        for remaining in [3, 2, 1] {
            assert_eq!(rate.mark(new_at, 0).remaining, remaining);
            new_at = rate.take(new_at, 0).unwrap();
        }
        assert_eq!(rate.mark(new_at, 0).remaining, 0);
        assert_eq!(rate.mark(new_at, 0).reset, MINUTE);
        assert_eq!(rate.take(new_at, 0), Err(Duration::from_secs(20)));
        assert_eq!(
            rate.take(new_at, 19_999_999_999),
            Err(Duration::from_nanos(1))
        );
        assert_eq!(rate.take(new_at, 20_000_000_000), Ok(80_000_000_000));
    }

    #[test]
    fn the_greatest_quotas_still_count() {
        let rate = Rate::new(NonZeroU32::MAX, MINUTE * 1_440);
        let new_at = rate.take(0, u64::MAX / 2).unwrap();
        assert_eq!(
            rate.mark(new_at, u64::MAX / 2).remaining,
            u64::from(u32::MAX) - 1
        );
        let most = rate.mark(u64::MAX, 0);
        assert_eq!(most.remaining, 0);
    }

    proptest! {
        #[test]
        fn no_minute_begins_more_than_what_there_was_and_what_came_back(
            requests in 1..40_u32,
            pauses in prop::collection::vec(0..6_000_000_000_u64, 1..200),
        ) {
            let (rate, mut new_at, mut now) = (rate(requests), 0, 0);
            let mut begun: Vec<u64> = Vec::new();
            for pause in pauses {
                now += pause;
                match rate.take(new_at, now) {
                    Ok(next) => {
                        new_at = next;
                        begun.push(now);
                    }
                    Err(wait) => {
                        let wait = u64::try_from(wait.as_nanos()).unwrap();
                        prop_assert!(wait > 0);
                        prop_assert!(rate.take(new_at, now + wait - 1).is_err());
                        prop_assert!(rate.take(new_at, now + wait).is_ok());
                    }
                }
            }
            let each = 60_000_000_000 / u64::from(requests);
            for (first, start) in begun.iter().enumerate() {
                for (count, at) in begun[first..].iter().enumerate() {
                    let came_back = (at - start) / each;
                    prop_assert!(u64::try_from(count).unwrap() < u64::from(requests) + came_back);
                }
            }
        }
    }
}
