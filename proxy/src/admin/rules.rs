//! `/admin/v1/budgets`, `/limits` and `/guards`: rules listed, made, changed and taken away.
//!
//! What the three have in common; what a kind's words mean is in [`words`], what budgets alone have in
//! `budgets.rs`. A rule belongs to the team that its `match` names exactly; other rules are nobody's.

mod words;

use std::convert::Infallible;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use uuid::Uuid;

use super::body::{IfMatch, Members, etag, etag_line, member, members};
use super::page::{self, Page};
use super::store::{At, Kind, Rule, Source};
use super::{Caller, Problem, Shared, blocking, budgets, keys};
use crate::events::{Event, EventKind};
use crate::policy::OWN_PREFIX;

pub(super) use words::show_moment;

/// Filters and paging.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Filter {
    /// For this team: its `match` names it.
    team: Option<String>,
    /// `config` or `api`.
    source: Option<String>,
    /// Rules of a page, 1 to 1000; 50 unless given.
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Kind {
    type Rejection = Infallible;

    /// Which kind a path is about.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let path = parts.uri.path().trim_start_matches("/admin/v1/");
        Ok(match path.split('/').next() {
            Some("limits") => Self::Limit,
            Some("guards") => Self::Guard,
            _ => Self::Budget,
        })
    }
}

pub(super) async fn list(
    kind: Kind,
    caller: Caller,
    State(shared): State<Shared>,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(filter) = page::query(filter)?;
    let limit = page::limit(filter.limit)?;
    let source = match filter.source.as_deref() {
        None => None,
        Some("config") => Some(Source::Config),
        Some("api") => Some(Source::Api),
        Some(_) => return Err(Problem::parameter("source", "`config` or `api`")),
    };
    blocking(move || {
        let is_wanted = |rule: &Rule| {
            let team = team_of(&rule.form);
            caller.sees(team)
                && filter
                    .team
                    .as_deref()
                    .is_none_or(|wanted| team == Some(wanted))
                && source.is_none_or(|wanted| wanted == rule.source)
        };
        let rules = shared.state.store.rules(kind).into_iter().filter(is_wanted);
        let page = Page::cut(rules, filter.cursor.as_deref(), limit, |rule| &rule.id);
        let items: Vec<Value> = page
            .items
            .iter()
            .map(|rule| face(&shared, kind, rule))
            .collect();
        Ok(Json(json!({ "items": items, "next": page.next })))
    })
    .await
}

pub(super) async fn show(
    kind: Kind,
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    blocking(move || {
        let rule = visible(&shared, kind, &caller, &id)?;
        Ok(answer(&shared, kind, &rule))
    })
    .await
}

pub(super) async fn create(
    kind: Kind,
    caller: Caller,
    State(shared): State<Shared>,
    body: Bytes,
) -> Result<Response, Problem> {
    blocking(move || {
        let mut members = members(&body)?;
        if caller.team.is_some() && members.contains_key("id") {
            // Whether a name is taken would tell of other teams' rules.
            let detail = "a token of one team does not choose names: leave it out";
            return Err(Problem::field("id", detail));
        }
        members
            .entry("id".to_owned())
            .or_insert_with(|| member(&new_id(kind)));
        own(&caller, &mut members)?;
        let (id, form) = words::check(kind, &members)?;
        let rule = shared
            .state
            .store
            .create_rule(&caller.actor(), kind, &id, form);
        let rule = rule.map_err(|e| Problem::write(kind.noun(), e))?;
        tell(&shared, kind, "create", &rule);
        let mut response = answer(&shared, kind, &rule);
        *response.status_mut() = StatusCode::CREATED;
        Ok(response)
    })
    .await
}

pub(super) async fn patch(
    (kind, caller): (Kind, Caller),
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    blocking(move || {
        let changes = members(&body)?;
        let at = At {
            id,
            if_match: IfMatch::of(&headers),
        };
        let rule = change(&shared, kind, &caller, &at, changes)?;
        Ok(answer(&shared, kind, &rule))
    })
    .await
}

pub(super) async fn remove(
    kind: Kind,
    caller: Caller,
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    blocking(move || {
        let rule = visible(&shared, kind, &caller, &id)?;
        not_of_key(&id)?;
        let if_match = IfMatch::of(&headers);
        let at = At { id, if_match };
        let removed = shared.state.store.remove_rule(&caller.actor(), kind, &at);
        removed.map_err(|e| Problem::write(kind.noun(), e))?;
        tell(&shared, kind, "delete", &rule);
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Puts `changes` over a rule's words: a member replaces the one that is there, `null` takes it away.
pub(super) fn change(
    shared: &Shared,
    kind: Kind,
    caller: &Caller,
    at: &At,
    changes: Members,
) -> Result<Rule, Problem> {
    let rule = visible(shared, kind, caller, &at.id)?;
    not_of_key(&at.id)?;
    let write = |e| Problem::write(kind.noun(), e);
    at.check(&etag(&rule.form)).map_err(write)?;
    let mut members = words::members_of(&rule.form);
    for (name, value) in changes {
        match value.get() {
            "null" => members.remove(&name),
            _ => members.insert(name, value),
        };
    }
    own(caller, &mut members)?;
    let (id, form) = words::check(kind, &members)?;
    if id != at.id {
        return Err(Problem::field("id", "it never changes"));
    }
    // What was merged over must still be there when it is written.
    let at = At {
        id,
        if_match: Some(IfMatch::exactly(etag(&rule.form))),
    };
    let rule = shared
        .state
        .store
        .replace_rule(&caller.actor(), kind, &at, form);
    let rule = rule.map_err(write)?;
    tell(shared, kind, "patch", &rule);
    Ok(rule)
}

/// The rule, if there is one that the caller may know of.
pub(super) fn visible(
    shared: &Shared,
    kind: Kind,
    caller: &Caller,
    id: &str,
) -> Result<Rule, Problem> {
    if let (Kind::Budget, Some(key)) = (kind, id.strip_prefix(OWN_PREFIX)) {
        return of_key(shared, caller, key).ok_or_else(|| Problem::unknown(kind.noun()));
    }
    let rule = shared.state.store.rule(kind, id);
    let rule = rule.filter(|rule| caller.sees(team_of(&rule.form)));
    rule.ok_or_else(|| Problem::unknown(kind.noun()))
}

/// A key's own budget, as a budget that is looked at.
fn of_key(shared: &Shared, caller: &Caller, key: &str) -> Option<Rule> {
    let key = keys::visible(shared, caller, key).ok()?;
    let mut form = json!(key.words.budget?);
    let members = form.as_object_mut()?;
    let id = format!("{OWN_PREFIX}{}", key.id);
    members.insert("id".to_owned(), id.as_str().into());
    members.insert("match".to_owned(), json!({ "key": key.id }));
    Some(Rule {
        id,
        form,
        source: key.source,
    })
}

/// What hangs on a key changes there.
fn not_of_key(id: &str) -> Result<(), Problem> {
    match id.strip_prefix(OWN_PREFIX) {
        None => Ok(()),
        Some(key) => {
            let detail = format!("this is the key's own budget: change it at /admin/v1/keys/{key}");
            Err(Problem::new(StatusCode::CONFLICT, detail))
        }
    }
}

/// Makes a rule of a team's token be about that team.
fn own(caller: &Caller, members: &mut Members) -> Result<(), Problem> {
    let Some(team) = caller.team.as_deref() else {
        return Ok(());
    };
    let selects = members.get("match").map_or("{}", |selects| selects.get());
    let selects = serde_json::from_str(selects);
    let mut selects: std::collections::BTreeMap<String, String> =
        selects.map_err(|_| Problem::field("match", "is no table of texts"))?;
    let named = selects
        .entry("team".to_owned())
        .or_insert_with(|| team.to_owned());
    if named != team {
        let detail = "a token of one team makes rules for its own alone";
        return Err(Problem::field("match.team", detail));
    }
    members.insert("match".to_owned(), member(&selects));
    Ok(())
}

/// The team that a rule is for: a pattern is for nobody in particular.
pub(super) fn team_of(form: &Value) -> Option<&str> {
    let team = form.get("match")?.get("team")?.as_str()?;
    quotah_policy::Pattern::new(team).is_exact().then_some(team)
}

pub(super) fn answer(shared: &Shared, kind: Kind, rule: &Rule) -> Response {
    let tag = etag(&rule.form);
    (etag_line(&tag), Json(face(shared, kind, rule))).into_response()
}

fn face(shared: &Shared, kind: Kind, rule: &Rule) -> Value {
    let mut face = rule.form.clone();
    if let Some(face) = face.as_object_mut() {
        if kind == Kind::Budget {
            budgets::dress(shared, rule, face);
        }
        face.insert("source".to_owned(), json!(rule.source));
    }
    face
}

fn tell(shared: &Shared, kind: Kind, verb: &str, rule: &Rule) {
    let noun = kind.noun();
    let event = match kind {
        Kind::Budget => EventKind::Budget,
        Kind::Limit | Kind::Guard => EventKind::Rule,
    };
    let data = json!({ "type": format!("{noun}.{verb}"), noun: rule.id });
    let event = Event::new(event, team_of(&rule.form), &data);
    shared.state.events.publish(event);
}

/// A name for a rule that was given none.
fn new_id(kind: Kind) -> String {
    let random = Uuid::now_v7().as_u64_pair().1 & 0x00ff_ffff_ffff_ffff;
    format!("{}-{random:014x}", kind.noun())
}
