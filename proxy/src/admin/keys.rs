//! `/admin/v1/keys`: virtual keys listed, made, changed, rotated and revoked.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use quotah_policy::{KeyForm, KeyRecord, KeyStatus, OwnBudget, OwnLimits};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::body::{IfMatch, Members, etag, etag_line, form, member, members};
use super::page::{self, Page};
use super::store::{At, Source};
use super::{Caller, Problem, Shared, blocking, budgets};
use crate::events::{Event, EventKind};
use crate::policy::OWN_PREFIX;
use crate::time::rfc3339;

/// Filters and paging.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Filter {
    /// Of this team.
    team: Option<String>,
    /// `active`, `rotating`, `expired` or `revoked`.
    status: Option<String>,
    /// Keys of a page, 1 to 1000; 50 unless given.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A key as it is shown: everything but its secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyFace {
    /// Public id.
    pub id: String,
    /// What may be shown of the key itself; `null` for a configured one.
    pub prefix: Option<String>,
    /// Where it comes from.
    pub source: Source,
    /// `active`, `rotating`, `expired` or `revoked`.
    pub status: &'static str,
    /// What it was made of.
    #[serde(flatten)]
    pub words: KeyWords,
    /// When it was made; `null` for a configured one.
    pub created_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    /// When a request came with it last, as far as is known.
    pub last_used_at: Option<String>,
    /// What a write may change of it.
    #[serde(skip)]
    pub etag: String,
}

/// What a key was made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct KeyWords {
    /// What people call it.
    pub name: Option<String>,
    /// Whose it is.
    pub team: Option<String>,
    /// Whose it is.
    pub user: Option<String>,
    /// What it is for.
    pub project: Option<String>,
    /// Further labels.
    pub tags: std::collections::BTreeMap<String, String>,
    /// Models it may use; empty means all.
    pub models: Vec<String>,
    /// Providers it may use; empty means all.
    pub providers: Vec<String>,
    /// Operations it may use; empty means all.
    pub operations: Vec<String>,
    /// Networks that its clients may call from; empty means any.
    pub networks: Vec<String>,
    /// From when on it is not valid.
    pub expires_at: Option<String>,
    /// Its own budget.
    pub budget: Option<OwnBudget>,
    /// Its own limits.
    pub limits: Option<OwnLimits>,
    /// Bounds on what its requests may ask for.
    pub guards: Option<Value>,
}

impl KeyFace {
    /// A kept key as it is shown at `now_unix_ms`.
    #[must_use]
    pub fn of(record: &KeyRecord, last_used_unix_ms: Option<u64>, now_unix_ms: u64) -> Self {
        let form = record.form();
        Self {
            id: record.id.to_string(),
            prefix: Some(record.prefix()),
            source: Source::Api,
            status: record.status(now_unix_ms).as_str(),
            words: form.into(),
            created_at: Some(rfc3339(record.created_at_unix_ms)),
            revoked_at: record.revoked_at_unix_ms.map(rfc3339),
            last_used_at: last_used_unix_ms.map(rfc3339),
            etag: etag(record),
        }
    }
}

impl From<KeyForm> for KeyWords {
    fn from(form: KeyForm) -> Self {
        Self {
            name: form.name,
            team: form.team,
            user: form.user,
            project: form.project,
            tags: form.tags,
            models: form.models,
            providers: form.providers,
            operations: form.operations,
            networks: form.networks,
            expires_at: form.expires_at,
            budget: form.budget,
            limits: form.limits,
            guards: form.guards,
        }
    }
}

pub(super) async fn list(
    caller: Caller,
    State(shared): State<Shared>,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(filter) = page::query(filter)?;
    let limit = page::limit(filter.limit)?;
    let known = STATUSES.map(KeyStatus::as_str);
    if filter
        .status
        .as_deref()
        .is_some_and(|status| !known.contains(&status))
    {
        let expected = "one of active, rotating, expired, revoked";
        return Err(Problem::parameter("status", expected));
    }
    blocking(move || {
        let is_wanted = |key: &KeyFace| {
            let team = key.words.team.as_deref();
            caller.sees(team)
                && filter
                    .team
                    .as_deref()
                    .is_none_or(|wanted| team == Some(wanted))
                && filter
                    .status
                    .as_deref()
                    .is_none_or(|wanted| wanted == key.status)
        };
        let cursor = filter.cursor.as_deref();
        let store = &shared.state.store;
        let keys = store.keys(cursor, limit.saturating_add(1), &is_wanted);
        let page = Page::cut(keys.into_iter(), cursor, limit, |key| &key.id);
        let items = page.items.iter().map(|key| dressed(&shared, key));
        let items: Vec<Value> = items.collect();
        Ok(Json(json!({ "items": items, "next": page.next })))
    })
    .await
}

pub(super) async fn show(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    blocking(move || {
        let key = visible(&shared, &caller, &id)?;
        Ok(answer(&shared, &key))
    })
    .await
}

pub(super) async fn create(
    caller: Caller,
    State(shared): State<Shared>,
    body: Bytes,
) -> Result<Response, Problem> {
    blocking(move || {
        let mut members = members(&body)?;
        if caller.team.is_some() && members.contains_key("id") {
            // Whether an id is taken would tell of other teams' keys.
            let detail = "a token of one team does not choose ids: leave it out";
            return Err(Problem::field("id", detail));
        }
        own(&caller, &mut members)?;
        let words: KeyForm = form(&members)?;
        let text = serde_json::to_string(&words).unwrap_or_default();
        let made = shared.state.store.create_key(&caller.actor(), &text);
        let (key, secret) = made.map_err(|e| Problem::write(KEY, e))?;
        tell(&shared, "create", &key);
        Ok((StatusCode::CREATED, with_secret(&shared, &key, &secret)).into_response())
    })
    .await
}

pub(super) async fn patch(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    blocking(move || {
        let mut members = members(&body)?;
        visible(&shared, &caller, &id)?;
        if members.contains_key("team") {
            own(&caller, &mut members)?;
        }
        let text = serde_json::to_string(&members).unwrap_or_default();
        let at = at(id, &headers);
        let patched = shared.state.store.patch_key(&caller.actor(), &at, &text);
        let key = patched.map_err(|e| Problem::write(KEY, e))?;
        tell(&shared, "patch", &key);
        Ok(answer(&shared, &key))
    })
    .await
}

/// What a rotation takes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RotateForm {
    /// The old secret is valid for so long, at most 30 days; not at all unless given.
    #[schema(example = 3600)]
    overlap_seconds: u64,
}

pub(super) async fn rotate(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    blocking(move || {
        let words = if body.is_empty() { b"{}" } else { &*body };
        let RotateForm { overlap_seconds } = form(&members(words)?)?;
        if overlap_seconds > OVERLAP_SECONDS_MAX {
            return Err(Problem::field(
                "overlap_seconds",
                "at most 2592000, 30 days",
            ));
        }
        visible(&shared, &caller, &id)?;
        let store = &shared.state.store;
        let rotated = store.rotate_key(&caller.actor(), &at(id, &headers), overlap_seconds);
        let (key, secret) = rotated.map_err(|e| Problem::write(KEY, e))?;
        tell(&shared, "rotate", &key);
        Ok(with_secret(&shared, &key, &secret))
    })
    .await
}

pub(super) async fn revoke(
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    blocking(move || {
        visible(&shared, &caller, &id)?;
        let revoked = shared
            .state
            .store
            .revoke_key(&caller.actor(), &at(id, &headers));
        let key = revoked.map_err(|e| Problem::write(KEY, e))?;
        tell(&shared, "revoke", &key);
        Ok(answer(&shared, &key))
    })
    .await
}

/// The key, if there is one that the caller may know of.
pub(super) fn visible(shared: &Shared, caller: &Caller, id: &str) -> Result<KeyFace, Problem> {
    let key = shared.state.store.key(id);
    let key = key.filter(|key| caller.sees(key.words.team.as_deref()));
    key.ok_or_else(|| Problem::unknown(KEY))
}

/// Makes a key of a team's token that team's.
fn own(caller: &Caller, members: &mut Members) -> Result<(), Problem> {
    let Some(team) = caller.team.as_deref() else {
        return Ok(());
    };
    let own = member(&team);
    let named = members
        .entry("team".to_owned())
        .or_insert_with(|| own.clone());
    let named: Option<String> = serde_json::from_str(named.get()).unwrap_or_default();
    if named.as_deref() != Some(team) {
        let detail = "a token of one team has keys of its own alone";
        return Err(Problem::field("team", detail));
    }
    Ok(())
}

fn at(id: String, headers: &HeaderMap) -> At {
    let if_match = IfMatch::of(headers);
    At { id, if_match }
}

fn answer(shared: &Shared, key: &KeyFace) -> Response {
    (etag_line(&key.etag), Json(dressed(shared, key))).into_response()
}

/// A key with how its own budget stands.
fn dressed(shared: &Shared, key: &KeyFace) -> Value {
    let mut face = json!(key);
    if let Some(budget) = face.get_mut("budget").and_then(Value::as_object_mut) {
        let own = format!("{OWN_PREFIX}{}", key.id);
        let accounts = shared.state.spending.accounts(&own, None, 1);
        if let Some(account) = accounts.first() {
            budgets::show_standing(account, budget);
        }
    }
    face
}

/// The only answer that has the secret: nothing on its way may keep it.
fn with_secret(shared: &Shared, key: &KeyFace, secret: &str) -> Response {
    let mut face = dressed(shared, key);
    if let Some(face) = face.as_object_mut() {
        face.insert("secret".to_owned(), secret.into());
    }
    let unkept = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (unkept, etag_line(&key.etag), Json(face)).into_response()
}

fn tell(shared: &Shared, verb: &str, key: &KeyFace) {
    let data = json!({ "type": format!("key.{verb}"), "key": key.id, "status": key.status });
    let event = Event::new(EventKind::Key, key.words.team.as_deref(), &data);
    shared.state.events.publish(event);
}

const KEY: &str = "key";

const STATUSES: [KeyStatus; 4] = [
    KeyStatus::Active,
    KeyStatus::Rotating,
    KeyStatus::Expired,
    KeyStatus::Revoked,
];

/// Whoever needs a secret longer than this makes a second key.
const OVERLAP_SECONDS_MAX: u64 = 30 * 24 * 60 * 60;
