//! A provider's own rate limit: counted here, told in its headers, refused beyond.

use parking_lot::Mutex;

use super::directives::Directives;
use crate::clock;

/// Requests in a window; windows follow each other on the clock, so that their ends are whole seconds.
#[derive(Debug)]
pub struct RequestLimit {
    /// Requests that are answered in a window.
    pub requests: u64,
    /// The window, seconds.
    pub window_seconds: u64,
    /// How it is told.
    pub headers: LimitHeaders,
    state: Mutex<Counted>,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that were refused with a 429.
    pub refused: u64,
    /// Windows in which any was answered.
    pub windows: u64,
    window: u64,
    used: u64,
}

/// Whose headers tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitHeaders {
    /// `x-ratelimit-remaining-requests`, resets as durations.
    OpenAi,
    /// `anthropic-ratelimit-requests-remaining`, resets as RFC 3339.
    Anthropic,
    /// `x-ratelimit-remaining-requests`, resets in milliseconds or seconds, whichever is meant.
    Azure,
    /// `x-ratelimit-remaining`, resets as milliseconds since 1970.
    OpenRouter,
    /// `x-ratelimit-remaining-requests-minute`, resets in decimal seconds.
    Cerebras,
    /// `ratelimit-remaining`, resets in seconds: the IETF's first draft.
    RateLimitEach,
    /// `ratelimit: "api";r=5;t=2`: the IETF's latest.
    RateLimit,
}

impl RequestLimit {
    /// So many requests in a window, told so.
    #[must_use]
    pub fn new(requests: u64, window_seconds: u64, headers: LimitHeaders) -> Self {
        Self {
            requests,
            window_seconds,
            headers,
            state: Mutex::default(),
        }
    }

    /// What was counted so far.
    #[must_use]
    pub fn counted(&self) -> Counted {
        *self.state.lock()
    }

    /// Counts a request: it is answered by `directives` and told what is left, or refused.
    pub(super) fn count(&self, mut directives: Directives) -> Directives {
        let now_unix_ms = clock::unix_ms();
        let window_ms = self.window_seconds.max(1) * 1_000;
        let reset_ms = window_ms - now_unix_ms % window_ms;
        let mut state = self.state.lock();
        if state.window != now_unix_ms / window_ms {
            state.window = now_unix_ms / window_ms;
            state.used = 0;
        }
        if state.used < self.requests {
            state.windows += u64::from(state.used == 0);
            state.used += 1;
            state.answered += 1;
        } else {
            state.refused += 1;
            directives.status = Some(429);
        }
        let left = self.requests - state.used;
        drop(state);
        let told = self
            .headers
            .tell((self.requests, left), reset_ms, now_unix_ms);
        directives.headers.extend(told);
        directives
    }
}

impl LimitHeaders {
    fn tell(
        self,
        (limit, left): (u64, u64),
        reset_ms: u64,
        now_unix_ms: u64,
    ) -> Vec<(String, String)> {
        let seconds = reset_ms.div_ceil(1_000);
        let decimal = format!("{}.{:03}", reset_ms / 1_000, reset_ms % 1_000);
        let reset_at = now_unix_ms + reset_ms;
        let each = |pattern: &str, reset: String| {
            let fields = [
                ("limit", limit.to_string()),
                ("remaining", left.to_string()),
                ("reset", reset),
            ];
            fields
                .map(|(field, value)| (pattern.replace('*', field), value))
                .to_vec()
        };
        match self {
            Self::OpenAi => each("x-ratelimit-*-requests", format!("{decimal}s")),
            Self::Anthropic => each("anthropic-ratelimit-requests-*", rfc3339(reset_at / 1_000)),
            Self::Azure => each("x-ratelimit-*-requests", seconds.to_string()),
            Self::OpenRouter => each("x-ratelimit-*", reset_at.to_string()),
            Self::Cerebras => each("x-ratelimit-*-requests-minute", decimal),
            Self::RateLimitEach => each("ratelimit-*", seconds.to_string()),
            Self::RateLimit => vec![
                ("ratelimit".into(), format!("\"api\";r={left};t={seconds}")),
                ("ratelimit-policy".into(), format!("\"api\";q={limit};w=60")),
            ],
        }
    }
}

/// A time of day in RFC 3339, of whole seconds since 1970.
fn rfc3339(unix_seconds: u64) -> String {
    let (days, second) = (unix_seconds / 86_400, unix_seconds % 86_400);
    // Howard Hinnant's civil_from_days: years that begin in March have their leap day last.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_795_219_200, "2026-11-21T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }

    #[test]
    fn what_is_beyond_the_limit_is_refused_and_counted() {
        let limit = RequestLimit::new(2, 86_400, LimitHeaders::OpenAi);
        let statuses: Vec<_> = (0..3)
            .map(|_| limit.count(Directives::default()).status)
            .collect();
        assert_eq!(statuses, [None, None, Some(429)]);
        let Counted {
            answered, refused, ..
        } = limit.counted();
        assert_eq!((answered, refused), (2, 1));
    }
}
