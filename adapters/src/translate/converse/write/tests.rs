use serde_json::{Value, json};

use super::super::super::json::Spelled;
use super::super::super::request::{File, Part, Source, ToolCall, ToolResult};
use super::super::super::signature::Signature;
use super::*;
use crate::call::Dialect;
use crate::facts::EffortLevel;
use crate::translate::check::{hello, spelled, text, turn};
use crate::translate::request::{CacheMark, Reasoning, Sampling, Tool, ToolChoice, ToolKind};
use crate::translate::{Form, check};

mod documents;
mod models;

fn written_to(model: &str, request: &Request<'_>) -> Result<Value, Untranslatable> {
    let to = To {
        model,
        ..check::to(Form::Converse)
    };
    let written = write(request, &to)?;
    Ok(serde_json::from_str(&written).unwrap())
}

const OLDER: &str = "anthropic.claude-sonnet-4-20250514-v1:0";
const CLAUDE: &str = "us.anthropic.claude-sonnet-4-6";

fn written(request: &Request<'_>) -> Value {
    written_to(CLAUDE, request).unwrap()
}

fn call<'a>(id: &'a str, input: &'a str) -> Part<'a> {
    Part::ToolCall(ToolCall {
        id: spelled(id),
        name: spelled("f"),
        input: spelled(input),
        signature: None,
        cache: None,
        is_custom: false,
    })
}

fn result<'a>(id: &'a str, told: &'a str) -> ToolResult<'a> {
    ToolResult {
        id: spelled(id),
        name: None,
        parts: vec![text(told)],
        is_error: false,
        cache: None,
    }
}

#[test]
fn a_turn_of_text_is_written() {
    let request = Request {
        system: vec![text("Be brief.")],
        output_max: Some(100),
        stop: vec![spelled("END")],
        sampling: Sampling {
            temperature: Some("0.50"),
            top_p: Some("1e-1"),
            ..Sampling::default()
        },
        ..hello()
    };
    assert_eq!(
        written_to(OLDER, &request).unwrap(),
        json!({
            "system": [{"text": "Be brief."}],
            "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
            "inferenceConfig": {"maxTokens": 100, "temperature": 0.5, "topP": 0.1, "stopSequences": ["END"]},
            "additionalModelResponseFieldPaths": ["/stop_sequence"],
        })
    );
    let least = json!({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]});
    assert_eq!(written(&hello()), least);
}

#[test]
fn turns_of_one_role_are_one_message_and_empty_texts_are_left_out() {
    let request = Request {
        turns: vec![
            turn(Role::User, vec![text("One")]),
            turn(Role::User, vec![text("Two")]),
            turn(Role::Assistant, vec![text(""), call("t1", "{\"a\":1}")]),
            turn(Role::Assistant, vec![call("t 2", "")]),
            turn(Role::User, vec![Part::ToolResult(result("t1", "1"))]),
            turn(
                Role::User,
                vec![Part::ToolResult(ToolResult {
                    is_error: true,
                    ..result("t 2", "no")
                })],
            ),
            turn(Role::System, vec![text("Now!")]),
        ],
        ..Request::default()
    };
    assert_eq!(
        written_to("anthropic.claude-opus-4-8", &request).unwrap()["messages"],
        json!([
            {"role": "user", "content": [{"text": "One"}, {"text": "Two"}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
                {"toolUse": {"toolUseId": "call_560188194392ae91", "name": "f", "input": {}}},
            ]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "t1", "content": [{"text": "1"}]}},
                {"toolResult": {"toolUseId": "call_560188194392ae91", "content": [{"text": "no"}], "status": "error"}},
            ]},
            {"role": "system", "content": [{"text": "Now!"}]},
        ])
    );
    assert!(written_to(CLAUDE, &request).is_err());
    assert!(written_to("amazon.nova-pro-v1:0", &request).is_ok());
}

#[test]
fn arguments_that_are_no_object_are_refused() {
    for input in ["[1]", "{\"a\":", "\"a\""] {
        let mut request = hello();
        request
            .turns
            .push(turn(Role::Assistant, vec![call("t1", input)]));
        assert!(written_to(CLAUDE, &request).is_err(), "{input}");
    }
}

#[test]
fn media_are_written_with_their_formats() {
    let data = |media_type, base64| Source::Data {
        media_type: spelled(media_type),
        base64: spelled(base64),
    };
    let file = |source, name: Option<&'static str>| {
        Part::File(File {
            context: None,
            cites: false,
            source,
            name: name.map(Spelled::of_plain),
            cache: None,
        })
    };
    let request = Request {
        turns: vec![turn(
            Role::User,
            vec![
                Part::Image {
                    source: data("image/jpeg", "AAAA"),
                    detail: None,
                    cache: Some(CacheMark::Hour),
                },
                file(data("application/pdf", "BBBB"), Some("a_b.pdf")),
                file(Source::Text(spelled("x\ny")), None),
                Part::Audio {
                    data: spelled("CCCC"),
                    media_type: spelled("audio/wav"),
                },
            ],
        )],
        ..Request::default()
    };
    assert_eq!(
        written(&request)["messages"][0]["content"],
        json!([
            {"image": {"format": "jpeg", "source": {"bytes": "AAAA"}}},
            {"cachePoint": {"type": "default", "ttl": "1h"}},
            {"document": {"format": "pdf", "name": "a b pdf", "source": {"bytes": "BBBB"}}},
            {"document": {"format": "txt", "name": "document", "source": {"bytes": "eAp5"}}},
            {"audio": {"format": "wav", "source": {"bytes": "CCCC"}}},
        ])
    );
    let odd = Part::Image {
        source: data("image/heic", "AAAA"),
        detail: None,
        cache: None,
    };
    let request = Request {
        turns: vec![turn(Role::User, vec![odd])],
        ..Request::default()
    };
    assert!(written_to(CLAUDE, &request).is_err());
}

#[test]
fn thoughts_go_back_with_what_was_signed() {
    let signed = |data: &'static str, is_whole| {
        Some(Signature {
            maker: Dialect::Bedrock,
            data: spelled(data),
            is_whole,
        })
    };
    let mut request = hello();
    request.turns.push(turn(
        Role::Assistant,
        vec![
            Part::Thinking {
                text: spelled("Hm"),
                signature: signed("EqQB==", false),
            },
            Part::Thinking {
                text: Spelled::default(),
                signature: signed("c2Vj", true),
            },
            text("Rain"),
        ],
    ));
    assert_eq!(
        written(&request)["messages"][1]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "EqQB=="}}},
            {"reasoningContent": {"redactedContent": "c2Vj"}},
            {"text": "Rain"},
        ])
    );
}

#[test]
fn tools_and_their_choice_are_written() {
    let tool = |name: &'static str| Tool {
        name: spelled(name),
        description: Some(spelled("Does")),
        schema: Some(r#"{"type":"object"}"#),
        strict: Some(true),
        cache: None,
        kind: ToolKind::Function,
    };
    let spec = |name| {
        json!({"toolSpec": {"name": name, "description": "Does",
        "inputSchema": {"json": {"type": "object", "additionalProperties": false}}, "strict": true}})
    };
    let both = || json!([spec("f"), spec("g")]);
    let among = |names: &[&'static str], must| ToolChoice::Among {
        names: names.iter().map(|name| spelled(name)).collect(),
        must,
    };
    for (choice, config) in [
        (ToolChoice::Auto, json!({"tools": both()})),
        (
            ToolChoice::Some,
            json!({"tools": both(), "toolChoice": {"any": {}}}),
        ),
        (
            ToolChoice::Named(spelled("g")),
            json!({"tools": both(), "toolChoice": {"tool": {"name": "g"}}}),
        ),
        (among(&["g"], false), json!({"tools": [spec("g")]})),
        (
            among(&["g"], true),
            json!({"tools": [spec("g")], "toolChoice": {"tool": {"name": "g"}}}),
        ),
        (ToolChoice::Never, Value::Null),
    ] {
        let request = Request {
            tools: vec![tool("f"), tool("g")],
            tool_choice: Some(choice.clone()),
            ..hello()
        };
        assert_eq!(written(&request)["toolConfig"], config, "{choice:?}");
    }
    let mut never = Request {
        tools: vec![tool("f")],
        tool_choice: Some(ToolChoice::Never),
        ..hello()
    };
    never
        .turns
        .push(turn(Role::Assistant, vec![call("t1", "{}")]));
    assert!(written_to(CLAUDE, &never).is_err());
    let bare = Tool {
        schema: None,
        strict: None,
        description: None,
        cache: Some(CacheMark::Usual),
        ..tool("f")
    };
    let request = Request {
        tools: vec![bare],
        ..hello()
    };
    assert_eq!(
        written(&request)["toolConfig"]["tools"],
        json!([
            {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object", "properties": {}}}}},
            {"cachePoint": {"type": "default"}},
        ])
    );
}

#[test]
fn schema_tier_notes_and_top_k_are_written() {
    let request = Request {
        format: Some(Format::Schema {
            name: Some(spelled("city")),
            description: None,
            schema: r#"{"type":"object"}"#,
            strict: Some(true),
        }),
        service_tier: Some(Tier::Standard),
        metadata: Some(r#"{"team":"a{b}","n":1}"#),
        user: Some(spelled("u-1\u{e4}")),
        sampling: Sampling {
            top_k: Some("40"),
            ..Sampling::default()
        },
        ..hello()
    };
    let told = written(&request);
    assert_eq!(
        told["outputConfig"],
        json!({"textFormat": {"type": "json_schema",
            "structure": {"jsonSchema": {
                "schema": "{\"type\":\"object\",\"additionalProperties\":false}", "name": "city"}}}})
    );
    assert_eq!(told["serviceTier"], json!({"type": "default"}));
    assert_eq!(
        told["requestMetadata"],
        json!({"team": "a_b_", "n": "1", "user": "u-1_"})
    );
    assert_eq!(told["additionalModelRequestFields"], json!({"top_k": 40}));
    let nova = written_to("amazon.nova-pro-v1:0", &request).unwrap();
    assert_eq!(
        nova["additionalModelRequestFields"],
        json!({"inferenceConfig": {"topK": 40}})
    );
    assert!(written_to("meta.llama3-8b-instruct-v1:0", &request).is_err());
}
