//! `[[providers]]`: Google's credentials, in the order in which its SDKs look for them.

use std::path::{Path, PathBuf};

use super::super::Environment;
use super::super::credential::GoogleSource;
use super::super::resolved::Secret;
use super::super::section::Section;
use super::credential::endpoint;

/// Google's "application default credentials": the variable, gcloud's file, the metadata server.
pub(super) fn google(row: &Section<'_>, env: &Environment) -> Option<GoogleSource> {
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
