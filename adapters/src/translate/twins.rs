//! `OpenAI`'s two dialects: what both know goes from either into the other and back, where the server is its own.

mod calls;

use serde_json::{Value, json};

use super::check;
use super::feature::{Fate, Feature};
use super::{Form, To};
use crate::provider::ProviderKind;

const TWINS: [(Form, Form); 2] = [(Form::Chat, Form::Responses), (Form::Responses, Form::Chat)];

const GRAMMAR: &str = "start: \"a\"+\n// \\d 日";

/// What a chat client may ask for, but for what responses have not.
fn chat() -> Value {
    json!({
        "model": "sent-model",
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "Patch it."},
                {"type": "file", "file": {"file_id": "file-1"}}
            ]},
            {"role": "assistant", "content": "As told.", "annotations": [
                {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A",
                    "start_index": 0, "end_index": 2}}]},
            {"role": "user", "content": "Go on."},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "call_1", "type": "custom", "custom": {"name": "patch", "input": "*** \"a\"\n\\b"}},
                {"id": "call_2", "type": "custom", "custom": {"name": "say", "input": ""}},
                {"id": "call_3", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "done"},
            {"role": "tool", "tool_call_id": "call_2", "content": "said"},
            {"role": "tool", "tool_call_id": "call_3", "content": "3"}
        ],
        "tools": [
            {"type": "custom", "custom": {"name": "patch", "description": "Patches.", "format":
                {"type": "grammar", "grammar": {"syntax": "lark", "definition": GRAMMAR}}}},
            {"type": "custom", "custom": {"name": "say"}},
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": false}}
        ],
        "tool_choice": {"type": "custom", "custom": {"name": "patch"}},
        "user": "user-1",
        "safety_identifier": "hash-1",
        "store": true,
        "metadata": {"ticket": "7"},
        "service_tier": "priority"
    })
}

/// The same as responses clients ask for it.
fn responses() -> Value {
    json!({
        "model": "sent-model",
        "input": [
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "Patch it."},
                {"type": "input_file", "file_id": "file-1"}
            ]},
            {"type": "message", "role": "assistant", "content": [
                {"type": "output_text", "text": "As told.", "annotations": [
                    {"type": "url_citation", "url": "https://a.example", "title": "A",
                        "start_index": 0, "end_index": 2}]}]},
            {"type": "message", "role": "user", "content": "Go on."},
            {"type": "custom_tool_call", "call_id": "call_1", "name": "patch", "input": "*** \"a\"\n\\b"},
            {"type": "custom_tool_call", "call_id": "call_2", "name": "say", "input": ""},
            {"type": "function_call", "call_id": "call_3", "name": "f", "arguments": "{}"},
            {"type": "custom_tool_call_output", "call_id": "call_1", "output": "done"},
            {"type": "custom_tool_call_output", "call_id": "call_2", "output": "said"},
            {"type": "function_call_output", "call_id": "call_3", "output": "3"}
        ],
        "tools": [
            {"type": "custom", "name": "patch", "description": "Patches.", "format":
                {"type": "grammar", "syntax": "lark", "definition": GRAMMAR}},
            {"type": "custom", "name": "say"},
            {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": false}
        ],
        "tool_choice": {"type": "custom", "name": "patch"},
        "user": "user-1",
        "safety_identifier": "hash-1",
        "store": true,
        "metadata": {"ticket": "7"},
        "service_tier": "priority"
    })
}

/// A request for a provider's model of that name.
fn asked(from: Form, body: &Value, form: Form, kind: ProviderKind) -> Value {
    let to = To {
        form,
        kind,
        model: "sent-model",
    };
    let written = super::request(from, body.to_string().as_bytes(), false, &to).unwrap();
    assert_eq!(written.left_out, Vec::<String>::new());
    serde_json::from_str(&written.body).unwrap()
}

#[test]
fn either_asks_the_same_as_the_other() {
    for kind in [ProviderKind::OPENAI, ProviderKind::AZURE] {
        let mut asked_for_responses = asked(Form::Chat, &chat(), Form::Responses, kind);
        asked_for_responses
            .as_object_mut()
            .unwrap()
            .remove("include");
        assert_eq!(asked_for_responses, responses());
        let mut chat = chat();
        // Nobody reads there where an earlier answer was from.
        chat["messages"][1]
            .as_object_mut()
            .unwrap()
            .remove("annotations");
        assert_eq!(asked(Form::Responses, &responses(), Form::Chat, kind), chat);
    }
}

#[test]
fn nothing_in_them_is_lost_at_openai() {
    for (from, to) in TWINS {
        let body = if from == Form::Chat {
            chat()
        } else {
            responses()
        };
        let seen = super::look(from, body.to_string().as_bytes()).unwrap();
        assert!(seen.features.has(Feature::CustomTools));
        let lost = to.lost(ProviderKind::OPENAI);
        assert!(seen.features.is_apart_from(lost), "{:?}", seen.places);
    }
}

#[test]
fn one_of_the_allowed_tools_may_take_text() {
    let mut chat = chat();
    chat["tool_choice"] = json!({"type": "allowed_tools", "allowed_tools": {"mode": "required",
        "tools": [{"type": "custom", "custom": {"name": "say"}}, {"type": "function", "function": {"name": "f"}}]}});
    let mut responses = responses();
    responses["tool_choice"] = json!({"type": "allowed_tools", "mode": "required",
        "tools": [{"type": "custom", "name": "say"}, {"type": "function", "name": "f"}]});
    let openai = ProviderKind::OPENAI;
    let there = asked(Form::Chat, &chat, Form::Responses, openai);
    assert_eq!(there["tool_choice"], responses["tool_choice"]);
    let back = asked(Form::Responses, &responses, Form::Chat, openai);
    assert_eq!(back["tool_choice"], chat["tool_choice"]);
}

#[test]
fn what_openai_alone_has_is_lost_with_others_and_leaves_no_trace() {
    let mut without = chat();
    for name in ["store", "metadata"] {
        without.as_object_mut().unwrap().remove(name);
    }
    without["tool_choice"] = json!("auto");
    without["tools"].as_array_mut().unwrap().drain(..2);
    without["messages"][0]["content"]
        .as_array_mut()
        .unwrap()
        .pop();
    without["messages"][3]["tool_calls"]
        .as_array_mut()
        .unwrap()
        .drain(..2);
    without["messages"].as_array_mut().unwrap().drain(4..6);
    let mut with = chat();
    for tool in [json!("auto"), chat()["tool_choice"].clone()] {
        with["tool_choice"] = tool;
        for (form, kind) in [
            (Form::Messages, ProviderKind::ANTHROPIC),
            (Form::Generate, ProviderKind::GEMINI),
            (Form::Responses, ProviderKind::OPENAI_COMPATIBLE),
        ] {
            for feature in [Feature::CustomTools, Feature::Store, Feature::FileOfOpenAi] {
                assert_eq!(form.fate(feature, kind), Fate::Lost);
            }
            let mut told = asked(Form::Chat, &with, form, kind);
            let mut untold = asked(Form::Chat, &without, form, kind);
            for told in [&mut told, &mut untold] {
                // Said or not, it is what is done.
                for name in ["tool_choice", "toolConfig", "metadata"] {
                    told.as_object_mut().unwrap().remove(name);
                }
            }
            assert_eq!(told, untold, "{form:?}");
        }
    }
}

#[test]
fn only_what_is_said_to_be_kept_is_kept() {
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    let responses = json!({"model": "m", "input": "Hi"});
    let openai = ProviderKind::OPENAI;
    assert_eq!(
        asked(Form::Chat, &chat, Form::Responses, openai)["store"],
        false
    );
    assert_eq!(
        asked(Form::Responses, &responses, Form::Chat, openai)["store"],
        false
    );
    let azure = asked(Form::Responses, &responses, Form::Chat, ProviderKind::AZURE);
    assert_eq!(azure["store"], Value::Null, "it keeps nothing unasked");
    let groq = "groq".parse().unwrap();
    let groq = asked(Form::Responses, &responses, Form::Chat, groq);
    assert_eq!(groq["store"], Value::Null);
}

#[test]
fn notes_on_what_is_not_kept_are_told_to_be_left_out() {
    let body = json!({"model": "m", "input": "Hi", "metadata": {"k": "v"}}).to_string();
    let written = super::request(
        Form::Responses,
        body.as_bytes(),
        false,
        &check::to(Form::Chat),
    )
    .unwrap();
    assert_eq!(written.left_out, ["metadata"]);
    assert!(!written.body.contains("metadata"));
}

#[test]
fn an_end_user_has_one_name_where_there_is_one_place_for_it() {
    let groq: ProviderKind = "groq".parse().unwrap();
    let mut body = json!({"model": "m", "input": "Hi", "user": "u", "safety_identifier": "s"});
    assert_eq!(asked(Form::Responses, &body, Form::Chat, groq)["user"], "s");
    let messages = asked(
        Form::Responses,
        &body,
        Form::Messages,
        ProviderKind::ANTHROPIC,
    );
    assert_eq!(messages["metadata"]["user_id"], "s");
    body.as_object_mut().unwrap().remove("safety_identifier");
    assert_eq!(asked(Form::Responses, &body, Form::Chat, groq)["user"], "u");
}

#[test]
fn a_result_of_no_call_is_refused() {
    let body = json!({"model": "m", "input": [
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "done"}]});
    let refused = super::look(Form::Responses, body.to_string().as_bytes()).unwrap_err();
    assert_eq!(refused.place, "input[0].call_id");
}

#[test]
fn a_fast_request_is_one_of_priority() {
    let openai = ProviderKind::OPENAI;
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "service_tier": "fast"});
    let told = asked(Form::Chat, &chat, Form::Responses, openai);
    assert_eq!(told["service_tier"], "priority");
    let responses = json!({"model": "m", "input": "Hi", "service_tier": "fast"});
    let told = asked(Form::Responses, &responses, Form::Chat, openai);
    assert_eq!(told["service_tier"], "priority");
}

#[test]
fn how_prompts_are_cached_is_told_in_the_same_words() {
    let mark = json!({"mode": "explicit", "ttl": "12h"});
    let bare = json!({"mode": "explicit"});
    let settings = json!({"prompt_cache_retention": "24h", "prompt_cache_options": {"mode": "explicit", "ttl": "30m"}});
    let mut chat = json!({"model": "sent-model", "messages": [
        {"role": "system", "content": [{"type": "text", "text": "Be.", "prompt_cache_breakpoint": bare}]},
        {"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}, "prompt_cache_breakpoint": mark},
            {"type": "file", "file": {"file_id": "file-1"}, "prompt_cache_breakpoint": bare}]}]});
    let mut responses = json!({"model": "sent-model", "input": [
        {"type": "message", "role": "system", "content": [
            {"type": "input_text", "text": "Be.", "prompt_cache_breakpoint": bare}]},
        {"type": "message", "role": "user", "content": [
            {"type": "input_image", "image_url": "https://a.example/b.png", "prompt_cache_breakpoint": mark},
            {"type": "input_file", "file_id": "file-1", "prompt_cache_breakpoint": bare}]}]});
    for body in [&mut chat, &mut responses] {
        body["store"] = json!(false);
        for (name, value) in settings.as_object().unwrap() {
            body[name] = value.clone();
        }
    }
    let openai = ProviderKind::OPENAI;
    let mut told = asked(Form::Chat, &chat, Form::Responses, openai);
    told.as_object_mut().unwrap().remove("include");
    assert_eq!(told, responses);
    assert_eq!(asked(Form::Responses, &responses, Form::Chat, openai), chat);
    for form in [Form::Chat, Form::Responses] {
        let body = if form == Form::Chat {
            &responses
        } else {
            &chat
        };
        let from = if form == Form::Chat {
            Form::Responses
        } else {
            Form::Chat
        };
        let told = asked(from, body, form, ProviderKind::OPENAI_COMPATIBLE).to_string();
        assert!(!told.contains("prompt_cache"), "{told}");
    }
    let claude = asked(Form::Chat, &chat, Form::Messages, ProviderKind::ANTHROPIC);
    assert_eq!(
        claude["messages"][0]["content"][0]["cache_control"],
        json!({"type": "ephemeral", "ttl": "1h"})
    );
    assert_eq!(
        claude["system"][0]["cache_control"],
        json!({"type": "ephemeral"})
    );
}

#[test]
fn marks_of_others_are_none_of_openais() {
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [
        {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]}]});
    for form in [Form::Chat, Form::Responses] {
        let told = asked(Form::Messages, &body, form, ProviderKind::OPENAI).to_string();
        assert!(!told.contains("prompt_cache"), "{told}");
    }
}

#[test]
fn ids_of_calls_that_are_too_long_for_responses_are_short_and_the_same_in_both_places() {
    let id = "call_".repeat(20);
    let body = json!({"model": "m", "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": id, "type": "custom", "custom": {"name": "say", "input": "a"}}]},
        {"role": "tool", "tool_call_id": id, "content": "said"}]});
    let told = asked(Form::Chat, &body, Form::Responses, ProviderKind::OPENAI);
    let (call, result) = (&told["input"][1], &told["input"][2]);
    assert_eq!(call["type"], "custom_tool_call");
    assert_eq!(result["type"], "custom_tool_call_output");
    assert_eq!(call["call_id"], result["call_id"]);
    assert!(call["call_id"].as_str().unwrap().len() <= 64);
}

#[test]
fn a_choice_of_nothing_but_what_is_lost_is_none() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"type": "custom", "custom": {"name": "say"}}], "tool_choice": "required",
        "parallel_tool_calls": false});
    let told = asked(Form::Chat, &body, Form::Messages, ProviderKind::ANTHROPIC);
    assert_eq!(told.get("tools"), None);
    assert_eq!(told.get("tool_choice"), None);
}
