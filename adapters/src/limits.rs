//! What an answer says about its provider's rate limits, in one normal form.
//!
//! Every provider spells this its own way: other header names, other units for the same name, some only in the
//! body of a refusal. How each spells it is a table of [`LimitFormat`]s (`limits/tables.rs`); [`limits`] reads one
//! answer's headers by such a table, [`body_limits`] a refusal's body, and [`retry_after`] how long a refused
//! caller should wait. What cannot be believed is left out, so that a strange header never looks like an
//! exhausted limit.

mod body;
mod format;
mod kind;
mod retry;
mod rows;
mod structured;
mod tables;
#[cfg(test)]
mod tests;
mod value;

pub use body::body_limits;
pub use format::{LimitFormat, LimitFormatError, LimitFormats, LimitNames, LimitWindow, ResetUnit};
pub use kind::{LimitKind, UnknownLimitKind};
pub use retry::{RETRY_AFTER_MAX, retry_after};
pub use rows::{LIMITS_MAX, Limit, Limits};

use rows::Reading;

/// Reads the limits out of one answer's headers.
///
/// `headers` are lower-case names and raw values, in any order; `now_unix_ms` is when the answer's head arrived.
/// One pass, nothing allocated: most headers are dismissed by their first bytes.
///
/// ```
/// use quotah_adapters::limits::{LimitFormats, LimitKind, limits};
///
/// let headers = [
///     ("x-ratelimit-limit-tokens", &b"30000"[..]),
///     ("x-ratelimit-remaining-tokens", &b"29987"[..]),
///     ("x-ratelimit-reset-tokens", &b"26ms"[..]),
/// ];
/// let limits = limits(LimitFormats::of("groq"), headers, 1_795_132_800_000);
/// let [tokens] = limits.as_slice() else { panic!("one limit") };
/// assert_eq!((tokens.kind, tokens.window_seconds), (LimitKind::Tokens, Some(60)));
/// assert_eq!((tokens.limit, tokens.remaining), (Some(30_000), Some(29_987)));
/// assert_eq!(tokens.reset_at_unix_ms, Some(1_795_132_800_026));
/// ```
#[must_use]
pub fn limits<'h>(
    formats: &LimitFormats,
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    now_unix_ms: u64,
) -> Limits {
    let mut reading = Reading::new(now_unix_ms);
    for (name, value) in headers {
        if !formats.may_hold(name) {
            continue;
        }
        if let Some((format, field)) = formats.find(name) {
            reading.field(format, field, value);
        }
    }
    reading.finish()
}
