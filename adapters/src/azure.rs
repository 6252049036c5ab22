//! Azure `OpenAI` and Foundry: `OpenAI`'s wire format behind Azure's paths, keys and filters.

use crate::call::Dialect;
use crate::credential::CredentialPlace;
use crate::openai;
use crate::path::{Call, call};
use crate::provider::{Paths, Provider};

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
    ..Provider::COMPATIBLE
};

/// `/openai/deployments/{deployment}/{operation}`: the deployment is the model, whatever the body says.
pub(crate) fn classify(method: &str, path: &str) -> Option<Call> {
    const BEFORE: &str = "/openai/deployments/";
    let rest = path.strip_prefix(BEFORE)?;
    let (deployment, _) = rest.split_once('/')?;
    let end = BEFORE.len().saturating_add(deployment.len());
    let operation = openai::operation(method, path.get(end..)?);
    Some(
        call(Dialect::OpenAi, operation)
            .naming(BEFORE.len()..end, false)
            .entire(),
    )
}

/// What stands before a path: nothing of the version where the path names a deployment, else `/openai/v1`.
///
/// The base URL is the resource's, with or without `/openai` or `/openai/v1`; one that ends otherwise (Foundry's
/// `/models`) is taken as it is.
pub(crate) fn front(base: &str, is_whole: bool) -> String {
    let resource = base
        .strip_suffix("/openai/v1")
        .or_else(|| base.strip_suffix("/openai"))
        .unwrap_or(base);
    if is_whole || resource.ends_with("/models") {
        resource.to_owned()
    } else {
        [resource, "/openai/v1"].concat()
    }
}
