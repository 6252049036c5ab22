use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::error_class::ErrorClass;
use crate::translate::answer::{Answer, Event, Reason};
use crate::translate::check::{events, folded};
use crate::translate::json::{Spelled, parse};
use crate::translate::request::{Citation, Part};
use crate::translate::{AnswerFault, Form};

fn recorded(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/cohere")
        .join(name)
        .with_extension("json");
    let fixture: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    fixture["response"]["body"].as_str().unwrap().to_owned()
}

fn stream(events: &[Value]) -> String {
    let told = events.iter().map(|event| {
        let kind = event["type"].as_str().unwrap();
        format!("event: {kind}\ndata: {event}\n\n")
    });
    told.collect()
}

fn read(whole: &Value) -> Result<Answer<'static>, AnswerFault> {
    let text = Box::leak(whole.to_string().into_boxed_str());
    answer::read(&parse(text).unwrap())
}

/// Thoughts, text, where it is from, and how it ended.
fn said(answer: &Answer<'_>) -> (String, String, Vec<Citation<'static>>, Reason) {
    let choice = answer.choices.first().unwrap();
    let (mut thoughts, mut text, mut from) = (String::new(), String::new(), Vec::new());
    for part in &choice.parts {
        match part {
            Part::Text {
                text: more,
                citations,
                ..
            } => {
                text.push_str(&more.plain());
                from.extend(citations.iter().cloned().map(Citation::into_owned));
            }
            Part::Thinking { text: more, .. } => thoughts.push_str(&more.plain()),
            other => panic!("{other:?}"),
        }
    }
    (thoughts, text, from, choice.finish.reason)
}

#[test]
fn recorded_streams_are_read() {
    let told = recorded("chat-stream-multibyte-utf8-tools-cached-input");
    let answer = folded(Form::CohereChat, told.as_bytes()).unwrap();
    let (thoughts, text, from, reason) = said(&answer);
    assert_eq!(answer.id.raw(), "274e9d69-5fe3-4f80-81ed-f66ae31f1da0");
    assert_eq!((thoughts.as_str(), reason), ("", Reason::Done));
    assert_eq!(
        text,
        "The current weather in Berlin is 15\u{b0}C with winds of 10 km/h."
    );
    let [citation] = from.as_slice() else {
        panic!()
    };
    assert_eq!(citation.span, Some((33, 60)));
    let output = "Current weather at 52.5200, 13.4050: 15\u{b0}C, Wind: 10 km/h";
    assert_eq!(citation.cited_text, Some(Spelled::of_plain(output)));

    let told = recorded("chat-stream-tools-cached-input-reasoning");
    let (thoughts, text, _, reason) = said(&folded(Form::CohereChat, told.as_bytes()).unwrap());
    assert!(
        thoughts.starts_with("The document clearly states"),
        "{thoughts}"
    );
    assert!(text.ends_with("happy and productive."), "{text}");
    assert_eq!(reason, Reason::Done);

    let told = recorded("chat-stream-multibyte-utf8-tools-cached-input-2");
    let (_, text, _, _) = said(&folded(Form::CohereChat, told.as_bytes()).unwrap());
    assert_eq!(
        text,
        "The current weather in Paris is 15\u{b0}C with winds of 10 km/h."
    );
}

#[test]
fn a_recorded_answer_with_a_thought_and_a_call_is_read() {
    let told = recorded("chat-tools-cached-input-reasoning");
    let answer = answer::read(&parse(&told).unwrap()).unwrap();
    let choice = answer.choices.first().unwrap();
    assert_eq!(choice.finish.reason, Reason::ToolCalls);
    let [Part::Thinking { text, .. }, Part::ToolCall(call)] = choice.parts.as_slice() else {
        panic!("{choice:?}");
    };
    assert!(
        text.raw()
            .starts_with("The user is asking who created Ruby")
    );
    assert_eq!(
        (call.id.raw(), call.name.raw(), &*call.input.plain()),
        (
            "knowledge_base_vpfcagczdkae",
            "knowledge_base",
            r#"{"query":"Ruby creator"}"#
        )
    );
}

#[test]
fn a_stream_of_a_plan_and_calls_is_what_the_whole_answer_is() {
    let message = |message: Value| json!({"message": message});
    let told = stream(&[
        json!({"type": "message-start", "id": "1", "delta": message(json!({"role": "assistant"}))}),
        json!({"type": "tool-plan-delta", "delta": message(json!({"tool_plan": "I will "}))}),
        json!({"type": "tool-plan-delta", "delta": message(json!({"tool_plan": "look."}))}),
        json!({"type": "tool-call-start", "index": 0, "delta": message(json!({"tool_calls":
            {"id": "f_1", "type": "function", "function": {"name": "f", "arguments": ""}}}))}),
        json!({"type": "tool-call-delta", "index": 0, "delta": message(json!({"tool_calls":
            {"function": {"arguments": "{\"a\":"}}}))}),
        json!({"type": "tool-call-delta", "index": 0, "delta": message(json!({"tool_calls":
            {"function": {"arguments": "1}"}}}))}),
        json!({"type": "tool-call-end", "index": 0}),
        json!({"type": "tool-call-start", "index": 1, "delta": message(json!({"tool_calls":
            {"id": "g_1", "type": "function", "function": {"name": "g"}}}))}),
        json!({"type": "tool-call-end", "index": 1}),
        json!({"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}}),
    ]);
    let whole = json!({"id": "1", "finish_reason": "TOOL_CALL", "message": {"role": "assistant",
        "tool_plan": "I will look.", "tool_calls": [
            {"id": "f_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
            {"id": "g_1", "type": "function", "function": {"name": "g"}}]}});
    let answer = folded(Form::CohereChat, told.as_bytes()).unwrap();
    assert_eq!(answer, read(&whole).unwrap());
    assert_eq!(answer.choices.first().unwrap().parts.len(), 3);
}

#[test]
fn citations_belong_to_the_text_that_they_name_or_to_the_last() {
    let cited = |index: Value, kind: &str| {
        json!({"start": 0, "end": 4, "text": "Ruby", "type": kind, "content_index": index,
            "sources": [{"type": "document", "id": "d", "document":
                {"title": "Facts", "url": "https://a.example", "snippet": "Ruby is."}}]})
    };
    let whole = |citation: Value| {
        json!({"id": "1", "finish_reason": "COMPLETE", "message": {"role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Ruby"}],
            "citations": [citation]}})
    };
    let expected = Citation {
        place: None,
        url: Some(Spelled::of_plain("https://a.example")),
        title: Some(Spelled::of_plain("Facts")),
        cited_text: Some(Spelled::of_plain("Ruby is.")),
        span: Some((0, 4)),
    };
    for (citation, from) in [
        (cited(json!(1), "TEXT_CONTENT"), vec![expected.clone()]),
        (cited(Value::Null, "TEXT_CONTENT"), vec![expected]),
        (cited(json!(0), "THINKING_CONTENT"), vec![]),
    ] {
        assert_eq!(said(&read(&whole(citation)).unwrap()).2, from);
    }
}

#[test]
fn a_failure_behind_a_200_is_told_with_its_class() {
    for (delta, class) in [
        (
            json!({"finish_reason": "ERROR", "error": "too many tokens: size limit"}),
            ErrorClass::ContextOverflow,
        ),
        (
            json!({"finish_reason": "ERROR", "error": "oh"}),
            ErrorClass::ServerError,
        ),
        (json!({"finish_reason": "TIMEOUT"}), ErrorClass::Timeout),
    ] {
        let told = stream(&[
            json!({"type": "message-start", "id": "1"}),
            json!({"type": "message-end", "delta": delta}),
        ]);
        let events = events(Form::CohereChat, told.as_bytes()).unwrap();
        let failed = |event: &Event<'_>| matches!(event, Event::Failed { class: told, .. } if *told == class);
        assert!(events.last().is_some_and(failed), "{events:?}");
        let mut whole = json!({"id": "1", "message": {"role": "assistant", "content": []}});
        whole["finish_reason"] = delta["finish_reason"].clone();
        assert_eq!(read(&whole), Err(AnswerFault::CutShort));
    }
}

#[test]
fn a_stream_without_its_end_is_cut_short() {
    let told = recorded("chat-stream-multibyte-utf8-tools-cached-input");
    let (begun, _) = told.split_once("event: message-end").unwrap();
    let cut = events(Form::CohereChat, begun.as_bytes());
    assert_eq!(cut, Err(AnswerFault::CutShort));
}
