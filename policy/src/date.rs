//! Calendar days in UTC: what price lists are dated by.

use std::fmt;

/// A day, counted from 1970-01-01 in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    days: i32,
}

impl Date {
    /// Reads `YYYY-MM-DD`, years 1970 to 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
            return None;
        };
        let year = number(&[*y1, *y2, *y3, *y4])?;
        let (month, day) = (number(&[*m1, *m2])?, number(&[*d1, *d2])?);
        let sane = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
        let date = sane.then(|| Self::from_civil(year, month, day))?;
        // A day that the month does not have (02-30) comes out as another one.
        (date.civil() == (year, month, day)).then_some(date)
    }

    /// The day's first second, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        i64::from(self.days).saturating_mul(SECONDS_PER_DAY)
    }

    /// The day that holds this second since 1970-01-01T00:00:00Z; times beyond 1970 to 9999 are put at the nearer end.
    #[must_use]
    pub fn of_unix_seconds(seconds: i64) -> Self {
        let days = seconds.div_euclid(SECONDS_PER_DAY).clamp(0, DAYS_MAX);
        Self {
            days: i32::try_from(days).unwrap_or_default(),
        }
    }

    /// Days since 1970-01-01 of a date after it, by counting in years that begin in March.
    ///
    /// The method is Howard Hinnant's `days_from_civil` (<https://howardhinnant.github.io/date_algorithms.html>).
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "parse() bounds year, month and day; no step leaves i32"
    )]
    const fn from_civil(year: i32, month: i32, day: i32) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (year / 400, year % 400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self {
            days: era * 146_097 + day_of_era - 719_468,
        }
    }

    /// Year, month and day; the inverse of [`Self::from_civil`].
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "days come from from_civil(), years 1970 to 10000; no step leaves i32"
    )]
    const fn civil(self) -> (i32, i32, i32) {
        let days = self.days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = year_of_era + era * 400;
        let year = if month <= 2 { year + 1 } else { year };
        (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0_i32, |sum, digit| {
        let value = digit
            .is_ascii_digit()
            .then(|| i32::from(digit.saturating_sub(b'0')))?;
        Some(sum.saturating_mul(10).saturating_add(value))
    })
}

const SECONDS_PER_DAY: i64 = 86_400;

/// 9999-12-31.
const DAYS_MAX: i64 = 2_932_896;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_days_have_their_known_seconds() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400),
            ("2026-11-20", 1_795_132_800),
            ("9999-12-31", 253_402_214_400),
        ] {
            assert_eq!(
                Date::parse(text).map(Date::unix_seconds),
                Some(seconds),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2026",
            "2026-2-1",
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "2026-00-10",
            "1969-12-31",
            "2026-01-0x",
            "+026-01-01",
            "2026-01-01T",
        ] {
            assert_eq!(Date::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_second_of_a_day_is_on_it() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_868_799, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (-1, "1970-01-01"),
            (i64::MAX, "9999-12-31"),
        ] {
            assert_eq!(Date::of_unix_seconds(seconds).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn days_are_shown_as_they_are_read(days in 0..2_932_896_i32) {
            let date = Date { days };
            prop_assert_eq!(Date::parse(&date.to_string()), Some(date));
        }
    }
}
