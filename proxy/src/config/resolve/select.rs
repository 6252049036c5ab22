//! `match` and `per`: which requests a rule is for.

use std::collections::BTreeMap;

use quotah_policy::{Dimension, Pattern};

use super::super::problem::{Problem, nearest};
use super::super::resolved::{Provider, Server, StaticKey};
use super::super::section::{At, Section};
use super::key::provider_index;

/// What values requests can have.
pub(super) struct Known<'a> {
    /// Where they may go.
    pub(super) providers: &'a [Provider],
    tags: Vec<&'a str>,
}

impl<'a> Known<'a> {
    /// Tags are kept from a header or bound by a key.
    pub(super) fn new(
        server: &'a Server,
        keys: &'a [StaticKey],
        providers: &'a [Provider],
    ) -> Self {
        let kept = server.tags.iter().map(String::as_str);
        let bound = keys.iter().flat_map(|key| &key.tags);
        let bound = bound.map(|(name, _)| name.as_str());
        Self {
            providers,
            tags: std::iter::once("project")
                .chain(kept)
                .chain(bound)
                .collect(),
        }
    }
}

/// The conditions of a rule, those that mean nothing told and left out.
pub(super) fn selects(
    row: &Section<'_>,
    label: &'static str,
    known: &Known<'_>,
) -> BTreeMap<String, String> {
    let mut selects = BTreeMap::new();
    let Some(section) = row.table("match", label) else {
        return selects;
    };
    for (name, value) in section.pairs() {
        let Some(dimension) = dimension(row, &name, known) else {
            continue;
        };
        if value.value.is_empty() {
            row.invalid::<()>(name.value, &value.place, "a text that is not empty");
            continue;
        }
        if dimension == Dimension::Provider && Pattern::new(value.value).is_exact() {
            provider_index(row, &value, known.providers);
        }
        selects.insert(name.value.to_owned(), value.value.to_owned());
    }
    selects
}

/// The dimension that a rule counts apart by.
pub(super) fn per(row: &Section<'_>, known: &Known<'_>) -> Option<String> {
    let at = row.text("per")?;
    dimension(row, &at, known).map(|dimension| dimension.to_string())
}

fn dimension(row: &Section<'_>, at: &At<&str>, known: &Known<'_>) -> Option<Dimension> {
    let fault = match Dimension::parse(at.value) {
        Ok(Dimension::Tag(name)) if !known.tags.contains(&&*name) => {
            let tag = name.into_string();
            let meant = nearest(&tag, known.tags.iter().copied());
            Problem::UnknownTag { tag, meant }
        }
        Ok(dimension) => return Some(dimension),
        Err(fault) => {
            let meant = nearest(at.value, DIMENSIONS);
            Problem::UnknownDimension { fault, meant }
        }
    };
    row.problems().at(&at.place, fault);
    None
}

const DIMENSIONS: [&str; 6] = ["key", "user", "team", "project", "model", "provider"];
