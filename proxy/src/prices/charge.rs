//! What a request costs by the table: the same whether it is settled now or rated again later.

use quotah_policy::{Money, Price, PriceTable, ServiceTier, Usage};

use crate::ledger::Entry;

/// Whom a request went to and what it used.
#[derive(Debug)]
pub struct Used<'a> {
    /// The provider's name in the configuration; prices by its name go before those by its kind.
    pub provider: &'a str,
    /// The provider's kind.
    pub kind: &'a str,
    /// The model that the provider was asked for.
    pub model_sent: &'a str,
    /// The model that it says it used, if it says so; its price goes before the one of the model asked for.
    pub model_answered: Option<&'a str>,
    /// When the request arrived, seconds since 1970: the price of then holds.
    pub at_unix_seconds: i64,
    /// The tier that served it.
    pub tier: ServiceTier,
    /// What the request itself used.
    pub own: Usage,
    /// What was used on its behalf by models that are billed beside it; without a name, by its own.
    pub calls: &'a [(Option<&'a str>, Usage)],
}

/// Calls `look` with what `entry` used, to be rated again. `kind` is its provider's, where the entry does not name it.
pub fn with_used<T>(entry: &Entry, kind: &str, look: impl FnOnce(&Used<'_>) -> T) -> T {
    let calls = entry.calls.iter();
    let calls: Vec<(Option<&str>, Usage)> = calls
        .map(|call| (Some(&*call.model).filter(|m| !m.is_empty()), call.usage()))
        .collect();
    let own = calls
        .iter()
        .fold(entry.usage(), |own, (_, usage)| own.saturating_sub(usage));
    look(&Used {
        provider: &entry.provider,
        kind: match &*entry.provider_kind {
            "" => kind,
            known => known,
        },
        model_sent: &entry.model_sent,
        model_answered: Some(&*entry.model_answered).filter(|model| !model.is_empty()),
        at_unix_seconds: i64::try_from(entry.at_unix_ms / 1_000).unwrap_or(i64::MAX),
        tier: ServiceTier::parse(&entry.service_tier).unwrap_or_default(),
        own,
        calls: &calls,
    })
}

impl Used<'_> {
    /// What it costs; `None` when there is no price for all or some of it.
    #[must_use]
    pub fn charge(&self, prices: &PriceTable) -> Option<Money> {
        let own = self.price(prices, self.model_answered)?;
        let mut cost = own.charge(&self.own, self.tier)?;
        for (model, usage) in self.calls {
            let price = self.price(prices, model.or(self.model_answered))?;
            cost = cost.saturating_add(price.charge(usage, self.tier)?);
        }
        Some(cost)
    }

    /// The price list of the model that answered, or else of the one asked for.
    #[must_use]
    pub fn price<'t>(&self, prices: &'t PriceTable, answered: Option<&str>) -> Option<&'t Price> {
        let of = |model: &str| {
            let by_name = prices.find(self.provider, model, self.at_unix_seconds);
            by_name.or_else(|| prices.find(self.kind, model, self.at_unix_seconds))
        };
        answered.and_then(of).or_else(|| of(self.model_sent))
    }
}
