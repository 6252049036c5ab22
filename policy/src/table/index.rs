//! Rows by provider and model, for a look-up that takes a few comparisons for each spelling and no allocation.

use std::cmp::{Ordering, Reverse};

use super::{PriceRow, names};
use crate::Date;

/// One layer of a table. Names are found in any capitals: routers and hubs do not agree on theirs.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    rows: Vec<PriceRow>,
    /// A provider is found by going through them: there are a few dozen at most, most told apart by length.
    catalogues: Vec<Catalogue>,
}

/// One provider's rows, as places in [`Index::rows`].
#[derive(Debug, Clone, Default)]
struct Catalogue {
    provider: Box<str>,
    /// Rows that name one model, by name; of one name the latest first, of one day those for certain hours first.
    exact: Vec<usize>,
    /// Rows with a pattern: the one that says most first, of equal ones the latest.
    patterns: Vec<usize>,
}

impl Index {
    pub(super) fn new(rows: Vec<PriceRow>) -> Self {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_cached_key(|place| {
            rows.get(*place).map(|row| {
                let latest = Reverse((row.effective_from, row.hours.is_some()));
                (row.provider.clone(), Reverse(row.model.clone()), latest)
            })
        });
        let mut catalogues = Vec::<Catalogue>::new();
        for place in order {
            let Some(row) = rows.get(place) else { continue };
            if catalogues
                .last()
                .is_none_or(|known| known.provider != row.provider)
            {
                catalogues.push(Catalogue {
                    provider: row.provider.clone(),
                    ..Catalogue::default()
                });
            }
            if let Some(catalogue) = catalogues.last_mut() {
                let places = if row.model.is_exact() {
                    &mut catalogue.exact
                } else {
                    &mut catalogue.patterns
                };
                places.push(place);
            }
        }
        for catalogue in &mut catalogues {
            // Stable: what stands first of one name stays first.
            catalogue
                .exact
                .sort_by(|a, b| compare(name(&rows, *a), name(&rows, *b)));
        }
        Self { rows, catalogues }
    }

    pub(super) fn rows(&self) -> &[PriceRow] {
        &self.rows
    }

    pub(super) fn find(
        &self,
        provider: &str,
        model: &str,
        at_unix_seconds: i64,
    ) -> Option<&PriceRow> {
        let catalogue = self.catalogue(provider)?;
        let in_force = |row: &&PriceRow| {
            let begun = |day: Date| day.unix_seconds() <= at_unix_seconds;
            row.effective_from.is_none_or(begun)
                && row
                    .hours
                    .as_ref()
                    .is_none_or(|hours| hours.contains(at_unix_seconds))
        };
        let exact =
            names::spellings(model).find_map(|name| self.named(catalogue, name).find(in_force));
        let fitting = || {
            let rows = || {
                let rows = catalogue
                    .patterns
                    .iter()
                    .filter_map(|place| self.rows.get(*place));
                rows.filter(in_force)
            };
            names::spellings(model).find_map(|name| rows().find(|row| row.model.matches(name)))
        };
        exact.or_else(fitting)
    }

    /// The rows of one model that hold at some hour of a day: those of the latest start.
    pub(super) fn of_day(&self, provider: &str, model: &str, day: Date) -> Vec<&PriceRow> {
        let Some(catalogue) = self.catalogue(provider) else {
            return Vec::new();
        };
        for name in names::spellings(model) {
            let begun = |row: &&PriceRow| row.effective_from <= Some(day);
            let mut rows: Vec<&PriceRow> = self.named(catalogue, name).filter(begun).collect();
            if let Some(first) = rows.first().map(|row| row.effective_from) {
                rows.retain(|row| row.effective_from == first);
                return rows;
            }
        }
        Vec::new()
    }

    fn catalogue(&self, provider: &str) -> Option<&Catalogue> {
        self.catalogues
            .iter()
            .find(|known| *known.provider == *provider)
    }

    fn named<'a, 'm>(
        &'a self,
        catalogue: &'a Catalogue,
        model: &'m str,
    ) -> impl Iterator<Item = &'a PriceRow> + use<'a, 'm> {
        let first = catalogue
            .exact
            .partition_point(|place| compare(name(&self.rows, *place), model) == Ordering::Less);
        let places = catalogue.exact.get(first..).unwrap_or_default();
        places
            .iter()
            .filter_map(|place| self.rows.get(*place))
            .take_while(move |row| row.model.as_str().eq_ignore_ascii_case(model))
    }
}

fn name(rows: &[PriceRow], place: usize) -> &str {
    rows.get(place).map_or("", |row| row.model.as_str())
}

fn compare(a: &str, b: &str) -> Ordering {
    a.bytes()
        .map(|byte| byte.to_ascii_lowercase())
        .cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}
