//! Rows by provider and model, for a look-up that costs one hash for each spelling and no allocation.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{PriceRow, names};
use crate::Price;

/// One layer of a table.
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
        let mut catalogues = Vec::<Catalogue>::new();
        for place in order {
            let Some(row) = rows.get(place) else { continue };
            match catalogues
                .iter_mut()
                .find(|known| known.provider == row.provider)
            {
                Some(catalogue) => catalogue.add(row, place),
                None => catalogues.push(Catalogue::new(row, place)),
            }
        }
        Self { rows, catalogues }
    }

    pub(super) fn rows(&self) -> &[PriceRow] {
        &self.rows
    }

    pub(super) fn find(&self, provider: &str, model: &str, at_unix_seconds: i64) -> Option<&Price> {
        let catalogue = self
            .catalogues
            .iter()
            .find(|known| *known.provider == *provider)?;
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

impl Catalogue {
    fn new(first: &PriceRow, place: usize) -> Self {
        let mut catalogue = Self {
            provider: first.provider.clone(),
            ..Self::default()
        };
        catalogue.add(first, place);
        catalogue
    }

    fn add(&mut self, row: &PriceRow, place: usize) {
        if row.model.is_exact() {
            self.exact
                .entry(row.model.as_str().into())
                .or_default()
                .push(place);
        } else {
            self.patterns.push(place);
        }
    }
}
