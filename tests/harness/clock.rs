//! Waiting for a condition, never for a time.

use std::thread;
use std::time::{Duration, Instant};

/// Now, on the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this is the tests' clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Waits until `look` finds something, and gives it.
///
/// # Panics
/// When nothing was found within [`PATIENCE`]; the message says `what` was waited for.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(now() < until, "within {PATIENCE:?} never: {what}");
        thread::sleep(PAUSE);
    }
}

/// What a loaded machine with two slow cores needs at the very worst.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);
