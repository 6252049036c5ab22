use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::error_class::ErrorClass;
use crate::translate::answer::{Answer, Event, Reason};
use crate::translate::check::{events, folded};
use crate::translate::json::{Spelled, parse};
use crate::translate::request::Part;
use crate::translate::{AnswerFault, Form};

fn recorded(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/ollama")
        .join(name)
        .with_extension("json");
    let fixture: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    fixture["response"]["body"].as_str().unwrap().to_owned()
}

fn lines(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn the_text(answer: &Answer<'_>) -> (String, Reason) {
    let choice = answer.choices.first().unwrap();
    let [Part::Text { text, .. }] = choice.parts.as_slice() else {
        panic!("{choice:?}");
    };
    (text.plain().into_owned(), choice.finish.reason)
}

#[test]
fn recorded_answers_are_read() {
    let told = recorded("chat");
    let answer = answer::read(&parse(&told).unwrap()).unwrap();
    let (text, reason) = the_text(&answer);
    assert!(
        text.starts_with("A joke about OpenTelemetry!\n\n"),
        "{text}"
    );
    assert_eq!((answer.model.raw(), reason), ("llama3", Reason::Done));
    for name in ["chat-stream", "chat-stream-2"] {
        let answer = folded(Form::OllamaChat, recorded(name).as_bytes()).unwrap();
        let (text, reason) = the_text(&answer);
        assert!(
            text.starts_with("Why did the OpenTelemetry agent go to therapy?"),
            "{text}"
        );
        assert_eq!((answer.model.raw(), reason), ("llama3", Reason::Done));
    }
}

#[test]
fn a_stream_of_thoughts_text_and_calls_is_what_the_whole_answer_is() {
    let line = |message: Value| json!({"model": "m", "message": message, "done": false});
    let call = |name: &str| json!({"function": {"name": name, "arguments": {"a": "\u{e4}"}}});
    let told = lines(&[
        line(json!({"role": "assistant", "content": "", "thinking": "Let me "})),
        line(json!({"role": "assistant", "content": "", "thinking": "see."})),
        line(json!({"role": "assistant", "content": "Well."})),
        line(json!({"role": "assistant", "content": "", "tool_calls": [call("f"), call("g")]})),
        json!({"model": "m", "message": {"role": "assistant", "content": ""}, "done": true,
            "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4}),
    ]);
    let whole = json!({"model": "m", "done": true, "done_reason": "stop", "message": {
        "role": "assistant", "thinking": "Let me see.", "content": "Well.",
        "tool_calls": [call("f"), call("g")]}})
    .to_string();
    let answer = folded(Form::OllamaChat, told.as_bytes()).unwrap();
    assert_eq!(answer, answer::read(&parse(&whole).unwrap()).unwrap());
    let choice = answer.choices.first().unwrap();
    assert_eq!(choice.finish.reason, Reason::ToolCalls);
    let Some(Part::ToolCall(last)) = choice.parts.last() else {
        panic!("{choice:?}");
    };
    assert_eq!((last.id.raw(), last.name.raw()), ("call_1", "g"));
    assert_eq!(last.input.plain(), "{\"a\":\"\u{e4}\"}");
}

#[test]
fn why_an_answer_ended_is_told() {
    for (ended, reason) in [
        (json!("stop"), Reason::Done),
        (json!("length"), Reason::Length),
        (json!("load"), Reason::Other),
        (Value::Null, Reason::Done),
    ] {
        let whole = json!({"message": {"content": "a"}, "done": true, "done_reason": ended});
        let text = whole.to_string();
        let answer = answer::read(&parse(&text).unwrap()).unwrap();
        assert_eq!(the_text(&answer).1, reason, "{ended}");
    }
}

#[test]
fn a_line_with_an_error_is_a_failure_of_its_class() {
    for (message, class) in [
        (
            "input exceeds the context length",
            ErrorClass::ContextOverflow,
        ),
        (
            "an error was encountered while running the model",
            ErrorClass::ServerError,
        ),
    ] {
        let told = lines(&[
            json!({"model": "m", "message": {"content": "Hi"}, "done": false}),
            json!({"error": message}),
        ]);
        let failed = Event::Failed {
            class,
            message: Spelled::of_plain(message),
        };
        let events = events(Form::OllamaChat, told.as_bytes()).unwrap();
        assert_eq!(events.last(), Some(&failed));
    }
}

#[test]
fn a_stream_without_its_end_is_cut_short() {
    let told = lines(&[json!({"model": "m", "message": {"content": "Hi"}, "done": false})]);
    let cut = events(Form::OllamaChat, told.as_bytes());
    assert_eq!(cut, Err(AnswerFault::CutShort));
}

#[test]
fn a_call_without_an_id_gets_one_that_no_other_answer_has() {
    let id = |whole: Value| {
        let text = whole.to_string();
        let answer = answer::read(&parse(&text).unwrap()).unwrap();
        let Some(Part::ToolCall(call)) = answer.choices.first().unwrap().parts.first() else {
            panic!("{answer:?}");
        };
        call.id.raw().to_owned()
    };
    let call = json!({"function": {"name": "f", "arguments": {}}});
    let with = json!({"id": "call_abc", "function": {"name": "f", "arguments": {}}});
    let made_at = "2026-11-21T20:26:46.294874123Z";
    for (call, made_at, told) in [
        (&call, json!(made_at), "call_20261121202646294874123_0"),
        (&call, Value::Null, "call_0"),
        (&with, json!(made_at), "call_abc"),
    ] {
        let whole = json!({"created_at": made_at, "message": {"tool_calls": [call]}, "done": true});
        assert_eq!(id(whole), told);
    }
}
