//! The providers we know by name, and all that differs between those that speak one dialect.
//!
//! A [`Provider`] is a row. One that speaks `OpenAI`'s dialect needs no more than that, in [`compatible`]; the
//! others have their row beside their dialect, in a file of their own.

mod compatible;
mod table;

pub use table::provider_table;

use crate::adapter::Answers;
use crate::call::Dialect;
use crate::credential::CredentialPlace;
use crate::translate::ChatVariant;
use crate::{anthropic, azure, bedrock, cohere, custom, gemini, ollama, openai, vertex};

/// A provider, or a family of servers that behave alike: `kind` in the configuration.
#[derive(Clone, Copy)]
pub struct ProviderKind(&'static Provider);

/// All that differs between kinds.
pub(crate) struct Provider {
    /// The name in the configuration, the ledger and the price table.
    pub(crate) name: &'static str,
    /// The name in prose.
    pub(crate) title: &'static str,
    /// The wire format of its own.
    pub(crate) dialect: Dialect,
    /// Other wire formats that it speaks as well, to clients that call it in them.
    pub(crate) also_speaks: &'static [Dialect],
    /// Where it lives, as its own SDK takes it; `None` if the configuration has to say.
    pub(crate) base_url: Option<&'static str>,
    /// What stands before `/v1` in paths of Anthropic's dialect, where that is not what its own paths have.
    pub(crate) anthropic_path: Option<&'static str>,
    /// Version segment of its paths.
    pub(crate) version: &'static str,
    /// How a client's path becomes one of its own.
    pub(crate) paths: Paths,
    /// Environment variables that hold its key, first wins.
    pub(crate) key_vars: &'static [&'static str],
    /// Environment variables that hold its base URL, first wins.
    pub(crate) base_url_vars: &'static [&'static str],
    /// Where its key goes.
    pub(crate) credential: CredentialPlace,
    /// Keys with this prefix are OAuth tokens, which go into `Authorization: Bearer` everywhere.
    pub(crate) token_prefix: Option<&'static str>,
    /// Its streams carry usage only if `stream_options.include_usage` asks for it.
    pub(crate) asks_for_usage: bool,
    /// What caps the output of `OpenAI`'s chat there.
    pub(crate) chat_cap: &'static str,
    /// How its chat differs where a request is written for it.
    pub(crate) chat: &'static ChatVariant,
    /// What callers of other dialects ask of it is asked in `OpenAI`'s responses: it has them in full, with what its
    /// models thought.
    pub(crate) prefers_responses: bool,
    /// It speaks `OpenAI`'s dialect, but has no `/responses`.
    pub(crate) lacks_responses: bool,
    /// Its streams surely say when they are complete, so that a clean end without that is a cut.
    pub(crate) says_end: bool,
    /// The header in which answers name the tier that served them, in lower case.
    pub(crate) tier_header: Option<&'static str>,
    /// Answers may carry usage in headers, under these names.
    pub(crate) usage_headers: &'static [UsageHeader],
    /// The header that names the model behind a deployment.
    pub(crate) served_model_header: Option<&'static str>,
    /// How its answers are laid out, where that is not quite as its dialect has it.
    pub(crate) answers: Option<&'static Answers>,
}

/// How a client's path becomes a provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paths {
    /// Base, version, the rest.
    Versioned,
    /// The same without a version where the base URL brings none (`DeepSeek`).
    Unversioned,
    /// Chat without a version, everything else with one (Perplexity).
    ChatUnversioned,
    /// Gemini's, with `OpenAI`'s dialect under `/openai`.
    Gemini,
    /// Azure `OpenAI`'s: `/openai/v1/…` and `/openai/deployments/{deployment}/…`.
    Azure,
    /// Vertex AI's: `/v1/projects/{project}/locations/{location}/publishers/…`.
    Vertex,
    /// Bedrock's `/model/{id}/…`, and its mantle's `/openai/v1/…`.
    Bedrock,
    /// Cohere's `/v2/…`, and `/compatibility/v1/…` for `OpenAI`'s dialect.
    Cohere,
    /// Ollama's `/api/…`, and `/v1/…` for `OpenAI`'s dialect.
    Ollama,
}

/// A header that counts tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsageHeader {
    /// Its name, in lower case.
    pub(crate) name: &'static str,
    /// What it counts.
    pub(crate) count: crate::meter::Count,
}

impl Provider {
    /// A server with `OpenAI`'s wire format and nothing of its own: what a row begins from.
    pub(crate) const COMPATIBLE: Self = Self {
        name: "openai-compatible",
        title: "any OpenAI-compatible server",
        dialect: Dialect::OpenAi,
        also_speaks: &[],
        base_url: None,
        anthropic_path: None,
        version: "/v1",
        paths: Paths::Versioned,
        key_vars: &[],
        base_url_vars: &[],
        credential: CredentialPlace::Bearer,
        token_prefix: None,
        asks_for_usage: true,
        chat_cap: "max_tokens",
        chat: &ChatVariant::LIKE,
        prefers_responses: false,
        lacks_responses: false,
        says_end: false,
        tier_header: None,
        usage_headers: &[],
        served_model_header: None,
        answers: None,
    };
}

/// Every provider that has a file of its own, before those that are a row only.
const OWN: [&Provider; 9] = [
    &openai::PROVIDER,
    &anthropic::PROVIDER,
    &gemini::PROVIDER,
    &vertex::PROVIDER,
    &azure::PROVIDER,
    &bedrock::PROVIDER,
    &cohere::PROVIDER,
    &ollama::PROVIDER,
    &custom::PROVIDER,
];

impl ProviderKind {
    /// `OpenAI`.
    pub const OPENAI: Self = Self(&openai::PROVIDER);
    /// Anthropic.
    pub const ANTHROPIC: Self = Self(&anthropic::PROVIDER);
    /// Google's Gemini API (AI Studio keys; not Vertex).
    pub const GEMINI: Self = Self(&gemini::PROVIDER);
    /// Google's Vertex AI.
    pub const VERTEX: Self = Self(&vertex::PROVIDER);
    /// Azure `OpenAI` and Foundry.
    pub const AZURE: Self = Self(&azure::PROVIDER);
    /// AWS Bedrock.
    pub const BEDROCK: Self = Self(&bedrock::PROVIDER);
    /// Cohere.
    pub const COHERE: Self = Self(&cohere::PROVIDER);
    /// Ollama.
    pub const OLLAMA: Self = Self(&ollama::PROVIDER);
    /// A provider that the configuration describes.
    pub const CUSTOM: Self = Self(&custom::PROVIDER);
    /// Any server with `OpenAI`'s wire format.
    pub const OPENAI_COMPATIBLE: Self = Self(&Provider::COMPATIBLE);

    /// The provider whose own wire format `dialect` is.
    #[must_use]
    pub const fn native(dialect: Dialect) -> Self {
        match dialect {
            Dialect::OpenAi => Self::OPENAI,
            Dialect::Anthropic => Self::ANTHROPIC,
            Dialect::Gemini => Self::GEMINI,
            Dialect::Bedrock => Self::BEDROCK,
            Dialect::Cohere => Self::COHERE,
            Dialect::Ollama => Self::OLLAMA,
        }
    }

    /// Every kind, in the order in which documentation lists them.
    pub fn all() -> impl Iterator<Item = Self> {
        OWN.into_iter().chain(compatible::ROWS).map(Self)
    }

    /// The name used in the configuration, and a provider's name unless it has another.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// The name in prose: `Mistral`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// The wire format it speaks.
    #[must_use]
    pub const fn dialect(self) -> Dialect {
        self.0.dialect
    }

    /// Whether a client that speaks `dialect` can be served by it without translation. A described provider is
    /// called by its own paths only.
    #[must_use]
    pub fn speaks(self, dialect: Dialect) -> bool {
        let is_known = self != Self::CUSTOM;
        is_known && (self.0.dialect == dialect || self.0.also_speaks.contains(&dialect))
    }

    /// Its public address, as its own SDK takes it (`OpenAI`'s with the version segment).
    #[must_use]
    pub const fn base_url(self) -> Option<&'static str> {
        self.0.base_url
    }

    /// The version segment of its paths (`/v1`), used unless client or base URL bring their own.
    #[must_use]
    pub const fn version(self) -> &'static str {
        self.0.version
    }

    /// Environment variables that hold its key, first wins.
    #[must_use]
    pub const fn key_vars(self) -> &'static [&'static str] {
        self.0.key_vars
    }

    /// Environment variables that hold its base URL, first wins.
    #[must_use]
    pub const fn base_url_vars(self) -> &'static [&'static str] {
        self.0.base_url_vars
    }

    /// Where `secret` goes in a request to it. OAuth tokens go into `Authorization`, whatever the kind.
    #[must_use]
    pub fn credential_place(self, secret: &str) -> CredentialPlace {
        match self.0.token_prefix {
            Some(token) if secret.starts_with(token) => CredentialPlace::Bearer,
            _ => self.0.credential,
        }
    }

    /// Whether its streams carry usage only if `stream_options.include_usage` asks for it.
    #[must_use]
    pub const fn asks_for_usage(self) -> bool {
        self.0.asks_for_usage
    }

    /// Whether a stream of `dialect` from it surely says when it is complete.
    #[must_use]
    pub fn says_end(self, dialect: Dialect) -> bool {
        self.0.says_end && self.0.dialect == dialect
    }

    /// Whether its models are `OpenAI`'s and its server `OpenAI`'s own, so that it has what no other server is known to have.
    pub(crate) fn is_openai(self) -> bool {
        self == Self::OPENAI || self == Self::AZURE
    }

    pub(crate) const fn row(self) -> &'static Provider {
        self.0
    }
}

impl PartialEq for ProviderKind {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for ProviderKind {}

impl std::hash::Hash for ProviderKind {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl std::fmt::Debug for ProviderKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

/// No provider is known by that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider kind")]
pub struct UnknownProviderKind;

impl std::str::FromStr for ProviderKind {
    type Err = UnknownProviderKind;

    fn from_str(name: &str) -> Result<Self, UnknownProviderKind> {
        Self::all()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownProviderKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_interface_has_a_row_and_reads_back_from_its_name() {
        let interface = "openai anthropic gemini vertex azure bedrock mistral cohere groq openrouter deepseek xai \
                         together fireworks perplexity cerebras huggingface alibaba zai crusoe ollama vllm \
                         openai-compatible custom";
        for name in interface.split_ascii_whitespace() {
            assert_eq!(
                name.parse::<ProviderKind>().map(ProviderKind::as_str),
                Ok(name)
            );
        }
        for kind in ProviderKind::all() {
            assert_eq!(
                ProviderKind::all().filter(|other| *other == kind).count(),
                1
            );
            assert!(!kind.title().is_empty(), "{kind:?}");
        }
        assert_eq!("OpenAI".parse::<ProviderKind>(), Err(UnknownProviderKind));
    }

    #[test]
    fn a_key_goes_where_the_provider_looks_for_it() {
        for (kind, secret, place) in [
            (ProviderKind::OPENAI, "sk-x", CredentialPlace::Bearer),
            (
                ProviderKind::ANTHROPIC,
                "sk-ant-api03-x",
                CredentialPlace::XApiKey,
            ),
            (
                ProviderKind::ANTHROPIC,
                "sk-ant-oat01-x",
                CredentialPlace::Bearer,
            ),
            (ProviderKind::GEMINI, "AIza", CredentialPlace::XGoogApiKey),
            (ProviderKind::GEMINI, "ya29.a0", CredentialPlace::Bearer),
            (ProviderKind::AZURE, "0123", CredentialPlace::ApiKey),
            (ProviderKind::OPENAI_COMPATIBLE, "", CredentialPlace::Bearer),
        ] {
            assert_eq!(kind.credential_place(secret), place, "{kind:?}");
        }
    }
}
