//! `/admin/v1/requests`: ledger entries, newest first, and one by its id.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{Caller, Problem, Shared, blocking};
use crate::clock;
use crate::ledger::{Conditions, Cursor, Outcome, PAGE_LEN_MAX, ReadError, Whole};
use crate::time::{WHEN, parse_when};

/// Filters and paging.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Filter {
    /// Arrived then or later: RFC 3339, a day (UTC), or so long ago (`24h`, `7d`).
    from: Option<String>,
    /// Arrived before then.
    to: Option<String>,
    /// Of this key, by its id.
    key: Option<String>,
    /// Of this team.
    team: Option<String>,
    /// Of this user.
    user: Option<String>,
    /// For this project.
    project: Option<String>,
    /// Answered by this provider.
    provider: Option<String>,
    /// Of this model, as sent to the provider.
    model: Option<String>,
    /// `ok`, `refused`, `upstream_error`, `client_gone`, `cut_by_budget`, `interrupted` or `superseded`.
    outcome: Option<String>,
    /// Entries of a page, 1 to 1000; 50 unless given.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

pub(super) async fn list(
    caller: Caller,
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
    let mut conditions = conditions(filter)?;
    if let Some(team) = caller.team {
        if conditions
            .team
            .as_deref()
            .is_some_and(|asked| *asked != *team)
        {
            return Ok(Json(json!({ "items": [], "next": null })));
        }
        conditions.team = Some(team.to_string());
    }
    let reader = shared.state.ledger.reader();
    let page =
        blocking(move || reader.page(&conditions, cursor, limit).map_err(unreadable)).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(json!({ "items": page.items, "next": next })))
}

pub(super) async fn show(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::parameter("id", "a UUID"))?;
    let reader = shared.state.ledger.reader();
    let entry = blocking(move || reader.find(id).map_err(unreadable)).await?;
    let entry = entry.filter(|entry| caller.sees(Some(&entry.team)));
    let entry = entry.ok_or_else(|| Problem::unknown("settled request"))?;
    Ok(Json(json!(Whole(&entry))))
}

fn conditions(filter: Filter) -> Result<Conditions, Problem> {
    let now = clock::unix_ms();
    let when = |name: &str, text: Option<String>| {
        let parsed =
            text.map(|t| parse_when(&t, now).ok_or_else(|| Problem::parameter(name, WHEN)));
        parsed.transpose()
    };
    let outcome = filter.outcome.map(|text| {
        let known = Outcome::ALL
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

/// Entries of a page unless told otherwise.
const LIMIT: usize = 50;
