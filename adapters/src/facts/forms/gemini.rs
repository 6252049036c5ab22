//! Gemini's `generateContent`, interactions and embeddings. Members of protobuf's JSON may be spelled in two ways.

use super::super::cap::CapMember;
use super::super::fields::Field;
use super::Form;
use crate::scan::PathTable;

pub(super) static GENERATE_CONTENT: Form = Form {
    fields: GENERATE_FIELDS.erased(),
    cap: Some(CapMember::inside("generationConfig", "maxOutputTokens")),
};

pub(super) static INTERACTIONS: Form = Form {
    fields: INTERACTION_FIELDS.erased(),
    cap: Some(CapMember::inside("generation_config", "max_output_tokens")),
};

pub(super) static EMBED_CONTENT: Form = Form {
    fields: EMBED_FIELDS.erased(),
    cap: None,
};

static GENERATE_FIELDS: PathTable<Field, 96> = PathTable::new(&[
    ("generationConfig", Field::GenerationConfig),
    ("generationConfig.maxOutputTokens", Field::GeminiCap),
    ("generationConfig.max_output_tokens", Field::GeminiCap),
    ("generationConfig.candidateCount", Field::Answers),
    ("generationConfig.temperature", Field::Temperature),
    ("generationConfig.candidate_count", Field::Answers),
    ("generationConfig.thinkingConfig", Field::ThinkingConfig),
    (
        "generationConfig.thinkingConfig.thinkingBudget",
        Field::ThinkingBudget,
    ),
    (
        "generationConfig.thinkingConfig.thinking_budget",
        Field::ThinkingBudget,
    ),
    (
        "generationConfig.thinkingConfig.thinkingLevel",
        Field::ThinkingLevel,
    ),
    (
        "generationConfig.thinkingConfig.thinking_level",
        Field::ThinkingLevel,
    ),
    ("generationConfig.thinking_config", Field::ThinkingConfig),
    (
        "generationConfig.thinking_config.thinkingBudget",
        Field::ThinkingBudget,
    ),
    (
        "generationConfig.thinking_config.thinking_budget",
        Field::ThinkingBudget,
    ),
    (
        "generationConfig.thinking_config.thinkingLevel",
        Field::ThinkingLevel,
    ),
    (
        "generationConfig.thinking_config.thinking_level",
        Field::ThinkingLevel,
    ),
    ("generation_config", Field::GenerationConfig),
    ("generation_config.maxOutputTokens", Field::GeminiCap),
    ("generation_config.max_output_tokens", Field::GeminiCap),
    ("generation_config.candidateCount", Field::Answers),
    ("generation_config.temperature", Field::Temperature),
    ("generation_config.candidate_count", Field::Answers),
    ("generation_config.thinkingConfig", Field::ThinkingConfig),
    (
        "generation_config.thinkingConfig.thinkingBudget",
        Field::ThinkingBudget,
    ),
    (
        "generation_config.thinkingConfig.thinking_budget",
        Field::ThinkingBudget,
    ),
    (
        "generation_config.thinkingConfig.thinkingLevel",
        Field::ThinkingLevel,
    ),
    (
        "generation_config.thinkingConfig.thinking_level",
        Field::ThinkingLevel,
    ),
    ("generation_config.thinking_config", Field::ThinkingConfig),
    (
        "generation_config.thinking_config.thinkingBudget",
        Field::ThinkingBudget,
    ),
    (
        "generation_config.thinking_config.thinking_budget",
        Field::ThinkingBudget,
    ),
    (
        "generation_config.thinking_config.thinkingLevel",
        Field::ThinkingLevel,
    ),
    (
        "generation_config.thinking_config.thinking_level",
        Field::ThinkingLevel,
    ),
    ("serviceTier", Field::ServiceTier),
    ("service_tier", Field::ServiceTier),
    ("cachedContent", Field::CachedContent),
    ("cached_content", Field::CachedContent),
    ("tools", Field::Tools),
    ("tools[*]", Field::ToolSet),
    ("tools[*].functionDeclarations", Field::ClientTools),
    ("tools[*].functionDeclarations[*]", Field::ClientTool),
    ("tools[*].function_declarations", Field::ClientTools),
    ("tools[*].function_declarations[*]", Field::ClientTool),
    ("contents[*].parts[*].inlineData", Field::Media),
    ("contents[*].parts[*].inlineData.mimeType", Field::MediaType),
    (
        "contents[*].parts[*].inlineData.mime_type",
        Field::MediaType,
    ),
    ("contents[*].parts[*].inline_data", Field::Media),
    (
        "contents[*].parts[*].inline_data.mimeType",
        Field::MediaType,
    ),
    (
        "contents[*].parts[*].inline_data.mime_type",
        Field::MediaType,
    ),
    ("contents[*].parts[*].fileData", Field::Media),
    ("contents[*].parts[*].fileData.mimeType", Field::MediaType),
    ("contents[*].parts[*].fileData.mime_type", Field::MediaType),
    ("contents[*].parts[*].fileData.fileUri", Field::StoredFile),
    ("contents[*].parts[*].fileData.file_uri", Field::StoredFile),
    ("contents[*].parts[*].file_data", Field::Media),
    ("contents[*].parts[*].file_data.mimeType", Field::MediaType),
    ("contents[*].parts[*].file_data.mime_type", Field::MediaType),
    ("contents[*].parts[*].file_data.fileUri", Field::StoredFile),
    ("contents[*].parts[*].file_data.file_uri", Field::StoredFile),
    // What a function gave
    (
        "contents[*].parts[*].functionResponse.parts[*].inlineData",
        Field::Media,
    ),
    (
        "contents[*].parts[*].functionResponse.parts[*].inlineData.mimeType",
        Field::MediaType,
    ),
    (
        "contents[*].parts[*].function_response.parts[*].inline_data",
        Field::Media,
    ),
    (
        "contents[*].parts[*].function_response.parts[*].inline_data.mime_type",
        Field::MediaType,
    ),
]);

/// Deep-research interactions name an `agent` in the model's place.
static INTERACTION_FIELDS: PathTable<Field, 48> = PathTable::new(&[
    ("model", Field::Model),
    ("agent", Field::Model),
    ("stream", Field::Stream),
    ("generation_config", Field::GenerationConfig),
    ("generation_config.max_output_tokens", Field::GeminiCap),
    ("generation_config.maxOutputTokens", Field::GeminiCap),
    ("generation_config.thinking_level", Field::ThinkingLevel),
    ("generationConfig", Field::GenerationConfig),
    ("generationConfig.maxOutputTokens", Field::GeminiCap),
    ("generationConfig.max_output_tokens", Field::GeminiCap),
    ("generationConfig.thinkingLevel", Field::ThinkingLevel),
    ("service_tier", Field::ServiceTier),
    ("serviceTier", Field::ServiceTier),
    ("previous_interaction_id", Field::PreviousAnswer),
    ("previousInteractionId", Field::PreviousAnswer),
    ("tools", Field::Tools),
    ("tools[*]", Field::Tool),
    ("tools[*].type", Field::ToolKind),
    // One part, parts, or turns or steps of parts
    ("input.type", Field::PartKind),
    ("input[*].type", Field::PartKind),
    ("input[*].content[*].type", Field::PartKind),
]);

static EMBED_FIELDS: PathTable<Field, 10> = PathTable::new(&[
    ("model", Field::ModelEcho),
    ("requests[*].model", Field::ModelEcho),
    ("generateContentRequest.model", Field::ModelEcho),
    ("generate_content_request.model", Field::ModelEcho),
]);
