//! The clock: the only place that asks the machine what time it is.
//!
//! Everything else takes time as an argument. Intervals come from [`now`], which never goes back;
//! calendar times, which may be set by hand, from [`unix_ms`].

use std::time::{Instant, SystemTime};

/// The monotonic clock, for intervals and deadlines.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads time"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Milliseconds since 1970-01-01T00:00:00Z; 0 for a machine whose clock stands before it.
#[must_use]
pub fn unix_ms() -> u64 {
    u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
}

/// Seconds since 1970-01-01T00:00:00Z; 0 for a machine whose clock stands before it.
#[must_use]
pub fn unix_seconds() -> i64 {
    i64::try_from(since_1970().as_secs()).unwrap_or(i64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads time"
)]
fn since_1970() -> std::time::Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// A new request id: UUID version 7, whose first 48 bits are the time.
#[must_use]
pub fn request_id() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

/// A number that nobody can foresee: for choices by lot.
#[must_use]
pub fn dice() -> u64 {
    request_id().as_u64_pair().1
}

/// Nanoseconds from `start` to now: for what counts in them.
#[must_use]
pub fn ns_since(start: Instant) -> u64 {
    let since = now().saturating_duration_since(start);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_milliseconds_tell_the_same_time() {
        let seconds = u64::try_from(unix_seconds()).expect("after 1970");
        let apart = (unix_ms() / 1_000).abs_diff(seconds);
        assert!(
            seconds > 1_700_000_000 && apart <= 1,
            "{seconds}, {apart} s apart"
        );
    }
}
