//! `[[prices]]`: own models and corrections to the built-in table.

use std::sync::Arc;

use quotah_adapters::ProviderKind;
use quotah_policy::{Class, Date, Pattern, Price, PriceRow, Rate, Rates, Unit};

use super::super::problem::{Problem, nearest};
use super::super::resolved::Provider;
use super::super::section::Section;

/// The rows in the order of the file.
pub(super) fn prices(root: &Section<'_>, providers: &[Provider]) -> Vec<PriceRow> {
    let mut rows = Vec::new();
    for section in root.tables("prices", "[[prices]]") {
        rows.extend(row(&section, providers));
        section.not_yet(&["tiers", "tier", "above_tokens"]);
        section.end();
    }
    rows
}

fn row(section: &Section<'_>, providers: &[Provider]) -> Option<PriceRow> {
    let provider = provider(section, providers);
    let model = section.required("model", "");
    let effective_from = effective_from(section);
    let rates: Vec<Option<Rate>> = KEYS
        .iter()
        .map(|(key, class)| rate(section, key, *class))
        .collect();
    let listed = KEYS.iter().zip(rates);
    let rates = listed.fold(Rates::default(), |mut rates, ((_, class), rate)| {
        if let Some(rate) = rate {
            rates.set(*class, rate);
        }
        rates
    });
    if rates.is_empty() {
        if !KEYS.iter().any(|(key, _)| section.is_present(key)) {
            section.missing(KEYS[0].0, "");
        }
        return None;
    }
    Some(PriceRow {
        provider: provider?.into(),
        model: Pattern::new(model?.value),
        effective_from,
        hours: None,
        price: Arc::new(Price::of(rates)),
    })
}

/// A configured provider's name, or a kind.
fn provider<'a>(section: &Section<'a>, providers: &[Provider]) -> Option<&'a str> {
    let at = section.required("provider", "")?;
    let kinds = ProviderKind::all().map(|kind| -> &str { kind.as_str() });
    let names = providers.iter().map(|provider| -> &str { &provider.name });
    let known: Vec<&str> = names.chain(kinds).collect();
    if known.contains(&at.value) {
        return Some(at.value);
    }
    let meant = nearest(at.value, known);
    let problem = Problem::UnknownProvider {
        name: at.value.to_owned(),
        meant,
    };
    section.problems().at(&at.place, problem);
    None
}

fn effective_from(section: &Section<'_>) -> Option<Date> {
    let at = section.decimal("effective_from")?;
    Date::parse(at.value)
        .or_else(|| section.invalid("effective_from", &at.place, "a day such as \"2026-01-31\""))
}

fn rate(section: &Section<'_>, key: &'static str, class: Class) -> Option<Rate> {
    let at = section.decimal(key)?;
    Rate::parse_for(class, at.value)
        .map_err(|e| {
            section.invalid::<()>(key, &at.place, &format!("an exact decimal number: {e}"))
        })
        .ok()
}

/// The key of each class, input first. Tokens and characters are per million, calls, pages, images and
/// other units per thousand, times per second.
const KEYS: [(&str, Class); Class::COUNT] = [
    ("input_usd_per_mtok", Class::Input),
    ("cached_input_usd_per_mtok", Class::CachedInput),
    ("cache_write_usd_per_mtok", Class::CacheWrite),
    ("cache_write_long_usd_per_mtok", Class::CacheWriteLong),
    ("input_audio_usd_per_mtok", Class::InputAudio),
    ("cached_audio_usd_per_mtok", Class::CachedAudio),
    ("input_image_usd_per_mtok", Class::InputImage),
    ("cached_image_usd_per_mtok", Class::CachedImage),
    ("input_video_usd_per_mtok", Class::InputVideo),
    ("output_usd_per_mtok", Class::Output),
    ("reasoning_usd_per_mtok", Class::Reasoning),
    ("output_audio_usd_per_mtok", Class::OutputAudio),
    ("output_image_usd_per_mtok", Class::OutputImage),
    ("output_video_usd_per_mtok", Class::OutputVideo),
    ("web_search_usd_per_thousand_calls", Class::WebSearch),
    (
        "web_fetch_usd_per_thousand_calls",
        Class::Unit(Unit::WebFetches),
    ),
    (
        "code_execution_usd_per_thousand_calls",
        Class::Unit(Unit::CodeExecutions),
    ),
    (
        "file_search_usd_per_thousand_calls",
        Class::Unit(Unit::FileSearches),
    ),
    (
        "x_search_usd_per_thousand_calls",
        Class::Unit(Unit::XSearches),
    ),
    (
        "maps_search_usd_per_thousand_calls",
        Class::Unit(Unit::MapsSearches),
    ),
    ("source_usd_per_thousand", Class::Unit(Unit::Sources)),
    (
        "search_unit_usd_per_thousand",
        Class::Unit(Unit::SearchUnits),
    ),
    (
        "classification_usd_per_thousand",
        Class::Unit(Unit::Classifications),
    ),
    (
        "input_image_usd_per_thousand",
        Class::Unit(Unit::InputImages),
    ),
    (
        "output_image_usd_per_thousand",
        Class::Unit(Unit::OutputImages),
    ),
    ("page_usd_per_thousand", Class::Unit(Unit::Pages)),
    (
        "annotated_page_usd_per_thousand",
        Class::Unit(Unit::AnnotatedPages),
    ),
    ("character_usd_per_million", Class::Unit(Unit::Characters)),
    (
        "input_audio_usd_per_second",
        Class::Unit(Unit::InputAudioMs),
    ),
    (
        "input_video_usd_per_second",
        Class::Unit(Unit::InputVideoMs),
    ),
    (
        "output_audio_usd_per_second",
        Class::Unit(Unit::OutputAudioMs),
    ),
    (
        "output_video_usd_per_second",
        Class::Unit(Unit::OutputVideoMs),
    ),
    ("request_usd_per_thousand", Class::Unit(Unit::Requests)),
    (
        "request_low_usd_per_thousand",
        Class::Unit(Unit::RequestsLow),
    ),
    (
        "request_high_usd_per_thousand",
        Class::Unit(Unit::RequestsHigh),
    ),
    ("citation_usd_per_mtok", Class::Unit(Unit::CitationTokens)),
    (
        "guardrail_unit_usd_per_thousand",
        Class::Unit(Unit::GuardrailUnits),
    ),
];
