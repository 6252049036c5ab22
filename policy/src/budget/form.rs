//! A budget as people and programs write it: texts, checked into a [`Budget`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{Budget, Mode, Raise, Share};
use crate::{Dimension, Money, MoneyError, NoDimension, NoZone, Pattern, Selector, Window, Zone};

/// A budget in words, as in `[[budgets]]` and at `/admin/v1/budgets`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetForm {
    /// Its name: 1 to 64 of letters, digits, `-`, `_`, `.`, `:`.
    #[serde(default)]
    pub id: String,
    /// Dimension → exact value or pattern; empty matches everything.
    #[serde(rename = "match", default)]
    pub selects: BTreeMap<String, String>,
    /// One account for each value of this dimension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// Most that may be spent in a window.
    pub limit_usd: Usd,
    /// `hour`, `day`, `week`, `month`, `quarter`, `year`, `total`; a month unless given.
    #[serde(default = "a_month")]
    pub window: String,
    /// IANA name; UTC unless given.
    #[serde(default = "utc")]
    pub timezone: String,
    /// `hard` or `soft`; hard unless given.
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

/// A decimal as it was written, in quotes or not: never read as a float.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Usd(pub String);

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let text = text
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
            .unwrap_or(text);
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with a budget's words, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A name that cannot be one.
    #[error("`id` must be 1 to 64 of letters, digits and -_.:, not {0:?}")]
    Id(String),
    /// In `match` or `per`.
    #[error("`{field}`: {fault}")]
    Dimension {
        /// Where.
        field: &'static str,
        /// What.
        fault: NoDimension,
    },
    /// A condition that nothing could meet.
    #[error("`match`: the value of {0:?} is empty")]
    EmptyValue(String),
    /// An amount.
    #[error("`{field}`: {fault}")]
    Money {
        /// Where.
        field: &'static str,
        /// What.
        fault: MoneyError,
    },
    /// A window.
    #[error("`window` must be one of hour, day, week, month, quarter, year, total, not {0:?}")]
    Window(String),
    /// A time zone.
    #[error("`timezone`: {0}")]
    Zone(#[from] NoZone),
    /// A mode.
    #[error("`mode` must be \"hard\" or \"soft\", not {0:?}")]
    Mode(String),
    /// An alert.
    #[error(
        "`alert_at`: {0:?} is no part of a limit: write numbers above 0 and at most 10, such as 0.8"
    )]
    Alert(String),
    /// More alerts than anybody reads.
    #[error("`alert_at`: at most {ALERTS_MAX} parts")]
    Alerts,
    /// Half of a raise.
    #[error("a raise needs both `raise_usd` and `raise_until`")]
    Raise,
}

impl FormError {
    /// The field that is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Id(_) => "id",
            Self::Dimension { field, .. } | Self::Money { field, .. } => field,
            Self::EmptyValue(_) => "match",
            Self::Window(_) => "window",
            Self::Zone(_) => "timezone",
            Self::Mode(_) => "mode",
            Self::Alert(_) | Self::Alerts => "alert_at",
            Self::Raise => "raise_usd",
        }
    }
}

impl BudgetForm {
    /// The budget that these words mean.
    ///
    /// # Errors
    /// [`FormError`] for the first word that means nothing.
    pub fn read(&self) -> Result<Budget, FormError> {
        let (selector, per) = whom(&self.id, &self.selects, self.per.as_deref())?;
        let window = Window::parse(&self.window);
        Ok(Budget {
            id: Arc::from(&*self.id),
            selector,
            per,
            limit: amount("limit_usd", &self.limit_usd)?,
            window: window.ok_or_else(|| FormError::Window(self.window.clone()))?,
            zone: Zone::named(&self.timezone)?,
            mode: match &*self.mode {
                "hard" => Mode::Hard,
                "soft" => Mode::Soft,
                other => return Err(FormError::Mode(other.to_owned())),
            },
            alert_at: self.alerts()?,
            carry_over: self.carry_over,
            raise: match (&self.raise_usd, self.raise_until_unix_ms) {
                (Some(by), Some(until_unix_ms)) => Some(Raise {
                    by: amount("raise_usd", by)?,
                    until_unix_ms,
                }),
                (None, None) => None,
                _ => return Err(FormError::Raise),
            },
        })
    }

    fn alerts(&self) -> Result<Vec<Share>, FormError> {
        if self.alert_at.len() > ALERTS_MAX {
            return Err(FormError::Alerts);
        }
        let share =
            |text: &Usd| Share::parse(&text.0).ok_or_else(|| FormError::Alert(text.0.clone()));
        let mut shares = self
            .alert_at
            .iter()
            .map(share)
            .collect::<Result<Vec<_>, _>>()?;
        shares.sort_unstable();
        shares.dedup();
        Ok(shares)
    }
}

impl From<&Budget> for BudgetForm {
    fn from(budget: &Budget) -> Self {
        Self {
            id: budget.id.to_string(),
            selects: words(&budget.selector),
            per: budget.per.as_ref().map(ToString::to_string),
            limit_usd: Usd(budget.limit.to_string()),
            window: budget.window.to_string(),
            timezone: budget.zone.name().to_owned(),
            mode: budget.mode.as_str().to_owned(),
            alert_at: budget
                .alert_at
                .iter()
                .map(|share| Usd(share.to_string()))
                .collect(),
            carry_over: budget.carry_over,
            raise_usd: budget.raise.map(|raise| Usd(raise.by.to_string())),
            raise_until_unix_ms: budget.raise.map(|raise| raise.until_unix_ms),
        }
    }
}

/// What every rule says of itself: a name, whom it is for, and what is counted alone.
///
/// # Errors
/// [`FormError::Id`], [`FormError::Dimension`] and [`FormError::EmptyValue`].
pub(crate) fn whom(
    id: &str,
    selects: &BTreeMap<String, String>,
    per: Option<&str>,
) -> Result<(Selector, Option<Dimension>), FormError> {
    if !is_name(id) {
        return Err(FormError::Id(id.to_owned()));
    }
    let per = per.map(Dimension::parse).transpose();
    let per = per.map_err(|fault| FormError::Dimension {
        field: "per",
        fault,
    })?;
    Ok((selector(selects)?, per))
}

/// Conditions in words as a selector.
///
/// # Errors
/// [`FormError::Dimension`], and [`FormError::EmptyValue`] for conditions that nothing meets.
pub(crate) fn selector(words: &BTreeMap<String, String>) -> Result<Selector, FormError> {
    let mut conditions = Vec::new();
    for (dimension, value) in words {
        let found = Dimension::parse(dimension);
        let found = found.map_err(|fault| FormError::Dimension {
            field: "match",
            fault,
        })?;
        if value.is_empty() {
            return Err(FormError::EmptyValue(dimension.clone()));
        }
        conditions.push((found, Pattern::new(value)));
    }
    Ok(Selector::new(conditions))
}

/// A selector in words.
pub(crate) fn words(selector: &Selector) -> BTreeMap<String, String> {
    let conditions = selector.conditions().iter();
    conditions
        .map(|(dimension, pattern)| (dimension.to_string(), pattern.as_str().to_owned()))
        .collect()
}

/// Whether a text may be a rule's name.
pub(crate) fn is_name(text: &str) -> bool {
    let is_letter = |c: u8| c.is_ascii_alphanumeric() || b"-_.:".contains(&c);
    (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_letter)
}

fn amount(field: &'static str, text: &Usd) -> Result<Money, FormError> {
    let amount = Money::parse_usd(&text.0).map_err(|fault| FormError::Money { field, fault })?;
    if amount > Money::from_picos(AMOUNT_PICOS_MAX) {
        let fault = MoneyError::TooLarge;
        return Err(FormError::Money { field, fault });
    }
    Ok(amount)
}

fn a_month() -> String {
    Window::Month.to_string()
}

fn utc() -> String {
    "UTC".to_owned()
}

fn hard() -> String {
    Mode::Hard.as_str().to_owned()
}

const NAME_BYTES_MAX: usize = 64;

/// Most alerts of a budget.
pub(crate) const ALERTS_MAX: usize = 16;

/// A thousand million dollars: sums of accounts then still fit the ledger's numbers.
const AMOUNT_PICOS_MAX: i128 = 1_000_000_000 * 1_000_000_000_000;
