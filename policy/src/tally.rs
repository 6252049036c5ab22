//! How often something happened lately: a ring of counts, each for a span of time, that threads share without a lock.

use crate::sync::{AtomicU64, Ordering};

/// Counts of the last `SPANS` spans; older ones are overwritten when their place in the ring is used again.
///
/// A span is named by its number: the time divided by the span's length. Only the lower 32 bits of it are kept.
#[derive(Debug)]
pub(crate) struct Tally<const SPANS: usize> {
    /// The span's number in the upper half, how often in the lower. That is one word so that a count never lands in
    /// the next span's place.
    counts: [AtomicU64; SPANS],
}

impl<const SPANS: usize> Tally<SPANS> {
    pub(crate) fn new() -> Self {
        Self {
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Counts one in `span`, and says so; nothing when its place already belongs to a later one. A count ends at
    /// `u32::MAX`.
    pub(crate) fn add(&self, span: u64) -> bool {
        let Some(cell) = self.cell(span) else {
            return false;
        };
        let number = low(span);
        let mut seen = cell.load(Ordering::Relaxed);
        loop {
            let (of, count) = halves(seen);
            let next = match number.wrapping_sub(of) {
                0 => word(number, count.saturating_add(1)),
                1..=LATER_MAX => word(number, 1),
                _ => return false,
            };
            match cell.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => seen = other,
            }
        }
    }

    /// How often in `span` alone.
    pub(crate) fn count(&self, span: u64) -> u64 {
        let Some(cell) = self.cell(span) else {
            return 0;
        };
        let (of, count) = halves(cell.load(Ordering::Relaxed));
        if of == low(span) { count.into() } else { 0 }
    }

    /// How often in `span` and the `SPANS - 1` before it.
    pub(crate) fn sum(&self, span: u64) -> u64 {
        let mut sum = 0_u64;
        for cell in &self.counts {
            let (of, count) = halves(cell.load(Ordering::Relaxed));
            let age = usize::try_from(low(span).wrapping_sub(of)).unwrap_or(usize::MAX);
            if age < SPANS {
                sum = sum.saturating_add(count.into());
            }
        }
        sum
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        for cell in &self.counts {
            cell.store(0, Ordering::Relaxed);
        }
    }

    fn cell(&self, span: u64) -> Option<&AtomicU64> {
        let place = span.checked_rem(u64::try_from(SPANS).ok()?)?;
        self.counts.get(usize::try_from(place).ok()?)
    }
}

/// Numbers wrap: up to half their range ahead is later, the other half is earlier.
const LATER_MAX: u32 = u32::MAX >> 1;

fn low(number: u64) -> u32 {
    halves(number).1
}

fn word(upper: u32, lower: u32) -> u64 {
    u64::from(upper) << 32 | u64::from(lower)
}

fn halves(word: u64) -> (u32, u32) {
    let half = |part: u64| u32::try_from(part & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    (half(word >> 32), half(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_forgotten_when_as_many_others_have_passed() {
        let tally = Tally::<3>::new();
        for span in [100, 100, 101, 102] {
            tally.add(span);
        }
        assert_eq!((tally.sum(102), tally.count(100)), (4, 2));
        assert_eq!((tally.sum(103), tally.sum(104), tally.sum(105)), (2, 1, 0));
        tally.add(103);
        assert_eq!((tally.sum(103), tally.count(100)), (3, 0));
    }

    #[test]
    fn what_comes_too_late_is_not_counted_for_another_span() {
        let tally = Tally::<3>::new();
        assert!(tally.add(103));
        assert!(!tally.add(100));
        assert_eq!(
            (tally.count(103), tally.sum(103), tally.sum(100)),
            (1, 1, 0)
        );
    }

    #[test]
    fn numbers_may_pass_the_end_of_32_bits() {
        let tally = Tally::<4>::new();
        let end = u64::from(u32::MAX);
        for span in [end - 1, end, end + 1, end + 2] {
            tally.add(span);
        }
        assert!(tally.count(end + 2) == 1 && tally.sum(end + 2) >= 2);
        tally.clear();
        assert_eq!(tally.sum(end + 2), 0);
    }

    #[test]
    fn threads_lose_no_count() {
        let tally = Tally::<3>::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| assert!(tally.add(7))));
            }
        });
        assert_eq!(tally.sum(8), 40_000);
    }
}
