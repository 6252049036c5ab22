//! A limit as people and programs write it: words and figures, checked into a [`Limit`].

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Caps, Limit, Measure};
use crate::OwnLimits;
use crate::budget::{self, FormError};

/// A limit in words, as in `[[limits]]` and at `/admin/v1/limits`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitForm {
    /// Its name: 1 to 64 of letters, digits, `-`, `_`, `.`, `:`.
    #[serde(default)]
    pub id: String,
    /// Dimension → exact value or pattern; empty matches everything.
    #[serde(rename = "match", default)]
    pub selects: BTreeMap<String, String>,
    /// Each value of this dimension is counted alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// Requests begun in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
    /// Requests begun in an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_hour: Option<u64>,
    /// Requests begun in 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u64>,
    /// Tokens of input and output in a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Requests at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u64>,
    /// Streams at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent_streams: Option<u64>,
}

/// What is wrong with a limit's words, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitFault {
    /// Its name, or whom it is for.
    #[error(transparent)]
    Rule(#[from] FormError),
    /// A figure that nothing can be limited to.
    #[error("`{field}` must be from 1 to {most}, not {value}")]
    Figure {
        /// Where.
        field: &'static str,
        /// What was written.
        value: u64,
        /// What could have been.
        most: u64,
    },
    /// A limit of nothing.
    #[error(
        "a limit needs at least one of requests_per_minute, requests_per_hour, requests_per_day, \
         tokens_per_minute, concurrent, concurrent_streams"
    )]
    Nothing,
}

impl LimitFault {
    /// The field that is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Rule(fault) => fault.field(),
            Self::Figure { field, .. } => field,
            Self::Nothing => Measure::RequestsPerMinute.as_str(),
        }
    }
}

impl LimitForm {
    /// The limit that these words mean.
    ///
    /// # Errors
    /// [`LimitFault`] for the first word that means nothing, and for a limit of nothing.
    pub fn read(&self) -> Result<Limit, LimitFault> {
        let (selector, per) = budget::whom(&self.id, &self.selects, self.per.as_deref())?;
        let caps = self.caps()?;
        if caps.is_empty() {
            return Err(LimitFault::Nothing);
        }
        Ok(Limit {
            id: Arc::from(&*self.id),
            selector,
            per,
            caps,
        })
    }

    fn caps(&self) -> Result<Caps, LimitFault> {
        let tokens = (Measure::TokensPerMinute, self.tokens_per_minute);
        Ok(Caps {
            requests_per_minute: count(Measure::RequestsPerMinute, self.requests_per_minute)?,
            requests_per_hour: count(Measure::RequestsPerHour, self.requests_per_hour)?,
            requests_per_day: count(Measure::RequestsPerDay, self.requests_per_day)?,
            tokens_per_minute: figure(tokens.0, tokens.1, TOKENS_MAX)?,
            concurrent: count(Measure::Concurrent, self.concurrent)?,
            concurrent_streams: count(Measure::ConcurrentStreams, self.concurrent_streams)?,
        })
    }
}

impl From<&Limit> for LimitForm {
    fn from(limit: &Limit) -> Self {
        let of = |measure: Measure| measure.of(&limit.caps);
        Self {
            id: limit.id.to_string(),
            selects: budget::words(&limit.selector),
            per: limit.per.as_ref().map(ToString::to_string),
            requests_per_minute: of(Measure::RequestsPerMinute),
            requests_per_hour: of(Measure::RequestsPerHour),
            requests_per_day: of(Measure::RequestsPerDay),
            tokens_per_minute: of(Measure::TokensPerMinute),
            concurrent: of(Measure::Concurrent),
            concurrent_streams: of(Measure::ConcurrentStreams),
        }
    }
}

/// A key's own figures; a zero, which its form refuses, is none.
impl From<&OwnLimits> for Caps {
    fn from(own: &OwnLimits) -> Self {
        let count = |figure: Option<u32>| figure.and_then(NonZeroU32::new);
        Self {
            requests_per_minute: count(own.requests_per_minute),
            requests_per_hour: count(own.requests_per_hour),
            requests_per_day: count(own.requests_per_day),
            tokens_per_minute: own.tokens_per_minute.and_then(NonZeroU64::new),
            concurrent: count(own.concurrent),
            concurrent_streams: count(own.concurrent_streams),
        }
    }
}

fn count(measure: Measure, value: Option<u64>) -> Result<Option<NonZeroU32>, LimitFault> {
    let figure = figure(measure, value, COUNT_MAX)?;
    Ok(figure.and_then(|figure| NonZeroU32::try_from(figure).ok()))
}

fn figure(
    measure: Measure,
    value: Option<u64>,
    most: u64,
) -> Result<Option<NonZeroU64>, LimitFault> {
    let Some(value) = value else {
        return Ok(None);
    };
    match NonZeroU64::new(value).filter(|figure| figure.get() <= most) {
        Some(figure) => Ok(Some(figure)),
        None => Err(LimitFault::Figure {
            field: measure.as_str(),
            value,
            most,
        }),
    }
}

/// Far above what one machine serves in a day.
const COUNT_MAX: u64 = 4_294_967_295;

/// A million million tokens a minute: far above what any provider sells.
const TOKENS_MAX: u64 = 1_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Limit, LimitFault> {
        let form: LimitForm = serde_json::from_str(json).unwrap();
        form.read()
    }

    #[test]
    fn a_limit_reads_back_as_it_was_written() {
        let json = r#"{"id":"each-key","match":{"team":"research"},"per":"key","requests_per_minute":600,"tokens_per_minute":1000000,"concurrent":64}"#;
        let limit = read(json).unwrap();
        assert_eq!(limit.caps.concurrent, NonZeroU32::new(64));
        assert_eq!(limit.caps.requests_per_day, None);
        let form = LimitForm::from(&limit);
        assert_eq!(serde_json::to_string(&form).unwrap(), json);
    }

    #[test]
    fn what_means_nothing_is_named_with_its_field() {
        for (json, field, says) in [
            (
                r#"{"concurrent":1}"#,
                "id",
                "`id` must be 1 to 64 of letters, digits and -_.:, not \"\"",
            ),
            (
                r#"{"id":"a","requests_per_minute":0}"#,
                "requests_per_minute",
                "`requests_per_minute` must be from 1 to 4294967295, not 0",
            ),
            (
                r#"{"id":"a","tokens_per_minute":1000000000001}"#,
                "tokens_per_minute",
                "`tokens_per_minute` must be from 1 to 1000000000000, not 1000000000001",
            ),
            (
                r#"{"id":"a","concurrent":1,"per":"tag."}"#,
                "per",
                "`per`: \"tag.\" is none of key, user, team, project, model, provider, tag.<name>",
            ),
            (
                r#"{"id":"a","match":{"team":""},"concurrent":1}"#,
                "match",
                "`match`: the value of \"team\" is empty",
            ),
        ] {
            let fault = read(json).unwrap_err();
            assert_eq!((fault.field(), &*fault.to_string()), (field, says));
        }
        assert_eq!(read(r#"{"id":"a"}"#), Err(LimitFault::Nothing));
        assert!(serde_json::from_str::<LimitForm>(r#"{"id":"a","rpm":1}"#).is_err());
    }

    #[test]
    fn a_keys_own_figures_may_be_none() {
        assert!(Caps::from(&OwnLimits::default()).is_empty());
        let own: OwnLimits = serde_json::from_str(r#"{"concurrent":3}"#).unwrap();
        assert_eq!(Caps::from(&own).concurrent, NonZeroU32::new(3));
    }
}
