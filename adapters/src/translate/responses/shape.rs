//! Every member of a responses request (openai-python 3.54's types, read 2026-11), and what each asks for.

mod items;
mod tools;

use crate::translate::feature::Feature;
use crate::translate::shape::{Field, Kind, Shape};
use items::ITEM;
use tools::{TOOL, TOOL_CHOICE};

/// A request.
pub(super) static REQUEST: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::plain("input").of(&Shape::List(&ITEM)),
    Field::plain("instructions"),
    Field::plain("stream"),
    Field::plain("tools").of(&Shape::List(&TOOL)),
    Field::asks("tool_choice", Feature::ToolChoice, "\"required\"")
        .idle(&["\"auto\""])
        .of(&TOOL_CHOICE),
    Field::asks("parallel_tool_calls", Feature::ParallelToolsOff, "false").idle(&["true"]),
    Field::asks("max_output_tokens", Feature::OutputMax, "100"),
    Field::asks("max_tool_calls", Feature::ToolCallsMax, "3"),
    Field::asks("temperature", Feature::Temperature, "0.5"),
    Field::asks("top_p", Feature::TopP, "0.9"),
    Field::asks("top_logprobs", Feature::Logprobs, "2").idle(&["0"]),
    Field::plain("reasoning").of(&REASONING),
    Field::plain("text").of(&TEXT),
    Field::plain("include").of(&Shape::List(&INCLUDED)),
    Field::asks("store", Feature::Store, "true").idle(&["false"]),
    Field::asks("previous_response_id", Feature::StoredState, "\"resp_1\""),
    Field::asks("conversation", Feature::StoredState, "\"conv_1\""),
    Field::asks("prompt", Feature::StoredState, "{\"id\":\"pmpt_1\"}"),
    Field::asks("background", Feature::Background, "true").idle(&["false"]),
    Field::asks(
        "background_options",
        Feature::Background,
        "{\"completion_window\":\"2h\"}",
    ),
    Field::asks("truncation", Feature::Truncation, "\"auto\"").idle(&["\"disabled\""]),
    Field::asks("user", Feature::User, "\"user-1\""),
    Field::asks("safety_identifier", Feature::User, "\"user-1\""),
    Field::asks("prompt_cache_key", Feature::CacheKey, "\"key-1\""),
    // It says how long prompts are kept that are marked elsewhere; alone it keeps nothing where marks are needed.
    Field::asks("prompt_cache_retention", Feature::CacheTtl, "").idle(&["\"in_memory\""]),
    Field::plain("prompt_cache_options").of(&CACHE_OPTIONS),
    Field::asks("metadata", Feature::Metadata, "{\"k\":\"v\"}").idle(&["{}"]),
    Field::asks("service_tier", Feature::ServiceTier, "\"priority\"").idle(&["\"auto\""]),
    Field::plain("stream_options").of(&Shape::Object(&[Field::asks(
        "include_obfuscation",
        Feature::StreamOptions,
        "true",
    )
    .idle(&["false"])])),
    Field::asks(
        "context_management",
        Feature::ContextManagement,
        "[{\"type\":\"compaction\"}]",
    )
    .idle(&["[]"]),
    Field::asks(
        "moderation",
        Feature::SafetySettings,
        "{\"model\":\"omni-moderation-latest\"}",
    ),
    Field::asks(
        "access_programs",
        Feature::SafetySettings,
        "{\"cyber\":\"daybreak_blue\"}",
    ),
    Field::plain("image").of(&Shape::Object(&[Field::asks(
        "context_compression",
        Feature::MediaResolution,
        "\"enabled\"",
    )
    .idle(&["\"auto\""])])),
]);

static INCLUDED: Shape = Shape::Words(&[
    // Thoughts are told encrypted where they are, whether asked for or not.
    ("reasoning.encrypted_content", None),
    ("message.output_text.logprobs", Some(Feature::Logprobs)),
    ("code_interpreter_call.outputs", Some(Feature::Include)),
    (
        "computer_call_output.output.image_url",
        Some(Feature::Include),
    ),
    ("file_search_call.results", Some(Feature::Include)),
    ("message.input_image.image_url", Some(Feature::Include)),
    ("web_search_call.action.sources", Some(Feature::Include)),
    ("web_search_call.results", Some(Feature::Include)),
]);

static REASONING: Shape = Shape::Object(&[
    Field::asks("effort", Feature::ReasoningEffort, "\"high\""),
    // `auto` is as much as the model tells, which may be nothing.
    Field::asks("summary", Feature::ReasoningShown, "\"detailed\"").idle(&["\"auto\""]),
    Field::asks("generate_summary", Feature::ReasoningShown, "\"detailed\"").idle(&["\"auto\""]),
    Field::asks("context", Feature::ContextManagement, "\"all_turns\"").idle(&["\"auto\""]),
    // Several runs of a model behind one answer: a service of its own.
    Field::asks("mode", Feature::Hosted, "\"pro\"").idle(&["\"standard\""]),
]);

static TEXT: Shape = Shape::Object(&[
    Field::plain("format").of(&FORMAT),
    Field::asks("verbosity", Feature::Verbosity, "\"low\"").idle(&["\"medium\""]),
]);

static FORMAT: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["text"], &[Field::plain("type")]),
        Kind::asks(
            &["json_object"],
            Feature::JsonObject,
            &[Field::plain("type")],
        ),
        Kind::asks(
            &["json_schema"],
            Feature::JsonSchema,
            &[
                Field::plain("type"),
                Field::plain("name"),
                Field::plain("description"),
                Field::plain("schema"),
                Field::plain("strict"),
            ],
        ),
    ],
};

static CACHE_OPTIONS: Shape = Shape::Object(&[
    // Without marks, that nothing is cached.
    Field::asks("mode", Feature::CacheMarks, "").idle(&["\"implicit\""]),
    Field::asks("ttl", Feature::CacheTtl, "").idle(&["\"30m\""]),
    Field::asks("prewarm", Feature::CachedContent, "true").idle(&["false"]),
    Field::asks("comparison_response_id", Feature::StoredState, "\"resp_1\""),
]);
