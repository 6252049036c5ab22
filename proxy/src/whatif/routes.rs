//! Where a configuration leads what the ledger tells of: routes by name, and whether two of them are the same.

use std::collections::HashMap;

use quotah_adapters::ProviderKind;
use quotah_policy::Pattern;

use super::about::holds;
use super::fit::{Fit, dialect, fit};
use crate::config::resolved::{Config, Deployment, Model, Provider};
use crate::ledger::Entry;

/// A configuration's routes.
#[derive(Debug)]
pub(super) struct Routes<'c> {
    pub(super) config: &'c Config,
    /// Rows of one exact name, in the order of the file.
    exact: HashMap<&'c str, Vec<usize>>,
    /// Longest pattern first.
    wildcards: Vec<(Pattern, usize)>,
    /// What each row comes to: rows of both configurations that would choose alike have the same number.
    forms: Vec<usize>,
}

/// Where a model's name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// To the row of `[[models]]` at this place.
    Row(usize),
    /// Straight to a provider.
    Direct,
}

/// A deployment that an entry could go to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) provider: &'a Provider,
    /// The provider's name for the model.
    pub(super) model: &'a str,
    /// Its share where it is chosen by lot.
    pub(super) weight: u32,
    /// It would be asked in another dialect than the client's.
    pub(super) is_translated: bool,
}

impl Target<'_> {
    /// Whether that is where `entry` went.
    pub(super) fn is_of(&self, entry: &Entry) -> bool {
        *self.provider.name == *entry.provider && self.model == entry.model_sent
    }
}

impl<'c> Routes<'c> {
    /// The routes of `config`. `known` numbers the forms of both configurations' rows.
    pub(super) fn new(config: &'c Config, known: &mut Vec<String>) -> Self {
        let mut exact: HashMap<&'c str, Vec<usize>> = HashMap::new();
        let mut wildcards = Vec::new();
        let mut forms = Vec::new();
        for (place, model) in config.models.iter().enumerate() {
            for name in std::iter::once(&model.name).chain(&model.aliases) {
                let pattern = Pattern::new(name);
                if pattern.is_exact() {
                    exact.entry(name).or_default().push(place);
                } else {
                    wildcards.push((pattern, place));
                }
            }
            forms.push(number(form(config, model), known));
        }
        // Stable: of patterns of one length, and of rows of one pattern, the file's order counts.
        wildcards.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.as_str().len()));
        Self {
            config,
            exact,
            wildcards,
            forms,
        }
    }

    /// Where the entry's model leads.
    pub(super) fn lead(&self, entry: &Entry) -> Lead {
        let asked = &*entry.model_asked;
        let applies = |place: &usize| {
            let row = self.config.models.get(*place);
            row.is_some_and(|row| holds(row.when.as_ref(), entry))
        };
        let exact = self.exact.get(asked).into_iter().flatten().copied();
        let wild = self.wildcards.iter();
        let wild = wild.filter(|(pattern, _)| pattern.matches(asked));
        let mut rows = exact.chain(wild.map(|(_, place)| *place));
        rows.find(applies).map_or(Lead::Direct, Lead::Row)
    }

    /// Whether no row names the entry's model.
    pub(super) fn lead_is_direct(&self, entry: &Entry) -> bool {
        self.lead(entry) == Lead::Direct
    }

    /// Whether [`Self::lead`] depends on nothing but the model's name, for that name.
    pub(super) fn is_settled(&self, asked: &str) -> bool {
        let exact = self.exact.get(asked).into_iter().flatten().copied();
        let wild = self.wildcards.iter();
        let wild = wild.filter(|(pattern, _)| pattern.matches(asked));
        let mut rows = exact.chain(wild.map(|(_, place)| *place));
        rows.all(|place| {
            let row = self.config.models.get(place);
            row.is_none_or(|row| row.when.is_none())
        })
    }

    /// Whether every row is for the same requests and comes to the same as in `other`.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let rows = |of: &Self| {
            let rows = of.config.models.iter().zip(of.forms.clone());
            let rows = rows
                .map(|(row, form)| (form, format!("{:?}", (&row.name, &row.aliases, &row.when))));
            rows.collect::<Vec<_>>()
        };
        rows(self) == rows(other)
    }

    /// What the row comes to, as a number: see [`Self::new`].
    pub(super) fn form(&self, row: usize) -> Option<usize> {
        self.forms.get(row).copied()
    }

    /// The provider of that name.
    pub(super) fn provider(&self, name: &str) -> Option<&'c Provider> {
        let mut providers = self.config.providers.iter();
        providers.find(|provider| *provider.name == *name)
    }

    /// The deployments that the entry could go to, in the order of the file.
    pub(super) fn targets<'e>(&'e self, lead: Lead, entry: &'e Entry) -> Vec<Target<'e>> {
        let row = match lead {
            Lead::Row(place) => self.config.models.get(place),
            Lead::Direct => None,
        };
        let Some(row) = row else {
            return self.direct(entry).into_iter().collect();
        };
        let tokens = entry.input_tokens.saturating_add(entry.output_tokens);
        let rows = row.deployments.iter();
        let rows: Vec<(Target<'e>, bool)> = rows
            .filter(|deployment| holds(deployment.when.as_ref(), entry))
            .filter_map(|deployment| {
                let has_room = deployment.context_tokens.is_none_or(|most| tokens <= most);
                Some((self.target(deployment, entry)?, has_room))
            })
            .collect();
        // Where none has a window that is large enough, any may be asked.
        let any_has_room = rows.iter().any(|(_, has_room)| *has_room);
        rows.into_iter()
            .filter(|(_, has_room)| *has_room || !any_has_room)
            .map(|(target, _)| target)
            .collect()
    }

    /// The deployment, where the entry's request could be asked of it.
    fn target<'e>(&'e self, deployment: &'e Deployment, entry: &'e Entry) -> Option<Target<'e>> {
        let provider = self.config.providers.get(deployment.provider)?;
        let model = deployment.model.as_deref().unwrap_or(&entry.model_asked);
        let fit = fit(entry, deployment, (provider, model));
        let target = Target {
            provider,
            model,
            weight: deployment.weight,
            is_translated: fit == Some(Fit::Translated),
        };
        (fit.is_some() || target.is_of(entry)).then_some(target)
    }

    /// Where a model that no row names leads, as the gateway finds it: `provider/model`, else the provider whose
    /// catalogue has it, else the one whose own the dialect is.
    fn direct<'e>(&'e self, entry: &'e Entry) -> Option<Target<'e>> {
        let asked = &*entry.model_asked;
        let to = |provider, model| Target {
            provider,
            model,
            weight: 1,
            is_translated: false,
        };
        if let Some((name, rest)) = asked.split_once('/')
            && let Some(provider) = self.provider(name)
        {
            return Some(to(provider, rest));
        }
        let dialect = dialect(entry)?;
        let at = i64::try_from(entry.at_unix_ms / 1_000).unwrap_or(i64::MAX);
        let prices = &self.config.price_table;
        let knows = |provider: &&Provider| {
            let has = |of: &str| prices.find(of, asked, at).is_some();
            has(&provider.name) || has(provider.kind.as_str())
        };
        let fitting = || {
            let all = self.config.providers.iter();
            all.filter(|provider| provider.kind.speaks(dialect))
        };
        let is_native = |provider: &&Provider| provider.kind == ProviderKind::native(dialect);
        let known = || {
            fitting()
                .filter(knows)
                .find(is_native)
                .or_else(|| fitting().find(knows))
        };
        let native = || fitting().find(is_native).or_else(|| fitting().next());
        known().or_else(native).map(|provider| to(provider, asked))
    }
}

/// All that decides where a row leads, as a text to compare.
fn form(config: &Config, model: &Model) -> String {
    let deployments = model.deployments.iter().map(|deployment| {
        let provider = config.providers.get(deployment.provider);
        let place = provider.map(|provider| (&provider.name, provider.kind, &provider.base));
        let Deployment {
            provider: _,
            model,
            weight,
            when,
            context_tokens,
            api,
            lossy,
        } = deployment;
        let asked = (context_tokens, api, lossy);
        (place, model, weight, when, asked)
    });
    let deployments: Vec<_> = deployments.collect();
    format!("{:?} {:?} {deployments:?}", model.strategy, model.weights)
}

fn number(form: String, known: &mut Vec<String>) -> usize {
    let found = known.iter().position(|other| *other == form);
    found.unwrap_or_else(|| {
        known.push(form);
        known.len() - 1
    })
}
