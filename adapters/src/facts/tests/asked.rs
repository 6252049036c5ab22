//! What a request asks for beside its text, in every dialect.

use super::*;
use crate::provider::ProviderKind;

const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";
const INTERACTIONS: &str = "/v1beta/interactions";
const CONVERSE: &str = "/model/m/converse";
const INVOKE: &str = "/model/m/invoke";
const COHERE: &str = "/v2/chat";
const OLLAMA: &str = "/api/chat";

/// The body with a model, for dialects whose path names none.
pub(super) fn with_model(path: &str, members: &str) -> String {
    if path.contains("/model") {
        return format!("{{{members}}}");
    }
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"model":"m"{comma}{members}}}"#)
}

pub(super) fn said(path: &str, members: &str) -> Facts {
    facts(path, &with_model(path, members)).unwrap_or_else(|error| panic!("{members}: {error}"))
}

#[test]
fn every_dialect_has_a_place_for_a_cap_that_is_its_providers() {
    let openai = ProviderKind::OPENAI;
    for (path, kind, object, name, least) in [
        (CHAT, openai, None, "max_completion_tokens", 16),
        (CHAT, ProviderKind::AZURE, None, "max_completion_tokens", 16),
        (
            CHAT,
            ProviderKind::OPENAI_COMPATIBLE,
            None,
            "max_tokens",
            16,
        ),
        (CHAT, ProviderKind::OLLAMA, None, "max_tokens", 16),
        ("/v1/completions", openai, None, "max_tokens", 1),
        (RESPONSES, openai, None, "max_output_tokens", 16),
        (MESSAGES, ProviderKind::ANTHROPIC, None, "max_tokens", 1),
        (
            GENERATE,
            ProviderKind::GEMINI,
            Some("generationConfig"),
            "maxOutputTokens",
            1,
        ),
        (
            INTERACTIONS,
            ProviderKind::GEMINI,
            Some("generation_config"),
            "max_output_tokens",
            1,
        ),
        (
            CONVERSE,
            ProviderKind::BEDROCK,
            Some("inferenceConfig"),
            "maxTokens",
            1,
        ),
        (COHERE, ProviderKind::COHERE, None, "max_tokens", 1),
        (
            OLLAMA,
            ProviderKind::OLLAMA,
            Some("options"),
            "num_predict",
            1,
        ),
    ] {
        let facts = said(path, "");
        let place = facts.cap_place.clone().unwrap();
        let found = (
            place.member.object,
            place.member.name_at(kind),
            facts.output_cap_least(),
        );
        assert_eq!(found, (object, name, least), "{path}");
        assert!(facts.takes_output_cap(), "{path}");
    }
    for path in [
        "/v1/responses/compact",
        "/v1/embeddings",
        "/v1/messages/count_tokens",
        INVOKE,
    ] {
        assert!(!said(path, "").takes_output_cap(), "{path}");
    }
    assert!(said(INVOKE, r#""max_gen_len":9"#).takes_output_cap());
    assert!(said(INVOKE, r#""anthropic_version":"bedrock-2023-05-31""#).takes_output_cap());
}

#[test]
fn the_object_that_takes_a_cap_is_found_as_it_stands() {
    for (members, object) in [
        ("", ObjectAt::Absent),
        (r#""options":null"#, ObjectAt::Null(23..27)),
        (
            r#""options":{}"#,
            ObjectAt::Here(Brace {
                at: 23,
                is_empty: true,
            }),
        ),
        (
            r#""options":{"seed":1}"#,
            ObjectAt::Here(Brace {
                at: 23,
                is_empty: false,
            }),
        ),
    ] {
        let place = said(OLLAMA, members).cap_place.unwrap();
        assert_eq!(place.object, object, "{members}");
    }
}

#[test]
fn a_cap_that_caps_nothing_is_told_apart_from_one_that_is_absent() {
    for (path, members, caps) in [
        (
            OLLAMA,
            r#""options":{"num_predict":-1}"#,
            CapSaid::Unlimited,
        ),
        (
            OLLAMA,
            r#""options":{"num_predict":-2}"#,
            CapSaid::Unlimited,
        ),
        (OLLAMA, r#""options":{"num_predict":0}"#, CapSaid::Unlimited),
        (CHAT, r#""max_tokens":null"#, CapSaid::Null),
        (CHAT, r#""max_tokens":0"#, CapSaid::Tokens(0)),
    ] {
        let facts = said(path, members);
        let found: Vec<_> = facts.output_caps.iter().map(|cap| cap.said).collect();
        assert_eq!(found, [caps], "{members}");
    }
    let facts = said(CHAT, r#""max_tokens":-1,"max_completion_tokens":7"#);
    assert_eq!((facts.output_cap(), facts.allows(1_000_000)), (None, true));
    let facts = said(CHAT, r#""max_tokens":null,"max_completion_tokens":7"#);
    assert_eq!((facts.output_cap(), facts.allows(7)), (Some(7), true));
    assert!(!facts.allows(8));
}

#[test]
fn tools_that_the_provider_runs_are_counted_apart() {
    for (path, members, functions, built_in) in [
        (CHAT, r#""tools":[]"#, 0, 0),
        (CHAT, r#""tools":null"#, 0, 0),
        (
            CHAT,
            r#""tools":[{"type":"function","function":{"parameters":{"type":"x"}}},{"function":{}}]"#,
            2,
            0,
        ),
        (CHAT, r#""functions":[{},{}],"web_search_options":{}"#, 2, 1),
        (
            RESPONSES,
            r#""tools":[{"type":"function"},{"type":"web_search"},{"x":1,"type":"code_interpreter"},{"type":"custom"}]"#,
            2,
            2,
        ),
        (
            MESSAGES,
            r#""tools":[{"name":"a","input_schema":{"type":"object"}},{"type":"computer_20250124","name":"c"}],"mcp_servers":[{}]"#,
            1,
            2,
        ),
        (
            GENERATE,
            r#""tools":[{"functionDeclarations":[{},{}]},{"googleSearch":{}},{"code_execution":{},"newTool":[1]}]"#,
            2,
            3,
        ),
        (
            GENERATE,
            r#""tools":[{"function_declarations":[{}],"googleSearch":null}]"#,
            1,
            0,
        ),
        (INTERACTIONS, r#""tools":[{"type":"google_search"}]"#, 0, 1),
        (
            CONVERSE,
            r#""toolConfig":{"tools":[{"toolSpec":{"name":"a"}},{"cachePoint":{}},{"systemTool":{"name":"nova_grounding"}}]}"#,
            1,
            1,
        ),
        (
            COHERE,
            r#""tools":[{"type":"function"}],"connectors":[{"id":"web-search"}]"#,
            1,
            1,
        ),
        (
            OLLAMA,
            r#""tools":[{"type":"function","function":{}}]"#,
            1,
            0,
        ),
    ] {
        let tools = said(path, members).tools;
        assert_eq!(
            tools,
            ToolsAsked {
                functions,
                built_in
            },
            "{path} {members}"
        );
        assert_eq!(tools.count(), functions + built_in);
    }
}

#[test]
fn media_is_counted_by_the_piece_wherever_it_stands() {
    for (path, members, wanted) in [
        (
            CHAT,
            r#""messages":[{"content":[{"type":"text","text":"image_url"},{"type":"image_url","image_url":{"url":"u"}},{"type":"input_audio","input_audio":{"data":""}},{"type":"file","file":{"file_id":"f"}}]}]"#,
            (1, 1, 0, 1),
        ),
        (
            CHAT,
            r#""messages":[{"content":"image_url"}]"#,
            (0, 0, 0, 0),
        ),
        (
            RESPONSES,
            r#""input":[{"type":"message","content":[{"type":"input_image","image_url":"u"},{"type":"input_file","file_id":"f"}]},{"type":"computer_call_output","output":{"type":"computer_screenshot"}}]"#,
            (2, 0, 0, 1),
        ),
        (
            MESSAGES,
            r#""messages":[{"content":[{"type":"image","source":{}},{"type":"tool_use","input":{"type":"image"}},{"type":"tool_result","content":[{"type":"document"}]}]}]"#,
            (1, 0, 0, 1),
        ),
        (
            GENERATE,
            r#""contents":[{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"A"}},{"inline_data":{"data":"A","mime_type":"audio/wav"}},{"fileData":{"mimeType":"video/mp4","fileUri":"u"}},{"fileData":{"fileUri":"u"}}]}]"#,
            (1, 1, 1, 1),
        ),
        (
            CONVERSE,
            r#""messages":[{"content":[{"image":{"format":"png"}},{"document":{}},{"toolResult":{"content":[{"image":{}},{"video":{}}]}}]}]"#,
            (2, 0, 1, 1),
        ),
        (
            OLLAMA,
            r#""messages":[{"content":"a","images":["A","B"]}]"#,
            (2, 0, 0, 0),
        ),
    ] {
        let media = said(path, members).media;
        let found = (media.images, media.audio, media.videos, media.files);
        assert_eq!(found, wanted, "{path} {members}");
        let (images, audio, videos, files) = wanted;
        assert_eq!(media.count(), images + audio + videos + files);
    }
}

#[test]
fn what_lies_at_the_provider_is_counted() {
    for (path, members, stored) in [
        (RESPONSES, r#""input":"a""#, 0),
        (RESPONSES, r#""previous_response_id":null"#, 0),
        (RESPONSES, r#""previous_response_id":"resp_1""#, 1),
        (
            RESPONSES,
            r#""conversation":"conv_1","prompt":{"id":"p"}"#,
            2,
        ),
        (RESPONSES, r#""conversation":{"id":"conv_1"}"#, 1),
        (
            RESPONSES,
            r#""input":[{"type":"item_reference","id":"i"},{"content":[{"type":"input_file","file_id":"f"}]}]"#,
            2,
        ),
        (
            CHAT,
            r#""messages":[{"content":[{"type":"file","file":{"file_id":"f"}}]}]"#,
            1,
        ),
        (
            MESSAGES,
            r#""messages":[{"content":[{"type":"document","source":{"type":"file","file_id":"f"}}]}]"#,
            1,
        ),
        (GENERATE, r#""cachedContent":"cachedContents/1""#, 1),
        (
            GENERATE,
            r#""contents":[{"parts":[{"file_data":{"file_uri":"u"}}]}]"#,
            1,
        ),
        (INTERACTIONS, r#""previous_interaction_id":"i""#, 1),
        (
            CONVERSE,
            r#""messages":[{"content":[{"image":{"source":{"s3Location":{"uri":"s3://a"}}}}]}]"#,
            1,
        ),
    ] {
        assert_eq!(said(path, members).stored_inputs, stored, "{members}");
    }
    // A completion's prompt is its text.
    assert_eq!(said("/v1/completions", r#""prompt":"a""#).stored_inputs, 0);
}

#[test]
fn how_hard_to_think_is_read_in_words_and_tokens() {
    use EffortSaid::{AnyTokens, Level, OtherWord, Tokens};
    for (path, members, wanted) in [
        (
            CHAT,
            r#""reasoning_effort":"high""#,
            &[Level(EffortLevel::High)][..],
        ),
        (CHAT, r#""reasoning_effort":"default""#, &[]),
        (
            CHAT,
            r#""reasoning_effort":null,"thinking":{"type":"enabled"}"#,
            &[],
        ),
        (
            CHAT,
            r#""reasoning":{"effort":"xhigh","max_tokens":9}"#,
            &[Level(EffortLevel::XHigh), Tokens(9)],
        ),
        (
            RESPONSES,
            r#""reasoning":{"effort":"utmost"}"#,
            &[OtherWord],
        ),
        (
            MESSAGES,
            r#""thinking":{"type":"enabled","budget_tokens":2048},"output_config":{"effort":"max"}"#,
            &[Tokens(2_048), Level(EffortLevel::Max)],
        ),
        (
            GENERATE,
            r#""generationConfig":{"thinkingConfig":{"thinkingBudget":-1}}"#,
            &[AnyTokens],
        ),
        (
            GENERATE,
            r#""generation_config":{"thinking_config":{"thinkingBudget":"512","thinkingLevel":"LOW"}}"#,
            &[Tokens(512), Level(EffortLevel::Low)],
        ),
        (
            CONVERSE,
            r#""additionalModelRequestFields":{"thinking":{"budget_tokens":4096}}"#,
            &[Tokens(4_096)],
        ),
        (COHERE, r#""thinking":{"token_budget":100}"#, &[Tokens(100)]),
        (OLLAMA, r#""think":"medium""#, &[Level(EffortLevel::Medium)]),
        (OLLAMA, r#""think":true"#, &[]),
    ] {
        let facts = said(path, members);
        let found: Vec<_> = facts.efforts.iter().map(|effort| effort.said).collect();
        assert_eq!(found, wanted, "{members}");
    }
    let thinking = said(MESSAGES, r#""thinking":{"budget_tokens":2048}"#);
    assert_eq!(thinking.output_cap_least(), 1_025);
}

#[test]
fn the_tier_of_service_is_told_as_it_is_spelled() {
    for (path, members, tier) in [
        (CHAT, r#""service_tier":"flex""#, Some("flex")),
        (CHAT, r#""service_tier":null"#, None),
        (RESPONSES, r#""service_tier":"priority""#, Some("priority")),
        (
            MESSAGES,
            r#""service_tier":"standard_only""#,
            Some("standard_only"),
        ),
        (GENERATE, r#""serviceTier":"priority""#, Some("priority")),
        (CONVERSE, r#""serviceTier":{"type":"flex"}"#, Some("flex")),
    ] {
        assert_eq!(
            said(path, members).service_tier.as_deref(),
            tier,
            "{members}"
        );
    }
}

#[test]
fn answers_asked_for_are_found_with_their_places() {
    let body = with_model(CHAT, r#""n":3,"best_of":5"#);
    let facts = facts(CHAT, &body).unwrap();
    let found: Vec<_> = facts
        .answers_asked
        .iter()
        .map(|asked| (asked.count, &body[asked.span.clone()]))
        .collect();
    assert_eq!((facts.answers, found), (5, vec![(3, "3"), (5, "5")]));
}

#[test]
fn a_temperature_of_zero_is_seen_wherever_its_dialect_says_it() {
    for (path, body) in [
        (CHAT, r#"{"model":"m","temperature":0}"#),
        (CHAT, r#"{"model":"m","temperature": 0.00 }"#),
        (CHAT, r#"{"model":"m","temperature":0e0}"#),
        (CHAT, r#"{"model":"m","temperature":-0.0E+5}"#),
        (CHAT, r#"{"model":"m","temperature":0,"temperature":0}"#),
        ("/v1/responses", r#"{"model":"m","temperature":0}"#),
        ("/v1/messages", r#"{"model":"m","temperature":0}"#),
        ("/v2/chat", r#"{"model":"m","temperature":0}"#),
        ("/api/chat", r#"{"model":"m","options":{"temperature":0}}"#),
        (GENERATE, r#"{"generationConfig":{"temperature":0}}"#),
        (GENERATE, r#"{"generation_config":{"temperature":0}}"#),
        (CONVERSE, r#"{"inferenceConfig":{"temperature":0}}"#),
        (INVOKE, r#"{"temperature":0}"#),
        (INVOKE, r#"{"textGenerationConfig":{"temperature":0}}"#),
    ] {
        let facts = facts(path, body).unwrap();
        assert_eq!(facts.temperature_zero, SaidOnly::This, "{path} {body}");
    }
}

#[test]
fn any_other_temperature_is_another_and_never_an_error() {
    for value in [
        "1", "0.7", "0.01", "1e0", "10", "null", "true", "\"0\"", "[0]", "{}",
    ] {
        let body = format!(r#"{{"model":"m","temperature":{value}}}"#);
        let found = facts(CHAT, &body).unwrap();
        assert_eq!(found.temperature_zero, SaidOnly::Other, "{value}");
        for body in [
            format!(r#"{{"model":"m","temperature":0,"temperature":{value}}}"#),
            format!(r#"{{"model":"m","temperature":{value},"temperature":0}}"#),
        ] {
            let found = facts(CHAT, &body).unwrap();
            assert_eq!(found.temperature_zero, SaidOnly::Other, "{body}");
        }
    }
    let elsewhere = r#"{"model":"m","metadata":{"temperature":0}}"#;
    let found = facts(CHAT, elsewhere).unwrap();
    assert_eq!(found.temperature_zero, SaidOnly::Nothing);
}

#[test]
fn only_a_plain_false_declines_to_have_the_answer_stored() {
    for (store, said) in [
        ("", SaidOnly::Nothing),
        (r#","store":false"#, SaidOnly::This),
        (r#","store":true"#, SaidOnly::Other),
        (r#","store":null"#, SaidOnly::Other),
        (r#","store":false,"store":true"#, SaidOnly::Other),
    ] {
        let body = format!(r#"{{"model":"m"{store}}}"#);
        let found = facts("/v1/responses", &body).unwrap();
        assert_eq!(found.store_declined, said, "{body}");
    }
}
