//! What a deployment's record says, to be read without its lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Book, STALE_MS, TrackView, left, part};
use crate::route::{WHOLE, WHOLE_U64};

/// A [`Book`]'s figures; [`UNKNOWN`] stands for those that it has not.
#[derive(Debug)]
pub(super) struct Shown {
    calls: AtomicU64,
    last_ms: AtomicU64,
    first_byte_ms: AtomicU64,
    success: AtomicU64,
    first_byte_us: AtomicU64,
    p95_first_byte_us: AtomicU64,
    output_tokens: AtomicU64,
    output_per_thousand: AtomicU64,
    cached_share: AtomicU64,
}

impl Default for Shown {
    fn default() -> Self {
        let unknown = || AtomicU64::new(UNKNOWN);
        Self {
            calls: AtomicU64::new(0),
            last_ms: AtomicU64::new(0),
            first_byte_ms: AtomicU64::new(0),
            success: unknown(),
            first_byte_us: unknown(),
            p95_first_byte_us: unknown(),
            output_tokens: unknown(),
            output_per_thousand: unknown(),
            cached_share: unknown(),
        }
    }
}

impl Shown {
    /// Shows what `book` says now.
    pub(super) fn show(&self, book: &Book) {
        let set = |figure: &AtomicU64, value: Option<u64>| {
            figure.store(value.unwrap_or(UNKNOWN), Ordering::Relaxed);
        };
        set(&self.calls, Some(book.calls));
        set(&self.last_ms, Some(book.last_ms));
        set(&self.first_byte_ms, Some(book.first_byte_ms));
        set(&self.success, book.success.known());
        set(&self.first_byte_us, book.first_byte.known());
        set(&self.p95_first_byte_us, book.p95_first_byte_us());
        set(&self.output_tokens, book.output.known());
        let per_thousand = book.output.ratio(&book.output_for, 1_000);
        set(&self.output_per_thousand, per_thousand);
        let share = book.cached.ratio(&book.cached_of, WHOLE_U64);
        set(&self.cached_share, share);
    }

    /// What is known at `now_ms`.
    pub(super) fn view(&self, now_ms: u64) -> TrackView {
        let read = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let known = |figure: &AtomicU64| Some(read(figure)).filter(|value| *value != UNKNOWN);
        let left = left(now_ms.saturating_sub(read(&self.last_ms)));
        let recent = |figure: &AtomicU64| known(figure).filter(|_| left > 0);
        let success = recent(&self.success).map(|success| {
            let lost = part(WHOLE_U64.saturating_sub(success), left);
            WHOLE_U64.saturating_sub(lost)
        });
        let first_byte_age_ms = now_ms.saturating_sub(read(&self.first_byte_ms));
        TrackView {
            calls: read(&self.calls),
            success_ten_thousandths: success.map(share),
            first_byte_us: known(&self.first_byte_us).filter(|_| first_byte_age_ms <= STALE_MS),
            p95_first_byte_us: known(&self.p95_first_byte_us),
            output_tokens: known(&self.output_tokens),
            output_per_thousand_input: known(&self.output_per_thousand),
            cached_share_ten_thousandths: recent(&self.cached_share).map(|s| share(part(s, left))),
        }
    }
}

fn share(ten_thousandths: u64) -> u16 {
    u16::try_from(ten_thousandths).unwrap_or(WHOLE).min(WHOLE)
}

/// What stands for a figure that is not known: no figure is as large.
const UNKNOWN: u64 = u64::MAX;
