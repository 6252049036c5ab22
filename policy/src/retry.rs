//! How many second tries there may be, and how long they wait.
//!
//! A provider in trouble is not helped by everybody asking it twice. One request may try a few times; beyond that, all
//! requests together have a budget: a share of the traffic, and a little each second so that a quiet gateway can
//! try again at all. Waits grow with each try and are spread at random, so that those who failed together do not come
//! back together.

use crate::sync::{Mutex, lock};
use crate::tally::Tally;

/// What tries and waits are bounded by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryForm {
    /// Attempts of one request, the first included.
    pub attempts_max: u32,
    /// How many retries a thousand requests of the last ten seconds allow.
    pub budget_ratio_per_mille: u16,
    /// Retries that are allowed in each second besides, however little traffic there is.
    pub budget_min_per_second: u32,
    /// The longest wait before a first retry, in milliseconds; it doubles with each further one.
    pub backoff_ms: u64,
    /// The longest wait before any, in milliseconds.
    pub backoff_max_ms: u64,
}

impl Default for RetryForm {
    fn default() -> Self {
        Self {
            attempts_max: 3,
            budget_ratio_per_mille: 200,
            budget_min_per_second: 10,
            backoff_ms: 100,
            backoff_max_ms: 2_000,
        }
    }
}

/// The retries that all requests share. Times are unix milliseconds.
///
/// At each retry beyond its second's minimum, the ten seconds up to it, the one begun included, hold at most ten times
/// the minimum and the ratio of the requests in them. So no ten seconds at all hold more than that, if the requests of
/// the nine before are counted with theirs. Seconds are the clock's. It keeps thirty counts, whatever the traffic.
#[derive(Debug)]
pub struct RetryBudget {
    form: Mutex<RetryForm>,
    requests: Seconds,
    /// Retries that the minimum of their second allowed.
    free: Seconds,
    /// Retries that the requests' share allowed.
    shared: Seconds,
}

/// Ten seconds: long enough that a burst of failures finds the share of the traffic before it, short enough that a share of
/// what was is not spent on what is.
type Seconds = Tally<10>;

impl RetryBudget {
    /// A budget that has seen no request.
    #[must_use]
    pub fn new(form: RetryForm) -> Self {
        Self {
            form: Mutex::new(form),
            requests: Seconds::new(),
            free: Seconds::new(),
            shared: Seconds::new(),
        }
    }

    /// Counts a request's first attempt. Takes no lock.
    pub fn note_request(&self, now_ms: u64) {
        self.requests.add(second(now_ms));
    }

    /// Takes a retry, if there is one: of this second's minimum, or else of the requests' share.
    pub fn take(&self, now_ms: u64) -> bool {
        let second = second(now_ms);
        // Held to the end: of two that find the last one left, one gets it.
        let form = lock(&self.form);
        let from = if self.free.count(second) < form.budget_min_per_second.into() {
            &self.free
        } else if self.is_shared_left(&form, second) {
            &self.shared
        } else {
            return false;
        };
        from.add(second)
    }

    /// Takes new figures; what was counted stays counted.
    pub fn reform(&self, form: RetryForm) {
        *lock(&self.form) = form;
    }

    fn is_shared_left(&self, form: &RetryForm, second: u64) -> bool {
        let used = self.shared.sum(second).saturating_add(1);
        let requests = self.requests.sum(second);
        let most = requests.saturating_mul(form.budget_ratio_per_mille.into());
        used.saturating_mul(1_000) <= most
    }
}

fn second(now_ms: u64) -> u64 {
    now_ms.checked_div(1_000).unwrap_or(0)
}

/// How long a retry waits: anything up to a bound that doubles ("full jitter").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    base_ms: u64,
    max_ms: u64,
}

impl Backoff {
    /// Waits as `form` bounds them.
    #[must_use]
    pub fn new(form: &RetryForm) -> Self {
        Self {
            base_ms: form.backoff_ms,
            max_ms: form.backoff_max_ms,
        }
    }

    /// Milliseconds to wait when there were `tries_before` retries already. `dice` is any 64 random bits.
    ///
    /// Each of 0 up to the smaller of `backoff_max_ms` and `backoff_ms` × 2^`tries_before` is as likely as any other.
    #[must_use]
    pub fn wait_ms(&self, tries_before: u32, dice: u64) -> u64 {
        let factor = 1_u64.checked_shl(tries_before).unwrap_or(u64::MAX);
        let bound = self.base_ms.saturating_mul(factor).min(self.max_ms);
        let sides = u128::from(bound).saturating_add(1);
        // `dice` as a fraction of 2^64, so many times of `sides`.
        let rolled = u128::from(dice).saturating_mul(sides) >> 64;
        u64::try_from(rolled).unwrap_or(bound)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_795_262_400_000;

    /// How many of `asked` retries at `now_ms` were allowed.
    fn taken(budget: &RetryBudget, asked: u32, now_ms: u64) -> usize {
        (0..asked).filter(|_| budget.take(now_ms)).count()
    }

    fn with_requests(requests: u32, now_ms: u64) -> RetryBudget {
        let budget = RetryBudget::new(RetryForm::default());
        (0..requests).for_each(|_| budget.note_request(now_ms));
        budget
    }

    #[test]
    fn without_traffic_ten_retries_a_second_are_allowed() {
        let budget = with_requests(0, NOW);
        for second in 0..30 {
            assert_eq!(taken(&budget, 50, NOW + second * 1_000), 10);
        }
    }

    #[test]
    fn a_fifth_of_the_requests_may_be_tried_again_besides() {
        let budget = with_requests(1_000, NOW);
        assert_eq!(taken(&budget, 5_000, NOW), 10 + 200);
        assert_eq!(taken(&budget, 5_000, NOW + 9_999), 10);
        (0..1_000).for_each(|_| budget.note_request(NOW + 10_000));
        assert_eq!(taken(&budget, 5_000, NOW + 10_000), 10 + 200);
    }

    #[test]
    fn requests_allow_retries_for_ten_seconds() {
        assert_eq!(taken(&with_requests(100, NOW), 99, NOW + 9_999), 10 + 20);
        assert_eq!(taken(&with_requests(100, NOW), 99, NOW + 10_000), 10);
    }

    #[test]
    fn part_of_a_retry_is_none() {
        assert_eq!(taken(&with_requests(4, NOW), 99, NOW), 10);
        assert_eq!(taken(&with_requests(5, NOW), 99, NOW), 10 + 1);
        assert_eq!(taken(&with_requests(9, NOW), 99, NOW), 10 + 1);
    }

    #[test]
    fn figures_may_change_while_it_counts() {
        let budget = with_requests(100, NOW);
        assert_eq!(taken(&budget, 99, NOW), 30);
        budget.reform(RetryForm {
            budget_min_per_second: 0,
            budget_ratio_per_mille: 300,
            ..RetryForm::default()
        });
        assert_eq!(taken(&budget, 99, NOW + 1_000), 10);
        budget.reform(RetryForm {
            budget_min_per_second: 0,
            budget_ratio_per_mille: 0,
            ..RetryForm::default()
        });
        assert_eq!(taken(&budget, 99, NOW + 2_000), 0);
    }

    #[test]
    fn threads_together_get_what_there_is() {
        let (budget, allowed) = (with_requests(1_000, NOW), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        allowed.fetch_add(budget.take(NOW).into(), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(allowed.into_inner(), 210);
    }

    #[test]
    fn waits_double_up_to_the_most() {
        let backoff = Backoff::new(&RetryForm::default());
        let longest = [0, 1, 2, 3, 4, 5, 63, 64, u32::MAX].map(|n| backoff.wait_ms(n, u64::MAX));
        assert_eq!(
            longest,
            [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000, 2_000]
        );
        assert_eq!(backoff.wait_ms(3, 0), 0);
        assert_eq!(backoff.wait_ms(3, u64::MAX / 2), 400);
    }

    #[test]
    fn every_wait_is_as_likely_as_another() {
        let backoff = Backoff {
            base_ms: 9,
            max_ms: 9,
        };
        let mut counts = [0_u32; 10];
        let mut dice = 1_u64;
        for _ in 0..10_000 {
            // Knuth's 64-bit generator (MMIX).
            dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            counts[usize::try_from(backoff.wait_ms(0, dice)).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|n| (900..1_100).contains(n)),
            "{counts:?}"
        );
    }

    #[test]
    fn no_wait_where_none_is_asked_for_and_no_overflow_anywhere() {
        let of = |base_ms, max_ms| Backoff { base_ms, max_ms };
        assert_eq!(of(0, 2_000).wait_ms(40, u64::MAX), 0);
        assert_eq!(of(100, 0).wait_ms(40, u64::MAX), 0);
        assert_eq!(of(u64::MAX, u64::MAX).wait_ms(1, u64::MAX), u64::MAX);
    }

    proptest! {
        #[test]
        fn no_ten_seconds_hold_more_retries_than_stated(
            events in prop::collection::vec((0..1_500_u64, 0..40_u32, 0..40_u32), 1..60),
            ratio in 0..=1_000_u16, min in 0..5_u32,
        ) {
            let budget = RetryBudget::new(RetryForm {
                budget_ratio_per_mille: ratio, budget_min_per_second: min, ..RetryForm::default()
            });
            let (mut now, mut requests, mut retries) = (NOW, Vec::new(), Vec::new());
            for (pause, asked, again) in events {
                now += pause;
                for _ in 0..asked {
                    budget.note_request(now);
                    requests.push(now / 1_000);
                }
                for _ in 0..again {
                    let this_second = retries.iter().filter(|at| **at == now / 1_000).count();
                    if !budget.take(now) {
                        prop_assert!(this_second >= usize::try_from(min).unwrap());
                        continue;
                    }
                    retries.push(now / 1_000);
                    let last = |seconds: u64, all: &[u64]| {
                        all.iter().filter(|at| **at + seconds > now / 1_000).count()
                    };
                    let most = |requests: usize| {
                        10 * usize::try_from(min).unwrap() + requests * usize::from(ratio) / 1_000
                    };
                    if this_second >= usize::try_from(min).unwrap() {
                        prop_assert!(last(10, &retries) <= most(last(10, &requests)));
                    }
                    prop_assert!(last(10, &retries) <= most(last(19, &requests)));
                }
            }
        }
    }
}
