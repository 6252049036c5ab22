use serde_json::{Value, json};

use super::super::{read, unmark, write};
use crate::call::Dialect;
use crate::provider::ProviderKind;
use crate::translate::check::{self, to};
use crate::translate::feature::{Fate, Feature};
use crate::translate::json::{Spelled, parse};
use crate::translate::request::{
    File, Part, Reasoning, Request, Role, Source, ToolCall, ToolResult, Turn,
};
use crate::translate::shape::Seen;
use crate::translate::signature::Signature;
use crate::translate::{Form, look};

fn again(body: &Value) -> Value {
    check::request(Form::Responses, body, Form::Responses)
}

/// A request as a deployment is asked it.
fn written(request: &Request<'_>) -> Value {
    serde_json::from_str(&write::request(request, &to(Form::Responses)).unwrap()).unwrap()
}

fn turn(role: Role, parts: Vec<Part<'_>>) -> Request<'_> {
    Request {
        turns: vec![Turn { role, parts }],
        ..Request::default()
    }
}

#[test]
fn what_both_know_comes_back_as_it_was() {
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "number", "maximum": 1e-7}}});
    let mut body = json!({
        "model": "sent-model",
        "instructions": "be brief",
        "input": [
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "look: \u{e9}\n"},
                {"type": "input_image", "image_url": "data:image/png;base64,AB/+", "detail": "high"},
                {"type": "input_image", "image_url": "https://a.example/b.png"},
                {"type": "input_file", "file_data": "data:application/pdf;base64,JVBE", "filename": "b.pdf"},
                {"type": "input_file", "file_url": "https://a.example/b.pdf"}]},
            {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAAAA",
                "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{\"a\":1}"},
            {"type": "function_call", "call_id": "c2", "name": "f", "arguments": "{\"a\":2}"},
            {"type": "function_call_output", "call_id": "c1", "output": "one"},
            {"type": "function_call_output", "call_id": "c2", "output": [
                {"type": "input_text", "text": "two"},
                {"type": "input_image", "image_url": "data:image/png;base64,AB"}]},
            {"type": "message", "role": "assistant", "content": [
                {"type": "refusal", "refusal": "no"}]},
            {"type": "message", "role": "assistant", "content": [
                {"type": "output_text", "text": "so", "annotations": [
                    {"type": "url_citation", "url": "https://a.example", "title": "A",
                        "start_index": 0, "end_index": 2}]}]},
            {"type": "message", "role": "system", "content": "now in French"},
            {"type": "message", "role": "user", "content": "go on"},
        ],
        "tools": [
            {"type": "function", "name": "f", "description": "d", "parameters": schema, "strict": true},
            {"type": "function", "name": "g", "parameters": schema, "strict": false}],
        "tool_choice": {"type": "allowed_tools", "mode": "required",
            "tools": [{"type": "function", "name": "f"}]},
        "parallel_tool_calls": false,
        "max_output_tokens": 500,
        "temperature": 0.10,
        "top_p": 0.9,
        "reasoning": {"effort": "high", "summary": "auto"},
        "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n",
            "description": "d", "schema": schema, "strict": true}},
        "user": "u-1",
        "prompt_cache_key": "k",
        "metadata": {"a": "b"},
        "service_tier": "flex",
        "stream": true,
    });
    let written = again(&body);
    body["store"] = json!(false);
    body["include"] = json!(["reasoning.encrypted_content"]);
    assert_eq!(written, body);
}

#[test]
fn every_word_for_tools_and_formats_comes_back() {
    for (name, value) in [
        ("tool_choice", json!("none")),
        ("tool_choice", json!("required")),
        ("tool_choice", json!({"type": "function", "name": "f"})),
        ("text", json!({"format": {"type": "json_object"}})),
        ("service_tier", json!("default")),
        ("service_tier", json!("priority")),
        ("reasoning", json!({"effort": "none"})),
        ("reasoning", json!({"effort": "max"})),
    ] {
        let mut body = json!({"model": "m", "input": "hi"});
        body[name] = value.clone();
        assert_eq!(again(&body)[name], value);
    }
}

/// What a request asks for, and where.
fn seen(mut more: Value) -> Vec<(Feature, String)> {
    let mut body = json!({"model": "m", "input": "hi"});
    for (name, value) in more.as_object_mut().unwrap() {
        body[name] = value.take();
    }
    look(Form::Responses, body.to_string().as_bytes())
        .unwrap()
        .places
}

/// Holds a request to be refused for this feature at this place.
fn asks_for_what_is_lost(body: &Value, feature: Feature, place: &str) {
    let seen = seen(body.clone());
    let asked = (feature, place.to_owned());
    assert!(seen.contains(&asked), "{body} asks {seen:?}");
    let kind = ProviderKind::native(Dialect::OpenAi);
    assert_eq!(super::super::fate::fate(feature, kind), Fate::Lost);
}

/// A conversation that begins with this item.
fn item(item: &Value) -> Value {
    json!({"input": [item, {"role": "user", "content": "hi"}]})
}

#[test]
fn what_needs_state_is_noted_with_its_place() {
    let state = Feature::StoredState;
    for name in ["previous_response_id", "conversation", "prompt"] {
        asks_for_what_is_lost(&json!({name: "x"}), state, name);
    }
    for reference in [
        json!({"type": "item_reference", "id": "m"}),
        json!({"id": "m"}),
    ] {
        asks_for_what_is_lost(&item(&reference), state, "input[0]");
    }
    asks_for_what_is_lost(
        &json!({"background": true}),
        Feature::Background,
        "background",
    );
    let image = json!({"role": "user", "content": [{"type": "input_image", "file_id": "f"}]});
    let place = "input[0].content[0].file_id";
    asks_for_what_is_lost(&item(&image), Feature::ImageId, place);
}

#[test]
fn what_the_provider_would_run_is_noted_with_its_place() {
    for (tool, feature) in [
        (json!({"type": "web_search"}), Feature::ServerTools),
        (json!({"type": "new"}), Feature::Unknown),
    ] {
        asks_for_what_is_lost(&json!({"tools": [tool]}), feature, "tools[0]");
    }
    let choice = json!({"tool_choice": {"type": "mcp", "server_label": "s"}});
    asks_for_what_is_lost(&choice, Feature::ServerTools, "tool_choice");
    for (told, feature) in [
        (
            json!({"type": "web_search_call", "id": "w"}),
            Feature::ServerToolHistory,
        ),
        (
            json!({"type": "compaction", "encrypted_content": "g"}),
            Feature::ContextManagement,
        ),
    ] {
        asks_for_what_is_lost(&item(&told), feature, "input[0]");
    }
}

#[test]
fn what_is_not_known_is_noted_with_its_place() {
    for (body, place) in [
        (json!({"service_tier": "scale"}), "service_tier"),
        (json!({"reasoning": {"effort": "vast"}}), "reasoning.effort"),
        (json!({"some": 1}), "some"),
    ] {
        asks_for_what_is_lost(&body, Feature::Unknown, place);
    }
}

#[test]
fn what_says_nothing_asks_for_nothing() {
    let idle = json!({
        "input": [{"role": "developer", "content": "d"}, {"type": "message", "role": "user",
            "status": "completed", "content": [{"type": "input_text", "text": "hi"}]}],
        "instructions": "i", "stream": true, "store": false, "background": false,
        "truncation": "disabled", "parallel_tool_calls": true, "tool_choice": "auto",
        "include": ["reasoning.encrypted_content"], "service_tier": "auto", "metadata": {},
        "text": {"format": {"type": "text"}, "verbosity": "medium"}, "top_logprobs": 0,
        "reasoning": {"effort": null, "summary": null}, "previous_response_id": null,
    });
    assert_eq!(seen(idle), []);
}

#[test]
fn a_system_message_in_the_middle_and_an_answer_begun_are_noted() {
    let say = |role: &str| json!({"role": role, "content": "x"});
    let seen =
        seen(json!({"input": [say("system"), say("user"), say("developer"), say("assistant")]}));
    assert_eq!(
        seen,
        [
            (Feature::SystemMidway, "input[2]".to_owned()),
            (Feature::Prefill, "input[3]".to_owned()),
        ]
    );
}

#[test]
fn an_answer_begun_is_left_out_where_it_cannot_be_continued() {
    let mut request = turn(Role::User, vec![Part::text(Spelled::of_plain("hi"))]);
    request.turns.push(Turn {
        role: Role::Assistant,
        parts: vec![Part::text(Spelled::of_plain("I"))],
    });
    assert_eq!(written(&request)["input"].as_array().unwrap().len(), 1);
}

#[test]
fn several_instructions_are_a_system_message() {
    let body = json!({"model": "m", "instructions": "a", "input": [
        {"role": "developer", "content": "b"}, {"role": "user", "content": "hi"}]});
    let written = again(&body);
    assert_eq!(written.get("instructions"), None);
    assert_eq!(written["input"][0]["role"], "system");
    assert_eq!(written["input"][0]["content"][1]["text"], "b");
}

#[test]
fn functions_are_not_strict_unless_they_say_so() {
    let body = json!({"model": "m", "input": "hi", "tools": [{"type": "function", "name": "f"}]});
    let tool = &again(&body)["tools"][0];
    assert_eq!(tool["strict"], false);
    assert_eq!(
        tool["parameters"],
        json!({"type": "object", "properties": {}})
    );
}

#[test]
fn a_small_cap_is_the_least_that_is_taken() {
    let body = json!({"model": "m", "input": "hi", "max_output_tokens": 5});
    assert_eq!(again(&body)["max_output_tokens"], 16);
}

#[test]
fn encrypted_thoughts_are_asked_of_models_that_think() {
    for (model, thinks) in [
        ("gpt-4.1", false),
        ("openai/gpt-4o-mini", false),
        ("gpt-5", true),
        ("grok-4.3", true),
    ] {
        let mut to = to(Form::Responses);
        to.model = model;
        let written = write::request(&Request::default(), &to).unwrap();
        assert_eq!(
            written.contains("reasoning.encrypted_content"),
            thinks,
            "{model}"
        );
    }
}

#[test]
fn effort_in_tokens_is_the_nearest_word() {
    let request = Request {
        reasoning: Some(Reasoning {
            on: Some(true),
            effort: None,
            tokens: Some(4_000),
            shown: Some(true),
        }),
        ..Request::default()
    };
    assert_eq!(
        written(&request)["reasoning"],
        json!({"effort": "medium", "summary": "auto"})
    );
    let off = Request {
        reasoning: Some(Reasoning {
            on: Some(false),
            ..Reasoning::default()
        }),
        ..Request::default()
    };
    assert_eq!(written(&off)["reasoning"], json!({"effort": "none"}));
}

#[test]
fn a_tool_that_failed_says_so_in_words() {
    let result = |parts| {
        Part::ToolResult(ToolResult {
            id: Spelled::of_plain("c"),
            name: None,
            parts,
            is_error: true,
            cache: None,
        })
    };
    let text = || Part::text(Spelled::of_plain("no"));
    let output =
        |parts| written(&turn(Role::User, vec![result(parts)]))["input"][0]["output"].clone();
    assert_eq!(output(vec![text()]), "Error: no");
    assert_eq!(output(vec![]), "Error:");
    assert_eq!(output(vec![text(), text()])[0]["text"], "Error: ");
}

#[test]
fn a_document_of_text_is_a_text() {
    let file = |source| {
        Part::File(File {
            context: None,
            cites: false,
            source,
            name: Some(Spelled::of_plain("n")),
            cache: None,
        })
    };
    let text = Source::Text(Spelled::of_plain("t"));
    let content = &written(&turn(Role::User, vec![file(text)]))["input"][0]["content"][0];
    assert_eq!(*content, json!({"type": "input_text", "text": "n\n\nt"}));
}

#[test]
fn thoughts_that_lead_to_nothing_are_left_out() {
    let thought = || Part::Thinking {
        text: Spelled::default(),
        signature: Some(Signature {
            maker: Dialect::OpenAi,
            data: Spelled::of_plain(":gAAA"),
            is_whole: false,
        }),
    };
    let call = Part::ToolCall(ToolCall {
        id: Spelled::of_plain("c"),
        name: Spelled::of_plain("f"),
        input: Spelled::default(),
        signature: None,
        cache: None,
        is_custom: false,
    });
    let written = written(&turn(Role::Assistant, vec![thought(), call, thought()]));
    assert_eq!(
        written["input"],
        json!([
            {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        ])
    );
}

/// The history of a caller whose answers were translated.
fn history() -> Value {
    json!({"model": "m", "input": [
        {"role": "user", "content": "hi"},
        {"type": "reasoning", "id": "rs_qh1.req-1_0", "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": "qh1.anthropic.s.EqQB"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "reasoning", "id": "rs_qh1.req-1_2", "summary": [],
            "encrypted_content": "qh1.gemini.c.c1.Eq+/"},
        {"type": "reasoning", "id": "rs_qh1.req-1_3", "summary": [],
            "encrypted_content": "qh1.gemini.c.c2.Eq=="},
        {"type": "function_call", "call_id": "c2", "name": "f", "arguments": "{}"},
        {"type": "reasoning", "id": "rs_9", "summary": [], "encrypted_content": "gAAAAA"},
        {"type": "message", "role": "assistant", "content": "x"},
        {"role": "user", "content": "on"},
    ]})
}

#[test]
fn signatures_are_read_as_their_makers() {
    let body = history().to_string();
    let value = parse(&body).unwrap();
    let request = read::request(&value, &mut Seen::default()).unwrap();
    let signed: Vec<_> = request.turns[1]
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Thinking { signature, .. } => signature.clone(),
            Part::ToolCall(call) => call.signature.clone(),
            _ => None,
        })
        .map(|signed| (signed.maker, signed.data.plain().into_owned()))
        .collect();
    let of = |maker, data: &str| (maker, data.to_owned());
    assert_eq!(
        signed,
        [
            of(Dialect::Anthropic, "EqQB"),
            of(Dialect::Gemini, "Eq+/"),
            of(Dialect::Gemini, "Eq=="),
            of(Dialect::OpenAi, "rs_9:gAAAAA"),
        ]
    );
    assert_eq!(
        request.turns[1].parts.len(),
        5,
        "no thought for a call's signature"
    );
}

#[test]
fn a_native_deployment_gets_its_own_history_only() {
    let mut body = history();
    let text = body.to_string();
    let unmarked = unmark::unmarked(&parse(&text).unwrap()).unwrap();
    let kept: Vec<_> = [0, 2, 5, 6, 7, 8].map(|at| body["input"][at].take()).into();
    assert_eq!(
        serde_json::from_str::<Value>(&unmarked).unwrap()["input"],
        json!(kept)
    );
    let clean = json!({"model": "m", "input": kept}).to_string();
    assert_eq!(unmark::unmarked(&parse(&clean).unwrap()), None);
}

#[test]
fn what_stays_in_a_history_stays_byte_for_byte() {
    let body = "{\"temperature\" : 1e-07 , \"input\":[ {\"role\" : \"user\",\"content\":\"\\u00e9\\/\"} , \
        {\"type\":\"reasoning\",\"encrypted_content\":\"qh1.x.s.y\"}],\"store\":false}";
    let unmarked = unmark::unmarked(&parse(body).unwrap()).unwrap();
    assert_eq!(
        unmarked,
        "{\"temperature\":1e-07,\"input\":[{\"role\" : \"user\",\"content\":\"\\u00e9\\/\"}],\"store\":false}"
    );
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    for (body, place) in [
        (json!([]), ""),
        (json!({"input": 1}), "input"),
        (json!({"input": ["x"]}), "input[0]"),
        (
            json!({"input": [{"role": "user", "content": 1}]}),
            "input[0].content",
        ),
        (
            json!({"input": [{"role": "owl", "content": "x"}]}),
            "input[0].role",
        ),
        (
            json!({"input": [{"type": "function_call", "name": "f"}]}),
            "input[0]",
        ),
        (
            json!({"input": [{"type": "function_call_output", "output": ""}]}),
            "input[0].call_id",
        ),
    ] {
        let refused = look(Form::Responses, body.to_string().as_bytes()).unwrap_err();
        assert_eq!(refused.place, place, "{body}");
    }
}
