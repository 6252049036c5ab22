//! `/admin/v1/config` and `/admin/v1/reload`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Caller, Problem, Shared, blocking};

/// What a reload came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReloadReport {
    /// Digest of the configuration now in force.
    pub digest: String,
    /// Whether it differs from the one before.
    pub changed: bool,
    /// Settings that differ but take effect at a restart only: addresses, data directory.
    pub needs_restart: Vec<String>,
    /// What is allowed but may not be meant.
    pub warnings: Vec<String>,
}

pub(super) async fn show(_: Caller, State(shared): State<Shared>) -> Json<Value> {
    let config = (shared.state.config)();
    Json(json!({ "digest": config.digest, "config": config.redacted }))
}

pub(super) async fn reload(
    caller: Caller,
    State(shared): State<Shared>,
) -> Result<Json<ReloadReport>, Problem> {
    tracing::info!(by = &*caller.name, "reload asked for by the admin plane");
    blocking(move || {
        let report = (shared.state.reload)().map_err(|errors| {
            let detail = "the configuration is wrong; the one before it stays in force";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_errors(errors)
        })?;
        let noted = shared
            .state
            .store
            .note(&caller.actor(), "reload", "", &json!(report));
        if let Err(error) = noted {
            tracing::error!(%error, "a reload is not in the audit trail");
        }
        Ok(Json(report))
    })
    .await
}
