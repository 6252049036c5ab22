//! `[[providers]]`: whose credential goes along, and from where. What the table does not say is looked for where
//! the cloud's own SDKs look: their variables, their files, the machine's metadata service.

use http::HeaderName;
use quotah_adapters::{CredentialPlace, ProviderKind};

use super::super::Environment;
use super::super::credential::{Credential, Endpoint, Place, Source};
use super::super::problem::Problem;
use super::super::resolved::{BaseUrl, Secret};
use super::super::section::{At, Section};
use super::super::tree::{self, Problems, Table};
use super::{aws, entra, google};

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
            google::google(row, env).map(|google| Credential::Minted(Source::Google(google)))
        }
        (From::Entra, _) => {
            entra::entra(row, env).map(|entra| Credential::Minted(Source::Entra(entra)))
        }
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
