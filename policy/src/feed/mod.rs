//! Public price tables: `LiteLLM`'s and genai-prices', read into price files of our own.
//!
//! One mapping serves both uses: `scripts/compile-prices` makes the files that ship with the crate out of the two
//! tables together ([`compile`]), `quotah prices update` takes either of them as a correction to the table in force
//! ([`Feed::changes`]). What the tables say is taken as facts; nothing is guessed from a name.

mod clause;
mod decimal;
mod genai;
mod json;
mod litellm;
mod merge;
mod providers;

use std::collections::{BTreeMap, BTreeSet};

pub use merge::{Compiled, compile};

use crate::table::{PriceRow, PriceTable, read_rows};
use crate::{Date, Hours, Price};
use providers::PROVIDERS;

/// A public price table, as far as it is about providers that Quotah knows.
#[derive(Debug)]
pub struct Feed {
    /// Whose table it is.
    pub source: Source,
    models: BTreeMap<&'static str, Models>,
}

/// A public price table that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `model_prices_and_context_window.json`.
    Litellm,
    /// `data.json` of genai-prices.
    GenaiPrices,
}

impl Source {
    /// Its usual name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Litellm => "LiteLLM",
            Self::GenaiPrices => "genai-prices",
        }
    }
}

/// Why a text is no price table.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// It is not JSON, or cut short.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// It is JSON of another shape.
    #[error(
        "it is neither LiteLLM's table (an object of models with \"litellm_provider\") nor genai-prices' (a list of providers with \"models\")"
    )]
    Unknown,
    /// It has the shape and no price in it.
    #[error("there is no price in it for any provider that Quotah knows")]
    Empty,
}

/// Figures that the tables get wrong, for as long as they do.
const CORRECTIONS: &str = include_str!("../../prices.corrections");

/// A provider's models by name.
type Models = BTreeMap<String, Model>;

/// From when on, and in which hours.
type When = (Option<Date>, Option<Hours>);

/// A model with its price lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Model {
    aliases: BTreeSet<String>,
    lists: BTreeMap<When, Price>,
}

impl Model {
    fn new(price: Price) -> Self {
        Self {
            aliases: BTreeSet::new(),
            lists: BTreeMap::from([((None, None), price)]),
        }
    }
}

impl Feed {
    /// Reads either table, as it stood on a day.
    ///
    /// # Errors
    /// [`FeedError`] where it is neither.
    pub fn read(text: &str, as_of: Date) -> Result<Self, FeedError> {
        let tables = Tables::open(text)?;
        let (source, models) = match &tables {
            Tables::Litellm(table) => (Source::Litellm, litellm_alone(table)),
            Tables::Genai(table) => (Source::GenaiPrices, genai_alone(table, as_of)),
        };
        if models.values().all(BTreeMap::is_empty) {
            return Err(FeedError::Empty);
        }
        Ok(Self { source, models })
    }

    /// How many models it has prices for.
    #[must_use]
    pub fn models_len(&self) -> usize {
        self.models.values().map(BTreeMap::len).sum()
    }

    /// What this crate's own corrections say wins here as well. Rows for every model whose price on a day is another than `table` has, or that it has none for.
    ///
    /// Changed prices hold from `from` on, or since ever without it; prices of models that were unknown, since
    /// ever. What this table leaves out (a tier, a kind of token) is carried over in proportion. Prices that
    /// the table announces for later days hold from those.
    #[must_use]
    pub fn changes(&self, table: &PriceTable, today: Date, from: Option<Date>) -> Vec<PriceRow> {
        let corrections = read_rows(CORRECTIONS).unwrap_or_default();
        let mut rows = Vec::new();
        for (provider, models) in &self.models {
            for (name, model) in models {
                let mut model = model.clone();
                for row in corrections.iter().filter(|row| *row.provider == **provider) {
                    if row.model.as_str() == name {
                        merge::correct_lists(&mut model, row);
                    }
                }
                let names = std::iter::once(name).chain(&model.aliases);
                for name in names {
                    let known = table.rows_of(provider, name, today);
                    let is_settled = self.source == Source::GenaiPrices
                        && known.iter().any(|row| row.hours.is_some());
                    // One table knows hours of the week, the other hours of the day: the better one is kept.
                    if !is_settled {
                        let lists = changed(&known, &model, today, from);
                        rows.extend(lists.into_iter().map(|((since, hours), price)| PriceRow {
                            hours,
                            ..PriceRow::new(provider, name, since, price)
                        }));
                    }
                }
            }
        }
        rows
    }
}

/// The lists of one model that differ from those `known`, with the days that they hold from.
fn changed(
    known: &[&PriceRow],
    model: &Model,
    today: Date,
    from: Option<Date>,
) -> Vec<(When, Price)> {
    let all = model
        .lists
        .iter()
        .map(|(when, price)| (when.clone(), price.clone()));
    if known.is_empty() {
        return all.collect();
    }
    let begun = model.lists.keys().map(|(since, _)| *since);
    let current = begun.filter(|since| *since <= Some(today)).max().flatten();
    let mut lists = Vec::new();
    for ((since, hours), price) in all {
        let same_hours = known.iter().find(|row| row.hours == hours);
        let before = same_hours.or_else(|| known.iter().find(|row| row.hours.is_none()));
        let Some(before) = before.filter(|_| since >= current) else {
            continue;
        };
        let mut price = price.carrying(&before.price);
        price.drop_equal_parts();
        if since > current {
            lists.push(((since, hours), price));
        } else if same_hours.is_none() || *before.price != price {
            lists.push(((from, hours), price));
        }
    }
    let only_announced = lists.iter().all(|((since, _), _)| *since > Some(today));
    if only_announced {
        lists.retain(|((_, _), price)| known.iter().all(|row| *row.price != *price));
    }
    lists
}

fn litellm_alone(table: &json::Map<'_>) -> BTreeMap<&'static str, Models> {
    let models = |provider| litellm::models(table, provider, &mut Vec::new());
    PROVIDERS
        .iter()
        .map(|p| (p.kind, tidy(models(p))))
        .collect()
}

fn genai_alone(table: &[json::Raw<'_>], as_of: Date) -> BTreeMap<&'static str, Models> {
    let mut all = BTreeMap::new();
    for provider in &PROVIDERS {
        let mut models = Models::new();
        for mut found in genai::models(table, provider, as_of) {
            let priced = |price: &Price| price.each().next().is_some();
            if found.model.lists.values().all(priced) && !models.contains_key(&found.id) {
                found.model.aliases.extend(found.names);
                found.model.aliases.remove(&found.id);
                models.insert(found.id, found.model);
            }
        }
        all.insert(provider.kind, tidy(models));
    }
    all
}

fn tidy(mut models: Models) -> Models {
    for price in models
        .values_mut()
        .flat_map(|model| model.lists.values_mut())
    {
        price.drop_orphans();
        price.drop_equal_parts();
    }
    models
}

/// The two shapes of a table, opened one level.
enum Tables<'a> {
    Litellm(json::Map<'a>),
    Genai(Vec<json::Raw<'a>>),
}

impl<'a> Tables<'a> {
    fn open(text: &'a str) -> Result<Self, FeedError> {
        let raw: json::Raw<'a> =
            serde_json::from_str(text).map_err(|error| FeedError::NotJson(error.to_string()))?;
        if let Some(table) = json::map(raw) {
            let is_model = |raw: &json::Raw<'_>| {
                json::map(raw).is_some_and(|entry| entry.contains_key("litellm_provider"))
            };
            return if table.values().any(is_model) {
                Ok(Self::Litellm(table))
            } else {
                Err(FeedError::Unknown)
            };
        }
        let table = json::list(raw).ok_or(FeedError::Unknown)?;
        let is_provider = |raw: &json::Raw<'_>| {
            json::map(raw)
                .is_some_and(|entry| entry.contains_key("models") && entry.contains_key("id"))
        };
        if table.iter().any(is_provider) {
            Ok(Self::Genai(table))
        } else {
            Err(FeedError::Unknown)
        }
    }
}

#[cfg(test)]
mod tests;
