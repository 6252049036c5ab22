//! `[[keys]]`: virtual keys written in the configuration.

use quotah_policy::budget::Budget;
use quotah_policy::{KeyNetworks, OwnLimits};

use super::super::problem::{Problem, nearest};
use super::super::resolved::{LedgerSettings, Provider, Secret, StaticKey};
use super::super::section::{At, Section};
use super::server::is_label;
use super::{budget, guard, limit};
use crate::registry::is_operation;

/// The keys in the order of the file.
pub(super) fn keys(
    root: &Section<'_>,
    providers: &[Provider],
    ledger: &LedgerSettings,
) -> Vec<StaticKey> {
    let mut keys: Vec<StaticKey> = Vec::new();
    for row in root.tables("keys", "[[keys]]") {
        if let Some(key) = key(&row, providers, ledger) {
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

fn key(row: &Section<'_>, providers: &[Provider], ledger: &LedgerSettings) -> Option<StaticKey> {
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
    let (operations, networks) = (operations(row), networks(row));
    let expires_at_unix_ms = row.moment("expires_at");
    let name = id.as_ref().map_or("key", |at| at.value);
    let (budget, limits) = (budget(row, name, ledger), limits(row));
    let guards = guard::of_key(row, name);
    Some(StaticKey {
        id: id.map(owned)?,
        key: Secret::new(key?.value),
        operations,
        networks,
        expires_at_unix_ms,
        budget,
        limits,
        guards,
        team,
        user,
        project,
        tags,
        models,
        providers,
    })
}

fn operations(row: &Section<'_>) -> Vec<String> {
    let named = row.texts("operations").into_iter();
    let known = named.filter(|at| {
        let fits = is_operation(at.value);
        if !fits {
            row.invalid::<()>(
                "operations",
                &at.place,
                "operations by their names in the ledger, such as \"chat\"",
            );
        }
        fits
    });
    known.map(|at| at.value.to_owned()).collect()
}

fn networks(row: &Section<'_>) -> KeyNetworks {
    let texts = row.texts("networks");
    for at in &texts {
        if KeyNetworks::parse([at.value]).is_err() {
            let expected = "networks such as \"10.0.0.0/8\", \"2001:db8::/32\" or a single address";
            row.invalid::<()>("networks", &at.place, expected);
        }
    }
    let texts: Vec<&str> = texts.iter().map(|at| at.value).collect();
    KeyNetworks::parse(&texts).unwrap_or_default()
}

fn budget(row: &Section<'_>, key: &str, ledger: &LedgerSettings) -> Option<Budget> {
    let section = row.table("budget", "`budget` in [[keys]]")?;
    let form = budget::of_keys(&section, ledger);
    section.end();
    // Its faults are told: nothing is served by a file that has any.
    form.read(key).ok()
}

fn limits(row: &Section<'_>) -> Option<OwnLimits> {
    let section = row.table("limits", "`limits` in [[keys]]")?;
    let limits = limit::of_keys(&section);
    section.end();
    Some(limits)
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
