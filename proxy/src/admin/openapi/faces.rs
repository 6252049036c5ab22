//! Samples of keys and rules, as the code itself makes them.

use quotah_adapters::limits::{Limit, LimitKind};
use quotah_policy::budget::Balance;
use quotah_policy::{BreakerState, KeyForm, Money, TrackView, Window, Zone};
use serde_json::{Value, json};

use crate::admin::budgets::{Account, show_standing};
use crate::admin::keys::KeyFace;
use crate::admin::providers::Row;
use crate::admin::store::{AccountFace, Source};
use crate::headroom::{RateLimit, Whose};
use crate::standing::{CredentialStanding, Standing, UsdPerMtok};

/// 2026-11-21T08:00:00Z
const NOW_UNIX_MS: u64 = 1_795_248_000_000;

pub(super) fn key_form() -> Value {
    json!({
        "name": "search", "team": "research", "user": "ada", "project": "search",
        "tags": { "feature": "suggest" }, "models": ["gpt-4o-*"], "providers": ["openai"],
        "operations": ["chat"], "networks": ["10.0.0.0/8"], "expires_at": "2027-01-01T00:00:00Z",
        "budget": { "limit_usd": "25.00", "window": "month", "timezone": "UTC", "mode": "hard" },
        "limits": { "requests_per_minute": 60, "tokens_per_minute": 100_000, "concurrent": 8 },
        "guards": { "max_tokens": 4096 },
    })
}

pub(super) fn key_face() -> Value {
    let form: KeyForm = serde_json::from_value(key_form()).unwrap_or_default();
    let mut face = json!(KeyFace {
        id: "k3v9x0a1b2c4".to_owned(),
        prefix: Some("sk-qh-k3v9x0a1b2c4".to_owned()),
        source: Source::Api,
        status: "active",
        words: form.into(),
        created_at: Some("2026-11-21T08:00:00Z".to_owned()),
        revoked_at: None,
        last_used_at: Some("2026-11-21T08:00:00Z".to_owned()),
        etag: String::new(),
    });
    if let Some(budget) = face.get_mut("budget").and_then(Value::as_object_mut) {
        show_standing(&an_account(), budget);
    }
    face
}

pub(super) fn with_secret() -> Value {
    let mut face = key_face();
    face["secret"] = "sk-qh-k3v9x0a1b2c4-…".into();
    face
}

pub(super) fn budget_form() -> Value {
    json!({
        "id": "research", "match": { "team": "research" }, "per": "key", "limit_usd": "250.00",
        "window": "month", "timezone": "Europe/Berlin", "mode": "hard", "alert_at": ["0.8", "1.0"],
        "carry_over": false,
    })
}

pub(super) fn budget_face() -> Value {
    let mut face = budget_form();
    face["limit_nanousd"] = 250_000_000_000_u64.into();
    face["raise_usd"] = "100.00".into();
    face["raise_until"] = "2026-12-01T00:00:00Z".into();
    face["accounts"] = json!([account()]);
    face["has_more_accounts"] = false.into();
    face["source"] = json!(Source::Api);
    face
}

pub(super) fn account() -> Value {
    json!(Account::of(&an_account()))
}

fn an_account() -> AccountFace {
    AccountFace {
        value: "k3v9x0a1b2c4".to_owned(),
        balance: Balance {
            limit: Money::from_picos(250_000_000_000_000),
            spent: Money::from_picos(1_500_000_000_000),
            reserved: Money::ZERO,
            period: Window::Month.period(&Zone::utc(), NOW_UNIX_MS),
        },
    }
}

pub(super) fn limit_form() -> Value {
    json!({
        "id": "everybody", "match": { "model": "gpt-4o-*" }, "per": "key", "requests_per_minute": 600,
        "requests_per_hour": 10_000, "requests_per_day": 100_000, "tokens_per_minute": 1_000_000,
        "concurrent": 64, "concurrent_streams": 32,
    })
}

pub(super) fn limit_face() -> Value {
    sourced(limit_form())
}

pub(super) fn guard_form() -> Value {
    json!({
        "id": "short", "match": { "team": "research" }, "max_tokens": 4096,
        "max_tokens_action": "clamp", "n": 1, "n_action": "refuse", "reasoning_effort": "medium",
        "reasoning_effort_action": "clamp", "reasoning_tokens": 8192, "deny": ["images"],
        "body_bytes_max": 1_048_576,
    })
}

pub(super) fn guard_face() -> Value {
    sourced(guard_form())
}

pub(super) fn provider_row() -> Value {
    let limit = Limit {
        kind: LimitKind::Requests,
        window_seconds: Some(60),
        limit: Some(500),
        remaining: Some(499),
        reset_at_unix_ms: Some(NOW_UNIX_MS),
    };
    let (provider, model, credential) = ("openai", "gpt-4o-mini", "default");
    let whose = Whose {
        provider: provider.into(),
        model: model.into(),
        credential: credential.into(),
    };
    json!(Row::of(&Standing {
        provider: provider.into(),
        model: model.into(),
        label: String::new(),
        routes: vec!["fast".to_owned()],
        breaker: BreakerState::Open {
            until_ms: NOW_UNIX_MS,
        },
        track: TrackView {
            calls: 1_200,
            success_ten_thousandths: Some(9_688),
            first_byte_us: Some(420_000),
            p95_first_byte_us: Some(910_000),
            output_tokens: Some(310),
            output_per_thousand_input: Some(260),
            cached_share_ten_thousandths: Some(2_500),
        },
        price: Some(UsdPerMtok {
            input: Some("0.15".to_owned()),
            cached_input: Some("0.075".to_owned()),
            output: Some("0.60".to_owned()),
        }),
        credentials: vec![CredentialStanding {
            label: credential.into(),
            cooling_until_unix_ms: Some(NOW_UNIX_MS),
            in_flight: 2,
            limits: vec![RateLimit {
                whose,
                deployment_label: String::new(),
                limit,
                seen_at_unix_ms: NOW_UNIX_MS,
            }],
        }],
    }))
}

fn sourced(mut form: Value) -> Value {
    form["source"] = json!(Source::Api);
    form
}
