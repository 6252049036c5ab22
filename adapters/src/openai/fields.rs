//! Where what we want stands in answers of `OpenAI`'s dialect, with everybody's additions.
//!
//! One table for all operations: the names do not collide, and what a path means for one operation only is settled
//! in [`super::totals`]. A figure that has two names has two counts; the larger one is taken, they are never added.

use quotah_policy::Unit;

use crate::meter::{Count, Field};
use crate::scan::PathTable;

/// A field by its path.
type Entry = (&'static str, Field);

const fn count(path: &'static str, count: Count) -> Entry {
    (path, Field::Count(count))
}

const fn unit(path: &'static str, of: Unit) -> Entry {
    count(path, Count::Unit(of))
}

const fn seconds(path: &'static str, of: Count) -> Entry {
    (path, Field::Seconds(of))
}

const fn text(path: &'static str) -> Entry {
    (path, Field::Text)
}

const fn image_tool(path: &'static str, count: Count) -> Entry {
    (path, Field::CallCount(count))
}

pub(crate) static FIELDS: PathTable<Field, 216> = PathTable::new(&[
    ("model", Field::Model),
    ("id", Field::Id),
    ("service_tier", Field::ServiceTier),
    ("type", Field::EventType),
    ("usage", Field::Usage),
    // chat, completions, embeddings
    count("usage.prompt_tokens", Count::Input),
    count("usage.completion_tokens", Count::Output),
    count("usage.total_tokens", Count::Total),
    count(
        "usage.prompt_tokens_details.cached_tokens",
        Count::CachedInput,
    ),
    count(
        "usage.prompt_tokens_details.cache_write_tokens",
        Count::CacheWrite,
    ),
    count(
        "usage.prompt_tokens_details.cache_write_tokens_details.ttl_12h_tokens",
        Count::CacheWriteLong,
    ),
    count(
        "usage.prompt_tokens_details.audio_tokens",
        Count::InputAudio,
    ),
    count(
        "usage.prompt_tokens_details.image_tokens",
        Count::InputImage,
    ),
    count(
        "usage.prompt_tokens_details.video_tokens",
        Count::InputVideo,
    ),
    count(
        "usage.prompt_tokens_details.cached_tokens_details.audio_tokens",
        Count::CachedAudio,
    ),
    count(
        "usage.prompt_tokens_details.cached_tokens_details.image_tokens",
        Count::CachedImage,
    ),
    count(
        "usage.completion_tokens_details.reasoning_tokens",
        Count::Reasoning,
    ),
    count(
        "usage.completion_tokens_details.audio_tokens",
        Count::OutputAudio,
    ),
    count(
        "usage.completion_tokens_details.image_tokens",
        Count::OutputImage,
    ),
    count(
        "usage.completion_tokens_details.video_tokens",
        Count::OutputVideo,
    ),
    // The same by other names: DeepSeek; Together, Moonshot; Mistral; LiteLLM, Databricks; Alibaba.
    count("usage.prompt_cache_hit_tokens", Count::CachedAgain),
    count("usage.cached_tokens", Count::CachedAgain),
    count("usage.num_cached_tokens", Count::CachedAgain),
    count("usage.cache_read_input_tokens", Count::CachedAgain),
    count("usage.cache_creation_input_tokens", Count::CacheWriteAgain),
    count(
        "usage.prompt_tokens_details.cache_creation_input_tokens",
        Count::CacheWriteAgain,
    ),
    // Perplexity's deep research, beside the output; SGLang, inside.
    count("usage.reasoning_tokens", Count::ReasoningAgain),
    // Moonshot's streams have it in the choice.
    ("choices[*].usage", Field::Usage),
    count("choices[*].usage.prompt_tokens", Count::Input),
    count("choices[*].usage.completion_tokens", Count::Output),
    count("choices[*].usage.total_tokens", Count::Total),
    count("choices[*].usage.cached_tokens", Count::CachedAgain),
    // Groq's streams have it here, and in `usage` once more if they were asked.
    ("x_groq.usage", Field::Usage),
    count("x_groq.usage.prompt_tokens", Count::Input),
    count("x_groq.usage.completion_tokens", Count::Output),
    count("x_groq.usage.total_tokens", Count::Total),
    count(
        "x_groq.usage.prompt_tokens_details.cached_tokens",
        Count::CachedInput,
    ),
    count(
        "x_groq.usage.completion_tokens_details.reasoning_tokens",
        Count::Reasoning,
    ),
    // What the provider says it costs: OpenRouter; Perplexity; xAI.
    ("usage.cost", Field::Cost),
    ("usage.cost.total_cost", Field::Cost),
    ("usage.cost_in_usd_ticks", Field::CostTicks),
    ("usage.is_byok", Field::IsByok),
    (
        "usage.cost_details.upstream_inference_cost",
        Field::UpstreamCost,
    ),
    // Tools that the provider ran: OpenRouter (two names, and the second is Anthropic's); xAI; Perplexity; OpenAI.
    count(
        "usage.server_tool_use_details.web_search_requests",
        Count::WebSearches,
    ),
    count(
        "usage.server_tool_use.web_search_requests",
        Count::WebSearches,
    ),
    unit("usage.num_sources_used", Unit::Sources),
    count(
        "usage.server_side_tool_usage_details.web_search_calls",
        Count::WebSearches,
    ),
    unit(
        "usage.server_side_tool_usage_details.x_search_calls",
        Unit::XSearches,
    ),
    unit(
        "usage.server_side_tool_usage_details.code_interpreter_calls",
        Unit::CodeExecutions,
    ),
    unit(
        "usage.server_side_tool_usage_details.file_search_calls",
        Unit::FileSearches,
    ),
    count("usage.num_search_queries", Count::WebSearches),
    unit("usage.citation_tokens", Unit::CitationTokens),
    ("usage.search_context_size", Field::SearchContext),
    count(
        "usage.tool_calls_details.search_web.invocation",
        Count::WebSearches,
    ),
    unit(
        "usage.tool_calls_details.fetch_url.invocation",
        Unit::WebFetches,
    ),
    count("tool_usage.web_search.num_requests", Count::WebSearches),
    ("tool_usage", Field::Calls),
    ("tool_usage.image_gen", Field::NamedCall("image_generation")),
    image_tool("tool_usage.image_gen.input_tokens", Count::Input),
    image_tool("tool_usage.image_gen.output_tokens", Count::Output),
    image_tool(
        "tool_usage.image_gen.input_tokens_details.image_tokens",
        Count::InputImage,
    ),
    image_tool(
        "tool_usage.image_gen.output_tokens_details.image_tokens",
        Count::OutputImage,
    ),
    ("tools[*].model", Field::NamedCallModel),
    // Billed by the piece: audio (OpenAI; Mistral; Whisper's long form), pages, documents ranked, images.
    seconds("usage.seconds", Count::Unit(Unit::InputAudioMs)),
    seconds(
        "usage.prompt_audio_seconds",
        Count::Unit(Unit::InputAudioMs),
    ),
    seconds("duration", Count::HeardMs),
    unit("usage_info.pages_processed", Unit::Pages),
    unit("usage.search_units", Unit::SearchUnits),
    unit("meta.billed_units.search_units", Unit::SearchUnits),
    ("data", Field::Pieces(Count::Images)),
    ("data[*]", Field::Piece),
    ("choices[*].finish_reason", Field::Stop),
    text("choices[*].text"),
    text("choices[*].delta.content"),
    text("choices[*].delta.refusal"),
    // Mistral's reasoning models give a list in place of a text.
    text("choices[*].delta.content[*].text"),
    text("choices[*].delta.content[*].thinking[*].text"),
    // Not OpenAI's own: DeepSeek's and vLLM's name, and Groq's and OpenRouter's.
    text("choices[*].delta.reasoning_content"),
    text("choices[*].delta.reasoning"),
    text("choices[*].delta.audio.transcript"),
    text("choices[*].delta.function_call.name"),
    text("choices[*].delta.function_call.arguments"),
    text("choices[*].delta.tool_calls[*].function.name"),
    text("choices[*].delta.tool_calls[*].function.arguments"),
    text("choices[*].message.content"),
    text("choices[*].message.refusal"),
    text("choices[*].message.content[*].text"),
    text("choices[*].message.content[*].thinking[*].text"),
    text("choices[*].message.reasoning_content"),
    text("choices[*].message.reasoning"),
    text("choices[*].message.audio.transcript"),
    text("choices[*].message.function_call.name"),
    text("choices[*].message.function_call.arguments"),
    text("choices[*].message.tool_calls[*].function.name"),
    text("choices[*].message.tool_calls[*].function.arguments"),
    // responses, images, transcriptions
    count("usage.input_tokens", Count::Input),
    count("usage.output_tokens", Count::Output),
    count(
        "usage.input_tokens_details.cached_tokens",
        Count::CachedInput,
    ),
    count(
        "usage.input_tokens_details.cache_write_tokens",
        Count::CacheWrite,
    ),
    count(
        "usage.input_tokens_details.cache_write_tokens_details.ttl_12h_tokens",
        Count::CacheWriteLong,
    ),
    count("usage.input_tokens_details.audio_tokens", Count::InputAudio),
    count("usage.input_tokens_details.image_tokens", Count::InputImage),
    count(
        "usage.input_tokens_details.cache_read_input_tokens",
        Count::CachedAgain,
    ),
    count(
        "usage.input_tokens_details.cache_creation_input_tokens",
        Count::CacheWriteAgain,
    ),
    // Transcriptions spell it so.
    count("usage.input_token_details.audio_tokens", Count::InputAudio),
    count("usage.input_token_details.image_tokens", Count::InputImage),
    count(
        "usage.input_token_details.cached_tokens",
        Count::CachedInput,
    ),
    count(
        "usage.output_tokens_details.reasoning_tokens",
        Count::Reasoning,
    ),
    count(
        "usage.output_tokens_details.audio_tokens",
        Count::OutputAudio,
    ),
    count(
        "usage.output_tokens_details.image_tokens",
        Count::OutputImage,
    ),
    text("delta"),
    ("output", Field::Items),
    ("output[*]", Field::Item),
    ("output[*].type", Field::ItemKind),
    ("output[*].action.type", Field::ItemAction),
    ("output[*].container_id", Field::ItemContainer),
    text("output[*].name"),
    text("output[*].arguments"),
    text("output[*].content[*].text"),
    text("output[*].content[*].refusal"),
    text("output[*].summary[*].text"),
    // errors: an object or a text, in a responses stream the event itself, at vLLM and Mistral the whole body
    ("error", Field::Error),
    ("error.type", Field::ErrorKind),
    ("error.code", Field::ErrorCode),
    ("code", Field::ErrorCode),
    ("object", Field::Object),
    // Responses made in the background.
    ("background", Field::Background),
    ("status", Field::Status),
    ("detail", Field::Error),
    // OpenRouter, where one of several choices failed.
    ("choices[*].error", Field::Error),
    ("choices[*].error.code", Field::ErrorCode),
]);
