//! Entra ID's access tokens for Azure: client credentials, workload identity, managed identity.
//!
//! Formats: Microsoft's "OAuth 2.0 client credentials flow" and "How to use managed identities", read 2026-11.

use http::HeaderName;

use super::TokenError;
use super::answer::oauth;
use super::http::{Ask, Http, encoded};
use super::tokens::Minted;
use crate::config::credential::{EntraProof, EntraSource};

/// A fresh token.
///
/// # Errors
/// [`TokenError`] when the source cannot be used or the endpoint gives none.
pub(super) async fn fetch(source: &EntraSource, http: &Http) -> Result<Minted, TokenError> {
    let scope = &*source.scope;
    let answer = match &source.proof {
        EntraProof::Secret {
            endpoint,
            client_id,
            secret,
        } => {
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", client_id),
                ("client_secret", secret.expose()),
                ("scope", scope),
            ];
            http.ask(Ask::form(endpoint, &fields)).await?
        }
        EntraProof::Federated {
            endpoint,
            client_id,
            token_file,
        } => {
            let assertion = super::file::text(token_file).await?;
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", client_id),
                ("client_assertion_type", JWT_BEARER),
                ("client_assertion", assertion.trim()),
                ("scope", scope),
            ];
            http.ask(Ask::form(endpoint, &fields)).await?
        }
        EntraProof::Managed {
            endpoint,
            word,
            client_id,
        } => {
            let version = if word.is_some() {
                SERVICE_VERSION
            } else {
                MACHINE_VERSION
            };
            // The older protocol of both asks for a resource, which a scope is but for its end.
            let resource = scope.strip_suffix("/.default").unwrap_or(scope);
            let mut fields = vec![("api-version", version), ("resource", resource)];
            fields.extend(client_id.as_deref().map(|id| ("client_id", id)));
            let path = format!("{}?{}", endpoint.path.path(), encoded(&fields));
            let endpoint = endpoint.at(&path).ok_or(TokenError::Nonsense)?;
            let ask = Ask::get(&endpoint);
            let ask = match word {
                Some(word) => {
                    ask.header(HeaderName::from_static("x-identity-header"), word.expose())
                }
                None => ask.header(HeaderName::from_static("metadata"), "true"),
            };
            http.ask(ask).await?
        }
    };
    oauth(answer)
}

/// What is wrong with the source, without asking anybody.
pub(super) fn fault(source: &EntraSource) -> Option<String> {
    match &source.proof {
        EntraProof::Federated { token_file, .. } => {
            let read = super::file::text_now(token_file);
            read.err().map(|error| error.to_string())
        }
        EntraProof::Secret { .. } | EntraProof::Managed { .. } => None,
    }
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Of the metadata service on a machine.
const MACHINE_VERSION: &str = "2018-02-01";

/// Of App Service, Functions and Container Apps.
const SERVICE_VERSION: &str = "2019-08-01";
