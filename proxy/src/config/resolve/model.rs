//! `[[models]]`: names of ours and where they lead.

use std::collections::HashSet;

use quotah_policy::route::{Strategy, Weights};

use super::super::Warning;
use super::super::problem::Problem;
use super::super::resolved::{Deployment, FallbackOn, Model, Provider};
use super::super::section::{At, Section};
use super::key::provider_index;

/// The models in the order of the file.
pub(super) fn models(
    root: &Section<'_>,
    providers: &[Provider],
    warnings: &mut Vec<Warning>,
) -> Vec<Model> {
    let mut taken = HashSet::new();
    let mut models = Vec::new();
    for row in root.tables("models", "[[models]]") {
        let name = row.required("name", "");
        let aliases = row.texts("aliases");
        for at in name.iter().chain(&aliases) {
            if !taken.insert(at.value.to_owned()) {
                let problem = Problem::Twice {
                    what: "model",
                    name: at.value.to_owned(),
                };
                row.problems().at(&at.place, problem);
            }
        }
        let deployments = deployments(&row, providers);
        let used = route(&row, deployments.len());
        row.not_yet(&["cache"]);
        row.end();
        let Some(name) = name else { continue };
        if used && deployments.len() > 1 {
            warnings.push(Warning::OneDeployment {
                model: name.value.to_owned(),
            });
        }
        models.push(Model {
            name: name.value.to_owned(),
            aliases: aliases.iter().map(|at| at.value.to_owned()).collect(),
            when: None,
            strategy: Strategy::default(),
            weights: Weights::default(),
            deployments,
            fallback_on: FallbackOn::default(),
            hedge: None,
            mirror: None,
            cache: None,
            session_header: None,
        });
    }
    models
}

/// Whether the route is one that this version follows: the first deployment, in order.
fn route(row: &Section<'_>, deployments: usize) -> bool {
    let words = ["ordered", "cheapest", "weighted", "fastest", "balanced"];
    let Some(route) = row.choice("route", &words.map(|word| (word, word))) else {
        return true;
    };
    // With a single deployment every way of choosing chooses it.
    if route == "ordered" || deployments <= 1 {
        return true;
    }
    if let Some(at) = row.text("route") {
        let what = format!("route = \"{route}\" over several deployments");
        row.problems().at(&at.place, Problem::NotYet(what));
    }
    false
}

fn deployments(row: &Section<'_>, providers: &[Provider]) -> Vec<Deployment> {
    let rows = row.tables("deployments", "`deployments` in [[models]]");
    if rows.is_empty() {
        row.missing(
            "deployments",
            ": at least one { provider = \"…\", model = \"…\" }",
        );
    }
    let mut deployments = Vec::new();
    for row in rows {
        let provider = row
            .required("provider", "")
            .and_then(|at| provider_index(&row, &at, providers));
        let model = row
            .required_if_present("model")
            .map(|at: At<&str>| at.value.to_owned());
        row.not_yet(&["weight"]);
        row.end();
        deployments.extend(provider.map(|provider| Deployment {
            provider,
            model,
            weight: 1,
            when: None,
            context_tokens: None,
        }));
    }
    deployments
}
