//! `[[providers]]`: whose credential goes along, and from where. What the table does not say is looked for where
//! the cloud's own SDKs look: their variables, their files, the machine's metadata service.

use std::path::{Path, PathBuf};

use http::HeaderName;
use quotah_adapters::{CredentialPlace, ProviderKind};

use super::super::Environment;
use super::super::credential::{
    Credential, Endpoint, EntraProof, EntraSource, GoogleSource, Place, Source,
};
use super::super::problem::Problem;
use super::super::resolved::{BaseUrl, Secret};
use super::super::section::{At, Section};
use super::super::tree::{self, Problems, Table};
use super::aws;

/// Who gives out a provider's credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Key,
    Client,
    Google,
    Entra,
    Aws,
}

/// The credential of a provider of `kind` at `base`.
pub(super) fn credential(
    row: &Section<'_>,
    (kind, base): (Option<ProviderKind>, Option<&BaseUrl>),
    env: &Environment,
) -> Option<Credential> {
    let words = [
        ("client", From::Client),
        ("google", From::Google),
        ("entra", From::Entra),
        ("aws", From::Aws),
    ];
    let said = row.choice("credential", &words);
    let key = row.text("api_key");
    if let (Some(key), Some(_)) = (&key, said) {
        return row.invalid(
            "api_key",
            &key.place,
            "left out when `credential` says where another comes from",
        );
    }
    if said.is_none()
        && (row.is_present("credential") || (key.is_none() && row.is_present("api_key")))
    {
        return None;
    }
    let from = said
        .or_else(|| key.is_some().then_some(From::Key))
        .or_else(|| implied(row))
        .or_else(|| Some(usual(kind?)))?;
    match (from, key) {
        (From::Key, Some(key)) => secret(row, "api_key", &key).map(Credential::Configured),
        // A server of one's own may ask for no key.
        (From::Key, None) if kind?.base_url().is_none() => Some(Credential::Client),
        (From::Key, None) => {
            row.missing(
                "api_key",
                ": or write credential = \"client\" to pass on what clients send",
            );
            None
        }
        (From::Client, _) => Some(Credential::Client),
        (From::Google, _) => {
            google(row, env).map(|google| Credential::Minted(Source::Google(google)))
        }
        (From::Entra, _) => entra(row, env).map(|entra| Credential::Minted(Source::Entra(entra))),
        (From::Aws, _) => aws::credential(row, base, env),
    }
}

/// What a cloud's variables and files alone come to; nothing where they do not come to anything.
pub(in crate::config) fn of_environment(
    kind: ProviderKind,
    base: &BaseUrl,
    env: &Environment,
) -> Option<Credential> {
    let (empty, problems) = (Table::default(), Problems::default());
    let row = Section::new("", &empty, tree::Place::start(), &problems);
    credential(&row, (Some(kind), Some(base)), env)
}

/// Where a configured key is put, when the table says so.
pub(super) fn place(row: &Section<'_>) -> Option<Place> {
    let words = [
        ("bearer", CredentialPlace::Bearer),
        ("x-api-key", CredentialPlace::XApiKey),
        ("x-goog-api-key", CredentialPlace::XGoogApiKey),
        ("api-key", CredentialPlace::ApiKey),
        ("query", CredentialPlace::QueryKey),
        ("header", CredentialPlace::Bearer),
    ];
    let place = row.choice("credential_place", &words);
    let is_header = row
        .text("credential_place")
        .is_some_and(|text| text.value == "header");
    let name = row.required_if_present("credential_name");
    match (place, name) {
        (Some(_), Some(name)) if is_header => {
            let header = HeaderName::try_from(name.value).ok();
            let header = header.filter(|h| !super::provider::RESERVED.contains(&h.as_str()));
            header
                .map(Place::Header)
                .or_else(|| row.invalid("credential_name", &name.place, "a header's name"))
        }
        (Some(_), None) if is_header => {
            row.missing("credential_name", ": which header");
            None
        }
        (Some(CredentialPlace::QueryKey), Some(name)) => {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            if name.value.bytes().all(is_plain) {
                Some(Place::Query(name.value.into()))
            } else {
                row.invalid(
                    "credential_name",
                    &name.place,
                    "letters, digits, `-`, `_`, `.`",
                )
            }
        }
        (_, Some(name)) => row.invalid(
            "credential_name",
            &name.place,
            "left out unless credential_place is \"header\" or \"query\"",
        ),
        (place, None) => place.map(Place::Usual),
    }
}

/// The source that the table's other keys belong to.
fn implied(row: &Section<'_>) -> Option<From> {
    let any = |keys: &[&str]| keys.iter().any(|key| row.is_present(key));
    if any(&["credentials_file", "credentials_json"]) {
        Some(From::Google)
    } else if any(&[
        "tenant_id",
        "client_id",
        "client_secret",
        "federated_token_file",
    ]) {
        Some(From::Entra)
    } else if any(&aws::KEYS) {
        Some(From::Aws)
    } else {
        None
    }
}

/// What a kind takes when nothing is said.
fn usual(kind: ProviderKind) -> From {
    match kind.as_str() {
        "vertex" => From::Google,
        "azure" => From::Entra,
        "bedrock" => From::Aws,
        _ => From::Key,
    }
}

/// Google's "application default credentials": the variable, gcloud's file, the metadata server.
fn google(row: &Section<'_>, env: &Environment) -> Option<GoogleSource> {
    let file = row.required_if_present("credentials_file");
    let json = row.required_if_present("credentials_json");
    match (file, json) {
        (Some(_), Some(json)) => {
            return row.invalid(
                "credentials_json",
                &json.place,
                "left out when there is a `credentials_file`",
            );
        }
        (Some(file), None) => return Some(GoogleSource::File(file.value.into())),
        (None, Some(json)) => return Some(GoogleSource::Inline(Secret::new(json.value))),
        (None, None)
            if row.is_present("credentials_file") || row.is_present("credentials_json") =>
        {
            return None;
        }
        (None, None) => {}
    }
    if let Some(file) = env.filled("GOOGLE_APPLICATION_CREDENTIALS") {
        return Some(GoogleSource::File(file.trim().into()));
    }
    if let Some(file) = gcloud_file(env).filter(|file| file.is_file()) {
        return Some(GoogleSource::File(file));
    }
    let host = env.filled("GCE_METADATA_HOST");
    let host = host.unwrap_or("metadata.google.internal").trim();
    let endpoint = endpoint(row, "GCE_METADATA_HOST", &format!("http://{host}"))?;
    Some(GoogleSource::Metadata(endpoint))
}

/// Where `gcloud auth application-default login` leaves a user's token.
fn gcloud_file(env: &Environment) -> Option<PathBuf> {
    let dir = match env.filled("CLOUDSDK_CONFIG") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env.filled("HOME")?).join(".config/gcloud"),
    };
    Some(dir.join("application_default_credentials.json"))
}

/// A client secret, a cluster's token, or the identity of the machine: the first that is there.
fn entra(row: &Section<'_>, env: &Environment) -> Option<EntraSource> {
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

/// An address made with the value of `variable`.
pub(super) fn endpoint(row: &Section<'_>, variable: &'static str, text: &str) -> Option<Endpoint> {
    let endpoint = Endpoint::parse(text).map_err(|expected| {
        let expected = expected.to_string();
        row.problems().nowhere(Problem::BadOverride {
            name: variable,
            expected,
        });
    });
    endpoint.ok()
}

/// A secret as a header may carry it.
pub(super) fn secret(row: &Section<'_>, name: &str, key: &At<&str>) -> Option<Secret> {
    let text = key.value.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return row.invalid(name, &key.place, "visible ASCII characters, at least one");
    }
    Some(Secret::new(text))
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
