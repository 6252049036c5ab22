//! How servers with `OpenAI`'s chat differ where a request is written for them: a row each, no code.

mod ids;

use super::feature::Feature;
use crate::facts::EffortLevel;
use EffortLevel::{High, Low, Max, Medium, Minimal, None, XHigh};

pub(crate) use ids::ToolIds;

/// What is special about a provider's chat completions.
#[derive(Debug)]
pub(crate) struct ChatVariant {
    /// What ids of tool calls may be.
    pub(crate) tool_ids: ToolIds,
    /// The member that makes chance repeatable.
    pub(crate) seed: &'static str,
    /// What `OpenAI` has and it has no member for, and refuses or passes over.
    pub(crate) lacks: &'static [Feature],
    /// What it has and `OpenAI` has not.
    pub(crate) has: &'static [Feature],
    /// Its words for how hard to think, least first.
    pub(crate) efforts: &'static [EffortLevel],
    /// Contents are texts: lists of them are refused where there is nothing but text in them.
    pub(crate) has_plain_texts: bool,
    /// A member, as JSON, that turns thinking off where no word for effort does.
    pub(crate) thinking_off: Option<(&'static str, &'static str)>,
    /// Messages that call tools are refused without what was thought before: it stands there, empty where it is not known.
    pub(crate) needs_thoughts: bool,
    /// What a last message of the assistant is marked with so that it is continued; empty where it is not.
    pub(crate) prefill: &'static str,
}

impl ChatVariant {
    /// As `OpenAI` has it. Ids of calls have 40 characters at most (its refusal of longer ones says so).
    pub(crate) const OPENAI: Self = Self {
        tool_ids: ToolIds::Any(40),
        seed: "seed",
        lacks: &[],
        has: &[],
        efforts: &EffortLevel::ALL,
        has_plain_texts: false,
        thinking_off: Option::None,
        needs_thoughts: false,
        prefill: "",
    };

    /// A server of which nothing more is known than that it is like `OpenAI`'s: what only `OpenAI` has is not asked of it.
    pub(crate) const LIKE: Self = Self {
        lacks: NOT_COMMON,
        ..Self::OPENAI
    };

    /// The same, with what servers of open models have: vLLM (<https://docs.vllm.ai/en/latest/serving/openai_compatible_server/>),
    /// Together (<https://docs.together.ai/reference/chat-completions-1>), Fireworks
    /// (<https://docs.fireworks.ai/api-reference/post-chatcompletions>), all read 2026-11. They tell what their models think.
    pub(crate) const OPEN_MODELS: Self = Self {
        has: &[Feature::TopK, Feature::MinP, Feature::ReasoningShown],
        ..Self::LIKE
    };

    /// Of these, vLLM and Fireworks tell how likely tokens were as `OpenAI` does; Together asks for it by a number and
    /// tells it in lists of its own.
    pub(crate) const LIKELIHOODS: Self = Self {
        has: &[
            Feature::TopK,
            Feature::MinP,
            Feature::ReasoningShown,
            Feature::Logprobs,
        ],
        ..Self::LIKE
    };

    /// One that tells what its models think, and has no more than `OpenAI` else.
    pub(crate) const THINKING: Self = Self {
        has: &[Feature::ReasoningShown],
        ..Self::LIKE
    };

    /// Mistral's own client (mistralai 3.7, `ChatCompletionRequest`, read 2026-11) has no other members, and the server refuses
    /// those it does not know with 422. Ids of calls are refused unless they are nine letters and digits.
    pub(crate) const MISTRAL: Self = Self {
        tool_ids: ToolIds::Nine,
        seed: "random_seed",
        lacks: &[
            Feature::Verbosity,
            Feature::User,
            Feature::ServiceTier,
            Feature::Logprobs,
            Feature::ToolChoiceAmong,
            Feature::FileData,
            Feature::FileName,
            Feature::AudioInput,
            Feature::RefusalHistory,
        ],
        has: &[Feature::TopK, Feature::ReasoningShown],
        prefill: "prefix",
        ..Self::OPENAI
    };

    /// Groq refuses `logprobs`, `logit_bias`, `messages[].name` and more than one answer
    /// (<https://console.groq.com/docs/openai>, read 2026-11), and has tiers of its own.
    pub(crate) const GROQ: Self = Self {
        lacks: &[
            Feature::ManyAnswers,
            Feature::Logprobs,
            Feature::Verbosity,
            Feature::CacheKey,
            Feature::ServiceTier,
            Feature::ToolChoiceAmong,
            Feature::FileData,
            Feature::FileName,
            Feature::AudioInput,
            Feature::RefusalHistory,
        ],
        has: &[Feature::ReasoningShown],
        efforts: &[None, Low, Medium, High],
        ..Self::OPENAI
    };

    /// Cerebras (cerebras-cloud-sdk 1.91, `ChatCompletionCreateParams`; <https://inference-docs.cerebras.ai/resources/openai>,
    /// read 2026-11): penalties are refused by its models.
    pub(crate) const CEREBRAS: Self = Self {
        lacks: &[
            Feature::PresencePenalty,
            Feature::FrequencyPenalty,
            Feature::Verbosity,
            Feature::ToolChoiceAmong,
            Feature::ImageUrl,
            Feature::FileData,
            Feature::FileName,
            Feature::AudioInput,
            Feature::RefusalHistory,
        ],
        has: &[Feature::ReasoningShown],
        efforts: &[None, Low, Medium, High],
        ..Self::OPENAI
    };

    /// Z.ai (<https://docs.z.ai/api-reference/llm/chat-completion> and `/guides/capabilities/thinking-mode`, read 2026-11): tools
    /// are the model's choice, and thinking is on or off.
    pub(crate) const ZAI: Self = Self {
        lacks: &[
            Feature::ToolChoice,
            Feature::ToolChoiceNamed,
            Feature::ToolChoiceAmong,
            Feature::ToolStrict,
            Feature::PresencePenalty,
            Feature::FrequencyPenalty,
            Feature::Logprobs,
            Feature::Verbosity,
            Feature::CacheKey,
            Feature::ServiceTier,
        ],
        thinking_off: Some(("thinking", r#"{"type":"disabled"}"#)),
        ..Self::THINKING
    };

    /// Alibaba Cloud (<https://www.alibabacloud.com/help/en/model-studio/deep-thinking>, read 2026-11).
    pub(crate) const ALIBABA: Self = Self {
        has: &[Feature::TopK, Feature::ReasoningShown],
        thinking_off: Some(("enable_thinking", "false")),
        ..Self::LIKE
    };

    /// `DeepSeek` (<https://api-docs.deepseek.com/api/create-chat-completion> and `/guides/thinking_mode`, read 2026-11): models of
    /// text alone; contents that are lists are refused, and so are calls without the thoughts before them; it has neither
    /// schemas nor seeds nor several answers.
    pub(crate) const DEEPSEEK: Self = Self {
        lacks: &[
            Feature::ManyAnswers,
            Feature::Seed,
            Feature::JsonSchema,
            Feature::ParallelToolsOff,
            Feature::Verbosity,
            Feature::User,
            Feature::CacheKey,
            Feature::ServiceTier,
            Feature::ToolChoiceAmong,
            Feature::ImageData,
            Feature::ImageUrl,
            Feature::ImageDetail,
            Feature::FileData,
            Feature::FileName,
            Feature::AudioInput,
            Feature::RefusalHistory,
        ],
        has: &[Feature::ReasoningShown],
        efforts: &[Low, High, Max],
        has_plain_texts: true,
        thinking_off: Some(("thinking", r#"{"type":"disabled"}"#)),
        needs_thoughts: true,
        ..Self::OPENAI
    };

    /// Perplexity (<https://docs.perplexity.ai/api-reference/chat-completions-post>, read 2026-11): it searches, and calls no
    /// functions.
    pub(crate) const PERPLEXITY: Self = Self {
        lacks: &[
            Feature::Tools,
            Feature::ToolStrict,
            Feature::ToolChoice,
            Feature::ToolChoiceNamed,
            Feature::ToolChoiceAmong,
            Feature::ParallelToolsOff,
            Feature::ToolResultError,
            Feature::ManyAnswers,
            Feature::Seed,
            Feature::Logprobs,
            Feature::Stop,
            Feature::Verbosity,
            Feature::User,
            Feature::CacheKey,
            Feature::ServiceTier,
            Feature::AudioInput,
            Feature::RefusalHistory,
        ],
        has: &[Feature::TopK],
        efforts: &[Minimal, Low, Medium, High],
        ..Self::OPENAI
    };

    /// `OpenRouter` (<https://openrouter.ai/docs/api-reference/parameters>, read 2026-11).
    pub(crate) const OPENROUTER: Self = Self {
        lacks: &[
            Feature::CacheKey,
            Feature::ServiceTier,
            Feature::ToolChoiceAmong,
            Feature::ManyAnswers,
        ],
        has: &[
            Feature::TopK,
            Feature::MinP,
            Feature::ReasoningShown,
            Feature::FileUrl,
        ],
        efforts: &[None, Minimal, Low, Medium, High, XHigh, Max],
        ..Self::OPENAI
    };
}

const NOT_COMMON: &[Feature] = &[
    Feature::Logprobs,
    Feature::Verbosity,
    Feature::CacheKey,
    Feature::ServiceTier,
    Feature::ToolChoiceAmong,
];
