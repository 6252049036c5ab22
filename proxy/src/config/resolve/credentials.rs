//! `[[providers]]`: several keys of one provider, each with limits of its own.

use std::sync::Arc;

use quotah_adapters::ProviderKind;
use quotah_policy::route::CANDIDATES_MAX;

use super::super::Environment;
use super::super::problem::Problem;
use super::super::resolved::{BaseUrl, Credential, Labelled};
use super::super::section::Section;
use super::credential::{credential, secret};
use super::server::is_label;
use crate::headroom::CLIENTS;

/// What goes along with a provider's requests.
pub(super) struct Credentials {
    /// The first.
    pub(super) first: Credential,
    /// Its name, where several are written.
    pub(super) label: Option<Arc<str>>,
    /// All others.
    pub(super) more: Vec<Labelled>,
}

/// The credentials of a provider of `kind` at `base`: one from wherever it comes, or several keys.
pub(super) fn credentials(
    row: &Section<'_>,
    (kind, base): (Option<ProviderKind>, Option<&BaseUrl>),
    env: &Environment,
) -> Option<Credentials> {
    if !row.is_present("credentials") {
        row.know("credentials");
        let first = credential(row, (kind, base), env)?;
        return Some(Credentials {
            first,
            label: None,
            more: Vec::new(),
        });
    }
    for key in ["api_key", "credential"] {
        row.know(key);
        if row.is_present(key) {
            let expected = "left out beside `credentials`, which have an `api_key` each";
            row.invalid::<()>(key, row.place_of(key), expected);
        }
    }
    let mut all = several(row).into_iter();
    let first = all.next()?;
    Some(Credentials {
        first: first.credential,
        label: Some(first.label),
        more: all.collect(),
    })
}

fn several(row: &Section<'_>) -> Vec<Labelled> {
    let rows = row.tables("credentials", "`credentials` in [[providers]]");
    let place = row.place_of("credentials");
    if row.is_empty_list("credentials") {
        let expected = "at least one { name = \"…\", api_key = \"…\" }";
        row.invalid::<()>("credentials", place, expected);
    }
    if rows.len() > CANDIDATES_MAX {
        row.invalid::<()>("credentials", place, &format!("at most {CANDIDATES_MAX}"));
    }
    let mut all: Vec<Labelled> = Vec::new();
    for row in rows {
        if let Some(one) = one(&row) {
            if all.iter().any(|other| other.label == one.label) {
                let problem = Problem::Twice {
                    what: "credential",
                    name: one.label.to_string(),
                };
                row.problems().at(row.place_of("name"), problem);
            }
            // The provider would count both as one.
            if all.iter().any(|other| other.credential == one.credential) {
                let expected = "a key that no other row has";
                row.invalid::<()>("api_key", row.place_of("api_key"), expected);
            }
            all.push(one);
        }
        row.end();
    }
    all
}

fn one(row: &Section<'_>) -> Option<Labelled> {
    let label = row.required("name", ": how `/admin/v1/rate-limits` calls it");
    let label = label.filter(|at| {
        // Limits under this name are those of clients' own keys.
        let fits = is_label(at.value) && at.value != CLIENTS;
        if !fits {
            let expected = "at most 64 letters, digits, `_`, `-`, `.`, and not \"client\"";
            row.invalid::<()>("name", &at.place, expected);
        }
        fits
    });
    let key = row.required("api_key", "");
    let key = key.and_then(|key| secret(row, "api_key", &key));
    Some(Labelled {
        label: label?.value.into(),
        credential: Credential::Configured(key?),
    })
}
