//! Every price in force, and the look-up by provider, model and time.
//!
//! A table has two layers: own rows from the configuration, and the rows that ship with the crate. Own
//! rows win, whichever spelling of the model's name they are found by.

mod file;
mod index;
mod names;

use std::sync::Arc;

use crate::{Date, Pattern, Price};
use index::Index;

/// A dated row of a price table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Whose price it is: `openai`, `anthropic`, `gemini`, or a name from the configuration.
    pub provider: Box<str>,
    /// The model, or several by a pattern.
    pub model: Pattern,
    /// The first day on which it holds (from 00:00 UTC); none means since ever.
    pub effective_from: Option<Date>,
    /// The price list.
    pub price: Arc<Price>,
}

/// Prices of all models known; immutable once built. Share it behind an [`Arc`].
///
/// ```
/// use quotah_policy::{PriceTable, ServiceTier, Usage};
///
/// let table = PriceTable::builtin();
/// let price = table.find("openai", "gpt-4o-mini-2024-07-18", table.as_of_unix_seconds()).ok_or("no price")?;
/// let usage = Usage { input_tokens: 1_000_000, ..Usage::default() };
/// assert_eq!(price.cost(&usage, ServiceTier::Standard).to_string(), "0.15");
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone)]
pub struct PriceTable {
    own: Index,
    builtin: Index,
    version: Box<str>,
    as_of: Date,
}

impl PriceTable {
    /// The table that ships with the crate.
    #[must_use]
    pub fn builtin() -> Self {
        let (rows, as_of) = file::builtin();
        let version = as_of.to_string().into();
        Self {
            own: Index::default(),
            builtin: Index::new(rows),
            version,
            as_of,
        }
    }

    /// The same table with these own rows in place of any earlier ones; they win over the built-in ones.
    ///
    /// Of own rows for one model the latest in force holds; of patterns that fit, the one that says most.
    #[must_use]
    pub fn with_overrides(self, rows: Vec<PriceRow>) -> Self {
        let version = if rows.is_empty() {
            self.as_of.to_string()
        } else {
            format!(
                "{}+{:08x}",
                self.as_of,
                crc32fast::hash(format!("{rows:?}").as_bytes())
            )
        };
        Self {
            own: Index::new(rows),
            version: version.into(),
            ..self
        }
    }

    /// The price of `model` at `provider` at a time in seconds since 1970; `None` when it is not known.
    ///
    /// A name is looked for as it stands, then without what providers put around it: `models/` before it,
    /// a fine-tune's owner and id behind it, and a snapshot's date or version or `-latest` at its end.
    /// It is never shortened otherwise: `gpt-4o-audio-preview` is not `gpt-4o`. Own rows with a `*` come
    /// after own rows that name the model. Nothing is allocated.
    #[must_use]
    pub fn find(&self, provider: &str, model: &str, at_unix_seconds: i64) -> Option<&Price> {
        self.own
            .find(provider, model, at_unix_seconds)
            .or_else(|| self.builtin.find(provider, model, at_unix_seconds))
    }

    /// Every row: own ones first, then the built-in ones, each in the order they were given.
    pub fn rows(&self) -> impl Iterator<Item = &PriceRow> {
        self.own_rows().iter().chain(self.builtin.rows())
    }

    /// The rows from the configuration.
    #[must_use]
    pub fn own_rows(&self) -> &[PriceRow] {
        self.own.rows()
    }

    /// The day the built-in table was compiled, and a digest of the own rows if there are any:
    /// `2026-11-20`, `2026-11-20+1f2e3d4c`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When the built-in table was compiled, in seconds since 1970.
    #[must_use]
    pub fn as_of_unix_seconds(&self) -> i64 {
        self.as_of.unix_seconds()
    }
}

#[cfg(test)]
mod tests;
