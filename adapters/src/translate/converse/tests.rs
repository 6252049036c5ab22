use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::error_class::ErrorClass;
use crate::eventstream::tests::{frame, text};
use crate::eventstream::{Frames, Head, Sink};
use crate::translate::answer::{Answer, Event, Reason};
use crate::translate::json::{Spelled, parse};
use crate::translate::request::Part;
use crate::translate::speaker::ReadStream;
use crate::translate::{AnswerFault, check};

mod citations;

/// What a stream tells, frame by frame.
#[derive(Debug)]
struct Reading {
    reader: Box<dyn ReadStream>,
    data: Vec<u8>,
    events: Vec<Event<'static>>,
    fault: Option<AnswerFault>,
}

impl Sink for Reading {
    fn begin(&mut self, _: &Head) {}

    fn payload(&mut self, piece: &[u8], _: &Head) {
        self.data.extend_from_slice(piece);
    }

    fn end(&mut self, head: &Head) {
        let name = match head.message_type() {
            b"event" => String::from_utf8_lossy(head.event_type()).into_owned(),
            _ => format!("!{}", String::from_utf8_lossy(head.exception_type())),
        };
        let data = String::from_utf8(std::mem::take(&mut self.data)).unwrap();
        let mut sink = |event: Event<'_>| self.events.push(event.into_owned());
        let told = self.reader.event(&name, &parse(&data).unwrap(), &mut sink);
        self.fault = self.fault.or_else(|| told.err());
    }
}

fn told(bytes: &[u8]) -> Result<Vec<Event<'static>>, AnswerFault> {
    let mut reading = Reading {
        reader: (SERVES.unwrap().stream)(),
        data: Vec::new(),
        events: Vec::new(),
        fault: None,
    };
    Frames::new().feed(bytes, &mut reading).unwrap();
    let Reading {
        mut reader,
        mut events,
        fault,
        ..
    } = reading;
    fault.map_or(Ok(()), Err)?;
    reader.done(&mut |event| events.push(event.into_owned()))?;
    check::in_order(&events);
    Ok(events)
}

fn folded(bytes: &[u8]) -> Answer<'static> {
    let mut answer = Answer::default();
    told(bytes)
        .unwrap()
        .into_iter()
        .for_each(|event| answer.take(event));
    answer
}

fn frames(events: &[(&str, Value)]) -> Vec<u8> {
    let all = events.iter().flat_map(|(name, data)| {
        let headers = match name.strip_prefix('!') {
            None => [text(":event-type", name), text(":message-type", "event")],
            Some(name) => [
                text(":exception-type", name),
                text(":message-type", "exception"),
            ],
        };
        frame(&headers.concat(), data.to_string().as_bytes())
    });
    all.collect()
}

/// Recorded answers of status 200: name, body, whether it is a stream.
fn recorded() -> Vec<(String, Vec<u8>, bool)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bedrock");
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let fixture: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let response = &fixture["response"];
        if fixture["operation"] != "converse" || response["status"] != 200 {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        match response["body"].as_str() {
            Some(text) => cases.push((name, text.as_bytes().to_vec(), false)),
            None => {
                let base64 = response["body_base64"].as_str().unwrap();
                cases.push((name, STANDARD.decode(base64).unwrap(), true));
            }
        }
    }
    cases.sort();
    cases
}

/// Text, calls, and how it ended.
fn said(answer: &Answer<'_>) -> (String, Vec<(String, String)>, Reason) {
    let choice = answer.choices.first().unwrap();
    let (mut text, mut calls) = (String::new(), Vec::new());
    for part in &choice.parts {
        match part {
            Part::Text { text: more, .. } => text.push_str(&more.plain()),
            Part::ToolCall(call) => {
                calls.push((
                    call.name.plain().into_owned(),
                    call.input.plain().into_owned(),
                ));
            }
            other => panic!("{other:?}"),
        }
    }
    (text, calls, choice.finish.reason)
}

#[test]
fn every_recorded_answer_is_read() {
    let mut count = 0;
    for (name, body, is_stream) in recorded() {
        let (text, calls, reason) = if is_stream {
            said(&folded(&body))
        } else {
            let body = String::from_utf8(body).unwrap();
            said(&answer::read(&parse(&body).unwrap()).unwrap())
        };
        assert!(!text.is_empty() || !calls.is_empty(), "{name}");
        let is_guarded = text.contains("{ADDRESS}");
        let ended = match (is_guarded, calls.is_empty()) {
            (true, _) => Reason::Filtered,
            (false, true) => Reason::Done,
            (false, false) => Reason::ToolCalls,
        };
        assert_eq!(reason, ended, "{name}");
        count += 1;
    }
    assert_eq!(count, 9);
}

#[test]
fn a_stream_of_thoughts_text_and_calls_is_what_the_whole_answer_is() {
    let at = |name: &'static str, index: u64, member: &str, value: Value| {
        (name, json!({"contentBlockIndex": index, member: value}))
    };
    let delta = |index, delta| at("contentBlockDelta", index, "delta", delta);
    let thought = |index, thought: Value| delta(index, json!({"reasoningContent": thought}));
    let start = |index, id: &str, name: &str| {
        let call = json!({"toolUse": {"toolUseId": id, "name": name}});
        at("contentBlockStart", index, "start", call)
    };
    let stop = |index| at("contentBlockStop", index, "p", json!("abc"));
    let citation = json!({"citation": {"title": "Paper", "sourceContent": [{"text": "It rains"}],
        "location": {"web": {"url": "https://a.example"}}}});
    let stream = frames(&[
        ("messageStart", json!({"role": "assistant", "p": "abc"})),
        thought(0, json!({"text": "Let me "})),
        thought(0, json!({"text": "see."})),
        thought(0, json!({"signature": "EqQB=="})),
        stop(0),
        thought(1, json!({"redactedContent": "c2VjcmV0"})),
        stop(1),
        delta(2, json!({"text": "Rain, "})),
        delta(2, json!({"text": "says the paper."})),
        delta(2, citation),
        stop(2),
        start(3, "t1", "f"),
        delta(3, json!({"toolUse": {"input": "{\"a\":"}})),
        delta(3, json!({"toolUse": {"input": "\"\u{e4}\\\"\"}"}})),
        stop(3),
        start(4, "t2", "g"),
        stop(4),
        ("messageStop", json!({"stopReason": "tool_use"})),
        (
            "metadata",
            json!({"usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
                "metrics": {"latencyMs": 1}, "serviceTier": {"type": "flex"}}),
        ),
    ]);
    let whole = json!({"output": {"message": {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": "Let me see.", "signature": "EqQB=="}}},
        {"reasoningContent": {"redactedContent": "c2VjcmV0"}},
        {"citationsContent": {"content": [{"text": "Rain, says the paper."}], "citations": [
            {"title": "Paper", "sourceContent": [{"text": "It rains"}],
                "location": {"web": {"url": "https://a.example"}}}]}},
        {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": "\u{e4}\""}}},
        {"toolUse": {"toolUseId": "t2", "name": "g", "input": {}}},
    ]}}, "stopReason": "tool_use", "serviceTier": {"type": "flex"},
        "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}})
    .to_string();
    let whole = parse(&whole).unwrap();
    assert_eq!(folded(&stream), answer::read(&whole).unwrap());
    assert_eq!(folded(&stream).tier, Some(Spelled::of_plain("flex")));
}

#[test]
fn the_text_at_which_an_answer_ended_is_told() {
    let whole = r#"{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"stop_sequence","additionalModelResponseFields":{"stop_sequence":"END"}}"#;
    let whole = parse(whole).unwrap();
    let finish = answer::read(&whole).unwrap().choices.remove(0).finish;
    assert_eq!(
        (finish.reason, finish.stop),
        (Reason::Stop, Some(Spelled::of_plain("END")))
    );
}

#[test]
fn an_exception_is_a_failure_of_its_class() {
    for (exception, message, class) in [
        ("throttlingException", "Slow down", ErrorClass::RateLimited),
        ("internalServerException", "Oh", ErrorClass::ServerError),
        ("modelStreamErrorException", "Oh", ErrorClass::ServerError),
        ("serviceUnavailableException", "Oh", ErrorClass::Overloaded),
        ("validationException", "Odd", ErrorClass::BadRequest),
        (
            "validationException",
            "Input is too long for the model",
            ErrorClass::ContextOverflow,
        ),
        ("", "Oh", ErrorClass::ServerError),
    ] {
        let stream = frames(&[
            ("messageStart", json!({"role": "assistant"})),
            (
                "contentBlockDelta",
                json!({"contentBlockIndex": 0, "delta": {"text": "Hi"}}),
            ),
            (&format!("!{exception}"), json!({"message": message})),
        ]);
        let failed = Event::Failed {
            class,
            message: Spelled::of_plain(message),
        };
        assert_eq!(told(&stream).unwrap().last(), Some(&failed), "{exception}");
    }
}

#[test]
fn a_stream_without_its_end_is_cut_short() {
    let begun = [
        ("messageStart", json!({"role": "assistant"})),
        (
            "contentBlockDelta",
            json!({"contentBlockIndex": 0, "delta": {"text": "Hi"}}),
        ),
    ];
    assert_eq!(told(&frames(&begun)), Err(AnswerFault::CutShort));
    assert_eq!(told(b""), Err(AnswerFault::CutShort));
    // The usage may be missing, the words are all there.
    let stop = ("messageStop", json!({"stopReason": "end_turn"}));
    let complete: Vec<_> = begun.into_iter().chain([stop]).collect();
    assert_eq!(told(&frames(&complete)).unwrap().last(), Some(&Event::End));
}

#[test]
fn what_no_caller_has_a_place_for_breaks_the_answer_off() {
    for block in [
        json!({"image": {"format": "png", "source": {"bytes": "AA=="}}}),
        json!({"toolUse": {"toolUseId": "t", "name": "search", "input": {}, "type": "server_tool_use"}}),
        json!({"toolResult": {"toolUseId": "t", "content": []}}),
    ] {
        let whole = json!({"output": {"message": {"content": [block]}}, "stopReason": "end_turn"});
        let text = whole.to_string();
        let read = answer::read(&parse(&text).unwrap()).map(|_| ());
        assert_eq!(read, Err(AnswerFault::Unsayable), "{whole}");
    }
}
