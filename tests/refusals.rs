//! What Quotah refuses, it refuses in the caller's dialect: status, shape, code and headers that SDKs act on.

use serde_json::Value;

use crate::harness::{Config, Request, Response, provider};

/// The three dialects, by a path of each.
const DIALECTS: [(&str, &str); 3] = [
    ("openai", "/v1/chat/completions"),
    ("anthropic", "/v1/messages"),
    ("gemini", "/v1beta/models/MODEL:generateContent"),
];

/// One row of the table of refusals.
struct Row {
    status: u16,
    openai: &'static str,
    anthropic: &'static str,
    gemini: &'static str,
}

const BAD_KEY: Row = Row {
    status: 401,
    openai: "invalid_api_key",
    anthropic: "authentication_error",
    gemini: "UNAUTHENTICATED",
};
const NOT_ALLOWED: Row = Row {
    status: 403,
    openai: "model_not_allowed",
    anthropic: "permission_error",
    gemini: "PERMISSION_DENIED",
};
const NO_ROUTE: Row = Row {
    status: 404,
    openai: "model_not_found",
    anthropic: "not_found_error",
    gemini: "NOT_FOUND",
};
const INVALID: Row = Row {
    status: 400,
    openai: "invalid_request",
    anthropic: "invalid_request_error",
    gemini: "INVALID_ARGUMENT",
};
const TOO_LARGE: Row = Row {
    status: 413,
    openai: "request_too_large",
    anthropic: "request_too_large",
    gemini: "INVALID_ARGUMENT",
};
const UNREACHABLE: Row = Row {
    status: 502,
    openai: "upstream_unreachable",
    anthropic: "api_error",
    gemini: "UNAVAILABLE",
};
const TIMEOUT: Row = Row {
    status: 504,
    openai: "upstream_timeout",
    anthropic: "timeout_error",
    gemini: "DEADLINE_EXCEEDED",
};
const OVERLOADED: Row = Row {
    status: 503,
    openai: "server_is_overloaded",
    anthropic: "overloaded_error",
    gemini: "UNAVAILABLE",
};

#[test]
fn a_missing_and_an_unknown_key_are_one_refusal_that_no_sdk_repeats() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("require_key = true")
        .key("k", KEY, "")
        .start();
    let mut messages = Vec::new();
    for (dialect, target) in DIALECTS {
        let request = ask(target, "m", "{}");
        let looks_like_ours = "sk-qh-abcdefabcdef-0123456789";
        for request in [
            request.clone(),
            request.clone().bearer("sk-unknown-to-us"),
            request.bearer(looks_like_ours),
        ] {
            let response = quotah.send(&request);
            messages.push(assert_refused(&response, dialect, &BAD_KEY));
            assert_eq!(response.header("x-should-retry"), Some("false"));
        }
    }
    messages.dedup();
    assert_eq!(
        messages.len(),
        1,
        "nothing tells a missing key from a wrong one: {messages:?}"
    );
    assert!(provider.requests().is_empty());
    let counted = quotah.metric("quotah_refused_total", &[("reason", "invalid_api_key")]);
    assert!((counted - 9.0).abs() < 0.1, "{counted}");
}

#[test]
fn an_unknown_key_of_our_shape_is_refused_even_where_no_key_is_needed() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (dialect, target) in DIALECTS {
        let request = ask(target, "m", "{}").bearer("sk-qh-abcdefabcdef-0123456789");
        assert_refused(&quotah.send(&request), dialect, &BAD_KEY);
    }
}

#[test]
fn a_model_or_provider_that_the_key_may_not_use_is_named() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("models", KEY, "models = [\"allowed-*\"]")
        .key(
            "providers",
            "sk-virtual-key-provider",
            "providers = [\"openai\"]",
        )
        .start();
    for (dialect, target) in DIALECTS {
        let response = quotah.send(&ask(target, "forbidden-1", "{}").bearer(KEY));
        let message = assert_refused(&response, dialect, &NOT_ALLOWED);
        assert!(message.contains("forbidden-1"), "{message}");
        let response = quotah.send(&ask(target, "allowed-1", "{}").bearer(KEY));
        assert_eq!(response.status, 200, "{}", response.text());
        let response = quotah.send(&ask(target, "any", "{}").bearer("sk-virtual-key-provider"));
        assert_eq!(
            response.status == 200,
            dialect == "openai",
            "{}",
            response.text()
        );
    }
}

#[test]
fn a_model_that_no_provider_of_the_dialect_can_serve_is_not_found() {
    let provider = provider();
    for (dialect, target) in DIALECTS {
        let (other, _) = DIALECTS
            .iter()
            .find(|(other, _)| *other != dialect)
            .expect("another");
        let quotah = Config::empty()
            .provider(other, other, &provider.url(), "")
            .start();
        let message = assert_refused(&quotah.send(&ask(target, "m", "{}")), dialect, &NO_ROUTE);
        assert!(!message.is_empty());
    }
}

#[test]
fn a_body_that_is_not_json_or_can_be_read_two_ways_never_goes_upstream() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for body in [
        "",
        "{",
        "nonsense",
        "[1]",
        "{\"model\":\"m\"} x",
        "{\"model\":\"a\",\"model\":\"b\"}",
        "{\"model\":7}",
        "{\"model\":\"m\",\"Model\":\"n\"}",
        "{\"model\":\"m\",\"stream\":\"yes\"}",
        "{\"model\":\"m\",\"stream\":true,\"stream\":false}",
    ] {
        for (dialect, target) in &DIALECTS[..2] {
            let response = quotah.send(&ask(target, "m", body));
            let message = assert_refused(&response, dialect, &INVALID);
            assert!(
                !message.contains("nonsense"),
                "prompts are not repeated: {message}"
            );
        }
    }
    let gemini = quotah.send(&ask(DIALECTS[2].1, "m", "{\"contents\":"));
    assert_refused(&gemini, "gemini", &INVALID);
    assert!(provider.requests().is_empty());
}

#[test]
fn a_body_over_the_bound_is_refused_by_its_length_or_as_it_grows() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("body_bytes_max = \"1KiB\"")
        .start();
    let body = format!("{{\"model\":\"m\",\"x\":\"{}\"}}", "x".repeat(2000));
    for (dialect, target) in DIALECTS {
        let target = target.replace("MODEL", "m");
        let known = quotah.send(&Request::post(&target, &body));
        let message = assert_refused(&known, dialect, &TOO_LARGE);
        assert!(message.contains("1024"), "{message}");
        let grown = quotah.send(&Request::of("POST", &target).chunked(&body, &[100]));
        assert_refused(&grown, dialect, &TOO_LARGE);
    }
    assert!(provider.requests().is_empty());
}

#[test]
fn a_provider_that_cannot_be_reached_or_says_nothing_in_time_is_told_apart() {
    let provider = provider();
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr();
    let nobody = format!("http://{}", free.expect("bound"));
    let short = "timeout_first_byte_ms = 200";
    let start = |url: &str| {
        let kinds = DIALECTS.iter().map(|(dialect, _)| *dialect);
        kinds
            .fold(Config::empty(), |config, kind| {
                config.provider(kind, kind, url, short)
            })
            .start()
    };
    let (unreachable, silent) = (start(&nobody), start(&provider.url()));
    for (dialect, target) in DIALECTS {
        assert_refused(
            &unreachable.send(&ask(target, "m", "{}")),
            dialect,
            &UNREACHABLE,
        );
        let hanging = ask(target, "m", "{}").header("x-mock-hang", "before-head");
        assert_refused(&silent.send(&hanging), dialect, &TIMEOUT);
    }
}

#[test]
fn a_client_may_wait_less_than_the_provider_is_given() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (dialect, target) in DIALECTS {
        let request = ask(target, "m", "{}")
            .header("x-mock-hang", "before-head")
            .header("x-quotah-timeout-ms", "200");
        assert_refused(&quotah.send(&request), dialect, &TIMEOUT);
    }
    let seen = crate::harness::served(&provider, 3);
    assert!(
        seen.iter().all(|request| request.aborted_at.is_some()),
        "the provider is let go"
    );
}

#[test]
fn one_request_too_many_in_flight_is_told_to_come_back() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("in_flight_max = 1")
        .start();
    let mut busy = quotah.connect();
    busy.send(
        ask(DIALECTS[0].1, "m", "{}")
            .header("x-mock-hang", "before-head")
            .bytes(),
    );
    crate::harness::eventually("the first request is upstream", || {
        (provider.requests_count() == 1).then_some(())
    });
    for (dialect, target) in DIALECTS {
        let response = quotah.send(&ask(target, "m", "{}"));
        assert_refused(&response, dialect, &OVERLOADED);
        let after: u64 = response
            .header("retry-after")
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        let after_ms: u64 = response
            .header("retry-after-ms")
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        assert!(after >= 1 && after_ms >= 1, "{}", response.head);
    }
}

#[test]
fn bodies_beyond_the_memory_for_them_are_told_to_come_back_and_what_was_held_is_given_back() {
    const BODY_BYTES: usize = 120_000;
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("body_bytes_max = 131072\nupload_held_bytes_max = 4096\nmemory_max = 300000")
        .start();
    let pad = " ".repeat(BODY_BYTES - r#"{"model":"m"}"#.len());
    let large = format!("{{\"model\":\"m\"{pad}}}");
    let held = || quotah.metric("quotah_held_body_bytes", &[]);
    let eventually_held = |bytes: usize| {
        crate::harness::eventually(&format!("{bytes} bytes held"), || {
            (held() as usize == bytes).then_some(())
        });
    };
    // One waits for its provider, one is all but here.
    let target = DIALECTS[0].1;
    let mut waiting = quotah.connect();
    waiting.send(
        ask(target, "m", &large)
            .header("x-mock-hang", "before-head")
            .bytes(),
    );
    eventually_held(BODY_BYTES);
    let mut arriving = quotah.connect();
    let bytes = ask(target, "m", &large).bytes();
    let (most, last) = bytes.split_at(bytes.len() - 1);
    arriving.send(most);
    eventually_held(2 * BODY_BYTES - 1);
    for (dialect, target) in DIALECTS {
        let announced = ask(target, "m", &large);
        let response = quotah.send(&announced);
        assert_refused(&response, dialect, &OVERLOADED);
        assert!(
            response.header("retry-after").is_some(),
            "{}",
            response.head
        );
        let chunked = Request::of("POST", &target.replace("MODEL", "m"))
            .header("content-type", "application/json")
            .chunked(&large, &[50_000]);
        assert_refused(&quotah.send(&chunked), dialect, &OVERLOADED);
    }
    eventually_held(2 * BODY_BYTES - 1);
    arriving.send(last);
    assert_eq!(arriving.response().status, 200);
    eventually_held(BODY_BYTES);
    // What has been answered cannot be sent again, even where the answer goes on.
    let mut streaming = quotah.connect();
    let stream = large.replacen("\"m\"", "\"m\",\"stream\":true", 1);
    let stream = ask(target, "m", &stream).header("x-mock-hang", "mid-stream");
    streaming.send(stream.bytes());
    assert_eq!(streaming.response_head().status, 200);
    eventually_held(BODY_BYTES);
    drop(waiting);
    eventually_held(0);
}

#[test]
fn a_path_that_nobody_has_is_404_and_a_greeting_is_200() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let response = quotah.send(&Request::get("/nowhere/at/all"));
    assert_eq!(
        (response.status, response.json()["error"]["code"].as_str()),
        (404, Some("unknown_url"))
    );
    for path in ["/", "/api/hello"] {
        let mut conn = quotah.connect();
        conn.send(Request::of("HEAD", path).bytes());
        assert_eq!(conn.response_head().status, 200, "{path}");
    }
    assert!(provider.requests().is_empty());
}

/// A `POST` whose path or body names `model`; `{}` stands for the least body.
fn ask(target: &str, model: &str, body: &str) -> Request {
    let body = if body == "{}" {
        format!("{{\"model\":\"{model}\"}}")
    } else {
        body.to_owned()
    };
    Request::post(&target.replace("MODEL", model), body)
}

/// The refusal is this row in this dialect; gives its message.
fn assert_refused(response: &Response, dialect: &str, row: &Row) -> String {
    let json = response.json();
    let seen = format!("{}{json}", response.head);
    assert_eq!(response.status, row.status, "{dialect}: {seen}");
    assert_eq!(
        response.header("content-type"),
        Some("application/json"),
        "{seen}"
    );
    let id = response.header("x-quotah-request-id").unwrap_or_default();
    assert_eq!(id.len(), 36, "{seen}");
    let error = &json["error"];
    match dialect {
        "openai" => {
            assert_eq!(error["code"], row.openai, "{seen}");
            assert!(
                error["type"].is_string() && error["param"].is_null(),
                "{seen}"
            );
        }
        "anthropic" => {
            assert_eq!(error["type"], row.anthropic, "{seen}");
            assert_eq!(
                (&json["type"], &json["request_id"]),
                (&Value::from("error"), &Value::from(id))
            );
        }
        _ => {
            assert_eq!(error["status"], row.gemini, "{seen}");
            assert_eq!(error["code"], row.status, "{seen}");
        }
    }
    error["message"].as_str().expect("a message").to_owned()
}

/// A virtual key.
const KEY: &str = "sk-virtual-key-of-refusals";
