//! `/admin/v1/requests`: ledger entries, newest first, and one by its id.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Caller, Problem, Shared, blocking};
use crate::clock;
use crate::ledger::{Conditions, Cursor, Outcome, PAGE_LEN_MAX, ReadError};
use crate::time::{WHEN, parse_when};

/// Filters and paging.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Filter {
    from: Option<String>,
    to: Option<String>,
    key: Option<String>,
    team: Option<String>,
    user: Option<String>,
    project: Option<String>,
    provider: Option<String>,
    model: Option<String>,
    outcome: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

pub(super) async fn list(
    _: Caller,
    State(shared): State<Shared>,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(filter) = filter.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, e.body_text()))?;
    let limit = filter.limit.unwrap_or(LIMIT);
    if !(1..=PAGE_LEN_MAX).contains(&limit) {
        return Err(Problem::parameter("limit", "a number from 1 to 1000"));
    }
    let cursor = filter
        .cursor
        .as_deref()
        .map(str::parse::<Cursor>)
        .transpose();
    let cursor = cursor.map_err(|_| Problem::parameter("cursor", "what the page before gave"))?;
    let conditions = conditions(filter)?;
    let reader = shared.state.ledger.reader();
    let page =
        blocking(move || reader.page(&conditions, cursor, limit).map_err(unreadable)).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(json!({ "items": page.items, "next": next })))
}

pub(super) async fn show(
    _: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::parameter("id", "a UUID"))?;
    let reader = shared.state.ledger.reader();
    let entry = blocking(move || reader.find(id).map_err(unreadable)).await?;
    let missing = || Problem::new(StatusCode::NOT_FOUND, "no settled request has this id");
    Ok(Json(json!(entry.ok_or_else(missing)?)))
}

fn conditions(filter: Filter) -> Result<Conditions, Problem> {
    let now = clock::unix_ms();
    let when = |name: &str, text: Option<String>| {
        let parsed =
            text.map(|t| parse_when(&t, now).ok_or_else(|| Problem::parameter(name, WHEN)));
        parsed.transpose()
    };
    let outcome = filter.outcome.map(|text| {
        let known = OUTCOMES
            .into_iter()
            .find(|outcome| outcome.as_str() == text);
        known.ok_or_else(|| Problem::parameter("outcome", "one of the ledger's outcomes"))
    });
    Ok(Conditions {
        from_ms: when("from", filter.from)?,
        to_ms: when("to", filter.to)?,
        key: filter.key,
        team: filter.team,
        user: filter.user,
        project: filter.project,
        provider: filter.provider,
        model: filter.model,
        outcome: outcome.transpose()?,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn unreadable(error: ReadError) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
}

/// Every outcome that a filter may name.
const OUTCOMES: [Outcome; 6] = [
    Outcome::Ok,
    Outcome::Refused,
    Outcome::UpstreamError,
    Outcome::ClientGone,
    Outcome::CutByBudget,
    Outcome::Interrupted,
];

/// Entries of a page unless told otherwise.
const LIMIT: usize = 50;
