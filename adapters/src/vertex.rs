//! Vertex AI: Gemini's wire format, and other publishers' own, behind Google Cloud's paths.
//!
//! A request for a model is answered in its maker's format: Google's in Gemini's, Anthropic's in Anthropic's (the
//! body names no model but has `anthropic_version`), Mistral's and all others' in `OpenAI`'s.

use std::ops::Range;

use crate::call::{Dialect, Operation};
use crate::credential::CredentialPlace;
use crate::path::{Call, call};
use crate::provider::{Paths, Provider, ProviderKind};
use crate::{gemini, openai};

pub(crate) const PROVIDER: Provider = Provider {
    name: "vertex",
    title: "Google Vertex AI",
    dialect: Dialect::Gemini,
    also_speaks: &[Dialect::OpenAi],
    // Its endpoint for OpenAI's clients has chat completions and embeddings (its documentation, read 2026-11).
    lacks_responses: true,
    base_url: Some("https://aiplatform.googleapis.com"),
    paths: Paths::Vertex,
    key_vars: &[],
    base_url_vars: &["GOOGLE_VERTEX_BASE_URL"],
    credential: CredentialPlace::XGoogApiKey,
    token_prefix: Some("ya29."),
    asks_for_usage: false,
    says_end: true,
    tier_header: Some("x-gemini-service-tier"),
    ..Provider::COMPATIBLE
};

/// Paths of Google Cloud's, the version before them or not:
/// `/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{verb}`, the same from
/// `/publishers` on (an express key names no project), and `…/endpoints/{endpoint}:{verb}`.
pub(crate) fn classify(method: &str, path: &str) -> Option<Call> {
    let is_project = path.starts_with("/projects/") && path.contains("/locations/");
    let found = published(method, path)
        .or_else(|| deployed(method, path))
        .or_else(|| {
            let is_begun = gemini::is_interaction(method, behind_location(path)?);
            is_begun.then(|| call(Dialect::Gemini, Operation::Interactions))
        })
        .or_else(|| is_project.then(|| call(Dialect::Gemini, Operation::Other)))?;
    Some(found.entire().at(ProviderKind::VERTEX))
}

/// `/publishers/{publisher}/models/{model}:{verb}`; without a verb it is a look-up.
fn published(method: &str, path: &str) -> Option<Call> {
    let at = path.find("/publishers/")?;
    let (publisher, model) = path
        .get(at..)?
        .strip_prefix("/publishers/")?
        .split_once("/models")?;
    let model = match model.strip_prefix('/') {
        Some(model) => model,
        None if model.is_empty() => "",
        None => return None,
    };
    let start = path.len().saturating_sub(model.len());
    let Some((name, verb)) = gemini::split_verb(model) else {
        let is_list = method == "GET" && !model.contains('/');
        return is_list.then(|| call(Dialect::Gemini, Operation::Models));
    };
    let model = start..start.saturating_add(name.len());
    let found = match publisher {
        // The body names the model whose tokens are to be counted.
        "anthropic" if name == "count-tokens" => {
            return Some(call(Dialect::Anthropic, Operation::CountTokens));
        }
        "anthropic" => raw(Dialect::Anthropic, Operation::Messages, verb, model),
        "google" => Some(of_google(verb, model)),
        _ => raw(Dialect::OpenAi, Operation::Chat, verb, model),
    };
    Some(found.unwrap_or_else(|| call(Dialect::Gemini, Operation::Other)))
}

/// `/endpoints/{endpoint}:{verb}` for models that one has tuned or deployed, and `OpenAI`'s dialect under
/// `/endpoints/{endpoint}/chat/completions`, where `openapi` stands for all of Google's models.
fn deployed(method: &str, path: &str) -> Option<Call> {
    let rest = behind_location(path)?.strip_prefix("/endpoints/")?;
    if let Some((_, proper)) = rest.split_once('/') {
        let proper = path.get(path.len().saturating_sub(proper.len().saturating_add(1))..)?;
        return Some(call(Dialect::OpenAi, openai::operation(method, proper)));
    }
    let (name, verb) = gemini::split_verb(rest)?;
    let start = path.len().saturating_sub(rest.len());
    let endpoint = start..start.saturating_add(name.len());
    let open = raw(Dialect::OpenAi, Operation::Chat, verb, endpoint.clone());
    Some(open.unwrap_or_else(|| of_google(verb, endpoint)))
}

/// What follows `/projects/{project}/locations/{location}`.
fn behind_location(path: &str) -> Option<&str> {
    let (project, location) = path.strip_prefix("/projects/")?.split_once("/locations/")?;
    let at = location.find('/').filter(|_| !project.contains('/'))?;
    location.get(at..)
}

fn of_google(verb: &str, model: Range<usize>) -> Call {
    let found = call(Dialect::Gemini, gemini::operation(verb));
    found.naming(model, verb == "streamGenerateContent")
}

/// A call in the maker's own format. (`stream` is in its body as well.)
fn raw(dialect: Dialect, operation: Operation, verb: &str, model: Range<usize>) -> Option<Call> {
    let is_stream = verb == "streamRawPredict";
    (is_stream || verb == "rawPredict").then(|| call(dialect, operation).naming(model, is_stream))
}

/// What stands before a path: nothing where the path names the project itself, else the base URL's project and the
/// publisher (`OpenAI`'s dialect: Vertex's own endpoint for it; interactions are the project's).
pub(crate) fn front(base: &str, asked: (Dialect, Operation), is_whole: bool) -> String {
    let project = base.find("/v1").and_then(|at| base.get(..at));
    match (is_whole, asked) {
        (true, _) => project.unwrap_or(base).to_owned(),
        (false, (Dialect::OpenAi, _)) => [base, "/endpoints/openapi"].concat(),
        (false, (_, Operation::Interactions)) => base.to_owned(),
        (false, _) if project.is_none() => [base, "/v1/publishers/google"].concat(),
        (false, _) => [base, "/publishers/google"].concat(),
    }
}

#[cfg(test)]
mod tests;
