//! Sums per hour and label set: what usage reports are made of.
//!
//! Labels are interned; a row is an array of numbers. Everything is bounded, because labels come from
//! clients: what does not fit is summed under the label `other` and counted, never lost.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use quotah_policy::{Units, Usage};

use super::amend::Correction;
use super::entry::{Entry, Tag};

/// Most rows of one hour; beyond, users and tags, then all labels become `other`.
pub(super) const HOUR_ROWS_MAX: usize = 4_096;

/// Most rows altogether: 70 MiB. The rows of `other` come on top, at most one an hour and outcome.
pub(super) const ROWS_MAX: usize = 262_144;

/// Most distinct labels.
pub(super) const SYMBOLS_MAX: usize = 131_072;

/// Milliseconds in an hour.
pub(super) const HOUR_MS: u64 = 3_600_000;

/// What is summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Settled requests. What was made for one of them (a hedge, a mirror) used tokens and cost money, and is none.
    pub requests: u64,
    /// Requests that were refused, failed upstream or were interrupted.
    pub errors: u64,
    /// Requests that used something no price was known for when they were settled; see [`Sums::unpriced`].
    pub unpriced: u64,
    /// Of these, requests that were given a price later.
    pub repriced: u64,
    /// Tokens by class.
    pub usage: Usage,
    /// Cost of the priced ones, 10⁻¹² USD.
    pub cost_picousd: i128,
}

impl Sums {
    /// The sums of one entry.
    #[must_use]
    pub fn of(entry: &Entry) -> Self {
        let is_request = entry.role.is_empty();
        Self {
            requests: is_request.into(),
            errors: (is_request && entry.outcome().is_error()).into(),
            unpriced: entry.unpriced().into(),
            repriced: 0,
            usage: entry.usage(),
            cost_picousd: entry.cost_picousd.unwrap_or(0).into(),
        }
    }

    /// What a correction adds to the sums of its entry's row.
    fn of_correction(entry: &Entry, old_cost_picousd: Option<i64>) -> Self {
        let new = i128::from(entry.cost_picousd.unwrap_or(0));
        Self {
            repriced: u64::from(old_cost_picousd.is_none() && entry.cost_picousd.is_some()),
            cost_picousd: new - i128::from(old_cost_picousd.unwrap_or(0)),
            ..Self::default()
        }
    }

    /// Requests that used something no price is known for to this day.
    #[must_use]
    pub const fn unpriced(&self) -> u64 {
        self.unpriced.saturating_sub(self.repriced)
    }

    /// Adds `other`, saturating.
    pub fn add(&mut self, other: &Self) {
        let mut row = Row::of(self);
        row.add(other);
        *self = row.sums();
    }
}

/// [`Sums`] as they are kept, for there may be [`ROWS_MAX`] of them: units, which few rows have any of, stand apart.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) counts: [u64; COUNTS],
    pub(super) cost_picousd: i128,
    pub(super) units: Option<Box<Units>>,
}

impl Row {
    pub(super) fn of(sums: &Sums) -> Self {
        let mut row = Self::default();
        row.add(sums);
        row
    }

    pub(super) fn add(&mut self, sums: &Sums) {
        let requests = [sums.requests, sums.errors, sums.unpriced];
        let theirs = requests.into_iter().chain(sums.usage.counts());
        let theirs = theirs.chain([sums.repriced]);
        for (mine, theirs) in self.counts.iter_mut().zip(theirs) {
            *mine = mine.saturating_add(theirs);
        }
        self.cost_picousd = self.cost_picousd.saturating_add(sums.cost_picousd);
        if !sums.usage.units.is_none() {
            let units = self.units.get_or_insert_default();
            **units = units.saturating_add(&sums.usage.units);
        }
    }

    pub(super) fn sums(&self) -> Sums {
        let [requests, errors, unpriced, usage @ .., repriced] = self.counts;
        Sums {
            requests,
            errors,
            unpriced,
            repriced,
            usage: Usage {
                units: self.units.as_deref().copied().unwrap_or_default(),
                ..Usage::from_counts(usage)
            },
            cost_picousd: self.cost_picousd,
        }
    }
}

/// Numbers in [`Row::counts`]: requests, errors, unpriced, [`Usage::counts`], repriced. The index stores them in this order.
pub(super) const COUNTS: usize = 3 + Usage::COUNTS + 1;

/// An interned label.
pub(super) type Symbol = u32;

/// The label that is not there.
pub(super) const NONE: Symbol = 0;

/// The label of what did not fit.
pub(super) const OTHER: Symbol = 1;

/// The labels of a row, by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Labels(pub(super) [Symbol; LABELS]);

/// Places in [`Labels`].
pub(super) mod place {
    pub(in crate::ledger) const PROVIDER: usize = 0;
    pub(in crate::ledger) const MODEL: usize = 1;
    pub(in crate::ledger) const KEY: usize = 2;
    pub(in crate::ledger) const TEAM: usize = 3;
    pub(in crate::ledger) const USER: usize = 4;
    pub(in crate::ledger) const PROJECT: usize = 5;
    pub(in crate::ledger) const OPERATION: usize = 6;
    pub(in crate::ledger) const OUTCOME: usize = 7;
    pub(in crate::ledger) const TAGS: usize = 8;
}

/// Labels of a row.
pub(super) const LABELS: usize = 9;

/// All rows, by hour since 1970.
#[derive(Debug, Default)]
pub(super) struct Rollup {
    pub(super) symbols: Symbols,
    pub(super) hours: BTreeMap<u64, HashMap<Labels, Row>>,
    rows: usize,
    /// Additions that went to a row of `other`.
    pub(super) overflowed: u64,
    /// Reused for the text of a tag set.
    scratch: String,
}

impl Rollup {
    /// Counts one entry.
    pub(super) fn add(&mut self, entry: &Entry) {
        let labels = self.labels(entry);
        self.add_row(entry.at_unix_ms / HOUR_MS, labels, &Sums::of(entry));
    }

    /// Adds what an entry costs after all to the row that has what it cost.
    pub(super) fn correct(&mut self, correction: &Correction) {
        if let Some(entry) = &correction.entry {
            let labels = self.labels(entry);
            let sums = Sums::of_correction(entry, correction.old_cost_picousd);
            self.add_row(entry.at_unix_ms / HOUR_MS, labels, &sums);
        }
    }

    /// Counts a row made elsewhere with the same symbols.
    pub(super) fn add_row(&mut self, hour: u64, labels: Labels, sums: &Sums) {
        let rows = self.hours.entry(hour).or_default();
        if let Some(row) = rows.get_mut(&labels) {
            return row.add(sums);
        }
        let full = |rows: &HashMap<_, _>, count| rows.len() >= HOUR_ROWS_MAX || count >= ROWS_MAX;
        let mut labels = labels;
        if full(rows, self.rows) {
            self.overflowed += 1;
            (labels.0[place::USER], labels.0[place::TAGS]) = (OTHER, OTHER);
            if !rows.contains_key(&labels) {
                let outcome = labels.0[place::OUTCOME];
                labels = Labels([OTHER; LABELS]);
                labels.0[place::OUTCOME] = outcome;
            }
        }
        let before = rows.len();
        rows.entry(labels).or_default().add(sums);
        self.rows += rows.len() - before;
    }

    fn labels(&mut self, entry: &Entry) -> Labels {
        // What was never sent anywhere has no model: names in refused requests are the client's
        // invention, and would fill the symbol table.
        let model = match (entry.provider.as_str(), entry.model_sent.as_str()) {
            ("", _) => "",
            (_, "") => &entry.model_asked,
            (_, sent) => sent,
        };
        self.scratch.clear();
        for Tag { name, value } in &entry.tags {
            self.scratch
                .extend([name.as_str(), NAME_END, value.as_str(), TAG_END]);
        }
        let symbols = &mut self.symbols;
        Labels([
            symbols.intern(&entry.provider),
            symbols.intern(model),
            symbols.intern(&entry.key),
            symbols.intern(&entry.team),
            symbols.intern(&entry.user),
            symbols.intern(&entry.project),
            symbols.intern(&entry.operation),
            symbols.intern(entry.outcome().as_str()),
            symbols.intern(&self.scratch),
        ])
    }
}

/// The value of tag `name` in a tag set's text.
pub(super) fn tag_value<'a>(tags: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = tags
        .split(TAG_END)
        .filter_map(|tag| tag.split_once(NAME_END));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}

/// Control characters, which neither header values nor configured names hold.
const NAME_END: &str = "\u{1}";
const TAG_END: &str = "\u{2}";

/// Labels and their numbers.
#[derive(Debug)]
pub(super) struct Symbols {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, Symbol>,
}

impl Default for Symbols {
    fn default() -> Self {
        let mut symbols = Self {
            names: Vec::new(),
            numbers: HashMap::new(),
        };
        symbols.push("");
        symbols.push("other");
        symbols
    }
}

impl Symbols {
    /// The number of `name`, a new one if need be; [`OTHER`] when all are taken.
    pub(super) fn intern(&mut self, name: &str) -> Symbol {
        if name.is_empty() {
            return NONE;
        }
        match self.numbers.get(name) {
            Some(number) => *number,
            None if self.names.len() < SYMBOLS_MAX => self.push(name),
            None => OTHER,
        }
    }

    /// The number of `name`, if it has one.
    pub(super) fn find(&self, name: &str) -> Option<Symbol> {
        self.numbers.get(name).copied()
    }

    /// The text of a number.
    pub(super) fn name(&self, symbol: Symbol) -> &str {
        self.names.get(symbol as usize).map_or("", |name| name)
    }

    /// All texts, by number.
    pub(super) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    fn push(&mut self, name: &str) -> Symbol {
        let number = self.names.len() as Symbol;
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::terms::Outcome;
    use quotah_policy::Unit;

    fn entry(user: usize) -> Entry {
        Entry {
            user: format!("u{user}"),
            cost_picousd: Some(1),
            ..Entry::default()
        }
    }

    #[test]
    fn rows_are_bounded_and_nothing_is_lost_in_the_overflow() {
        let mut rollup = Rollup::default();
        let count = HOUR_ROWS_MAX * 2;
        for user in 0..count {
            rollup.add(&entry(user));
        }
        let hour = &rollup.hours[&0];
        assert!(hour.len() <= HOUR_ROWS_MAX + 6);
        let cost: i128 = hour.values().map(|sums| sums.cost_picousd).sum();
        assert_eq!(cost, count as i128);
        assert_eq!(rollup.overflowed, (count - HOUR_ROWS_MAX) as u64);
    }

    #[test]
    fn what_was_made_for_another_request_is_no_request_and_no_error() {
        let mut hedge = entry(0);
        hedge.role = "hedge".to_owned();
        hedge.output_tokens = 7;
        hedge.set_outcome(Outcome::UpstreamError);
        let mut sums = Sums::of(&entry(0));
        sums.add(&Sums::of(&hedge));
        assert_eq!((sums.requests, sums.errors), (1, 0));
        assert_eq!((sums.usage.output_tokens, sums.cost_picousd), (7, 2));
    }

    #[test]
    fn labels_are_bounded_and_the_rest_is_other() {
        let mut symbols = Symbols::default();
        for number in 0..SYMBOLS_MAX {
            symbols.intern(&number.to_string());
        }
        assert_eq!(symbols.intern("one too many"), OTHER);
        assert_eq!(symbols.names().len(), SYMBOLS_MAX);
    }

    #[test]
    fn sums_go_into_a_row_and_come_back() {
        let sums = Sums {
            requests: 1,
            errors: 2,
            unpriced: 3,
            repriced: 4,
            usage: Usage {
                units: Units::NONE.with(Unit::Pages, 5),
                ..Usage::from_counts(std::array::from_fn(|place| place as u64 + 4))
            },
            cost_picousd: -5,
        };
        assert_eq!(Row::of(&sums).sums(), sums);
        let mut twice = sums;
        twice.add(&sums);
        assert_eq!((twice.requests, twice.cost_picousd), (2, -10));
        assert_eq!(twice.usage.units.get(Unit::Pages), 10);
    }

    #[test]
    fn a_refused_model_name_is_no_label() {
        let mut rollup = Rollup::default();
        rollup.add(&Entry {
            model_asked: "invented".into(),
            ..Entry::default()
        });
        assert_eq!(rollup.symbols.find("invented"), None);
    }
}
