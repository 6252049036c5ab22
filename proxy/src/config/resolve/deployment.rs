//! `deployments` of a `[[models]]` row: where requests of a route may go.

use quotah_adapters::Dialect;
use quotah_adapters::translate::Api;
use quotah_policy::route::CANDIDATES_MAX;

use super::super::problem::Problem;
use super::super::resolved::{Deployment, Provider};
use super::super::section::{At, Section};
use super::condition::when;
use super::key::provider_index;

/// A route's deployments in the order of the file.
pub(super) fn deployments(row: &Section<'_>, providers: &[Provider]) -> Vec<Deployment> {
    let lossy = row.boolean("lossy").unwrap_or(false);
    let rows = row.tables("deployments", "`deployments` in [[models]]");
    if rows.is_empty() {
        row.missing(
            "deployments",
            ": at least one { provider = \"…\", model = \"…\" }",
        );
    }
    let mut deployments = Vec::new();
    for row in rows {
        deployments.extend(deployment(&row, providers, lossy));
        row.end();
    }
    let credentials = |deployment: &Deployment| {
        let provider = providers.get(deployment.provider);
        provider.map_or(1, |provider| 1 + provider.credentials_more.len())
    };
    let found = deployments.iter().map(credentials).sum();
    if found > CANDIDATES_MAX {
        let problem = Problem::TooManyDeployments {
            found,
            most: CANDIDATES_MAX,
        };
        row.problems().at(row.place_of("deployments"), problem);
    }
    deployments
}

fn deployment(row: &Section<'_>, providers: &[Provider], lossy: bool) -> Option<Deployment> {
    let provider = row
        .required("provider", "")
        .and_then(|at| provider_index(row, &at, providers));
    let model = row
        .required_if_present("model")
        .map(|at: At<&str>| at.value.to_owned());
    let weight = row.integer("weight", 0..=WEIGHT_MAX);
    let when = when(row);
    let context_tokens = row.integer("context_tokens", 1..=CONTEXT_TOKENS_MAX);
    let api = api(row, provider.and_then(|at| providers.get(at)));
    let lossy = row.boolean("lossy").unwrap_or(lossy);
    Some(Deployment {
        provider: provider?,
        model,
        weight: weight.map_or(1, |weight| u32::try_from(weight).unwrap_or(u32::MAX)),
        when,
        context_tokens,
        api,
        lossy,
    })
}

/// In which of several ways it is asked.
fn api(row: &Section<'_>, provider: Option<&Provider>) -> Option<Api> {
    let words = [
        ("chat", Api::Chat),
        ("responses", Api::Responses),
        ("own", Api::Own),
    ];
    let api = row.choice("api", &words)?;
    let speaks = |provider: &Provider| provider.kind.speaks(Dialect::OpenAi);
    if api != Api::Own && !provider.is_none_or(speaks) {
        let expected = "left out, or \"own\", for a provider that does not speak OpenAI's dialect";
        return row.invalid("api", row.place_of("api"), expected);
    }
    Some(api)
}

/// A share of a millionth is finer than any traffic shows.
const WEIGHT_MAX: u64 = 1_000_000;

/// Far beyond the largest window, which is some ten million tokens.
const CONTEXT_TOKENS_MAX: u64 = 1_000_000_000;
