use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{answer, tell};
use super::{RECORDED, Recorded, STREAM, data};
use crate::error_class::ErrorClass;
use crate::translate::answer::{Answer, Event, PartKind, Reason};
use crate::translate::check::{self, folded};
use crate::translate::json::{Spelled, parse};
use crate::translate::request::Part;
use crate::translate::{AnswerFault, Form};

fn streams() -> impl Iterator<Item = &'static Recorded> + Clone {
    RECORDED.iter().filter(|case| case.is_stream())
}

/// A stream of these events.
fn stream(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect()
}

fn read(events: &[Value]) -> Answer<'static> {
    folded(Form::Responses, stream(events).as_bytes()).unwrap()
}

#[test]
fn every_recorded_stream_is_read_as_its_whole_answer() {
    for case in streams() {
        let streamed = folded(Form::Responses, case.body.as_bytes()).unwrap();
        let whole = case.whole().to_string();
        let value = parse(&whole).unwrap();
        let whole = answer::answer(&value).unwrap();
        assert_eq!(streamed, whole, "{}", case.name);
    }
}

#[test]
fn every_recorded_stream_is_told_as_its_whole_answer_with_its_usage() {
    for case in streams() {
        let told = told(case, &[usize::MAX]);
        let mut last = data(&told).last().unwrap();
        let whole = case.whole().to_string();
        let whole = check::answer(Form::Responses, Form::Responses, &whole).unwrap();
        assert_eq!(last["response"].take(), whole, "{}", case.name);
        let usage = |body: &str| {
            let usage = check::usage(Form::Responses, body.as_bytes(), STREAM).unwrap();
            (
                usage.input_tokens,
                usage.cached_input_tokens,
                usage.output_tokens,
            )
        };
        assert_eq!(usage(&told), usage(&case.body), "{}", case.name);
    }
}

fn told(case: &Recorded, cuts: &[usize]) -> String {
    let body = case.body.as_bytes();
    check::stream(Form::Responses, Form::Responses, body, cuts).unwrap()
}

#[test]
fn every_recorded_stream_is_the_same_in_any_cut() {
    for case in streams() {
        let whole = told(case, &[usize::MAX]);
        for cuts in [&[1][..], &[13, 1, 200], &[4_096]] {
            assert_eq!(told(case, cuts), whole, "{} cut {cuts:?}", case.name);
        }
    }
}

#[test]
fn what_is_told_is_read_as_what_was_told() {
    for case in streams() {
        let told = told(case, &[usize::MAX]);
        let again = folded(Form::Responses, told.as_bytes()).unwrap();
        let native = folded(Form::Responses, case.body.as_bytes()).unwrap();
        assert_eq!(said(&again), said(&native), "{}", case.name);
        assert_eq!(again.choices[0].finish, native.choices[0].finish);
    }
}

/// Texts, thoughts and calls in their order.
fn said(answer: &Answer<'_>) -> Vec<String> {
    let parts = answer.choices.iter().flat_map(|choice| &choice.parts);
    let said = parts.map(|part| match part {
        Part::Text { text, .. } => format!("text {}", text.plain()),
        Part::Thinking { text, .. } => format!("thought {}", text.plain()),
        Part::ToolCall(call) => format!("call {} {}", call.id.plain(), call.input.plain()),
        other => format!("{other:?}"),
    });
    said.collect()
}

#[test]
fn events_are_named_and_counted() {
    for case in streams() {
        let told = told(case, &[usize::MAX]);
        let names = told.lines().filter_map(|line| line.strip_prefix("event: "));
        let events: Vec<_> = data(&told).collect();
        assert_eq!(events[0]["type"], "response.created");
        for (at, (name, event)) in names.zip(&events).enumerate() {
            assert_eq!(event["type"], name);
            assert_eq!(event["sequence_number"], at);
        }
        assert!(!told.contains("[DONE]"));
    }
}

fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "r", "model": "m"}})
}

fn completed() -> Value {
    json!({"type": "response.completed", "response": {"status": "completed", "output": []}})
}

#[test]
fn whoever_begins_to_speak_closes_whoever_spoke_before() {
    let read = read(&[
        created(),
        json!({"type": "response.reasoning_text.delta", "output_index": 0, "delta": "hm"}),
        json!({"type": "response.output_text.delta", "output_index": 1, "delta": "4"}),
        json!({"type": "response.output_item.done", "output_index": 1, "item":
            {"type": "message", "content": [{"type": "output_text", "text": "4"}]}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item":
            {"type": "reasoning", "summary": [], "content": [{"text": "hm"}]}}),
        completed(),
    ]);
    assert_eq!(said(&read), ["thought hm", "text 4"]);
}

#[test]
fn the_parts_of_a_summary_are_one_thought() {
    let delta = |at, text| {
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0,
            "summary_index": at, "delta": text})
    };
    let read = read(&[
        created(),
        delta(0, "a"),
        delta(0, "b"),
        delta(1, "c"),
        // The same again, as open thoughts.
        json!({"type": "response.reasoning_text.delta", "output_index": 0, "delta": "abc"}),
        completed(),
    ]);
    assert_eq!(said(&read), ["thought ab\n\nc"]);
}

#[test]
fn what_has_no_deltas_is_told_when_it_is_complete() {
    let message = json!({"type": "message", "content": [
        {"type": "output_text", "text": "", "annotations": []},
        {"type": "output_text", "text": "a", "annotations": [
            {"type": "url_citation", "url": "https://a.example", "title": "A",
                "start_index": 0, "end_index": 1}]},
        {"type": "refusal", "refusal": "b"}]});
    let call = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"});
    let done = [
        created(),
        json!({"type": "response.output_item.done", "output_index": 0, "item": message}),
        json!({"type": "response.output_item.done", "output_index": 1, "item": call}),
        completed(),
    ];
    let at_the_end = [
        created(),
        json!({"type": "response.completed", "response": {"output": [message, call]}}),
    ];
    assert_eq!(read(&done), read(&at_the_end));
    let parts = &read(&done).choices[0].parts;
    assert_eq!(parts.len(), 3);
    let Part::Text { citations, .. } = &parts[0] else {
        panic!("{parts:?}")
    };
    assert_eq!(citations[0].span, Some((0, 1)));
}

#[test]
fn arguments_for_a_call_that_is_closed_break_the_stream_off() {
    let added = |at: u64| {
        json!({"type": "response.output_item.added", "output_index": at, "item":
            {"type": "function_call", "call_id": at.to_string(), "name": "f"}})
    };
    let delta = |at: u64| json!({"type": "response.function_call_arguments.delta", "output_index": at, "delta": "{"});
    let body = stream(&[created(), added(0), delta(0), added(1), delta(0)]);
    assert_eq!(
        check::events(Form::Responses, body.as_bytes()),
        Err(AnswerFault::Unreadable)
    );
}

#[test]
fn a_stream_without_its_last_event_is_cut_short() {
    for case in streams() {
        let events: Vec<_> = data(&case.body).collect();
        let body = stream(&events[..events.len() - 1]);
        assert_eq!(
            check::events(Form::Responses, body.as_bytes()),
            Err(AnswerFault::CutShort),
            "{}",
            case.name
        );
    }
}

#[test]
fn a_failure_behind_a_200_keeps_its_class() {
    let code = "insufficient_quota";
    for (failed, class) in [
        (
            json!({"type": "error", "code": code, "message": "no", "param": null}),
            ErrorClass::QuotaExhausted,
        ),
        (
            json!({"type": "error", "error": {"code": code, "message": "no"}}),
            ErrorClass::QuotaExhausted,
        ),
        (
            json!({"type": "response.failed", "response": {"status": "failed",
                "error": {"code": "rate_limit_exceeded", "message": "no"}}}),
            ErrorClass::RateLimited,
        ),
        (
            json!({"error": {"code": 500, "message": "no"}}),
            ErrorClass::ServerError,
        ),
    ] {
        let body = stream(&[created(), failed]);
        let events = check::events(Form::Responses, body.as_bytes()).unwrap();
        let message = Spelled::of_plain("no");
        assert_eq!(events.last(), Some(&Event::Failed { class, message }));
        let told = check::stream(Form::Responses, Form::Responses, body.as_bytes(), &[7]).unwrap();
        let again = check::events(Form::Responses, told.as_bytes()).unwrap();
        assert!(
            matches!(again.last(), Some(Event::Failed { class: told, .. }) if *told == class),
            "{told}"
        );
    }
}

#[test]
fn an_incomplete_answer_ends_with_its_own_event() {
    let body = stream(&[
        created(),
        json!({"type": "response.output_text.delta", "output_index": 0, "delta": "a"}),
        json!({"type": "response.incomplete", "response": {"status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"}, "output": []}}),
    ]);
    let read = folded(Form::Responses, body.as_bytes()).unwrap();
    assert_eq!(read.choices[0].finish.reason, Reason::Length);
    let told = check::stream(Form::Responses, Form::Responses, body.as_bytes(), &[99]).unwrap();
    let last = data(&told).last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
}

#[test]
fn an_answer_that_is_too_long_to_be_repeated_ends_with_an_error() {
    let mut writer = tell::writer(&check::caller(Form::Responses));
    let text = "a".repeat(tell::KEPT_BYTES_MAX / 2);
    let more = Event::More {
        answer: 0,
        part: 0,
        text: Spelled::of_raw(&text),
    };
    let open = Event::Open {
        answer: 0,
        part: 0,
        kind: PartKind::Text,
    };
    let mut out = String::new();
    for event in [&open, &more, &more] {
        out.clear();
        writer.event(event, None, &mut out);
        assert!(!out.contains("event: error"));
    }
    writer.event(&more, None, &mut out);
    assert!(out.ends_with("\n\n") && out.contains("event: error"));
    out.clear();
    writer.event(&Event::End, None, &mut out);
    assert_eq!(out, "", "nothing comes behind the error");
}

proptest! {
    #[test]
    fn events_left_out_or_twice_or_out_of_place_do_no_harm(
        picks in prop::collection::vec(0_usize..400, 0..60),
        case in 0_usize..16,
    ) {
        let events: Vec<_> = data(&streams().cycle().nth(case).unwrap().body).collect();
        let picked: Vec<_> = picks.iter().map(|pick| events[pick % events.len()].clone()).collect();
        // Every event that is read is in its place, whatever came in: that is checked inside.
        let _read = check::events(Form::Responses, stream(&picked).as_bytes());
    }
}
