//! Prices as the command line and the admin plane show them: a line for each model, tier and context length.

mod charge;
mod file;

pub use charge::{Used, with_used};
pub use file::{FILE_BYTES_MAX, UPDATE_FILE, UpdateFault, read_text, updated_table, write_update};

use quotah_policy::{Class, Pattern, PriceRow, PriceTable, Rates};
use serde::{Serialize, Serializer};

/// One column of a price list, with the rates that are published in it.
#[derive(Debug, Clone, Serialize)]
pub struct PriceLine {
    /// Whose price.
    pub provider: String,
    /// The model, or several by a pattern.
    pub model: String,
    /// The first day on which it holds; none means since ever.
    pub effective_from: Option<String>,
    /// The hours (UTC) at which it holds in place of the line for any hour: `1-5@01:00-04:00`, 1 is Monday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// Where it comes from: `config`, `update` or `built-in`; absent in lists of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<&'static str>,
    /// The service tier.
    pub tier: &'static str,
    /// It holds for requests with more input tokens than this.
    pub above_tokens: u64,
    /// Dollars by class: per million tokens and characters, per thousand of anything else, times per second.
    #[serde(serialize_with = "by_class")]
    pub usd: Vec<(Class, String)>,
}

/// The lines of one row of the table: standard rates first.
pub fn lines(row: &PriceRow) -> Vec<PriceLine> {
    let line = |tier, above_tokens, rates: &Rates| PriceLine {
        provider: row.provider.to_string(),
        model: row.model.to_string(),
        effective_from: row.effective_from.map(|day| day.to_string()),
        hours: row.hours.as_ref().map(ToString::to_string),
        origin: None,
        tier,
        above_tokens,
        usd: rates
            .listed()
            .map(|(class, rate)| (class, rate.usd_for(class).to_string()))
            .collect(),
    };
    let standard = line("standard", 0, row.price.standard());
    let columns = row.price.columns().iter();
    let columns = columns.map(|c| line(c.tier.as_str(), c.above_tokens, &c.rates));
    std::iter::once(standard).chain(columns).collect()
}

/// What `model` costs at a time in seconds since 1970, at every provider of `table` that has it.
#[must_use]
pub fn lines_of(table: &PriceTable, model: &str, at_unix_seconds: i64) -> Vec<PriceLine> {
    let mut providers: Vec<&str> = table.rows().map(|row| &*row.provider).collect();
    providers.sort_unstable();
    providers.dedup();
    let found = providers.into_iter().filter_map(|provider| {
        let (origin, row) = table.find_row(provider, model, at_unix_seconds)?;
        let asked = PriceRow {
            model: Pattern::new(model),
            ..row.clone()
        };
        Some(lines(&asked).into_iter().map(move |line| PriceLine {
            origin: Some(origin.as_str()),
            ..line
        }))
    });
    found.flatten().collect()
}

impl PriceLine {
    /// The rate of a class, or nothing.
    #[must_use]
    pub fn rate(&self, class: Class) -> &str {
        self.usd
            .iter()
            .find(|(c, _)| *c == class)
            .map_or("", |(_, rate)| rate)
    }
}

fn by_class<S: Serializer>(rates: &[(Class, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(rates.iter().map(|(class, rate)| (class.as_str(), rate)))
}
