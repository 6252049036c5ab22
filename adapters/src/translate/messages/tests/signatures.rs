//! What others signed, on its way through an Anthropic caller.

use serde_json::json;

use super::super::super::answer::{Answer, Choice};
use super::super::super::json::{Spelled, parse};
use super::super::super::request::{Part, ToolCall};
use super::super::super::shape::Seen;
use super::super::super::signature::Signature;
use super::super::super::{Form, check, unmarked};
use super::super::{read, tell};
use super::{Value, asked_of, assistant, translate, user};
use crate::call::Dialect;

fn signature(maker: Dialect, data: &'static str, is_whole: bool) -> Option<Signature<'static>> {
    Some(Signature {
        maker,
        data: Spelled::of_raw(data),
        is_whole,
    })
}

fn thought(text: &'static str, signature: Option<Signature<'static>>) -> Part<'static> {
    Part::Thinking {
        text: Spelled::of_raw(text),
        signature,
    }
}

/// What a deployment answered, of every kind that is signed.
fn parts() -> Vec<Part<'static>> {
    vec![
        thought("Hm.", signature(Dialect::Gemini, "CiQB+/x==", false)),
        thought("", signature(Dialect::OpenAi, "gAAAAB", true)),
        thought("Seen.", signature(Dialect::OpenAi, "gAAAAC", true)),
        thought("Plain.", None),
        Part::text(Spelled::of_raw("I call.")),
        Part::ToolCall(ToolCall {
            id: Spelled::of_raw("call.1"),
            name: Spelled::of_raw("f"),
            input: Spelled::of_raw("{}"),
            signature: signature(Dialect::Gemini, "CiRC.d==", false),
            cache: None,
            is_custom: false,
        }),
        Part::ToolCall(ToolCall {
            id: Spelled::of_raw("call.2"),
            name: Spelled::of_raw("f"),
            input: Spelled::of_raw("{}"),
            signature: None,
            cache: None,
            is_custom: false,
        }),
    ]
}

fn told() -> Value {
    let answer = Answer {
        choices: vec![Choice {
            parts: parts(),
            ..Choice::default()
        }],
        ..Answer::default()
    };
    let told = tell::answer(&answer, &check::caller(Form::Messages), None).unwrap();
    serde_json::from_str(&told).unwrap()
}

fn history(content: &Value) -> Value {
    json!({"max_tokens": 9, "messages": [
        user("a"),
        assistant(content.clone()),
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": content[5]["id"]},
            {"type": "tool_result", "tool_use_id": content[7]["id"]},
        ]},
    ]})
}

#[test]
fn a_caller_gets_signed_blocks_in_its_own_dialects_places() {
    let told = told();
    assert_eq!(told["stop_reason"], "tool_use");
    assert_eq!(
        told["content"],
        json!([
            {"type": "thinking", "thinking": "Hm.", "signature": "qh1.gemini.s.CiQB+/x=="},
            {"type": "redacted_thinking", "data": "qh1.openai.w.gAAAAB"},
            {"type": "thinking", "thinking": "Seen.", "signature": "qh1.openai.w.gAAAAC"},
            {"type": "thinking", "thinking": "Plain.", "signature": "qh1.none.s."},
            {"type": "text", "text": "I call."},
            {"type": "tool_use", "id": "qh1_call_2e1", "name": "f", "input": {}},
            {"type": "redacted_thinking", "data": "qh1.gemini.s.qh1_call_2e1.CiRC.d=="},
            {"type": "tool_use", "id": "qh1_call_2e2", "name": "f", "input": {}},
        ])
    );
}

#[test]
fn what_a_caller_sends_back_is_what_was_answered() {
    let body = history(&told()["content"]).to_string();
    let value = parse(&body).unwrap();
    let request = read::read(&value, &mut Seen::default()).unwrap();
    assert_eq!(request.turns[1].parts, parts());
    let Part::ToolResult(result) = &request.turns[2].parts[0] else {
        panic!("{:?}", request.turns[2]);
    };
    assert_eq!(result.id.raw(), "call.1");
}

#[test]
fn anthropic_gets_nothing_that_others_signed() {
    let asked = asked_of("any", &history(&told()["content"])).unwrap();
    assert_eq!(
        asked["messages"][1]["content"],
        json!([
            {"type": "text", "text": "I call."},
            {"type": "tool_use", "id": "qh1_call_2e1", "name": "f", "input": {}},
            {"type": "tool_use", "id": "qh1_call_2e2", "name": "f", "input": {}},
        ])
    );
}

fn cleaned(body: &str) -> Option<String> {
    unmarked(Form::Messages, body.as_bytes())
}

#[test]
fn a_request_to_anthropic_itself_loses_marked_blocks_and_nothing_else() {
    let body = r#"{ "model": "claude-opus-5", "temperature":1.0e0, "messages": [ {"role":"user","content":"a qh1.b"},
        {"role":"assistant","content":[ {"type":"thinking","thinking":"x","signature":"qh1.none.s."} ]},
        {"role":"user","content":[{"type":"text","text":"b"}]},
        {"role":"assistant", "content":[ {"type":"thinking","thinking":"x","signature":"Eq=="},
            {"type":"redacted_thinking","data":"qh1.gemini.s.a.b"}, {"type":"text","text":"\u00e9","citations":[
            {"type":"web_search_result_location","url":"u","encrypted_index":"qh1.none.s."}]},
            {"type":"text","text":"d","citations":[ {"a": 1.0}, {"encrypted_index":"qh1.none.s."}]} ]} ]}"#;
    assert_eq!(
        cleaned(body).unwrap(),
        r#"{"model":"claude-opus-5","temperature":1.0e0,"messages":[{"role":"user","content":"a qh1.b"},{"role":"user","content":[{"type":"text","text":"b"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"Eq=="},{"type":"text","text":"\u00e9"},{"type":"text","text":"d","citations":[{"a": 1.0}]}]}]}"#
    );
}

#[test]
fn anthropic_does_not_think_on_behind_calls_that_others_thought_of() {
    let body = |kind: &str, signature: &str, answered: &str| {
        format!(
            r#"{{"thinking":{{"type":"{kind}","budget_tokens":2000}},"messages":[{{"role":"user","content":"a"}},{{"role":"assistant","content":[{{"type":"redacted_thinking","data":"qh1.gemini.s.a"}},{{"type":"thinking","thinking":"x","signature":"{signature}"}},{{"type":"tool_use","id":"a","name":"f","input":{{}}}}]}},{{"role":"user","content":[{answered}]}}]}}"#
        )
    };
    let result = r#"{"type":"tool_result","tool_use_id":"a","content":"b"}"#;
    let thinking = |body: &str| -> Value {
        let cleaned: Value = serde_json::from_str(&cleaned(body).unwrap()).unwrap();
        cleaned["thinking"]["type"].clone()
    };
    let others = "qh1.openai.s.x";
    assert_eq!(thinking(&body("enabled", others, result)), "disabled");
    // A thought of its own, a model that takes any turn, a new prompt.
    assert_eq!(thinking(&body("enabled", "Eq==", result)), "enabled");
    assert_eq!(thinking(&body("adaptive", others, result)), "adaptive");
    let prompt = r#"{"type":"text","text":"b"}"#;
    assert_eq!(thinking(&body("enabled", others, prompt)), "enabled");
}

#[test]
fn a_request_without_marks_is_left_alone() {
    for body in [
        r#"{"messages":[{"role":"user","content":"what is qh1.gemini.s.x?"}]}"#,
        r#"{"messages":[{"role":"assistant","content":[{"type":"thinking","signature":"Eq=="}]}]}"#,
        r#"{"messages":"qh1."}"#,
        "qh1.",
    ] {
        assert_eq!(cleaned(body), None, "{body}");
    }
}

/// The next turn of an Anthropic caller that was answered this, as the deployment is asked it.
fn next_turn(to: Form, content: &Value) -> String {
    let calls = content.as_array().unwrap().iter();
    let results: Vec<Value> = calls
        .filter(|block| block["type"] == "tool_use")
        .map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "ok"}))
        .collect();
    assert!(!results.is_empty(), "{content}");
    let body = json!({"max_tokens": 4096, "messages": [
        user("a"), assistant(content.clone()), {"role": "user", "content": results},
    ], "tools": [{"name": "f", "input_schema": {"type": "object"}}]});
    let to = check::to(to);
    translate::request(Form::Messages, body.to_string().as_bytes(), false, &to)
        .unwrap()
        .body
}

#[test]
fn a_signed_call_of_geminis_comes_back_to_it() {
    let body = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hm.","thought":true},
        {"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"CiQB+/x=="},
        {"functionCall":{"name":"f","args":{"a":2}}}]},"finishReason":"STOP"}]}"#;
    let told = check::answer(Form::Messages, Form::Generate, body).unwrap();
    let asked: Value = serde_json::from_str(&next_turn(Form::Generate, &told["content"])).unwrap();
    let parts = asked["contents"][1]["parts"].as_array().unwrap();
    let calls: Vec<&Value> = parts
        .iter()
        .filter(|part| part["functionCall"].is_object())
        .collect();
    assert_eq!(calls[0]["thoughtSignature"], "CiQB+/x==");
    assert_eq!(calls[0]["functionCall"]["args"], json!({"a": 1}));
    assert_eq!(calls[1]["thoughtSignature"], Value::Null);
}

#[test]
fn an_encrypted_thought_of_openais_comes_back_to_it() {
    let body = r#"{"id":"resp_1","object":"response","status":"completed","model":"gpt","output":[
        {"type":"reasoning","id":"rs_1","encrypted_content":"gAAAAB==","summary":[]},
        {"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{}","status":"completed"}]}"#;
    let told = check::answer(Form::Messages, Form::Responses, body).unwrap();
    let asked: Value = serde_json::from_str(&next_turn(Form::Responses, &told["content"])).unwrap();
    let items = asked["input"].as_array().unwrap();
    let thought = items
        .iter()
        .find(|item| item["type"] == "reasoning")
        .unwrap();
    assert_eq!(thought["encrypted_content"], "gAAAAB==");
    let call = items
        .iter()
        .find(|item| item["type"] == "function_call")
        .unwrap();
    assert_eq!(call["call_id"], "call_1");
}
