//! What a limit may limit, by name.

use std::fmt;

use super::Caps;

/// One of the things that a limit limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Requests begun in a minute.
    RequestsPerMinute,
    /// Requests begun in an hour.
    RequestsPerHour,
    /// Requests begun in 24 hours.
    RequestsPerDay,
    /// Tokens of input and output in a minute.
    TokensPerMinute,
    /// Requests at once.
    Concurrent,
    /// Streams at once.
    ConcurrentStreams,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 6] = [
        Self::RequestsPerMinute,
        Self::RequestsPerHour,
        Self::RequestsPerDay,
        Self::TokensPerMinute,
        Self::Concurrent,
        Self::ConcurrentStreams,
    ];

    /// Its name in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequestsPerMinute => "requests_per_minute",
            Self::RequestsPerHour => "requests_per_hour",
            Self::RequestsPerDay => "requests_per_day",
            Self::TokensPerMinute => "tokens_per_minute",
            Self::Concurrent => "concurrent",
            Self::ConcurrentStreams => "concurrent_streams",
        }
    }

    /// What `caps` say about it.
    #[must_use]
    pub fn of(self, caps: &Caps) -> Option<u64> {
        let requests = match self {
            Self::RequestsPerMinute => caps.requests_per_minute,
            Self::RequestsPerHour => caps.requests_per_hour,
            Self::RequestsPerDay => caps.requests_per_day,
            Self::TokensPerMinute => return caps.tokens_per_minute.map(Into::into),
            Self::Concurrent => caps.concurrent,
            Self::ConcurrentStreams => caps.concurrent_streams,
        };
        requests.map(|requests| requests.get().into())
    }
}

/// As in "600 requests per minute".
impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RequestsPerMinute => "requests per minute",
            Self::RequestsPerHour => "requests per hour",
            Self::RequestsPerDay => "requests per day",
            Self::TokensPerMinute => "tokens per minute",
            Self::Concurrent => "requests at once",
            Self::ConcurrentStreams => "streams at once",
        })
    }
}
