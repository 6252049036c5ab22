//! genai-prices' data: a list of providers, each with models, dated prices in dollars per million tokens, and clauses
//! that say which names mean a model.
//!
//! Two spellings of a price are read: the package's own objects (`{"input_mtok": 1.25}`, with tiers), and texts such
//! as `$1.25/input MTok, $10/output MTok (+tiers)`, which leave the steps of long contexts out. Read 2026-11 with
//! genai-prices 0.2.3 (MIT).

use super::Model;
use super::clause::{Clause, clause};
use super::decimal::Decimal;
use super::json::{Map, Raw, list, map, text, text_of};
use super::litellm::is_model;
use super::providers::Provider;
use crate::hours::{Hours, Span, minutes};
use crate::price::STANDARD;
use crate::{Class, Date, Price, Rate, ServiceTier, Unit};

/// A model as this table has it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: String,
    /// Names that mean exactly this model.
    pub(super) names: Vec<String>,
    pub(super) clause: Clause,
    pub(super) model: Model,
    /// It has prices for long contexts that are not given in numbers.
    pub(super) is_stepped: bool,
}

/// The models of one provider.
pub(super) fn models(table: &[Raw<'_>], provider: &Provider, as_of: Date) -> Vec<Found> {
    let mut found = Vec::new();
    for entry in table.iter().filter_map(|raw| map(raw)) {
        let id = text_of(&entry, "id").unwrap_or_default();
        let Some((_, suffix)) = provider.genai.iter().find(|(name, _)| *name == id) else {
            continue;
        };
        let models = entry
            .get("models")
            .and_then(|raw| list(raw))
            .unwrap_or_default();
        for model in models.into_iter().filter_map(map) {
            found.extend(read(&model, provider, suffix, as_of));
        }
    }
    found
}

fn read(entry: &Map<'_>, provider: &Provider, suffix: &str, as_of: Date) -> Option<Found> {
    let id = text_of(entry, "id")?;
    if !is_model(&id, provider) || id.contains(".ft-") {
        return None;
    }
    let clause = clause(entry.get("match")?)?;
    let mut names = clause.names();
    names.insert(0, id.clone());
    names.retain(|name| is_model(name, provider));
    for name in &mut names {
        name.push_str(suffix);
    }
    names.dedup();
    let mut is_stepped = false;
    let dated = dated(entry, &mut is_stepped)?;
    let mut model = Model::default();
    for start in starts(&dated) {
        let now = in_force(&dated, start, as_of)?;
        for (hours, price) in now {
            model.lists.insert((start, hours), price);
        }
    }
    Some(Found {
        id: names.first()?.clone(),
        names,
        clause,
        model,
        is_stepped,
    })
}

/// Prices that hold from a day on, in some hours, or on a tier.
#[derive(Debug)]
struct Dated {
    start: Option<Date>,
    hours: Option<Hours>,
    tier: ServiceTier,
    price: Price,
}

fn dated(entry: &Map<'_>, is_stepped: &mut bool) -> Option<Vec<Dated>> {
    let prices = *entry.get("prices")?;
    let rows = list(prices).unwrap_or_else(|| vec![prices]);
    let mut dated = Vec::new();
    for row in rows {
        let fields = map(row).filter(|row| row.contains_key("prices"));
        let (prices, limit) = match &fields {
            Some(fields) => (*fields.get("prices")?, fields.get("constraint").copied()),
            None => (row, None),
        };
        dated.push(one(prices, limit, ServiceTier::Standard, is_stepped)?);
    }
    for variant in entry
        .get("price_variants")
        .and_then(|raw| list(raw))
        .unwrap_or_default()
    {
        let variant = map(variant)?;
        let Some(tier) = variant.get("when").and_then(|when| tier(when)) else {
            continue;
        };
        let limit = variant.get("constraint").copied();
        dated.push(one(variant.get("prices")?, limit, tier, is_stepped)?);
    }
    Some(dated)
}

fn one(
    prices: Raw<'_>,
    limit: Option<Raw<'_>>,
    tier: ServiceTier,
    is_stepped: &mut bool,
) -> Option<Dated> {
    let limit = limit.and_then(map).unwrap_or_default();
    let time = |name| minutes(&text_of(&limit, name)?);
    let hours = match (time("start_time"), time("end_time")) {
        (Some(from), Some(to)) => Hours::new(vec![Span {
            days: (1, 7),
            minutes: (from, to),
        }]),
        _ => None,
    };
    let mut price = Price::default();
    match text(prices) {
        Some(figures) => spelled(&figures, tier, &mut price, is_stepped),
        None => structured(prices, tier, &mut price)?,
    }
    Some(Dated {
        start: text_of(&limit, "start_date").and_then(|day| Date::parse(&day)),
        hours,
        tier,
        price,
    })
}

/// Days on which standard prices change; none for the beginning.
fn starts(dated: &[Dated]) -> Vec<Option<Date>> {
    let standard = dated.iter().filter(|row| row.tier == ServiceTier::Standard);
    let mut starts: Vec<_> = standard.map(|row| row.start).collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// The lists that hold from `start`: one for any hour, and one for each other hours.
///
/// Discounts and parts were written down later than they began: a list that was in force before they were carries
/// them in proportion to its own prices. What was not sold then, no answer reports.
fn in_force(
    dated: &[Dated],
    start: Option<Date>,
    as_of: Date,
) -> Option<Vec<(Option<Hours>, Price)>> {
    let mut now = latest(dated, ServiceTier::Standard, None, Some(as_of))
        .or_else(|| latest(dated, ServiceTier::Standard, None, start))?
        .clone();
    let mut price = latest(dated, ServiceTier::Standard, None, start)?.clone();
    for tier in ServiceTier::ALL.into_iter().skip(1) {
        if let Some(variant) = latest(dated, tier, None, Some(as_of)) {
            add(&mut now, variant);
        }
        let announced = start > Some(as_of);
        let variant = latest(dated, tier, None, start).filter(|_| announced);
        let newer = |variant: &&Price| latest(dated, tier, None, Some(as_of)) != Some(*variant);
        if let Some(variant) = variant.filter(newer) {
            add(&mut price, variant);
        }
    }
    let mut lists = vec![(None, price.carrying(&now))];
    for row in dated {
        if let Some(hours) = &row.hours
            && let Some(price) = latest(dated, ServiceTier::Standard, Some(hours), start)
        {
            lists.push((Some(hours.clone()), price.clone()));
        }
    }
    Some(lists)
}

/// What began last of what had begun on a day.
fn latest<'a>(
    dated: &'a [Dated],
    tier: ServiceTier,
    hours: Option<&Hours>,
    day: Option<Date>,
) -> Option<&'a Price> {
    let fits = |row: &&Dated| row.tier == tier && row.hours.as_ref() == hours && row.start <= day;
    let row = dated.iter().filter(fits).max_by_key(|row| row.start);
    row.map(|row| &row.price)
}

fn add(price: &mut Price, more: &Price) {
    for ((tier, above), class, rate) in more.each() {
        price.set(tier, above, class, rate);
    }
}

/// The tier that a variant is for; none for what is no tier (a region, a kind of search).
fn tier(when: Raw<'_>) -> Option<ServiceTier> {
    let (key, value) = map(when)?.into_iter().next()?;
    match (key.as_str(), text(value)?.as_str()) {
        ("processing", "batch") => Some(ServiceTier::Batch),
        ("service_tier", "flex") => Some(ServiceTier::Flex),
        // OpenAI's answers call what was asked for as "fast" by its other name; the prices are the same.
        ("service_tier", "priority" | "fast") => Some(ServiceTier::Priority),
        ("speed", "fast") => Some(ServiceTier::Fast),
        _ => None,
    }
}

/// `$1.25/input MTok, $10/output MTok (+tiers), $12 / K requests`.
fn spelled(figures: &str, tier: ServiceTier, price: &mut Price, is_stepped: &mut bool) {
    for figure in figures.split(", ") {
        let Some((usd, unit)) = figure.trim_start_matches('$').split_once('/') else {
            continue;
        };
        let unit = unit.trim();
        let plain = unit.trim_end_matches(" (+tiers)");
        *is_stepped |= plain != unit;
        let Some(usd) = Decimal::parse(usd.trim()) else {
            continue;
        };
        if let Some((class, rate)) = priced(plain, usd) {
            price.set(tier, 0, class, rate);
        }
    }
}

fn priced(unit: &str, usd: Decimal) -> Option<(Class, Rate)> {
    if unit == "input audio Hour" {
        return Some((Class::Unit(Unit::InputAudioMs), usd.usd_per_hour()?));
    }
    let (_, _, class) = UNITS.iter().find(|(spelled, _, _)| *spelled == unit)?;
    Some((*class, usd.usd_for(*class)?))
}

/// `{"input_mtok": 1.25, "output_mtok": {"base": 10, "tiers": [{"start": 200000, "price": 15}]}}`.
fn structured(prices: Raw<'_>, tier: ServiceTier, price: &mut Price) -> Option<()> {
    for (field, raw) in map(prices)? {
        let figure = |raw: Raw<'_>| Decimal::parse(raw.get());
        let hourly = field == "input_audio_hour";
        let known = UNITS.iter().find(|(_, name, _)| *name == field);
        let class = match known {
            Some((_, _, class)) => *class,
            None if hourly => Class::Unit(Unit::InputAudioMs),
            None => continue,
        };
        let rate = |usd: Decimal| {
            if hourly {
                usd.usd_per_hour()
            } else {
                usd.usd_for(class)
            }
        };
        if let Some(rate) = figure(raw).and_then(rate) {
            price.set(tier, 0, class, rate);
            continue;
        }
        let Some(stepped) = map(raw) else { continue };
        if let Some(rate) = stepped
            .get("base")
            .and_then(|raw| figure(raw))
            .and_then(rate)
        {
            price.set(tier, 0, class, rate);
        }
        for step in stepped
            .get("tiers")
            .and_then(|raw| list(raw))
            .unwrap_or_default()
        {
            let step = map(step)?;
            let above = figure(step.get("start")?)?.whole()?;
            let rate = figure(step.get("price")?).and_then(rate)?;
            price.set(tier, above, class, rate);
        }
    }
    (price.published(STANDARD, Class::Input).is_some() || price.each().next().is_some())
        .then_some(())
}

/// How the texts and the objects spell a unit.
const UNITS: [(&str, &str, Class); 22] = [
    ("input MTok", "input_mtok", Class::Input),
    (
        "input cache read MTok",
        "cache_read_mtok",
        Class::CachedInput,
    ),
    (
        "input cache write MTok",
        "cache_write_mtok",
        Class::CacheWrite,
    ),
    (
        "input 1h cache write MTok",
        "cache_write_1h_mtok",
        Class::CacheWriteLong,
    ),
    ("input audio MTok", "input_audio_mtok", Class::InputAudio),
    (
        "input audio cache read MTok",
        "cache_audio_read_mtok",
        Class::CachedAudio,
    ),
    ("input image MTok", "input_image_mtok", Class::InputImage),
    (
        "input image cache read MTok",
        "cache_image_read_mtok",
        Class::CachedImage,
    ),
    ("input video MTok", "input_video_mtok", Class::InputVideo),
    ("output MTok", "output_mtok", Class::Output),
    (
        "output reasoning MTok",
        "output_reasoning_mtok",
        Class::Reasoning,
    ),
    ("output audio MTok", "output_audio_mtok", Class::OutputAudio),
    ("output image MTok", "output_image_mtok", Class::OutputImage),
    ("output video MTok", "output_video_mtok", Class::OutputVideo),
    ("web searches K", "web_searches_kcount", Class::WebSearch),
    (
        "storage searches K",
        "storage_searches_kcount",
        Class::Unit(Unit::FileSearches),
    ),
    ("K requests", "requests_kcount", Class::Unit(Unit::Requests)),
    (
        "output citation MTok",
        "output_citation_mtok",
        Class::Unit(Unit::CitationTokens),
    ),
    (
        "input characters M",
        "input_characters_mcount",
        Class::Unit(Unit::Characters),
    ),
    (
        "input document pages K",
        "input_document_pages_kcount",
        Class::Unit(Unit::Pages),
    ),
    (
        "input annotated document pages K",
        "input_annotated_document_pages_kcount",
        Class::Unit(Unit::AnnotatedPages),
    ),
    (
        "rerank searches K",
        "rerank_searches_kcount",
        Class::Unit(Unit::SearchUnits),
    ),
];
