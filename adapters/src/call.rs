//! What kind of call a request is: its dialect and operation.

/// The wire format a client speaks, told by the path it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `OpenAI`'s `/v1/…`, and that of the many who speak like it.
    OpenAi,
    /// Anthropic's `/v1/messages` and its neighbours, also at Vertex AI.
    Anthropic,
    /// Gemini's `/v1beta/models/{model}:{verb}`, also at Vertex AI.
    Gemini,
    /// AWS Bedrock's `/model/{id}/{verb}`.
    Bedrock,
    /// Cohere's `/v2/chat` and its neighbours.
    Cohere,
    /// Ollama's `/api/chat` and its neighbours.
    Ollama,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 6] = [
        Self::OpenAi,
        Self::Anthropic,
        Self::Gemini,
        Self::Bedrock,
        Self::Cohere,
        Self::Ollama,
    ];

    /// The name in prose.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::OpenAi => "OpenAI",
            Self::Anthropic => "Anthropic",
            Self::Gemini => "Gemini",
            Self::Bedrock => "Bedrock",
            Self::Cohere => "Cohere",
            Self::Ollama => "Ollama",
        }
    }

    /// The name used in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Cohere => "cohere",
            Self::Ollama => "ollama",
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A chat turn: `OpenAI`'s chat completions, Cohere's and Ollama's chat.
    Chat,
    /// A prompt's completion: `OpenAI`'s, Mistral's `fim`, Cohere's and Ollama's `generate`.
    Completions,
    /// `OpenAI` responses, compaction included.
    Responses,
    /// Embeddings.
    Embeddings,
    /// Anthropic messages.
    Messages,
    /// Counting a prompt's tokens: never billed.
    CountTokens,
    /// Gemini `generateContent` and `streamGenerateContent`.
    GenerateContent,
    /// Gemini `embedContent` and `batchEmbedContents`.
    EmbedContent,
    /// Gemini interactions.
    Interactions,
    /// Vertex AI `predict`.
    Predict,
    /// Bedrock `converse` and `converse-stream`.
    Converse,
    /// Bedrock `invoke` and `invoke-with-response-stream`: the model's own format.
    Invoke,
    /// Audio to text, in its language or in English.
    Transcription,
    /// Text to audio.
    Speech,
    /// Images made or changed.
    Images,
    /// Moderation: never billed.
    Moderations,
    /// Documents ranked by a query.
    Rerank,
    /// Text out of scanned pages.
    Ocr,
    /// The results of a batch, fetched.
    BatchResults,
    /// Model lists and look-ups: never billed.
    Models,
    /// Anything else on a provider's surface: passed through, not metered.
    Other,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 21] = [
        Self::Chat,
        Self::Completions,
        Self::Responses,
        Self::Embeddings,
        Self::Messages,
        Self::CountTokens,
        Self::GenerateContent,
        Self::EmbedContent,
        Self::Interactions,
        Self::Predict,
        Self::Converse,
        Self::Invoke,
        Self::Transcription,
        Self::Speech,
        Self::Images,
        Self::Moderations,
        Self::Rerank,
        Self::Ocr,
        Self::BatchResults,
        Self::Models,
        Self::Other,
    ];

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
            Self::Interactions => "interactions",
            Self::Predict => "predict",
            Self::Converse => "converse",
            Self::Invoke => "invoke",
            Self::Transcription => "transcription",
            Self::Speech => "speech",
            Self::Images => "images",
            Self::Moderations => "moderations",
            Self::Rerank => "rerank",
            Self::Ocr => "ocr",
            Self::BatchResults => "batch_results",
            Self::Models => "models",
            Self::Other => "other",
        }
    }

    /// Whether its body may be anything, a form or a file's bytes too. All others are JSON.
    #[must_use]
    pub const fn takes_any_body(self) -> bool {
        matches!(
            self,
            Self::Transcription | Self::Images | Self::BatchResults | Self::Models | Self::Other
        )
    }

    /// Whether an answer to it carries usage that costs money.
    #[must_use]
    pub const fn is_metered(self) -> bool {
        !matches!(
            self,
            Self::CountTokens | Self::Moderations | Self::Models | Self::Other
        )
    }

    /// Whether what it gives is counted on the input's side alone.
    #[must_use]
    pub const fn has_no_output(self) -> bool {
        matches!(
            self,
            Self::Embeddings | Self::EmbedContent | Self::Rerank | Self::Ocr | Self::Predict
        )
    }
}
