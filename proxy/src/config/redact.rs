//! The configuration as `/admin/v1/config` shows it: as written, without any secret.

use serde_json::{Map, Value as Json, json};

use super::credential::Source;
use super::resolved::{Credential, Provider};
use super::tree::{Node, Table, Value};

/// The merged tree as JSON; secrets are `***`. Without a file, the providers that were discovered.
pub(super) fn redacted(tree: &Table, providers: &[Provider]) -> Json {
    let mut json = table(tree, "");
    if tree.get("providers").is_none() {
        let rows = providers.iter().map(|p| {
            let scheme = if p.base.https { "https" } else { "http" };
            let credential = match &p.credential {
                Credential::Configured(_) => json!({ "api_key": HIDDEN }),
                Credential::Client => json!({ "credential": "client" }),
                Credential::Minted(Source::Google(_)) => json!({ "credential": "google" }),
                Credential::Minted(Source::Entra(_)) => json!({ "credential": "entra" }),
                Credential::Minted(Source::Aws(_)) | Credential::Aws(_) => {
                    json!({ "credential": "aws" })
                }
            };
            let mut row = json!({
                "name": p.name.as_ref(),
                "kind": p.kind.as_str(),
                "base_url": format!("{scheme}://{}{}", p.base.authority, p.base.prefix),
            });
            if let (Json::Object(row), Json::Object(credential)) = (&mut row, credential) {
                row.extend(credential);
            }
            row
        });
        json.insert("providers".to_owned(), rows.collect());
    }
    Json::Object(json)
}

fn table(table_: &Table, within: &str) -> Map<String, Json> {
    let entry = |entry: &super::tree::Entry| {
        let hidden = within == "headers" || SECRET_KEYS.contains(&&*entry.key);
        let value = match &entry.node.value {
            Value::Text(_) | Value::Number(_) if hidden => Json::from(HIDDEN),
            _ => node(&entry.node, &entry.key),
        };
        (entry.key.clone(), value)
    };
    table_.0.iter().map(entry).collect()
}

fn node(value: &Node, key: &str) -> Json {
    match &value.value {
        Value::Text(text) | Value::Date(text) => Json::from(text.as_str()),
        // Whole numbers stay numbers; decimals stay text, so that none becomes a float.
        Value::Number(text) => text
            .parse::<i64>()
            .map_or_else(|_| Json::from(text.as_str()), Json::from),
        Value::Boolean(value) => Json::from(*value),
        Value::Array(items) => items.iter().map(|item| node(item, key)).collect(),
        Value::Table(inner) => Json::Object(table(inner, key)),
    }
}

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// Keys whose values are secrets wherever they stand. (`tls.key` is a path, hidden along.)
const SECRET_KEYS: [&str; 10] = [
    "api_key",
    "key",
    "key_pepper",
    "token",
    "secret",
    "password",
    "credentials_json",
    "client_secret",
    "secret_access_key",
    "session_token",
];
