//! How long a refused caller should wait.

use std::time::Duration;

use memchr::memmem;

use super::body::json_text;
use super::value;

/// Longest wait that is told; longer ones are cut to it. Groq's daily limits give nearly a day.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(86_400);

/// How long the provider asks to wait before the next try, `None` where it does not say.
///
/// Only refusals are read: Anthropic and Hugging Face send `retry-after` with answers of status 200 too, where it
/// means nothing (recorded 2024 to 2026). `headers` are lower-case names and raw values, `body_prefix` is what a
/// decoded body begins with. `retry-after-ms` comes first, as in `OpenAI`'s and Anthropic's clients; 0 in either
/// header is no answer (Azure sends `retry-after-ms: 0` beside `retry-after: 1`). Gemini, Groq and `OpenRouter` say
/// it in the body.
#[must_use]
pub fn retry_after<'h>(
    status: u16,
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    body_prefix: &[u8],
    now_unix_ms: u64,
) -> Option<Duration> {
    if !is_refusal(status) {
        return None;
    }
    let (mut ms, mut after_ms) = (None, None);
    for (name, value) in headers {
        match name {
            "retry-after-ms" => ms = ms.or_else(|| whole_ms(value)),
            "retry-after" => after_ms = after_ms.or_else(|| header_ms(value, now_unix_ms)),
            _ => {}
        }
    }
    let wait_ms = ms
        .or(after_ms)
        .or_else(|| said_in_body(body_prefix, now_unix_ms))?;
    Some(Duration::from_millis(wait_ms).min(RETRY_AFTER_MAX))
}

/// Whether an answer of this status may ask its caller to wait.
pub(super) const fn is_refusal(status: u16) -> bool {
    matches!(
        status,
        402 | 403 | 408 | 413 | 425 | 429 | 498 | 500 | 502 | 503 | 504 | 524 | 529
    )
}

fn whole_ms(value: &[u8]) -> Option<u64> {
    let (number, rest) = value::decimal(value::text(value)?)?;
    let ms = number.whole.saturating_add(u64::from(number.nanos > 0));
    (rest.is_empty() && ms > 0).then_some(ms)
}

/// Seconds, a duration, or a date.
fn header_ms(value: &[u8], now_unix_ms: u64) -> Option<u64> {
    let text = value::text(value)?;
    let until = || value::http_date_ms(text)?.checked_sub(now_unix_ms);
    value::duration_ms(text).or_else(until).filter(|ms| *ms > 0)
}

fn said_in_body(body: &[u8], now_unix_ms: u64) -> Option<u64> {
    // Gemini's and Vertex's google.rpc.RetryInfo.
    let retry_info = || value::duration_ms(json_text(body, "retryDelay")?);
    // OpenRouter passes headers on inside error.metadata.headers.
    let header = || header_ms(json_text(body, "retry-after")?.as_bytes(), now_unix_ms);
    let reset = || {
        let at = value::epoch_ms(json_text(body, "x-ratelimit-reset")?)?;
        value::believable(at, now_unix_ms)?.checked_sub(now_unix_ms)
    };
    retry_info()
        .or_else(header)
        .or_else(reset)
        .or_else(|| said_in_words(body))
        .filter(|ms| *ms > 0)
}

/// "Please try again in 5.289s", "Please retry in 48.939935699s", "try again in 20 seconds".
fn said_in_words(body: &[u8]) -> Option<u64> {
    PHRASES.iter().find_map(|phrase| {
        let at = memmem::find(body, phrase.as_bytes())?.checked_add(phrase.len())?;
        let behind = body.get(at..)?;
        let behind = behind.get(..WORDS_BYTES_MAX).unwrap_or(behind);
        let is_end = |byte: &u8| matches!(byte, b'"' | b'\\' | b',' | b'(' | b'<' | b'\n');
        let words = behind.split(is_end).next().unwrap_or_default();
        let mut words = std::str::from_utf8(words).ok()?.split_ascii_whitespace();
        let first = words.next()?.trim_end_matches('.');
        let unit = words.next().map(|word| word.trim_end_matches('.'));
        let unit_ms: u64 = match unit {
            Some("second" | "seconds" | "sec" | "secs") => 1_000,
            Some("minute" | "minutes" | "min" | "mins") => 60_000,
            Some("hour" | "hours") => 3_600_000,
            Some("millisecond" | "milliseconds") => 1,
            _ => return value::duration_ms(first).filter(|_| !is_bare(first)),
        };
        let (number, _) = value::decimal(first).filter(|(_, rest)| rest.is_empty())?;
        let part = number.nanos.checked_mul(unit_ms)?.div_ceil(1_000_000_000);
        number.whole.checked_mul(unit_ms)?.checked_add(part)
    })
}

/// What comes before a time to wait.
const PHRASES: [&str; 4] = [
    "try again in ",
    "retry in ",
    "retry after ",
    "try again after ",
];

/// As much of the text behind a phrase as is looked at, bytes.
const WORDS_BYTES_MAX: usize = 48;

/// A number without a unit, in a sentence, could mean anything.
fn is_bare(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}
