//! Where the same traffic would have cost less: each deployment that was used against those that could have been.
//!
//! What is compared with: the other deployments of the model's route, and every configured provider whose catalogue
//! has a model of the same name, be it behind a slash (`openai/gpt-4o-mini`). The same usage is priced there, request
//! by request; what it would have answered, nobody knows.

use std::collections::{BTreeMap, HashMap};

use quotah_policy::{Class, PriceTable, ServiceTier};

use super::fit::dialect;
use super::pricing::at;
use super::report::money;
use super::routes::{Routes, Target};
use super::survey::Survey;
use crate::config::resolved::{Config, Provider};
use crate::ledger::{Entry, Outcome};

/// Most deployments in use that are looked at, by the model that was asked for.
const GROUPS_MAX: usize = 10_000;

/// Most others that one is compared with.
const OTHERS_MAX: usize = 64;

/// Most recommendations of one answer.
pub const ADVICE_MAX: usize = 1_000;

/// Somewhere that would have cost less. Money is in 10⁻¹² USD.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// The model that was asked for.
    pub model: String,
    /// The deployment that was used.
    pub from: String,
    /// The one that would have cost less.
    pub to: String,
    /// Requests that are compared.
    pub requests: u64,
    /// What they cost.
    pub cost_picousd: i128,
    /// What they would have cost.
    pub would_cost_picousd: i128,
    /// Why, in words and figures.
    pub because: String,
}

/// Comparing under way.
#[derive(Debug)]
pub struct Advisor<'c> {
    routes: Routes<'c>,
    /// Configured providers that list a model of a name, with their own name for it.
    catalogue: HashMap<Box<str>, Vec<(&'c Provider, Box<str>)>>,
    groups: HashMap<Group, Used>,
    survey: Survey,
}

/// Requests that are compared together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Group {
    asked: Box<str>,
    dialect: Box<str>,
    provider: Box<str>,
    model: Box<str>,
}

/// What they used and cost.
#[derive(Debug)]
struct Used {
    requests: u64,
    cost_picousd: i128,
    input_tokens: u64,
    cached_input_tokens: u64,
    /// When the newest of them arrived, for the prices of then.
    at_unix_seconds: i64,
    others: Vec<Other>,
}

/// A deployment that they could have gone to.
#[derive(Debug)]
struct Other {
    provider: usize,
    model: Box<str>,
    cost_picousd: i128,
    /// All of them have a price there.
    is_priced: bool,
    /// They would be asked in another dialect.
    is_translated: bool,
}

impl<'c> Advisor<'c> {
    /// An advisor on what runs under `config`.
    #[must_use]
    pub fn new(config: &'c Config) -> Self {
        Self {
            routes: Routes::new(config, &mut Vec::new()),
            catalogue: catalogue(config),
            groups: HashMap::new(),
            survey: Survey::default(),
        }
    }

    /// Takes an entry into account; newer ones come first.
    pub fn feed(&mut self, entry: &Entry) {
        self.survey.note(entry);
        let Some(cost) = entry.cost_picousd.filter(|_| is_compared(entry)) else {
            return;
        };
        let group = Group {
            asked: (*entry.model_asked).into(),
            dialect: (*entry.dialect).into(),
            provider: (*entry.provider).into(),
            model: (*entry.model_sent).into(),
        };
        if !self.groups.contains_key(&group) {
            if self.groups.len() >= GROUPS_MAX {
                return;
            }
            let used = Used {
                requests: 0,
                cost_picousd: 0,
                input_tokens: 0,
                cached_input_tokens: 0,
                at_unix_seconds: i64::try_from(entry.at_unix_ms / 1_000).unwrap_or(i64::MAX),
                others: self.others(entry),
            };
            self.groups.insert(group.clone(), used);
        }
        if let Some(used) = self.groups.get_mut(&group) {
            used.add(entry, cost, self.routes.config);
        }
    }

    /// Whatever would have cost less, by the size of the saving.
    #[must_use]
    pub fn finish(self) -> Vec<Advice> {
        let mut found: BTreeMap<(String, String, String), Advice> = BTreeMap::new();
        for (group, used) in &self.groups {
            let cheaper = used.others.iter();
            let cheaper = cheaper.filter(|o| o.is_priced && o.cost_picousd < used.cost_picousd);
            for other in cheaper {
                let advice = self.advice(group, used, other);
                let names = (advice.model.clone(), advice.from.clone(), advice.to.clone());
                // The same by another dialect.
                let sum = found.entry(names).or_insert_with(|| Advice {
                    requests: 0,
                    cost_picousd: 0,
                    would_cost_picousd: 0,
                    ..advice.clone()
                });
                sum.requests += advice.requests;
                sum.cost_picousd += advice.cost_picousd;
                sum.would_cost_picousd += advice.would_cost_picousd;
            }
        }
        let mut all: Vec<Advice> = found.into_values().collect();
        all.sort_by_key(|advice| std::cmp::Reverse(advice.saving_picousd()));
        all.truncate(ADVICE_MAX);
        all
    }

    /// Where the entry could have gone instead.
    fn others(&self, entry: &Entry) -> Vec<Other> {
        let lead = self.routes.lead(entry);
        let targets = self.routes.targets(lead, entry);
        let dialect = dialect(entry);
        let speaks = |p: &Provider| dialect.is_some_and(|dialect| p.kind.speaks(dialect));
        let listed = self.catalogue.get(&*same_name(&entry.model_sent));
        let listed = listed.into_iter().flatten();
        let listed = listed.filter(|(provider, _)| speaks(provider));
        let listed = listed.map(|(provider, model)| (*provider, &**model, false));
        let places = targets
            .iter()
            .map(|t| (t.provider, t.model, t.is_translated));
        let places = places.chain(listed);
        let mut others: Vec<Other> = Vec::new();
        for (provider, model, is_translated) in places {
            let is_own = *provider.name == *entry.provider && model == entry.model_sent;
            let providers = &self.routes.config.providers;
            let Some(place) = providers.iter().position(|p| p.name == provider.name) else {
                continue;
            };
            let is_known = others
                .iter()
                .any(|o| o.provider == place && *o.model == *model);
            if is_own || is_known || others.len() >= OTHERS_MAX {
                continue;
            }
            others.push(Other {
                provider: place,
                model: model.into(),
                cost_picousd: 0,
                is_priced: true,
                is_translated,
            });
        }
        others
    }

    fn advice(&self, group: &Group, used: &Used, other: &Other) -> Advice {
        let provider = self.routes.config.providers.get(other.provider);
        let to = provider.map_or("", |provider| &*provider.name);
        let from = format!("{}/{}", group.provider, group.model);
        let to = format!("{to}/{}", other.model);
        Advice {
            because: self.because(group, used, other, [&from, &to]),
            model: group.asked.to_string(),
            from,
            to,
            requests: used.requests,
            cost_picousd: used.cost_picousd,
            would_cost_picousd: other.cost_picousd,
        }
    }

    /// Prices, cache and success of both, as far as they are known.
    fn because(&self, group: &Group, used: &Used, other: &Other, names: [&str; 2]) -> String {
        let config = self.routes.config;
        let prices = |provider: Option<&Provider>, model: &str| {
            let provider = provider?;
            listed(provider, model, used.at_unix_seconds, &config.price_table)
        };
        let there = config.providers.get(other.provider);
        let [from, to] = names;
        let mut said = Vec::new();
        let pairs = [
            (to, prices(there, &other.model)),
            (
                from,
                prices(self.routes.provider(&group.provider), &group.model),
            ),
        ];
        for (name, prices) in pairs {
            said.extend(prices.map(|prices| format!("{name} costs {prices}")));
        }
        if other.is_translated {
            said.push(format!("{to} would be asked in another dialect"));
        }
        let cached = used.cached_input_tokens.saturating_mul(100);
        if let Some(percent) = cached.checked_div(used.input_tokens).filter(|p| *p > 0) {
            said.push(format!(
                "{percent} % of the input came from a cache, and is counted so at both"
            ));
        }
        let there = there.map_or("", |provider| &*provider.name);
        let records = [
            (to, self.survey.record(there, &other.model)),
            (from, self.survey.record(&group.provider, &group.model)),
        ];
        for (name, record) in records {
            let Some((record, share)) = record.and_then(|r| Some((r, r.success()?))) else {
                said.push(format!("{name} was not used"));
                continue;
            };
            let (whole, part) = (share / 100, share % 100);
            said.push(format!(
                "{whole}.{part:02} % of {} went well at {name}",
                record.calls
            ));
        }
        said.join("; ")
    }
}

impl Used {
    fn add(&mut self, entry: &Entry, cost: i64, config: &Config) {
        self.requests += 1;
        self.cost_picousd += i128::from(cost);
        let add = u64::saturating_add;
        self.input_tokens = add(self.input_tokens, entry.input_tokens);
        self.cached_input_tokens = add(self.cached_input_tokens, entry.cached_input_tokens);
        for other in &mut self.others {
            let Some(provider) = config.providers.get(other.provider) else {
                continue;
            };
            let target = Target {
                provider,
                model: &other.model,
                weight: 1,
                is_translated: other.is_translated,
            };
            match at(&target, entry, &config.price_table).filter(|_| other.is_priced) {
                Some(cost) => other.cost_picousd += i128::from(cost),
                None => other.is_priced = false,
            }
        }
    }
}

impl Advice {
    /// What would have been saved.
    #[must_use]
    pub const fn saving_picousd(&self) -> i128 {
        self.cost_picousd - self.would_cost_picousd
    }
}

impl serde::Serialize for Advice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", &self.model)?;
        map.serialize_entry("from", &self.from)?;
        map.serialize_entry("to", &self.to)?;
        map.serialize_entry("requests", &self.requests)?;
        money(&mut map, ["cost_usd", "cost_nanousd"], self.cost_picousd)?;
        let names = ["would_cost_usd", "would_cost_nanousd"];
        money(&mut map, names, self.would_cost_picousd)?;
        money(
            &mut map,
            ["saving_usd", "saving_nanousd"],
            self.saving_picousd(),
        )?;
        map.serialize_entry("because", &self.because)?;
        map.end()
    }
}

/// Whether the entry is of a request that was answered, and used anything.
fn is_compared(entry: &Entry) -> bool {
    let is_answered = matches!(
        entry.outcome(),
        Outcome::Ok | Outcome::ClientGone | Outcome::CutByBudget
    );
    let is_own = entry.role.is_empty() && entry.cache != "hit";
    is_answered && is_own && !entry.provider.is_empty() && !entry.usage().is_none()
}

/// Which configured providers list a model, by its name without what stands before a slash.
fn catalogue(config: &Config) -> HashMap<Box<str>, Vec<(&Provider, Box<str>)>> {
    let mut all: HashMap<Box<str>, Vec<(&Provider, Box<str>)>> = HashMap::new();
    for row in config.price_table.rows().filter(|row| row.model.is_exact()) {
        let is_whose = |provider: &&Provider| {
            *provider.name == *row.provider || provider.kind.as_str() == &*row.provider
        };
        let model = row.model.as_str();
        for provider in config.providers.iter().filter(is_whose) {
            let rows = all.entry(same_name(model)).or_default();
            let mut known = rows.iter();
            if !known.any(|(p, m)| p.name == provider.name && **m == *model) {
                rows.push((provider, model.into()));
            }
        }
    }
    all
}

fn same_name(model: &str) -> Box<str> {
    let name = model.rsplit_once('/').map_or(model, |(_, name)| name);
    name.to_ascii_lowercase().into()
}

/// Prices of input and output, in words.
fn listed(provider: &Provider, model: &str, at: i64, prices: &PriceTable) -> Option<String> {
    let by_name = prices.find(&provider.name, model, at);
    let price = by_name.or_else(|| prices.find(provider.kind.as_str(), model, at))?;
    let usd = |class: Class| {
        let rate = price.rate(class, ServiceTier::Standard, 0)?;
        Some(rate.usd_for(class).to_string())
    };
    let (input, output) = (usd(Class::Input)?, usd(Class::Output)?);
    Some(format!(
        "{input} USD in and {output} USD out per million tokens"
    ))
}
