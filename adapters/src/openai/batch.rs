//! A line of a batch's results in `OpenAI`'s dialect: `{"custom_id":…,"response":{"status_code":200,"body":{…}}}`,
//! where the body is an answer to any operation. Mistral's and Groq's are the same.

use super::{LIKE_OPENAI, totals};
use crate::adapter::Answers;
use crate::meter::{Count, Field};
use crate::scan::{PathTable, Tracker};

pub(super) static BATCH: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: None,
    totals: totals::totals,
    ..LIKE_OPENAI
};

const fn count(path: &'static str, count: Count) -> (&'static str, Field) {
    (path, Field::Count(count))
}

static FIELDS: PathTable<Field, 40> = PathTable::new(&[
    ("response.body.model", Field::Model),
    ("response.body.usage", Field::Usage),
    count("response.body.usage.prompt_tokens", Count::Input),
    count("response.body.usage.completion_tokens", Count::Output),
    count("response.body.usage.input_tokens", Count::Input),
    count("response.body.usage.output_tokens", Count::Output),
    count("response.body.usage.total_tokens", Count::Total),
    count(
        "response.body.usage.prompt_tokens_details.cached_tokens",
        Count::CachedInput,
    ),
    count(
        "response.body.usage.prompt_tokens_details.cache_write_tokens",
        Count::CacheWrite,
    ),
    count(
        "response.body.usage.prompt_tokens_details.audio_tokens",
        Count::InputAudio,
    ),
    count(
        "response.body.usage.completion_tokens_details.reasoning_tokens",
        Count::Reasoning,
    ),
    count(
        "response.body.usage.completion_tokens_details.audio_tokens",
        Count::OutputAudio,
    ),
    count(
        "response.body.usage.input_tokens_details.cached_tokens",
        Count::CachedInput,
    ),
    count(
        "response.body.usage.input_tokens_details.cache_write_tokens",
        Count::CacheWrite,
    ),
    count(
        "response.body.usage.input_tokens_details.image_tokens",
        Count::InputImage,
    ),
    count(
        "response.body.usage.output_tokens_details.reasoning_tokens",
        Count::Reasoning,
    ),
    count(
        "response.body.usage.output_tokens_details.image_tokens",
        Count::OutputImage,
    ),
    count("response.body.usage.num_cached_tokens", Count::CachedAgain),
    ("response.body.output", Field::Items),
    ("response.body.output[*]", Field::Item),
    ("response.body.output[*].type", Field::ItemKind),
    ("response.body.output[*].action.type", Field::ItemAction),
    ("response.body.output[*].container_id", Field::ItemContainer),
    // Pages of Mistral's OCR.
    (
        "response.body.usage_info.pages_processed",
        Field::Count(Count::Unit(quotah_policy::Unit::Pages)),
    ),
]);
