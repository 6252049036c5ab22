//! Requests, read and written.

use serde_json::json;

use super::super::super::feature::Feature;
use super::super::super::json::Spelled;
use super::super::super::request::{Part, Request, Role, Tier, Tool, ToolChoice, Turn};
use super::super::write;
use super::{Value, asked_of, assistant, least, noted, user};

/// Everything that the neutral form and Anthropic both know.
fn everything() -> Value {
    json!({
        "model": "any",
        "max_tokens": 4096,
        "system": [
            {"type": "text", "text": "Be \u{e9}.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "text", "text": "Short."},
        ],
        "messages": [
            {"role": "user", "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"},
                    "cache_control": {"type": "ephemeral"}},
                {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
                    "title": "a.pdf"},
                {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "A.\nB."}},
                {"type": "text", "text": "Look:\n\"both\""},
            ]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "EqQB+/="},
                {"type": "redacted_thinking", "data": "Emw="},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": [1.50, "b\\"]}},
                {"type": "tool_use", "id": "toolu_2", "name": "none", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [
                    {"type": "text", "text": "seen"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9j/"}},
                ]},
                {"type": "tool_result", "tool_use_id": "toolu_2", "is_error": true,
                    "cache_control": {"type": "ephemeral"}},
                {"type": "text", "text": "And?"},
            ]},
        ],
        "tools": [
            {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "additionalProperties": false},
                "strict": true},
            {"name": "none", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}},
        ],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": true},
        "stop_sequences": ["END", "\n\nHuman:"],
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": false}}},
        "metadata": {"user_id": "u-1"},
        "service_tier": "standard_only",
    })
}

#[test]
fn what_is_read_is_what_is_written() {
    assert_eq!(asked_of("any", &everything()).unwrap(), everything());
}

#[test]
fn nothing_of_it_is_unknown() {
    let unknown: Vec<_> = noted(&everything())
        .into_iter()
        .filter(|(feature, _)| *feature == Feature::Unknown)
        .collect();
    assert_eq!(unknown, []);
}

#[test]
fn texts_and_arguments_keep_their_spelling() {
    let body = r#"{"model":"m","max_tokens":9,"temperature":0.70,"messages":[{"role":"user","content":"\u00e9\/"},
        {"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"n": 1.0e-7,"s":"\u00e9"}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]}],
        "tools":[{"name":"f","input_schema":{ "type": "object" }}]}"#;
    let to = super::check::to(super::Form::Messages);
    let told =
        super::translate::request(super::Form::Messages, body.as_bytes(), false, &to).unwrap();
    for piece in [
        r#""text":"\u00e9\/""#,
        r#""input":{"n": 1.0e-7,"s":"\u00e9"}"#,
        r#""input_schema":{ "type": "object" }"#,
        r#""temperature":0.70"#,
    ] {
        assert!(told.contains(piece), "{piece} is not in {told}");
    }
}

#[test]
fn a_request_is_noted_place_by_place() {
    let body = json!({
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": [
                {"type": "search_result", "source": "a", "title": "b", "content": []},
                {"type": "image", "source": {"type": "file", "file_id": "file_1"}},
                {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": ""}}]},
            ]},
            {"role": "system", "content": "Be brief."},
            assistant(json!([{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}])),
        ],
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        "thinking": {"type": "between_tools"},
        "odd": 1,
    });
    let place = |feature, place: &str| (feature, place.to_owned());
    assert_eq!(
        noted(&body),
        [
            place(Feature::OutputMax, "max_tokens"),
            place(Feature::SearchResults, "messages[0].content[0]"),
            place(Feature::ImageId, "messages[0].content[1].source"),
            place(
                Feature::ToolResultMedia,
                "messages[0].content[2].content[0]"
            ),
            place(
                Feature::ImageData,
                "messages[0].content[2].content[0].source"
            ),
            place(Feature::SystemMidway, "messages[1]"),
            place(Feature::ServerToolHistory, "messages[2].content[0]"),
            place(Feature::Unknown, "odd"),
            place(Feature::Unknown, "thinking"),
            place(Feature::Tools, "tools"),
            place(Feature::ServerTools, "tools[0]"),
            place(Feature::Prefill, "messages[2]"),
        ]
    );
}

#[test]
fn a_body_that_is_no_request_is_refused_with_the_place_at_fault() {
    for (body, place) in [
        (json!({}), "messages"),
        (json!({"messages": [{"content": "x"}]}), "messages[0].role"),
        (
            json!({"messages": [{"role": "user"}]}),
            "messages[0].content",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "text"}]}]}),
            "messages[0].content[0]",
        ),
        (
            least(json!({"tool_choice": {"type": "tool"}})),
            "tool_choice.name",
        ),
        (least(json!({"stop_sequences": ["END", " \n"]})), "stop[1]"),
        (least(json!({"temperature": "0.5"})), "temperature"),
        (least(json!({"max_tokens": 0.5})), "max_tokens"),
    ] {
        assert_eq!(asked_of("any", &body).unwrap_err().place, place, "{body}");
    }
}

#[test]
fn no_value_in_any_place_makes_a_request_panic() {
    let mut places = vec![String::new()];
    pointers(&everything(), "", &mut places);
    assert!(places.len() > 100);
    for place in places {
        for value in [
            json!(null),
            json!(1.5),
            json!("x"),
            json!([]),
            json!({}),
            json!([1]),
            json!({"type": "x"}),
        ] {
            let mut body = everything();
            *body.pointer_mut(&place).unwrap() = value;
            let _seen = super::translate::look(super::Form::Messages, body.to_string().as_bytes());
            for model in ["any", "claude-opus-5"] {
                let _told = asked_of(model, &body);
            }
        }
    }
}

fn pointers(value: &Value, at: &str, places: &mut Vec<String>) {
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    for (step, value) in inside {
        let place = format!("{at}/{step}");
        pointers(value, &place, places);
        places.push(place);
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
