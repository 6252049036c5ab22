//! What a model costs: a list of rates by class of token, service tier and context length.
//!
//! A [`Price`] is the provider's price list for one model. [`Price::cost`] splits a [`Usage`] into
//! classes that do not overlap ([`split`]), finds for each the rate in force, and adds up integers.

mod ceiling;
mod class;
mod rates;
mod shape;
mod split;
mod view;

pub use ceiling::{CacheWrites, Ceiling, Kinds, Most};
pub use class::Class;
pub use rates::{Rate, Rates};
pub use shape::Place;
pub(crate) use shape::STANDARD;
pub use split::{Split, split};

use crate::{Money, ServiceTier, Unit, Usage};
use view::View;

/// One model's price list: standard rates, and columns for tiers and long contexts.
///
/// ```
/// use quotah_policy::{Class, Price, Rate, ServiceTier, Usage};
///
/// let price = Price::new(Rate::parse_usd_per_mtok("0.15")?)
///     .with(Class::Output, Rate::parse_usd_per_mtok("0.60")?);
/// let usage = Usage { input_tokens: 1_000, output_tokens: 10, ..Usage::default() };
/// assert_eq!(price.cost(&usage, ServiceTier::Standard).to_string(), "0.000156");
/// # Ok::<(), quotah_policy::MoneyError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    standard: Rates,
    columns: Vec<Column>,
}

/// Rates that hold for a tier, for requests longer than a threshold, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The tier that these rates are for.
    pub tier: ServiceTier,
    /// They hold for requests with more input tokens than this, for **all** their tokens.
    pub above_tokens: u64,
    /// The rates that the provider publishes for it; what is missing is found elsewhere (see [`Price::rate`]).
    pub rates: Rates,
}

/// Money and how it came to be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// The amount; zero when nothing is known.
    pub amount: Money,
    /// Who says so.
    pub source: CostSource,
}

/// Who says what a request cost.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CostSource {
    /// The provider, in its answer.
    Provider,
    /// The price table.
    Table,
    /// Nobody: the model has no price. Not the same as free.
    #[default]
    None,
}

impl Price {
    /// A list that knows the price of input only.
    #[must_use]
    pub fn new(input: Rate) -> Self {
        Self {
            standard: Rates::default().with(Class::Input, input),
            columns: Vec::new(),
        }
    }

    /// A list of standard rates, be they by tokens or by the piece only.
    #[must_use]
    pub const fn of(standard: Rates) -> Self {
        Self {
            standard,
            columns: Vec::new(),
        }
    }

    /// The same list with a standard rate added or replaced.
    #[must_use]
    pub fn with(mut self, class: Class, rate: Rate) -> Self {
        self.standard = self.standard.with(class, rate);
        self
    }

    /// The same list with a column added; one for the same tier and threshold is replaced.
    ///
    /// The column for the standard tier above 0 tokens is the standard rates themselves: what it lists is
    /// added to them.
    #[must_use]
    pub fn with_column(mut self, column: Column) -> Self {
        if column.tier == ServiceTier::Standard && column.above_tokens == 0 {
            self.standard = column
                .rates
                .listed()
                .fold(self.standard, |all, (c, r)| all.with(c, r));
            return self;
        }
        self.columns
            .retain(|c| (c.tier, c.above_tokens) != (column.tier, column.above_tokens));
        self.columns.push(column);
        self.columns.sort_by_key(|c| (c.tier, c.above_tokens));
        self
    }

    /// The standard rates, as published.
    #[must_use]
    pub const fn standard(&self) -> &Rates {
        &self.standard
    }

    /// The other columns, as published, by tier and threshold.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What `usage` costs on `tier`: exact, never negative. What has no price costs nothing.
    ///
    /// The number of input tokens, cached ones included, decides the context length that **every** class is
    /// priced at; a threshold counts from one token above it.
    #[must_use]
    pub fn cost(&self, usage: &Usage, tier: ServiceTier) -> Money {
        self.charge(usage, tier).unwrap_or_default()
    }

    /// As [`Self::cost`], but `None` where something was used and nothing of it has a price.
    ///
    /// A unit without a price is taken to be included (Anthropic's web fetches are free of charge, most
    /// tools of most providers are): it costs nothing as long as anything else in the request has a price.
    /// Only a request that no rate at all applies to is unpriced.
    ///
    /// Audio that was heard is paid once: by its time where that is told and has a price (Mistral tells both
    /// its time and its tokens), else by its tokens.
    ///
    /// What is billed on the batch tier is the sum of many requests, whose lengths it does not tell: its
    /// base column holds.
    #[must_use]
    pub fn charge(&self, usage: &Usage, tier: ServiceTier) -> Option<Money> {
        let amounts = split(usage);
        let longest = match tier {
            ServiceTier::Batch => 0,
            _ => amounts.input_tokens(),
        };
        let view = self.view(tier, longest);
        let mut used = amounts.used().peekable();
        if used.peek().is_none() {
            return Some(Money::ZERO);
        }
        let heard = Class::Unit(Unit::InputAudioMs);
        let is_by_time = amounts.get(heard) > 0 && view.rate(heard).is_some();
        let is_paid_by_time =
            |class| is_by_time && matches!(class, Class::InputAudio | Class::CachedAudio);
        used.filter(|(class, _)| !is_paid_by_time(*class))
            .filter_map(|(class, count)| Some(view.rate(class)?.times(count)))
            .reduce(Money::saturating_add)
    }

    /// The rate of one class on `tier` in a request of `input_tokens`; `None` for what the list has no
    /// price for: units and web searches, or tokens of a model that is billed by the piece only.
    ///
    /// Published columns have gaps. A class that the column in force leaves out costs the dearest of what
    /// the tier's base column, the standard column at that length and the standard rates say; a class
    /// that none of them lists costs what it is a part of: cached, written, audio, image and video input as
    /// input (a longer-kept write as a write, cached audio and images as audio and images, or as cached
    /// where these have no price of their own), reasoning, audio, image and video output as output. Output
    /// without a price costs what audio, image or video output does, or else input. A request with low or
    /// high search context costs what any request does.
    #[must_use]
    pub fn rate(&self, class: Class, tier: ServiceTier, input_tokens: u64) -> Option<Rate> {
        self.view(tier, input_tokens).rate(class)
    }

    /// The columns that decide about a request of `input_tokens` on `tier`.
    fn view(&self, tier: ServiceTier, input_tokens: u64) -> View<'_> {
        // What OpenAI sells as "fast" is its priority tier; Anthropic's lists have a column for fast.
        let tier = match tier {
            ServiceTier::Fast if self.columns.iter().all(|c| c.tier != tier) => {
                ServiceTier::Priority
            }
            tier => tier,
        };
        let lengths = self.columns.iter().map(|column| column.above_tokens);
        let above = lengths
            .filter(|above| *above < input_tokens)
            .max()
            .unwrap_or(0);
        View {
            in_force: self.column(tier, above),
            nearby: [
                self.column(tier, 0),
                self.column(ServiceTier::Standard, above),
                Some(&self.standard),
            ],
        }
    }

    fn column(&self, tier: ServiceTier, above_tokens: u64) -> Option<&Rates> {
        if tier == ServiceTier::Standard && above_tokens == 0 {
            return Some(&self.standard);
        }
        let column = self
            .columns
            .iter()
            .find(|c| c.tier == tier && c.above_tokens == above_tokens);
        column.map(|column| &column.rates)
    }
}

impl CostSource {
    /// The name used in the ledger and in exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Table => "table",
            Self::None => "none",
        }
    }
}

#[cfg(test)]
mod tests;
