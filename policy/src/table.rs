//! Every price in force, and the look-up by provider, model and time.

use std::sync::Arc;

use crate::{Date, Pattern, Price};

/// A dated row of a price table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Whose price: the provider's kind for built-in rows, a configured provider's name or kind for own ones.
    pub provider: Box<str>,
    /// The model, or several by a pattern.
    pub model: Pattern,
    /// The first day on which it holds (from 00:00 UTC); none means since ever.
    pub effective_from: Option<Date>,
    /// The price list.
    pub price: Arc<Price>,
}

/// Prices of all models known; immutable once built.
#[derive(Debug, Clone)]
pub struct PriceTable {
    rows: Vec<PriceRow>,
    version: Box<str>,
    as_of: Date,
}

impl PriceTable {
    /// The table that ships with the crate.
    #[must_use]
    pub fn builtin() -> Self {
        Self {
            rows: Vec::new(),
            version: "".into(),
            as_of: Date::default(),
        }
    }

    /// The same table with own rows, which win over it.
    #[must_use]
    pub fn with_overrides(self, _rows: Vec<PriceRow>) -> Self {
        self
    }

    /// The price of `model` at `provider` at a time in seconds since 1970; `None` when it is not known.
    #[must_use]
    pub fn find(&self, _provider: &str, _model: &str, _at_unix_seconds: i64) -> Option<&Price> {
        None
    }

    /// Every row, own ones first.
    pub fn rows(&self) -> impl Iterator<Item = &PriceRow> {
        self.rows.iter()
    }

    /// The date of the table, and a digest of the own rows if there are any: `2026-11-20+1f2e3d4c`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When the table was compiled, in seconds since 1970.
    #[must_use]
    pub fn as_of_unix_seconds(&self) -> i64 {
        self.as_of.unix_seconds()
    }
}
