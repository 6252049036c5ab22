//! `[[models]]`: names of ours and where they lead.

use std::collections::HashMap;

use super::super::problem::Problem;
use super::super::resolved::{CacheSettings, Model, Provider};
use super::super::section::{At, Section};
use super::condition::when;
use super::deployment::deployments;
use super::route::{cache, fallback_on, hedge, mirror, session_header, strategy};

/// The models in the order of the file.
pub(super) fn models(
    root: &Section<'_>,
    providers: &[Provider],
    kept: &CacheSettings,
) -> Vec<Model> {
    let mut taken = Names::default();
    let mut models = Vec::new();
    for (index, row) in root.tables("models", "[[models]]").into_iter().enumerate() {
        let name = row.required("name", "");
        let aliases = row.texts("aliases");
        taken.take(&row, index, name.iter().chain(&aliases));
        let model = Model {
            name: name.as_ref().map_or_else(String::new, owned),
            aliases: aliases.iter().map(owned).collect(),
            ..route(&row, providers, kept)
        };
        models.extend(name.map(|_| model));
        row.end();
    }
    models
}

/// All of a row but its names.
fn route(row: &Section<'_>, providers: &[Provider], kept: &CacheSettings) -> Model {
    let (strategy, weights) = strategy(row);
    Model {
        name: String::new(),
        aliases: Vec::new(),
        when: when(row),
        strategy,
        weights,
        deployments: deployments(row, providers),
        fallback_on: fallback_on(row),
        hedge: hedge(row),
        mirror: mirror(row, providers),
        cache: cache(row, kept),
        session_header: session_header(row),
    }
}

fn owned(at: &At<&str>) -> String {
    at.value.to_owned()
}

/// Names that rows above have taken.
#[derive(Default)]
struct Names(HashMap<String, Held>);

/// The last row with a name.
struct Held {
    row: usize,
    /// Whether it leaves requests to rows below.
    is_conditional: bool,
}

impl Names {
    /// Takes a row's name and aliases. Rows may share them as long as requests get past the upper ones.
    fn take<'a>(
        &mut self,
        row: &Section<'_>,
        index: usize,
        names: impl Iterator<Item = &'a At<&'a str>>,
    ) {
        let is_conditional = row.is_present("when");
        for at in names {
            let held = Held {
                row: index,
                is_conditional,
            };
            let name = owned(at);
            let problem = match self.0.insert(name.clone(), held) {
                Some(held) if held.row == index => Problem::Twice {
                    what: "model",
                    name,
                },
                Some(held) if !held.is_conditional => Problem::Unreached { name },
                Some(_) | None => continue,
            };
            row.problems().at(&at.place, problem);
        }
    }
}
