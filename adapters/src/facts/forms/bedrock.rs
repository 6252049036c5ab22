//! Bedrock's `converse`, and the models' own formats behind `invoke`.

use super::super::cap::CapMember;
use super::super::fields::Field;
use super::Form;
use crate::scan::PathTable;

pub(super) static CONVERSE: Form = Form {
    fields: CONVERSE_FIELDS.erased(),
    cap: Some(CapMember::inside("inferenceConfig", "maxTokens")),
};

/// A cap can be put into Anthropic's format alone, which says what it is.
pub(super) static INVOKE: Form = Form {
    fields: INVOKE_FIELDS.erased(),
    cap: None,
};

/// Documented at <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>, read 2026-11.
static CONVERSE_FIELDS: PathTable<Field, 80> = PathTable::new(&[
    ("inferenceConfig", Field::InferenceConfig),
    ("inferenceConfig.maxTokens", Field::InferenceCap),
    ("inferenceConfig.temperature", Field::Temperature),
    ("serviceTier", Field::ServiceTierObject),
    ("serviceTier.type", Field::ServiceTier),
    // In the model's own format: Anthropic's, and Nova's
    ("additionalModelRequestFields", Field::ModelFields),
    ("additionalModelRequestFields.max_tokens", Field::ModelCap),
    (
        "additionalModelRequestFields.temperature",
        Field::Temperature,
    ),
    (
        "additionalModelRequestFields.thinking",
        Field::ThinkingConfig,
    ),
    (
        "additionalModelRequestFields.thinking.budget_tokens",
        Field::ClaudeBudget,
    ),
    (
        "additionalModelRequestFields.reasoning_config",
        Field::ThinkingConfig,
    ),
    (
        "additionalModelRequestFields.reasoning_config.budget_tokens",
        Field::ClaudeBudget,
    ),
    (
        "additionalModelRequestFields.output_config",
        Field::OutputConfig,
    ),
    (
        "additionalModelRequestFields.output_config.effort",
        Field::OutputEffort,
    ),
    (
        "additionalModelRequestFields.reasoning_effort",
        Field::ReasoningEffort,
    ),
    (
        "additionalModelRequestFields.reasoningConfig",
        Field::ReasoningConfig,
    ),
    (
        "additionalModelRequestFields.reasoningConfig.maxReasoningEffort",
        Field::ThinkingLevel,
    ),
    ("toolConfig.tools", Field::Tools),
    ("toolConfig.tools[*]", Field::ToolSet),
    ("toolConfig.tools[*].toolSpec", Field::ClientTool),
    ("toolConfig.tools[*].cachePoint", Field::NoTool),
    ("messages[*].content[*].image", Field::Image),
    (
        "messages[*].content[*].image.source.s3Location",
        Field::StoredFile,
    ),
    ("messages[*].content[*].document", Field::File),
    (
        "messages[*].content[*].document.source.s3Location",
        Field::StoredFile,
    ),
    ("messages[*].content[*].video", Field::Video),
    (
        "messages[*].content[*].video.source.s3Location",
        Field::StoredFile,
    ),
    ("messages[*].content[*].audio", Field::Audio),
    (
        "messages[*].content[*].audio.source.s3Location",
        Field::StoredFile,
    ),
    (
        "messages[*].content[*].toolResult.content[*].image",
        Field::Image,
    ),
    (
        "messages[*].content[*].toolResult.content[*].document",
        Field::File,
    ),
    (
        "messages[*].content[*].toolResult.content[*].video",
        Field::Video,
    ),
]);

/// Caps of all the models behind Bedrock's `invoke` (documented at
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>, read 2026-11). A body has one of them; two
/// spellings of one are refused as doubled, since it is the model that decides which it reads.
static INVOKE_FIELDS: PathTable<Field, 64> = PathTable::new(&[
    // Claude, Mistral, Cohere and all that is like OpenAI's
    ("anthropic_version", Field::AnthropicVersion),
    ("max_tokens", Field::MaxTokens),
    ("max_completion_tokens", Field::MaxCompletionTokens),
    ("max_tokens_to_sample", Field::MaxTokens),
    // Llama
    ("max_gen_len", Field::MaxTokens),
    // AI21's Jurassic
    ("maxTokens", Field::MaxTokens),
    // Titan
    ("textGenerationConfig", Field::TextConfig),
    ("textGenerationConfig.maxTokenCount", Field::TextCap),
    // Nova, in two spellings
    ("inferenceConfig", Field::InferenceConfig),
    ("inferenceConfig.maxTokens", Field::InferenceCap),
    ("inferenceConfig.max_new_tokens", Field::InferenceCap),
    ("temperature", Field::Temperature),
    ("textGenerationConfig.temperature", Field::Temperature),
    ("inferenceConfig.temperature", Field::Temperature),
    ("n", Field::Answers),
    ("num_generations", Field::Answers),
    ("numResults", Field::Answers),
    ("service_tier", Field::ServiceTier),
    ("reasoning_effort", Field::ReasoningEffort),
    ("thinking", Field::ThinkingConfig),
    ("thinking.budget_tokens", Field::ClaudeBudget),
    ("output_config", Field::OutputConfig),
    ("output_config.effort", Field::OutputEffort),
    ("tools", Field::Tools),
    ("tools[*]", Field::Tool),
    ("tools[*].type", Field::ToolKind),
    // Nova's
    ("toolConfig.tools[*]", Field::ToolSet),
    ("toolConfig.tools[*].toolSpec", Field::ClientTool),
    ("toolConfig.tools[*].cachePoint", Field::NoTool),
    ("messages[*].content[*].image", Field::Image),
    ("messages[*].content[*].document", Field::File),
    ("messages[*].content[*].video", Field::Video),
    // Claude's and OpenAI's
    ("messages[*].content[*].type", Field::PartKind),
    ("messages[*].content[*].source.file_id", Field::StoredFile),
    ("messages[*].content[*].content[*].type", Field::PartKind),
]);
