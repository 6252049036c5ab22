use serde_json::{Value, json};

use super::*;
use crate::translate::Form;
use crate::translate::check::{hello, spelled, text, to, turn};
use crate::translate::request::{Sampling, Tool, ToolKind};

fn written(request: &Request<'_>) -> Value {
    let written = write(request, &to(Form::CohereChat)).unwrap();
    serde_json::from_str(&written).unwrap()
}

#[test]
fn a_turn_of_text_is_written_with_its_settings() {
    let request = Request {
        system: vec![text("Be brief.")],
        stream: true,
        output_max: Some(9),
        stop: vec![spelled("END")],
        sampling: Sampling {
            temperature: Some("0.50"),
            top_p: Some("0.9"),
            top_k: Some("3"),
            seed: Some("7"),
            presence_penalty: Some("0.1"),
            frequency_penalty: Some("0.2"),
            ..Sampling::default()
        },
        format: Some(Format::Schema {
            name: None,
            description: None,
            schema: r#"{"type":"object"}"#,
            strict: None,
        }),
        ..hello()
    };
    assert_eq!(
        written(&request),
        json!({
            "model": "sent-model", "stream": true,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            "max_tokens": 9, "stop_sequences": ["END"], "temperature": 0.5, "p": 0.9, "k": 3, "seed": 7,
            "presence_penalty": 0.1, "frequency_penalty": 0.2,
            "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
        })
    );
    let least = json!({"model": "sent-model", "stream": false, "messages": [{"role": "user", "content": "Hi"}]});
    assert_eq!(written(&hello()), least);
}

#[test]
fn calls_and_results_are_messages_of_their_own() {
    let call = |id: &'static str, input| {
        Part::ToolCall(ToolCall {
            id: spelled(id),
            name: spelled("f"),
            input: spelled(input),
            signature: None,
            cache: None,
            is_custom: false,
        })
    };
    let result = |id: &'static str, is_error| {
        Part::ToolResult(ToolResult {
            id: spelled(id),
            name: None,
            parts: vec![text("no \"b\"")],
            is_error,
            cache: None,
        })
    };
    let request = Request {
        turns: vec![
            turn(Role::User, vec![text("Hi")]),
            turn(Role::Assistant, vec![text("Well"), call("c1", "{\"a\":1}")]),
            turn(Role::Assistant, vec![call("c2", "")]),
            turn(
                Role::User,
                vec![result("c1", false), result("c2", true), text("Go on")],
            ),
            turn(Role::System, vec![text("Now!")]),
            turn(Role::Assistant, vec![text("begun")]),
        ],
        ..Request::default()
    };
    let function = |arguments: &str| json!({"name": "f", "arguments": arguments});
    assert_eq!(
        written(&request)["messages"],
        json!([
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Well", "tool_calls": [
                {"id": "c1", "type": "function", "function": function("{\"a\":1}")},
                {"id": "c2", "type": "function", "function": function("{}")},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "no \"b\""},
            {"role": "tool", "tool_call_id": "c2", "content": "{\"error\":\"no \\\"b\\\"\"}"},
            {"role": "user", "content": "Go on"},
            {"role": "system", "content": "Now!"},
        ])
    );
}

#[test]
fn images_stand_in_messages_and_texts_beside_them() {
    let request = Request {
        turns: vec![
            turn(
                Role::User,
                vec![
                    text("Look"),
                    Part::Image {
                        source: Source::Data {
                            media_type: spelled("image/png"),
                            base64: spelled("AAAA"),
                        },
                        detail: Some(spelled("low")),
                        cache: None,
                    },
                    Part::Image {
                        source: Source::Url {
                            url: spelled("https://a.example/b.png"),
                            media_type: Spelled::default(),
                        },
                        detail: None,
                        cache: None,
                    },
                    Part::File(File {
                        context: None,
                        cites: false,
                        source: Source::Text(spelled("It is.")),
                        name: Some(spelled("facts")),
                        cache: None,
                    }),
                ],
            ),
            turn(Role::Assistant, vec![text("Yes")]),
            turn(Role::User, vec![text("Why?")]),
        ],
        ..Request::default()
    };
    let told = written(&request);
    assert_eq!(
        told["messages"],
        json!([
            {"role": "user", "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
            ]},
            {"role": "assistant", "content": "Yes"},
            {"role": "user", "content": "Why?"},
        ])
    );
    assert_eq!(
        told["documents"],
        json!([{"data": {"title": "facts", "text": "It is."}}])
    );
}

#[test]
fn tools_and_their_choice_are_written() {
    let tool = |name: &'static str, strict| Tool {
        name: spelled(name),
        description: None,
        schema: None,
        strict,
        cache: None,
        kind: ToolKind::Function,
    };
    let names = |told: &Value| -> Vec<String> {
        let tools = told["tools"].as_array().unwrap().iter();
        tools
            .map(|tool| tool["function"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let among = |must| ToolChoice::Among {
        names: vec![spelled("g")],
        must,
    };
    for (choice, told_of, word) in [
        (ToolChoice::Auto, vec!["f", "g"], Value::Null),
        (ToolChoice::Never, vec!["f", "g"], json!("NONE")),
        (ToolChoice::Some, vec!["f", "g"], json!("REQUIRED")),
        (
            ToolChoice::Named(spelled("g")),
            vec!["g"],
            json!("REQUIRED"),
        ),
        (among(true), vec!["g"], json!("REQUIRED")),
        (among(false), vec!["g"], Value::Null),
    ] {
        let request = Request {
            tools: vec![tool("f", Some(true)), tool("g", None)],
            tool_choice: Some(choice.clone()),
            ..hello()
        };
        let told = written(&request);
        assert_eq!(names(&told), told_of, "{choice:?}");
        assert_eq!(told["tool_choice"], word, "{choice:?}");
        assert_eq!(told["strict_tools"], true);
    }
}

#[test]
fn thinking_is_asked_for_by_a_budget() {
    let effort = |effort| Reasoning {
        effort: Some(effort),
        ..Reasoning::default()
    };
    let on = |on, tokens| Reasoning {
        on: Some(on),
        tokens,
        ..Reasoning::default()
    };
    for (asked, told) in [
        (
            effort(EffortLevel::Low),
            json!({"type": "enabled", "token_budget": 1_024}),
        ),
        (effort(EffortLevel::None), json!({"type": "disabled"})),
        (
            on(true, Some(77)),
            json!({"type": "enabled", "token_budget": 77}),
        ),
        (on(true, None), json!({"type": "enabled"})),
        (on(false, None), json!({"type": "disabled"})),
        (Reasoning::default(), Value::Null),
    ] {
        let request = Request {
            reasoning: Some(asked),
            ..hello()
        };
        assert_eq!(written(&request)["thinking"], told, "{asked:?}");
    }
}
