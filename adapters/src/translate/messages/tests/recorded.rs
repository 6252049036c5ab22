//! Every recorded exchange of this dialect.

use std::fs;
use std::path::Path;

use super::super::super::answer::{Event, Reason};
use super::super::super::check::{self, folded};
use super::super::super::feature::Feature;
use super::super::super::request::Part;
use super::{Form, Value, asked_of, noted};

/// The recorded exchanges, by name, but refusals.
fn recorded() -> Vec<(String, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/anthropic");
    let mut all: Vec<_> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("messages")
        })
        .map(|path| {
            let exchange: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                exchange,
            )
        })
        .filter(|(_, exchange)| exchange["response"]["status"] == 200)
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert_eq!(all.len(), 24);
    all
}

fn body(exchange: &Value) -> &str {
    exchange["response"]["body"].as_str().unwrap()
}

fn is_stream(body: &str) -> bool {
    !body.starts_with('{')
}

#[test]
fn every_recorded_request_is_known_whole() {
    let mut read = 0;
    for (name, exchange) in recorded() {
        let Some(text) = exchange["request"]["body"].as_str() else {
            continue;
        };
        let asked: Value = serde_json::from_str(text).unwrap();
        let unknown = noted(&asked).into_iter();
        let unknown: Vec<_> = unknown
            .filter(|(feature, _)| *feature == Feature::Unknown)
            .collect();
        assert_eq!(unknown, [], "{name}");
        let told = asked_of("any", &asked).unwrap();
        assert_eq!(
            told["messages"].as_array().map(Vec::len),
            asked["messages"].as_array().map(Vec::len)
        );
        assert_eq!(asked_of("any", &told).unwrap(), told, "{name}");
        read += 1;
    }
    assert_eq!(read, 16);
}

#[test]
fn every_recorded_answer_is_told_as_it_was_with_its_usage() {
    for (name, exchange) in recorded() {
        let body = body(&exchange);
        if is_stream(body) {
            continue;
        }
        let given: Value = serde_json::from_str(body).unwrap();
        let told = check::answer(Form::Messages, Form::Messages, body).unwrap();
        for member in [
            "id",
            "model",
            "role",
            "type",
            "stop_reason",
            "stop_sequence",
        ] {
            assert_eq!(told[member], given[member], "{name} {member}");
        }
        let used = |text: &str| check::usage(Form::Messages, text.as_bytes(), "application/json");
        assert_eq!(used(&told.to_string()), used(body), "{name}");
        assert_eq!(known(&told["content"]), known(&given["content"]), "{name}");
    }
}

/// The blocks that any dialect has, without what only Anthropic tells of them.
fn known(content: &Value) -> Vec<Value> {
    let blocks = content.as_array().unwrap().iter();
    let known = blocks.filter(|block| {
        let kinds = ["text", "thinking", "redacted_thinking", "tool_use"];
        kinds.iter().any(|kind| block["type"] == *kind)
    });
    known
        .map(|block| {
            let mut block = block.clone();
            let members = block.as_object_mut().unwrap();
            members.remove("citations");
            members.remove("caller");
            block
        })
        .collect()
}

#[test]
fn every_recorded_stream_is_told_as_it_was_with_its_usage_in_any_cut() {
    let mut read = 0;
    for (name, exchange) in recorded() {
        let body = body(&exchange);
        if !is_stream(body) {
            continue;
        }
        let told = |cuts: &[usize]| {
            check::stream(Form::Messages, Form::Messages, body.as_bytes(), cuts).unwrap()
        };
        let whole = told(&[usize::MAX]);
        assert_eq!(told(&[7, 1, 130, 3]), whole, "{name}");
        let used = |text: &str| check::usage(Form::Messages, text.as_bytes(), "text/event-stream");
        assert_eq!(used(&whole), used(body), "{name}");
        let given = folded(Form::Messages, body.as_bytes()).unwrap();
        let again = folded(Form::Messages, whole.as_bytes()).unwrap();
        assert_eq!(without_citations(again), without_citations(given), "{name}");
        read += 1;
    }
    assert_eq!(read, 15);
}

/// Only citations of the net are told, and texts that say nothing are not.
fn without_citations(
    mut answer: super::super::super::answer::Answer<'static>,
) -> super::super::super::answer::Answer<'static> {
    for choice in &mut answer.choices {
        choice.parts.retain_mut(|part| match part {
            Part::Text {
                text, citations, ..
            } => {
                citations.clear();
                !text.is_empty()
            }
            _ => true,
        });
    }
    answer
}

#[test]
fn a_recorded_call_without_arguments_has_an_empty_object() {
    let all = recorded();
    let (_, exchange) = all
        .iter()
        .find(|(name, _)| name == "messages-stream-tools-reasoning")
        .unwrap();
    let answer = folded(Form::Messages, body(exchange).as_bytes()).unwrap();
    let choice = answer.choices.first().unwrap();
    assert_eq!(choice.finish.reason, Reason::ToolCalls);
    let [Part::Thinking { signature, .. }, Part::ToolCall(call)] = &*choice.parts else {
        panic!("{:?}", choice.parts);
    };
    assert!(
        signature
            .as_ref()
            .unwrap()
            .data
            .raw()
            .starts_with("EoQDCm0")
    );
    assert_eq!((call.name.raw(), call.input.raw()), ("fixed_version", "{}"));
}

#[test]
fn a_stream_that_breaks_off_is_cut_short() {
    let all = recorded();
    let (_, exchange) = all
        .iter()
        .find(|(name, _)| name == "messages-stream")
        .unwrap();
    let events: Vec<&str> = body(exchange).trim().split("\n\n").collect();
    for most in 0..events.len() {
        let cut = events[..most].join("\n\n") + "\n\n";
        let told = check::stream(
            Form::Messages,
            Form::Messages,
            cut.as_bytes(),
            &[usize::MAX],
        );
        assert!(told.is_err(), "{most} events");
    }
    assert!(matches!(
        check::events(Form::Messages, body(exchange).as_bytes())
            .unwrap()
            .last(),
        Some(Event::End)
    ));
}
