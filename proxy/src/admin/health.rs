//! `/livez`, `/readyz`, `/healthz`: is it there, may it have traffic, how is each part.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::Shared;

/// How the gateway is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Health {
    /// Whether it should be sent requests: listening and not draining.
    pub ready: bool,
    /// Each part on its own.
    pub components: Vec<Component>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Component {
    /// `proxy`, `ledger`, `registry` or `providers`.
    pub name: String,
    /// How it is.
    pub state: State,
    /// Why it is not well; without secrets.
    pub reason: Option<String>,
}

/// How a part is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Well.
    Up,
    /// Working, with something to look at.
    Degraded,
    /// Not working.
    Down,
}

pub(super) async fn livez() -> &'static str {
    "ok\n"
}

pub(super) async fn readyz(Extract(shared): Extract<Shared>) -> impl IntoResponse {
    if (shared.state.health)().ready {
        return (StatusCode::OK, "ok\n");
    }
    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
}

pub(super) async fn healthz(Extract(shared): Extract<Shared>) -> impl IntoResponse {
    let health = (shared.state.health)();
    let worst = health
        .components
        .iter()
        .map(|c| c.state)
        .max()
        .unwrap_or(State::Up);
    let status = if worst == State::Down {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    let body = json!({ "state": worst, "ready": health.ready, "components": health.components });
    (status, Json(body))
}
