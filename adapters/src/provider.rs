//! The providers we know by name: one row each, and nothing else to write for one that speaks a known dialect.

use crate::call::Dialect;
use crate::credential::CredentialPlace;

/// A provider, or a family of servers that behave alike: `kind` in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// `OpenAI`.
    OpenAi,
    /// Anthropic.
    Anthropic,
    /// Google's Gemini API (AI Studio keys; not Vertex).
    Gemini,
    /// Any server with `OpenAI`'s wire format.
    OpenAiCompatible,
}

/// All that differs between kinds.
struct Row {
    kind: ProviderKind,
    name: &'static str,
    dialect: Dialect,
    /// Where it lives, as its own SDK takes it; `None` if the configuration has to say.
    base_url: Option<&'static str>,
    /// Version segment of its paths.
    version: &'static str,
    key_vars: &'static [&'static str],
    base_url_vars: &'static [&'static str],
    credential: CredentialPlace,
    /// Keys with this prefix are OAuth tokens, which go into `Authorization: Bearer` everywhere.
    token_prefix: Option<&'static str>,
    asks_for_usage: bool,
}

/// In the order of [`ProviderKind::ALL`], which a test holds.
const ROWS: &[Row] = &[
    Row {
        kind: ProviderKind::OpenAi,
        name: "openai",
        dialect: Dialect::OpenAi,
        base_url: Some("https://api.openai.com/v1"),
        version: "/v1",
        key_vars: &["OPENAI_API_KEY"],
        base_url_vars: &["OPENAI_BASE_URL"],
        credential: CredentialPlace::Bearer,
        token_prefix: None,
        asks_for_usage: true,
    },
    Row {
        kind: ProviderKind::Anthropic,
        name: "anthropic",
        dialect: Dialect::Anthropic,
        base_url: Some("https://api.anthropic.com"),
        version: "/v1",
        key_vars: &["ANTHROPIC_API_KEY"],
        base_url_vars: &["ANTHROPIC_BASE_URL"],
        credential: CredentialPlace::XApiKey,
        token_prefix: Some("sk-ant-oat"),
        asks_for_usage: false,
    },
    Row {
        kind: ProviderKind::Gemini,
        name: "gemini",
        dialect: Dialect::Gemini,
        base_url: Some("https://generativelanguage.googleapis.com"),
        version: "/v1beta",
        key_vars: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        base_url_vars: &["GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL"],
        credential: CredentialPlace::XGoogApiKey,
        token_prefix: Some("ya29."),
        asks_for_usage: false,
    },
    Row {
        kind: ProviderKind::OpenAiCompatible,
        name: "openai-compatible",
        dialect: Dialect::OpenAi,
        base_url: None,
        version: "/v1",
        key_vars: &[],
        base_url_vars: &[],
        credential: CredentialPlace::Bearer,
        token_prefix: None,
        asks_for_usage: true,
    },
];

impl ProviderKind {
    /// Every kind, in the order in which documentation lists them.
    pub const ALL: &[Self] = &[
        Self::OpenAi,
        Self::Anthropic,
        Self::Gemini,
        Self::OpenAiCompatible,
    ];

    /// The name used in the configuration, and a provider's name unless it has another.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// The wire format it speaks.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        self.row().map_or(Dialect::OpenAi, |row| row.dialect)
    }

    /// Its public address, as its own SDK takes it (`OpenAI`'s with the version segment).
    #[must_use]
    pub fn base_url(self) -> Option<&'static str> {
        self.row()?.base_url
    }

    /// The version segment of its paths (`/v1`), used unless client or base URL bring their own.
    #[must_use]
    pub fn version(self) -> &'static str {
        self.row().map_or("", |row| row.version)
    }

    /// Environment variables that hold its key, first wins.
    #[must_use]
    pub fn key_vars(self) -> &'static [&'static str] {
        self.row().map_or(&[], |row| row.key_vars)
    }

    /// Environment variables that hold its base URL, first wins.
    #[must_use]
    pub fn base_url_vars(self) -> &'static [&'static str] {
        self.row().map_or(&[], |row| row.base_url_vars)
    }

    /// Where `secret` goes in a request to it. OAuth tokens go into `Authorization`, whatever the kind.
    #[must_use]
    pub fn credential_place(self, secret: &str) -> CredentialPlace {
        match self.row() {
            Some(row)
                if row
                    .token_prefix
                    .is_some_and(|token| secret.starts_with(token)) =>
            {
                CredentialPlace::Bearer
            }
            Some(row) => row.credential,
            None => CredentialPlace::Bearer,
        }
    }

    /// Whether its streams carry usage only if `stream_options.include_usage` asks for it.
    #[must_use]
    pub fn asks_for_usage(self) -> bool {
        self.row().is_some_and(|row| row.asks_for_usage)
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.kind == self)
    }
}

/// No provider is known by that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider kind")]
pub struct UnknownProviderKind;

impl std::str::FromStr for ProviderKind {
    type Err = UnknownProviderKind;

    fn from_str(name: &str) -> Result<Self, UnknownProviderKind> {
        let row = ROWS.iter().find(|row| row.name == name);
        row.map(|row| row.kind).ok_or(UnknownProviderKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row_and_its_name() {
        assert_eq!(ROWS.len(), ProviderKind::ALL.len());
        for (row, kind) in ROWS.iter().zip(ProviderKind::ALL) {
            assert_eq!(row.kind, *kind);
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!("OpenAI".parse::<ProviderKind>(), Err(UnknownProviderKind));
    }

    #[test]
    fn a_key_goes_where_the_provider_looks_for_it() {
        for (kind, secret, place) in [
            (ProviderKind::OpenAi, "sk-x", CredentialPlace::Bearer),
            (
                ProviderKind::Anthropic,
                "sk-ant-api03-x",
                CredentialPlace::XApiKey,
            ),
            (
                ProviderKind::Anthropic,
                "sk-ant-oat01-x",
                CredentialPlace::Bearer,
            ),
            (ProviderKind::Gemini, "AIza", CredentialPlace::XGoogApiKey),
            (ProviderKind::Gemini, "ya29.a0", CredentialPlace::Bearer),
            (ProviderKind::OpenAiCompatible, "", CredentialPlace::Bearer),
        ] {
            assert_eq!(kind.credential_place(secret), place, "{kind:?}");
        }
    }
}
