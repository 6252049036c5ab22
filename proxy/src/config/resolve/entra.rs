//! `[[providers]]`: Entra ID's credentials for Azure, in the order in which its SDKs look for them.

use super::super::Environment;
use super::super::credential::{EntraProof, EntraSource};
use super::super::resolved::Secret;
use super::super::section::Section;
use super::credential::{endpoint, secret};

/// A client secret, a cluster's token, or the identity of the machine: the first that is there.
pub(super) fn entra(row: &Section<'_>, env: &Environment) -> Option<EntraSource> {
    let scope = row.required_if_present("scope");
    let scope = scope.map_or(ENTRA_SCOPE, |scope| scope.value);
    let said = |key: &'static str, variable: &str| {
        let text = row.required_if_present(key).map(|text| text.value);
        text.or_else(|| env.filled(variable).map(str::trim))
    };
    let tenant = said("tenant_id", "AZURE_TENANT_ID");
    let client_id = said("client_id", "AZURE_CLIENT_ID");
    let secret = match row.required_if_present("client_secret") {
        Some(text) => Some(secret(row, "client_secret", &text)?),
        None => None,
    };
    let token_file = row.required_if_present("federated_token_file");
    let from_row = secret.is_some() || token_file.is_some();
    let filled = |variable| env.filled(variable).filter(|_| !from_row).map(str::trim);
    let secret = secret.or_else(|| filled("AZURE_CLIENT_SECRET").map(Secret::new));
    let token_file = token_file.map(|text| text.value);
    let token_file = token_file.or_else(|| filled("AZURE_FEDERATED_TOKEN_FILE"));
    let proof = if secret.is_some() || token_file.is_some() {
        let Some(tenant) = tenant.filter(|tenant| is_tenant(tenant)) else {
            row.missing(
                "tenant_id",
                ": the Entra tenant's id or domain (or set AZURE_TENANT_ID)",
            );
            return None;
        };
        let Some(client_id) = client_id else {
            row.missing(
                "client_id",
                ": the application's id (or set AZURE_CLIENT_ID)",
            );
            return None;
        };
        let authority = env
            .filled("AZURE_AUTHORITY_HOST")
            .unwrap_or(ENTRA_AUTHORITY);
        let authority = authority.trim().trim_end_matches('/');
        let address = format!("{authority}/{tenant}/oauth2/v2.0/token");
        let endpoint = endpoint(row, "AZURE_AUTHORITY_HOST", &address)?;
        let client_id = client_id.into();
        match (secret, token_file) {
            (Some(secret), _) => EntraProof::Secret {
                endpoint,
                client_id,
                secret,
            },
            (None, file) => EntraProof::Federated {
                endpoint,
                client_id,
                token_file: file.unwrap_or_default().into(),
            },
        }
    } else {
        managed(row, client_id, env)?
    };
    Some(EntraSource {
        scope: scope.into(),
        proof,
    })
}

fn managed(row: &Section<'_>, client_id: Option<&str>, env: &Environment) -> Option<EntraProof> {
    let service = env
        .filled("IDENTITY_ENDPOINT")
        .zip(env.filled("IDENTITY_HEADER"));
    let (variable, address, word) = match service {
        Some((address, word)) => (
            "IDENTITY_ENDPOINT",
            address.trim().to_owned(),
            Some(Secret::new(word.trim())),
        ),
        None => {
            let host = env.filled("AZURE_POD_IDENTITY_AUTHORITY_HOST");
            let host = host.unwrap_or(AZURE_METADATA).trim().trim_end_matches('/');
            let address = format!("{host}/metadata/identity/oauth2/token");
            ("AZURE_POD_IDENTITY_AUTHORITY_HOST", address, None)
        }
    };
    Some(EntraProof::Managed {
        endpoint: endpoint(row, variable, &address)?,
        word,
        client_id: client_id.map(Into::into),
    })
}

fn is_tenant(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    text.len() <= 253 && text.bytes().all(is_plain)
}

/// What Azure OpenAI's own documentation asks tokens for (read 2026-11).
const ENTRA_SCOPE: &str = "https://cognitiveservices.azure.com/.default";

const ENTRA_AUTHORITY: &str = "https://login.microsoftonline.com";

/// A machine's metadata service, at the clouds' common link-local address.
const AZURE_METADATA: &str = "http://169.254.169.254";
