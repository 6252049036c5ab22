//! What requests cost.

use proptest::prelude::*;

use super::*;
use crate::TOKENS_MAX;

fn rate(usd_per_mtok: &str) -> Rate {
    Rate::parse_usd_per_mtok(usd_per_mtok).unwrap()
}

/// A list with long contexts and tiers, in the shape of gemini-2.5-pro's.
fn list() -> Price {
    let column = |tier, above_tokens, input, output| Column {
        tier,
        above_tokens,
        rates: Rates::default()
            .with(Class::Input, rate(input))
            .with(Class::Output, rate(output)),
    };
    Price::new(rate("1.25"))
        .with(Class::CachedInput, rate("0.125"))
        .with(Class::Output, rate("10"))
        .with_column(column(ServiceTier::Standard, 200_000, "2.5", "15"))
        .with_column(column(ServiceTier::Batch, 0, "0.625", "5"))
}

fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage {
        input_tokens,
        output_tokens,
        ..Usage::default()
    }
}

#[test]
fn a_longer_context_reprices_the_whole_request_from_one_token_above() {
    let cost = |input| {
        list()
            .cost(&usage(input, 1_000), ServiceTier::Standard)
            .to_string()
    };
    assert_eq!(cost(200_000), "0.26");
    assert_eq!(cost(200_001), "0.5150025");
}

#[test]
fn cached_tokens_count_towards_the_length_of_the_context() {
    let cached = Usage {
        cached_input_tokens: 200_000,
        ..usage(200_001, 0)
    };
    // 1 × 2.50 and 200,000 × 0.125 (no cached price is listed for long contexts, so the base one holds).
    assert_eq!(
        list().cost(&cached, ServiceTier::Standard).to_string(),
        "0.0250025"
    );
}

#[test]
fn a_tier_without_prices_costs_the_standard_ones() {
    let usage = usage(1_000, 1_000);
    let standard = list().cost(&usage, ServiceTier::Standard);
    assert_eq!(list().cost(&usage, ServiceTier::Priority), standard);
    assert_eq!(list().cost(&usage, ServiceTier::Fast), standard);
    assert_eq!(
        list().cost(&usage, ServiceTier::Batch).to_string(),
        "0.005625"
    );
}

#[test]
fn fast_is_priority_where_the_list_has_no_fast() {
    let price = list().with_column(Column {
        tier: ServiceTier::Priority,
        above_tokens: 0,
        rates: Rates::default().with(Class::Input, rate("2.25")),
    });
    assert_eq!(
        price.rate(Class::Input, ServiceTier::Fast, 1),
        Some(rate("2.25"))
    );
}

#[test]
fn a_gap_in_a_column_costs_the_dearest_price_nearby() {
    let long_batch = |class| list().rate(class, ServiceTier::Batch, 300_000);
    assert_eq!(long_batch(Class::Input), Some(rate("2.5")));
    assert_eq!(long_batch(Class::CachedInput), Some(rate("0.125")));
    assert_eq!(long_batch(Class::WebSearch), None);
}

#[test]
fn a_class_without_a_price_costs_what_it_is_part_of() {
    let price = Price::new(rate("1")).with(Class::Output, rate("2"));
    for class in Class::ALL {
        let expected = match class {
            Class::WebSearch => None,
            class if class.is_input() => Some(rate("1")),
            _ => Some(rate("2")),
        };
        assert_eq!(
            price.rate(class, ServiceTier::Standard, 1),
            expected,
            "{}",
            class.as_str()
        );
    }
    let price = price
        .with(Class::CacheWrite, rate("1.25"))
        .with(Class::CachedInput, rate("0.1"));
    let of = |price: &Price, class| price.rate(class, ServiceTier::Standard, 1);
    assert_eq!(of(&price, Class::CacheWriteLong), Some(rate("1.25")));
    assert_eq!(of(&price, Class::CachedAudio), Some(rate("0.1")));
    let price = price.with(Class::InputAudio, rate("40"));
    assert_eq!(of(&price, Class::CachedAudio), Some(rate("40")));
}

#[test]
fn output_is_never_free_for_want_of_a_price() {
    let of = |price: &Price| price.rate(Class::Output, ServiceTier::Standard, 1);
    assert_eq!(of(&Price::new(rate("1"))), Some(rate("1")));
    assert_eq!(
        of(&Price::new(rate("1")).with(Class::OutputImage, rate("30"))),
        Some(rate("30"))
    );
}

#[test]
fn a_column_for_standard_and_any_length_is_the_standard_rates() {
    let rates = Rates::default().with(Class::Output, rate("3"));
    let column = Column {
        tier: ServiceTier::Standard,
        above_tokens: 0,
        rates,
    };
    let price = Price::new(rate("1")).with_column(column);
    assert_eq!(price, Price::new(rate("1")).with(Class::Output, rate("3")));
}

prop_compose! {
    /// Any list: every class priced or not, one tier and one length.
    fn any_price()(
        standard in prop::array::uniform12(prop::option::of(0..100_000_000_u64)),
        column in prop::array::uniform12(prop::option::of(0..100_000_000_u64)),
        tier in prop::sample::select(&ServiceTier::ALL[..]),
        above_tokens in 1..2_000_u64,
    ) -> Price {
        let rates = |picos: [Option<u64>; 12]| Class::ALL.into_iter().zip(picos).fold(
            Rates::default(),
            |rates, (class, picos)| picos.map_or(rates, |p| rates.with(class, Rate::from_picos(p))),
        );
        let column = Column { tier, above_tokens, rates: rates(column) };
        Price { standard: rates(standard), columns: vec![] }.with_column(column)
    }
}

prop_compose! {
    /// Any report, consistent or not; `huge` is its largest figure.
    fn any_usage(huge: u64)(n in prop::array::uniform12(prop_oneof![0..3_000_u64, Just(huge)])) -> Usage {
        Usage {
            input_tokens: n[0],
            cached_input_tokens: n[1],
            cache_write_tokens: n[2],
            cache_write_long_tokens: n[3],
            output_tokens: n[4],
            reasoning_tokens: n[5],
            input_audio_tokens: n[6],
            cached_audio_tokens: n[7],
            output_audio_tokens: n[8],
            input_image_tokens: n[9],
            output_image_tokens: n[10],
            web_search_requests: n[11],
        }
    }
}

proptest! {
    #[test]
    fn nothing_used_costs_nothing(price in any_price()) {
        for tier in ServiceTier::ALL {
            prop_assert_eq!(price.cost(&Usage::default(), tier), Money::ZERO);
        }
    }

    #[test]
    fn a_cost_is_never_negative(price in any_price(), usage in any_usage(u64::MAX)) {
        for tier in ServiceTier::ALL {
            prop_assert!(price.cost(&usage, tier) >= Money::ZERO);
        }
    }

    #[test]
    fn classes_add_up_to_what_was_reported(usage in any_usage(u64::MAX)) {
        let split = split(&usage);
        let sum = |input: bool| split
            .used()
            .filter(|(class, _)| class.is_input() == input && *class != Class::WebSearch)
            .map(|(_, count)| u128::from(count))
            .sum::<u128>();
        let written = u128::from(usage.cache_write_tokens.max(usage.cache_write_long_tokens));
        let cached = u128::from(usage.cached_input_tokens) + written;
        prop_assert_eq!(sum(true), u128::from(usage.input_tokens).max(cached));
        prop_assert_eq!(sum(false), u128::from(usage.output_tokens));
    }

    #[test]
    fn a_cost_is_the_sum_of_its_classes(price in any_price(), usage in any_usage(u64::MAX)) {
        let split = split(&usage);
        let sum = split
            .used()
            .filter_map(|(class, count)| {
                let rate = price.rate(class, ServiceTier::Batch, split.input_tokens())?;
                Some(i128::from(rate.picos()) * i128::from(count))
            })
            .sum::<i128>();
        prop_assert_eq!(price.cost(&usage, ServiceTier::Batch).picos(), sum);
    }

    /// With prices in the usual order (long contexts and parts no cheaper than short ones and wholes).
    #[test]
    fn using_more_of_any_class_never_costs_less(usage in any_usage(TOKENS_MAX), more in 1..5_000_u64) {
        let column = list().columns()[1].rates.with(Class::CachedInput, rate("0.25"));
        let price = list()
            .with(Class::CacheWrite, rate("1.5"))
            .with(Class::InputAudio, rate("3"))
            .with(Class::Reasoning, rate("20"))
            .with(Class::WebSearch, Rate::from_picos(10_000_000_000))
            .with_column(Column { tier: ServiceTier::Flex, above_tokens: 500, rates: column });
        let grown = [
            Usage { input_tokens: usage.input_tokens.saturating_add(more), ..usage },
            Usage { output_tokens: usage.output_tokens.saturating_add(more), ..usage },
            Usage {
                input_tokens: usage.input_tokens.saturating_add(more),
                cached_input_tokens: usage.cached_input_tokens.saturating_add(more),
                ..usage
            },
            Usage { reasoning_tokens: usage.reasoning_tokens.saturating_add(more), ..usage },
            Usage { input_audio_tokens: usage.input_audio_tokens.saturating_add(more), ..usage },
            Usage { web_search_requests: usage.web_search_requests.saturating_add(more), ..usage },
        ];
        for tier in ServiceTier::ALL {
            for grown in grown {
                prop_assert!(price.cost(&grown, tier) >= price.cost(&usage, tier), "{grown:?}");
            }
        }
    }
}
