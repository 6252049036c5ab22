//! Requests, read and written.

use serde_json::json;

use super::super::super::feature::Feature;
use super::{Value, asked_of, assistant, least, noted};

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
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "A.\nB."},
                    "context": "of 2026", "citations": {"enabled": true}},
                {"type": "document", "source": {"type": "content", "content": [
                    {"type": "text", "text": "A."}, {"type": "text", "text": "B."}]}, "citations": {"enabled": true}},
                {"type": "search_result", "source": "shelf-1", "title": "Rain", "content": [{"type": "text", "text": "It rains."}],
                    "citations": {"enabled": true}, "cache_control": {"type": "ephemeral"}},
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
                    {"type": "search_result", "source": "https://example.com/b", "title": "Snow", "content": [
                        {"type": "text", "text": "It snows."}]},
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
fn a_search_result_is_left_out_where_there_is_no_word_for_it() {
    let found = json!({"type": "search_result", "source": "shelf-1", "title": "Rain", "content": [
        {"type": "text", "text": "It rains."}]});
    let pieces = json!({"type": "document", "source": {"type": "content", "content": "It rains."}});
    let said = json!([found, pieces, {"type": "text", "text": "Hi"},
        {"type": "tool_result", "tool_use_id": "a", "content": [found, {"type": "text", "text": "done"}]}]);
    let body = json!({"max_tokens": 9, "messages": [
        assistant(json!([{"type": "tool_use", "id": "a", "name": "f", "input": {}}])),
        {"role": "user", "content": said},
    ]});
    for form in super::Form::ALL
        .iter()
        .copied()
        .filter(|form| form.is_served())
    {
        let is_turn = form.task() == super::super::super::form::Task::Turn;
        if !is_turn || matches!(form, super::Form::Messages | super::Form::Converse) {
            continue;
        }
        let told = super::check::request(super::Form::Messages, &body, form).to_string();
        assert!(
            told.contains("Hi") && told.contains("done"),
            "{form:?}: {told}"
        );
        assert!(!told.contains("ain"), "{form:?}: {told}");
    }
}

#[test]
fn pictures_in_what_is_cited_are_noted_as_lost() {
    let body = json!({"max_tokens": 9, "messages": [{"role": "user", "content": [
        {"type": "document", "source": {"type": "content", "content": [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ""}}]}}]}]});
    let place = "messages[0].content[0].source.content[0]".to_owned();
    assert!(noted(&body).contains(&(Feature::Unknown, place)));
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
    let told = super::translate::request(super::Form::Messages, body.as_bytes(), false, &to)
        .unwrap()
        .body;
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
fn what_this_model_does_not_take_is_named_where_the_caller_put_it() {
    let body = r#"{"model":"m","temperature":1.5,"top_p":0.5,"top_k":3,"reasoning_effort":"high",
        "messages":[{"role":"user","content":"hi"}]}"#;
    let left_out = |model, body: &str| {
        let to = super::To {
            model,
            ..super::check::to(super::Form::Messages)
        };
        super::translate::request(super::Form::Chat, body.as_bytes(), false, &to)
            .unwrap()
            .left_out
    };
    assert_eq!(
        left_out("claude-opus-4-7", body),
        ["temperature", "top_p", "top_k"]
    );
    assert_eq!(
        left_out("claude-3-5-haiku-20241022", body),
        ["temperature", "reasoning_effort"]
    );
    let warm = body
        .replace("1.5", "0.5")
        .replace(r#","reasoning_effort":"high""#, "");
    assert!(left_out("claude-3-5-haiku-20241022", &warm).is_empty());
}
