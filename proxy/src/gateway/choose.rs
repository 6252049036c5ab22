//! Where a request goes.
//!
//! In this version a model has one deployment; health, headroom and price join the decision later.

use std::sync::Arc;

use quotah_adapters::Facts;

use super::identify::Identity;
use super::parse::Target;
use super::refuse::Refusal;
use super::routes::Deployment;
use crate::clock;
use crate::state::Snapshot;

/// A decision: the deployment, and the model's name there.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) deployment: Deployment,
    /// The model as the provider will read it; empty where the request names none.
    pub(crate) model_sent: Arc<str>,
}

/// Picks the deployment for a request.
///
/// # Errors
/// 404 when nothing serves the model, 403 when the key may not use it.
///
/// `asked_provider` is `x-quotah-provider`: a client's wish for one provider, as if its path had named it.
pub(crate) fn choose(
    snapshot: &Snapshot,
    (target, asked_provider): (&Target, Option<&str>),
    facts: &Facts,
    identity: &Identity,
) -> Result<Order, Refusal> {
    let operation = target.operation.as_str();
    if !identity.may_use_operation(operation) {
        return Err(Refusal::operation_not_allowed(operation));
    }
    let asked = target.model(facts);
    let routes = &snapshot.routes;
    let wire = target.wire();
    let wished = match asked_provider {
        Some(name) => Some(
            routes
                .upstream(name)
                .cloned()
                .ok_or_else(|| Refusal::no_such_provider(name))?,
        ),
        None => target.provider.clone(),
    };
    let deployment = match (&wished, asked) {
        (Some(upstream), _) => routes.direct(upstream),
        (None, Some(model)) => routes.find(model, wire, clock::unix_seconds())?,
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
    let provider = &deployment.upstream.config;
    if !identity.may_use_provider(&provider.name) {
        return Err(Refusal::provider_not_allowed(&provider.name));
    }
    if target.provider.is_none() && !wire.fits(provider.kind) {
        return Err(Refusal::other_dialect(
            asked.unwrap_or_default(),
            &provider.name,
            wire.dialect,
        ));
    }
    let model_sent = deployment
        .rename
        .clone()
        .unwrap_or_else(|| asked.unwrap_or_default().into());
    Ok(Order {
        deployment,
        model_sent,
    })
}
