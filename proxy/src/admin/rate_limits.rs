//! `/admin/v1/rate-limits`: what every provider said last about its limits.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::{Caller, Problem, Shared};
use crate::clock;
use crate::headroom::RateLimit;
use crate::time::rfc3339;

/// Paging, and one provider's only.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// Of this provider.
    provider: Option<String>,
    /// Rows of a page, 1 to 1000; 200 unless given.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<usize>,
}

pub(super) async fn list(
    _: Caller,
    State(shared): State<Shared>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = wanted.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, e.body_text()))?;
    let len = wanted.limit.unwrap_or(PAGE_LEN);
    if !(1..=PAGE_LEN_MAX).contains(&len) {
        return Err(Problem::parameter("limit", "a number from 1 to 1000"));
    }
    let from = wanted.cursor.unwrap_or(0);
    let mut rows = shared.state.headroom.rows(clock::unix_ms());
    if let Some(provider) = &wanted.provider {
        rows.retain(|row| *row.whose.provider == **provider);
    }
    let to = from.saturating_add(len);
    let items: Vec<Value> = rows.iter().skip(from).take(len).map(item).collect();
    let next = (to < rows.len()).then(|| to.to_string());
    Ok(Json(json!({ "items": items, "next": next })))
}

pub(super) fn item(row: &RateLimit) -> Value {
    json!({
        "provider": &*row.whose.provider,
        "deployment": row.whose.deployment(),
        "credential": &*row.whose.credential,
        "kind": row.limit.kind.as_str(),
        "limit": row.limit.limit,
        "remaining": row.limit.remaining,
        "reset_at": row.limit.reset_at_unix_ms.map(rfc3339),
        "window_seconds": row.limit.window_seconds,
        "seen_at": rfc3339(row.seen_at_unix_ms),
    })
}

/// Rows of a page unless told otherwise.
const PAGE_LEN: usize = 200;

/// Most rows of a page.
const PAGE_LEN_MAX: usize = 1_000;
