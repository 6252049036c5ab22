//! The admin plane: health, metrics, and what the books say, on a listener of its own.
//!
//! `/livez` and `/readyz` are open, so that any orchestrator can probe them. `/healthz`, `/metrics` and
//! `/openapi.json` need no token from this machine (loopback or a unix socket) and one from anywhere else;
//! everything under `/admin/v1` needs one always. `routes.rs` has the table that says so. Errors are RFC 9457
//! problem documents.

mod access;
mod accounts;
mod audit;
mod auth;
mod body;
mod budgets;
mod config;
mod events;
mod explain;
mod health;
mod idempotency;
mod keys;
mod openapi;
mod page;
mod prices;
mod problem;
mod providers;
mod rate_limits;
mod recommendations;
mod requests;
mod routes;
mod rules;
mod serve;
mod status;
mod store;
mod stored;
mod strict;
mod usage;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use crate::clock;
use crate::config::resolved::Config;
use crate::events::Hub;
use crate::headroom::Headroom;
use crate::ledger::Ledger;
use crate::metrics::{Metrics, Shown};
use crate::policy::Policy;
use crate::standing::Standing;

pub use accounts::Accounts;
pub use body::{IfMatch, etag};
pub use config::ReloadReport;
pub use explain::{
    ExplainedBudget, ExplainedCandidate, ExplainedGuard, ExplainedKey, ExplainedLimit,
    ExplainedPrice, ExplainedReservation, ExplainedRoute, Explanation, Question, Verdict,
};
pub use health::{Component, Health, State};
pub use keys::{KeyFace, KeyWords};
pub use openapi::document;
pub(crate) use serve::{CONNECTIONS_MAX, serve_stream};
pub use store::{
    AccountFace, Actor, Adjustment, At, Kind, Rule, Source, Spending, Store, WriteError,
};
pub use stored::{LastUsed, Stored};

use auth::Caller;
use problem::Problem;

/// What the admin plane shows and does, as handles into the running gateway.
#[derive(Clone)]
pub struct AdminState {
    /// Figures for `/metrics`.
    pub metrics: Arc<Metrics>,
    /// What providers said about their limits.
    pub headroom: Arc<Headroom>,
    /// How every deployment stands, asked for on each request.
    pub standings: Arc<dyn Fn() -> Vec<Standing> + Send + Sync>,
    /// Budgets in force, and how they stand.
    pub policy: Arc<Policy>,
    /// The books.
    pub ledger: Arc<Ledger>,
    /// Keys, budgets, limits and guards.
    pub store: Arc<dyn Store>,
    /// The accounts of budgets.
    pub spending: Arc<dyn Spending>,
    /// What happens, for whoever listens.
    pub events: Arc<Hub>,
    /// The configuration in force, asked for on each request.
    pub config: Arc<dyn Fn() -> Arc<Config> + Send + Sync>,
    /// Loads the configuration again and swaps it in, or says every fault. May block.
    pub reload: Arc<dyn Fn() -> Result<ReloadReport, Vec<String>> + Send + Sync>,
    /// How each component is doing.
    pub health: Arc<dyn Fn() -> Health + Send + Sync>,
    /// When the process started, milliseconds since 1970.
    pub started_at_unix_ms: u64,
    /// When the process started, for its uptime.
    pub started: Instant,
    /// Version of the running build.
    pub version: &'static str,
    /// Commit of the running build.
    pub commit: &'static str,
}

impl fmt::Debug for AdminState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminState(version {})", self.version)
    }
}

/// Every route of the admin plane.
pub fn router(state: AdminState) -> Router {
    let shared = Shared {
        throttle: Arc::default(),
        replays: Arc::default(),
        state,
    };
    routes::router(&shared)
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(shared)
}

/// What handlers share.
#[derive(Clone)]
struct Shared {
    state: AdminState,
    throttle: Arc<auth::Throttle>,
    replays: Arc<idempotency::Replays>,
}

async fn metrics(axum::extract::State(shared): axum::extract::State<Shared>) -> impl IntoResponse {
    let status = shared.state.ledger.status();
    shared.state.metrics.ledger_bytes(status.bytes);
    let rate_limits = shared.state.headroom.rows(clock::unix_ms());
    let budgets = shared.state.policy.budget_sums(clock::unix_ms());
    let mut standings = (shared.state.standings)();
    // Providers that were never asked have no deployment yet; a series for them would end with the first.
    standings.retain(|standing| !standing.model.is_empty() || standing.track.calls > 0);
    let shown = Shown {
        rate_limits: &rate_limits,
        budgets: &budgets,
        standings: &standings,
    };
    let text = shared.state.metrics.render(clock::unix_seconds(), &shown);
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
}

/// Says nothing about which paths exist to those who may not know.
async fn nothing_here(_: Caller) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path")
}

async fn wrong_method(_: Caller) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path does not take that method",
    )
}

/// Runs what waits for the disk on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the request could not be finished",
        ))
    })
}
