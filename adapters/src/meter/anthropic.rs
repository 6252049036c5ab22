//! Anthropic's answers: messages, plain and streamed.

use quotah_policy::Usage;

use super::counts::{Count, Counts};
use super::field::Field;
use super::totals::Totals;
use crate::scan::PathTable;

/// `message_start` carries the message so far under this name.
pub(super) const ENVELOPE: &[u8] = b"message";

pub(super) static FIELDS: PathTable<Field, 56> = PathTable::new(&[
    ("type", Field::EventType),
    ("model", Field::Model),
    ("id", Field::Id),
    ("usage", Field::Usage),
    ("usage.service_tier", Field::ServiceTier),
    ("usage.input_tokens", Field::Count(Count::Input)),
    (
        "usage.cache_read_input_tokens",
        Field::Count(Count::CachedInput),
    ),
    (
        "usage.cache_creation_input_tokens",
        Field::Count(Count::CacheWrite),
    ),
    (
        "usage.cache_creation.ephemeral_5m_input_tokens",
        Field::Count(Count::CacheWriteShort),
    ),
    (
        "usage.cache_creation.ephemeral_1h_input_tokens",
        Field::Count(Count::CacheWriteLong),
    ),
    ("usage.output_tokens", Field::Count(Count::Output)),
    (
        "usage.output_tokens_details.thinking_tokens",
        Field::Count(Count::Reasoning),
    ),
    (
        "usage.server_tool_use.web_search_requests",
        Field::Count(Count::WebSearches),
    ),
    ("usage.iterations", Field::Calls),
    ("usage.iterations[*]", Field::Call),
    ("usage.iterations[*].type", Field::CallKind),
    ("usage.iterations[*].model", Field::CallModel),
    (
        "usage.iterations[*].input_tokens",
        Field::CallCount(Count::Input),
    ),
    (
        "usage.iterations[*].cache_read_input_tokens",
        Field::CallCount(Count::CachedInput),
    ),
    (
        "usage.iterations[*].cache_creation_input_tokens",
        Field::CallCount(Count::CacheWrite),
    ),
    (
        "usage.iterations[*].cache_creation.ephemeral_5m_input_tokens",
        Field::CallCount(Count::CacheWriteShort),
    ),
    (
        "usage.iterations[*].cache_creation.ephemeral_1h_input_tokens",
        Field::CallCount(Count::CacheWriteLong),
    ),
    (
        "usage.iterations[*].output_tokens",
        Field::CallCount(Count::Output),
    ),
    ("stop_reason", Field::Stop),
    ("content[*].text", Field::Text),
    ("content[*].thinking", Field::Text),
    // A compaction's summary.
    ("content[*].content", Field::Text),
    ("content[*].name", Field::Text),
    ("content[*].input", Field::Json),
    ("content_block.name", Field::Text),
    ("content_block.text", Field::Text),
    ("delta.text", Field::Text),
    ("delta.thinking", Field::Text),
    ("delta.content", Field::Text),
    ("delta.partial_json", Field::Text),
    ("delta.stop_reason", Field::Stop),
    ("error", Field::Error),
    ("error.type", Field::ErrorKind),
]);

pub(super) fn is_last_event(kind: &[u8]) -> bool {
    kind == b"message_stop"
}

/// Both caches lie beside `input_tokens`; thinking lies inside the output.
///
/// A stream reports twice: `message_start` has the input and the first few output tokens, `message_delta` the
/// whole output and, where server tools ran, a larger input (25 of 168 recorded streams). Both are totals of
/// the request so far: the later replaces the earlier, figure by figure.
pub(super) fn totals(counts: &Counts) -> Totals {
    let input = counts.tokens(Count::Input);
    let output = counts.tokens(Count::Output);
    let cached = counts.part(Count::CachedInput);
    let long = counts.part(Count::CacheWriteLong);
    let written = counts
        .tokens(Count::CacheWrite)
        .unwrap_or_else(|| counts.part(Count::CacheWriteShort).saturating_add(long));
    Totals {
        usage: Usage {
            input_tokens: input
                .unwrap_or(0)
                .saturating_add(cached)
                .saturating_add(written),
            cached_input_tokens: cached,
            cache_write_tokens: written,
            cache_write_long_tokens: long,
            output_tokens: output.unwrap_or(0),
            reasoning_tokens: counts.part(Count::Reasoning),
            web_search_requests: counts.part(Count::WebSearches),
            ..Usage::default()
        },
        input_reported: input.is_some(),
        output_reported: output.is_some(),
    }
    .clamped()
}
