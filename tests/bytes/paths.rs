//! Which path the provider gets for the client's, whatever the method.

use super::{assert_same, both_sides};
use crate::harness::{Config, Request, provider};

#[test]
fn every_spelling_of_a_path_leads_to_the_providers_one() {
    let provider = provider();
    let url = provider.url();
    for base in ["", "/v1", "/v1/"] {
        let quotah = Config::empty()
            .provider("openai", "openai", &format!("{url}{base}"), "")
            .provider("anthropic", "anthropic", &url, "")
            .provider("gemini", "gemini", &url, "")
            .start();
        for (sent, expected) in SPELLINGS {
            let (response, recorded) =
                both_sides(&quotah, &provider, &Request::post(sent, r#"{"model":"m"}"#));
            assert_eq!(response.status, 200, "{sent}: {}", response.text());
            assert_eq!(recorded.target, expected, "{sent} toward {base:?}");
        }
    }
}

#[test]
fn every_method_passes_with_its_path_query_and_body() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (method, target, body) in [
        ("GET", "/v1/files/file-1/content?after=%2Fa%20b&x", ""),
        ("DELETE", "/v1/files/file-1", ""),
        ("DELETE", "/v1/responses/resp_1", "{}"),
        ("POST", "/v1/files", "--b\r\nnot json\u{0}\r\n--b--\r\n"),
        ("PUT", "/v1/unheard/of", "plain"),
        ("PATCH", "/anthropic/v1/organizations/x", "{}"),
    ] {
        let request = Request::of(method, target);
        let request = if body.is_empty() {
            request
        } else {
            request.body(body)
        };
        let (response, recorded) = both_sides(&quotah, &provider, &request);
        assert_eq!(
            response.status,
            200,
            "{method} {target}: {}",
            response.text()
        );
        assert_eq!(recorded.method, method);
        assert_eq!(recorded.target, target.trim_start_matches("/anthropic"));
        assert_same(&recorded.body, body.as_bytes(), target);
        let announced = (!body.is_empty()).then(|| body.len().to_string());
        assert_eq!(
            recorded.header("content-length"),
            announced.as_deref(),
            "{method} {target}"
        );
        assert_same(&response.body, b"{}", target);
    }
}

#[test]
fn head_is_answered_with_the_providers_head_and_no_body() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let mut conn = quotah.connect();
    for _ in 0..2 {
        conn.send(Request::of("HEAD", "/v1/models/gpt-4o-mini").bytes());
        let head = conn.response_head();
        assert_eq!(
            (head.status, head.header("content-length")),
            (200, Some("2")),
            "{}",
            head.head
        );
    }
    assert_eq!(provider.requests()[1].method, "HEAD");
}

#[test]
fn one_connection_serves_one_request_after_another() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let mut conn = quotah.connect();
    for n in 0..20 {
        let body = format!(
            r#"{{"model":"gpt-4o-mini","n":{n},"stream":{}}}"#,
            n % 2 == 0
        );
        let answer = conn.exchange(&Request::post("/v1/chat/completions", &body));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(provider.requests_count(), 20);
    assert_eq!(
        provider.connections_count(),
        1,
        "the provider's connection is kept too"
    );
}

/// What clients write, and what the provider gets.
const SPELLINGS: [(&str, &str); 10] = [
    ("/v1/chat/completions", "/v1/chat/completions"),
    ("/chat/completions", "/v1/chat/completions"),
    ("/v1/v1/chat/completions", "/v1/chat/completions"),
    (
        "/openai/v1/chat/completions?a=b",
        "/v1/chat/completions?a=b",
    ),
    ("/v1/embeddings", "/v1/embeddings"),
    ("/v1/messages?beta=true", "/v1/messages?beta=true"),
    ("/v1/v1/messages", "/v1/messages"),
    ("/anthropic/v1/messages", "/v1/messages"),
    (
        "/v1beta/models/g:generateContent",
        "/v1beta/models/g:generateContent",
    ),
    (
        "/gemini/v1/models/g%3AcountTokens?x=1",
        "/v1/models/g%3AcountTokens?x=1",
    ),
];
