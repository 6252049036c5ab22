//! A key as people and programs write it: words, checked before they become a [`super::KeyRecord`].

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{KeyNetworks, NoNetwork};
use crate::budget::{Budget, BudgetForm, FormError, Usd};
use crate::guard::GuardForm;

/// A key in words, as at `/admin/v1/keys` and on the command line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyForm {
    /// Its public id, 12 of `a–z0–9`; made unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Further labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Models it may use, wildcards allowed; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Providers it may use; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
    /// Operations it may use; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// Networks that its clients may call from; empty means any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// From when on it is not valid: RFC 3339, or a day (its start in UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Its own budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<OwnBudget>,
    /// Its own limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<OwnLimits>,
    /// Bounds on what its requests may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guards: Option<serde_json::Value>,
}

/// A budget of one key: a [`BudgetForm`] that needs no name and selects nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnBudget {
    /// Most that may be spent in a window.
    pub limit_usd: Usd,
    /// As a budget's; a month unless given.
    #[serde(default = "a_month")]
    pub window: String,
    /// As a budget's; UTC unless given.
    #[serde(default = "utc")]
    pub timezone: String,
    /// As a budget's; hard unless given.
    #[serde(default = "hard")]
    pub mode: String,
    /// Parts of the limit whose crossing is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alert_at: Vec<Usd>,
    /// What a window leaves over is added to the next, at most one limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carry_over: bool,
    /// So much more …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raise_usd: Option<Usd>,
    /// … until then, milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raise_until_unix_ms: Option<u64>,
}

/// Limits of one key; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnLimits {
    /// Requests in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Requests in an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_hour: Option<u32>,
    /// Requests in a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_day: Option<u32>,
    /// Tokens in a minute, input and output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
    /// Requests at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u32>,
    /// Of these, streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent_streams: Option<u32>,
}

/// What is wrong with a key's words, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An id that cannot be one, or that cannot be changed to.
    #[error("`id` must be 12 of a-z and 0-9 and never changes, not {0:?}")]
    Id(String),
    /// A text that is empty, too long, or not to be shown.
    #[error("`{field}` must be 1 to {bytes_max} bytes without control characters")]
    Text {
        /// Where.
        field: &'static str,
        /// Its longest.
        bytes_max: usize,
    },
    /// Too much of something.
    #[error("`{field}`: at most {count_max}")]
    TooMany {
        /// Where.
        field: &'static str,
        /// So many.
        count_max: usize,
    },
    /// A tag's name.
    #[error("`tags`: names are 1 to 64 of letters, digits and -_., not {0:?}")]
    TagName(String),
    /// A client network.
    #[error("`networks`: {0}")]
    Network(#[from] NoNetwork),
    /// An operation that nothing is called by.
    #[error("`operations`: there is none called {0:?}")]
    Operation(String),
    /// A time that is none.
    #[error("`expires_at` must be a time such as 2026-12-01T00:00:00Z, or a day, not {0:?}")]
    Time(String),
    /// A new key that would not be valid.
    #[error("`expires_at` is in the past")]
    Past,
    /// Its budget.
    #[error("`budget`: {0}")]
    Budget(#[from] FormError),
    /// A limit that would let nothing through.
    #[error("`limits`: `{0}` must be at least 1")]
    Limit(&'static str),
    /// Guards that are no table, or too long.
    #[error("`guards` must be a table of at most {GUARDS_BYTES_MAX} bytes")]
    Guards,
    /// Guards that say nothing that could be held.
    #[error("`guards`: {0}")]
    Guard(String),
    /// Words of the wrong type, or that there are not.
    #[error("{0}")]
    Words(String),
}

impl KeyError {
    /// The field that is wrong; empty where the words are wrong as a whole.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Id(_) => "id",
            Self::Text { field, .. } | Self::TooMany { field, .. } => field,
            Self::TagName(_) => "tags",
            Self::Network(_) => "networks",
            Self::Operation(_) => "operations",
            Self::Time(_) | Self::Past => "expires_at",
            Self::Budget(_) => "budget",
            Self::Limit(_) => "limits",
            Self::Guards | Self::Guard(_) => "guards",
            Self::Words(_) => "",
        }
    }
}

impl KeyForm {
    /// Reads a form from JSON.
    ///
    /// # Errors
    /// [`KeyError::Words`] for unknown members and wrong types.
    pub fn from_json(json: &str) -> Result<Self, KeyError> {
        // A list of fields in their order would be read too.
        if !json.trim_start().starts_with('{') {
            return Err(KeyError::Words("a table of fields is expected".to_owned()));
        }
        serde_json::from_str(json).map_err(|fault| KeyError::Words(fault.to_string()))
    }

    /// The form with `patch` merged into it, as RFC 7396 has it.
    pub(super) fn merged(&self, patch: &RawValue) -> Result<Self, KeyError> {
        let words = |fault: serde_json::Error| KeyError::Words(fault.to_string());
        let own = serde_json::value::to_raw_value(self).map_err(words)?;
        let merged = merge(Some(&own), patch, DEPTH_MAX).map_err(words)?;
        Self::from_json(merged.get())
    }

    /// Checks every word; gives the time of its end, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`KeyError`] for the first that means nothing.
    pub fn check(&self) -> Result<Option<u64>, KeyError> {
        let texts = [
            ("name", &self.name),
            ("team", &self.team),
            ("user", &self.user),
            ("project", &self.project),
        ];
        for (field, text) in texts {
            if let Some(text) = text {
                is_shown(field, text)?;
            }
        }
        let lists = [
            ("models", &self.models),
            ("providers", &self.providers),
            ("operations", &self.operations),
            ("networks", &self.networks),
        ];
        for (field, list) in lists {
            at_most(field, list.len(), LIST_MAX)?;
            list.iter().try_for_each(|text| is_shown(field, text))?;
        }
        at_most("tags", self.tags.len(), TAGS_MAX)?;
        for (name, value) in &self.tags {
            if !is_label(name) {
                return Err(KeyError::TagName(name.clone()));
            }
            is_shown("tags", value)?;
        }
        KeyNetworks::parse(&self.networks)?;
        if let Some(budget) = &self.budget {
            budget.read("key")?;
        }
        if let Some(limits) = &self.limits {
            limits.check()?;
        }
        let is_table = |guards: &serde_json::Value| {
            guards.is_object() && guards.to_string().len() <= GUARDS_BYTES_MAX
        };
        if let Some(guards) = &self.guards
            && let Err(fault) = GuardForm::own("own", guards)
        {
            return Err(KeyError::Guard(fault));
        }
        if !self.guards.as_ref().is_none_or(is_table) {
            return Err(KeyError::Guards);
        }
        let expires = self.expires_at.as_deref();
        let expires =
            expires.map(|text| parse_moment(text).ok_or_else(|| KeyError::Time(text.to_owned())));
        expires.transpose()
    }
}

impl OwnBudget {
    /// The budget of the key of this id; it is called `key:ID`.
    ///
    /// # Errors
    /// [`FormError`] for the first word that means nothing.
    pub fn read(&self, key: &str) -> Result<Budget, FormError> {
        let form = BudgetForm {
            // Ids of configured keys may be as long as a budget's name without `key:` before them.
            id: "key".to_owned(),
            selects: BTreeMap::from([("key".to_owned(), key.to_owned())]),
            per: None,
            limit_usd: self.limit_usd.clone(),
            window: self.window.clone(),
            timezone: self.timezone.clone(),
            mode: self.mode.clone(),
            alert_at: self.alert_at.clone(),
            carry_over: self.carry_over,
            raise_usd: self.raise_usd.clone(),
            raise_until_unix_ms: self.raise_until_unix_ms,
        };
        let budget = form.read()?;
        let id = Arc::from(format!("key:{key}"));
        Ok(Budget { id, ..budget })
    }
}

impl From<BudgetForm> for OwnBudget {
    /// What is left without a name and a selection.
    fn from(form: BudgetForm) -> Self {
        Self {
            limit_usd: form.limit_usd,
            window: form.window,
            timezone: form.timezone,
            mode: form.mode,
            alert_at: form.alert_at,
            carry_over: form.carry_over,
            raise_usd: form.raise_usd,
            raise_until_unix_ms: form.raise_until_unix_ms,
        }
    }
}

impl OwnLimits {
    /// Whether it limits nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn check(&self) -> Result<(), KeyError> {
        let limits = [
            (
                "requests_per_minute",
                self.requests_per_minute.map(u64::from),
            ),
            ("requests_per_hour", self.requests_per_hour.map(u64::from)),
            ("requests_per_day", self.requests_per_day.map(u64::from)),
            ("tokens_per_minute", self.tokens_per_minute),
            ("concurrent", self.concurrent.map(u64::from)),
            ("concurrent_streams", self.concurrent_streams.map(u64::from)),
        ];
        let none = limits.iter().find(|(_, limit)| *limit == Some(0));
        none.map_or(Ok(()), |(name, _)| Err(KeyError::Limit(name)))
    }
}

/// Merges JSON texts as RFC 7396 has it. Numbers stay as they were written, so that money is never a float.
fn merge(
    target: Option<&RawValue>,
    patch: &RawValue,
    depth: usize,
) -> Result<Box<RawValue>, serde_json::Error> {
    type Members = BTreeMap<String, Box<RawValue>>;
    if depth == 0 || !patch.get().trim_start().starts_with('{') {
        return Ok(patch.to_owned());
    }
    let changes: Members = serde_json::from_str(patch.get())?;
    let target = target.filter(|target| target.get().trim_start().starts_with('{'));
    let mut members: Members = match target {
        Some(target) => serde_json::from_str(target.get())?,
        None => Members::new(),
    };
    for (name, change) in changes {
        if change.get() == "null" {
            members.remove(&name);
        } else {
            let below = depth.saturating_sub(1);
            let merged = merge(members.get(&name).map(|own| &**own), &change, below)?;
            members.insert(name, merged);
        }
    }
    serde_json::value::to_raw_value(&members)
}

/// RFC 3339 or a day, in milliseconds since 1970.
fn parse_moment(text: &str) -> Option<u64> {
    let day = || {
        let day: Date = text
            .parse()
            .ok()
            .filter(|_| text.len() == "2026-12-01".len())?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let at = text.parse::<Timestamp>().ok().or_else(day)?;
    u64::try_from(at.as_millisecond()).ok()
}

/// Milliseconds since 1970 as RFC 3339; times that no calendar has are its last.
pub(super) fn moment(unix_ms: u64) -> String {
    let ms = i64::try_from(unix_ms).ok();
    let at = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.unwrap_or(Timestamp::MAX).to_string()
}

fn is_shown(field: &'static str, text: &str) -> Result<(), KeyError> {
    let fits = (1..=TEXT_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    let bytes_max = TEXT_BYTES_MAX;
    fits.then_some(())
        .ok_or(KeyError::Text { field, bytes_max })
}

fn at_most(field: &'static str, count: usize, count_max: usize) -> Result<(), KeyError> {
    let fits = count <= count_max;
    fits.then_some(())
        .ok_or(KeyError::TooMany { field, count_max })
}

fn is_label(text: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    (1..=LABEL_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_plain)
}

fn a_month() -> String {
    "month".to_owned()
}

fn utc() -> String {
    "UTC".to_owned()
}

fn hard() -> String {
    "hard".to_owned()
}

/// Longest text of a key: as long as the ledger keeps model names.
const TEXT_BYTES_MAX: usize = 256;

const LABEL_BYTES_MAX: usize = 64;

/// As many as the configuration keeps of clients.
const TAGS_MAX: usize = 16;

/// Most models, providers, operations or networks: who needs more means all.
const LIST_MAX: usize = 256;

const GUARDS_BYTES_MAX: usize = 8_192;

/// Members within members of a form: `guards` goes deepest.
const DEPTH_MAX: usize = 8;
