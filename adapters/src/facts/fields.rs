//! The fields of a request that we meter by, per dialect and operation.

use crate::call::{Dialect, Operation};
use crate::path::Call;
use crate::scan::{PathTable, Tracker};

/// A metered field. The same one may have several spellings (Gemini takes `snake_case` too).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Model,
    ModelEcho,
    Stream,
    StreamOptions,
    IncludeUsage,
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    GenerationConfig,
    GeminiCap,
    OllamaOptions,
    OllamaCap,
    Answers,
    BestOf,
    InferenceConfig,
    InferenceCap,
    TextConfig,
    TextCap,
    /// A text to be spoken.
    Spoken,
    /// One of the documents to be ranked.
    Document,
    Size,
    Quality,
}

/// Every field has a bit in a `u32`; `Quality` is the last.
const _: () = assert!((Field::Quality as u32) < u32::BITS);

/// Deepest of them: `generationConfig.maxOutputTokens`. (Echoes lie deeper and are never judged.)
pub(super) const DEPTH_MAX: usize = 2;

static CHAT: PathTable<Field, 16> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("stream_options", Field::StreamOptions),
    ("stream_options.include_usage", Field::IncludeUsage),
    ("max_tokens", Field::MaxTokens),
    ("max_completion_tokens", Field::MaxCompletionTokens),
    ("n", Field::Answers),
    ("best_of", Field::BestOf),
]);

static RESPONSES: PathTable<Field, 8> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("max_output_tokens", Field::MaxOutputTokens),
]);

static MESSAGES: PathTable<Field, 8> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("max_tokens", Field::MaxTokens),
]);

/// Deep-research interactions name an `agent` in the model's place.
static INTERACTIONS: PathTable<Field, 9> = PathTable::new(&[
    ("model", Field::Model),
    ("agent", Field::Model),
    ("stream", Field::Stream),
    ("generation_config", Field::GenerationConfig),
    ("generation_config.max_output_tokens", Field::GeminiCap),
    ("generationConfig", Field::GenerationConfig),
    ("generationConfig.maxOutputTokens", Field::GeminiCap),
]);

static COHERE: PathTable<Field, 6> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("max_tokens", Field::MaxTokens),
    ("num_generations", Field::Answers),
]);

static OLLAMA: PathTable<Field, 6> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("options", Field::OllamaOptions),
    ("options.num_predict", Field::OllamaCap),
]);

static GENERATE_CONTENT: PathTable<Field, 12> = PathTable::new(&[
    ("generationConfig", Field::GenerationConfig),
    ("generationConfig.maxOutputTokens", Field::GeminiCap),
    ("generationConfig.max_output_tokens", Field::GeminiCap),
    ("generationConfig.candidateCount", Field::Answers),
    ("generationConfig.candidate_count", Field::Answers),
    ("generation_config", Field::GenerationConfig),
    ("generation_config.maxOutputTokens", Field::GeminiCap),
    ("generation_config.max_output_tokens", Field::GeminiCap),
    ("generation_config.candidateCount", Field::Answers),
    ("generation_config.candidate_count", Field::Answers),
]);

static CONVERSE: PathTable<Field, 4> = PathTable::new(&[
    ("inferenceConfig", Field::InferenceConfig),
    ("inferenceConfig.maxTokens", Field::InferenceCap),
]);

/// Caps of all the models behind Bedrock's `invoke` (documented at
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>, read 2026-11). A body has one of them; two
/// spellings of one are refused as doubled, since it is the model that decides which it reads.
static INVOKE: PathTable<Field, 16> = PathTable::new(&[
    // Claude, Mistral, Cohere and all that is like OpenAI's
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
    ("n", Field::Answers),
    ("num_generations", Field::Answers),
    ("numResults", Field::Answers),
]);

static EMBED_CONTENT: PathTable<Field, 10> = PathTable::new(&[
    ("model", Field::ModelEcho),
    ("requests[*].model", Field::ModelEcho),
    ("generateContentRequest.model", Field::ModelEcho),
    ("generate_content_request.model", Field::ModelEcho),
]);

static EMBEDDINGS: PathTable<Field, 4> = PathTable::new(&[("model", Field::Model)]);

static SPEECH: PathTable<Field, 5> =
    PathTable::new(&[("model", Field::Model), ("input", Field::Spoken)]);

static IMAGES: PathTable<Field, 9> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("n", Field::Answers),
    ("size", Field::Size),
    ("quality", Field::Quality),
]);

static RERANK: PathTable<Field, 6> =
    PathTable::new(&[("model", Field::Model), ("documents[*]", Field::Document)]);

static OTHER: PathTable<Field, 4> =
    PathTable::new(&[("model", Field::Model), ("stream", Field::Stream)]);

pub(super) fn tracker(call: &Call) -> Tracker<Field> {
    match (call.operation, call.dialect) {
        (Operation::Chat | Operation::Completions, Dialect::Cohere) => Tracker::new(&COHERE),
        (Operation::Chat | Operation::Completions, Dialect::Ollama) => Tracker::new(&OLLAMA),
        (Operation::Chat | Operation::Completions, _) => Tracker::new(&CHAT),
        (Operation::Interactions, _) => Tracker::new(&INTERACTIONS),
        (Operation::Responses, _) | (Operation::CountTokens, Dialect::OpenAi) => {
            Tracker::new(&RESPONSES)
        }
        (Operation::Messages, _) | (Operation::CountTokens, Dialect::Anthropic) => {
            Tracker::new(&MESSAGES)
        }
        (Operation::GenerateContent, _) => Tracker::new(&GENERATE_CONTENT),
        (Operation::Converse, _) => Tracker::new(&CONVERSE),
        (Operation::Invoke, _) => Tracker::new(&INVOKE),
        (Operation::EmbedContent, _) | (Operation::CountTokens, Dialect::Gemini) => {
            Tracker::new(&EMBED_CONTENT)
        }
        (Operation::Embeddings | Operation::Ocr, _) => Tracker::new(&EMBEDDINGS),
        (Operation::Speech, _) => Tracker::new(&SPEECH),
        (Operation::Images, _) => Tracker::new(&IMAGES),
        (Operation::Rerank, _) => Tracker::new(&RERANK),
        // Bodies without a model, or in formats of the model's own.
        _ => Tracker::new(&OTHER),
    }
}

impl Field {
    /// Its place in a set of bits.
    pub(super) const fn bit(self) -> u8 {
        self as u8
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
            Self::Answers => "n",
            Self::BestOf => "best_of",
            Self::InferenceConfig => "inferenceConfig",
            Self::InferenceCap => "inferenceConfig.maxTokens",
            Self::TextConfig => "textGenerationConfig",
            Self::TextCap => "textGenerationConfig.maxTokenCount",
            Self::Spoken => "input",
            Self::Document => "documents",
            Self::Size => "size",
            Self::Quality => "quality",
        }
    }

    /// What its value has to be, for messages.
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::Model | Self::ModelEcho => "a string of 1 to 256 bytes",
            Self::Stream | Self::IncludeUsage => "true or false",
            Self::StreamOptions
            | Self::GenerationConfig
            | Self::OllamaOptions
            | Self::InferenceConfig
            | Self::TextConfig => "an object",
            Self::MaxTokens | Self::MaxCompletionTokens | Self::MaxOutputTokens => {
                "a whole number of at least 0"
            }
            Self::GeminiCap | Self::InferenceCap | Self::TextCap | Self::Answers | Self::BestOf => {
                "a whole number of at least 0"
            }
            Self::OllamaCap => "a whole number",
            Self::Spoken | Self::Document | Self::Size | Self::Quality => "a text",
        }
    }

    /// Echoes come once for each request of a batch; the model that counts is in the path. What is only
    /// counted adds up, and is the provider's to judge.
    pub(super) const fn may_repeat(self) -> bool {
        matches!(
            self,
            Self::ModelEcho | Self::Spoken | Self::Document | Self::Size | Self::Quality
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
                | Self::OllamaCap
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
