//! The fields of a request that we meter or guard by, whatever dialect spells them.

/// A metered field. The same one may have several spellings (Gemini takes `snake_case` too).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Model,
    ModelEcho,
    Stream,
    StreamOptions,
    IncludeUsage,
    // Caps on output tokens, and the objects that they stand in.
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    GenerationConfig,
    GeminiCap,
    OllamaOptions,
    OllamaCap,
    InferenceConfig,
    InferenceCap,
    TextConfig,
    TextCap,
    /// Bedrock's members of the model's own.
    ModelFields,
    ModelCap,
    /// A body behind Bedrock's `invoke` or Vertex AI's `rawPredict` that is Anthropic's.
    AnthropicVersion,
    Answers,
    BestOf,
    ServiceTier,
    ServiceTierObject,
    // How hard to think.
    ReasoningConfig,
    ReasoningEffort,
    ReasoningLevel,
    ReasoningBudget,
    ThinkingConfig,
    ThinkingBudget,
    /// Anthropic's, which has a floor and must stay below the output cap.
    ClaudeBudget,
    ThinkingLevel,
    OutputConfig,
    OutputEffort,
    Think,
    /// A list of tools.
    Tools,
    /// One of them, told by its type.
    Tool,
    ToolKind,
    /// An object of tools, told by their names; only [`Field::ClientTool`]s and [`Field::NoTool`] are not billed.
    ToolSet,
    ClientTools,
    ClientTool,
    NoTool,
    ServerTool,
    // What the input refers to and does not hold.
    PreviousAnswer,
    Conversation,
    StoredPrompt,
    CachedContent,
    StoredFile,
    /// The type of an input's item or part, which may be an image or a file.
    PartKind,
    Image,
    Video,
    Audio,
    File,
    /// A piece of media whose kind its MIME type tells.
    Media,
    MediaType,
    /// A text to be spoken.
    Spoken,
    /// One of the documents to be ranked.
    Document,
    Size,
    Quality,
    /// How much chance there is in an answer.
    Temperature,
    /// Whether the provider keeps the answer, for later calls to refer to.
    Store,
}

/// Every field has a bit in a `u64`; `Store` is the last.
const _: () = assert!((Field::Store as u32) < u64::BITS);

impl Field {
    /// Its place in a set of bits.
    pub(super) const fn bit(self) -> u64 {
        1 << self as u8
    }

    /// The field's name, for messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Model | Self::ModelEcho => "model",
            Self::Stream => "stream",
            Self::StreamOptions => "stream_options",
            Self::IncludeUsage => "stream_options.include_usage",
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxOutputTokens => "max_output_tokens",
            Self::GenerationConfig => "generationConfig",
            Self::GeminiCap => "generationConfig.maxOutputTokens",
            Self::OllamaOptions => "options",
            Self::OllamaCap => "options.num_predict",
            Self::InferenceConfig => "inferenceConfig",
            Self::InferenceCap => "inferenceConfig.maxTokens",
            Self::TextConfig => "textGenerationConfig",
            Self::TextCap => "textGenerationConfig.maxTokenCount",
            Self::ModelFields => "additionalModelRequestFields",
            Self::ModelCap => "additionalModelRequestFields.max_tokens",
            Self::AnthropicVersion => "anthropic_version",
            Self::Answers => "n",
            Self::BestOf => "best_of",
            Self::ServiceTier | Self::ServiceTierObject => "service_tier",
            Self::ReasoningConfig => "reasoning",
            Self::ReasoningEffort => "reasoning_effort",
            Self::ReasoningLevel => "reasoning.effort",
            Self::ReasoningBudget => "reasoning.max_tokens",
            Self::ThinkingConfig => "thinking",
            Self::ThinkingBudget => "thinking_budget",
            Self::ClaudeBudget => "thinking.budget_tokens",
            Self::ThinkingLevel => "thinking_level",
            Self::OutputConfig => "output_config",
            Self::OutputEffort => "output_config.effort",
            Self::Think => "think",
            Self::Tools
            | Self::Tool
            | Self::ToolSet
            | Self::ClientTools
            | Self::ClientTool
            | Self::NoTool
            | Self::ServerTool => "tools",
            Self::ToolKind => "tools.type",
            Self::PreviousAnswer => "previous_response_id",
            Self::Conversation => "conversation",
            Self::StoredPrompt => "prompt",
            Self::CachedContent => "cachedContent",
            Self::StoredFile => "file_id",
            Self::PartKind | Self::Image | Self::Video | Self::Audio | Self::File => "content",
            Self::Media | Self::MediaType => "content",
            Self::Spoken => "input",
            Self::Document => "documents",
            Self::Size => "size",
            Self::Quality => "quality",
            Self::Temperature => "temperature",
            Self::Store => "store",
        }
    }

    /// What its value has to be, for messages.
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Model | Self::ModelEcho => "a string of 1 to 256 bytes",
            Self::Stream | Self::IncludeUsage => "true or false",
            Self::OllamaCap => "a whole number",
            Self::ReasoningBudget | Self::ThinkingBudget | Self::ClaudeBudget => "a whole number",
            Self::Answers | Self::BestOf => "a whole number of at least 0",
            Self::Tools => "an array",
            Self::Conversation => "a string or an object",
            _ if self.is_output_cap() => "a whole number of at least 0",
            _ if self.is_object() => "an object",
            _ => "a text of at most 256 bytes",
        }
    }

    /// Whether it is an object whose members are ours to judge.
    pub(super) const fn is_object(self) -> bool {
        matches!(
            self,
            Self::StreamOptions
                | Self::GenerationConfig
                | Self::OllamaOptions
                | Self::InferenceConfig
                | Self::TextConfig
                | Self::ModelFields
                | Self::ServiceTierObject
                | Self::ReasoningConfig
                | Self::ThinkingConfig
                | Self::OutputConfig
                | Self::StoredPrompt
        )
    }

    /// Whether what its members are called is judged: their names must say one thing only.
    pub(super) const fn is_judged_inside(self) -> bool {
        self.is_object() || matches!(self, Self::Tool | Self::ToolSet)
    }

    /// Whether it is the object that a cap may be put into.
    pub(super) const fn holds_cap(self) -> bool {
        matches!(
            self,
            Self::GenerationConfig | Self::OllamaOptions | Self::InferenceConfig
        )
    }

    /// Whether it may come more than once, in any spelling: what is only counted adds up, and is the provider's to
    /// judge. (Echoes come once for each request of a batch; the model that counts is in the path.)
    pub(super) const fn may_repeat(self) -> bool {
        matches!(
            self,
            Self::ModelEcho
                | Self::Tool
                | Self::ToolSet
                | Self::ClientTools
                | Self::ClientTool
                | Self::NoTool
                | Self::ServerTool
                | Self::StoredFile
                | Self::PartKind
                | Self::Image
                | Self::Video
                | Self::Audio
                | Self::File
                | Self::Media
                | Self::MediaType
                | Self::Spoken
                | Self::Document
                | Self::Size
                | Self::Quality
                | Self::Temperature
                | Self::Store
        )
    }

    pub(super) const fn is_output_cap(self) -> bool {
        matches!(
            self,
            Self::MaxTokens
                | Self::MaxCompletionTokens
                | Self::MaxOutputTokens
                | Self::GeminiCap
                | Self::InferenceCap
                | Self::TextCap
                | Self::ModelCap
                | Self::OllamaCap
        )
    }

    /// Whether it says how hard to think.
    pub(super) const fn is_effort(self) -> bool {
        self.is_effort_word() || self.is_budget()
    }

    const fn is_effort_word(self) -> bool {
        matches!(
            self,
            Self::ReasoningEffort
                | Self::ReasoningLevel
                | Self::ThinkingLevel
                | Self::OutputEffort
                | Self::Think
        )
    }

    pub(super) const fn is_budget(self) -> bool {
        matches!(
            self,
            Self::ReasoningBudget | Self::ThinkingBudget | Self::ClaudeBudget
        )
    }
}

/// Keys under which all dialects put images, audio and files: inline as base64, or as an address.
pub(super) fn is_media(key: &[u8]) -> bool {
    matches!(
        key,
        // Bedrock: `converse`, and the image models behind `invoke`
        b"bytes"
            | b"inputImage"
            | b"data"
            | b"url"
            | b"image_url"
            | b"file_data"
            | b"fileUri"
            | b"file_url"
    )
}
