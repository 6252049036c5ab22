//! `/admin/v1/usage`: requests, tokens and cost over a time, by interval and label.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Caller, Problem, Shared, blocking};
use crate::clock;
use crate::ledger::{Dimension, Filter, Interval, Query as Ask, UsageReport};
use crate::time::{MONTH_MS, WHEN, parse_when};

/// What to sum.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// First hour: RFC 3339, a day (UTC), or so long ago (`24h`, `7d`); 30 days ago unless given.
    from: Option<String>,
    /// End, exclusive; now unless given.
    to: Option<String>,
    /// `hour`, `day` or `month`: one row for each; one for the whole time unless given.
    interval: Option<String>,
    /// Up to 4 of provider, model, key, team, user, project, operation, outcome, tag.NAME, with commas.
    by: Option<String>,
}

pub(super) async fn usage(
    caller: Caller,
    State(shared): State<Shared>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<UsageReport>, Problem> {
    let Query(wanted) = wanted.map_err(|e| Problem::new(StatusCode::BAD_REQUEST, e.body_text()))?;
    let mut ask = ask(&wanted, clock::unix_ms())?;
    ask.filters.extend(caller.team.map(|team| Filter {
        dimension: Dimension::Team,
        values: vec![team.to_string()],
    }));
    let ledger = shared.state.ledger;
    blocking(move || Ok(ledger.usage(&ask))).await.map(Json)
}

fn ask(wanted: &Wanted, now: u64) -> Result<Ask, Problem> {
    let when = |name: &str, text: &Option<String>, default: u64| match text {
        Some(text) => parse_when(text, now).ok_or_else(|| Problem::parameter(name, WHEN)),
        None => Ok(default),
    };
    let interval = match wanted.interval.as_deref() {
        None => None,
        Some("hour") => Some(Interval::Hour),
        Some("day") => Some(Interval::Day),
        Some("month") => Some(Interval::Month),
        Some(_) => return Err(Problem::parameter("interval", "hour, day or month")),
    };
    let names = wanted
        .by
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .filter(|n| !n.is_empty());
    let by: Option<Vec<Dimension>> = names.map(Dimension::parse).collect();
    let by = by
        .filter(|by| by.len() <= BY_MAX)
        .ok_or_else(|| Problem::parameter("by", BY))?;
    Ok(Ask {
        from_ms: when("from", &wanted.from, now.saturating_sub(MONTH_MS))?,
        to_ms: when("to", &wanted.to, now)?,
        interval,
        by,
        filters: Vec::new(),
    })
}

/// Dimensions of one report; each multiplies its rows.
const BY_MAX: usize = 4;

const BY: &str =
    "up to 4 of provider, model, key, team, user, project, operation, outcome, tag.NAME";
