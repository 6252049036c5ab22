//! Generated content, plain, as events and as an array of chunks, and embeddings.

use quotah_policy::{Unit, Usage};

use crate::adapter::{Answers, never_last};
use crate::meter::{Count, Counts, Field, Known, Side, Totals};
use crate::scan::{PathTable, Tracker};

/// How an answer of `model` is read: all alike, but searches are billed in two ways.
///
/// Up to Gemini 2.5 a request that was grounded with Google Search costs one fee, however many queries it took;
/// from Gemini 3 on every query does. Google's price list itself has not been read for this: others who have say so
/// (<https://you.com/resources/gemini-web-search-api>, an excerpt read 2026-11).
pub(super) fn answers(model: &str) -> &'static Answers {
    if pays_by_request(model) {
        &SEARCHED_BY_REQUEST
    } else {
        &SEARCHED_BY_QUERY
    }
}

/// Whether all searches of a request to `model` cost one fee together.
pub(super) fn pays_by_request(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or_default();
    ["gemini-1", "gemini-2"]
        .iter()
        .any(|generation| name.starts_with(generation))
}

static SEARCHED_BY_QUERY: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: None,
    totals: |counts, _| {
        let mut totals = totals(counts);
        // Many places may come from one search on the map.
        let maps = counts.part(Count::Unit(Unit::MapsSearches)).min(1);
        totals.usage.units = totals.usage.units.with(Unit::MapsSearches, maps);
        totals
    },
    is_last_event: never_last,
    // Streams have no last event but the one with the reason.
    stop_is_last: true,
    may_end_unsaid: false,
};

static SEARCHED_BY_REQUEST: Answers = Answers {
    totals: |counts, operation| {
        let mut totals = (SEARCHED_BY_QUERY.totals)(counts, operation);
        totals.usage.web_search_requests = totals.usage.web_search_requests.min(1);
        totals
    },
    ..SEARCHED_BY_QUERY
};

static FIELDS: PathTable<Field, 64> = PathTable::new(&[
    ("modelVersion", Field::Model),
    ("responseId", Field::Id),
    ("usageMetadata", Field::Usage),
    ("usageMetadata.promptTokenCount", Field::Count(Count::Input)),
    (
        "usageMetadata.toolUsePromptTokenCount",
        Field::Count(Count::ToolInput),
    ),
    (
        "usageMetadata.cachedContentTokenCount",
        Field::Count(Count::CachedInput),
    ),
    (
        "usageMetadata.candidatesTokenCount",
        Field::Count(Count::Output),
    ),
    (
        "usageMetadata.thoughtsTokenCount",
        Field::Count(Count::Reasoning),
    ),
    ("usageMetadata.serviceTier", Field::ServiceTier),
    ("usageMetadata.trafficType", Field::TrafficType),
    (
        "usageMetadata.promptTokensDetails[*]",
        Field::Modalities(Side::Input),
    ),
    (
        "usageMetadata.promptTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.promptTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    // Embeddings spell it without the s.
    (
        "usageMetadata.promptTokenDetails[*]",
        Field::Modalities(Side::Input),
    ),
    (
        "usageMetadata.promptTokenDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.promptTokenDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    (
        "usageMetadata.cacheTokensDetails[*]",
        Field::Modalities(Side::Cached),
    ),
    (
        "usageMetadata.cacheTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.cacheTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    (
        "usageMetadata.candidatesTokensDetails[*]",
        Field::Modalities(Side::Output),
    ),
    (
        "usageMetadata.candidatesTokensDetails[*].modality",
        Field::Modality,
    ),
    (
        "usageMetadata.candidatesTokensDetails[*].tokenCount",
        Field::ModalityTokens,
    ),
    ("candidates[*].content.parts[*].text", Field::Text),
    ("candidates[*].content.parts[*].functionCall", Field::Json),
    ("candidates[*].content.parts[*].executableCode", Field::Json),
    ("candidates[*].finishReason", Field::Stop),
    ("promptFeedback.blockReason", Field::Stop),
    (
        "candidates[*].groundingMetadata.webSearchQueries[*]",
        Field::Each(Count::WebSearches),
    ),
    (
        "candidates[*].groundingMetadata.groundingChunks[*].maps",
        Field::Each(Count::Unit(Unit::MapsSearches)),
    ),
    ("error", Field::Error),
    ("error.status", Field::ErrorKind),
    ("error.code", Field::ErrorCode),
]);

/// Tools' prompts lie beside the prompt and thoughts beside the candidates; caches lie inside the prompt.
///
/// The format leaves zeros out: with a prompt count, no candidates means none. Every chunk of a stream reports
/// the totals so far, and early ones lack some.
///
/// Documents (PDF) cost what text costs and have no class.
pub(super) fn totals(counts: &Counts) -> Totals {
    let input = counts.tokens(Count::Input);
    let thoughts = counts.part(Count::Reasoning);
    let output = match (counts.known(Count::Output), input) {
        (Known::As(output), _) => Some(output),
        (Known::Absent, Some(_)) => Some(0),
        (Known::Absent, None) | (Known::Refused, _) => None,
    };
    Totals {
        usage: Usage {
            input_tokens: input
                .unwrap_or(0)
                .saturating_add(counts.part(Count::ToolInput)),
            cached_input_tokens: counts.part(Count::CachedInput),
            output_tokens: output.unwrap_or(0).saturating_add(thoughts),
            reasoning_tokens: thoughts,
            web_search_requests: counts.part(Count::WebSearches),
            input_audio_tokens: counts.part(Count::InputAudio),
            cached_audio_tokens: counts.part(Count::CachedAudio),
            output_audio_tokens: counts.part(Count::OutputAudio),
            input_image_tokens: counts.part(Count::InputImage),
            cached_image_tokens: counts.part(Count::CachedImage),
            output_image_tokens: counts.part(Count::OutputImage),
            input_video_tokens: counts.part(Count::InputVideo),
            output_video_tokens: counts.part(Count::OutputVideo),
            units: counts.units(),
            ..Usage::default()
        },
        input_reported: input.is_some(),
        output_reported: output.is_some(),
    }
    .clamped()
}
