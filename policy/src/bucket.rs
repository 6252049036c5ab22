//! A bucket of tokens that refills as time passes: what "so many a minute" means for things taken by the thousand.
//!
//! What a request will use is not known when it begins. It takes what it is expected to use, and settles when it is
//! known: what was too much goes back, what was too little is owed. While more is owed than the bucket holds,
//! everybody waits.

use std::num::NonZeroU64;
use std::time::Duration;

/// How much is missing from a bucket, and since when that was so.
///
/// How much it holds when full is an argument, so that a limit may change without anybody's use being forgotten.
/// Everything is in whole numbers: a token is `MINUTE_NS` parts, of which `per_minute` come back each nanosecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// In parts of a token. Above what the bucket holds, the rest is owed.
    missing: u128,
    seen_ns: u64,
}

/// How long to wait until a take would succeed, if nobody else takes; more than zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing left for {0:?}")]
pub struct Empty(pub Duration);

impl Bucket {
    /// Takes `ask` tokens, or as many as a full bucket holds where that is less, and says how many.
    ///
    /// `now_ns` is nanoseconds of a clock that never goes back, since any moment.
    ///
    /// # Errors
    /// [`Empty`] with the exact time after which there will be enough; nothing is taken.
    pub fn take(&mut self, ask: u64, per_minute: NonZeroU64, now_ns: u64) -> Result<u64, Empty> {
        self.refill(per_minute, now_ns);
        let ask = ask.min(per_minute.get());
        let wanted = self.missing.saturating_add(parts(ask));
        let lacking = wanted.saturating_sub(parts(per_minute.get()));
        if lacking > 0 {
            return Err(Empty(time_for(lacking, per_minute)));
        }
        self.missing = wanted;
        Ok(ask)
    }

    /// Settles what took `held` and used `used`: the difference goes back or is owed.
    ///
    /// At most [`DEBT_MINUTES_MAX`] full buckets are owed; what goes beyond that is forgiven.
    pub fn settle(&mut self, held: u64, used: u64, per_minute: NonZeroU64, now_ns: u64) {
        self.refill(per_minute, now_ns);
        self.give_back(held.saturating_sub(used));
        let more = used.saturating_sub(held);
        if more > 0 {
            let most = parts(per_minute.get()).saturating_mul(MOST_MISSING);
            let missing = self.missing.saturating_add(parts(more));
            self.missing = missing.min(most.max(self.missing));
        }
    }

    /// Gives back tokens that were taken; a bucket never holds more than full.
    pub fn give_back(&mut self, tokens: u64) {
        self.missing = self.missing.saturating_sub(parts(tokens));
    }

    /// Whole tokens that may be taken now.
    #[must_use]
    pub fn left(&self, per_minute: NonZeroU64, now_ns: u64) -> u64 {
        let missing = self.at(per_minute, now_ns).missing;
        let left = parts(per_minute.get()).saturating_sub(missing);
        u64::try_from(left.checked_div(MINUTE_NS.into()).unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// How long until it is full, if nobody takes anything.
    #[must_use]
    pub fn until_full(&self, per_minute: NonZeroU64, now_ns: u64) -> Duration {
        time_for(self.at(per_minute, now_ns).missing, per_minute)
    }

    fn at(mut self, per_minute: NonZeroU64, now_ns: u64) -> Self {
        self.refill(per_minute, now_ns);
        self
    }

    /// Time that goes back changes nothing.
    fn refill(&mut self, per_minute: NonZeroU64, now_ns: u64) {
        let passed_ns = now_ns.saturating_sub(self.seen_ns);
        let back = u128::from(passed_ns).saturating_mul(per_minute.get().into());
        self.missing = self.missing.saturating_sub(back);
        self.seen_ns = self.seen_ns.max(now_ns);
    }
}

/// How long it takes until so many parts have come back, rounded up to a nanosecond.
fn time_for(parts: u128, per_minute: NonZeroU64) -> Duration {
    let ns = parts.div_ceil(per_minute.get().into());
    Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
}

fn parts(tokens: u64) -> u128 {
    u128::from(tokens).saturating_mul(MINUTE_NS.into())
}

/// Nanoseconds of a minute, and parts of a token.
const MINUTE_NS: u64 = 60_000_000_000;

/// Most full buckets that are owed, each of which takes a minute to repay: a day of waiting is enough.
pub const DEBT_MINUTES_MAX: u64 = 1_440;

/// What a bucket holds, and what it may owe.
const MOST_MISSING: u128 = 1_441;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    fn limit(tokens: u64) -> NonZeroU64 {
        NonZeroU64::new(tokens).unwrap()
    }

    #[test]
    fn a_full_bucket_gives_a_minutes_worth_and_then_as_much_as_comes_back() {
        let (mut bucket, six) = (Bucket::default(), limit(6));
        assert_eq!(bucket.take(6, six, 0), Ok(6));
        assert_eq!(bucket.take(1, six, 0), Err(Empty(Duration::from_secs(10))));
        let wait = Duration::from_nanos(1);
        assert_eq!(bucket.take(1, six, 10 * SECOND_NS - 1), Err(Empty(wait)));
        assert_eq!(bucket.take(1, six, 10 * SECOND_NS), Ok(1));
        assert_eq!(bucket.left(six, 35 * SECOND_NS), 2);
        let until = bucket.until_full(six, 35 * SECOND_NS);
        assert_eq!(until, Duration::from_secs(35));
    }

    #[test]
    fn who_asks_for_more_than_there_ever_is_gets_all_of_it() {
        let (mut bucket, small) = (Bucket::default(), limit(100));
        assert_eq!(bucket.take(5_000, small, 0), Ok(100));
        // 300 were used: 200 are owed, two minutes' worth.
        bucket.settle(100, 300, small, 0);
        assert_eq!(bucket.left(small, 60 * SECOND_NS), 0);
        let wait = Duration::from_millis(120_600);
        assert_eq!(bucket.take(1, small, 0), Err(Empty(wait)));
        assert_eq!(bucket.take(1, small, 120_600_000_000), Ok(1));
    }

    #[test]
    fn nobody_waits_longer_than_a_day_and_two_minutes_however_much_was_used() {
        let (mut bucket, small) = (Bucket::default(), limit(1));
        assert_eq!(bucket.take(1, small, 0), Ok(1));
        bucket.settle(1, u64::MAX, small, 0);
        let Err(Empty(wait)) = bucket.take(1, small, 0) else {
            panic!("it owes a lot");
        };
        assert_eq!(wait, Duration::from_secs((DEBT_MINUTES_MAX + 1) * 60));
    }

    #[test]
    fn a_lowered_limit_remembers_what_was_used() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(80, limit(100), 0), Ok(80));
        assert_eq!(bucket.left(limit(100), 0), 20);
        assert_eq!(bucket.left(limit(200), 0), 120);
        assert_eq!(bucket.left(limit(50), 0), 0);
    }

    proptest! {
        #[test]
        fn no_time_admits_more_than_a_bucket_and_what_came_back(
            per_minute in 1..5_000_u64,
            asks in prop::collection::vec((0..6_000_u64, 0..20_000_000_000_u64), 1..60),
        ) {
            let (mut bucket, most) = (Bucket::default(), limit(per_minute));
            let (mut now, mut taken) = (0, Vec::new());
            for (ask, pause) in asks {
                now += pause;
                match bucket.take(ask, most, now) {
                    Ok(held) => taken.push((now, held)),
                    Err(Empty(wait)) => {
                        let wait = u64::try_from(wait.as_nanos()).unwrap();
                        prop_assert!(wait > 0);
                        let mut sooner = bucket;
                        prop_assert!(sooner.take(ask, most, now + wait - 1).is_err());
                        prop_assert!(sooner.take(ask, most, now + wait).is_ok());
                    }
                }
            }
            for (first, (start, _)) in taken.iter().enumerate() {
                let mut sum = 0;
                for (at, held) in &taken[first..] {
                    sum += u128::from(*held);
                    let back = u128::from(at - start) * u128::from(per_minute);
                    prop_assert!(sum * u128::from(MINUTE_NS) <= parts(per_minute) + back);
                }
            }
        }

        #[test]
        fn what_goes_back_at_once_was_never_gone(
            held in 0..1_000_u64, used in 0..1_000_u64, before in 0..500_u64, now in 0..u64::MAX,
        ) {
            let most = limit(2_000);
            let mut bucket = Bucket::default();
            prop_assert_eq!(bucket.take(before, most, now), Ok(before));
            let mut exact = bucket;
            prop_assert_eq!(bucket.take(held, most, now), Ok(held));
            bucket.settle(held, used, most, now);
            prop_assert_eq!(exact.take(used, most, now), Ok(used));
            prop_assert_eq!(bucket, exact);
        }
    }
}
