//! What users see of routing: how deployments stand, in rows, health, metrics and events; what was decided, and why.

use quotah_bench::mock::{Directives, Mock, Script};
use serde_json::{Value, json};

use crate::harness::{Config, Quotah, Request, Response, eventually, provider};

const CHAT: &str = r#"{"model":"fast","messages":[{"role":"user","content":"hello"}]}"#;

/// A route over a first provider and a second.
fn pair(first_more: &str, tables: &str) -> (Mock, Mock, Quotah) {
    let (first, second) = (provider(), provider());
    let route = r#"
[[models]]
name = "fast"
route = "ordered"
deployments = [
  { provider = "a", model = "gpt-4o-mini" },
  { provider = "b", model = "gpt-4o" },
]
"#;
    let quotah = Config::empty()
        .provider("a", "openai", &first.url(), first_more)
        .provider("b", "openai", &second.url(), "")
        .table(&format!("{route}\n{tables}"))
        .start();
    (first, second, quotah)
}

fn failing() -> Script {
    Script::always(Directives {
        status: Some(500),
        ..Directives::default()
    })
}

fn chat(quotah: &Quotah) -> Response {
    let answer = quotah.post("/v1/chat/completions", CHAT);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

fn row(quotah: &Quotah, deployment: &str) -> Value {
    let page = quotah.admin_json("/admin/v1/providers");
    let mut rows = page["items"].as_array().into_iter().flatten();
    let found = rows.find(|row| row["deployment"] == deployment);
    found.cloned().unwrap_or_default()
}

fn component(quotah: &Quotah) -> Value {
    let health = quotah.admin_json("/healthz");
    let mut components = health["components"].as_array().into_iter().flatten();
    let found = components.find(|component| component["name"] == "providers");
    found.cloned().unwrap_or_default()
}

fn has_metric(quotah: &Quotah, line: &str) -> bool {
    quotah.metrics().text().lines().any(|l| l == line)
}

/// The `type`s of the breaker's events, oldest first.
fn events(quotah: &Quotah) -> Vec<Value> {
    let page = quotah.admin_json("/admin/v1/events");
    let rows = page["items"].as_array().into_iter().flatten();
    let breakers = rows.filter(|row| row["event"] == "breaker");
    let mut data: Vec<Value> = breakers.map(|row| row["data"].clone()).collect();
    data.reverse();
    data
}

#[test]
fn an_open_breaker_shows_in_rows_health_metrics_and_events() {
    let (first, _second, quotah) = pair("", "[breaker]\nopen_s = 30\n");
    assert_eq!(row(&quotah, "a/gpt-4o-mini")["breaker"]["state"], "closed");
    assert_eq!(component(&quotah)["state"], "up");
    first.set(failing());
    (0..5).for_each(|_| drop(chat(&quotah)));
    let shown = row(&quotah, "a/gpt-4o-mini");
    assert_eq!(
        (&shown["breaker"]["state"], &shown["healthy"]),
        (&json!("open"), &json!(false))
    );
    assert!(shown["breaker"]["until"].is_string(), "{shown}");
    assert_eq!(
        (&shown["calls"], &shown["routes"]),
        (&json!(5), &json!(["fast"]))
    );
    assert_eq!(shown["price"]["input_usd_per_mtok"], "0.15");
    assert_eq!(shown["credentials"][0]["credential"], "default");
    let other = row(&quotah, "b/gpt-4o");
    assert_eq!(
        (&other["healthy"], &other["success_rate"]),
        (&json!(true), &json!(1.0))
    );
    let health = component(&quotah);
    assert_eq!(health["state"], "degraded");
    assert_eq!(health["reason"], "a/gpt-4o-mini is open");
    assert_eq!(quotah.admin(Request::get("/healthz")).status, 200);
    for line in [
        r#"quotah_provider_healthy{provider="a",deployment="a/gpt-4o-mini"} 0"#,
        r#"quotah_provider_healthy{provider="b",deployment="b/gpt-4o"} 1"#,
        r#"quotah_breaker_state{provider="a",deployment="a/gpt-4o-mini",state="open"} 1"#,
        r#"quotah_fallbacks_total{from="a/gpt-4o-mini",reason="server_error",to="b/gpt-4o"} 5"#,
    ] {
        assert!(has_metric(&quotah, line), "no {line}");
    }
    let told = events(&quotah);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["type"], "breaker.opened");
    assert_eq!(
        (&told[0]["provider"], &told[0]["deployment"]),
        (&json!("a"), &json!("a/gpt-4o-mini"))
    );
    assert_eq!(told[0]["until"], shown["breaker"]["until"]);
}

#[test]
fn an_entry_says_why_it_went_where_it_went_and_what_the_other_would_have_cost() {
    let (first, _second, quotah) = pair("", "[breaker]\nopen_s = 30\n");
    let entry = quotah.entry(&chat(&quotah)).0;
    assert_eq!(
        (&entry["route"], &entry["role"]),
        (&json!("fast"), &Value::Null)
    );
    let decision = &entry["decision"];
    assert_eq!(decision["strategy"], "ordered");
    assert_eq!(decision["because"], "the first of 2 that could be called");
    let chosen = &decision["candidates"][0];
    assert_eq!(
        (&chosen["chosen"], &chosen["state"]),
        (&json!(true), &json!("ready"))
    );
    assert!(chosen["factors"]["cost"].is_number(), "{chosen}");
    assert_eq!(entry["alternative"], "b/gpt-4o");
    assert!(entry["would_have_cost_nanousd"].is_number(), "{entry}");
    let listed = quotah.admin_json("/admin/v1/requests?limit=1");
    assert_eq!(listed["items"][0].get("decision"), None);

    first.set(failing());
    (0..5).for_each(|_| drop(chat(&quotah)));
    let explained = quotah.admin_json("/admin/v1/explain?key=anonymous&model=fast");
    let route = &explained["route"];
    assert_eq!(
        (&route["provider"], &route["strategy"]),
        (&json!("b"), &json!("ordered"))
    );
    let choice = "the only one that could be called; a/gpt-4o-mini was open";
    assert_eq!(route["choice"], choice);
    assert_eq!(route["candidates"][0]["state"], "open");
}

#[test]
fn a_health_check_opens_and_closes_breakers_without_a_request() {
    let check = r#"health_check = { path = "/v1/models", interval_s = 1, timeout_ms = 900 }"#;
    let figures = "[breaker]\nfailures = 2\nopen_s = 1\n";
    let (first, _second, quotah) = pair(check, figures);
    first.set(failing());
    let is = |state: &str| row(&quotah, "a/gpt-4o-mini")["breaker"]["state"] == state;
    eventually("checks open it", || is("open").then_some(()));
    first.set(Script::default());
    eventually("a check closes it", || is("closed").then_some(()));
    assert_eq!(row(&quotah, "b/gpt-4o")["breaker"]["state"], "closed");
    let asked = first.requests();
    assert!(asked.iter().all(|request| request.target == "/v1/models"));
    let kinds: Vec<Value> = events(&quotah).iter().map(|e| e["type"].clone()).collect();
    assert_eq!(kinds.first(), Some(&json!("breaker.opened")));
    assert_eq!(kinds.last(), Some(&json!("breaker.closed")));
}
