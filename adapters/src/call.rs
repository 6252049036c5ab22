//! What kind of call a request is: its dialect and operation.

/// The wire format a client speaks, told by the path it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `OpenAI`'s `/v1/…`.
    OpenAi,
    /// Anthropic's `/v1/messages` and its neighbours.
    Anthropic,
    /// Gemini's `/v1beta/models/{model}:{verb}`.
    Gemini,
}

impl Dialect {
    /// The name used in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `OpenAI` chat completions.
    Chat,
    /// `OpenAI` legacy completions.
    Completions,
    /// `OpenAI` responses.
    Responses,
    /// `OpenAI` embeddings.
    Embeddings,
    /// Anthropic messages.
    Messages,
    /// Anthropic `count_tokens` and Gemini `countTokens`: never billed.
    CountTokens,
    /// Gemini `generateContent` and `streamGenerateContent`.
    GenerateContent,
    /// Gemini `embedContent` and `batchEmbedContents`.
    EmbedContent,
    /// Model lists and look-ups: never billed.
    Models,
    /// Anything else on a provider's surface: passed through, not metered.
    Other,
}

impl Operation {
    /// The name used in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completions => "completions",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
            Self::Messages => "messages",
            Self::CountTokens => "count_tokens",
            Self::GenerateContent => "generate_content",
            Self::EmbedContent => "embed_content",
            Self::Models => "models",
            Self::Other => "other",
        }
    }

    /// Whether its body may be anything, a form or a file's bytes too. All others are JSON.
    #[must_use]
    pub const fn takes_any_body(self) -> bool {
        matches!(self, Self::Models | Self::Other)
    }

    /// Whether an answer to it carries usage that costs money.
    #[must_use]
    pub const fn is_metered(self) -> bool {
        !matches!(self, Self::CountTokens | Self::Models | Self::Other)
    }
}
