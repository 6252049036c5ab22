//! What if? The ledger replayed against another configuration.
//!
//! [`Replay`] is fed the ledger's entries, oldest first, and decides for each what the new configuration changes:
//! where it goes (`routes`, `judge`, `pick`), what it costs (`pricing`), which budgets refuse it (`budgets`). An entry
//! that nothing changes for keeps its cost as the ledger has it, to the picodollar: a replay against the same
//! configuration sums up to the ledger. Nothing here reads a disk or a clock.

mod about;
mod advice;
mod budgets;
mod fit;
mod judge;
mod names;
mod pick;
mod pricing;
mod report;
mod routes;
mod survey;
mod tally;
#[cfg(test)]
mod tests;

use quotah_policy::Subject;

use self::budgets::{Blocked, Budgets, Counted};
use self::judge::{Judge, Verdict};
use self::names::Names;
use self::tally::Tally;
use crate::config::resolved::Config;
use crate::ledger::Entry;
use crate::policy::with_subject;

pub use self::advice::{ADVICE_MAX, Advice, Advisor};
pub use self::report::{BudgetRow, Count, MOVES_MAX, Move, Report};

/// A replay under way.
#[derive(Debug)]
pub struct Replay<'c> {
    judge: Judge<'c>,
    budgets: Budgets,
    names: Names,
    tally: Tally,
}

impl<'c> Replay<'c> {
    /// A replay of what ran under `current` against `new`.
    #[must_use]
    pub fn new(current: &'c Config, new: &'c Config) -> Self {
        let mut tally = Tally::default();
        tally.report.not_simulated = not_simulated(current, new);
        Self {
            judge: Judge::new(current, new),
            budgets: Budgets::new(current, new),
            names: Names::default(),
            tally,
        }
    }

    /// Whether a route is to choose by how deployments fared: all entries are then shown to [`Self::survey`] before
    /// any is fed.
    #[must_use]
    pub fn needs_survey(&self) -> bool {
        self.judge.needs_survey()
    }

    /// Notes how the entry's deployments fared.
    pub fn survey(&mut self, entry: &Entry) {
        self.judge.survey(entry);
    }

    /// Replays an entry.
    pub fn feed(&mut self, entry: &Entry) {
        self.tally.count(entry);
        let asked = self.names.number(&entry.model_asked);
        let change = self.judge.change(entry, asked);
        let then = entry.cost_picousd.unwrap_or(0);
        let mut is_translated = false;
        let (new, place) = match self.judge.verdict(entry, change) {
            Verdict::Same => {
                self.tally.add(then);
                let charge = entry.charge().unwrap_or(0);
                self.spend(entry, None, charge, (then, None));
                return;
            }
            Verdict::Nowhere => {
                self.tally.nowhere(asked, then);
                return;
            }
            Verdict::Repriced(cost) => (cost, None),
            Verdict::Moved(target, cost) => {
                is_translated = target.is_translated;
                (cost, Some((&*target.provider.name, target.model)))
            }
        };
        // No saving is claimed of what nobody knows the price of.
        let cost = new.unwrap_or(then);
        if is_translated {
            self.tally.report.translated.add(cost);
        }
        if new.is_none() {
            self.tally.report.unpriced.add(then);
        }
        let (provider, model) = place.unwrap_or((&entry.provider, &entry.model_sent));
        let mut number = |name: &str| self.names.number(name);
        let key = [
            asked,
            number(&entry.provider),
            number(&entry.model_sent),
            number(provider),
            number(model),
        ];
        self.tally.add(cost);
        let row = self.tally.moved(key, then, cost);
        if !self.budgets.is_empty() {
            let place = place.map(|(provider, model)| (provider.to_owned(), model.to_owned()));
            let place = place
                .as_ref()
                .map(|(provider, model)| (&**provider, &**model));
            self.spend(entry, place, cost, (cost, Some(row)));
        }
    }

    /// What was found.
    #[must_use]
    pub fn finish(mut self) -> Report {
        let (rows, blocked) = self.budgets.finish();
        for one in blocked {
            self.tally.undo(one);
        }
        self.tally.report.budgets = rows;
        self.tally.finish(&self.names)
    }

    /// Counts an entry in the budgets that it matches where it goes.
    fn spend(
        &mut self,
        entry: &Entry,
        place: Option<(&str, &str)>,
        charge_picousd: i64,
        (cost_new_picousd, row): (i64, Option<u32>),
    ) {
        if self.budgets.is_empty() {
            return;
        }
        let counted = Counted {
            ended_unix_ms: entry.ended_at_unix_ms(),
            charge_picousd,
            undo: Blocked {
                cost_new_picousd,
                cost_then_picousd: entry.cost_picousd.unwrap_or(0),
                row,
            },
            is_beside: !entry.role.is_empty(),
        };
        with_subject(entry, |subject| {
            let (provider, model) = place.unwrap_or((subject.provider, subject.model));
            let subject = Subject {
                provider,
                model,
                ..*subject
            };
            self.budgets.note(&subject, counted);
        });
    }
}

/// What differs and is not played through.
fn not_simulated(current: &Config, new: &Config) -> Vec<&'static str> {
    let differs = |what, is_other| Some(what).filter(|_| is_other);
    let text = |config: &Config| {
        let keys = config
            .keys
            .iter()
            .map(|key| (&key.id, &key.limits, &key.guards));
        let keys: Vec<_> = keys.collect();
        (
            format!("{:?}", config.limits),
            format!("{:?}", config.guards),
            format!("{keys:?}"),
        )
    };
    let (old, anew) = (text(current), text(new));
    let caches = |config: &Config| {
        let rows = config
            .models
            .iter()
            .map(|row| (&row.name, row.cache, row.hedge, &row.mirror));
        format!("{:?}", rows.collect::<Vec<_>>())
    };
    [
        differs("limits", old.0 != anew.0),
        differs("guards", old.1 != anew.1),
        differs("limits and guards of keys", old.2 != anew.2),
        differs(
            "cache, hedge and mirror of routes",
            caches(current) != caches(new),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
