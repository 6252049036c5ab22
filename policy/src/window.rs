//! Windows of time that budgets are for: calendar periods in a time zone.
//!
//! A day is what the zone's calendar calls one: 23 or 25 hours long when clocks change. Weeks begin on Monday
//! (ISO 8601), years and quarters on the first of January.

use std::fmt;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// How often a budget begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// At each full hour of the zone's clocks.
    Hour,
    /// At midnight, or at the first moment of a day that has none.
    Day,
    /// On Monday.
    Week,
    /// On the first of a month.
    Month,
    /// On the first of January, April, July and October.
    Quarter,
    /// On the first of January.
    Year,
    /// Never.
    Total,
}

/// A time zone of the IANA database, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: Box<str>,
    zone: TimeZone,
}

/// Why a text is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time zone: write a name such as \"Europe/Berlin\" or \"UTC\"")]
pub struct NoZone(pub String);

/// From a moment to another, milliseconds since 1970 UTC; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first millisecond.
    pub start_unix_ms: u64,
    /// The first millisecond behind it; `u64::MAX` where it never ends.
    pub end_unix_ms: u64,
}

impl Window {
    /// Every window, shortest first.
    pub const ALL: [Self; 7] = [
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
        Self::Total,
    ];

    /// Its name in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Total => "total",
        }
    }

    /// The window of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.as_str() == text)
    }

    /// The period that `now_unix_ms` lies in.
    ///
    /// Times beyond the calendar's (the year 9999) are in a period without end.
    #[must_use]
    pub fn period(self, zone: &Zone, now_unix_ms: u64) -> Period {
        self.calendar(zone, now_unix_ms).unwrap_or(Period::ALWAYS)
    }

    fn calendar(self, zone: &Zone, now_unix_ms: u64) -> Option<Period> {
        let now = i64::try_from(now_unix_ms).ok()?;
        let now = Timestamp::from_millisecond(now).ok()?;
        let zone = &zone.zone;
        let today = zone.to_datetime(now).date();
        let (start, next) = match self {
            Self::Hour => return hour(zone, now),
            Self::Day => (today, today.checked_add(1.day()).ok()?),
            Self::Week => {
                let since = today.weekday().since(Weekday::Monday);
                let start = today.checked_sub(i64::from(since).days()).ok()?;
                (start, start.checked_add(1.week()).ok()?)
            }
            Self::Month => {
                let start = today.first_of_month();
                (start, start.checked_add(1.month()).ok()?)
            }
            Self::Quarter => {
                let month = (today.month().checked_sub(1)? / 3)
                    .checked_mul(3)?
                    .checked_add(1)?;
                let start = Date::new(today.year(), month, 1).ok()?;
                (start, start.checked_add(3.months()).ok()?)
            }
            Self::Year => {
                let start = today.first_of_year();
                (start, start.checked_add(1.year()).ok()?)
            }
            Self::Total => return None,
        };
        Some(Period {
            start_unix_ms: midnight(zone, start)?,
            end_unix_ms: midnight(zone, next)?,
        })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The first moment of a day.
fn midnight(zone: &TimeZone, day: Date) -> Option<u64> {
    let start = day.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
    unix_ms(start.timestamp())
}

/// The hour of the zone's clocks. One that is counted twice when clocks go back is two hours.
fn hour(zone: &TimeZone, now: Timestamp) -> Option<Period> {
    let now_ms = now.as_millisecond();
    let offset_ms = i64::from(zone.to_offset(now).seconds()).checked_mul(1_000)?;
    let into = now_ms.checked_add(offset_ms)?.rem_euclid(HOUR_MS);
    let start = now_ms.checked_sub(into)?;
    Some(Period {
        start_unix_ms: u64::try_from(start).unwrap_or(0),
        end_unix_ms: u64::try_from(start.checked_add(HOUR_MS)?).ok()?,
    })
}

fn unix_ms(at: Timestamp) -> Option<u64> {
    // What began before 1970 began with it.
    Some(u64::try_from(at.as_millisecond().max(0)).unwrap_or(0))
}

const HOUR_MS: i64 = 3_600_000;

impl Period {
    /// From the beginning, without end.
    pub const ALWAYS: Self = Self {
        start_unix_ms: 0,
        end_unix_ms: u64::MAX,
    };

    /// Whether it has an end.
    #[must_use]
    pub const fn ends(&self) -> bool {
        self.end_unix_ms != u64::MAX
    }

    /// Whether `at_unix_ms` is in it.
    #[must_use]
    pub const fn contains(&self, at_unix_ms: u64) -> bool {
        self.start_unix_ms <= at_unix_ms && at_unix_ms < self.end_unix_ms
    }
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self {
            name: "UTC".into(),
            zone: TimeZone::UTC,
        }
    }

    /// The zone of that name.
    ///
    /// # Errors
    /// [`NoZone`] when the database has none.
    pub fn named(name: &str) -> Result<Self, NoZone> {
        if name == "UTC" {
            return Ok(Self::utc());
        }
        let zone = TimeZone::get(name).map_err(|_| NoZone(name.to_owned()))?;
        Ok(Self {
            name: name.into(),
            zone,
        })
    }

    /// Its name, as it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn period(window: &str, zone: &str, now: &str) -> (String, String) {
        let now: Timestamp = now.parse().unwrap();
        let now = u64::try_from(now.as_millisecond()).unwrap();
        let zone = Zone::named(zone).unwrap();
        let period = Window::parse(window).unwrap().period(&zone, now);
        let show = |ms: u64| {
            Timestamp::from_millisecond(i64::try_from(ms).unwrap())
                .unwrap()
                .to_string()
        };
        (show(period.start_unix_ms), show(period.end_unix_ms))
    }

    #[test]
    fn periods_are_those_of_the_zones_calendar() {
        for (window, zone, now, start, end) in [
            (
                "day",
                "UTC",
                "2026-11-21T06:32:01Z",
                "2026-11-21T00:00:00Z",
                "2026-11-22T00:00:00Z",
            ),
            (
                "month",
                "Europe/Berlin",
                "2026-11-01T00:30:00Z",
                "2026-10-31T23:00:00Z",
                "2026-11-30T23:00:00Z",
            ),
            // The first night of November in Berlin is still October in New York.
            (
                "month",
                "America/New_York",
                "2026-11-01T00:30:00Z",
                "2026-10-01T04:00:00Z",
                "2026-11-01T04:00:00Z",
            ),
            (
                "week",
                "UTC",
                "2026-11-22T23:59:59Z",
                "2026-11-16T00:00:00Z",
                "2026-11-23T00:00:00Z",
            ),
            (
                "quarter",
                "UTC",
                "2026-11-21T00:00:00Z",
                "2026-10-01T00:00:00Z",
                "2027-01-01T00:00:00Z",
            ),
            (
                "year",
                "Asia/Kathmandu",
                "2026-12-31T18:15:00Z",
                "2026-12-31T18:15:00Z",
                "2027-12-31T18:15:00Z",
            ),
            (
                "hour",
                "Asia/Kolkata",
                "2026-11-21T06:29:59Z",
                "2026-11-21T05:30:00Z",
                "2026-11-21T06:30:00Z",
            ),
        ] {
            let wanted = (start.to_owned(), end.to_owned());
            assert_eq!(period(window, zone, now), wanted, "{window} {zone} {now}");
        }
    }

    #[test]
    fn a_day_on_which_clocks_change_has_23_or_25_hours() {
        let hours = |now: &str| {
            let (start, end) = period("day", "Europe/Berlin", now);
            let (start, end): (Timestamp, Timestamp) =
                (start.parse().unwrap(), end.parse().unwrap());
            (end.as_second() - start.as_second()) / 3_600
        };
        assert_eq!(hours("2026-03-29T12:00:00Z"), 23);
        assert_eq!(hours("2026-10-25T12:00:00Z"), 25);
        assert_eq!(hours("2026-10-26T12:00:00Z"), 24);
    }

    #[test]
    fn a_day_without_midnight_begins_at_its_first_moment() {
        // Clocks in Beirut went from 0:00 to 1:00.
        let (start, _) = period("day", "Asia/Beirut", "2026-03-29T12:00:00Z");
        assert_eq!(start, "2026-03-28T22:00:00Z");
    }

    #[test]
    fn a_total_never_begins_anew_and_zones_have_names() {
        assert_eq!(Window::Total.period(&Zone::utc(), 7), Period::ALWAYS);
        assert_eq!(
            Zone::named("Mars/Base"),
            Err(NoZone("Mars/Base".to_owned()))
        );
        assert_eq!(
            Zone::named("Europe/Berlin").unwrap().name(),
            "Europe/Berlin"
        );
    }

    proptest! {
        #[test]
        fn each_moment_is_in_its_period_and_the_next_begins_where_it_ends(
            now in 0_u64..4_102_444_800_000,
            window in prop::sample::select(&Window::ALL[..6]),
            zone in prop::sample::select(vec![
                "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
                "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca",
            ]),
        ) {
            let zone = Zone::named(zone).unwrap();
            let period = window.period(&zone, now);
            prop_assert!(period.contains(now), "{period:?}");
            if window != Window::Hour {
                let next = window.period(&zone, period.end_unix_ms);
                prop_assert_eq!(next.start_unix_ms, period.end_unix_ms);
                prop_assert_eq!(window.period(&zone, period.start_unix_ms), period);
            }
        }
    }
}
