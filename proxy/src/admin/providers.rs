//! `/admin/v1/providers`: how each deployment stands: breaker, what its answers taught, price, headroom.

use axum::Json;
use axum::extract::{Query, State};
use quotah_policy::BreakerState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;

use super::page::{self, Page};
use super::{Caller, Problem, Shared, rate_limits};
use crate::ledger::share;
use crate::standing::{CredentialStanding, Standing, UsdPerMtok, breaker_word};
use crate::time::rfc3339;

/// Paging, and one provider's only.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    /// Of this provider.
    provider: Option<String>,
    /// Rows of a page, 1 to 1000; 50 unless given.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

pub(super) async fn list(
    _: Caller,
    State(shared): State<Shared>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(wanted) = page::query(wanted)?;
    let limit = page::limit(wanted.limit)?;
    let mut rows: Vec<Row> = (shared.state.standings)()
        .iter()
        .filter(|standing| {
            let provider = wanted.provider.as_deref();
            provider.is_none_or(|provider| provider == &*standing.provider)
        })
        .map(Row::of)
        .collect();
    rows.sort_by(|a, b| a.deployment.cmp(&b.deployment));
    let cursor = wanted.cursor.as_deref();
    let page = Page::cut(rows.into_iter(), cursor, limit, |row| &row.deployment);
    Ok(Json(serde_json::json!(page)))
}

/// A deployment as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    provider: String,
    model: Option<String>,
    deployment: String,
    /// The `[[models]]` rows that name it.
    routes: Vec<String>,
    breaker: Breaker,
    healthy: bool,
    /// Since the process started.
    calls: u64,
    success_rate: Option<f64>,
    first_byte_ms: FirstByte,
    output_tokens: Option<u64>,
    cached_share: Option<f64>,
    price: Option<Price>,
    credentials: Vec<Credential>,
}

#[derive(Debug, Serialize)]
struct Breaker {
    state: &'static str,
    /// When it lets a probe through.
    until: Option<String>,
}

/// Milliseconds.
#[derive(Debug, Serialize)]
struct FirstByte {
    mean: Option<u64>,
    p95: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Price {
    input_usd_per_mtok: Option<String>,
    cached_input_usd_per_mtok: Option<String>,
    output_usd_per_mtok: Option<String>,
}

#[derive(Debug, Serialize)]
struct Credential {
    credential: String,
    cooling_until: Option<String>,
    in_flight: u64,
    limits: Vec<Value>,
}

impl Row {
    pub(super) fn of(standing: &Standing) -> Self {
        let track = &standing.track;
        let until = match standing.breaker {
            BreakerState::Open { until_ms } => Some(rfc3339(until_ms)),
            BreakerState::Closed | BreakerState::HalfOpen { .. } => None,
        };
        let ms = |us: Option<u64>| us.map(|us| us / 1_000);
        Self {
            provider: standing.provider.to_string(),
            model: Some(standing.model.to_string()).filter(|model| !model.is_empty()),
            deployment: standing.deployment(),
            routes: standing.routes.clone(),
            breaker: Breaker {
                state: breaker_word(standing.breaker),
                until,
            },
            healthy: standing.is_healthy(),
            calls: track.calls,
            success_rate: track.success_ten_thousandths.map(|n| share(n.into())),
            first_byte_ms: FirstByte {
                mean: ms(track.first_byte_us),
                p95: ms(track.p95_first_byte_us),
            },
            output_tokens: track.output_tokens,
            cached_share: track.cached_share_ten_thousandths.map(|n| share(n.into())),
            price: standing.price.as_ref().map(Price::of),
            credentials: standing.credentials.iter().map(Credential::of).collect(),
        }
    }
}

impl Price {
    fn of(price: &UsdPerMtok) -> Self {
        Self {
            input_usd_per_mtok: price.input.clone(),
            cached_input_usd_per_mtok: price.cached_input.clone(),
            output_usd_per_mtok: price.output.clone(),
        }
    }
}

impl Credential {
    fn of(standing: &CredentialStanding) -> Self {
        Self {
            credential: standing.label.to_string(),
            cooling_until: standing.cooling_until_unix_ms.map(rfc3339),
            in_flight: standing.in_flight,
            limits: standing.limits.iter().map(rate_limits::item).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use quotah_policy::TrackView;
    use serde_json::json;

    use super::*;
    use crate::standing::tests::standing;

    #[test]
    fn a_row_tells_breaker_experience_price_and_credentials() {
        let known = Standing {
            routes: vec!["fast".to_owned()],
            track: TrackView {
                calls: 7,
                success_ten_thousandths: Some(9_688),
                first_byte_us: Some(120_500),
                p95_first_byte_us: None,
                output_tokens: Some(50),
                output_per_thousand_input: None,
                cached_share_ten_thousandths: Some(2_500),
            },
            price: Some(UsdPerMtok {
                input: Some("0.15".to_owned()),
                ..UsdPerMtok::default()
            }),
            credentials: vec![CredentialStanding {
                label: "team-a".into(),
                cooling_until_unix_ms: Some(1_795_248_000_000),
                in_flight: 2,
                limits: Vec::new(),
            }],
            ..standing(
                "m",
                BreakerState::Open {
                    until_ms: 1_795_248_000_000,
                },
            )
        };
        let wanted = json!({
            "provider": "p", "model": "m", "deployment": "p/m", "routes": ["fast"],
            "breaker": { "state": "open", "until": "2026-11-21T08:00:00Z" }, "healthy": false,
            "calls": 7, "success_rate": 0.9688, "first_byte_ms": { "mean": 120, "p95": null },
            "output_tokens": 50, "cached_share": 0.25,
            "price": {
                "input_usd_per_mtok": "0.15", "cached_input_usd_per_mtok": null,
                "output_usd_per_mtok": null,
            },
            "credentials": [{
                "credential": "team-a", "cooling_until": "2026-11-21T08:00:00Z", "in_flight": 2,
                "limits": [],
            }],
        });
        assert_eq!(json!(Row::of(&known)), wanted);
    }

    #[test]
    fn what_is_not_known_is_null_and_a_half_open_breaker_is_not_healthy() {
        let row = json!(Row::of(&standing(
            "",
            BreakerState::HalfOpen { is_probing: false }
        )));
        assert_eq!(
            (&row["deployment"], &row["model"]),
            (&json!("p"), &Value::Null)
        );
        let breaker = json!({ "state": "half_open", "until": null });
        assert_eq!(
            (&row["breaker"], &row["healthy"]),
            (&breaker, &json!(false))
        );
        assert_eq!(
            (&row["success_rate"], &row["price"]),
            (&Value::Null, &Value::Null)
        );
    }
}
