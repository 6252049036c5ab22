//! Paths at providers that have them otherwise than their dialect's inventor.

use super::super::*;

#[test]
fn providers_that_speak_two_dialects_have_a_path_for_each() {
    for (kind, base, path, expected) in TWO_DIALECTS.iter().copied() {
        let kind: ProviderKind = kind.parse().unwrap();
        let call = classify("POST", path).unwrap();
        assert!(kind.speaks(call.dialect), "{kind:?} {path}");
        let upstream = upstream_path(kind, base, &call, path, None);
        assert_eq!(upstream, expected, "{kind:?} {base:?} {path}");
    }
}

#[test]
fn a_router_s_path_keeps_the_version_of_the_provider_behind_it() {
    for (base, path, expected) in [
        (
            "/v1",
            "/together/v1/chat/completions",
            "/together/v1/chat/completions",
        ),
        (
            "/v1",
            "/novita/v3/openai/chat/completions",
            "/novita/v3/openai/chat/completions",
        ),
        ("/v1", "/chat/completions", "/v1/chat/completions"),
        ("/v1", "/v1/chat/completions", "/v1/chat/completions"),
        ("/v1", "/models/some/v1/model", "/v1/models/some/v1/model"),
        (
            "",
            "/beta/v1/completions?x=/v1/",
            "/beta/v1/completions?x=/v1/",
        ),
    ] {
        assert_eq!(raw_upstream_path(base, path), expected, "{base:?} {path}");
    }
}

#[test]
fn what_is_fetched_of_earlier_requests_is_told_by_its_path() {
    for (path, dialect, operation) in [
        (
            "/v1/files/file-1/content",
            Dialect::OpenAi,
            Operation::BatchResults,
        ),
        (
            "/openai/files/file-1/content?api-version=p",
            Dialect::OpenAi,
            Operation::BatchResults,
        ),
        ("/v1/files/file-1", Dialect::OpenAi, Operation::Other),
        (
            "/v1/responses/resp_1",
            Dialect::OpenAi,
            Operation::Retrieval,
        ),
        (
            "/openai/v1/responses/resp_1?stream=true",
            Dialect::OpenAi,
            Operation::Retrieval,
        ),
        (
            "/v1/responses/resp_1/input_items",
            Dialect::OpenAi,
            Operation::Other,
        ),
        (
            "/v1/messages/batches/b/results",
            Dialect::Anthropic,
            Operation::BatchResults,
        ),
    ] {
        let call = classify_raw("GET", path, Dialect::OpenAi);
        assert_eq!(
            (call.dialect, call.operation),
            (dialect, operation),
            "{path}"
        );
    }
    for path in ["/v1/responses/resp_1", "/v1/files/file-1/content"] {
        let call = classify_raw("DELETE", path, Dialect::OpenAi);
        assert_eq!(call.operation, Operation::Other, "{path}");
    }
}

/// Kind, path of the base URL, path of the client, path that the provider gets.
const TWO_DIALECTS: &[(&str, &str, &str, &str)] = &[
    ("deepseek", "", "/v1/chat/completions", "/chat/completions"),
    ("deepseek", "", "/v1/messages", "/anthropic/v1/messages"),
    (
        "deepseek",
        "/anthropic",
        "/v1/messages",
        "/anthropic/v1/messages",
    ),
    ("deepseek", "/v1", "/messages", "/anthropic/v1/messages"),
    (
        "zai",
        "/api/paas/v4",
        "/v1/messages?a",
        "/api/anthropic/v1/messages?a",
    ),
    (
        "zai",
        "/api/paas/v4",
        "/v1/chat/completions",
        "/api/paas/v4/chat/completions",
    ),
    (
        "alibaba",
        "/compatible-mode/v1",
        "/v1/messages",
        "/apps/anthropic/v1/messages",
    ),
    ("openrouter", "/api/v1", "/v1/messages", "/api/v1/messages"),
    ("xai", "/v1", "/messages", "/v1/messages"),
    (
        "perplexity",
        "",
        "/v1/chat/completions",
        "/chat/completions",
    ),
    ("perplexity", "", "/embeddings", "/v1/embeddings"),
    ("perplexity", "", "/v1/responses", "/v1/responses"),
    ("perplexity", "/v1", "/responses", "/v1/responses"),
    ("azure", "", "/v1/responses", "/openai/v1/responses"),
    ("azure", "/openai/v1", "/responses", "/openai/v1/responses"),
    (
        "azure",
        "/models",
        "/v1/chat/completions?api-version=p",
        "/models/chat/completions?api-version=p",
    ),
    (
        "azure",
        "/models",
        "/models/chat/completions",
        "/models/chat/completions",
    ),
    (
        "azure",
        "",
        "/models/chat/completions",
        "/models/chat/completions",
    ),
    (
        "azure",
        "/api/projects/p",
        "/v1/responses",
        "/api/projects/p/openai/v1/responses",
    ),
    (
        "azure",
        "/openai/deployments/d",
        "/chat/completions?api-version=p",
        "/openai/deployments/d/chat/completions?api-version=p",
    ),
    (
        "azure",
        "/openai/deployments/d",
        "/openai/deployments/e/chat/completions",
        "/openai/deployments/e/chat/completions",
    ),
];
