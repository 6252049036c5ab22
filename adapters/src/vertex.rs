//! Vertex AI: Gemini's wire format, and other publishers' own, behind Google Cloud's paths.

use crate::call::{Dialect, Operation};
use crate::credential::CredentialPlace;
use crate::gemini;
use crate::path::{Call, call};
use crate::provider::{Paths, Provider};

pub(crate) const PROVIDER: Provider = Provider {
    name: "vertex",
    title: "Google Vertex AI",
    dialect: Dialect::Gemini,
    also_speaks: &[Dialect::OpenAi],
    base_url: Some("https://aiplatform.googleapis.com"),
    paths: Paths::Vertex,
    key_vars: &[],
    base_url_vars: &["GOOGLE_VERTEX_BASE_URL"],
    credential: CredentialPlace::XGoogApiKey,
    token_prefix: Some("ya29."),
    asks_for_usage: false,
    says_end: true,
    ..Provider::COMPATIBLE
};

/// `/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{verb}`, the version before it
/// or not. Google's models speak Gemini's format, Anthropic's and Mistral's their makers'.
pub(crate) fn classify(path: &str) -> Option<Call> {
    let at = path.find("/publishers/")?;
    let (publisher, model) = path
        .get(at..)?
        .strip_prefix("/publishers/")?
        .split_once("/models/")?;
    let start = path.len().saturating_sub(model.len());
    let (name, verb) = model.rsplit_once(':')?;
    let end = start.saturating_add(name.len());
    let streams = matches!(verb, "streamGenerateContent" | "streamRawPredict");
    let (dialect, operation) = match publisher {
        "anthropic" if name == "count-tokens" => (Dialect::Anthropic, Operation::CountTokens),
        "anthropic" => (Dialect::Anthropic, Operation::Messages),
        "google" => (Dialect::Gemini, gemini::operation(verb)),
        _ => (Dialect::OpenAi, Operation::Chat),
    };
    Some(
        call(dialect, operation)
            .naming(start..end, streams)
            .entire(),
    )
}

/// What stands before a path: nothing where the path names the project itself, else the base URL's project and the
/// publisher (`OpenAI`'s dialect: Vertex's own endpoint for it).
pub(crate) fn front(base: &str, dialect: Dialect, is_whole: bool) -> String {
    let project = base.find("/v1").and_then(|at| base.get(..at));
    match (is_whole, dialect) {
        (true, _) => project.unwrap_or(base).to_owned(),
        (false, Dialect::OpenAi) => [base, "/endpoints/openapi"].concat(),
        (false, _) if project.is_none() => [base, "/v1/publishers/google"].concat(),
        (false, _) => [base, "/publishers/google"].concat(),
    }
}
