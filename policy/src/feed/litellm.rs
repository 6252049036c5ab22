//! `LiteLLM`'s `model_prices_and_context_window.json`: an object of models, dollars for each single token or piece.
//!
//! Field names carry their column: `output_cost_per_token_above_272k_tokens_priority`. Read 2026-11 as
//! published with litellm 1.109.1 (MIT).

use super::decimal::Decimal;
use super::json::{Map, Raw, list, map, text, text_of};
use super::providers::Provider;
use super::{Model, Models};
use crate::hours::{Hours, Span, minutes};
use crate::{Class, Price, Rate, ServiceTier, Unit};

/// The models of one provider, and what was left out.
pub(super) fn models(table: &Map<'_>, provider: &Provider, notes: &mut Vec<String>) -> Models {
    let mut models = Models::new();
    for (key, raw) in table {
        let Some(entry) = map(raw) else { continue };
        let whose = text_of(&entry, "litellm_provider").unwrap_or_default();
        if key == "sample_spec" || !provider.litellm.contains(&whose.as_str()) {
            continue;
        }
        let name = name(key, provider);
        if !is_model(name, provider) {
            continue;
        }
        let mut price = price(&entry);
        if price.standard().is_empty() {
            notes.push(format!(
                "{name}: no price that an answer tells how to apply, left out"
            ));
            continue;
        }
        if let (None, Some(audio)) = (
            price.standard().get(Class::Input),
            price.standard().get(Class::InputAudio),
        ) {
            price.set(ServiceTier::Standard, 0, Class::Input, audio);
        }
        let mut model = Model::new(price);
        if let Some((hours, cheaper)) = entry.get("off_peak_pricing").and_then(|raw| off_peak(raw))
        {
            let cheaper =
                cheaper.carrying(&model.lists.values().next().cloned().unwrap_or_default());
            model.lists.insert((None, Some(hours)), cheaper);
        }
        match models.get(name) {
            Some(known) if *known != model => {
                notes.push(format!(
                    "{name}: {key} differs from its other spelling, first one kept"
                ));
            }
            Some(_) => {}
            None => {
                models.insert(name.to_owned(), model);
            }
        }
    }
    models
}

/// The model's name at the provider: the key without `LiteLLM`'s own prefix, and Fireworks' without the account.
fn name<'a>(key: &'a str, provider: &Provider) -> &'a str {
    let own = |prefix: &str| {
        let prefix = prefix.split('-').next().unwrap_or(prefix);
        key.strip_prefix(prefix)?.strip_prefix('/')
    };
    let name = provider
        .litellm
        .iter()
        .find_map(|prefix| own(prefix))
        .unwrap_or(key);
    if provider.kind == "fireworks" {
        return name.rsplit('/').next().unwrap_or(name);
    }
    name
}

pub(super) fn is_model(name: &str, provider: &Provider) -> bool {
    let shaped = !name.is_empty() && !name.contains(char::is_whitespace) && !name.contains('*');
    let begins = provider.begins;
    shaped
        && (provider.slashes || !name.contains('/'))
        && (begins.is_empty() || begins.iter().any(|begin| name.starts_with(begin)))
}

fn price(entry: &Map<'_>) -> Price {
    let mode = Mode::of(entry);
    let mut price = Price::default();
    for (field, raw) in entry {
        let (kind, above_tokens, tier) = place(field);
        let Some(class) = class(kind, mode) else {
            continue;
        };
        // An image that is made has its price on either side; on both, the first is for images to be edited.
        let made = mode == Mode::Image && !entry.contains_key("output_cost_per_image");
        let class = match class {
            Class::Unit(Unit::InputImages) if made => Class::Unit(Unit::OutputImages),
            class => class,
        };
        if let Some(rate) = Decimal::parse(raw.get()).and_then(|usd| each(usd, class)) {
            price.set(tier, above_tokens, class, rate);
        }
    }
    if let Some(raw) = entry.get("search_context_cost_per_query") {
        searches(raw, entry, &mut price);
    }
    for step in entry
        .get("tiered_pricing")
        .and_then(|raw| list(raw))
        .unwrap_or_default()
    {
        tiered(step, mode, &mut price);
    }
    // Gemini's are what keeping an explicit cache costs, which no answer reports.
    if price.standard().get(Class::CacheWrite).is_none() {
        price.drop_classes(&[Class::CacheWrite, Class::CacheWriteLong]);
    }
    let by_image_tokens = [
        Class::Unit(Unit::InputImages),
        Class::Unit(Unit::OutputImages),
    ];
    if price.standard().get(Class::OutputImage).is_some() {
        price.drop_classes(&by_image_tokens);
    }
    let listed = |class| {
        price
            .standard()
            .get(class)
            .is_some_and(|rate| rate != Rate::default())
    };
    if listed(Class::Input) {
        price.drop_classes(mode.billed_by_tokens());
    }
    price
}

/// `output_cost_per_token_above_272k_tokens_priority` → (`output_cost_per_token`, 272,000, priority).
fn place(field: &str) -> (&str, u64, ServiceTier) {
    let (rest, tier) = TIERS
        .iter()
        .find_map(|(suffix, tier)| Some((field.strip_suffix(suffix)?, *tier)))
        .unwrap_or((field, ServiceTier::Standard));
    let above = || {
        let (kind, above) = rest.strip_suffix("k_tokens")?.rsplit_once("_above_")?;
        Some((kind, above.parse::<u64>().ok()?.checked_mul(1_000)?))
    };
    let (kind, above_tokens) = above().unwrap_or((rest, 0));
    (kind, above_tokens, tier)
}

const TIERS: [(&str, ServiceTier); 4] = [
    ("_batches", ServiceTier::Batch),
    ("_flex", ServiceTier::Flex),
    ("_priority", ServiceTier::Priority),
    ("_ultrafast", ServiceTier::Ultrafast),
];

/// What decides what a second or a query is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Chat,
    Embedding,
    Image,
    Rerank,
    Speech,
    Video,
    Other,
}

impl Mode {
    fn of(entry: &Map<'_>) -> Self {
        match text_of(entry, "mode").unwrap_or_default().as_str() {
            "chat" | "completion" | "responses" | "realtime" => Self::Chat,
            "embedding" => Self::Embedding,
            "image_generation" | "image_edit" => Self::Image,
            "rerank" => Self::Rerank,
            "audio_speech" => Self::Speech,
            "video_generation" => Self::Video,
            _ => Self::Other,
        }
    }

    /// Pieces that a model with a price for tokens is not billed by as well, although they are listed.
    const fn billed_by_tokens(self) -> &'static [Class] {
        match self {
            Self::Chat | Self::Speech => &[
                Class::Unit(Unit::Characters),
                Class::Unit(Unit::InputImages),
                Class::Unit(Unit::OutputImages),
                Class::Unit(Unit::InputAudioMs),
                Class::Unit(Unit::InputVideoMs),
                Class::Unit(Unit::OutputAudioMs),
            ],
            Self::Embedding => &[Class::Unit(Unit::Characters)],
            Self::Other => &[Class::Unit(Unit::InputAudioMs)],
            Self::Image | Self::Rerank | Self::Video => &[],
        }
    }
}

fn class(kind: &str, mode: Mode) -> Option<Class> {
    let unit = |unit| Some(Class::Unit(unit));
    match kind {
        "input_cost_per_token" => Some(Class::Input),
        "cache_read_input_token_cost" => Some(Class::CachedInput),
        "cache_creation_input_token_cost" => Some(Class::CacheWrite),
        "cache_creation_input_token_cost_above_1hr"
        | "cache_creation_input_token_cost_above_12hr" => Some(Class::CacheWriteLong),
        "input_cost_per_audio_token" => Some(Class::InputAudio),
        "cache_read_input_audio_token_cost" => Some(Class::CachedAudio),
        "input_cost_per_image_token" => Some(Class::InputImage),
        "cache_read_input_image_token_cost" => Some(Class::CachedImage),
        "input_cost_per_video_token" => Some(Class::InputVideo),
        "output_cost_per_token" => Some(Class::Output),
        "output_cost_per_reasoning_token" => Some(Class::Reasoning),
        "output_cost_per_audio_token" => Some(Class::OutputAudio),
        "output_cost_per_image_token" => Some(Class::OutputImage),
        "output_cost_per_video_token" => Some(Class::OutputVideo),
        "citation_cost_per_token" => unit(Unit::CitationTokens),
        "google_maps_grounding_cost_per_query" => unit(Unit::MapsSearches),
        "code_interpreter_cost_per_session" => unit(Unit::CodeExecutions),
        "ocr_cost_per_page" => unit(Unit::Pages),
        "annotation_cost_per_page" => unit(Unit::AnnotatedPages),
        "input_cost_per_request" => unit(Unit::Requests),
        "input_cost_per_query" if mode == Mode::Rerank => unit(Unit::SearchUnits),
        "input_cost_per_query" => unit(Unit::Requests),
        "input_cost_per_character" => unit(Unit::Characters),
        "input_cost_per_image" => unit(Unit::InputImages),
        "output_cost_per_image" => unit(Unit::OutputImages),
        "input_cost_per_audio_per_second" => unit(Unit::InputAudioMs),
        "input_cost_per_video_per_second" => unit(Unit::InputVideoMs),
        "output_cost_per_video_per_second" => unit(Unit::OutputVideoMs),
        // Listed for transcriptions on both sides: it is the recording that has a length.
        "input_cost_per_second" if matches!(mode, Mode::Other) => unit(Unit::InputAudioMs),
        "output_cost_per_second" if mode == Mode::Video => unit(Unit::OutputVideoMs),
        "output_cost_per_second" if mode == Mode::Speech => unit(Unit::OutputAudioMs),
        _ => None,
    }
}

/// The rate of one: times are listed by the second.
fn each(usd: Decimal, class: Class) -> Option<Rate> {
    match class {
        Class::Unit(
            Unit::InputAudioMs | Unit::InputVideoMs | Unit::OutputAudioMs | Unit::OutputVideoMs,
        ) => usd.usd_for(class),
        _ => usd.usd_each(),
    }
}

/// What a web search costs, by how much of what it finds the model reads. Perplexity's is a fee on every request.
fn searches(raw: Raw<'_>, entry: &Map<'_>, price: &mut Price) {
    let sizes = map(raw).unwrap_or_default();
    let of = |size: &str| {
        let usd = sizes.get(format!("search_context_size_{size}").as_str())?;
        Decimal::parse(usd.get())?.usd_each()
    };
    let (low, medium, high) = (of("low"), of("medium"), of("high"));
    let by_size = low != medium || high != medium;
    let fee = text_of(entry, "litellm_provider").as_deref() == Some("perplexity") && by_size;
    let classes = if fee {
        [
            (Class::Unit(Unit::RequestsLow), low),
            (Class::Unit(Unit::Requests), medium),
            (Class::Unit(Unit::RequestsHigh), high),
        ]
        .to_vec()
    } else {
        vec![(Class::WebSearch, medium)]
    };
    for (class, rate) in classes {
        if let Some(rate) = rate {
            price.set(ServiceTier::Standard, 0, class, rate);
        }
    }
}

/// One step of Alibaba's prices: `range` is from so many input tokens, in which all rates hold.
fn tiered(step: Raw<'_>, mode: Mode, price: &mut Price) {
    let Some(entry) = map(step) else { return };
    let from = || {
        let range = list(entry.get("range")?)?;
        Decimal::parse(range.first()?.get())?.whole()
    };
    let Some(from) = from() else { return };
    for (field, raw) in &entry {
        let (kind, _, tier) = place(field);
        let rate = Decimal::parse(raw.get()).and_then(Decimal::usd_each);
        if let (Some(class), Some(rate)) = (class(kind, mode), rate) {
            price.set(tier, from, class, rate);
        }
    }
}

/// `DeepSeek`'s cheaper hours.
fn off_peak(raw: Raw<'_>) -> Option<(Hours, Price)> {
    let entry = map(raw)?;
    let price = price(&entry);
    let mut spans = Vec::new();
    for window in list(entry.get("windows")?)? {
        let window = map(window)?;
        let hours = window.get("hours_utc")?;
        let hours = text(hours)
            .map(|one| vec![one])
            .or_else(|| list(hours)?.into_iter().map(text).collect())?;
        let days = list(window.get("weekdays")?)?;
        for day in days {
            let day: u8 = day.get().parse().ok()?;
            for hours in &hours {
                let (from, to) = hours.split_once('-')?;
                spans.push(Span {
                    days: (day, day),
                    minutes: (minutes(from)?, minutes(to)?),
                });
            }
        }
    }
    Some((Hours::new(spans)?, price))
}
