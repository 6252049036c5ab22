//! The route that a request's model leads to, and what is said when it leads nowhere.

use std::time::Duration;

use quotah_policy::route::WhyNobody;

use super::super::refuse::Refusal;
use super::super::routes::Lead;
use super::{Asking, Trip, about};
use crate::clock;
use crate::fleet::deployment_name;

/// Finds the route of a request.
///
/// # Errors
/// 404 when nothing serves the model, 403 when the key may not use it.
pub(crate) fn lead(asking: &Asking<'_>) -> Result<Lead, Refusal> {
    let Asking {
        snapshot,
        target,
        facts,
        identity,
        wished,
        ..
    } = *asking;
    let operation = target.operation.as_str();
    if !identity.may_use_operation(operation) {
        return Err(Refusal::operation_not_allowed(operation));
    }
    let asked = target.model(facts);
    let routes = &snapshot.routes;
    let wire = target.wire();
    let wished = match wished {
        Some(name) => Some(
            routes
                .upstream(name)
                .ok_or_else(|| Refusal::no_such_provider(name))?,
        ),
        None => target.provider.as_ref(),
    };
    let lead = match (wished, asked) {
        (Some(upstream), _) => routes.direct(upstream),
        (None, Some(model)) => {
            let holds = |condition: &_| about::holds(condition, asking);
            routes.find((model, wire), clock::unix_seconds(), holds)?
        }
        (None, None) => routes
            .native(wire)
            .map(|upstream| routes.direct(upstream))
            .ok_or_else(|| Refusal::no_provider(wire))?,
    };
    if let Some(model) = asked
        && !identity.may_use_model(model)
    {
        return Err(Refusal::model_not_allowed(model));
    }
    // A body whose model cannot be read here (multipart, batches) could name any.
    if asked.is_none() && facts.body_bytes > 0 && !identity.models.is_empty() {
        return Err(Refusal::model_not_told());
    }
    Ok(lead)
}

/// What a client is told when none of a route's deployments can take its request.
pub(crate) fn no_deployment(
    asking: &Asking<'_>,
    trip: &Trip,
    why: WhyNobody,
    now_unix_ms: u64,
) -> Refusal {
    let asked = asking.target.model(asking.facts).unwrap_or_default();
    let wait = |until_ms: u64| {
        let wait = Duration::from_millis(until_ms.saturating_sub(now_unix_ms));
        wait.max(WAIT_MIN)
    };
    match why {
        WhyNobody::Cooling { soonest_ms } => Refusal::cooling_down(asked, wait(soonest_ms)),
        WhyNobody::Unhealthy { soonest_ms } => Refusal::unhealthy(asked, wait(soonest_ms)),
        WhyNobody::NotAllowed | WhyNobody::AllTried | WhyNobody::TooSmall => {
            not_allowed(asking, trip)
        }
        WhyNobody::Unsayable => unsayable(trip),
    }
}

/// Why the request may go to none of them.
fn not_allowed(asking: &Asking<'_>, trip: &Trip) -> Refusal {
    let asked = asking.target.model(asking.facts).unwrap_or_default();
    let wire = asking.target.wire();
    let names_provider = asking.target.provider.is_some();
    let deployments = &trip.lead.route.deployments;
    let mut understood = deployments
        .iter()
        .filter(|d| names_provider || trip.way(d).is_some() || wire.fits(d.upstream.config.kind));
    let Some(first) = understood.next() else {
        let provider = deployments.first().map(|d| &d.upstream.config.name);
        let provider = provider.map_or("", |name| name);
        return Refusal::other_dialect(asked, provider, wire.dialect);
    };
    let may_use = |name: &str| asking.identity.may_use_provider(name);
    let provider = &first.upstream.config.name;
    if !may_use(provider) && !understood.any(|d| may_use(&d.upstream.config.name)) {
        return Refusal::provider_not_allowed(provider);
    }
    Refusal::no_deployment_for(asked)
}

/// What the request asks for and none of those can be told that it might go to.
fn unsayable(trip: &Trip) -> Refusal {
    let Some(original) = &trip.original else {
        return Refusal::overloaded();
    };
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for deployment in &trip.lead.route.deployments {
        let config = &deployment.upstream.config;
        let name = deployment_name(&config.name, trip.model(deployment));
        let is_new = told.iter().all(|(known, _)| *known != name);
        if let Some(way) = trip.way(deployment)
            && is_new
            && !original.can_go(&way)
        {
            if let Some(fault) = original.fault() {
                return Refusal::untranslatable(fault, &name);
            }
            told.push((name, original.lost(&way)));
        }
    }
    Refusal::unsayable(&told)
}

/// Nobody is told to come back at once.
const WAIT_MIN: Duration = Duration::from_millis(1);
