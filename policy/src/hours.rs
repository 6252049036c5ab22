//! Hours of the week in UTC: when a price holds that changes with the time of day.

use std::fmt;

/// Spans of time that come again every week, in UTC.
///
/// Written as words `DAYS@FROM-TO`: days count from 1, Monday, to 7; times are `HH:MM`, and `24:00` ends a day.
///
/// ```
/// use quotah_policy::Hours;
///
/// let nights = Hours::parse(["1-5@00:00-01:00", "6-7@00:00-24:00"]).ok_or("no hours")?;
/// assert!(nights.contains(0) && !nights.contains(3_600)); // 1970-01-01 was a Thursday
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    spans: Vec<Span>,
}

/// The same time of several days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First and last day, 1 (Monday) to 7.
    pub days: (u8, u8),
    /// Minutes of the day: from, and to without.
    pub minutes: (u16, u16),
}

/// Most spans of one price. `DeepSeek`'s off-peak hours are four.
const SPANS_MAX: usize = 32;

impl Hours {
    /// Reads spans; `None` where one of them is none, or there are none or more than 32.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let spans: Option<Vec<Span>> = words.into_iter().map(span).collect();
        Self::new(spans?)
    }

    /// These spans. One that ends before it begins goes on to the next morning of the same days.
    #[must_use]
    pub fn new(spans: Vec<Span>) -> Option<Self> {
        let mut whole = Vec::new();
        for Span { days, minutes } in spans {
            let (from, to) = minutes;
            let sane = 1 <= days.0 && days.0 <= days.1 && days.1 <= 7;
            if !sane || from >= DAY_MINUTES || to > DAY_MINUTES {
                return None;
            }
            let mut push = |minutes| whole.push(Span { days, minutes });
            if from < to {
                push((from, to));
            } else {
                push((from, DAY_MINUTES));
                if to > 0 {
                    push((0, to));
                }
            }
        }
        whole.sort_unstable_by_key(|span| (span.minutes, span.days));
        whole.dedup_by(|next, span| {
            let follows =
                next.minutes == span.minutes && next.days.0 == span.days.1.saturating_add(1);
            if follows {
                span.days.1 = next.days.1;
            }
            follows
        });
        whole.sort_unstable();
        (!whole.is_empty() && whole.len() <= SPANS_MAX).then_some(Self { spans: whole })
    }

    /// Whether a time in seconds since 1970 is in one of them.
    #[must_use]
    pub fn contains(&self, at_unix_seconds: i64) -> bool {
        let day = at_unix_seconds.div_euclid(DAY_SECONDS);
        let minute = at_unix_seconds.rem_euclid(DAY_SECONDS).div_euclid(60);
        // 1970-01-01 was a Thursday, the fourth day.
        let weekday = day.saturating_add(3).rem_euclid(7).saturating_add(1);
        self.spans.iter().any(|span| {
            let (first, last) = (i64::from(span.days.0), i64::from(span.days.1));
            let (from, to) = (i64::from(span.minutes.0), i64::from(span.minutes.1));
            (first..=last).contains(&weekday) && (from..to).contains(&minute)
        })
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, span) in self.spans.iter().enumerate() {
            let gap = if place == 0 { "" } else { " " };
            let ((first, last), (from, to)) = (span.days, span.minutes);
            write!(
                f,
                "{gap}{first}-{last}@{:02}:{:02}-{:02}:{:02}",
                from / 60,
                from % 60,
                to / 60,
                to % 60
            )?;
        }
        Ok(())
    }
}

fn span(word: &str) -> Option<Span> {
    let (days, times) = word.split_once('@')?;
    let (first, last) = days.split_once('-')?;
    let (from, to) = times.split_once('-')?;
    Some(Span {
        days: (first.parse().ok()?, last.parse().ok()?),
        minutes: (minutes(from)?, minutes(to)?),
    })
}

/// Minutes of the day of `HH:MM`, up to `24:00`; seconds and an offset of zero behind it are let pass.
pub(crate) fn minutes(text: &str) -> Option<u16> {
    let text = text.trim_end_matches("+00:00").trim_end_matches('Z');
    let (hours, rest) = text.split_once(':')?;
    let minutes = rest.split_once(':').map_or(rest, |(minutes, _)| minutes);
    let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
    let sum = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && sum <= DAY_MINUTES).then_some(sum)
}

const DAY_MINUTES: u16 = 24 * 60;
const DAY_SECONDS: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Date;

    #[test]
    fn a_time_is_in_the_hours_of_its_weekday_from_the_first_second_to_before_the_last() {
        let peak = Hours::parse(["1-5@01:00-04:00", "1-5@06:00-10:00"]).unwrap();
        let at = |day: &str, hour: i64, second: i64| {
            Date::parse(day).unwrap().unix_seconds() + hour * 3_600 + second
        };
        for (day, hour, second, within) in [
            ("2026-11-20", 0, 3_599, false), // a Friday
            ("2026-11-20", 1, 0, true),
            ("2026-11-20", 3, 3_599, true),
            ("2026-11-20", 4, 0, false),
            ("2026-11-20", 6, 0, true),
            ("2026-11-21", 6, 0, false), // a Saturday
            ("2026-11-23", 6, 0, true),
        ] {
            assert_eq!(peak.contains(at(day, hour, second)), within, "{day} {hour}");
        }
        assert_eq!(peak.to_string(), "1-5@01:00-04:00 1-5@06:00-10:00");
    }

    #[test]
    fn a_span_over_midnight_is_two() {
        let night = Hours::parse(["1-7@16:30-00:30"]).unwrap();
        assert_eq!(night.to_string(), "1-7@00:00-00:30 1-7@16:30-24:00");
        let all_day = Hours::parse(["6-7@00:00-00:00"]).unwrap();
        assert_eq!(all_day.to_string(), "6-7@00:00-24:00");
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for word in [
            "",
            "1-5",
            "0-5@00:00-01:00",
            "5-1@00:00-01:00",
            "1-8@00:00-01:00",
            "1-5@24:00-01:00",
            "1-5@00:60-01:00",
            "1-5@00:00-24:01",
            "é-5@00:00-01:00",
        ] {
            assert_eq!(Hours::parse([word]), None, "{word:?}");
        }
        assert_eq!(Hours::parse([]), None);
    }
}
