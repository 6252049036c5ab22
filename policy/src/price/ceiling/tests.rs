use proptest::prelude::*;

use super::*;
use crate::{Rates, Usage, price::Column};

fn rate(usd_per_mtok: &str) -> Rate {
    Rate::parse_usd_per_mtok(usd_per_mtok).unwrap()
}

/// In the shape of a list with caches, reasoning, audio and a long context.
fn list() -> Price {
    Price::new(rate("5"))
        .with(Class::CachedInput, rate("0.5"))
        .with(Class::CacheWrite, rate("6.25"))
        .with(Class::CacheWriteLong, rate("10"))
        .with(Class::InputAudio, rate("40"))
        .with(Class::Output, rate("20"))
        .with(Class::OutputAudio, rate("80"))
        .with_column(Column {
            tier: ServiceTier::Standard,
            above_tokens: 200_000,
            rates: Rates::default()
                .with(Class::Input, rate("10"))
                .with(Class::Output, rate("30")),
        })
}

fn cost(most: Most, output_tokens: u64) -> String {
    let ceiling = Ceiling::of(&list(), ServiceTier::Standard, &most).unwrap();
    ceiling.cost(output_tokens).to_string()
}

#[test]
fn the_dearest_class_that_may_come_decides() {
    let text = Most {
        input_tokens: 1_000,
        ..Most::default()
    };
    assert_eq!(cost(text, 1_000), "0.025");
    let writes = |cache_writes| Most {
        cache_writes,
        ..text
    };
    assert_eq!(cost(writes(CacheWrites::Short), 0), "0.00625");
    assert_eq!(cost(writes(CacheWrites::Long), 0), "0.01");
    let kinds = |kinds| Most { kinds, ..text };
    let heard = Kinds {
        input_audio: true,
        ..Kinds::default()
    };
    assert_eq!(cost(kinds(heard), 0), "0.04");
    let spoken = Kinds {
        output_audio: true,
        ..Kinds::default()
    };
    assert_eq!(cost(kinds(spoken), 1_000), "0.085");
}

#[test]
fn a_long_context_is_dearer_from_one_token_above() {
    let of = |input_tokens| Most {
        input_tokens,
        ..Most::default()
    };
    assert_eq!(cost(of(200_000), 1_000), "1.02");
    assert_eq!(cost(of(200_001), 1_000), "2.03001");
}

#[test]
fn what_is_paid_by_the_piece_is_in_it() {
    let per_call = |usd| Rate::parse_usd_per_thousand_calls(usd).unwrap();
    let price = Price::new(rate("1"))
        .with(Class::Unit(Unit::Requests), per_call("5"))
        .with(Class::Unit(Unit::RequestsHigh), per_call("12"))
        .with(Class::WebSearch, per_call("10"));
    let most = Most {
        web_searches: 2,
        ..Most::default()
    };
    let ceiling = Ceiling::of(&price, ServiceTier::Standard, &most).unwrap();
    assert_eq!(ceiling.cost(0).to_string(), "0.032");
    assert_eq!(ceiling.output_cost(1_000).to_string(), "0.001");
}

#[test]
fn what_nothing_has_a_price_for_has_no_ceiling_and_what_is_free_has() {
    let none = Price::of(Rates::default().with(Class::Unit(Unit::Pages), rate("1")));
    let most = Most::default();
    assert_eq!(Ceiling::of(&none, ServiceTier::Standard, &most), None);
    let pages = Most {
        units: Units::NONE.with(Unit::Pages, 3),
        ..most
    };
    assert!(Ceiling::of(&none, ServiceTier::Standard, &pages).is_some());
    let free = Price::new(Rate::default());
    let free = Ceiling::of(&free, ServiceTier::Standard, &most).unwrap();
    assert_eq!(free.affordable_output(Money::ZERO), Some(u64::MAX));
}

#[test]
fn the_dearer_of_two_holds_for_both() {
    let of = |input, output| {
        let price = Price::new(rate(input)).with(Class::Output, rate(output));
        let most = Most {
            input_tokens: 1_000_000,
            ..Most::default()
        };
        Ceiling::of(&price, ServiceTier::Standard, &most).unwrap()
    };
    let both = of("1", "20").or_dearer(of("2", "10"));
    assert_eq!(both.cost(1_000_000).to_string(), "22.00");
}

fn any_price() -> impl Strategy<Value = Price> {
    let figure = (0..Class::COUNT, 0..3_usize, 0..3_usize, 0..100_000_u64);
    prop::collection::vec(figure, 1..25).prop_map(|figures| {
        let mut price = Price::default();
        for (class, tier, above, picos) in figures {
            let above = [0, 1_000, 200_000][above];
            price.set(
                TIERS[tier],
                above,
                Class::ALL[class],
                Rate::from_picos(picos),
            );
        }
        price
    })
}

const TIERS: [ServiceTier; 3] = [
    ServiceTier::Standard,
    ServiceTier::Batch,
    ServiceTier::Priority,
];

/// A usage that adds up: the parts of each total are drawn one after the other from what is left.
fn any_usage() -> impl Strategy<Value = Usage> {
    let totals = (0..300_000_u64, 0..300_000_u64);
    let parts = prop::collection::vec(0..100_u64, 11);
    (totals, parts, 0..5_u64, 0..5_u64).prop_map(|((input, output), parts, searches, pages)| {
        let (mut fresh, mut text) = (input, output);
        let take = |left: &mut u64, place: usize| {
            let part = *left * parts[place] / 100;
            *left -= part;
            part
        };
        let cached = take(&mut fresh, 0);
        let written = take(&mut fresh, 1);
        let (audio, image) = (take(&mut fresh, 2), take(&mut fresh, 3));
        let video = take(&mut fresh, 4);
        let mut in_cache = cached;
        let cached_audio = take(&mut in_cache, 5);
        Usage {
            input_tokens: input,
            cached_input_tokens: cached,
            cache_write_tokens: written,
            cache_write_long_tokens: written * parts[6] / 100,
            input_audio_tokens: audio + cached_audio,
            cached_audio_tokens: cached_audio,
            input_image_tokens: image,
            input_video_tokens: video,
            output_tokens: output,
            reasoning_tokens: take(&mut text, 7),
            output_audio_tokens: take(&mut text, 8),
            output_image_tokens: take(&mut text, 9),
            output_video_tokens: take(&mut text, 10),
            web_search_requests: searches,
            units: Units::NONE
                .with(Unit::Pages, pages)
                .with(Unit::RequestsLow, 1),
            ..Usage::default()
        }
    })
}

proptest! {
    #[test]
    fn no_bill_is_above_the_ceiling(
        price in any_price(),
        usage in any_usage(),
        tier in 0..TIERS.len(),
        more in 0..300_000_u64,
    ) {
        let all = Kinds {
            input_audio: true,
            input_images: true,
            input_video: true,
            output_audio: true,
            output_images: true,
            output_video: true,
        };
        let most = Most {
            input_tokens: usage.input_tokens + more,
            cache_writes: CacheWrites::Long,
            kinds: all,
            web_searches: usage.web_search_requests,
            units: usage.units,
        };
        let billed = price.charge(&usage, TIERS[tier]);
        let ceiling = Ceiling::of(&price, TIERS[tier], &most);
        prop_assert!(ceiling.is_some() || billed.is_none_or(|cost| cost == Money::ZERO));
        if let Some(ceiling) = ceiling {
            let most = ceiling.cost(usage.output_tokens);
            prop_assert!(billed.unwrap_or_default() <= most, "{billed:?} > {most}");
        }
    }

    #[test]
    fn what_is_affordable_is_paid_and_one_token_more_is_not(
        price in any_price(),
        input_tokens in 0..300_000_u64,
        amount in 0..10_000_000_000_i128,
    ) {
        let most = Most { input_tokens, ..Most::default() };
        let Some(ceiling) = Ceiling::of(&price, ServiceTier::Standard, &most) else {
            return Ok(());
        };
        let amount = Money::from_picos(amount);
        match ceiling.affordable_output(amount) {
            Some(u64::MAX) => prop_assert_eq!(ceiling.output_cost(1), Money::ZERO),
            Some(tokens) => {
                prop_assert!(ceiling.cost(tokens) <= amount);
                prop_assert!(amount < ceiling.cost(tokens + 1));
            }
            None => prop_assert!(ceiling.cost(0) > amount),
        }
    }
}
