//! Requests, as Anthropic wants them.

use serde_json::json;

use super::super::super::json::Spelled;
use super::super::super::request::{Part, Request, Role, Tier, Tool, ToolChoice, ToolKind, Turn};
use super::super::write;
use super::{Value, asked_of, assistant, least, user};

#[test]
fn turns_of_one_role_are_one_and_results_come_first() {
    let body = json!({"max_tokens": 9, "messages": [
        user("a"), user(" \n\t"), user("b"),
        assistant(json!("")),
        assistant(json!([{"type": "tool_use", "id": "t", "name": "f", "input": {}}])),
        user("c"),
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "r"}]},
    ]});
    let told = asked_of("any", &body).unwrap();
    let said = told["messages"].as_array().unwrap();
    let kinds = |at: usize| -> Vec<&str> {
        let blocks = said[at]["content"].as_array().unwrap().iter();
        blocks
            .map(|block| block["type"].as_str().unwrap())
            .collect()
    };
    assert_eq!(said.len(), 3);
    assert_eq!(kinds(0), ["text", "text"]);
    assert_eq!(kinds(1), ["tool_use"]);
    assert_eq!(kinds(2), ["tool_result", "text"]);
    // Calls in a history are refused without tools.
    assert_eq!(told["tools"][0]["name"], "f");
    assert_eq!(told["tool_choice"], json!({"type": "none"}));
}

#[test]
fn instructions_in_the_middle_come_behind_the_users_turn() {
    let body = json!({"max_tokens": 9, "messages": [
        user("a"), assistant(json!("b")), {"role": "system", "content": "s"}, user("c"),
    ]});
    let told = asked_of("claude-opus-4-8", &body).unwrap();
    let roles: Vec<_> = told["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user", "system"]);
    assert_eq!(
        asked_of("claude-haiku-4-5", &body).unwrap_err().place,
        "messages"
    );
}

#[test]
fn a_schema_says_that_it_is_an_objects() {
    let tools =
        json!({"tools": [{"name": "f", "input_schema": {"properties": {}}}, {"name": "g"}]});
    let told = asked_of("any", &least(tools)).unwrap();
    for tool in told["tools"].as_array().unwrap() {
        assert_eq!(
            tool["input_schema"],
            json!({"type": "object", "properties": {}})
        );
    }
}

#[test]
fn a_file_is_what_its_type_says() {
    let file = |media_type: &str| {
        json!({"type": "document", "title": "a", "source":
            {"type": "base64", "media_type": media_type, "data": "w6k="}})
    };
    let body = json!({"max_tokens": 9, "messages": [{"role": "user",
        "content": [file("application/pdf"), file("text/csv"), file("image/png")]}]});
    let told = asked_of("any", &body).unwrap();
    let blocks = told["messages"][0]["content"].as_array().unwrap();
    let said = blocks.iter().map(|block| {
        let said = [
            &block["type"],
            &block["source"]["type"],
            &block["source"]["data"],
        ];
        said.map(|text| text.as_str().unwrap())
    });
    assert!(said.eq([
        ["document", "base64", "w6k="],
        ["document", "text", "\u{e9}"],
        ["image", "base64", "w6k="],
    ]));
}

#[test]
fn a_mark_on_the_request_is_one_on_its_last_block() {
    let told = asked_of(
        "any",
        &least(json!({"cache_control": {"type": "ephemeral", "ttl": "1h"}})),
    );
    assert_eq!(
        told.unwrap()["messages"][0]["content"][0]["cache_control"],
        json!({"type": "ephemeral", "ttl": "1h"})
    );
}

#[test]
fn chance_is_set_as_far_as_the_model_takes_it() {
    let body = least(json!({"temperature": 1.5, "top_p": 0.9, "top_k": 40}));
    for (model, told) in [
        ("claude-3-haiku-20240307", [json!(1), json!(0.9), json!(40)]),
        (
            "claude-haiku-4-5-20251001",
            [json!(1), json!(null), json!(40)],
        ),
        ("claude-opus-4-8", [json!(null), json!(null), json!(null)]),
    ] {
        let asked = asked_of(model, &body).unwrap();
        let members = ["temperature", "top_p", "top_k"].map(|name| asked[name].clone());
        assert_eq!(members, told, "{model}");
    }
}

#[test]
fn what_only_others_ask_is_asked_of_anthropic_in_its_own_way() {
    let tool = |name| Tool {
        name: Spelled::of_raw(name),
        description: None,
        schema: None,
        strict: None,
        cache: None,
        kind: ToolKind::Function,
    };
    let turn = |role, part| Turn {
        role,
        parts: vec![part],
    };
    let request = Request {
        turns: vec![
            turn(Role::User, Part::text(Spelled::of_raw("a"))),
            turn(
                Role::Assistant,
                Part::Refusal {
                    text: Spelled::of_raw("No."),
                },
            ),
            turn(
                Role::User,
                Part::Audio {
                    data: Spelled::default(),
                    media_type: Spelled::default(),
                },
            ),
            turn(Role::User, Part::text(Spelled::of_raw("b"))),
        ],
        tools: vec![tool("f"), tool("g"), tool("h")],
        tool_choice: Some(ToolChoice::Among {
            names: vec![Spelled::of_raw("f"), Spelled::of_raw("h")],
            must: true,
        }),
        parallel_tools: Some(false),
        service_tier: Some(Tier::Priority),
        ..Request::default()
    };
    let to = super::check::to(super::Form::Messages);
    let told: Value = serde_json::from_str(&write::write(&request, &to).unwrap()).unwrap();
    let schema = json!({"type": "object", "properties": {}});
    assert_eq!(
        told,
        json!({
            "model": "sent-model",
            "max_tokens": 32_000,
            "messages": [user("a"), assistant(json!([{"type": "text", "text": "No."}])), user("b")],
            "tools": [{"name": "f", "input_schema": schema}, {"name": "h", "input_schema": schema}],
            "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
            "service_tier": "auto",
        })
    );
}
