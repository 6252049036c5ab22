//! How a provider names and writes its limits: one row a limit.

use std::borrow::Cow;

use super::kind::LimitKind;
use super::tables;

/// The formats of one provider: what its limit headers are called and what they mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitFormats {
    /// What every one of its headers begins with, one of these.
    pub(super) prefixes: Cow<'static, [Cow<'static, str>]>,
    pub(super) rows: Cow<'static, [LimitFormat]>,
}

/// One limit: its headers' names, what it counts, and in which unit its reset is told.
///
/// Made at run time for providers that are described in the configuration, by [`LimitFormat::by_pattern`] or
/// [`LimitFormat::by_names`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitFormat {
    pub(super) names: Names,
    pub(super) kind: LimitKind,
    pub(super) window: LimitWindow,
    pub(super) reset: ResetUnit,
}

/// The time that a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitWindow {
    /// So many seconds.
    Seconds(u32),
    /// A minute or a day: told by how fast what was used comes back. `OpenAI` has models with requests per day
    /// under the names it has for requests per minute (recorded: 1 of 10,000 used, back in 8.64 s, which is a day).
    MinuteOrDay,
    /// Not known, unless the answer says so.
    Unknown,
}

/// What a bare number in a reset header means. Go's durations (`1m13.588s`) are understood in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetUnit {
    /// Seconds from now, decimals allowed.
    Seconds,
    /// Seconds from now, or milliseconds if there are more of them than the window has seconds. Recorded at Azure:
    /// 1 of 120 a minute used, back in `500`.
    SecondsOrMillis,
    /// Seconds or milliseconds since 1970; the magnitude tells which.
    Epoch,
    /// No number: RFC 3339.
    Rfc3339,
    /// Any of these, for servers that nobody has described: seconds from now, time since 1970, or RFC 3339.
    Any,
}

/// Names of the headers of one limit, for servers that follow no pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitNames {
    /// How much there is.
    pub limit: Option<String>,
    /// How much is left.
    pub remaining: Option<String>,
    /// When it is back.
    pub reset: Option<String>,
}

/// A header format that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitFormatError {
    /// The pattern has no place for `limit`, `remaining` and `reset`, or more than one.
    #[error("a pattern of limit headers needs exactly one `*`, as in x-ratelimit-*-requests")]
    NoPlace,
    /// Neither the limit's nor the remainder's header is named.
    #[error("neither the header of the limit nor that of what remains is named")]
    NoName,
    /// A name no header can have, or one of 128 bytes or more.
    #[error("not a header name")]
    BadName,
}

/// Longest header name of a format, bytes.
const NAME_BYTES_MAX: usize = 128;

/// Most formats of one provider; more are ignored.
const FORMATS_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// `before`, then the field's word, then `after`.
    Pattern {
        before: Cow<'static, str>,
        after: Cow<'static, str>,
    },
    /// One name each.
    Each(LimitNames),
    /// One header that says it all (`RateLimit: limit=100, remaining=50, reset=5`).
    Structured(&'static str),
}

/// What a header says about a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Limit,
    Remaining,
    Reset,
    Used,
    Utilization,
    Status,
    Window,
    Structured,
}

impl Field {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "limit" => Self::Limit,
            "remaining" => Self::Remaining,
            "reset" => Self::Reset,
            "used" => Self::Used,
            "utilization" => Self::Utilization,
            "status" => Self::Status,
            "renewalperiod" => Self::Window,
            _ => return None,
        })
    }
}

impl LimitFormats {
    /// The formats of a provider kind, by its name in the configuration; for one without a table of its own, those
    /// that are common among servers with `OpenAI`'s wire format.
    #[must_use]
    pub fn of(provider_kind: &str) -> &'static Self {
        tables::of(provider_kind)
    }

    /// Formats made at run time; the first 32 count.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = LimitFormat>) -> Self {
        let rows: Vec<LimitFormat> = rows.into_iter().take(FORMATS_MAX).collect();
        let mut prefixes: Vec<Cow<'static, str>> = Vec::new();
        for row in &rows {
            row.names.beginnings(&mut |name| {
                if !prefixes.iter().any(|held| held == name) {
                    prefixes.push(name.to_owned().into());
                }
            });
        }
        Self {
            prefixes: prefixes.into(),
            rows: rows.into(),
        }
    }

    /// Whether a header of this name can be one of these.
    pub(super) fn may_hold(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| {
            let is_near = name.as_bytes().first() == prefix.as_bytes().first();
            (is_near && name.starts_with(&**prefix)) || prefix.is_empty()
        })
    }

    pub(super) fn find(&self, name: &str) -> Option<(&LimitFormat, Field)> {
        self.rows
            .iter()
            .find_map(|row| Some((row, row.names.field(name)?)))
    }
}

impl LimitFormat {
    /// A limit whose headers are called by a pattern, in which `*` stands for `limit`, `remaining` or `reset`.
    ///
    /// # Errors
    /// The pattern has no `*`, or is no header name.
    pub fn by_pattern(
        pattern: &str,
        kind: LimitKind,
        window: LimitWindow,
        reset: ResetUnit,
    ) -> Result<Self, LimitFormatError> {
        let (before, after) = pattern.split_once('*').ok_or(LimitFormatError::NoPlace)?;
        if after.contains('*') {
            return Err(LimitFormatError::NoPlace);
        }
        let (before, after) = (header_name_part(before)?, header_name_part(after)?);
        Ok(Self {
            names: Names::Pattern {
                before: before.into(),
                after: after.into(),
            },
            kind,
            window,
            reset,
        })
    }

    /// A limit whose headers have a name each.
    ///
    /// # Errors
    /// Neither the limit nor the remainder has a name, or one is no header name.
    pub fn by_names(
        names: LimitNames,
        kind: LimitKind,
        window: LimitWindow,
        reset: ResetUnit,
    ) -> Result<Self, LimitFormatError> {
        if names.limit.is_none() && names.remaining.is_none() {
            return Err(LimitFormatError::NoName);
        }
        let lower = |name: Option<String>| match name {
            Some(name) if name.is_empty() => Err(LimitFormatError::BadName),
            Some(name) => header_name_part(&name).map(Some),
            None => Ok(None),
        };
        let names = LimitNames {
            limit: lower(names.limit)?,
            remaining: lower(names.remaining)?,
            reset: lower(names.reset)?,
        };
        Ok(Self {
            names: Names::Each(names),
            kind,
            window,
            reset,
        })
    }
}

impl Names {
    fn field(&self, name: &str) -> Option<Field> {
        match self {
            Self::Pattern { before, after } => {
                // The ends differ most, and their last bytes already.
                if !after.is_empty() && name.as_bytes().last() != after.as_bytes().last() {
                    return None;
                }
                let word = name.strip_suffix(&**after)?.strip_prefix(&**before)?;
                Field::of(word)
            }
            Self::Each(names) => {
                let is = |held: &Option<String>| held.as_deref() == Some(name);
                [
                    (&names.limit, Field::Limit),
                    (&names.remaining, Field::Remaining),
                    (&names.reset, Field::Reset),
                ]
                .into_iter()
                .find_map(|(held, field)| is(held).then_some(field))
            }
            Self::Structured(held) => (*held == name).then_some(Field::Structured),
        }
    }

    /// What names of this row begin with.
    fn beginnings(&self, tell: &mut dyn FnMut(&str)) {
        match self {
            Self::Pattern { before, .. } => tell(before),
            Self::Each(names) => {
                let all = [&names.limit, &names.remaining, &names.reset];
                all.into_iter().flatten().for_each(|name| tell(name));
            }
            Self::Structured(name) => tell(name),
        }
    }
}

impl LimitWindow {
    /// Its length, where `refill_ms` is how long an empty bucket would take to fill.
    pub(super) fn seconds(self, refill_ms: Option<u64>) -> Option<u32> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::MinuteOrDay if refill_ms.is_some_and(|ms| ms > MINUTE_REFILL_MS_MAX) => {
                Some(86_400)
            }
            Self::MinuteOrDay => Some(60),
            Self::Unknown => None,
        }
    }
}

/// A minute's bucket fills in a minute, a day's in a day; resets are rounded, so the border lies far from both.
const MINUTE_REFILL_MS_MAX: u64 = 3_600_000;

fn header_name_part(text: &str) -> Result<String, LimitFormatError> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&b);
    if text.len() >= NAME_BYTES_MAX || !text.bytes().all(is_token) {
        return Err(LimitFormatError::BadName);
    }
    Ok(text.to_ascii_lowercase())
}
