//! The values of limit headers: counts, shares, times.
//!
//! Nothing here fails: what is no such value, or one that nobody can mean, is `None`.

use quotah_policy::Date;

use super::format::{LimitWindow, ResetUnit};

/// Longest value that is looked at, bytes. The longest recorded is 20.
const VALUE_BYTES_MAX: usize = 64;

/// Largest count that is believed. The largest recorded is ten thousand million (Mistral's tokens a month).
const COUNT_MAX: u64 = 1_000_000_000_000_000;

/// Resets further ahead are not believed. The furthest documented is a month.
const AHEAD_MS_MAX: u64 = 366 * 86_400_000;

/// 2000-01-01T00:00:00Z. Times before it are no times.
const EPOCH_MS_MIN: u64 = 946_684_800_000;

/// Numbers of seconds since 1970 stay below this until the year 5138, milliseconds have been above it since 1973.
const EPOCH_IN_MS_MIN: u64 = 100_000_000_000;

/// Numbers from here on are times since 1970; 31 years is no time to wait.
const EPOCH_SECONDS_MIN: u64 = 1_000_000_000;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A whole number; decimals are cut off, and what follows a comma or semicolon is a policy, not the number.
pub(super) fn count(value: &[u8]) -> Option<u64> {
    // Nearly all are nothing but digits.
    if (1..=16).contains(&value.len()) && value.iter().all(u8::is_ascii_digit) {
        let add = |sum: u64, byte: &u8| {
            let digit = u64::from(byte.wrapping_sub(b'0'));
            sum.wrapping_mul(10).wrapping_add(digit)
        };
        return Some(value.iter().fold(0, add)).filter(|count| *count <= COUNT_MAX);
    }
    let text = text(value)?;
    let text = text
        .split([',', ';'])
        .next()
        .unwrap_or_default()
        .trim_ascii();
    let (number, rest) = decimal(text)?;
    (rest.is_empty() && number.whole <= COUNT_MAX).then_some(number.whole)
}

/// A share of one as ten-thousandths, rounded down: `0.4251` is 4,251.
pub(super) fn ten_thousandths(value: &[u8]) -> Option<u64> {
    let (number, rest) = decimal(text(value)?)?;
    let share = number.whole.checked_mul(10_000)?;
    let share = share.checked_add(number.nanos / (NANOS_PER_SECOND / 10_000))?;
    (rest.is_empty() && share <= COUNT_MAX).then_some(share)
}

/// When a limit is whole again, milliseconds since 1970.
pub(super) fn reset_at(
    value: &[u8],
    unit: ResetUnit,
    window: LimitWindow,
    now_unix_ms: u64,
) -> Option<u64> {
    let text = text(value)?;
    let at = match unit {
        ResetUnit::Rfc3339 => rfc3339_ms(text)?,
        ResetUnit::Epoch => epoch_ms(text)?,
        ResetUnit::Seconds => now_unix_ms.checked_add(duration_ms(text)?)?,
        ResetUnit::SecondsOrMillis => {
            let bare = || decimal(text).filter(|(_, rest)| rest.is_empty());
            let ms = match (bare(), window) {
                (Some((number, _)), LimitWindow::Seconds(s)) if number.whole > u64::from(s) => {
                    number.whole
                }
                _ => duration_ms(text)?,
            };
            now_unix_ms.checked_add(ms)?
        }
        ResetUnit::Any => match rfc3339_ms(text).or_else(|| epoch_ms(text)) {
            Some(at) => at,
            None => now_unix_ms.checked_add(duration_ms(text)?)?,
        },
    };
    believable(at, now_unix_ms)
}

/// A time that a provider can mean.
pub(super) fn believable(at_unix_ms: u64, now_unix_ms: u64) -> Option<u64> {
    let latest = now_unix_ms.saturating_add(AHEAD_MS_MAX);
    (EPOCH_MS_MIN..=latest)
        .contains(&at_unix_ms)
        .then_some(at_unix_ms)
}

/// A number of seconds or milliseconds since 1970.
pub(super) fn epoch_ms(text: &str) -> Option<u64> {
    let (number, rest) = decimal(text)?;
    match number.whole {
        _ if !rest.is_empty() => None,
        whole if whole >= EPOCH_IN_MS_MIN => Some(whole),
        whole if whole >= EPOCH_SECONDS_MIN => whole
            .checked_mul(1_000)?
            .checked_add(number.nanos / 1_000_000),
        _ => None,
    }
}

/// A duration as Go writes it (`1h2m3.5s`, `6ms`), or a bare number of seconds; rounded up to milliseconds.
pub(super) fn duration_ms(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut nanos: u64 = 0;
    loop {
        let (number, behind) = decimal(rest)?;
        let digits = |b: &u8| b.is_ascii_digit();
        let unit_len = behind.bytes().take_while(|b| !digits(b)).count();
        let (unit, next) = behind.split_at_checked(unit_len)?;
        let unit_nanos: u64 = match unit {
            "" if rest.len() == text.len() => NANOS_PER_SECOND,
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => NANOS_PER_SECOND,
            "m" => 60 * NANOS_PER_SECOND,
            "h" => 3_600 * NANOS_PER_SECOND,
            "d" => 86_400 * NANOS_PER_SECOND,
            _ => return None,
        };
        // A fraction of the shortest units is no time worth counting.
        let fraction = number.nanos.checked_mul(unit_nanos / 1_000)? / 1_000_000;
        let part = number
            .whole
            .checked_mul(unit_nanos)?
            .checked_add(fraction)?;
        nanos = nanos.checked_add(part)?;
        if next.is_empty() {
            return Some(nanos.div_ceil(1_000_000)).filter(|ms| *ms <= AHEAD_MS_MAX);
        }
        rest = next;
    }
}

/// A time as RFC 3339 has it: `2026-08-19T14:34:19Z`, with decimals and offsets too.
pub(super) fn rfc3339_ms(text: &str) -> Option<u64> {
    let (day, rest) = text.split_at_checked(10)?;
    let midnight_s = Date::parse(day)?.unix_seconds();
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let second_of_day = clock_seconds(clock)?;
    let (nanos, zone) = match rest.strip_prefix('.') {
        Some(_) => {
            let fraction_len = rest.bytes().skip(1).take_while(u8::is_ascii_digit).count();
            let (fraction, zone) = rest.split_at_checked(fraction_len.checked_add(1)?)?;
            (fraction_nanos(fraction.strip_prefix('.')?)?, zone)
        }
        None => (0, rest),
    };
    let offset_s = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let minutes = two(*h1, *h2)?
                .checked_mul(60)?
                .checked_add(two(*m1, *m2)?)?;
            let seconds = minutes.checked_mul(60)?;
            if *sign == b'-' {
                seconds.checked_neg()?
            } else {
                seconds
            }
        }
        _ => return None,
    };
    let at_s = midnight_s
        .checked_add(second_of_day)?
        .checked_sub(offset_s)?;
    let at_ms = u64::try_from(at_s).ok()?.checked_mul(1_000)?;
    at_ms.checked_add(nanos / 1_000_000)
}

/// A time as HTTP has it: `Sun, 06 Nov 1994 08:49:37 GMT`. The two obsolete forms are not read.
pub(super) fn http_date_ms(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once(", ")?;
    let mut parts = rest.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (clock, zone) = (parts.next()?, parts.next()?);
    let month = MONTHS
        .iter()
        .position(|name| *name == month)?
        .checked_add(1)?;
    if zone != "GMT" || parts.next().is_some() || day.len() != 2 {
        return None;
    }
    let at_s = Date::parse(&format!("{year}-{month:02}-{day}"))?
        .unix_seconds()
        .checked_add(clock_seconds(clock)?)?;
    u64::try_from(at_s).ok()?.checked_mul(1_000)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A number without a sign or an exponent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    pub(super) whole: u64,
    /// The fraction, in thousand-millionths; further digits are cut off.
    pub(super) nanos: u64,
}

/// The number that a text begins with, and what follows it.
pub(super) fn decimal(text: &str) -> Option<(Decimal, &str)> {
    let whole_len = text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at_checked(whole_len)?;
    let whole = whole.parse().ok()?;
    let Some(behind) = rest.strip_prefix('.') else {
        return Some((Decimal { whole, nanos: 0 }, rest));
    };
    let fraction_len = behind.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, rest) = behind.split_at_checked(fraction_len)?;
    let nanos = fraction_nanos(fraction)?;
    Some((Decimal { whole, nanos }, rest))
}

fn fraction_nanos(digits: &str) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let digits = digits
        .bytes()
        .map(Some)
        .chain(std::iter::repeat(None))
        .take(9);
    digits.into_iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.map_or(0, |b| u64::from(b.wrapping_sub(b'0')));
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// `08:49:37` as seconds; a leap second counts as the one after it.
fn clock_seconds(text: &str) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = text.as_bytes() else {
        return None;
    };
    let (hour, minute, second) = (two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?);
    let is_sane = hour < 24 && minute < 60 && second <= 60;
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    is_sane.then_some(minutes.checked_mul(60)?.checked_add(second)?)
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let digit = |b: u8| b.is_ascii_digit().then(|| i64::from(b.wrapping_sub(b'0')));
    digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)
}

/// A header's value as text without white space around it; none if it is none or too long.
pub(super) fn text(value: &[u8]) -> Option<&str> {
    text_of(value, VALUE_BYTES_MAX)
}

/// The same with a bound of the caller's, bytes.
pub(super) fn text_of(value: &[u8], bytes_max: usize) -> Option<&str> {
    let value = value.trim_ascii();
    let is_short = (1..=bytes_max).contains(&value.len());
    is_short.then(|| std::str::from_utf8(value).ok()).flatten()
}
