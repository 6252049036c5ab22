//! Times as people write and read them: RFC 3339, days, and "so long ago".

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Thirty days: what reports cover unless told otherwise.
pub const MONTH_MS: u64 = 30 * DAY_MS;

/// Seven days.
pub const WEEK_MS: u64 = 7 * DAY_MS;

/// What [`parse_when`] takes, in words.
pub const WHEN: &str = "a time such as 2026-11-21T08:00:00Z, a day (UTC) such as 2026-11-21, or a time ago such as 24h or 7d";

/// Milliseconds since 1970 as RFC 3339 in UTC; times that no calendar has are shown as its last.
#[must_use]
pub fn rfc3339(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).ok();
    let at = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.unwrap_or(Timestamp::MAX).to_string()
}

/// Reads a time, in milliseconds since 1970: RFC 3339, a day (its start in UTC), or an amount of
/// `m`, `h`, `d` before `now_unix_ms`. `None` for anything else, and for times before 1970.
#[must_use]
pub fn parse_when(text: &str, now_unix_ms: u64) -> Option<u64> {
    if let Some(ago) = ago_ms(text) {
        return Some(now_unix_ms.saturating_sub(ago));
    }
    parse_moment(text)
}

/// Reads when a span begins and when it ends, each where it is given. `None` when either is no time.
#[must_use]
pub fn parse_since_until(
    since: Option<&str>,
    until: Option<&str>,
    now_unix_ms: u64,
) -> Option<(Option<u64>, Option<u64>)> {
    let read = |text: Option<&str>| match text {
        Some(text) => parse_when(text, now_unix_ms).map(Some),
        None => Some(None),
    };
    Some((read(since)?, read(until)?))
}

/// Reads RFC 3339 or a day (its start in UTC), in milliseconds since 1970. `None` for anything else, and for times
/// before 1970.
#[must_use]
pub fn parse_moment(text: &str) -> Option<u64> {
    let at = text.parse::<Timestamp>().ok().or_else(|| {
        let day = text
            .parse::<Date>()
            .ok()
            .filter(|_| text.len() == "2026-11-21".len())?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })?;
    u64::try_from(at.as_millisecond()).ok()
}

fn ago_ms(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms = match unit {
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY_MS,
        _ => return None,
    };
    digits.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
    digits.parse::<u64>().ok()?.checked_mul(unit_ms)
}

const DAY_MS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = 1_795_132_800_000; // 2026-11-20T00:00:00Z
        for (text, at) in [
            ("2026-11-20T00:00:00Z", Some(now)),
            ("2026-11-20T01:00:00+01:00", Some(now)),
            ("2026-11-20", Some(now)),
            ("2d", Some(now - 2 * DAY_MS)),
            ("90m", Some(now - 5_400_000)),
            ("1969-12-31", None),
            ("yesterday", None),
            ("", None),
            ("d", None),
            ("-1d", None),
            ("ü", None),
        ] {
            assert_eq!(parse_when(text, now), at, "{text}");
        }
        assert_eq!(rfc3339(now), "2026-11-20T00:00:00Z");
        assert_eq!(
            parse_when(&rfc3339(u64::MAX), 0).map(|at| at > now),
            Some(true)
        );
    }
}
