//! `RateLimit` and `RateLimit-Policy`, the headers that the IETF proposes.
//!
//! Two generations are on the wire: `limit=100, remaining=50, reset=5` (draft-ietf-httpapi-ratelimit-headers-06)
//! and `"default";r=50;t=30` beside a policy `"default";q=100;w=60` (draft 08 and later). The first item counts.

use super::value;

/// What one such header says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) limit: Option<u64>,
    pub(super) remaining: Option<u64>,
    pub(super) reset_ms: Option<u64>,
    pub(super) window_seconds: Option<u32>,
}

/// Longest value that is looked at, bytes; servers list a few policies at most.
const VALUE_BYTES_MAX: usize = 512;

pub(super) fn read(value: &[u8]) -> Said {
    let mut said = Said::default();
    let value = value.get(..VALUE_BYTES_MAX).unwrap_or(value);
    let parts = value.split(|byte| matches!(byte, b',' | b';'));
    for part in parts {
        let part = part.trim_ascii();
        let Some(at) = memchr::memchr(b'=', part) else {
            // `100;w=60`: the policy's quota stands bare.
            said.limit = said.limit.or_else(|| value::count(part));
            continue;
        };
        let (name, text) = part.split_at_checked(at).unwrap_or_default();
        let text = text.get(1..).unwrap_or_default();
        let count = || value::count(text);
        match name.trim_ascii() {
            b"limit" | b"q" => said.limit = said.limit.or_else(count),
            b"remaining" | b"r" => said.remaining = said.remaining.or_else(count),
            b"reset" | b"t" => {
                let ms = || value::duration_ms(value::text(text)?);
                said.reset_ms = said.reset_ms.or_else(ms);
            }
            b"w" => {
                let seconds = || count().and_then(|n| u32::try_from(n).ok());
                said.window_seconds = said.window_seconds.or_else(seconds);
            }
            _ => {}
        }
    }
    said
}
