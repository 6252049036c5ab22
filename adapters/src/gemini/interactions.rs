//! Interactions: one answer with all its steps, or a stream of events that tells the usage in the last.

use super::generate::{pays_by_request, totals};
use crate::adapter::Answers;
use crate::meter::{Count, Field, Side};
use crate::scan::{PathTable, Tracker};

/// How an interaction with `model` is read: as generated content, its searches are billed in two ways.
pub(super) fn answers(model: &str) -> &'static Answers {
    if pays_by_request(model) {
        &SEARCHED_BY_REQUEST
    } else {
        &SEARCHED_BY_QUERY
    }
}

static SEARCHED_BY_QUERY: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    // Events about the interaction as a whole carry it so far.
    envelope: Some(b"interaction"),
    totals: |counts, _| totals(counts),
    // The second is how the API spelled it before May 2026, and Vertex AI still does.
    is_last_event: |kind| matches!(kind, b"interaction.completed" | b"interaction.complete"),
    stop_is_last: false,
    may_end_unsaid: false,
};

static SEARCHED_BY_REQUEST: Answers = Answers {
    totals: |counts, _| {
        let mut totals = totals(counts);
        totals.usage.web_search_requests = totals.usage.web_search_requests.min(1);
        totals
    },
    ..SEARCHED_BY_QUERY
};

/// Documented at ai.google.dev/api/interactions-api and /gemini-api/docs/streaming, read 2026-11. Vertex AI's
/// reference writes the totals in camel case.
static FIELDS: PathTable<Field, 72> = PathTable::new(&[
    ("event_type", Field::EventType),
    ("model", Field::Model),
    ("id", Field::Id),
    ("service_tier", Field::ServiceTier),
    ("usage", Field::Usage),
    ("usage.total_input_tokens", Field::Count(Count::Input)),
    (
        "usage.total_tool_use_tokens",
        Field::Count(Count::ToolInput),
    ),
    (
        "usage.total_cached_tokens",
        Field::Count(Count::CachedInput),
    ),
    ("usage.total_output_tokens", Field::Count(Count::Output)),
    ("usage.total_thought_tokens", Field::Count(Count::Reasoning)),
    ("usage.totalInputTokens", Field::Count(Count::Input)),
    ("usage.totalToolUseTokens", Field::Count(Count::ToolInput)),
    ("usage.totalCachedTokens", Field::Count(Count::CachedInput)),
    ("usage.totalOutputTokens", Field::Count(Count::Output)),
    ("usage.totalThoughtTokens", Field::Count(Count::Reasoning)),
    (
        "usage.input_tokens_by_modality[*]",
        Field::Modalities(Side::Input),
    ),
    (
        "usage.input_tokens_by_modality[*].modality",
        Field::Modality,
    ),
    (
        "usage.input_tokens_by_modality[*].tokens",
        Field::ModalityTokens,
    ),
    (
        "usage.cached_tokens_by_modality[*]",
        Field::Modalities(Side::Cached),
    ),
    (
        "usage.cached_tokens_by_modality[*].modality",
        Field::Modality,
    ),
    (
        "usage.cached_tokens_by_modality[*].tokens",
        Field::ModalityTokens,
    ),
    (
        "usage.output_tokens_by_modality[*]",
        Field::Modalities(Side::Output),
    ),
    (
        "usage.output_tokens_by_modality[*].modality",
        Field::Modality,
    ),
    (
        "usage.output_tokens_by_modality[*].tokens",
        Field::ModalityTokens,
    ),
    (
        "usage.grounding_tool_count[*]",
        Field::Modalities(Side::Tools),
    ),
    ("usage.grounding_tool_count[*].type", Field::Modality),
    ("usage.grounding_tool_count[*].count", Field::ModalityTokens),
    ("steps[*].content[*].text", Field::Text),
    ("steps[*].summary[*].text", Field::Text),
    ("steps[*].arguments", Field::Json),
    ("outputs[*].text", Field::Text),
    ("outputs[*].arguments", Field::Json),
    ("delta.text", Field::Text),
    ("delta.content.text", Field::Text),
    ("delta.arguments", Field::Json),
    ("error", Field::Error),
    ("error.status", Field::ErrorKind),
    ("error.code", Field::ErrorCode),
]);
