//! What requests cost.

use proptest::prelude::*;

use super::*;
use crate::{TOKENS_MAX, Unit, Units};

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
            Class::WebSearch | Class::Unit(_) => None,
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

#[test]
fn a_unit_without_a_price_is_free_beside_one_that_has_a_price_and_unpriced_alone() {
    let pages = Class::Unit(Unit::Pages);
    let price = Price::of(Rates::default().with(pages, Rate::from_picos(2_000_000_000)));
    let charge = |usage: Usage| {
        let cost = price.charge(&usage, ServiceTier::Standard);
        cost.map(|cost| cost.to_string())
    };
    let fetches = Units::NONE.with(Unit::WebFetches, 2);
    let read = Usage {
        units: fetches.with(Unit::Pages, 3),
        ..usage(500, 0)
    };
    assert_eq!(charge(read).as_deref(), Some("0.006"));
    assert_eq!(charge(usage(500, 0)), None);
    let fetched = Usage {
        units: fetches,
        ..Usage::default()
    };
    assert_eq!(charge(fetched), None);
    assert_eq!(charge(Usage::default()).as_deref(), Some("0.00"));
}

#[test]
fn audio_told_by_its_time_and_its_tokens_is_paid_once() {
    let usage = Usage {
        input_audio_tokens: 375,
        units: Units::NONE.with(Unit::InputAudioMs, 3_000),
        ..usage(378, 11)
    };
    let by_tokens = Price::new(rate("1")).with(Class::Output, rate("2"));
    let cost = |list: &Price| list.cost(&usage, ServiceTier::Standard).to_string();
    assert_eq!(cost(&by_tokens), "0.0004");
    let second = Rate::parse_usd_per_thousand_calls("0.00005").unwrap();
    let by_time = by_tokens.with(Class::Unit(Unit::InputAudioMs), second);
    assert_eq!(cost(&by_time), "0.000175");
    let audio_too = by_time.with(Class::InputAudio, rate("4"));
    assert_eq!(cost(&audio_too), "0.000175");
}

#[test]
fn a_batch_of_many_requests_is_not_taken_for_a_long_one() {
    let cost = |tier| list().cost(&usage(1_000_000, 0), tier).to_string();
    assert_eq!(cost(ServiceTier::Batch), "0.625");
    assert_eq!(cost(ServiceTier::Standard), "2.50");
}

#[test]
fn a_request_costs_the_same_whatever_its_search_context_unless_the_list_says_otherwise() {
    let requests = |unit| Usage {
        units: Units::NONE.with(unit, 1),
        ..Usage::default()
    };
    let fee = |unit, usd| {
        let rate = Rate::parse_for(Class::Unit(unit), usd).unwrap();
        Rates::default().with(Class::Unit(unit), rate)
    };
    let price = Price::of(fee(Unit::Requests, "8"));
    for unit in [Unit::Requests, Unit::RequestsLow, Unit::RequestsHigh] {
        let cost = price.cost(&requests(unit), ServiceTier::Standard);
        assert_eq!(cost.to_string(), "0.008");
    }
}

prop_compose! {
    /// Any list: every class priced or not, one tier and one length.
    fn any_price()(
        standard in prop::collection::vec(prop::option::of(0..100_000_000_u64), Class::COUNT),
        column in prop::collection::vec(prop::option::of(0..100_000_000_u64), Class::COUNT),
        tier in prop::sample::select(&ServiceTier::ALL[..]),
        above_tokens in 1..2_000_u64,
    ) -> Price {
        let rates = |picos: Vec<Option<u64>>| Class::ALL.into_iter().zip(picos).fold(
            Rates::default(),
            |rates, (class, picos)| match picos {
                Some(picos) => rates.with(class, Rate::from_picos(picos)),
                None => rates,
            },
        );
        let column = Column { tier, above_tokens, rates: rates(column) };
        Price { standard: rates(standard), columns: vec![] }.with_column(column)
    }
}

prop_compose! {
    /// Any report, consistent or not; `huge` is its largest figure.
    fn any_usage(huge: u64)(
        n in prop::array::uniform15(prop_oneof![0..3_000_u64, Just(huge)]),
        units in prop::array::uniform22(0..3_u64),
    ) -> Usage {
        Usage { units: Unit::ALL.into_iter().zip(units).collect(), ..Usage::from_counts(n) }
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
            .filter(|(class, _)| class.is_input() == input && class.is_token())
            .map(|(_, count)| u128::from(count))
            .sum::<u128>();
        let written = u128::from(usage.cache_write_tokens.max(usage.cache_write_long_tokens));
        let cached = u128::from(usage.cached_input_tokens) + written;
        prop_assert_eq!(sum(true), u128::from(usage.input_tokens).max(cached));
        prop_assert_eq!(sum(false), u128::from(usage.output_tokens));
    }

    #[test]
    fn a_cost_is_the_sum_of_its_classes(price in any_price(), usage in any_usage(u64::MAX)) {
        // Audio by its time is in place of audio by its tokens.
        let units = usage.units.with(Unit::InputAudioMs, 0);
        let usage = Usage { units, ..usage };
        let split = split(&usage);
        let sum = split
            .used()
            .filter_map(|(class, count)| {
                let rate = price.rate(class, ServiceTier::Batch, 0)?;
                Some(i128::from(rate.picos()) * i128::from(count))
            })
            .sum::<i128>();
        prop_assert_eq!(price.cost(&usage, ServiceTier::Batch).picos(), sum);
    }

    /// With prices in the usual order (long contexts and parts no cheaper than short ones and wholes).
    #[test]
    fn using_more_of_any_class_never_costs_less(usage in any_usage(TOKENS_MAX), more in 1..5_000_u64) {
        let column = list().columns()[1].rates.clone().with(Class::CachedInput, rate("0.25"));
        let price = list()
            .with(Class::CacheWrite, rate("1.5"))
            .with(Class::InputAudio, rate("3"))
            .with(Class::Reasoning, rate("20"))
            .with(Class::WebSearch, Rate::from_picos(10_000_000_000))
            .with_column(Column { tier: ServiceTier::Flex, above_tokens: 500, rates: column.clone() });
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
