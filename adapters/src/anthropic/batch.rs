//! A line of a batch's results: `{"custom_id":…,"result":{"type":"succeeded","message":{…}}}`.

use super::{LIKE_MESSAGES, totals};
use crate::adapter::Answers;
use crate::meter::{Count, Field};
use crate::scan::{PathTable, Tracker};

pub(super) static BATCH: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: None,
    totals: |counts, _| totals(counts),
    ..LIKE_MESSAGES
};

static FIELDS: PathTable<Field, 32> = PathTable::new(&[
    ("result.message.model", Field::Model),
    ("result.message.usage", Field::Usage),
    (
        "result.message.usage.input_tokens",
        Field::Count(Count::Input),
    ),
    (
        "result.message.usage.cache_read_input_tokens",
        Field::Count(Count::CachedInput),
    ),
    (
        "result.message.usage.cache_creation_input_tokens",
        Field::Count(Count::CacheWrite),
    ),
    (
        "result.message.usage.cache_creation.ephemeral_5m_input_tokens",
        Field::Count(Count::CacheWriteShort),
    ),
    (
        "result.message.usage.cache_creation.ephemeral_1h_input_tokens",
        Field::Count(Count::CacheWriteLong),
    ),
    (
        "result.message.usage.output_tokens",
        Field::Count(Count::Output),
    ),
    (
        "result.message.usage.output_tokens_details.thinking_tokens",
        Field::Count(Count::Reasoning),
    ),
    (
        "result.message.usage.server_tool_use.web_search_requests",
        Field::Count(Count::WebSearches),
    ),
    ("result.message.usage.iterations", Field::Calls),
    ("result.message.usage.iterations[*]", Field::Call),
    ("result.message.usage.iterations[*].type", Field::CallKind),
    ("result.message.usage.iterations[*].model", Field::CallModel),
    (
        "result.message.usage.iterations[*].input_tokens",
        Field::CallCount(Count::Input),
    ),
    (
        "result.message.usage.iterations[*].cache_read_input_tokens",
        Field::CallCount(Count::CachedInput),
    ),
    (
        "result.message.usage.iterations[*].cache_creation_input_tokens",
        Field::CallCount(Count::CacheWrite),
    ),
    (
        "result.message.usage.iterations[*].output_tokens",
        Field::CallCount(Count::Output),
    ),
]);
