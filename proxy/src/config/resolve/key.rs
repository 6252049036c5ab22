//! `[[keys]]`: virtual keys written in the configuration.

use super::super::problem::{Problem, nearest};
use super::super::resolved::{Provider, Secret, StaticKey};
use super::super::section::{At, Section};
use super::server::is_label;

/// The keys in the order of the file.
pub(super) fn keys(root: &Section<'_>, providers: &[Provider]) -> Vec<StaticKey> {
    let mut keys: Vec<StaticKey> = Vec::new();
    for row in root.tables("keys", "[[keys]]") {
        if let Some(key) = key(&row, providers) {
            if keys.iter().any(|k| k.id == key.id) {
                let problem = Problem::Twice {
                    what: "key",
                    name: key.id.clone(),
                };
                row.problems().at(row.place(), problem);
            }
            if keys.iter().any(|k| k.key == key.key) {
                row.problems().at(row.place(), Problem::SameKey);
            }
            keys.push(key);
        }
        row.not_yet(&["budget", "limits", "expires_at", "operations", "networks"]);
        row.end();
    }
    keys
}

/// The index of a provider by its name, or a fault at the name's place.
pub(super) fn provider_index(
    row: &Section<'_>,
    at: &At<&str>,
    providers: &[Provider],
) -> Option<usize> {
    let index = providers.iter().position(|p| &*p.name == at.value);
    if index.is_none() {
        let meant = nearest(at.value, providers.iter().map(|p| &*p.name));
        let problem = Problem::UnknownProvider {
            name: at.value.to_owned(),
            meant,
        };
        row.problems().at(&at.place, problem);
    }
    index
}

fn key(row: &Section<'_>, providers: &[Provider]) -> Option<StaticKey> {
    let owned = |at: At<&str>| at.value.to_owned();
    let id = row.required("id", "").filter(|at| {
        let fits = is_label(at.value) && at.value != ANONYMOUS;
        if !fits {
            row.invalid::<()>(
                "id",
                &at.place,
                "letters, digits, `_`, `-`, `.`, and not \"anonymous\"",
            );
        }
        fits
    });
    let key = row.required("key", "").filter(|at| {
        let fits =
            at.value.len() >= KEY_BYTES_MIN && at.value.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            row.invalid::<()>("key", &at.place, "at least 16 visible ASCII characters");
        }
        fits
    });
    let [team, user, project] =
        ["team", "user", "project"].map(|name| row.required_if_present(name).map(owned));
    let tags = tags(row);
    let models = row.texts("models").into_iter().map(owned).collect();
    let named = row.texts("providers");
    let named = named
        .into_iter()
        .filter(|at| provider_index(row, at, providers).is_some());
    let providers = named.map(owned).collect();
    Some(StaticKey {
        id: id.map(owned)?,
        key: Secret::new(key?.value),
        team,
        user,
        project,
        tags,
        models,
        providers,
    })
}

fn tags(row: &Section<'_>) -> Vec<(String, String)> {
    let Some(section) = row.table("tags", "`tags` in [[keys]]") else {
        return Vec::new();
    };
    let mut tags = Vec::new();
    for (name, value) in section.pairs() {
        if is_label(name.value) {
            tags.push((name.value.to_owned(), value.value.to_owned()));
        } else {
            row.invalid::<()>(
                "tags",
                &name.place,
                "names of letters, digits, `_`, `-`, `.`",
            );
        }
    }
    tags
}

/// The id that requests without a key of ours are booked under.
const ANONYMOUS: &str = "anonymous";

/// Below 16 characters a key can be guessed with patience.
const KEY_BYTES_MIN: usize = 16;
