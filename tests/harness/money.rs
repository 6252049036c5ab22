//! Prices as providers publish them, to check the program's sums against.

use quotah_bench::mock::Tokens;

use super::admin::Entry;

/// What a million tokens cost, in 10⁻¹² USD a token: so "0.15 USD" is 150,000.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) cache_write: u64,
    pub(crate) output: u64,
}

impl Rates {
    /// What these tokens cost, 10⁻¹² USD.
    pub(crate) fn picousd(&self, tokens: Tokens) -> u64 {
        let plain = tokens.input - tokens.cached - tokens.cache_write;
        plain * self.input
            + tokens.cached * self.cached
            + tokens.cache_write * self.cache_write
            + tokens.output * self.output
    }
}

/// A decimal number of dollars, as metrics and reports write it, in 10⁻¹² USD.
pub(crate) fn picousd(usd: &str) -> u64 {
    let (whole, part) = usd.split_once('.').unwrap_or((usd, ""));
    let digits = format!("{whole}{part:0<12}");
    assert!(part.len() <= 12, "more than twelve decimals: {usd}");
    digits
        .parse()
        .unwrap_or_else(|error| panic!("{usd:?} is no amount: {error}"))
}

/// The sum of all entries' costs, 10⁻¹² USD.
pub(crate) fn cost_of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> u64 {
    entries
        .into_iter()
        .map(|entry| entry.0["cost_picousd"].as_u64().unwrap_or(0))
        .sum()
}

/// The sum of all entries' tokens.
pub(crate) fn tokens_of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Tokens {
    let mut sum = Tokens::default();
    for entry in entries {
        sum += entry.tokens();
    }
    sum
}
