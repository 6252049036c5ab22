//! What a request will really cost at a deployment: its list prices, and what its answers usually look like.

use crate::{Class, Money, Price, Rate, ServiceTier, Unit};

use super::{WHOLE, WHOLE_U64};

/// List prices that requests of one length are compared by, in pico-USD. What has no price is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnitRates {
    /// A token of the prompt.
    pub input: u64,
    /// A token of the prompt that is read from the provider's cache.
    pub cached_input: u64,
    /// A token of the answer.
    pub output: u64,
    /// A request, where there is a fee for each.
    pub request: u64,
}

/// What a request is expected to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expect {
    /// All tokens of its prompt, cached ones included.
    pub input_tokens: u64,
    /// All tokens of its answer.
    pub output_tokens: u64,
    /// How much of the prompt comes from the provider's cache, at most 10,000.
    pub cached_share_ten_thousandths: u16,
}

impl UnitRates {
    /// The rates on the standard tier of a request with `input_tokens`; `None` where `price` has none of them.
    #[must_use]
    pub fn of(price: &Price, input_tokens: u64) -> Option<Self> {
        let rate = |class| price.rate(class, ServiceTier::Standard, input_tokens);
        let input = rate(Class::Input);
        let output = rate(Class::Output);
        let request = rate(Class::Unit(Unit::Requests));
        if input.is_none() && output.is_none() && request.is_none() {
            return None;
        }
        let picos = |rate: Option<Rate>| rate.map_or(0, Rate::picos);
        Some(Self {
            input: picos(input),
            cached_input: picos(rate(Class::CachedInput)),
            output: picos(output),
            request: picos(request),
        })
    }
}

/// A price list's [`UnitRates`] for requests of every length, found once so that requests need not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateSheet {
    base: UnitRates,
    /// Rates of requests with more input tokens than so many, ascending.
    longer: Box<[(u64, UnitRates)]>,
}

impl RateSheet {
    /// The rates of `price` on the standard tier; `None` where it has none at all.
    #[must_use]
    pub fn of(price: &Price) -> Option<Self> {
        let columns = price.columns().iter();
        let mut lengths: Vec<u64> = columns.map(|column| column.above_tokens).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let longer = lengths.into_iter().filter(|above| *above > 0);
        let longer = longer.filter_map(|above| {
            let rates = UnitRates::of(price, above.saturating_add(1))?;
            Some((above, rates))
        });
        Some(Self {
            base: UnitRates::of(price, 0)?,
            longer: longer.collect(),
        })
    }

    /// The rates of a request with `input_tokens`: those of [`UnitRates::of`].
    #[must_use]
    pub fn rates(&self, input_tokens: u64) -> UnitRates {
        let mut longest_first = self.longer.iter().rev();
        let found = longest_first.find(|(above, _)| *above < input_tokens);
        found.map_or(self.base, |(_, rates)| *rates)
    }
}

impl Expect {
    /// The same, where so many tokens of the prompt are known to be in the deployment's cache. What it usually has
    /// cached stands where that is more.
    #[must_use]
    pub fn with_warm_tokens(self, warm_tokens: u64) -> Self {
        let warm = u128::from(warm_tokens).saturating_mul(u128::from(WHOLE));
        let share = warm.checked_div(u128::from(self.input_tokens)).unwrap_or(0);
        let share = u16::try_from(share).unwrap_or(WHOLE).min(WHOLE);
        Self {
            cached_share_ten_thousandths: share.max(self.cached_share_ten_thousandths),
            ..self
        }
    }
}

/// What a request is expected to cost at `rates`. Rounded to whole tokens, for a cached one too many none too few.
#[must_use]
pub fn effective_cost(rates: &UnitRates, expect: &Expect) -> Money {
    let share = u64::from(expect.cached_share_ten_thousandths.min(WHOLE));
    let cached = match expect.input_tokens.checked_mul(share) {
        Some(product) => product / WHOLE_U64,
        None => (expect.input_tokens / WHOLE_U64).saturating_mul(share),
    };
    let fresh = expect.input_tokens.saturating_sub(cached);
    let times = |rate: u64, count: u64| Rate::from_picos(rate).times(count);
    times(rates.input, fresh)
        .saturating_add(times(rates.cached_input, cached))
        .saturating_add(times(rates.output, expect.output_tokens))
        .saturating_add(times(rates.request, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Rates};

    fn price() -> Price {
        let rate = |text| Rate::parse_usd_per_mtok(text).unwrap();
        let long = Rates::default()
            .with(Class::Input, rate("6"))
            .with(Class::Output, rate("22.5"));
        Price::new(rate("3"))
            .with(Class::CachedInput, rate("0.3"))
            .with(Class::Output, rate("15"))
            .with_column(Column {
                tier: ServiceTier::Standard,
                above_tokens: 200_000,
                rates: long,
            })
    }

    #[test]
    fn rates_are_those_of_the_requests_length() {
        let at = |tokens| UnitRates::of(&price(), tokens).unwrap();
        assert_eq!(
            (at(200_000).input, at(200_001).input),
            (3_000_000, 6_000_000)
        );
        assert_eq!(at(200_001).output, 22_500_000);
        assert_eq!(at(0).cached_input, 300_000);
        assert_eq!(UnitRates::of(&Price::default(), 1), None);
    }

    #[test]
    fn a_sheet_says_what_the_list_says() {
        let price = price().with_column(Column {
            tier: ServiceTier::Priority,
            above_tokens: 500_000,
            rates: Rates::default().with(Class::Input, Rate::from_picos(9)),
        });
        let sheet = RateSheet::of(&price).unwrap();
        for tokens in [0, 1, 200_000, 200_001, 500_000, 500_001, u64::MAX] {
            let rates = UnitRates::of(&price, tokens).unwrap();
            assert_eq!(sheet.rates(tokens), rates, "{tokens}");
        }
        assert_eq!(RateSheet::of(&Price::default()), None);
    }

    #[test]
    fn a_fee_by_the_request_counts_once() {
        let fee = Rate::parse_usd_per_thousand_calls("5").unwrap();
        let rates = UnitRates::of(&price().with(Class::Unit(Unit::Requests), fee), 0).unwrap();
        let cost = effective_cost(&rates, &Expect::default());
        assert_eq!(cost.to_string(), "0.005");
    }

    #[test]
    fn what_is_cached_costs_what_cached_tokens_cost() {
        let rates = UnitRates::of(&price(), 10_000).unwrap();
        let expect = Expect {
            input_tokens: 10_000,
            output_tokens: 100,
            cached_share_ten_thousandths: 0,
        };
        assert_eq!(effective_cost(&rates, &expect).to_string(), "0.0315");
        let warm = expect.with_warm_tokens(9_000);
        assert_eq!(warm.cached_share_ten_thousandths, 9_000);
        // 1,000 × 3 + 9,000 × 0.30 + 100 × 15 dollars a million.
        assert_eq!(effective_cost(&rates, &warm).to_string(), "0.0072");
        assert_eq!(warm.with_warm_tokens(1), warm);
        let all = expect.with_warm_tokens(u64::MAX);
        assert_eq!(all.cached_share_ten_thousandths, 10_000);
    }

    #[test]
    fn no_figure_overflows() {
        let rates = UnitRates {
            input: u64::MAX,
            cached_input: u64::MAX,
            output: u64::MAX,
            request: u64::MAX,
        };
        let expect = Expect {
            input_tokens: u64::MAX,
            output_tokens: u64::MAX,
            cached_share_ten_thousandths: u16::MAX,
        };
        assert_eq!(effective_cost(&rates, &expect).picos(), i128::MAX);
    }
}
