//! Look-ups in the table that ships, and own rows over it.

use super::*;
use crate::{Class, Rate, ServiceTier, Usage};

const NOW: i64 = 1_795_219_200; // 2026-11-21

/// Shown as published: dollars per million tokens, by class.
fn published(model: &str, tier: ServiceTier, input_tokens: u64, classes: &[Class]) -> Vec<String> {
    let provider = ["claude", "gemini"]
        .into_iter()
        .find(|prefix| model.contains(prefix));
    let provider = match provider {
        Some("claude") => "anthropic",
        Some(gemini) => gemini,
        None => "openai",
    };
    let table = PriceTable::builtin();
    let price = table
        .find(provider, model, NOW)
        .unwrap_or_else(|| panic!("no price for {model}"));
    classes
        .iter()
        .map(|class| {
            price
                .rate(*class, tier, input_tokens)
                .unwrap()
                .usd_for(*class)
                .to_string()
        })
        .collect()
}

#[test]
fn models_cost_what_their_providers_publish() {
    for (model, input, cached, output) in [
        ("gpt-4o-mini", "0.15", "0.075", "0.60"),
        ("gpt-4o-mini-2024-07-18", "0.15", "0.075", "0.60"),
        ("gpt-4o", "2.50", "1.25", "10.00"),
        ("gpt-4o-2024-05-13", "5.00", "5.00", "15.00"),
        ("gpt-4o-2024-08-06", "2.50", "1.25", "10.00"),
        ("gpt-4o-audio-preview", "2.50", "2.50", "10.00"),
        ("gpt-4.1", "2.00", "0.50", "8.00"),
        ("gpt-4.1-nano-2025-04-14", "0.10", "0.025", "0.40"),
        ("gpt-4-0613", "30.00", "30.00", "60.00"),
        ("gpt-3.5-turbo", "0.50", "0.50", "1.50"),
        ("gpt-3.5-turbo-instruct", "1.50", "1.50", "2.00"),
        ("o1", "15.00", "7.50", "60.00"),
        ("o3-2025-04-16", "2.00", "0.50", "8.00"),
        ("o4-mini", "1.10", "0.275", "4.40"),
        ("gpt-5", "1.25", "0.125", "10.00"),
        ("gpt-5-nano-2025-08-07", "0.05", "0.005", "0.40"),
        ("gpt-5.6", "4.00", "0.40", "20.00"),
        ("gpt-5.6-sol", "4.00", "0.40", "20.00"),
        ("gpt-6-astra", "10.00", "1.00", "50.00"),
        ("gpt-6-luna", "0.10", "0.01", "0.50"),
        ("text-embedding-3-small", "0.02", "0.02", "0.00"),
        ("text-embedding-3-large", "0.13", "0.13", "0.00"),
        (
            "ft:gpt-4o-mini-2024-07-18:org::AbC1",
            "0.30",
            "0.15",
            "1.20",
        ),
        ("claude-sonnet-4-5", "3.00", "0.30", "15.00"),
        ("claude-sonnet-4-5-20250929", "3.00", "0.30", "15.00"),
        ("claude-haiku-4-5", "1.00", "0.10", "5.00"),
        ("claude-haiku-5-5", "0.10", "0.01", "0.50"),
        ("claude-opus-4-1-20250805", "15.00", "1.50", "75.00"),
        ("claude-opus-4-5@20251101", "5.00", "0.50", "25.00"),
        ("claude-opus-5-5", "4.00", "0.20", "20.00"),
        ("claude-fable-5-1", "10.00", "0.25", "50.00"),
        ("claude-fable-5-2", "8.00", "0.20", "40.00"),
        ("claude-3-5-haiku-20241022", "0.80", "0.08", "4.00"),
        ("claude-3-7-sonnet-latest", "3.00", "0.30", "15.00"),
        ("claude-sonnet-5", "2.00", "0.20", "10.00"),
        ("gemini-2.5-pro", "1.25", "0.125", "10.00"),
        ("models/gemini-2.5-flash", "0.30", "0.03", "2.50"),
        ("gemini-2.5-flash-lite", "0.10", "0.01", "0.40"),
        ("gemini-2.0-flash-001", "0.10", "0.025", "0.40"),
        ("gemini-3.1-pro-preview", "2.00", "0.20", "12.00"),
        ("gemini-3.6-flash", "0.75", "0.075", "3.75"),
        ("gemini-4-argon", "2.00", "0.10", "10.00"),
        ("gemini-embedding-001", "0.15", "0.15", "0.00"),
    ] {
        let classes = [Class::Input, Class::CachedInput, Class::Output];
        let shown = published(model, ServiceTier::Standard, 1_000, &classes);
        assert_eq!(shown, [input, cached, output], "{model}");
    }
}

#[test]
fn writes_audio_and_searches_have_their_published_prices() {
    for (model, class, usd) in [
        ("claude-sonnet-4-5", Class::CacheWrite, "3.75"),
        ("claude-sonnet-4-5", Class::CacheWriteLong, "6.00"),
        ("claude-sonnet-4-5", Class::WebSearch, "10.00"),
        ("gpt-5.6", Class::CacheWrite, "5.00"),
        ("gpt-5.6", Class::CacheWriteLong, "10.00"),
        ("gpt-4o-audio-preview", Class::InputAudio, "40.00"),
        ("gpt-4o-audio-preview", Class::OutputAudio, "80.00"),
        ("gpt-4o-transcribe", Class::InputAudio, "6.00"),
        ("gemini-2.5-flash", Class::InputAudio, "1.00"),
        ("gemini-2.5-flash", Class::CachedAudio, "0.10"),
        ("gemini-2.5-flash", Class::Reasoning, "2.50"),
        ("gemini-2.5-flash-image", Class::OutputImage, "30.00"),
    ] {
        let shown = published(model, ServiceTier::Standard, 1_000, &[class]);
        assert_eq!(shown, [usd], "{model} {}", class.as_str());
    }
}

#[test]
fn tiers_and_long_contexts_have_their_published_prices() {
    for (model, tier, input_tokens, input, output) in [
        (
            "gemini-2.5-pro",
            ServiceTier::Standard,
            200_000,
            "1.25",
            "10.00",
        ),
        (
            "gemini-2.5-pro",
            ServiceTier::Standard,
            200_001,
            "2.50",
            "15.00",
        ),
        (
            "gemini-2.5-pro",
            ServiceTier::Batch,
            200_001,
            "1.25",
            "7.50",
        ),
        ("gemini-2.5-pro", ServiceTier::Flex, 200_001, "1.25", "7.50"),
        (
            "gemini-2.5-pro",
            ServiceTier::Priority,
            200_001,
            "4.50",
            "27.00",
        ),
        (
            "claude-haiku-5-5",
            ServiceTier::Standard,
            100_000,
            "0.10",
            "0.50",
        ),
        (
            "claude-haiku-5-5",
            ServiceTier::Standard,
            100_001,
            "0.50",
            "2.50",
        ),
        ("claude-sonnet-4-5", ServiceTier::Batch, 1, "1.50", "7.50"),
        ("claude-opus-5-5", ServiceTier::Fast, 1, "8.00", "40.00"),
        ("gpt-6-astra", ServiceTier::Flex, 1, "5.00", "25.00"),
        ("gpt-6-astra", ServiceTier::Fast, 272_001, "40.00", "150.00"),
        (
            "gpt-6-astra",
            ServiceTier::Ultrafast,
            272_001,
            "120.00",
            "450.00",
        ),
        ("gpt-4o-mini", ServiceTier::Priority, 1, "0.25", "1.00"),
    ] {
        let shown = published(model, tier, input_tokens, &[Class::Input, Class::Output]);
        assert_eq!(shown, [input, output], "{model} {tier:?} {input_tokens}");
    }
}

#[test]
fn a_name_that_only_begins_like_a_known_one_is_unpriced() {
    let table = PriceTable::builtin();
    for (provider, model) in [
        ("openai", "gpt-4o-video-preview"),
        ("openai", "gpt-4"),
        ("anthropic", "gpt-4o"),
        ("nobody", "gpt-4o"),
        ("openai", "whisper-2"),
        ("openai", "sample_spec"),
        ("openai", ""),
    ] {
        let known = table.find(provider, model, NOW).is_some();
        assert_eq!(known, model == "gpt-4", "{provider} {model}");
    }
}

#[test]
fn an_announced_price_holds_from_its_day_on() {
    let table = PriceTable::builtin();
    let usage = Usage {
        input_tokens: 1_000_000,
        ..Usage::default()
    };
    let cost = |day: &str, second: i64| {
        let at = Date::parse(day).unwrap().unix_seconds() + second;
        let price = table.find("gemini", "gemini-4-argon", at).unwrap();
        price.cost(&usage, ServiceTier::Standard).to_string()
    };
    assert_eq!(cost("2026-12-01", -1), "2.00");
    assert_eq!(cost("2026-12-01", 0), "4.00");
}

fn own(model: &str, from: Option<&str>, usd_per_mtok: &str) -> PriceRow {
    let price = Price::new(Rate::parse_usd_per_mtok(usd_per_mtok).unwrap());
    PriceRow::new("openai", model, from.and_then(Date::parse), price)
}

#[test]
fn own_rows_win_and_the_most_telling_of_them_first() {
    let table = PriceTable::builtin().with_overrides(vec![
        own("*", None, "9"),
        own("gpt-4o-*", None, "8"),
        own("gpt-4o-mini", Some("2026-01-01"), "7"),
        own("gpt-4o-mini", Some("2026-11-21"), "6"),
        own("gpt-4o-mini", Some("2026-11-22"), "5"),
    ]);
    for (model, usd) in [
        ("gpt-4o-mini", "6.00"),
        ("gpt-4o-mini-2024-07-18", "6.00"),
        ("gpt-4o-audio-preview", "8.00"),
        ("o3", "9.00"),
        ("unheard-of", "9.00"),
    ] {
        let price = table.find("openai", model, NOW).unwrap();
        let rate = price.rate(Class::Input, ServiceTier::Standard, 1).unwrap();
        assert_eq!(rate.usd_for(Class::Input).to_string(), usd, "{model}");
    }
    assert!(table.find("anthropic", "unheard-of", NOW).is_none());
}

#[test]
fn an_own_row_not_yet_in_force_leaves_the_table_as_it_is() {
    let table =
        PriceTable::builtin().with_overrides(vec![own("gpt-4o-mini", Some("2027-01-01"), "5")]);
    let price = table.find("openai", "gpt-4o-mini", NOW).unwrap();
    assert_eq!(
        price.standard().get(Class::Input),
        Some(Rate::from_picos(150_000))
    );
}

#[test]
fn the_version_tells_tables_apart() {
    let table = PriceTable::builtin();
    assert_eq!(table.version(), "2026-11-20");
    assert_eq!(table.as_of_unix_seconds(), 1_795_132_800);
    let one = table.clone().with_overrides(vec![own("a", None, "1")]);
    let two = one.clone().with_overrides(vec![own("a", None, "2")]);
    assert_eq!(one.version().len(), "2026-11-20+00000000".len());
    assert_ne!(one.version(), two.version());
    assert_eq!(two.with_overrides(Vec::new()).version(), table.version());
}

#[test]
fn no_name_stands_twice_for_one_provider_and_day() {
    let mut seen = std::collections::HashSet::new();
    for row in PriceTable::builtin().rows() {
        let name = row.model.as_str().to_ascii_lowercase();
        let place = (
            row.provider.clone(),
            name,
            row.effective_from,
            row.hours.clone(),
        );
        assert!(seen.insert(place), "{} {}", row.provider, row.model);
    }
    assert!(seen.len() > 3_000, "{}", seen.len());
}

#[test]
fn a_longer_context_is_never_cheaper_and_a_discount_never_dearer() {
    let mut odd = Vec::new();
    for row in PriceTable::builtin().rows() {
        for class in Class::ALL.into_iter().filter(|class| class.is_token()) {
            let rate = |tier, tokens| row.price.rate(class, tier, tokens).unwrap_or_default();
            let longer = ServiceTier::ALL
                .into_iter()
                .filter(|tier| rate(*tier, 1) > rate(*tier, 10_000_000));
            let standard = rate(ServiceTier::Standard, 1);
            let dearer = [ServiceTier::Batch, ServiceTier::Flex]
                .into_iter()
                .filter(|tier| rate(*tier, 1) > standard);
            odd.extend(longer.chain(dearer).map(|tier| {
                format!(
                    "{} {} {} {}",
                    row.provider,
                    row.model,
                    tier.as_str(),
                    class.as_str()
                )
            }));
        }
    }
    assert_eq!(odd, Vec::<String>::new());
}
