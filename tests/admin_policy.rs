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

const RULES: &str = r#"
[[budgets]]
id = "ours"
match = { team = "red" }
per = "user"
limit_usd = "5"

[[budgets]]
id = "everybody"
limit_usd = "100"
mode = "soft"

[[limits]]
id = "slow"
match = { team = "red" }
per = "key"
requests_per_minute = 2

[[guards]]
id = "short"
match = { model = "gpt-*" }
max_tokens = 500
max_tokens_action = "clamp"
"#;

#[test]
fn explain_tells_what_a_request_would_meet_and_what_stands_against_it() {
    let provider = provider();
    let config = Config::toward(&provider).table(&tokens()).table(RULES);
    let quotah = config.start();
    let form = json!({ "user": "ada", "models": ["gpt-*"], "budget": { "limit_usd": "1" } });
    let made = post(&quotah, "red-operator", "keys", &form).json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (id, secret) = (text(&made["id"]), text(&made["secret"]));
    let explain =
        |name: &str, model: &str| get(&quotah, name, &format!("explain?key={id}&model={model}"));

    let told = explain("all-viewer", "gpt-4o-mini");
    assert_eq!(told["refusal"], Value::Null, "{told}");
    assert_eq!(told["admitted"], true);
    let route = (&told["route"]["provider"], &told["route"]["model_sent"]);
    assert_eq!(route, (&json!("openai"), &json!("gpt-4o-mini")));
    assert_eq!(told["price"]["input_usd_per_mtok"], "0.15", "{told}");
    assert_eq!(
        told["key"]["may_use_model"]["because"],
        "the key allows `gpt-*`"
    );
    let named = |told: &Value, what: &str| -> Vec<String> {
        let rules = told[what].as_array().expect("rules").iter();
        rules
            .map(|rule| {
                format!(
                    "{}/{}",
                    text(&rule["id"]),
                    rule["account"].as_str().unwrap_or("-")
                )
            })
            .collect()
    };
    let own = format!("key:{id}/");
    assert_eq!(named(&told, "budgets"), [&*own, "everybody/", "ours/ada"]);
    assert_eq!(named(&told, "limits"), [format!("slow/{id}")]);
    assert_eq!(told["guards"][0]["does"], "clamps max_tokens to 500");
    assert_eq!(told["reservation"]["max_tokens"], 500, "{told}");
    // A team's token sees the rules that are its team's.
    let ours = explain("red-viewer", "gpt-4o-mini");
    assert_eq!(named(&ours, "budgets"), [&*own, "ours/ada"]);
    assert_eq!(ours["guards"], json!([]));
    // To look opens no account.
    let budget = get(&quotah, "red-viewer", "budgets/ours");
    assert_eq!(budget["accounts"], json!([]));

    let told = explain("red-viewer", "claude-sonnet-4-5");
    assert_eq!(told["operation"], "messages", "{told}");
    assert_eq!(told["route"]["provider"], "anthropic");
    assert_eq!(told["key"]["may_use_model"]["yes"], false);
    assert_eq!(told["admitted"], false);

    for expected in [200, 200, 429] {
        let told = explain("red-viewer", "gpt-4o-mini");
        assert_eq!(told["admitted"], expected == 200, "{told}");
        if expected == 429 {
            let reached = "limit \"slow\" is reached: 0 of 2 requests_per_minute are left";
            assert_eq!(told["refusal"], reached);
        }
        let answer = quotah.send(&Request::post("/v1/chat/completions", BODY).bearer(&secret));
        assert_eq!(answer.status, expected, "{}", answer.text());
    }

    let revoked = Request::of("DELETE", &format!("/admin/v1/keys/{id}"));
    assert_eq!(as_token(&quotah, "red-operator", revoked).status, 200);
    let told = explain("red-viewer", "gpt-4o-mini");
    assert_eq!(told["refusal"], "the key is revoked");
    assert_eq!(told["key"]["status"], "revoked");
}

#[test]
fn a_key_shows_how_its_own_budget_stands_and_changes_it_alone() {
    let provider = provider();
    let quotah = Config::toward(&provider).table(&tokens()).start();
    let form = json!({ "budget": { "limit_usd": "1", "window": "day" } });
    let made = post(&quotah, "red-operator", "keys", &form).json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (id, secret) = (text(&made["id"]), text(&made["secret"]));
    assert_eq!(made["budget"]["remaining_nanousd"], 1_000_000_000, "{made}");
    let answer = quotah.send(&Request::post("/v1/chat/completions", BODY).bearer(&secret));
    let cost = quotah.entry(&answer).u64("cost_nanousd");
    assert!(cost > 0);
    let key = get(&quotah, "red-viewer", &format!("keys/{id}"));
    assert_eq!(key["budget"]["spent_nanousd"], cost, "{key}");
    assert_eq!(key["budget"]["reserved_nanousd"], 0, "{key}");
    assert!(key["budget"]["resets_at"].is_string(), "{key}");

    let own = format!("budgets/key:{id}");
    let budget = get(&quotah, "red-viewer", &own);
    assert_eq!(budget["accounts"][0]["spent_nanousd"], cost, "{budget}");
    let reason = json!({ "amount_usd": "0.5", "reason": "a test" });
    let adjusted = post(&quotah, "red-operator", &format!("{own}/adjust"), &reason);
    assert_eq!(adjusted.status, 200, "{}", adjusted.text());
    let key = get(&quotah, "red-viewer", &format!("keys/{id}"));
    assert_eq!(key["budget"]["spent_nanousd"], cost + 500_000_000, "{key}");
    let patch = Request::of("PATCH", &format!("/admin/v1/{own}")).body("{\"limit_usd\":\"9\"}");
    assert_eq!(as_token(&quotah, "red-operator", patch).status, 409);
    for path in [own.clone(), format!("{own}/accounts")] {
        let foreign = Request::get(&format!("/admin/v1/{path}"));
        assert_eq!(
            as_token(&quotah, "blue-operator", foreign).status,
            404,
            "{path}"
        );
    }
}

#[test]
fn what_is_made_over_the_plane_is_held_to_the_configuration() {
    let provider = provider();
    let rules = "[ledger]\nretain_days = 40\n\n[key_defaults]\nexpires = \"1d\"\n\
                 budget = { limit_usd = 5 }\nlimits = { concurrent = 3 }\n";
    let config = Config::toward(&provider).table(&tokens()).table(rules);
    let quotah = config.server("tags = [\"feature\"]").start();
    let made = post(
        &quotah,
        "all-operator",
        "keys",
        &json!({ "tags": { "job": "x" } }),
    );
    let key = made.json();
    assert_eq!(key["budget"]["limit_usd"], "5", "{key}");
    assert_eq!(key["limits"]["concurrent"], 3, "{key}");
    assert!(key["expires_at"].is_string(), "{key}");
    for (token, path, form, field) in [
        (
            "all-operator",
            "budgets",
            json!({ "id": "a", "limit_usd": "1", "match": { "tag.feature": "x" } }),
            "",
        ),
        (
            "all-operator",
            "limits",
            json!({ "concurrent": 1, "per": "tag.job" }),
            "",
        ),
        // Another team's key binds it.
        (
            "red-operator",
            "limits",
            json!({ "concurrent": 1, "per": "tag.job" }),
            "per",
        ),
        (
            "all-operator",
            "guards",
            json!({ "max_tokens": 1, "match": { "tag.color": "x" } }),
            "match",
        ),
        (
            "all-operator",
            "budgets",
            json!({ "limit_usd": "1", "window": "quarter" }),
            "window",
        ),
        (
            "all-operator",
            "keys",
            json!({ "budget": { "limit_usd": "1", "window": "total" } }),
            "budget.window",
        ),
    ] {
        let answer = post(&quotah, token, path, &form);
        let status = if field.is_empty() { 201 } else { 422 };
        assert_eq!(answer.status, status, "{form}: {}", answer.text());
        if !field.is_empty() {
            assert_eq!(answer.json()["errors"][0]["field"], field, "{form}");
        }
    }
}

#[test]
fn what_the_command_line_changes_is_told_too_and_nothing_twice() {
    let provider = provider();
    let quotah = Config::toward(&provider).table(&tokens()).start();
    let red = tenant(&quotah, "red");
    let revoked = quotah.cli(&["keys", "revoke", &red.key]);
    assert!(revoked.status.success(), "{}", revoked.stderr);
    let told = eventually("the revocation is told", || {
        let listed = get(&quotah, "red-viewer", "events?limit=50");
        let items = listed["items"].as_array()?.clone();
        let data = items.iter().map(|item| item["data"].clone());
        let of_key: Vec<Value> = data.filter(|data| data["key"] == *red.key).collect();
        let of_key: Vec<Value> = of_key
            .into_iter()
            .filter(|data| data["type"].is_string())
            .collect();
        (of_key.len() > 1).then_some(of_key)
    });
    let types: Vec<&Value> = told.iter().map(|data| &data["type"]).collect();
    assert_eq!(types, ["key.revoke", "key.create"]);
    assert_eq!(told[0]["status"], "revoked");
}
