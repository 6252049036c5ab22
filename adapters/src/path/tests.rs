use proptest::prelude::*;

use super::*;

mod providers;

fn told(method: &str, path: &str) -> Option<(Dialect, Operation)> {
    classify(method, path).map(|call| (call.dialect, call.operation))
}

#[test]
fn paths_tell_dialect_and_operation() {
    for (method, path, expected) in TOLD.iter().copied() {
        assert_eq!(told(method, path), Some(expected), "{method} {path}");
    }
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/favicon.ico",
        "/api/hello",
        "/chat2/completions",
        "",
        "*",
        "/v1x/messages",
    ] {
        let known = told("GET", path);
        assert!(
            known.is_none() || known == Some((Dialect::OpenAi, Operation::Other)),
            "{path}: {known:?}"
        );
    }
    assert_eq!(told("GET", "/favicon.ico"), None);
}

#[test]
fn greetings_are_answered_here() {
    for path in ["/", "/api/hello", "/?x"] {
        assert!(classify("HEAD", path).unwrap().is_greeting, "{path}");
        assert!(classify("GET", path).is_none_or(|call| !call.is_greeting));
    }
    assert!(!classify("HEAD", "/v1/models").unwrap().is_greeting);
}

#[test]
fn gemini_paths_tell_model_and_stream() {
    for (path, model, stream, sse) in [
        (
            "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
            "gemini-2.5-flash",
            true,
            true,
        ),
        (
            "/v1beta/models/gemini-2.5-flash:streamGenerateContent?key=k&alt=json",
            "gemini-2.5-flash",
            true,
            false,
        ),
        (
            "/v1/models/openai/gpt-4o%3AgenerateContent",
            "openai/gpt-4o",
            false,
            false,
        ),
        (
            "/v1/v1beta/models/llama3:8b:generateContent",
            "llama3:8b",
            false,
            false,
        ),
        (
            "/models/a%20b%3A8b%3AgenerateContent",
            "a b:8b",
            false,
            false,
        ),
        (
            "/v1beta/tunedModels/mine:generateContent",
            "mine",
            false,
            false,
        ),
    ] {
        let call = classify("POST", path).unwrap();
        assert_eq!(call.model(path).as_deref(), Some(model), "{path}");
        assert_eq!((call.stream_in_path, call.alt_sse), (stream, sse), "{path}");
    }
}

#[test]
fn a_shared_path_is_spoken_in_the_dialect_that_a_header_tells() {
    let shared = classify("GET", "/v1/models")
        .unwrap()
        .spoken_in(Dialect::Anthropic);
    assert_eq!(shared.dialect, Dialect::Anthropic);
    let own = classify("POST", "/v1/chat/completions")
        .unwrap()
        .spoken_in(Dialect::Anthropic);
    assert_eq!(own.dialect, Dialect::OpenAi);
}

#[test]
fn a_provider_gets_its_own_version_once() {
    for (kind, base, path, upstream) in UPSTREAM.iter().copied() {
        let call = classify("POST", path).unwrap();
        assert_eq!(
            upstream_path(kind, base, &call, path, None),
            upstream,
            "{kind:?} {base} {path}"
        );
    }
}

#[test]
fn a_model_in_the_path_can_be_renamed() {
    let path = "/v1/models/fast%3AstreamGenerateContent?alt=sse";
    let call = classify("POST", path).unwrap();
    let upstream = upstream_path(ProviderKind::GEMINI, "", &call, path, Some("gemini-2.5:é"));
    assert_eq!(
        upstream,
        "/v1/models/gemini-2.5%3A%C3%A9%3AstreamGenerateContent?alt=sse"
    );
    let path = "/v1/messages";
    let call = classify("POST", path).unwrap();
    assert_eq!(
        upstream_path(ProviderKind::ANTHROPIC, "", &call, path, Some("claude")),
        path
    );
}

#[test]
fn a_providers_own_path_is_told_by_its_end_and_left_alone() {
    for (path, operation, base, upstream) in [
        (
            "/openai/v1/chat/completions?a",
            Operation::Chat,
            "",
            "/openai/v1/chat/completions?a",
        ),
        (
            "/api/v1/responses",
            Operation::Responses,
            "/x",
            "/x/api/v1/responses",
        ),
        (
            "/v1/chat/completions",
            Operation::Chat,
            "/v1",
            "/v1/chat/completions",
        ),
        (
            "/chat/completions",
            Operation::Chat,
            "/v1",
            "/v1/chat/completions",
        ),
        ("/v1beta/x", Operation::Other, "/v1", "/v1beta/x"),
        (
            "/any//thing?x=/v1/messages",
            Operation::Other,
            "",
            "/any//thing?x=/v1/messages",
        ),
    ] {
        let call = classify_raw("POST", path, Dialect::OpenAi);
        assert_eq!(call.operation, operation, "{path}");
        assert_eq!(raw_upstream_path(base, path), upstream);
    }
    let path = "/proxy/v1beta/models/g%3AgenerateContent";
    let call = classify_raw("POST", path, Dialect::Gemini);
    assert_eq!(call.model(path).as_deref(), Some("g"));
    assert!(!classify_raw("HEAD", "/", Dialect::OpenAi).is_greeting);
}

proptest! {
    #[test]
    fn what_follows_the_version_survives_byte_for_byte(
        suffix in "(/[a-z%3A:._~é-]{1,12}){1,3}(\\?[a-z=&%+/?]{0,20})?", versions in 1..3_usize,
    ) {
        // A version more is one too many.
        prop_assume!(split_versions(&suffix).0.is_none());
        let path = "/v1".repeat(versions) + &suffix;
        let call = classify("POST", &path).unwrap();
        let upstream = upstream_path(ProviderKind::OPENAI, "/base", &call, &path, None);
        prop_assert!(upstream.starts_with("/base/v1/"));
        prop_assert!(upstream.ends_with(&suffix), "{} {}", path, upstream);
    }

    #[test]
    fn no_path_is_too_odd(method in "GET|POST|HEAD", path in "\\PC{0,40}|(/v1|/v1beta|/models|/openai|/upload|:|%3A|\\?|/|é){0,8}") {
        if let Some(call) = classify(&method, &path) {
            let _ = (call.model(&path), upstream_path(ProviderKind::GEMINI, "/x", &call, &path, Some("m")));
        }
    }
}

const TOLD: &[(&str, &str, (Dialect, Operation))] = &[
    (
        "POST",
        "/v1/chat/completions",
        (Dialect::OpenAi, Operation::Chat),
    ),
    (
        "POST",
        "/chat/completions",
        (Dialect::OpenAi, Operation::Chat),
    ),
    (
        "POST",
        "/v1/v1/chat/completions/",
        (Dialect::OpenAi, Operation::Chat),
    ),
    (
        "POST",
        "//v1//chat/completions",
        (Dialect::OpenAi, Operation::Chat),
    ),
    (
        "GET",
        "/v1/chat/completions",
        (Dialect::OpenAi, Operation::Other),
    ),
    (
        "POST",
        "/v1/completions",
        (Dialect::OpenAi, Operation::Completions),
    ),
    (
        "POST",
        "/v1/responses?x=/v1/messages",
        (Dialect::OpenAi, Operation::Responses),
    ),
    (
        "POST",
        "/v1/responses/compact",
        (Dialect::OpenAi, Operation::Responses),
    ),
    (
        "GET",
        "/v1/responses/resp_1",
        (Dialect::OpenAi, Operation::Retrieval),
    ),
    (
        "POST",
        "/embeddings",
        (Dialect::OpenAi, Operation::Embeddings),
    ),
    ("GET", "/v1/models", (Dialect::OpenAi, Operation::Models)),
    (
        "GET",
        "/models/gpt-4o",
        (Dialect::OpenAi, Operation::Models),
    ),
    (
        "DELETE",
        "/v1/models/ft:gpt-4o:acme::1",
        (Dialect::OpenAi, Operation::Models),
    ),
    (
        "POST",
        "/v1/audio/transcriptions",
        (Dialect::OpenAi, Operation::Transcription),
    ),
    (
        "POST",
        "/audio/speech",
        (Dialect::OpenAi, Operation::Speech),
    ),
    (
        "POST",
        "/v1/images/edits",
        (Dialect::OpenAi, Operation::Images),
    ),
    (
        "POST",
        "/v1/moderations",
        (Dialect::OpenAi, Operation::Moderations),
    ),
    ("POST", "/v1/rerank", (Dialect::OpenAi, Operation::Rerank)),
    ("POST", "/v1/ocr", (Dialect::OpenAi, Operation::Ocr)),
    ("POST", "/v2/chat", (Dialect::Cohere, Operation::Chat)),
    ("POST", "/v1/chat", (Dialect::Cohere, Operation::Chat)),
    ("POST", "/v2/rerank", (Dialect::Cohere, Operation::Rerank)),
    (
        "POST",
        "/v1/embed",
        (Dialect::Cohere, Operation::Embeddings),
    ),
    ("POST", "/api/chat", (Dialect::Ollama, Operation::Chat)),
    (
        "POST",
        "/api/generate",
        (Dialect::Ollama, Operation::Completions),
    ),
    ("GET", "/api/tags", (Dialect::Ollama, Operation::Models)),
    (
        "POST",
        "/openai/deployments/mine/chat/completions?api-version=2024-10-21",
        (Dialect::OpenAi, Operation::Chat),
    ),
    (
        "POST",
        "/model/us.amazon.nova-micro-v1%3A0/converse-stream",
        (Dialect::Bedrock, Operation::Converse),
    ),
    (
        "POST",
        "/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.x/invoke-with-response-stream",
        (Dialect::Bedrock, Operation::Invoke),
    ),
    (
        "POST",
        "/async-invoke",
        (Dialect::Bedrock, Operation::Other),
    ),
    (
        "POST",
        "/guardrail/g/version/DRAFT/apply",
        (Dialect::Bedrock, Operation::Other),
    ),
    (
        "POST",
        "/model/anthropic.claude-3-haiku-20240307-v1:0/invoke",
        (Dialect::Bedrock, Operation::Invoke),
    ),
    (
        "POST",
        "/v1/projects/p/locations/global/publishers/google/models/gemini-2.5-flash:generateContent",
        (Dialect::Gemini, Operation::GenerateContent),
    ),
    (
        "POST",
        "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514:streamRawPredict",
        (Dialect::Anthropic, Operation::Messages),
    ),
    (
        "POST",
        "/v1/projects/p/locations/us/publishers/mistralai/models/mistral-small:rawPredict",
        (Dialect::OpenAi, Operation::Chat),
    ),
    (
        "POST",
        "/v1/some/new/thing",
        (Dialect::OpenAi, Operation::Other),
    ),
    ("GET", "/files", (Dialect::OpenAi, Operation::Other)),
    (
        "POST",
        "/v1/messages?beta=true",
        (Dialect::Anthropic, Operation::Messages),
    ),
    (
        "POST",
        "/v1/v1/messages",
        (Dialect::Anthropic, Operation::Messages),
    ),
    (
        "POST",
        "/messages",
        (Dialect::Anthropic, Operation::Messages),
    ),
    (
        "POST",
        "/v1/messages/count_tokens",
        (Dialect::Anthropic, Operation::CountTokens),
    ),
    (
        "POST",
        "/v1/messages/batches",
        (Dialect::Anthropic, Operation::Other),
    ),
    (
        "POST",
        "/v1/complete",
        (Dialect::Anthropic, Operation::Other),
    ),
    (
        "POST",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        (Dialect::Gemini, Operation::GenerateContent),
    ),
    (
        "POST",
        "/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        (Dialect::Gemini, Operation::GenerateContent),
    ),
    (
        "POST",
        "/models/gemini-2.5-flash%3AgenerateContent",
        (Dialect::Gemini, Operation::GenerateContent),
    ),
    (
        "POST",
        "/v1beta/models/e%3abatchEmbedContents",
        (Dialect::Gemini, Operation::EmbedContent),
    ),
    (
        "POST",
        "/v1beta/models/e:embedContent",
        (Dialect::Gemini, Operation::EmbedContent),
    ),
    (
        "POST",
        "/v1beta/models/e:countTokens",
        (Dialect::Gemini, Operation::CountTokens),
    ),
    (
        "POST",
        "/v1beta/models/v:predictLongRunning",
        (Dialect::Gemini, Operation::Predict),
    ),
    (
        "GET",
        "/v1beta/models",
        (Dialect::Gemini, Operation::Models),
    ),
    (
        "GET",
        "/v1beta/models/gemini-2.5-flash",
        (Dialect::Gemini, Operation::Models),
    ),
    (
        "POST",
        "/v1beta/cachedContents",
        (Dialect::Gemini, Operation::Other),
    ),
    (
        "POST",
        "/upload/v1beta/files",
        (Dialect::Gemini, Operation::Other),
    ),
    (
        "POST",
        "/v1beta/openai/chat/completions",
        (Dialect::OpenAi, Operation::Chat),
    ),
    (
        "POST",
        "/v1beta/openai/embeddings",
        (Dialect::OpenAi, Operation::Embeddings),
    ),
];

const UPSTREAM: &[(ProviderKind, &str, &str, &str)] = &[
    (
        ProviderKind::OPENAI,
        "",
        "/v1/chat/completions",
        "/v1/chat/completions",
    ),
    (
        ProviderKind::OPENAI,
        "/v1/",
        "//chat/completions?b=2&a=%20",
        "/v1/chat/completions?b=2&a=%20",
    ),
    (
        ProviderKind::OPENAI,
        "/v1",
        "/v1/v1/files/../x//y?",
        "/v1/files/../x//y?",
    ),
    (
        ProviderKind::OPENAI_COMPATIBLE,
        "/api/paas/v4",
        "/v1/chat/completions",
        "/api/paas/v4/chat/completions",
    ),
    (
        ProviderKind::ANTHROPIC,
        "",
        "/v1/v1/messages?beta=true",
        "/v1/messages?beta=true",
    ),
    (
        ProviderKind::ANTHROPIC,
        "/anthropic",
        "/messages",
        "/anthropic/v1/messages",
    ),
    (
        ProviderKind::GEMINI,
        "",
        "/v1/models/g:generateContent",
        "/v1/models/g:generateContent",
    ),
    (
        ProviderKind::GEMINI,
        "",
        "/v1beta/models/g%3AgenerateContent",
        "/v1beta/models/g%3AgenerateContent",
    ),
    (
        ProviderKind::GEMINI,
        "",
        "/models/g:generateContent",
        "/v1beta/models/g:generateContent",
    ),
    (
        ProviderKind::GEMINI,
        "/x/v1alpha",
        "/models/g:generateContent",
        "/x/v1alpha/models/g:generateContent",
    ),
    (
        ProviderKind::GEMINI,
        "",
        "/upload/v1beta/files?a",
        "/upload/v1beta/files?a",
    ),
    (
        ProviderKind::GEMINI,
        "",
        "/v1beta/openai/chat/completions",
        "/v1beta/openai/chat/completions",
    ),
    (
        ProviderKind::GEMINI,
        "/v1beta/openai",
        "/v1/chat/completions",
        "/v1beta/openai/chat/completions",
    ),
    (
        ProviderKind::GEMINI,
        "",
        "/v1/chat/completions",
        "/v1beta/openai/chat/completions",
    ),
    (
        ProviderKind::OPENAI,
        "",
        "/v1beta/openai/chat/completions",
        "/v1/chat/completions",
    ),
    (
        ProviderKind::AZURE,
        "",
        "/v1/chat/completions",
        "/openai/v1/chat/completions",
    ),
    (
        ProviderKind::AZURE,
        "/openai/v1",
        "/chat/completions",
        "/openai/v1/chat/completions",
    ),
    (
        ProviderKind::AZURE,
        "/openai/v1",
        "/openai/deployments/d/chat/completions?api-version=2024-10-21",
        "/openai/deployments/d/chat/completions?api-version=2024-10-21",
    ),
    (
        ProviderKind::AZURE,
        "/models",
        "/v1/chat/completions?api-version=2024-05-01-preview",
        "/models/chat/completions?api-version=2024-05-01-preview",
    ),
    (
        ProviderKind::VERTEX,
        "/v1/projects/p/locations/global",
        "/v1beta/models/g:generateContent",
        "/v1/projects/p/locations/global/publishers/google/models/g:generateContent",
    ),
    (
        ProviderKind::VERTEX,
        "",
        "/v1beta/models/g:generateContent",
        "/v1/publishers/google/models/g:generateContent",
    ),
    (
        ProviderKind::VERTEX,
        "/v1/projects/p/locations/global",
        "/v1beta1/projects/q/locations/l/publishers/anthropic/models/c@1:rawPredict",
        "/v1beta1/projects/q/locations/l/publishers/anthropic/models/c@1:rawPredict",
    ),
    (
        ProviderKind::VERTEX,
        "/v1/projects/p/locations/global",
        "/v1/chat/completions",
        "/v1/projects/p/locations/global/endpoints/openapi/chat/completions",
    ),
    (
        ProviderKind::BEDROCK,
        "",
        "/model/us.amazon.nova-micro-v1%3A0/converse",
        "/model/us.amazon.nova-micro-v1%3A0/converse",
    ),
    (
        ProviderKind::BEDROCK,
        "",
        "/v1/responses",
        "/openai/v1/responses",
    ),
    (
        ProviderKind::BEDROCK,
        "/v1",
        "/v1/chat/completions",
        "/v1/chat/completions",
    ),
    (
        ProviderKind::BEDROCK,
        "/proxy/openai/v1",
        "/responses",
        "/proxy/openai/v1/responses",
    ),
    (
        ProviderKind::BEDROCK,
        "/openai/v1",
        "/model/m/invoke",
        "/model/m/invoke",
    ),
    (
        ProviderKind::BEDROCK,
        "/openai/v1",
        "/v1/messages?beta=true",
        "/anthropic/v1/messages?beta=true",
    ),
    (
        ProviderKind::BEDROCK,
        "/anthropic",
        "/v1/messages/count_tokens",
        "/anthropic/v1/messages/count_tokens",
    ),
    (
        ProviderKind::BEDROCK,
        "/v1",
        "/v1/messages",
        "/anthropic/v1/messages",
    ),
    (
        ProviderKind::BEDROCK,
        "",
        "/guardrail/g/version/1/apply",
        "/guardrail/g/version/1/apply",
    ),
    (ProviderKind::COHERE, "", "/v2/chat", "/v2/chat"),
    (ProviderKind::COHERE, "/v2", "/v1/chat", "/v1/chat"),
    (ProviderKind::COHERE, "", "/chat", "/v2/chat"),
    (
        ProviderKind::COHERE,
        "",
        "/v1/chat/completions",
        "/compatibility/v1/chat/completions",
    ),
    (ProviderKind::OLLAMA, "", "/api/chat", "/api/chat"),
    (
        ProviderKind::OLLAMA,
        "/v1",
        "/chat/completions",
        "/v1/chat/completions",
    ),
    (
        ProviderKind::OLLAMA,
        "",
        "/v1/chat/completions",
        "/v1/chat/completions",
    ),
];
