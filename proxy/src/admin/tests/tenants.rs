//! Every route, for every kind of caller, with ids of one's own, of others' and of nobody's.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use serde_json::json;

use super::super::access::{Access, Scope};
use super::super::routes::{Route, TABLE, Verb};
use super::*;

/// What must never reach a token of the team `research`.
const FOREIGN: [&str; 4] = ["sales", "foreignkey00", "foreign-rule", "everybodys"];

struct Ids {
    own: String,
    foreign: String,
    unknown: String,
}

fn fill(plane: &Plane) {
    let memory = &plane.memory;
    memory.keys.lock().clear();
    memory.rules.lock().clear();
    memory.put_key("ownkey000000", Some("research"));
    memory.put_key("foreignkey00", Some("sales"));
    for kind in [Kind::Budget, Kind::Limit, Kind::Guard] {
        for (id, team) in [("own-rule", "research"), ("foreign-rule", "sales")] {
            let mut form = example("post", &format!("/admin/v1/{}s", kind.noun()));
            form["id"] = id.into();
            form["match"] = json!({ "team": team });
            memory.put_rule(kind, id, form, Source::Api);
        }
        let mut form = example("post", &format!("/admin/v1/{}s", kind.noun()));
        form["id"] = "everybodys".into();
        form["match"] = json!({});
        memory.put_rule(kind, "everybodys", form, Source::Api);
    }
}

/// The body that the document gives as an example; `null` where there is none.
fn example(verb: &str, path: &str) -> Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(document);
    let operation = &DOCUMENT["paths"][path][verb];
    operation["requestBody"]["content"]["application/json"]["example"].clone()
}

fn ids(plane: &Plane, route: &Route) -> Ids {
    let entries = plane.state.ledger.reader();
    let entry = |team: &str| {
        let conditions = crate::ledger::Conditions {
            team: Some(team.to_owned()),
            ..Default::default()
        };
        let page = entries.page(&conditions, None, 1).expect("a page");
        page.items[0].id().to_string()
    };
    let ids = |own: &str, foreign: &str, unknown: &str| Ids {
        own: own.to_owned(),
        foreign: foreign.to_owned(),
        unknown: unknown.to_owned(),
    };
    if route.path.contains("/requests/") {
        let unknown = "01a1fbc1-b28a-7142-a4a5-8cca52b252b1";
        return ids(&entry("research"), &entry("sales"), unknown);
    }
    if route.path.contains("/keys/") || route.path.contains("/explain") {
        return ids("ownkey000000", "foreignkey00", "unknownkey00");
    }
    ids("own-rule", "foreign-rule", "unknown-rule")
}

/// The whole answer.
async fn told(plane: &Plane, route: &Route, token: &str, id: &str) -> (u16, HeaderMap, String) {
    fill(plane);
    let mut path = route.path.replace("{id}", id);
    if path.ends_with("/explain") {
        path = format!("{path}?model=gpt-4o-mini&key={id}");
    }
    let mut example = example(route.verb.word(), route.path);
    if token.starts_with("team-")
        && let Some(members) = example.as_object_mut()
    {
        members.remove("id");
    }
    let body = if example.is_null() {
        String::new()
    } else {
        example.to_string()
    };
    let verb = route.verb.word().to_uppercase();
    let response = plane.call(LOCAL, asked(&verb, &path, token, &body)).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let body = String::from_utf8(body.to_vec()).expect("text");
    (parts.status.as_u16(), parts.headers, body)
}

fn with_sales(plane: &Plane) {
    let mut entry = Entry {
        at_unix_ms: clock::unix_ms(),
        team: "sales".into(),
        key: "foreignkey00".into(),
        provider: "openai".into(),
        model_sent: "gpt-4o-mini".into(),
        cost_picousd: Some(777_777),
        ..Entry::default()
    };
    entry.set_id(Uuid::from_u128(u128::from(entry.at_unix_ms) << 80 | 9));
    assert_eq!(plane.state.ledger.append_entry(&entry), Appended::Written);
    plane.state.events.publish(crate::events::Event::new(
        crate::events::EventKind::Key,
        Some("sales"),
        &json!({ "key": "foreignkey00" }),
    ));
}

#[tokio::test]
async fn every_route_lets_through_whom_the_table_says() {
    let plane = plane();
    with_sales(&plane);
    for route in TABLE {
        let least = route.access.role();
        for (token, role, is_scoped) in [
            ("", None, false),
            ("viewer", Some(Role::Viewer), false),
            ("operator", Some(Role::Operator), false),
            ("admin", Some(Role::Admin), false),
            ("team-viewer", Some(Role::Viewer), true),
            ("team-operator", Some(Role::Operator), true),
            ("team-admin", Some(Role::Admin), true),
        ] {
            let ids = ids(&plane, route);
            let (status, _, body) = told(&plane, route, token, &ids.own).await;
            let shown = format!("{:?} {} as {token:?}: {body}", route.verb, route.path);
            let is_free = matches!(route.access, Access::Open | Access::Local);
            if role.is_none() && !is_free {
                assert_eq!(status, 401, "{shown}");
            } else if (role.is_some() && role < least) || (is_scoped && route.scope == Scope::Whole)
            {
                assert_eq!(status, 403, "{shown}");
            } else {
                assert!(![401, 403, 404, 405].contains(&status), "{status} {shown}");
            }
        }
    }
}

#[tokio::test]
async fn to_a_team_the_ids_of_others_look_as_if_there_were_none() {
    let plane = plane();
    with_sales(&plane);
    for route in TABLE.iter().filter(|route| route.scope == Scope::Team) {
        let ids = ids(&plane, route);
        for token in ["team-viewer", "team-operator", "team-admin"] {
            let own = told(&plane, route, token, &ids.own).await;
            let foreign = told(&plane, route, token, &ids.foreign).await;
            let unknown = told(&plane, route, token, &ids.unknown).await;
            let shown = format!("{:?} {} as {token}", route.verb, route.path);
            if route.path.contains('{') || route.path.ends_with("/explain") {
                assert_eq!(foreign, unknown, "{shown}");
                assert!([403, 404].contains(&foreign.0), "{shown}: {foreign:?}");
            }
            for (status, headers, body) in [own, foreign] {
                let said = format!("{status} {headers:?} {body}");
                for secret in FOREIGN {
                    assert!(!said.contains(secret), "{shown} tells of {secret}: {said}");
                }
                assert!(
                    !said.contains("777777") && !said.contains("0.000000777"),
                    "{said}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_admin_of_no_team_reaches_everything_that_is_there() {
    let plane = plane();
    with_sales(&plane);
    for route in TABLE.iter().filter(|route| route.path.contains('{')) {
        let ids = ids(&plane, route);
        for (id, is_there) in [
            (&ids.own, true),
            (&ids.foreign, true),
            (&ids.unknown, false),
        ] {
            let (status, _, body) = told(&plane, route, "admin", id).await;
            let shown = format!("{:?} {} {id}: {status} {body}", route.verb, route.path);
            assert_eq!((200..300).contains(&status), is_there, "{shown}");
            assert_eq!(status == 404, !is_there, "{shown}");
        }
    }
}

#[tokio::test]
async fn what_a_team_makes_is_its_own() {
    let plane = plane();
    for (noun, body, at) in [
        ("keys", "{}", "/team"),
        ("budgets", r#"{"limit_usd":"1"}"#, "/match/team"),
    ] {
        let path = format!("/admin/v1/{noun}");
        let (status, made) = plane.send("POST", &path, "team-operator", body).await;
        assert_eq!(status, 201, "{noun}: {made}");
        assert_eq!(made.pointer(at), Some(&"research".into()), "{made}");
    }
    for (noun, body, field) in [
        ("keys", r#"{"team":"sales"}"#, "team"),
        ("keys", r#"{"team":null}"#, "team"),
        ("keys", r#"{"id":"k3v9x0a1b2c4"}"#, "id"),
        (
            "budgets",
            r#"{"limit_usd":"1","match":{"team":"sales"}}"#,
            "match.team",
        ),
        (
            "budgets",
            r#"{"limit_usd":"1","match":{"team":"*"}}"#,
            "match.team",
        ),
        ("budgets", r#"{"limit_usd":"1","id":"x"}"#, "id"),
    ] {
        let path = format!("/admin/v1/{noun}");
        let (status, problem) = plane.send("POST", &path, "team-operator", body).await;
        let found = &problem["errors"][0]["field"];
        assert_eq!((status, found), (422, &field.into()), "{body}: {problem}");
    }
}

#[test]
fn no_verb_but_get_is_for_viewers() {
    for route in TABLE.iter().filter(|route| route.verb != Verb::Get) {
        assert!(route.access.role() > Some(Role::Viewer), "{}", route.path);
    }
}
