//! Every price in force, and the look-up by provider, model and time.
//!
//! A table has three layers: own rows from the configuration, rows of an update, and the rows that ship with the
//! crate. Each wins over those behind it, whichever spelling of the model's name it is found by.

mod builtin;
mod file;
mod index;
pub(crate) mod names;
mod write;

use std::sync::Arc;

use crate::{Date, Hours, Pattern, Price};
use builtin::Builtin;
use index::Index;

pub use file::FileError;
pub(crate) use write::{write_lists, write_rates};

/// A dated row of a price table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Whose price it is: a provider kind (`openai`), or a name from the configuration.
    pub provider: Box<str>,
    /// The model, or several by a pattern.
    pub model: Pattern,
    /// The first day on which it holds (from 00:00 UTC); none means since ever.
    pub effective_from: Option<Date>,
    /// The hours at which it holds, in place of the row for any hour of that day; none means always.
    pub hours: Option<Hours>,
    /// The price list.
    pub price: Arc<Price>,
}

impl PriceRow {
    /// A row that holds at any hour.
    #[must_use]
    pub fn new(provider: &str, model: &str, effective_from: Option<Date>, price: Price) -> Self {
        Self {
            provider: provider.into(),
            model: Pattern::new(model),
            effective_from,
            hours: None,
            price: Arc::new(price),
        }
    }
}

/// Where a row comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `[[prices]]` in the configuration.
    Own,
    /// `quotah prices update`.
    Update,
    /// The crate.
    Builtin,
}

impl Origin {
    /// The name that `quotah prices show` uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "config",
            Self::Update => "update",
            Self::Builtin => "built-in",
        }
    }
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
    own: Arc<Index>,
    update: Arc<Index>,
    builtin: Arc<Builtin>,
    /// Digests of the update and of the own rows; 0 where there are none.
    digests: (u32, u32),
    version: Box<str>,
    as_of: Date,
}

impl PriceTable {
    /// The table that ships with the crate. A provider's part of it is read when it is first asked for.
    #[must_use]
    pub fn builtin() -> Self {
        Self {
            own: Arc::default(),
            update: Arc::default(),
            builtin: Arc::default(),
            digests: (0, 0),
            version: Box::default(),
            as_of: builtin::as_of(),
        }
        .named()
    }

    /// The same table with an update over the built-in rows: a price file, as [`Self::write_update`] makes it.
    ///
    /// # Errors
    /// [`FileError`] for the first line that cannot be read.
    pub fn with_update(self, text: &str) -> Result<Self, FileError> {
        let file = file::read(text)?;
        Ok(Self {
            as_of: self.as_of.max(file.as_of),
            digests: (crc32fast::hash(text.as_bytes()), self.digests.1),
            update: Arc::new(Index::new(file.rows)),
            ..self
        }
        .named())
    }

    /// The same table with these own rows in place of any earlier ones; they win over all others.
    ///
    /// Of own rows for one model the latest in force holds; of patterns that fit, the one that says most.
    #[must_use]
    pub fn with_overrides(self, rows: Vec<PriceRow>) -> Self {
        let digest = if rows.is_empty() {
            0
        } else {
            crc32fast::hash(format!("{rows:?}").as_bytes())
        };
        Self {
            digests: (self.digests.0, digest),
            own: Arc::new(Index::new(rows)),
            ..self
        }
        .named()
    }

    /// The price of `model` at `provider` at a time in seconds since 1970; `None` when it is not known.
    ///
    /// A name is looked for as it stands, in any capitals, then without what providers put around it: paths
    /// and ARNs, a fine-tune's owner and id, a region, a version, and a snapshot's date or `-latest` at its end
    /// (see `table/names.rs`). It is never shortened otherwise: `gpt-4o-audio-preview` is not `gpt-4o`. Rows with
    /// a `*` come after rows that name the model. Nothing is allocated.
    #[must_use]
    pub fn find(&self, provider: &str, model: &str, at_unix_seconds: i64) -> Option<&Price> {
        self.find_row(provider, model, at_unix_seconds)
            .map(|(_, row)| &*row.price)
    }

    /// As [`Self::find`], with the row and where it comes from.
    #[must_use]
    pub fn find_row(
        &self,
        provider: &str,
        model: &str,
        at_unix_seconds: i64,
    ) -> Option<(Origin, &PriceRow)> {
        let layers = [(Origin::Own, &self.own), (Origin::Update, &self.update)];
        let found = layers.into_iter().find_map(|(origin, layer)| {
            Some((origin, layer.find(provider, model, at_unix_seconds)?))
        });
        found.or_else(|| {
            let builtin = self.builtin.of(provider)?;
            Some((
                Origin::Builtin,
                builtin.find(provider, model, at_unix_seconds)?,
            ))
        })
    }

    /// The rows of one model that hold at some hour of a day, own ones left aside.
    #[must_use]
    pub fn rows_of(&self, provider: &str, model: &str, day: Date) -> Vec<&PriceRow> {
        let updated = self.update.of_day(provider, model, day);
        if !updated.is_empty() {
            return updated;
        }
        let builtin = self.builtin.of(provider);
        builtin
            .map(|rows| rows.of_day(provider, model, day))
            .unwrap_or_default()
    }

    /// Every row: own ones first, then those of an update, then the built-in ones.
    pub fn rows(&self) -> impl Iterator<Item = &PriceRow> {
        let builtin = self.builtin.all().flat_map(Index::rows);
        self.own
            .rows()
            .iter()
            .chain(self.update.rows())
            .chain(builtin)
    }

    /// The rows from the configuration.
    #[must_use]
    pub fn own_rows(&self) -> &[PriceRow] {
        self.own.rows()
    }

    /// A price file with the rows of the update in force and `rows`, which win over those of the same day.
    #[must_use]
    pub fn write_update(&self, rows: Vec<PriceRow>, as_of: Date) -> String {
        let place = |row: &PriceRow| {
            (
                row.provider.clone(),
                row.model.clone(),
                row.effective_from,
                row.hours.clone(),
            )
        };
        let old = self.update.rows().iter().cloned();
        let all = old.chain(rows).map(|row| (place(&row), row));
        let all: std::collections::BTreeMap<_, _> = all.collect();
        let rows: Vec<PriceRow> = all.into_values().collect();
        format!("as_of {as_of}\n{}", write::write_rows(&rows))
    }

    /// The day the built-in table was compiled or updated, and a digest of the update and the own rows if there are
    /// any: `2026-11-20`, `2026-11-20+1f2e3d4c`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// When the built-in table was compiled or updated, in seconds since 1970.
    #[must_use]
    pub fn as_of_unix_seconds(&self) -> i64 {
        self.as_of.unix_seconds()
    }

    fn named(mut self) -> Self {
        let as_of = self.as_of;
        self.version = match self.digests {
            (0, 0) => as_of.to_string().into(),
            (0, digest) | (digest, 0) => format!("{as_of}+{digest:08x}").into(),
            (update, own) => {
                let both = [update.to_le_bytes(), own.to_le_bytes()].concat();
                format!("{as_of}+{:08x}", crc32fast::hash(&both)).into()
            }
        };
        self
    }
}

/// The rows of a price file, for the feed to merge.
pub(crate) fn read_rows(text: &str) -> Result<Vec<PriceRow>, FileError> {
    file::read(text).map(|file| file.rows)
}

#[cfg(test)]
mod tests;
