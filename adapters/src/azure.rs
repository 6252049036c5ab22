//! Azure `OpenAI` and Foundry: `OpenAI`'s wire format behind Azure's paths, keys and filters.

use crate::call::{Dialect, Operation};
use crate::credential::CredentialPlace;
use crate::openai;
use crate::path::{Call, call};
use crate::provider::{Paths, Provider, ProviderKind};
use crate::translate::ChatVariant;

/// The address is the resource's own: `https://{resource}.openai.azure.com`.
pub(crate) const PROVIDER: Provider = Provider {
    name: "azure",
    title: "Azure OpenAI",
    paths: Paths::Azure,
    key_vars: &["AZURE_OPENAI_API_KEY"],
    base_url_vars: &["AZURE_OPENAI_ENDPOINT"],
    credential: CredentialPlace::ApiKey,
    // Entra ID's tokens are JWTs.
    token_prefix: Some("eyJ"),
    chat_cap: "max_completion_tokens",
    chat: &ChatVariant::OPENAI,
    says_end: true,
    // The body names the deployment (`/openai/v1/responses`, recorded 2026-08), the header the model.
    served_model_header: Some("x-ms-served-model"),
    ..Provider::COMPATIBLE
};

/// `/openai/deployments/{deployment}/{operation}`: the deployment is the model, whatever the body says.
/// `/models/{operation}`: Foundry's, with the model in the body.
pub(crate) fn classify(method: &str, path: &str) -> Option<Call> {
    const BEFORE: &str = "/openai/deployments/";
    if let Some(operation) = foundry_operation(method, path) {
        let found = call(Dialect::OpenAi, operation).entire();
        return Some(found.at(ProviderKind::AZURE));
    }
    let rest = path.strip_prefix(BEFORE)?;
    let (deployment, _) = rest.split_once('/')?;
    let end = BEFORE.len().saturating_add(deployment.len());
    let operation = openai::operation(method, path.get(end..)?);
    Some(
        call(Dialect::OpenAi, operation)
            .naming(BEFORE.len()..end, false)
            .entire()
            .at(ProviderKind::AZURE),
    )
}

/// Operations of Foundry's model inference: <https://learn.microsoft.com/rest/api/aifoundry/modelinference/>, read
/// 2026-11. Elsewhere what follows `/models/` is a model's name, and is only looked up.
fn foundry_operation(method: &str, path: &str) -> Option<Operation> {
    let suffix = path.strip_prefix("/models")?;
    match (method, suffix.trim_end_matches('/')) {
        ("POST", "/chat/completions") => Some(Operation::Chat),
        ("POST", "/embeddings" | "/images/embeddings") => Some(Operation::Embeddings),
        _ => None,
    }
}

/// What stands before a path: nothing of the version where the path has all in itself, else `/openai/v1`.
///
/// The base URL is the resource's (`{resource}.openai.azure.com`, `….cognitiveservices.azure.com`,
/// `….services.ai.azure.com`), with or without `/openai` or `/openai/v1`; one that ends in Foundry's `/models` or
/// names a deployment is taken as it is.
pub(crate) fn front(base: &str, is_whole: bool) -> String {
    let resource = base
        .strip_suffix("/openai/v1")
        .or_else(|| base.strip_suffix("/openai"))
        .unwrap_or(base);
    if let Some((resource, deployment)) = resource.split_once("/openai/deployments/") {
        let deployment = ["/openai/deployments/", deployment].concat();
        return [resource, if is_whole { "" } else { &deployment }].concat();
    }
    match resource.strip_suffix("/models") {
        Some(resource) if is_whole => resource.to_owned(),
        None if !is_whole => [resource, "/openai/v1"].concat(),
        _ => resource.to_owned(),
    }
}
