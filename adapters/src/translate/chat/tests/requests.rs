//! Requests: what is read is written again, and what a provider differs in is a row.

use serde_json::{Value, json};

use crate::provider::ProviderKind;
use crate::translate::feature::{Fate, Feature};
use crate::translate::json::parse;
use crate::translate::shape::Seen;
use crate::translate::{self, Form, To, request as translated};

/// A chat request through the neutral form into one for that kind.
fn asked_of(kind: ProviderKind, body: &Value) -> Value {
    let to = To {
        form: Form::Chat,
        kind,
        model: "sent-model",
    };
    let streams = body["stream"] == true;
    let written = translated(Form::Chat, body.to_string().as_bytes(), streams, &to).unwrap();
    serde_json::from_str(&written.body).unwrap()
}

fn seen(body: &Value) -> Vec<(Feature, String)> {
    let seen = translate::look(Form::Chat, body.to_string().as_bytes()).unwrap();
    seen.places
}

/// Everything that the neutral form knows of the dialect.
fn full() -> Value {
    json!({
        "model": "sent-model",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "Look \u{1f600} \"here\"\n"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw==", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
            ]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1e-07}"}},
                {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}}
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "one"},
            {"role": "tool", "tool_call_id": "call_2", "content": [
                {"type": "text", "text": "two"}, {"type": "text", "text": "three"}
            ]},
            {"role": "assistant", "content": null, "refusal": "No."},
            {"role": "system", "content": "Now be long."},
            {"role": "user", "content": "Go on."}
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d",
            "parameters": {"type": "object", "properties": {"z": {}, "a": {}}}, "strict": true}}],
        "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required",
            "tools": [{"type": "function", "function": {"name": "f"}}]}},
        "parallel_tool_calls": false,
        "max_completion_tokens": 300,
        "stop": ["END", "\n\n"],
        "n": 2,
        "verbosity": "low",
        "temperature": 0.70,
        "top_p": 0.9,
        "seed": 7,
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "d",
            "schema": {"type": "object"}, "strict": true}},
        "reasoning_effort": "xhigh",
        "user": "u-1",
        "prompt_cache_key": "k",
        "service_tier": "flex",
        "store": false,
        "stream": true,
        "stream_options": {"include_usage": true}
    })
}

#[test]
fn a_request_through_the_neutral_form_is_the_same_request() {
    assert_eq!(asked_of(ProviderKind::OPENAI, &full()), full());
}

#[test]
fn everything_that_is_written_for_openai_was_noticed_and_is_not_lost() {
    let places = seen(&full());
    for (feature, place) in &places {
        let fate = Form::Chat.fate(*feature, ProviderKind::OPENAI);
        assert_ne!(fate, Fate::Lost, "{place}: {feature:?}");
    }
    let midway = (Feature::SystemMidway, "messages[6]".to_owned());
    assert!(places.contains(&midway), "{places:?}");
}

#[test]
fn tool_choices_are_told_by_their_words_and_names() {
    for choice in [
        json!("auto"),
        json!("none"),
        json!("required"),
        json!({"type": "function", "function": {"name": "f"}}),
    ] {
        let mut body = full();
        body["tool_choice"] = choice.clone();
        assert_eq!(asked_of(ProviderKind::OPENAI, &body)["tool_choice"], choice);
    }
}

#[test]
fn what_values_ask_for_is_told_with_its_place() {
    let user = json!({"role": "user", "content": "hi"});
    for (messages, expected) in [
        (json!([user]), vec![]),
        (
            json!([user, {"role": "assistant", "content": "1, 2,"}]),
            vec![(Feature::Prefill, "messages[1]")],
        ),
        (
            json!([user, {"role": "developer", "content": "x"}, user]),
            vec![(Feature::SystemMidway, "messages[1]")],
        ),
        (
            json!([{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}},
                {"type": "text", "text": "x"}]}]),
            vec![(Feature::FileOfOpenAi, "messages[0].content[0].file.file_id")],
        ),
        (
            json!([{"role": "user", "name": "Ann", "content": [{"type": "text", "text": "x",
                "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}]),
            vec![
                (Feature::SpeakerName, "messages[0].name"),
                (Feature::CacheMarks, "messages[0].content[0].cache_control"),
                (
                    Feature::CacheTtl,
                    "messages[0].content[0].cache_control.ttl",
                ),
            ],
        ),
        (
            json!([user, {"role": "assistant", "content": "x", "refusal": null, "annotations": [],
                "audio": null, "function_call": null, "tool_calls": null, "parsed": {"a": 1}}, user]),
            vec![],
        ),
        (
            json!([user, {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}]},
                {"role": "tool", "tool_call_id": "c", "content": "y"}, user]),
            vec![(Feature::CustomTools, "messages[1].tool_calls[0]")],
        ),
    ] {
        let places = seen(&json!({"model": "m", "messages": messages}));
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(feature, place)| (feature, place.to_owned()))
            .collect();
        let mut sorted = places.clone();
        sorted.sort_by_key(|(_, place)| place.clone());
        let mut expected_sorted = expected.clone();
        expected_sorted.sort_by_key(|(_, place)| place.clone());
        // An object's members stand in the order of serde's map, which is that of their names.
        assert_eq!(sorted, expected_sorted, "{messages}");
    }
}

#[test]
fn a_request_that_is_none_is_refused_with_its_place() {
    for (body, place) in [
        (json!([]), ""),
        (json!({"model": "m"}), "messages"),
        (json!({"messages": ["x"]}), "messages[0]"),
        (
            json!({"messages": [{"role": "poet", "content": "x"}]}),
            "messages[0]",
        ),
        (
            json!({"messages": [{"role": "user", "content": 1}]}),
            "messages[0]",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "image_url",
                "image_url": {"url": "data:image/png,x"}}]}]}),
            "messages[0].content[0]",
        ),
        (
            json!({"messages": [{"role": "tool", "content": "x"}]}),
            "messages[0]",
        ),
    ] {
        let fault = translate::look(Form::Chat, body.to_string().as_bytes()).unwrap_err();
        assert_eq!(fault.place, place, "{body}: {fault}");
    }
}

#[test]
fn results_of_one_turn_are_one_turn() {
    let body = full().to_string();
    let value = parse(&body).unwrap();
    let request = super::super::read::read(&value, &mut Seen::default()).unwrap();
    let results = &request.turns[2];
    assert_eq!(results.parts.len(), 2, "{results:?}");
    assert_eq!(request.turns.len(), 6);
}

#[test]
fn mistral_gets_its_own_ids_and_names() {
    let written = asked_of(
        ProviderKind::all()
            .find(|kind| kind.as_str() == "mistral")
            .unwrap(),
        &full(),
    );
    let call = written["messages"][2]["tool_calls"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(call.len(), 9);
    assert!(call.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(written["messages"][3]["tool_call_id"], call.as_str());
    assert_eq!(written["random_seed"], 7);
    for absent in [
        "seed",
        "user",
        "verbosity",
        "service_tier",
        "tool_choice",
        "stream_options",
    ] {
        assert_eq!(written[absent], Value::Null, "{absent}");
    }
    assert_eq!(written["max_tokens"], 300);
}

#[test]
fn deepseek_gets_texts_where_others_get_lists_and_the_efforts_that_it_has() {
    let deepseek = ProviderKind::all()
        .find(|kind| kind.as_str() == "deepseek")
        .unwrap();
    let written = asked_of(deepseek, &full());
    assert_eq!(written["messages"][4]["content"], "two\n\nthree");
    assert_eq!(written["reasoning_effort"], "high");
    assert_eq!(
        written["messages"][1]["content"],
        "Look \u{1f600} \"here\"\n"
    );
    assert_eq!(written["response_format"], Value::Null);
    assert_eq!(written["messages"][2]["reasoning_content"], "");
    let mut off = full();
    off["reasoning_effort"] = json!("none");
    let written = asked_of(deepseek, &off);
    assert_eq!(written["thinking"], json!({"type": "disabled"}));
    assert_eq!(written["reasoning_effort"], Value::Null);
}

#[test]
fn what_a_row_lacks_is_nowhere_in_what_is_written_for_it() {
    for kind in ProviderKind::all().filter(|kind| kind.speaks(crate::call::Dialect::OpenAi)) {
        let written = asked_of(kind, &full());
        let chat = kind.row().chat;
        for (feature, member) in [
            (Feature::ManyAnswers, "n"),
            (Feature::Verbosity, "verbosity"),
            (Feature::Seed, chat.seed),
            (Feature::User, "user"),
            (Feature::CacheKey, "prompt_cache_key"),
            (Feature::ServiceTier, "service_tier"),
            (Feature::ToolChoiceAmong, "tool_choice"),
            (Feature::ParallelToolsOff, "parallel_tool_calls"),
            (Feature::JsonSchema, "response_format"),
            (Feature::Stop, "stop"),
            (Feature::Tools, "tools"),
            (Feature::PresencePenalty, "presence_penalty"),
            (Feature::FrequencyPenalty, "frequency_penalty"),
        ] {
            let is_there = !written[member].is_null();
            let is_said = matches!(
                Form::Chat.fate(feature, kind),
                Fate::Carried | Fate::Adapted(_)
            );
            assert_eq!(is_there, is_said, "{kind:?}: {member}");
        }
    }
}

#[test]
fn what_translated_answers_left_is_taken_out_and_nothing_else() {
    let body = r#"{"model" : "m","messages":[{"role":"user","content":"qh1."},
{"role":"assistant","content":"a\u0041","reasoning_content":"t","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"qh1.anthropic.s.Eq=","index":0}],
"tool_calls":[{"id":"call_1.qh1.gemini.s.AB","type":"function","function":{"name":"f","arguments":"{ }"}}]},
{"role":"tool","tool_call_id":"call_1.qh1.gemini.s.AB","content":"x"}],"temperature":1e-07}"#;
    let left = translate::unmarked(Form::Chat, body.as_bytes()).unwrap();
    let expected = r#"{"model":"m","messages":[{"role":"user","content":"qh1."},{"role":"assistant","content":"a\u0041","tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{ }"}}]},{"role":"tool","tool_call_id":"call_1","content":"x"}],"temperature":1e-07}"#;
    assert_eq!(left, expected);
    assert_eq!(translate::unmarked(Form::Chat, left.as_bytes()), None);
    let own = r#"{"messages":[{"role":"assistant","reasoning_details":[{"type":"reasoning.text","text":"qh1.","signature":"Eq="}]}]}"#;
    assert_eq!(translate::unmarked(Form::Chat, own.as_bytes()), None);
}
