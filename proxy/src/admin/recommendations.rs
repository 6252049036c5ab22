//! `/admin/v1/recommendations`: where the same traffic would have cost less.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::{Caller, Problem, Shared, blocking};
use crate::clock;
use crate::ledger::Conditions;
use crate::time::{WEEK_MS, WHEN, parse_when, rfc3339};
use crate::whatif::Advisor;

/// Of which requests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// Arrived then or later: RFC 3339, a day (UTC), or so long ago (`24h`, `7d`); 7 days ago unless given.
    from: Option<String>,
    /// Arrived before then; now unless given.
    to: Option<String>,
}

pub(super) async fn list(
    caller: Caller,
    State(shared): State<Shared>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = wanted.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, e.body_text()))?;
    let now = clock::unix_ms();
    let when = |name: &str, text: &Option<String>, default: u64| match text {
        Some(text) => parse_when(text, now).ok_or_else(|| Problem::parameter(name, WHEN)),
        None => Ok(default),
    };
    let from_ms = when("from", &wanted.from, now.saturating_sub(WEEK_MS))?;
    let to_ms = when("to", &wanted.to, now)?;
    let conditions = Conditions {
        from_ms: Some(from_ms),
        to_ms: Some(to_ms),
        team: caller.team.map(|team| team.to_string()),
        ..Conditions::default()
    };
    let config = (shared.state.config)();
    let reader = shared.state.ledger.reader();
    blocking(move || {
        let mut advisor = Advisor::new(&config);
        let mut entries = 0_u64;
        let read = reader.newest(&conditions, ENTRIES_MAX, |entry| {
            entries += 1;
            advisor.feed(&entry);
        });
        let complete =
            read.map_err(|e| Problem::new(StatusCode::SERVICE_UNAVAILABLE, e.to_string()))?;
        Ok(Json(json!({
            "from": rfc3339(from_ms), "to": rfc3339(to_ms), "entries": entries, "complete": complete,
            "items": advisor.finish(), "next": null,
        })))
    })
    .await
}

/// Most entries that are compared, the newest first.
const ENTRIES_MAX: usize = 100_000;
