//! Rows by provider and model, for a look-up that costs two hashes and no allocation.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{PriceRow, names};
use crate::Price;

/// One layer of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    rows: Vec<PriceRow>,
    by_provider: HashMap<Box<str>, Catalogue>,
}

/// One provider's rows, as places in [`Index::rows`].
#[derive(Debug, Clone, Default)]
struct Catalogue {
    /// Rows that name one model, the latest first.
    exact: HashMap<Box<str>, Vec<usize>>,
    /// Rows with a pattern: the one that says most first, of equal ones the latest.
    patterns: Vec<usize>,
}

impl Index {
    pub(super) fn new(rows: Vec<PriceRow>) -> Self {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|place| {
            rows.get(*place)
                .map(|row| Reverse((&row.model, row.effective_from)))
        });
        let mut by_provider = HashMap::<Box<str>, Catalogue>::new();
        for place in order {
            let Some(row) = rows.get(place) else { continue };
            let catalogue = by_provider.entry(row.provider.clone()).or_default();
            if row.model.is_exact() {
                catalogue
                    .exact
                    .entry(row.model.as_str().into())
                    .or_default()
                    .push(place);
            } else {
                catalogue.patterns.push(place);
            }
        }
        Self { rows, by_provider }
    }

    pub(super) fn rows(&self) -> &[PriceRow] {
        &self.rows
    }

    pub(super) fn find(&self, provider: &str, model: &str, at_unix_seconds: i64) -> Option<&Price> {
        let catalogue = self.by_provider.get(provider)?;
        let in_force = |place: &usize| {
            let row = self.rows.get(*place)?;
            let begun = row
                .effective_from
                .is_none_or(|day| day.unix_seconds() <= at_unix_seconds);
            begun.then_some(row)
        };
        let exact = names::spellings(model)
            .filter_map(|name| catalogue.exact.get(name))
            .find_map(|places| places.iter().find_map(in_force));
        let fitting = || {
            let rows = || catalogue.patterns.iter().filter_map(in_force);
            names::spellings(model).find_map(|name| rows().find(|row| row.model.matches(name)))
        };
        exact.or_else(fitting).map(|row| &*row.price)
    }
}
