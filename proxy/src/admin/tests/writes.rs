//! Writes: fields, preconditions, tries sent twice, and what is told of them.

use super::*;

const BUDGET: &str = r#"{"id":"b","match":{"team":"research"},"limit_usd":12.5}"#;

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    let value = value.parse().expect("a value");
    request.headers_mut().insert(name, value);
    request
}

#[tokio::test]
async fn a_field_that_is_wrong_is_named() {
    let plane = plane();
    for (path, text, field) in [
        ("budgets", "[]", ""),
        ("budgets", r#"{"id":"b"}"#, "limit_usd"),
        ("budgets", r#"{"id":"b","limit_usd":"x"}"#, "limit_usd"),
        (
            "budgets",
            r#"{"id":"b","limit_usd":"1","mod":"soft"}"#,
            "mod",
        ),
        (
            "budgets",
            r#"{"id":"b","limit_usd":"1","window":"fortnight"}"#,
            "window",
        ),
        (
            "budgets",
            r#"{"id":"b","limit_usd":"1","match":{"colour":"red"}}"#,
            "match",
        ),
        (
            "budgets",
            r#"{"id":"b","limit_usd":"1","match":{"team":7}}"#,
            "match.team",
        ),
        ("budgets", r#"{"id":"key:x","limit_usd":"1"}"#, "id"),
        (
            "keys",
            r#"{"limits":{"concurrent":-1}}"#,
            "limits.concurrent",
        ),
        ("keys", r#"{"colour":"red"}"#, "colour"),
        ("keys", r#"{"expires_at":"soon"}"#, "expires_at"),
    ] {
        let path = format!("/admin/v1/{path}");
        let (status, problem) = plane.send("POST", &path, "operator", text).await;
        let found = &problem["errors"][0]["field"];
        assert_eq!((status, found), (422, &field.into()), "{text}: {problem}");
    }
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(64 * 1024));
    let (status, _) = plane
        .send("POST", "/admin/v1/keys", "operator", &long)
        .await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn a_budget_lives_from_post_to_delete() {
    let plane = plane();
    let (status, made) = plane
        .send("POST", "/admin/v1/budgets", "operator", BUDGET)
        .await;
    assert_eq!(
        (status, &made["limit_usd"]),
        (201, &"12.5".into()),
        "{made}"
    );
    assert_eq!(made["limit_nanousd"], 12_500_000_000_u64);
    let (status, _) = plane
        .send("POST", "/admin/v1/budgets", "operator", BUDGET)
        .await;
    assert_eq!(status, 409);
    let path = "/admin/v1/budgets/b";
    let patch = r#"{"limit_usd":"20.00","mode":"soft"}"#;
    let (_, changed) = plane.send("PATCH", path, "operator", patch).await;
    assert_eq!(
        (&changed["limit_usd"], &changed["mode"]),
        (&"20.00".into(), &"soft".into())
    );
    assert_eq!(changed["match"]["team"], "research");
    let raise = r#"{"by_usd":"5","until":"2099-01-01T00:00:00Z"}"#;
    let (_, raised) = plane
        .send("POST", &format!("{path}/raise"), "operator", raise)
        .await;
    assert_eq!(raised["raise_until"], "2099-01-01T00:00:00Z", "{raised}");
    let adjust = r#"{"amount_usd":"-1.25","reason":"refunded"}"#;
    let (_, adjusted) = plane
        .send("POST", &format!("{path}/adjust"), "operator", adjust)
        .await;
    assert_eq!(adjusted["accounts"][0]["spent_usd"], "-1.25", "{adjusted}");
    assert_eq!(
        adjusted["accounts"][0]["remaining_nanousd"],
        11_250_000_000_u64
    );
    assert_eq!(plane.send("DELETE", path, "operator", "").await.0, 403);
    assert_eq!(plane.send("DELETE", path, "admin", "").await.0, 204);
    assert_eq!(plane.get(LOCAL, path, "viewer").await.0, 404);
}

#[tokio::test]
async fn what_stands_in_the_configuration_changes_there_alone() {
    let plane = plane();
    let form: Value = serde_json::from_str(BUDGET).expect("JSON");
    plane
        .memory
        .put_rule(Kind::Budget, "b", form, Source::Config);
    for (verb, text) in [("PATCH", r#"{"limit_usd":"1"}"#), ("DELETE", "")] {
        let (status, problem) = plane.send(verb, "/admin/v1/budgets/b", "admin", text).await;
        let said = "budget: it stands in the configuration, and changes there alone";
        assert_eq!((status, &problem["detail"]), (409, &said.into()), "{verb}");
    }
}

#[tokio::test]
async fn a_change_meant_for_another_state_is_not_made() {
    let plane = plane();
    plane.memory.put_key("ownkey000000", None);
    let path = "/admin/v1/keys/ownkey000000";
    let shown = plane.call(LOCAL, asked("GET", path, "viewer", "")).await;
    let tag = shown.headers()["etag"].to_str().expect("text").to_owned();
    let patch = |tag: &str, name: &str| {
        let text = format!(r#"{{"name":"{name}"}}"#);
        with(asked("PATCH", path, "operator", &text), "if-match", tag)
    };
    assert_eq!(plane.call(LOCAL, patch(&tag, "first")).await.status(), 200);
    assert_eq!(plane.call(LOCAL, patch(&tag, "second")).await.status(), 412);
    assert_eq!(plane.get(LOCAL, path, "viewer").await.1["name"], "first");
}

#[tokio::test]
async fn a_write_sent_twice_is_done_once() {
    let plane = plane();
    let create = |token: &str, word: &str, text: &str| {
        let request = asked("POST", "/admin/v1/keys", token, text);
        with(request, "idempotency-key", word)
    };
    let first = plane.call(LOCAL, create("operator", "w1", "{}")).await;
    assert!(!first.headers().contains_key("idempotency-replayed"));
    let first = body(first).await;
    let again = plane.call(LOCAL, create("operator", "w1", "{}")).await;
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(body(again).await, first);
    assert_eq!(plane.memory.keys.lock().len(), 1);
    let other = create("operator", "w1", r#"{"name":"x"}"#);
    assert_eq!(plane.call(LOCAL, other).await.status(), 422);
    let somebody_else = create("admin", "w1", "{}");
    assert_eq!(plane.call(LOCAL, somebody_else).await.status(), 201);
    // What failed may be tried again under the same word.
    let wrong = create("operator", "w2", r#"{"colour":1}"#);
    assert_eq!(plane.call(LOCAL, wrong).await.status(), 422);
    let right = create("operator", "w2", "{}");
    assert_eq!(plane.call(LOCAL, right).await.status(), 201);
}

#[tokio::test]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let plane = plane();
    let made = plane
        .call(LOCAL, asked("POST", "/admin/v1/keys", "operator", "{}"))
        .await;
    assert_eq!(made.headers()["cache-control"], "no-store");
    let (_, made) = body(made).await;
    assert_eq!(made["secret"], "the-secret");
    let path = format!("/admin/v1/keys/{}", made["id"].as_str().expect("an id"));
    let overlap = r#"{"overlap_seconds":60}"#;
    let (_, rotated) = plane
        .send("POST", &format!("{path}/rotate"), "operator", overlap)
        .await;
    assert_eq!(rotated["secret"], "the-new-secret");
    for path in [
        &*path,
        "/admin/v1/keys",
        "/admin/v1/audit",
        "/admin/v1/events",
    ] {
        let (status, shown) = plane.get(LOCAL, path, "admin").await;
        let text = shown.to_string();
        assert!(status == 200 && !text.contains("secret"), "{path}: {text}");
    }
}

#[tokio::test]
async fn lists_go_on_behind_their_cursor() {
    let plane = plane();
    for id in ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"] {
        plane.memory.put_key(id, None);
    }
    let (_, first) = plane.get(LOCAL, "/admin/v1/keys?limit=2", "viewer").await;
    assert_eq!(first["next"], "bbbbbbbbbbbb");
    let path = "/admin/v1/keys?limit=2&cursor=bbbbbbbbbbbb";
    let (_, second) = plane.get(LOCAL, path, "viewer").await;
    assert_eq!(
        (&second["items"][0]["id"], &second["next"]),
        (&"cccccccccccc".into(), &Value::Null)
    );
    let (_, none) = plane
        .get(LOCAL, "/admin/v1/keys?status=revoked", "viewer")
        .await;
    assert_eq!(none["items"].as_array().map(Vec::len), Some(0));
}
