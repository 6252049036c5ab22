//! Limits that stand only in the body of a refusal.

use memchr::memmem;

use super::kind::LimitKind;
use super::retry::is_refusal;
use super::rows::{Limit, Limits};
use super::value;

/// Reads the limits that a refusal's body names: each of them is used up.
///
/// Gemini and Vertex tell of limits nowhere else (`QuotaFailure`), `OpenRouter` passes headers on inside
/// `error.metadata.headers`, and `OpenAI`, Groq and their like say in a sentence which limit it was (Groq's
/// tokens per day are in no header). `body_prefix` is what the decoded body begins with; a few KiB are plenty.
#[must_use]
pub fn body_limits(status: u16, body_prefix: &[u8], now_unix_ms: u64) -> Limits {
    let mut limits = Limits::none();
    if is_refusal(status) {
        quota_failures(body_prefix, now_unix_ms, &mut limits);
        passed_on_headers(body_prefix, now_unix_ms, &mut limits);
        sentence(body_prefix, &mut limits);
    }
    limits
}

/// Most violations of one refusal that are read.
const VIOLATIONS_MAX: usize = 8;

/// `"violations":[{"quotaMetric":…,"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"50"}]`.
fn quota_failures(body: &[u8], now_unix_ms: u64, limits: &mut Limits) {
    let retry = || value::duration_ms(json_text(body, "retryDelay")?);
    let back_at = retry().and_then(|ms| now_unix_ms.checked_add(ms));
    let mut rest = body;
    for _ in 0..VIOLATIONS_MAX {
        let Some(at) = memmem::find(rest, b"\"quotaId\"") else {
            return;
        };
        let here = rest.get(at..).unwrap_or_default();
        rest = here.get(1..).unwrap_or_default();
        let Some(id) = json_text(here, "quotaId") else {
            continue;
        };
        // The value of this violation, not of the next.
        let end = memmem::find(rest, b"\"quotaId\"").unwrap_or(rest.len());
        let own = rest.get(..end).unwrap_or_default();
        let limit = json_text(own, "quotaValue").and_then(|text| value::count(text.as_bytes()));
        let window_seconds = window_of(id);
        limits.push(Limit {
            kind: kind_of(id),
            window_seconds,
            limit,
            remaining: Some(0),
            // A day's quota comes back at the provider's midnight, whatever the delay says.
            reset_at_unix_ms: back_at.filter(|_| window_seconds.is_none_or(|s| s <= 3_600)),
        });
    }
}

fn kind_of(quota_id: &str) -> LimitKind {
    let has = |part: &str| memmem::find(quota_id.as_bytes(), part.as_bytes()).is_some();
    match () {
        () if has("InputToken") => LimitKind::InputTokens,
        () if has("OutputToken") => LimitKind::OutputTokens,
        () if has("Token") => LimitKind::Tokens,
        () if has("Image") => LimitKind::Images,
        () => LimitKind::Requests,
    }
}

fn window_of(quota_id: &str) -> Option<u32> {
    let has = |part: &&(&str, u32)| memmem::find(quota_id.as_bytes(), part.0.as_bytes()).is_some();
    let known = [
        ("PerSecond", 1),
        ("PerMinute", 60),
        ("PerHour", 3_600),
        ("PerDay", 86_400),
    ];
    known.iter().find(has).map(|(_, seconds)| *seconds)
}

/// `"headers":{"X-RateLimit-Limit":"20","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1741305600000"}`.
fn passed_on_headers(body: &[u8], now_unix_ms: u64, limits: &mut Limits) {
    let count = |name: &str| value::count(json_text(body, name)?.as_bytes());
    let (limit, remaining) = (count("x-ratelimit-limit"), count("x-ratelimit-remaining"));
    if limit.is_none() && remaining.is_none() {
        return;
    }
    let reset_at = || value::epoch_ms(json_text(body, "x-ratelimit-reset")?);
    limits.push(Limit {
        kind: LimitKind::Requests,
        window_seconds: None,
        limit,
        remaining,
        reset_at_unix_ms: reset_at().and_then(|at| value::believable(at, now_unix_ms)),
    });
}

/// "Rate limit reached for … on tokens per day (TPD): Limit 100000, Used 99336, Requested 1514."
fn sentence(body: &[u8], limits: &mut Limits) {
    let Some(at) = memmem::find(body, b"): Limit ") else {
        return;
    };
    let name = at.checked_sub(4).and_then(|from| body.get(from..at));
    let known = SENTENCES
        .iter()
        .find(|(known, ..)| name == Some(known.as_bytes()));
    let Some((_, kind, window_seconds)) = known else {
        return;
    };
    let behind = body.get(at..).unwrap_or_default();
    let limit = number_after(behind, "Limit ");
    let left = || limit?.checked_sub(number_after(behind, "Used ")?);
    limits.push(Limit {
        kind: *kind,
        window_seconds: Some(*window_seconds),
        limit,
        // Refused: what is left was not enough. Without a figure for it, nothing is.
        remaining: Some(left().unwrap_or(0)),
        reset_at_unix_ms: None,
    });
}

/// How sentences abbreviate limits.
const SENTENCES: [(&str, LimitKind, u32); 6] = [
    ("(TPM", LimitKind::Tokens, 60),
    ("(RPM", LimitKind::Requests, 60),
    ("(TPD", LimitKind::Tokens, 86_400),
    ("(RPD", LimitKind::Requests, 86_400),
    ("(ASH", LimitKind::AudioSeconds, 3_600),
    ("(ASD", LimitKind::AudioSeconds, 86_400),
];

fn number_after(body: &[u8], word: &str) -> Option<u64> {
    let at = memmem::find(body, word.as_bytes())?.checked_add(word.len())?;
    let behind = body.get(at..)?;
    let len = behind.iter().take_while(|b| b.is_ascii_digit()).count();
    value::count(behind.get(..len)?)
}

/// The value of the first field of this name, a short string or a number; capitals do not matter in the name.
pub(super) fn json_text<'b>(body: &'b [u8], name: &str) -> Option<&'b str> {
    let at = field_end(body, name)?;
    let behind = body.get(at..)?.trim_ascii_start().strip_prefix(b":")?;
    let behind = behind.trim_ascii_start();
    let value = match behind.strip_prefix(b"\"") {
        Some(text) => text.split(|byte| matches!(byte, b'"' | b'\\')).next()?,
        None => behind
            .split(|byte| !(byte.is_ascii_digit() || *byte == b'.'))
            .next()?,
    };
    value::text_of(value, TEXT_BYTES_MAX)
}

/// Longest text of a field, bytes; Gemini's quota ids have about 60.
const TEXT_BYTES_MAX: usize = 160;

/// Where the name in its quotes ends.
fn field_end(body: &[u8], name: &str) -> Option<usize> {
    let quoted = name.len().checked_add(2)?;
    memchr::memchr_iter(b'"', body).find_map(|at| {
        let end = at.checked_add(quoted)?;
        let field = body.get(at..end)?;
        let inner = field.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        inner.eq_ignore_ascii_case(name.as_bytes()).then_some(end)
    })
}
