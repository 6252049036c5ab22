//! What becomes of an entry under another configuration.

use quotah_policy::route::{Strategy, Weights};

use super::names::OTHER;
use super::pick::{Runner, pick};
use super::pricing::Pricing;
use super::routes::{Lead, Routes, Target};
use super::survey::Survey;
use crate::config::resolved::{Config, Model};
use crate::ledger::{Entry, Outcome};

/// Both configurations, and what was found out about them.
#[derive(Debug)]
pub(super) struct Judge<'c> {
    current: Routes<'c>,
    new: Routes<'c>,
    pricing: Pricing<'c>,
    survey: Survey,
    /// By the number of a model's name: whether its route is another one, where that is the same for all requests.
    settled: Vec<Option<Known>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Depends on the request.
    Open,
    /// The same for all.
    Is(Change),
}

/// Whether a route is another one under the new configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is not.
    None,
    /// It leads here now.
    To(Lead),
}

/// What becomes of an entry. A cost is in 10⁻¹² USD, `None` without a price.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verdict<'a> {
    /// It stays as it is.
    Same,
    /// It stays where it went, at other prices.
    Repriced(Option<i64>),
    /// It goes elsewhere.
    Moved(Target<'a>, Option<i64>),
    /// Its model leads nowhere any more.
    Nowhere,
}

impl<'c> Judge<'c> {
    pub(super) fn new(current: &'c Config, new: &'c Config) -> Self {
        let mut forms = Vec::new();
        Self {
            current: Routes::new(current, &mut forms),
            new: Routes::new(new, &mut forms),
            pricing: Pricing::new(current, new),
            survey: Survey::default(),
            settled: Vec::new(),
        }
    }

    /// Whether there are changed routes, and any chooses by how deployments fared, so that this must be known first.
    pub(super) fn needs_survey(&self) -> bool {
        let by_record = |row: &Model| {
            let is_by_record = matches!(row.strategy, Strategy::Fastest | Strategy::Balanced);
            is_by_record && row.deployments.len() > 1
        };
        let has_any = self.new.config.models.iter().any(by_record);
        has_any && !self.new.is_as(&self.current)
    }

    /// Notes how the entry's deployments fared.
    pub(super) fn survey(&mut self, entry: &Entry) {
        self.survey.note(entry);
    }

    /// Whether the entry's route is another one. `model` is the number of the model that was asked for.
    pub(super) fn change(&mut self, entry: &Entry, model: u32) -> Change {
        let place = usize::try_from(model).unwrap_or(0);
        let known = self.settled.get(place).copied().flatten();
        let known = known.filter(|_| model != OTHER);
        let change = match known {
            Some(Known::Is(change)) => change,
            Some(Known::Open) => self.compare(entry),
            None => {
                let change = self.compare(entry);
                let asked = &entry.model_asked;
                let is_settled = self.current.is_settled(asked) && self.new.is_settled(asked);
                if self.settled.len() <= place {
                    self.settled.resize(place + 1, None);
                }
                if let Some(known) = self.settled.get_mut(place) {
                    *known = Some(if is_settled {
                        Known::Is(change)
                    } else {
                        Known::Open
                    });
                }
                change
            }
        };
        self.corrected(change, entry)
    }

    fn compare(&self, entry: &Entry) -> Change {
        let lead = self.new.lead(entry);
        let is_same = match (self.current.lead(entry), lead) {
            (Lead::Direct, Lead::Direct) => true,
            (Lead::Row(old), Lead::Row(new)) => self.current.form(old) == self.new.form(new),
            _ => false,
        };
        if is_same {
            Change::None
        } else {
            Change::To(lead)
        }
    }

    /// What the name alone does not tell: whom the request named itself, and whether that provider is still there.
    fn corrected(&self, change: Change, entry: &Entry) -> Change {
        let was_direct = entry.route == DIRECT;
        if was_direct && self.current.lead(entry) != Lead::Direct {
            // The path or a header named the provider: no row had a say.
            return self.gone(entry);
        }
        match change {
            Change::None if self.new.lead_is_direct(entry) => self.gone(entry),
            change => change,
        }
    }

    fn gone(&self, entry: &Entry) -> Change {
        let is_gone = self.current.provider(&entry.provider).is_some()
            && self.new.provider(&entry.provider).is_none();
        if is_gone {
            Change::To(Lead::Direct)
        } else {
            Change::None
        }
    }

    /// What becomes of the entry.
    pub(super) fn verdict<'a>(&'a self, entry: &'a Entry, change: Change) -> Verdict<'a> {
        let lead = match change {
            Change::To(lead) if goes_anywhere(entry) => lead,
            _ => return self.at_home(entry),
        };
        let targets = self.new.targets(lead, entry);
        let Some((target, cost)) = self.choose(lead, &targets, entry) else {
            return Verdict::Nowhere;
        };
        if target.is_of(entry) {
            return self.at_home(entry);
        }
        if entry.usage().is_none() {
            return Verdict::Moved(target, Some(entry.cost_picousd.unwrap_or(0)));
        }
        Verdict::Moved(target, cost)
    }

    fn at_home(&self, entry: &Entry) -> Verdict<'static> {
        if !goes_anywhere(entry) {
            return Verdict::Same;
        }
        let anew = self.pricing.anew(entry);
        match anew {
            None => Verdict::Same,
            Some(cost) => Verdict::Repriced(cost),
        }
    }

    /// The deployment that the entry goes to, and what it costs there.
    fn choose<'t>(
        &self,
        lead: Lead,
        targets: &[Target<'t>],
        entry: &Entry,
    ) -> Option<(Target<'t>, Option<i64>)> {
        if let [only] = targets {
            return Some((*only, self.runner(only, entry).cost_picousd));
        }
        let row = match lead {
            Lead::Row(place) => self.new.config.models.get(place),
            Lead::Direct => None,
        };
        let strategy = row.map_or(Strategy::Ordered, |row| row.strategy);
        let weights = row.map_or_else(Weights::default, |row| row.weights);
        let runners = targets.iter().map(|target| self.runner(target, entry));
        let runners: Vec<Runner> = runners.collect();
        let place = pick(strategy, &weights, &runners, entry.id().as_u128())?;
        let cost = runners.get(place)?.cost_picousd;
        targets.get(place).map(|target| (*target, cost))
    }

    fn runner(&self, target: &Target<'_>, entry: &Entry) -> Runner {
        let was_used = target.is_of(entry);
        let record = self.survey.record(&target.provider.name, target.model);
        let cost_picousd = if was_used {
            self.pricing.anew(entry).unwrap_or(entry.cost_picousd)
        } else {
            self.pricing.at(target, entry)
        };
        Runner {
            weight: target.weight,
            was_used,
            is_translated: target.is_translated,
            cost_picousd,
            median_ms: record.and_then(|record| record.median_ms(entry.stream)),
            success: record.and_then(super::survey::Record::success),
        }
    }
}

/// Whether the entry is of a request that a provider was asked for its own sake: attempts beside another, answers
/// that were kept, and what was refused stay as they are.
fn goes_anywhere(entry: &Entry) -> bool {
    entry.role.is_empty()
        && entry.cache != "hit"
        && !matches!(entry.outcome(), Outcome::Refused | Outcome::Interrupted)
}

/// Name of the route of requests that no row names.
const DIRECT: &str = "direct";
