//! What entries cost by the price tables of two configurations.

use quotah_policy::{Price, PriceTable, ServiceTier, Usage};

use super::routes::Target;
use crate::config::resolved::Config;
use crate::ledger::{CostSource, Entry};
use crate::prices::{Used, with_used};

/// Both tables.
#[derive(Debug)]
pub(super) struct Pricing<'c> {
    current: &'c Config,
    new: &'c Config,
    /// No price differs.
    is_same: bool,
}

impl<'c> Pricing<'c> {
    pub(super) fn new(current: &'c Config, new: &'c Config) -> Self {
        let (old, table) = (&current.price_table, &new.price_table);
        Self {
            current,
            new,
            // The built-in rows are one build's; the version tells of an update.
            is_same: old.own_rows() == table.own_rows() && old.version() == table.version(),
        }
    }

    /// What the entry costs where it went; `None` where its prices are the same or the provider itself said the cost.
    /// Inside, `None` where there is no price any more.
    pub(super) fn anew(&self, entry: &Entry) -> Option<Option<i64>> {
        let is_said = entry.cost_source() == CostSource::Provider;
        if self.is_same || is_said || entry.usage().is_none() {
            return None;
        }
        let (old, table) = (&*self.current.price_table, &*self.new.price_table);
        with_used(entry, self.kind(entry), |used| {
            differs(used, old, table).then(|| used.charge(table).map(picos))
        })
    }

    /// What the entry would cost at another deployment, by what it used; `None` without a price.
    pub(super) fn at(&self, target: &Target<'_>, entry: &Entry) -> Option<i64> {
        at(target, entry, &self.new.price_table)
    }

    fn kind(&self, entry: &Entry) -> &'static str {
        let mut providers = self.current.providers.iter();
        let provider = providers.find(|provider| *provider.name == *entry.provider);
        provider.map_or("", |provider| provider.kind.as_str())
    }
}

/// What `entry` would cost at `target`, by what it used; `None` without a price.
///
/// All of it counts as used by the one model, on the tier that served it where the kind of provider is the same,
/// and on the standard tier elsewhere.
pub(super) fn at(target: &Target<'_>, entry: &Entry, prices: &PriceTable) -> Option<i64> {
    let kind = target.provider.kind.as_str();
    let tier = ServiceTier::parse(&entry.service_tier).filter(|_| kind == entry.provider_kind);
    let calls: [(Option<&str>, Usage); 0] = [];
    let used = Used {
        provider: &target.provider.name,
        kind,
        model_sent: target.model,
        model_answered: None,
        at_unix_seconds: i64::try_from(entry.at_unix_ms / 1_000).unwrap_or(i64::MAX),
        tier: tier.unwrap_or_default(),
        own: entry.usage(),
        calls: &calls,
    };
    used.charge(prices).map(picos)
}

/// Whether any price that applies is another one.
fn differs(used: &Used<'_>, old: &PriceTable, new: &PriceTable) -> bool {
    let answered = used.model_answered;
    let prices = |table| -> Option<&Price> { used.price(table, answered) };
    let is_other = |model: Option<&str>| {
        let model = model.or(answered);
        used.price(old, model) != used.price(new, model)
    };
    prices(old) != prices(new) || used.calls.iter().any(|(model, _)| is_other(*model))
}

fn picos(cost: quotah_policy::Money) -> i64 {
    i64::try_from(cost.picos()).unwrap_or(i64::MAX)
}
