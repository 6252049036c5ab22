//! `OpenAI`'s requests, and those of whoever speaks like it.

use super::super::cap::CapMember;
use super::super::fields::Field;
use super::Form;
use crate::scan::PathTable;

/// The name is each provider's; `OpenAI`'s models refuse less than 16 ("integer below minimum value", seen 2026-04).
const CHAT_CAP: CapMember = CapMember {
    is_providers: true,
    least: 16,
    ..CapMember::at_top("max_tokens")
};

const RESPONSES_CAP: CapMember = CapMember {
    least: 16,
    ..CapMember::at_top("max_output_tokens")
};

pub(super) static CHAT: Form = Form {
    fields: CHAT_FIELDS.erased(),
    cap: Some(CHAT_CAP),
};

/// Prompts of one text; their cap has but one name.
pub(super) static COMPLETIONS: Form = Form {
    fields: CHAT_FIELDS.erased(),
    cap: Some(CapMember::at_top("max_tokens")),
};

pub(super) static RESPONSES: Form = Form {
    fields: RESPONSES_FIELDS.erased(),
    cap: Some(RESPONSES_CAP),
};

/// `/responses/compact`, and counting a response's input: they take no cap (openai-python 3.52's
/// `response_compact_params.py`, read 2026-11).
pub(super) static COMPACTION: Form = Form {
    fields: RESPONSES_FIELDS.erased(),
    cap: None,
};

static CHAT_FIELDS: PathTable<Field, 64> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("stream_options", Field::StreamOptions),
    ("stream_options.include_usage", Field::IncludeUsage),
    ("max_tokens", Field::MaxTokens),
    ("max_completion_tokens", Field::MaxCompletionTokens),
    ("temperature", Field::Temperature),
    ("store", Field::Store),
    ("n", Field::Answers),
    ("best_of", Field::BestOf),
    ("service_tier", Field::ServiceTier),
    ("tools", Field::Tools),
    ("tools[*]", Field::Tool),
    ("tools[*].type", Field::ToolKind),
    ("functions[*]", Field::ClientTool),
    ("web_search_options", Field::ServerTool),
    // xAI's live search, OpenRouter's web search and file parsers
    ("search_parameters", Field::ServerTool),
    ("plugins[*]", Field::ServerTool),
    ("reasoning_effort", Field::ReasoningEffort),
    // OpenRouter's
    ("reasoning", Field::ReasoningConfig),
    ("reasoning.effort", Field::ReasoningLevel),
    ("reasoning.max_tokens", Field::ReasoningBudget),
    // Alibaba's, and that of Anthropic's models behind compatible servers
    ("thinking_budget", Field::ThinkingBudget),
    ("thinking", Field::ThinkingConfig),
    ("thinking.budget_tokens", Field::ClaudeBudget),
    ("messages[*].content[*].type", Field::PartKind),
    ("messages[*].content[*].file.file_id", Field::StoredFile),
]);

static RESPONSES_FIELDS: PathTable<Field, 64> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("max_output_tokens", Field::MaxOutputTokens),
    ("temperature", Field::Temperature),
    ("store", Field::Store),
    ("service_tier", Field::ServiceTier),
    ("tools", Field::Tools),
    ("tools[*]", Field::Tool),
    ("tools[*].type", Field::ToolKind),
    ("reasoning", Field::ReasoningConfig),
    ("reasoning.effort", Field::ReasoningLevel),
    ("previous_response_id", Field::PreviousAnswer),
    ("conversation", Field::Conversation),
    ("prompt", Field::StoredPrompt),
    // Items may be references to stored ones, parts may be images and files.
    ("input[*].type", Field::PartKind),
    ("input[*].content[*].type", Field::PartKind),
    ("input[*].content[*].file_id", Field::StoredFile),
    ("input[*].output[*].type", Field::PartKind),
    ("input[*].output[*].file_id", Field::StoredFile),
    ("input[*].output.type", Field::PartKind),
    ("input[*].output.file_id", Field::StoredFile),
]);
