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

#[test]
fn a_client_may_ask_for_one_provider_by_path_by_header_or_in_the_models_name() {
    let provider = provider();
    let url = provider.url();
    let quotah = Config::empty()
        .provider("openai", "openai", &url, "")
        .provider("spare", "openai", &url, "")
        .start();
    let chat = "/v1/chat/completions";
    for request in [
        Request::post("/spare/v1/chat/completions", r#"{"model":"gpt-4o-mini"}"#),
        Request::post(chat, r#"{"model":"gpt-4o-mini"}"#).header("x-quotah-provider", "spare"),
        Request::post(chat, r#"{"model":"spare/gpt-4o-mini"}"#),
    ] {
        let (response, recorded) = both_sides(&quotah, &provider, &request);
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(
            response.header("x-quotah-provider"),
            Some("spare"),
            "{request:?}"
        );
        assert_eq!(
            recorded.header("authorization"),
            Some("Bearer sk-test-spare")
        );
        assert_eq!(recorded.target, chat);
        assert_same(
            &recorded.body,
            br#"{"model":"gpt-4o-mini"}"#,
            "the provider's own name",
        );
    }
    let unknown = Request::post(chat, r#"{"model":"m"}"#).header("x-quotah-provider", "nobody");
    assert_eq!(quotah.send(&unknown).status, 404);
}

#[test]
fn a_path_that_one_kind_of_provider_has_leads_there_whoever_else_speaks_the_dialect() {
    let provider = provider();
    let url = provider.url();
    let others = Config::empty()
        .provider("openai", "openai", &url, "")
        .provider("anthropic", "anthropic", &url, "")
        .provider("gemini", "gemini", &url, "");
    let all = Config::empty()
        .provider("openai", "openai", &url, "")
        .provider("anthropic", "anthropic", &url, "")
        .provider("gemini", "gemini", &url, "")
        .provider("v", "vertex", &url, "")
        .provider("a", "azure", &url, "")
        .provider("b", "bedrock", &url, "")
        .start();
    let others = others.start();
    for (path, expected) in [
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5:rawPredict",
            "v",
        ),
        (
            "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent",
            "v",
        ),
        (
            "/v1/projects/p/locations/l/endpoints/openapi/chat/completions",
            "v",
        ),
        (
            "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21",
            "a",
        ),
        ("/models/chat/completions?api-version=2024-05-01", "a"),
        ("/model/anthropic.claude-3-haiku-20240307-v1:0/invoke", "b"),
        ("/model/gpt-4o-mini/converse", "b"),
    ] {
        let request = Request::post(path, r#"{"model":"gpt-4o-mini"}"#);
        let (response, recorded) = both_sides(&all, &provider, &request);
        assert_eq!(
            response.header("x-quotah-provider"),
            Some(expected),
            "{path}: {}",
            response.text()
        );
        assert_eq!(recorded.target, path);
        assert_eq!(others.send(&request).status, 404, "{path}");
    }
}

#[test]
fn of_several_that_know_a_model_the_dialects_own_is_asked_and_else_the_first() {
    let provider = provider();
    let url = provider.url();
    let quotah = Config::empty()
        .provider("a", "azure", &url, "")
        .provider("t", "together", &url, "")
        .provider("g", "groq", &url, "")
        .provider("o", "openai", &url, "")
        .provider("own", "openai-compatible", &url, "")
        .table("[[prices]]\nprovider = \"own\"\nmodel = \"mine\"\ninput_usd_per_mtok = \"1\"")
        .start();
    for (model, expected) in [
        ("gpt-4o-mini", "o"),
        ("llama-3.1-8b-instant", "g"),
        ("mine", "own"),
        ("unheard-of", "o"),
    ] {
        let body = format!(r#"{{"model":"{model}"}}"#);
        let answer = quotah.post("/v1/chat/completions", &body);
        let asked = answer.header("x-quotah-provider");
        assert_eq!(asked, Some(expected), "{model}: {}", answer.text());
    }
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
