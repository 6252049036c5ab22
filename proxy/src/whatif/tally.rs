//! Sums of a replay while it runs: in all, and by where requests move.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::budgets::Blocked;
use super::names::Names;
use super::report::{Count, MOVES_MAX, Move, Report};
use crate::ledger::Entry;

/// Most moves that are told apart while counting; further ones are one.
const ROWS_MAX: usize = 100_000;

/// Most models that lead nowhere in a report; further ones are one.
const UNKNOWN_MAX: usize = 1_000;

/// What has been counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) report: Report,
    /// Model asked for; provider and model before; provider and model after.
    places: HashMap<[u32; 5], u32>,
    rows: Vec<Row>,
    unknown: HashMap<u32, Count>,
}

#[derive(Debug, Default)]
struct Row {
    key: [u32; 5],
    requests: u64,
    cost_then_picousd: i128,
    cost_new_picousd: i128,
}

impl Tally {
    /// Counts an entry as the ledger has it.
    pub(super) fn count(&mut self, entry: &Entry) {
        let report = &mut self.report;
        report.entries += 1;
        let at = entry.at_unix_ms;
        report.from_unix_ms = Some(report.from_unix_ms.map_or(at, |from| from.min(at)));
        report.to_unix_ms = Some(report.to_unix_ms.map_or(at, |to| to.max(at)));
        report.cost_then_picousd += i128::from(entry.cost_picousd.unwrap_or(0));
        if entry.reason == REFUSED_BY_BUDGET {
            report.refused_then += 1;
        }
    }

    /// Counts what an entry costs after all.
    pub(super) fn add(&mut self, cost_picousd: i64) {
        self.report.cost_new_picousd += i128::from(cost_picousd);
    }

    /// Counts an entry in the row of its move, and says which that is.
    pub(super) fn moved(&mut self, key: [u32; 5], then: i64, new: i64) -> u32 {
        let key = if self.places.contains_key(&key) || self.places.len() < ROWS_MAX {
            key
        } else {
            [super::names::OTHER; 5]
        };
        let next = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.rows.push(Row {
                key,
                ..Row::default()
            });
        }
        if let Some(row) = self.row(place) {
            row.requests += 1;
            row.cost_then_picousd += i128::from(then);
            row.cost_new_picousd += i128::from(new);
        }
        place
    }

    /// Counts an entry whose model leads nowhere.
    pub(super) fn nowhere(&mut self, model: u32, cost_then_picousd: i64) {
        let is_full = self.unknown.len() >= UNKNOWN_MAX && !self.unknown.contains_key(&model);
        let model = if is_full { super::names::OTHER } else { model };
        self.unknown
            .entry(model)
            .or_default()
            .add(cost_then_picousd);
    }

    /// Takes back what a budget refused: it went nowhere and cost nothing.
    pub(super) fn undo(&mut self, blocked: Blocked) {
        self.report.cost_new_picousd -= i128::from(blocked.cost_new_picousd);
        if let Some(row) = blocked.row.and_then(|place| self.row(place)) {
            row.requests = row.requests.saturating_sub(1);
            row.cost_then_picousd -= i128::from(blocked.cost_then_picousd);
            row.cost_new_picousd -= i128::from(blocked.cost_new_picousd);
        }
    }

    /// The report, its rows by the size of the saving.
    pub(super) fn finish(mut self, names: &Names) -> Report {
        self.rows.retain(|row| row.requests > 0);
        let saving = |row: &Row| row.cost_then_picousd - row.cost_new_picousd;
        self.rows
            .sort_by_key(|row| (Reverse(saving(row).unsigned_abs()), row.key));
        let rest = self.rows.split_off(self.rows.len().min(MOVES_MAX));
        let mut report = self.report;
        report.moves = self.rows.iter().map(|row| row.told(names)).collect();
        report.other = (!rest.is_empty()).then(|| Move {
            model: names.name(super::names::OTHER).to_owned(),
            requests: rest.iter().map(|row| row.requests).sum(),
            cost_then_picousd: rest.iter().map(|row| row.cost_then_picousd).sum(),
            cost_new_picousd: rest.iter().map(|row| row.cost_new_picousd).sum(),
            ..Move::default()
        });
        let unknown = self.unknown.iter();
        report.unknown_models = unknown
            .map(|(model, count)| (names.name(*model).to_owned(), *count))
            .collect();
        report
            .unknown_models
            .sort_by(|(a, one), (b, other)| (other.requests, a).cmp(&(one.requests, b)));
        report
    }

    fn row(&mut self, place: u32) -> Option<&mut Row> {
        self.rows.get_mut(usize::try_from(place).ok()?)
    }
}

impl Row {
    fn told(&self, names: &Names) -> Move {
        let [asked, provider, model, new_provider, new_model] =
            self.key.map(|number| names.name(number));
        let deployment = |provider: &str, model: &str| match model {
            "" => provider.to_owned(),
            model => format!("{provider}/{model}"),
        };
        Move {
            model: asked.to_owned(),
            from: deployment(provider, model),
            to: deployment(new_provider, new_model),
            requests: self.requests,
            cost_then_picousd: self.cost_then_picousd,
            cost_new_picousd: self.cost_new_picousd,
        }
    }
}

/// Why the ledger says that a budget refused a request.
const REFUSED_BY_BUDGET: &str = "insufficient_quota";
