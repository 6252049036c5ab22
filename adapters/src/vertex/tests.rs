use crate::{Dialect, Operation, ProviderKind, classify, upstream_path};

type Told<'a> = (Dialect, Operation, Option<&'a str>, bool);

#[rustfmt::skip]
const PATHS: &[(&str, &str, Told<'_>)] = &[
    ("POST", "/v1/projects/p/locations/global/publishers/google/models/gemini-3-pro:generateContent", (Dialect::Gemini, Operation::GenerateContent, Some("gemini-3-pro"), false)),
    ("POST", "/v1beta1/projects/p/locations/l/publishers/google/models/gemini-3-pro%3AstreamGenerateContent?alt=sse", (Dialect::Gemini, Operation::GenerateContent, Some("gemini-3-pro"), true)),
    ("POST", "/v1beta1/publishers/google/models/gemini-embedding-001:predict", (Dialect::Gemini, Operation::Predict, Some("gemini-embedding-001"), false)),
    ("POST", "/v1/projects/p/locations/l/publishers/google/models/veo-3:predictLongRunning", (Dialect::Gemini, Operation::Predict, Some("veo-3"), false)),
    ("POST", "/v1/projects/p/locations/l/publishers/google/models/veo-3:fetchPredictOperation", (Dialect::Gemini, Operation::Other, Some("veo-3"), false)),
    ("POST", "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:countTokens", (Dialect::Gemini, Operation::CountTokens, Some("gemini-2.5-flash"), false)),
    ("POST", "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514:rawPredict", (Dialect::Anthropic, Operation::Messages, Some("claude-sonnet-4@20250514"), false)),
    ("POST", "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4%4020250514%3astreamRawPredict", (Dialect::Anthropic, Operation::Messages, Some("claude-sonnet-4@20250514"), true)),
    ("POST", "/v1/projects/p/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict", (Dialect::Anthropic, Operation::CountTokens, None, false)),
    ("POST", "/projects/p/locations/l/publishers/mistralai/models/codestral-2501:streamRawPredict", (Dialect::OpenAi, Operation::Chat, Some("codestral-2501"), true)),
    ("POST", "/v1/projects/p/locations/l/publishers/meta/models/llama-4:rawPredict", (Dialect::OpenAi, Operation::Chat, Some("llama-4"), false)),
    ("POST", "/v1/projects/p/locations/l/endpoints/openapi/chat/completions", (Dialect::OpenAi, Operation::Chat, None, false)),
    ("POST", "/v1beta1/projects/p/locations/l/endpoints/123/chat/completions", (Dialect::OpenAi, Operation::Chat, None, false)),
    ("POST", "/v1/projects/p/locations/l/endpoints/123:streamGenerateContent", (Dialect::Gemini, Operation::GenerateContent, Some("123"), true)),
    ("POST", "/v1/projects/p/locations/l/endpoints/123:rawPredict", (Dialect::OpenAi, Operation::Chat, Some("123"), false)),
    ("POST", "/v1beta1/projects/p/locations/global/interactions", (Dialect::Gemini, Operation::Interactions, None, false)),
    ("POST", "/v1/projects/p/locations/l/cachedContents", (Dialect::Gemini, Operation::Other, None, false)),
    ("GET", "/v1/projects/p/locations/l/operations/7", (Dialect::Gemini, Operation::Other, None, false)),
    ("GET", "/v1beta1/publishers/google/models", (Dialect::Gemini, Operation::Models, None, false)),
    ("GET", "/v1beta1/publishers/google/models/gemini-3-pro", (Dialect::Gemini, Operation::Models, None, false)),
];

#[test]
fn every_publishers_path_tells_its_format() {
    for &(method, path, (dialect, operation, model, streams)) in PATHS {
        let call = classify(method, path).unwrap();
        assert_eq!(
            (call.dialect, call.operation),
            (dialect, operation),
            "{path}"
        );
        assert_eq!(call.model(path).as_deref(), model, "{path}");
        assert_eq!(call.stream_in_path, streams, "{path}");
    }
}

#[test]
fn a_path_that_names_its_project_goes_up_as_it_is() {
    for &(method, path, _) in PATHS
        .iter()
        .filter(|(_, path, _)| path.contains("projects"))
    {
        let call = classify(method, path).unwrap();
        for base in ["", "/v1/projects/other/locations/global"] {
            let upstream = upstream_path(ProviderKind::VERTEX, base, &call, path, None);
            assert_eq!(upstream, path, "{base}");
        }
    }
}

#[test]
fn a_plain_gemini_client_is_sent_to_the_base_urls_project() {
    let base = "/v1/projects/p/locations/global";
    for (path, upstream) in [
        (
            "/v1beta/models/g:generateContent",
            "/v1/projects/p/locations/global/publishers/google/models/g:generateContent",
        ),
        (
            "/v1beta/interactions",
            "/v1/projects/p/locations/global/interactions",
        ),
        (
            "/v1/chat/completions",
            "/v1/projects/p/locations/global/endpoints/openapi/chat/completions",
        ),
    ] {
        let call = classify("POST", path).unwrap();
        assert_eq!(
            upstream_path(ProviderKind::VERTEX, base, &call, path, None),
            upstream
        );
    }
}

#[test]
fn a_renamed_model_is_put_into_the_path() {
    let path = "/v1/projects/p/locations/l/publishers/anthropic/models/claude:streamRawPredict";
    let call = classify("POST", path).unwrap();
    assert_eq!(
        upstream_path(ProviderKind::VERTEX, "", &call, path, Some("claude-4@1")),
        "/v1/projects/p/locations/l/publishers/anthropic/models/claude-4%401:streamRawPredict"
    );
}
