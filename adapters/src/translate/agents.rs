//! What coding agents send has a place at the deployments that they are led to, as their users expect.

use serde_json::{Value, json};

use super::check::to;
use super::{Form, To, look, request};

/// A turn of an agent that speaks Anthropic's dialect.
fn in_messages() -> Value {
    let cached = json!({"type": "ephemeral"});
    let id = json!({"device_id": "d".repeat(64), "account_uuid": "a".repeat(36), "session_id": "s".repeat(36)});
    json!({
        "model": "m",
        "max_tokens": 32_000,
        "temperature": 1,
        "stream": true,
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "medium"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": id.to_string()},
        "system": [{"type": "text", "text": "You write code.", "cache_control": cached}],
        "tools": [{
            "name": "Read",
            "description": "Reads a file",
            "input_schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {"path": {"type": "string"}},
                "required": ["path"],
                "additionalProperties": false
            },
            "eager_input_streaming": true,
            "cache_control": cached
        }],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "<reminder>Be careful.</reminder>"},
                {"type": "text", "text": "Mend it.", "cache_control": cached}
            ]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a"}, "caller": {"type": "direct"}}
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "fn", "is_error": false, "cache_control": cached}
            ]}
        ]
    })
}

/// A turn of an agent that speaks `OpenAI`'s responses; `tools` beside a function.
fn in_responses(tools: &Value) -> Value {
    let mut all = vec![json!({
        "type": "function",
        "name": "shell",
        "description": "Runs a command",
        "strict": false,
        "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}
    })];
    all.extend(tools.as_array().into_iter().flatten().cloned());
    json!({
        "model": "m",
        "instructions": "You write code.",
        "stream": true,
        "store": false,
        "parallel_tool_calls": true,
        "tool_choice": "auto",
        "reasoning": {"effort": "medium", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "session-1",
        "tools": all,
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be careful."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Mend it."}]},
            {"type": "function_call", "call_id": "call_1", "name": "shell", "arguments": "{\"command\":\"ls\"}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "a"}
        ]
    })
}

/// Places that are not told there.
fn left_out(from: Form, body: &Value, at: Form) -> Vec<String> {
    let text = body.to_string();
    // What thinks there.
    let model = match at {
        Form::Messages => "claude-sonnet-4-5",
        Form::Converse => "anthropic.claude-sonnet-4-5-20250929-v1:0",
        Form::Generate => "gemini-3.6-flash",
        _ => "gpt-5.6",
    };
    let to = To { model, ..to(at) };
    let lost = at.lost(to.kind);
    let seen = look(from, text.as_bytes()).unwrap();
    let mut places = seen.places_of(lost);
    places.extend(request(from, text.as_bytes(), true, &to).unwrap().left_out);
    places
}

#[test]
fn all_that_an_agent_of_anthropics_dialect_says_is_told_elsewhere() {
    for at in [Form::Chat, Form::Responses, Form::Generate, Form::Converse] {
        let nothing: [&str; 0] = [];
        assert_eq!(
            left_out(Form::Messages, &in_messages(), at),
            nothing,
            "{at:?}"
        );
    }
}

#[test]
fn all_that_an_agent_of_openais_responses_says_is_told_elsewhere_and_its_text_tools_at_openai() {
    let patch = json!([{"type": "custom", "name": "apply_patch", "description": "Changes files",
        "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}}]);
    for at in [Form::Chat, Form::Messages, Form::Generate, Form::Converse] {
        let nothing: [&str; 0] = [];
        assert_eq!(
            left_out(Form::Responses, &in_responses(&json!([])), at),
            nothing,
            "{at:?}"
        );
        let without = left_out(Form::Responses, &in_responses(&patch), at);
        assert_eq!(without.is_empty(), at == Form::Chat, "{at:?}: {without:?}");
    }
}

#[test]
fn a_framework_that_keeps_no_thoughts_is_answered_without_one_where_claude_wants_them_back() {
    let body = json!({
        "model": "m",
        "reasoning_effort": "medium",
        "messages": [
            {"role": "user", "content": "How warm is it?"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "21"}
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
    });
    for (model, thinking) in [
        ("claude-sonnet-4-5", Value::Null),
        ("claude-opus-4-8", json!({"type": "adaptive"})),
    ] {
        let to = To {
            model,
            ..to(Form::Messages)
        };
        let written = request(Form::Chat, body.to_string().as_bytes(), false, &to).unwrap();
        assert_eq!(written.left_out, Vec::<String>::new(), "{model}");
        let told: Value = serde_json::from_str(&written.body).unwrap();
        assert_eq!(told["thinking"], thinking, "{model}");
    }
}
