//! Header lines that belong to a dialect, for requests and answers that were translated.

use crate::call::Dialect;

/// Lines that every request to a deployment of this dialect has beside its credential, by lower-case name.
///
/// Anthropic's version is the only one that current models have (documented at
/// <https://platform.claude.com/docs/en/api/versioning>, read 2026-11).
#[must_use]
pub const fn request_lines(deployment: Dialect) -> &'static [(&'static str, &'static str)] {
    match deployment {
        Dialect::Anthropic => &[("anthropic-version", "2023-06-01")],
        Dialect::OpenAi
        | Dialect::Gemini
        | Dialect::Bedrock
        | Dialect::Cohere
        | Dialect::Ollama => &[],
    }
}

/// The line in which a caller's SDK looks for the id to ask its provider about; `None` where it looks for none.
#[must_use]
pub const fn id_line(caller: Dialect) -> Option<&'static str> {
    match caller {
        Dialect::OpenAi => Some("x-request-id"),
        Dialect::Anthropic => Some("request-id"),
        Dialect::Gemini | Dialect::Bedrock | Dialect::Cohere | Dialect::Ollama => None,
    }
}

/// The lines in which providers name that id.
pub const ID_LINES: [&str; 3] = ["x-request-id", "request-id", "x-amzn-requestid"];
