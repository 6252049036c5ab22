use serde_json::{Value, json};

use super::*;
use crate::translate::Form;
use crate::translate::check::{hello, spelled, text, to, turn};
use crate::translate::request::{Sampling, ToolKind};

fn written(request: &Request<'_>) -> Result<Value, Untranslatable> {
    let written = write(request, &to(Form::OllamaChat))?;
    Ok(serde_json::from_str(&written).unwrap())
}

#[test]
fn a_turn_of_text_is_written_with_its_settings() {
    let request = Request {
        system: vec![text("Be brief."), text("Be kind.")],
        stream: true,
        output_max: Some(9),
        stop: vec![spelled("END")],
        sampling: Sampling {
            temperature: Some("0.50"),
            top_p: Some("0.9"),
            top_k: Some("3"),
            min_p: Some("0.05"),
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
        written(&request).unwrap(),
        json!({
            "model": "sent-model", "stream": true,
            "messages": [{"role": "system", "content": "Be brief.\n\nBe kind."}, {"role": "user", "content": "Hi"}],
            "format": {"type": "object"},
            "options": {"num_predict": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "min_p": 0.05, "seed": 7,
                "presence_penalty": 0.1, "frequency_penalty": 0.2, "stop": ["END"]},
        })
    );
    let least = json!({"model": "sent-model", "stream": false, "messages": [{"role": "user", "content": "Hi"}]});
    assert_eq!(written(&hello()).unwrap(), least);
}

fn image() -> Part<'static> {
    Part::Image {
        source: Source::Data {
            media_type: spelled("image/png"),
            base64: spelled("AAAA"),
        },
        detail: None,
        cache: None,
    }
}

#[test]
fn calls_results_and_images_are_written() {
    let call = |id: &'static str, name: &'static str, input| {
        Part::ToolCall(ToolCall {
            id: spelled(id),
            name: spelled(name),
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
            parts: vec![text("no")],
            is_error,
            cache: None,
        })
    };
    let mut request = Request {
        turns: vec![
            turn(Role::User, vec![text("Look"), image()]),
            turn(Role::Assistant, vec![call("c1", "f", "{\"a\":1}")]),
            turn(Role::Assistant, vec![call("c2", "g", "")]),
            turn(
                Role::User,
                vec![result("c1", false), result("c2", true), text("Go on")],
            ),
            turn(Role::Assistant, vec![text("begun")]),
        ],
        ..Request::default()
    };
    assert_eq!(
        written(&request).unwrap()["messages"],
        json!([
            {"role": "user", "content": "Look", "images": ["AAAA"]},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "c1", "function": {"name": "f", "arguments": {"a": 1}}},
                {"id": "c2", "function": {"name": "g", "arguments": {}}},
            ]},
            {"role": "tool", "tool_name": "f", "tool_call_id": "c1", "content": "no"},
            {"role": "tool", "tool_name": "g", "tool_call_id": "c2", "content": "{\"error\":\"no\"}"},
            {"role": "user", "content": "Go on"},
            {"role": "assistant", "content": "begun"},
        ])
    );
    for part in [call("c1", "h", ""), result("c1", false)] {
        let role = match part {
            Part::ToolCall(_) => Role::Assistant,
            _ => Role::User,
        };
        request.turns.push(turn(role, vec![part]));
    }
    let told = written(&request).unwrap();
    let names = told["messages"].as_array().unwrap().iter();
    let names: Vec<&Value> = names
        .filter_map(|message| message.get("tool_name"))
        .collect();
    assert_eq!(names, ["f", "g", "h"]);
    request
        .turns
        .push(turn(Role::Assistant, vec![call("c3", "f", "[")]));
    assert!(written(&request).is_err());
}

#[test]
fn tools_are_told_of_unless_none_may_be_called() {
    let with = |choice| {
        let tool = Tool {
            name: spelled("f"),
            description: Some(spelled("Does")),
            schema: None,
            strict: None,
            cache: None,
            kind: ToolKind::Function,
        };
        written(&Request {
            tools: vec![tool],
            tool_choice: choice,
            ..hello()
        })
    };
    let tools = json!([{"type": "function", "function": {"name": "f", "description": "Does",
        "parameters": {"type": "object", "properties": {}}}}]);
    assert_eq!(with(None).unwrap()["tools"], tools);
    assert_eq!(with(Some(ToolChoice::Never)).unwrap()["tools"], Value::Null);
    assert_eq!(with(Some(ToolChoice::Some)), with(None));
}

#[test]
fn thinking_is_asked_for_by_a_word() {
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
        (effort(EffortLevel::Minimal), json!("low")),
        (effort(EffortLevel::Max), json!("high")),
        (effort(EffortLevel::None), json!(false)),
        (on(true, Some(5_000)), json!("medium")),
        (on(true, None), json!(true)),
        (on(false, None), json!(false)),
        (Reasoning::default(), Value::Null),
    ] {
        let request = Request {
            reasoning: Some(asked),
            ..hello()
        };
        assert_eq!(written(&request).unwrap()["think"], told, "{asked:?}");
    }
}
