//! A made-up provider that no code knows: its description alone meters, bills, streams and refuses.

use quotah_bench::mock::{Directives, Mock, Options, Rule, Script};
use serde_json::json;

use crate::harness::{Command, Config, Quotah, Request, provider_of, workspace};

/// What "acme" looks like: its own paths, its own names, a key in a header of its own.
const ADAPTER: &str = r#"
[providers.adapter]
metered = ["/v2/{model}/run", "/v2/any"]
request = { model = "/input/model", stream = "/input/live" }
answer = { input = "/stats/in", output = ["/stats/out", "/last/out"], cached_input = "/stats/reused", pages = "/stats/pages", model = "/by", text = "/said", error = "/fault", error_kind = "/fault/kind" }
usage_event = "bill"
last_event = "end"
cached_beside_input = true
[providers.adapter.limits]
requests = { limit = "x-acme-most", remaining = "x-acme-left", reset = "x-acme-back", reset_unit = "seconds", window_seconds = 60 }
"#;

const PRICE: &str = r#"
[[prices]]
provider = "acme"
model = "m-1"
input_usd_per_mtok = "2"
cached_input_usd_per_mtok = "1"
output_usd_per_mtok = "10"
"#;

fn acme(directives: Directives) -> (Mock, Quotah) {
    let rule = Rule {
        path: "/v2/".into(),
        directives,
        ..Rule::default()
    };
    let mock = provider_of(Options::default(), Script::default().then(rule));
    let base = format!("{}/api", mock.url());
    let quotah = Config::empty()
        .provider("acme", "custom", &base, ADAPTER)
        .table(PRICE)
        .start();
    (mock, quotah)
}

fn answering(content_type: &str, body: &str) -> Directives {
    Directives {
        headers: vec![("content-type".into(), content_type.into())],
        body: Some(body.to_owned().into()),
        ..Directives::default()
    }
}

#[test]
fn its_answer_is_metered_and_billed_by_its_description() {
    let answer = r#"{"by":"m-1","said":"4","stats":{"in":100,"reused":50,"out":7,"pages":3}}"#;
    let (mock, quotah) = acme(answering("application/json", answer));
    let response = quotah.send(&Request::post(
        "/acme/v2/m-1/run?trace=1",
        r#"{"ask":"2+2"}"#,
    ));
    assert_eq!((response.status, response.text()), (200, answer.to_owned()));
    let sent = mock.requests();
    assert_eq!(sent[0].target, "/api/v2/m-1/run?trace=1");
    let entry = quotah.entry(&response).0;
    assert_eq!(entry["model_sent"], "m-1");
    assert_eq!(entry["input_tokens"], 150);
    assert_eq!(entry["cached_input_tokens"], 50);
    assert_eq!(entry["output_tokens"], 7);
    assert_eq!(entry["usage_source"], "provider");
    // 100 x 2 + 50 x 1 + 7 x 10 dollars a million.
    assert_eq!(entry["cost_nanousd"], 320_000);
}

#[test]
fn its_stream_counts_in_the_named_event_and_ends_with_the_last() {
    let stream = "event: part\ndata: {\"said\":\"fo\",\"stats\":{\"in\":9,\"out\":9}}\n\n\
                  event: bill\ndata: {\"stats\":{\"in\":10},\"last\":{\"out\":4}}\n\n\
                  event: end\ndata: {}\n\n";
    let (_mock, quotah) = acme(answering("text/event-stream", stream));
    let body = json!({"input": {"model": "m-1", "live": true}}).to_string();
    let response = quotah.post("/acme/v2/any", &body);
    assert_eq!(response.text(), stream);
    let entry = quotah.entry(&response).0;
    assert_eq!(
        (&entry["model_sent"], &entry["stream"]),
        (&json!("m-1"), &json!(true))
    );
    assert_eq!(
        (&entry["input_tokens"], &entry["output_tokens"]),
        (&json!(10), &json!(4))
    );
    assert_eq!(entry["outcome"], "ok");
}

#[test]
fn its_limits_are_read_from_the_headers_that_it_names() {
    let mut directives = answering("application/json", r#"{"stats":{"in":1,"out":1}}"#);
    for (name, value) in [("most", "60"), ("left", "12"), ("back", "3")] {
        let line = (format!("x-acme-{name}"), value.to_owned());
        directives.headers.push(line);
    }
    let (_mock, quotah) = acme(directives);
    quotah.post("/acme/v2/m-1/run", "{}");
    let rows = quotah.admin_json("/admin/v1/rate-limits")["items"].clone();
    let row = &rows[0];
    assert_eq!(
        (&row["provider"], &row["kind"]),
        (&json!("acme"), &json!("requests"))
    );
    assert_eq!((&row["limit"], &row["remaining"]), (&json!(60), &json!(12)));
    assert_eq!(row["window_seconds"], 60);
}

#[test]
fn its_error_in_a_good_answer_is_booked_as_one() {
    let (_mock, quotah) = acme(answering(
        "application/json",
        r#"{"fault":{"kind":"busy"}}"#,
    ));
    let response = quotah.post("/acme/v2/m-1/run", "{}");
    let entry = quotah.entry(&response).0;
    assert_eq!(entry["outcome"], "upstream_error");
    assert_eq!(entry["cost_nanousd"], json!(null));
}

#[test]
fn a_body_that_does_not_tell_the_model_is_refused_before_it_is_sent() {
    let (mock, quotah) = acme(Directives::default());
    let refused = quotah.post("/acme/v2/any", r#"{"input":{}}"#);
    assert_eq!(refused.status, 400);
    let twice = quotah.post("/acme/v2/any", r#"{"input":{"model":"a","model":"b"}}"#);
    assert_eq!(twice.status, 400);
    assert!(mock.requests().is_empty());
}

#[test]
fn a_path_that_is_not_metered_passes_and_costs_nothing() {
    let (mock, quotah) = acme(answering("application/json", "{\"stats\":{\"in\":5}}"));
    let response = quotah.send(&Request::get("/acme/v2/models/list"));
    assert_eq!(response.status, 200);
    assert_eq!(mock.requests()[0].target, "/api/v2/models/list");
    let entry = quotah.entry(&response).0;
    assert_eq!(
        (&entry["operation"], &entry["input_tokens"]),
        (&json!("other"), &json!(0))
    );
}

#[test]
fn check_names_what_is_wrong_with_a_description_and_where() {
    let wrong = ADAPTER.replace("cached_input =", "cached_inputs =");
    let dir = tempfile::tempdir().expect("a directory");
    let config = Config::empty().provider("acme", "custom", "http://127.0.0.1:1", &wrong);
    std::fs::write(dir.path().join("quotah.toml"), config.toml()).expect("written");
    let check = Command::new(["check"]).dir(dir.path()).run();
    assert_eq!(check.code(), 78, "{}", check.stderr);
    let said = "[providers.adapter]: unknown field \"cached_inputs\", did you mean `cached_input`?";
    assert!(check.stderr.contains(said), "{}", check.stderr);
}

#[test]
fn the_documented_description_is_a_good_one() {
    let page = workspace().join("docs/custom-providers.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let example = page.split("```").nth(1).expect("an example");
    let example = example.strip_prefix("toml\n").expect("of TOML");
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("quotah.toml"), example).expect("written");
    let check = Command::new(["check"]).dir(dir.path()).run();
    assert_eq!(check.code(), 0, "{}", check.stderr);
}
