//! `/admin/v1/audit`: who changed what, newest first.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::page;
use super::{Problem, Shared, blocking};

/// Paging.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// Records of a page, 1 to 1000; 50 unless given.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<u64>,
    /// `true` reads the whole trail and checks its chain of hashes.
    verify: bool,
}

pub(super) async fn list(
    State(shared): State<Shared>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = page::query(wanted)?;
    let limit = page::limit(wanted.limit)?;
    blocking(move || {
        let store = &shared.state.store;
        let rows = store.audit(wanted.cursor, limit.saturating_add(1));
        let mut rows =
            rows.map_err(|reason| Problem::new(StatusCode::SERVICE_UNAVAILABLE, reason))?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| has_more);
        let next = last.map(|(number, _)| number.to_string());
        let items: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
        let mut page = json!({ "items": items, "next": next });
        if wanted.verify {
            page["chain"] = match store.verify() {
                Ok(records) => json!({ "whole": true, "records": records, "reason": null }),
                Err(reason) => json!({ "whole": false, "records": null, "reason": reason }),
            };
        }
        Ok(Json(page))
    })
    .await
}
