//! Refusals of requests that lead nowhere, or not in words that anybody there understands.

use std::time::Duration;

use quotah_adapters::translate::{AnswerFault, Untranslatable};
use quotah_adapters::{Dialect, RefusalKind};

use super::super::routes::Wire;
use super::{Refusal, short};

impl Refusal {
    pub(crate) fn no_route(model: &str) -> Self {
        Self::new(
            RefusalKind::ModelNotFound,
            format!(
                "no route has the model {:?}; configured providers do not list it",
                short(model)
            ),
        )
    }

    pub(crate) fn no_provider(wire: Wire) -> Self {
        let message = match wire.only_at {
            Some(kind) => format!(
                "only a provider of kind {:?} has this path, and none is configured",
                kind.as_str()
            ),
            None => format!(
                "no configured provider speaks the {} dialect",
                wire.dialect.as_str()
            ),
        };
        Self::new(RefusalKind::ModelNotFound, message)
    }

    pub(crate) fn no_such_provider(provider: &str) -> Self {
        Self::new(
            RefusalKind::ModelNotFound,
            format!(
                "no provider is configured by the name {:?}",
                short(provider)
            ),
        )
    }

    pub(crate) fn other_dialect(model: &str, provider: &str, dialect: Dialect) -> Self {
        Self::new(
            RefusalKind::ModelNotFound,
            format!(
                "the model {:?} is served by {provider:?}, which does not speak the {} dialect; \
                 translated are requests for a `[[models]]` row that names a deployment of another",
                short(model),
                dialect.as_str(),
            ),
        )
    }

    pub(crate) fn model_not_allowed(model: &str) -> Self {
        Self::new(
            RefusalKind::NotAllowed,
            format!("this key may not use the model {:?}", short(model)),
        )
    }

    pub(crate) fn model_not_told() -> Self {
        Self::new(
            RefusalKind::NotAllowed,
            "this key may use certain models only, and the request does not say in a readable place which it asks for",
        )
    }

    pub(crate) fn operation_not_allowed(operation: &str) -> Self {
        Self::new(
            RefusalKind::NotAllowed,
            format!("this key may not use the operation {operation:?}"),
        )
    }

    pub(crate) fn provider_not_allowed(provider: &str) -> Self {
        Self::new(
            RefusalKind::NotAllowed,
            format!("this key may not use the provider {provider:?}"),
        )
    }

    /// Every deployment waits out a 429, or has no room for the request.
    pub(crate) fn cooling_down(model: &str, wait: Duration) -> Self {
        let message = format!(
            "every deployment of {:?} has used up its provider's limits; try again in {} ms",
            short(model),
            wait.as_millis()
        );
        Self {
            retry_after: Some(wait),
            ..Self::new(RefusalKind::CoolingDown, message)
        }
    }

    /// Every deployment is broken.
    pub(crate) fn unhealthy(model: &str, wait: Duration) -> Self {
        let message = format!(
            "no deployment of {:?} is healthy just now; the next try is due in {} ms",
            short(model),
            wait.as_millis()
        );
        Self {
            retry_after: Some(wait),
            ..Self::new(RefusalKind::NoHealthyDeployment, message)
        }
    }

    /// The route's conditions leave no deployment for the request.
    pub(crate) fn no_deployment_for(model: &str) -> Self {
        Self::new(
            RefusalKind::NotAllowed,
            format!(
                "no deployment of {:?} is for requests such as this one",
                short(model)
            ),
        )
    }

    /// What the request asks for cannot be said in its deployments' dialects. Each comes with the places in question.
    pub(crate) fn unsayable(deployments: &[(String, Vec<String>)]) -> Self {
        let mut message = String::new();
        for (deployment, places) in deployments.iter().take(DEPLOYMENTS_TOLD) {
            if !message.is_empty() {
                message.push_str("; ");
            }
            let told = places.iter().take(PLACES_TOLD);
            let told: Vec<String> = told.map(|place| format!("`{place}`")).collect();
            let more = places.len().saturating_sub(told.len());
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let told = told.join(", ");
            message.push_str(&format!(
                "{told}{more} cannot be carried to deployment {deployment}"
            ));
        }
        Self::new(RefusalKind::InvalidRequest, message)
    }

    /// The request cannot be put into a deployment's words.
    pub(crate) fn untranslatable(fault: &Untranslatable, deployment: &str) -> Self {
        let Untranslatable { place, why } = fault;
        let what = if place.is_empty() {
            (*why).to_owned()
        } else {
            format!("`{place}`: {why}")
        };
        Self::new(
            RefusalKind::InvalidRequest,
            format!("{what}; the request cannot be carried to deployment {deployment}"),
        )
    }

    /// An answer that cannot be put into the client's words.
    pub(crate) fn untranslated(fault: AnswerFault) -> Self {
        Self::new(RefusalKind::UpstreamUnreachable, fault.to_string())
    }
}

/// Deployments that a message names, and places for each.
const DEPLOYMENTS_TOLD: usize = 4;
const PLACES_TOLD: usize = 8;
