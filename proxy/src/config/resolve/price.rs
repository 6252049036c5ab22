//! `[[prices]]`: own models and corrections to the built-in table.

use std::sync::Arc;

use quotah_adapters::ProviderKind;
use quotah_policy::{Class, Date, Pattern, Price, PriceRow, Rate};

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
    let mut listed = KEYS
        .iter()
        .zip(rates)
        .filter_map(|((_, class), rate)| Some((*class, rate?)));
    let input = match listed.next() {
        Some((Class::Input, rate)) => rate,
        _ if section.is_present(KEYS[0].0) => return None,
        _ => {
            section.missing(KEYS[0].0, "");
            return None;
        }
    };
    let price = listed.fold(Price::new(input), |price, (class, rate)| {
        price.with(class, rate)
    });
    Some(PriceRow {
        provider: provider?.into(),
        model: Pattern::new(model?.value),
        effective_from,
        price: Arc::new(price),
    })
}

/// A configured provider's name, or a kind.
fn provider<'a>(section: &Section<'a>, providers: &[Provider]) -> Option<&'a str> {
    let at = section.required("provider", "")?;
    let kinds = ProviderKind::all().map(ProviderKind::as_str);
    let known: Vec<&str> = providers.iter().map(|p| &*p.name).chain(kinds).collect();
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

/// The key of each class, input first.
const KEYS: [(&str, Class); 12] = [
    ("input_usd_per_mtok", Class::Input),
    ("cached_input_usd_per_mtok", Class::CachedInput),
    ("cache_write_usd_per_mtok", Class::CacheWrite),
    ("cache_write_long_usd_per_mtok", Class::CacheWriteLong),
    ("input_audio_usd_per_mtok", Class::InputAudio),
    ("cached_audio_usd_per_mtok", Class::CachedAudio),
    ("input_image_usd_per_mtok", Class::InputImage),
    ("output_usd_per_mtok", Class::Output),
    ("reasoning_usd_per_mtok", Class::Reasoning),
    ("output_audio_usd_per_mtok", Class::OutputAudio),
    ("output_image_usd_per_mtok", Class::OutputImage),
    ("web_search_usd_per_thousand_calls", Class::WebSearch),
];
