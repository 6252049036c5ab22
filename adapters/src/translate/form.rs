//! What can be translated: a form is a dialect's way to ask for one thing, and be answered.

use super::feature::{Fate, Feature, Features};
use super::shape::Shape;
use super::speaker::{Asks, Serves};
use super::{chat, cohere, converse, generate, messages, ollama, responses};
use crate::call::{Dialect, Operation};
use crate::credential::percent_encode;
use crate::path::Call;
use crate::provider::ProviderKind;

/// A dialect's way to ask for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `OpenAI`'s `/v1/chat/completions`.
    Chat,
    /// `OpenAI`'s `/v1/responses`.
    Responses,
    /// Anthropic's `/v1/messages`.
    Messages,
    /// Gemini's `:generateContent` and `:streamGenerateContent`.
    Generate,
    /// Bedrock's `/model/{id}/converse` and `converse-stream`.
    Converse,
    /// Cohere's `/v2/chat`.
    CohereChat,
    /// Ollama's `/api/chat`.
    OllamaChat,
    /// `OpenAI`'s `/v1/responses/input_tokens`.
    ResponsesCount,
    /// Anthropic's `/v1/messages/count_tokens`.
    MessagesCount,
    /// Gemini's `:countTokens`.
    GenerateCount,
    /// `OpenAI`'s `/v1/embeddings`.
    Embeddings,
    /// Gemini's `:embedContent`.
    GeminiEmbed,
    /// Gemini's `:batchEmbedContents`.
    GeminiEmbedBatch,
    /// Cohere's `/v2/embed`.
    CohereEmbed,
    /// Ollama's `/api/embed`.
    OllamaEmbed,
    /// Cohere's `/v2/rerank`.
    CohereRerank,
    /// `/v1/rerank`, as vLLM, Voyage and others have it.
    Rerank,
}

/// What is asked for, whatever the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// A model's turn.
    Turn,
    /// How many tokens a prompt has.
    Count,
    /// Embeddings.
    Embed,
    /// Documents ranked by a query.
    Rank,
}

/// In which of several ways that it knows a deployment is asked for a turn: `api` of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/responses`
    Responses,
    /// Neither: the provider's own dialect, also where it understands `OpenAI`'s or another as well. What it has in its
    /// own (Bedrock's `converse` serves every model, its `OpenAI` paths some) it may lack there.
    Own,
}

impl Form {
    /// Every form.
    pub const ALL: &[Self] = &[
        Self::Chat,
        Self::Responses,
        Self::Messages,
        Self::Generate,
        Self::Converse,
        Self::CohereChat,
        Self::OllamaChat,
        Self::ResponsesCount,
        Self::MessagesCount,
        Self::GenerateCount,
        Self::Embeddings,
        Self::GeminiEmbed,
        Self::GeminiEmbedBatch,
        Self::CohereEmbed,
        Self::OllamaEmbed,
        Self::CohereRerank,
        Self::Rerank,
    ];

    /// The form of a request by its path; `None` for what is never translated.
    #[must_use]
    pub fn of(call: &Call, path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        let ends = |end: &str| path.ends_with(end);
        Some(match (call.dialect, call.operation) {
            (Dialect::OpenAi, Operation::Chat) if ends("/chat/completions") => Self::Chat,
            (Dialect::OpenAi, Operation::Responses) if !call.is_compaction => Self::Responses,
            (Dialect::OpenAi, Operation::CountTokens) => Self::ResponsesCount,
            (Dialect::OpenAi, Operation::Embeddings) => Self::Embeddings,
            (Dialect::OpenAi, Operation::Rerank) if ends("/rerank") => Self::Rerank,
            (Dialect::Anthropic, Operation::Messages) => Self::Messages,
            (Dialect::Anthropic, Operation::CountTokens) => Self::MessagesCount,
            (Dialect::Gemini, Operation::GenerateContent) => Self::Generate,
            (Dialect::Gemini, Operation::CountTokens) => Self::GenerateCount,
            (Dialect::Gemini, Operation::EmbedContent) if ends("batchEmbedContents") => {
                Self::GeminiEmbedBatch
            }
            (Dialect::Gemini, Operation::EmbedContent) => Self::GeminiEmbed,
            (Dialect::Bedrock, Operation::Converse) => Self::Converse,
            (Dialect::Cohere, Operation::Chat) if ends("/v2/chat") => Self::CohereChat,
            (Dialect::Cohere, Operation::Embeddings) if ends("/v2/embed") => Self::CohereEmbed,
            (Dialect::Cohere, Operation::Rerank) if ends("/v2/rerank") => Self::CohereRerank,
            (Dialect::Ollama, Operation::Chat) => Self::OllamaChat,
            (Dialect::Ollama, Operation::Embeddings) if ends("/embed") => Self::OllamaEmbed,
            _ => return None,
        })
    }

    /// The dialect that it belongs to.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        match self {
            Self::Chat
            | Self::Responses
            | Self::ResponsesCount
            | Self::Embeddings
            | Self::Rerank => Dialect::OpenAi,
            Self::Messages | Self::MessagesCount => Dialect::Anthropic,
            Self::Generate | Self::GenerateCount | Self::GeminiEmbed | Self::GeminiEmbedBatch => {
                Dialect::Gemini
            }
            Self::Converse => Dialect::Bedrock,
            Self::CohereChat | Self::CohereEmbed | Self::CohereRerank => Dialect::Cohere,
            Self::OllamaChat | Self::OllamaEmbed => Dialect::Ollama,
        }
    }

    /// The operation by which its answers are metered.
    #[must_use]
    pub const fn operation(self) -> Operation {
        match self {
            Self::Chat | Self::CohereChat | Self::OllamaChat => Operation::Chat,
            Self::Responses => Operation::Responses,
            Self::Messages => Operation::Messages,
            Self::Generate => Operation::GenerateContent,
            Self::Converse => Operation::Converse,
            Self::ResponsesCount | Self::MessagesCount | Self::GenerateCount => {
                Operation::CountTokens
            }
            Self::Embeddings | Self::CohereEmbed | Self::OllamaEmbed => Operation::Embeddings,
            Self::GeminiEmbed | Self::GeminiEmbedBatch => Operation::EmbedContent,
            Self::CohereRerank | Self::Rerank => Operation::Rerank,
        }
    }

    /// What it asks for.
    #[must_use]
    pub const fn task(self) -> Task {
        match self.operation() {
            Operation::CountTokens => Task::Count,
            Operation::Embeddings | Operation::EmbedContent => Task::Embed,
            Operation::Rerank => Task::Rank,
            _ => Task::Turn,
        }
    }

    /// The name in documentation and messages.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Chat => "OpenAI chat completions",
            Self::Responses => "OpenAI responses",
            Self::Messages => "Anthropic messages",
            Self::Generate => "Gemini generateContent",
            Self::Converse => "Bedrock converse",
            Self::CohereChat => "Cohere chat",
            Self::OllamaChat => "Ollama chat",
            Self::ResponsesCount => "OpenAI input_tokens",
            Self::MessagesCount => "Anthropic count_tokens",
            Self::GenerateCount => "Gemini countTokens",
            Self::Embeddings => "OpenAI embeddings",
            Self::GeminiEmbed => "Gemini embedContent",
            Self::GeminiEmbedBatch => "Gemini batchEmbedContents",
            Self::CohereEmbed => "Cohere embed",
            Self::OllamaEmbed => "Ollama embed",
            Self::CohereRerank => "Cohere rerank",
            Self::Rerank => "rerank",
        }
    }

    /// Path and query of such a request as a client of the dialect would write it: [`crate::classify`] understands it.
    #[must_use]
    pub fn path(self, model: &str, streams: bool) -> String {
        let fixed = match self {
            Self::Chat => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
            Self::CohereChat => "/v2/chat",
            Self::OllamaChat => "/api/chat",
            Self::ResponsesCount => "/v1/responses/input_tokens",
            Self::MessagesCount => "/v1/messages/count_tokens",
            Self::Embeddings => "/v1/embeddings",
            Self::CohereEmbed => "/v2/embed",
            Self::OllamaEmbed => "/api/embed",
            Self::CohereRerank => "/v2/rerank",
            Self::Rerank => "/v1/rerank",
            Self::Generate if streams => return gemini(model, "streamGenerateContent?alt=sse"),
            Self::Generate => return gemini(model, "generateContent"),
            Self::GenerateCount => return gemini(model, "countTokens"),
            Self::GeminiEmbed => return gemini(model, "embedContent"),
            Self::GeminiEmbedBatch => return gemini(model, "batchEmbedContents"),
            Self::Converse => {
                let verb = if streams {
                    "converse-stream"
                } else {
                    "converse"
                };
                return format!("/model/{}/{verb}", percent_encode(model));
            }
        };
        fixed.to_owned()
    }

    /// The form in which a deployment of that kind is asked for what a caller asks for in this one; this one itself
    /// where the kind understands it as it is, `None` where there is no way.
    #[must_use]
    pub fn asked_of(self, kind: ProviderKind, api: Option<Api>) -> Option<Self> {
        let row = kind.row();
        let is_openai = kind.speaks(Dialect::OpenAi);
        let openai = || match api {
            Some(Api::Chat) => Self::Chat,
            Some(Api::Responses) => Self::Responses,
            None | Some(Api::Own) if row.prefers_responses => Self::Responses,
            None | Some(Api::Own) => Self::Chat,
        };
        let own = kind.dialect();
        let is_elsewhere = api == Some(Api::Own) && own != self.dialect();
        let is_responses = matches!(self, Self::Responses | Self::ResponsesCount);
        let is_lacking = row.lacks_responses && is_responses && api != Some(Api::Responses);
        if kind.speaks(self.dialect()) && !is_elsewhere && !is_lacking {
            return Some(match (self, api) {
                (Self::Responses, Some(Api::Chat)) => Self::Chat,
                (Self::Chat, Some(Api::Responses)) => Self::Responses,
                (same, _) => same,
            });
        }
        Some(match (self.task(), own) {
            _ if kind == ProviderKind::CUSTOM => return None,
            (Task::Turn, Dialect::OpenAi) => openai(),
            (Task::Turn, Dialect::Anthropic) => Self::Messages,
            (Task::Turn, Dialect::Gemini) => Self::Generate,
            (Task::Turn, Dialect::Bedrock) => Self::Converse,
            (Task::Turn, Dialect::Cohere) => Self::CohereChat,
            (Task::Turn, Dialect::Ollama) => Self::OllamaChat,
            (Task::Count, Dialect::OpenAi) if row.prefers_responses => Self::ResponsesCount,
            (Task::Count, Dialect::Anthropic) => Self::MessagesCount,
            (Task::Count, Dialect::Gemini) => Self::GenerateCount,
            // Vertex has embeddings by `predict` alone.
            (Task::Embed, Dialect::Gemini) if kind == ProviderKind::VERTEX => return None,
            (Task::Embed, Dialect::Gemini) => Self::GeminiEmbedBatch,
            (Task::Embed, Dialect::Cohere) => Self::CohereEmbed,
            (Task::Embed, Dialect::Ollama) => Self::OllamaEmbed,
            (Task::Embed, _) if is_openai => Self::Embeddings,
            (Task::Rank, Dialect::Cohere) => Self::CohereRerank,
            (Task::Rank, Dialect::OpenAi) => Self::Rerank,
            _ => return None,
        })
    }

    /// Whether callers of this form can be served by a deployment that is asked in another.
    #[must_use]
    pub fn leads_to(self, other: Self) -> bool {
        match self.task() {
            Task::Turn => self.asks().is_some() && other.serves().is_some(),
            task => task == other.task(),
        }
    }

    /// What becomes of a feature at a deployment of that kind that is asked in this form.
    #[must_use]
    pub fn fate(self, feature: Feature, kind: ProviderKind) -> Fate {
        match self.serves() {
            Some(serves) => (serves.fate)(feature, kind),
            None => super::plain::fate(self, feature, kind),
        }
    }

    /// All that is lost at such a deployment.
    #[must_use]
    pub fn lost(self, kind: ProviderKind) -> Features {
        let all = Feature::ALL.iter().copied();
        all.filter(|feature| self.fate(*feature, kind) == Fate::Lost)
            .collect()
    }

    /// What a request in it may say; `None` where its callers are not translated.
    pub(crate) fn shape(self) -> Option<&'static Shape> {
        match self.asks() {
            Some(asks) => Some(asks.shape),
            None => super::plain::shape(self),
        }
    }

    /// Whether a deployment may be asked in it.
    pub(crate) fn is_served(self) -> bool {
        self.serves().is_some() || super::plain::is_served(self)
    }

    /// The half that callers see.
    pub(crate) const fn asks(self) -> Option<&'static Asks> {
        match self {
            Self::Chat => chat::ASKS,
            Self::Responses => responses::ASKS,
            Self::Messages => messages::ASKS,
            Self::Generate => generate::ASKS,
            _ => None,
        }
    }

    /// The half that deployments see.
    pub(crate) const fn serves(self) -> Option<&'static Serves> {
        match self {
            Self::Chat => chat::SERVES,
            Self::Responses => responses::SERVES,
            Self::Messages => messages::SERVES,
            Self::Generate => generate::SERVES,
            Self::Converse => converse::SERVES,
            Self::CohereChat => cohere::SERVES,
            Self::OllamaChat => ollama::SERVES,
            _ => None,
        }
    }
}

fn gemini(model: &str, verb: &str) -> String {
    format!("/v1beta/models/{}:{verb}", percent_encode(model))
}
