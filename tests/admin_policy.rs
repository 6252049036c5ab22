//! Keys and budgets by the admin plane: two tenants on one gateway, and what they see of each other.

use serde_json::{Value, json};

use crate::harness::{Config, Conn, Quotah, Request, Response, eventually, provider};

const BODY: &str = r#"{"model":"gpt-4o-mini","max_tokens":100}"#;

/// Tokens by team and role; the name is the token's too.
fn tokens() -> String {
    let mut toml = String::new();
    for (name, role, team) in [
        ("all-viewer", "viewer", ""),
        ("all-operator", "operator", ""),
        ("all-admin", "admin", ""),
        ("red-viewer", "viewer", "red"),
        ("red-operator", "operator", "red"),
        ("red-admin", "admin", "red"),
        ("blue-operator", "operator", "blue"),
    ] {
        let team = if team.is_empty() {
            String::new()
        } else {
            format!("team = \"{team}\"\n")
        };
        toml.push_str(&format!(
            "[[admin.tokens]]\nname = \"{name}\"\ntoken = \"{name}-token-0123456789\"\nrole = \"{role}\"\n{team}"
        ));
    }
    toml
}

fn as_token(quotah: &Quotah, name: &str, request: Request) -> Response {
    let request = if name.is_empty() {
        request
    } else {
        request.bearer(&format!("{name}-token-0123456789"))
    };
    Conn::open(quotah.admin_addr()).exchange(&request)
}

fn post(quotah: &Quotah, name: &str, path: &str, body: &Value) -> Response {
    let request = Request::post(&format!("/admin/v1/{path}"), body.to_string());
    as_token(quotah, name, request)
}

fn get(quotah: &Quotah, name: &str, path: &str) -> Value {
    let answer = as_token(quotah, name, Request::get(&format!("/admin/v1/{path}")));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// What a team has: a key that was used, and a budget.
struct Tenant {
    key: String,
    secret: String,
    budget: String,
    request: String,
}

fn tenant(quotah: &Quotah, team: &str) -> Tenant {
    let operator = format!("{team}-operator");
    let made = post(
        quotah,
        &operator,
        "keys",
        &json!({ "name": format!("{team}s-key") }),
    );
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let form = json!({ "limit_usd": "10", "mode": "hard" });
    let budget = post(quotah, &operator, "budgets", &form);
    assert_eq!(budget.status, 201, "{}", budget.text());
    let secret = text(&made["secret"]);
    let answer = quotah.send(&Request::post("/v1/chat/completions", BODY).bearer(&secret));
    assert_eq!(answer.status, 200, "{}", answer.text());
    Tenant {
        key: text(&made["id"]),
        secret,
        budget: text(&budget.json()["id"]),
        request: quotah.entry(&answer).str("id").to_owned(),
    }
}

/// Each operation of the document: verb, path, example of a body, least role, scope.
fn operations(quotah: &Quotah) -> Vec<(String, String, Value, String, String)> {
    let document = as_token(quotah, "", Request::get("/openapi.json")).json();
    let paths = document["paths"].as_object().expect("paths").clone();
    let mut all = Vec::new();
    for (path, verbs) in paths {
        for (verb, operation) in verbs.as_object().expect("operations") {
            let body = &operation["requestBody"]["content"]["application/json"]["example"];
            let word = |name: &str| operation[name].as_str().unwrap_or_default().to_owned();
            let verb = verb.to_uppercase();
            let (role, scope) = (word("x-quotah-role"), word("x-quotah-scope"));
            all.push((verb, path.clone(), body.clone(), role, scope));
        }
    }
    all
}

fn request_of(verb: &str, path: &str, body: &Value) -> Request {
    let request = Request::of(verb, path);
    if body.is_null() {
        return request;
    }
    let mut body = body.clone();
    body.as_object_mut().map(|members| members.remove("id"));
    request
        .header("content-type", "application/json")
        .body(body.to_string())
}

/// Head without the date, and body.
fn told(answer: &Response) -> String {
    let lines = answer
        .head
        .split("\r\n")
        .filter(|line| !line.starts_with("date:"));
    format!(
        "{}\n{}",
        lines.collect::<Vec<_>>().join("\n"),
        answer.text()
    )
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn two_tenants_see_nothing_of_each_other_on_any_route_in_any_role() {
    let provider = provider();
    let quotah = Config::toward(&provider).table(&tokens()).start();
    let red = tenant(&quotah, "red");
    let blue = tenant(&quotah, "blue");
    let secrets = [
        &*blue.key,
        &blue.secret,
        &blue.budget,
        &blue.request,
        "blues-key",
        "\"blue\"",
    ];
    let rank = |role: &str| {
        ["", "viewer", "operator", "admin"]
            .iter()
            .position(|r| *r == role)
    };
    let mut seen = 0;
    for (verb, path, body, least, scope) in operations(&quotah) {
        let (own, foreign, unknown) = if path.contains("/requests/") {
            (
                &*red.request,
                &*blue.request,
                "01a1fbc1-b28a-7142-a4a5-8cca52b252b1",
            )
        } else if path.contains("/keys") || path.contains("/explain") {
            (&*red.key, &*blue.key, "zzzzzzzzzzzz")
        } else {
            (&*red.budget, &*blue.budget, "budget-zzzzzzzzzzzzzz")
        };
        for name in [
            "",
            "all-viewer",
            "all-operator",
            "all-admin",
            "red-viewer",
            "red-operator",
            "red-admin",
        ] {
            let ask = |id: &str| {
                let mut path = path.replace("{id}", id);
                if path.ends_with("/explain") {
                    path = format!("{path}?key={id}&model=gpt-4o-mini");
                }
                as_token(&quotah, name, request_of(&verb, &path, &body))
            };
            let shown = format!("{verb} {path} as {name:?}");
            let role = name.split_once('-').map_or("", |(_, role)| role);
            let is_red = name.starts_with("red");
            let is_local = !path.starts_with("/admin/");
            if name.starts_with("all") && verb != "GET" && rank(role) >= rank(&least) {
                // It may, and would: this test is about those who may not.
                continue;
            }
            let (for_foreign, for_unknown) = (ask(foreign), ask(unknown));
            seen += 1;
            if name.is_empty() && !is_local {
                assert_eq!(for_foreign.status, 401, "{shown}");
            } else if !name.is_empty()
                && (rank(role) < rank(&least) || (is_red && scope == "whole"))
            {
                assert_eq!(for_foreign.status, 403, "{shown}");
            }
            if is_red || name.is_empty() {
                let is_one = path.contains('{') || path.ends_with("/explain");
                if is_one {
                    assert_eq!(told(&for_foreign), told(&for_unknown), "{shown}");
                    assert!([401, 403, 404].contains(&for_foreign.status), "{shown}");
                }
                // Without a token this machine may read figures, which have no names of keys in them.
                if !(is_local && name.is_empty()) {
                    let said = told(&for_foreign);
                    for secret in secrets {
                        assert!(!said.contains(secret), "{shown} tells {secret}: {said}");
                    }
                }
            }
            // Reads of what is one's own go through; writes would change what the next case needs.
            if verb == "GET"
                && is_red
                && scope == "team"
                && !path.contains("/limits/")
                && !path.contains("/guards/")
                && !path.ends_with("/explain")
            {
                assert_eq!(ask(own).status, 200, "{shown}");
            }
        }
    }
    assert!(seen > 180, "{seen} cases");
    // Nothing that red asked for has changed what is blue's.
    let answer = quotah.send(&Request::post("/v1/chat/completions", BODY).bearer(&blue.secret));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn each_tenant_counts_its_own_requests() {
    let provider = provider();
    let quotah = Config::toward(&provider).table(&tokens()).start();
    let red = tenant(&quotah, "red");
    let blue = tenant(&quotah, "blue");
    quotah.send(&Request::post("/v1/chat/completions", BODY).bearer(&blue.secret));
    quotah.ledger_of(3);
    for (name, requests) in [("red-viewer", 1), ("blue-operator", 2), ("all-viewer", 3)] {
        let usage = get(&quotah, name, "usage?by=team,key");
        assert_eq!(usage["total"]["requests"], requests, "{name}");
        let listed = get(&quotah, name, "requests");
        assert_eq!(
            listed["items"].as_array().map(Vec::len),
            Some(requests),
            "{name}"
        );
    }
    let none = get(&quotah, "red-viewer", "requests?team=blue");
    assert_eq!(none["items"], json!([]));
    let none = get(&quotah, "red-viewer", &format!("requests?key={}", blue.key));
    assert_eq!(none["items"], json!([]));
    let own = get(&quotah, "red-viewer", &format!("budgets/{}", red.budget));
    let spent = own["accounts"][0]["spent_nanousd"].as_i64().expect("a sum");
    let cost = quotah
        .ledger_of(3)
        .iter()
        .find(|entry| entry.str("team") == "red")
        .map(|entry| entry.u64("cost_nanousd"));
    assert_eq!(u64::try_from(spent).ok(), cost, "{own}");
}

#[test]
fn a_key_of_the_plane_works_at_once_and_not_after_it_is_revoked() {
    let provider = provider();
    let quotah = Config::toward(&provider).table(&tokens()).start();
    let made = post(
        &quotah,
        "all-operator",
        "keys",
        &json!({ "models": ["gpt-4o-*"] }),
    )
    .json();
    let (id, secret) = (
        made["id"].as_str().expect("an id"),
        made["secret"].as_str().expect("a secret"),
    );
    let call = |secret: &str| {
        quotah
            .send(&Request::post("/v1/chat/completions", BODY).bearer(secret))
            .status
    };
    assert_eq!(call(secret), 200);
    let rotated = post(
        &quotah,
        "all-operator",
        &format!("keys/{id}/rotate"),
        &json!({ "overlap_seconds": 60 }),
    )
    .json();
    let second = rotated["secret"].as_str().expect("a secret");
    assert_eq!(
        (rotated["status"].as_str(), call(secret), call(second)),
        (Some("rotating"), 200, 200)
    );
    let revoked = as_token(
        &quotah,
        "all-operator",
        Request::of("DELETE", &format!("/admin/v1/keys/{id}")),
    );
    assert_eq!(
        (revoked.status, revoked.json()["status"].as_str()),
        (200, Some("revoked"))
    );
    assert_eq!((call(secret), call(second)), (401, 401));
    let trail = get(&quotah, "all-viewer", "audit?verify=true");
    let actions: Vec<_> = trail["items"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["action"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(actions, ["key.revoke", "key.rotate", "key.create"]);
    assert_eq!(trail["chain"]["whole"], true, "{trail}");
    assert!(!trail.to_string().contains("secrets"), "{trail}");
}

#[test]
fn a_budget_of_the_plane_holds_at_once_and_can_be_raised_and_corrected() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("k", "sk-virtual-admin-key-1", "team = \"red\"")
        .table(&tokens())
        .start();
    let call = || {
        quotah.send(&Request::post("/v1/chat/completions", BODY).bearer("sk-virtual-admin-key-1"))
    };
    quotah.entry(&call());
    let form = json!({ "id": "tight", "match": { "team": "red" }, "limit_usd": "0.0000001" });
    assert_eq!(post(&quotah, "all-operator", "budgets", &form).status, 201);
    let refused = call();
    assert_eq!(refused.status, 429, "{}", refused.text());
    assert!(refused.text().contains("tight"), "{}", refused.text());
    let raise = json!({ "by_usd": "5", "until": "2099-01-01" });
    assert_eq!(
        post(&quotah, "red-operator", "budgets/tight/raise", &raise).status,
        200
    );
    assert_eq!(call().status, 200);
    let adjust = json!({ "amount_usd": "5", "reason": "spent elsewhere" });
    let adjusted = post(&quotah, "red-operator", "budgets/tight/adjust", &adjust);
    assert_eq!(adjusted.status, 200, "{}", adjusted.text());
    assert_eq!(call().status, 429);
    // What was corrected and raised is known again after a crash.
    let quotah = quotah.restart(rustix::process::Signal::KILL);
    let budget = get(&quotah, "red-viewer", "budgets/tight");
    let spent = budget["accounts"][0]["spent_usd"]
        .as_str()
        .expect("a sum")
        .to_owned();
    assert!(spent.starts_with("5.0000"), "{budget}");
    let gone = as_token(
        &quotah,
        "all-admin",
        Request::of("DELETE", "/admin/v1/budgets/tight"),
    );
    assert_eq!(gone.status, 204);
    let answer =
        quotah.send(&Request::post("/v1/chat/completions", BODY).bearer("sk-virtual-admin-key-1"));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn what_stands_in_the_configuration_is_shown_and_changes_there_alone() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("k", "sk-virtual-admin-key-1", "")
        .table("[[budgets]]\nid = \"fixed\"\nlimit_usd = \"10\"")
        .table(&tokens())
        .start();
    for (path, verb, body) in [
        ("budgets/fixed", "PATCH", json!({ "limit_usd": "11" })),
        ("budgets/fixed", "DELETE", Value::Null),
        ("keys/k", "PATCH", json!({ "name": "x" })),
        ("keys/k", "DELETE", Value::Null),
    ] {
        assert_eq!(
            get(&quotah, "all-viewer", path)["source"],
            "config",
            "{path}"
        );
        let path = format!("/admin/v1/{path}");
        let refused = as_token(&quotah, "all-admin", request_of(verb, &path, &body));
        assert_eq!(refused.status, 409, "{verb} {path}: {}", refused.text());
        assert!(
            refused.text().contains("stands in the configuration"),
            "{}",
            refused.text()
        );
    }
}

#[test]
fn a_listener_hears_of_requests_and_of_its_own_team_alone() {
    let provider = provider();
    let quotah = Config::toward(&provider).table(&tokens()).start();
    let listen = |name: &str, last: Option<&str>| {
        let request = Request::get("/admin/v1/events")
            .header("accept", "text/event-stream")
            .bearer(&format!("{name}-token-0123456789"));
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let mut conn = Conn::open(quotah.admin_addr());
        conn.send(request.bytes());
        conn.read_until(": quotah");
        conn
    };
    let mut red = listen("red-viewer", None);
    let mut all = listen("all-viewer", None);
    let blue_tenant = tenant(&quotah, "blue");
    let red_tenant = tenant(&quotah, "red");
    let heard = all.read_until(&red_tenant.request);
    assert!(
        heard.contains("event: request") && heard.contains(&blue_tenant.request),
        "{heard}"
    );
    let heard = red.read_until(&red_tenant.request);
    assert!(
        heard.contains("event: key") && !heard.contains("blue"),
        "{heard}"
    );
    assert!(!heard.contains(&blue_tenant.key), "{heard}");
    // Who comes back has missed nothing.
    let first = heard
        .split("id: ")
        .nth(1)
        .and_then(|event| event.lines().next())
        .expect("an id");
    drop(red);
    let mut back = listen("red-viewer", Some(first));
    let missed = back.read_until(&red_tenant.request);
    assert!(
        !missed.contains("event: gap") && missed.contains("event: budget"),
        "{missed}"
    );
    drop((back, all));
    let latest = eventually("a list of the latest", || {
        Some(get(&quotah, "red-viewer", "events?limit=1"))
    });
    assert_eq!(latest["items"][0]["event"], "request", "{latest}");
}
