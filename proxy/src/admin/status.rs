//! `/admin/v1/status`: what is running and how the books are.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{Caller, Shared};
use crate::clock;
use crate::ledger::LedgerHealth;
use crate::time::rfc3339;

pub(super) async fn status(_: Caller, State(shared): State<Shared>) -> Json<Value> {
    let state = &shared.state;
    let config = (state.config)();
    let ledger = state.ledger.status();
    let (health, reason) = match ledger.health {
        LedgerHealth::Ok => ("ok", None),
        LedgerHealth::Failing { reason, .. } => ("failing", Some(reason)),
    };
    let uptime = clock::now().saturating_duration_since(state.started);
    Json(json!({
        "version": state.version,
        "commit": state.commit,
        "pid": std::process::id(),
        "started_at": rfc3339(state.started_at_unix_ms),
        "uptime_seconds": uptime.as_secs(),
        "config": { "digest": config.digest },
        "prices": { "version": config.price_table.version() },
        "store": {
            "health": health,
            "reason": reason,
            "entries": ledger.entries,
            "bytes": ledger.bytes,
            "backlog": ledger.backlog,
            "dropped": ledger.dropped,
            "errors": ledger.errors,
            "damaged_ranges": ledger.damaged.len(),
            "synced_at": rfc3339(ledger.synced_at_unix_ms),
        },
        "in_flight": {
            "requests": state.metrics.inflight_requests(),
            "streams": state.metrics.inflight_streams(),
        },
    }))
}
