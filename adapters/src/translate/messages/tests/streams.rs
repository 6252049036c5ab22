//! Streams told to Anthropic callers: event by event, and the same as the whole.

use proptest::prelude::*;
use quotah_policy::Usage;

use super::super::super::answer::{Answer, Event, Finish, PartKind, Reason};
use super::super::super::check::{self, folded};
use super::super::super::form::Form;
use super::super::super::json::{Spelled, parse};
use super::super::super::request::Citation;
use super::super::super::signature::Signature;
use super::super::super::speaker::WriteStream as _;
use super::super::{hear, tell, tell_stream::Telling};
use crate::call::Dialect;
use crate::error_class::ErrorClass;

const USAGE: Usage = Usage {
    input_tokens: 100,
    cached_input_tokens: 30,
    cache_write_tokens: 20,
    cache_write_long_tokens: 5,
    output_tokens: 40,
    reasoning_tokens: 7,
    ..NO_USAGE
};

const NO_USAGE: Usage = Usage::from_counts([0; Usage::COUNTS]);

fn told(events: &[Event<'_>], usage: Option<&Usage>) -> String {
    let mut telling = Telling::new(&check::caller(Form::Messages));
    let mut out = String::new();
    for event in events {
        telling.event(event, usage, &mut out);
    }
    out
}

fn begin() -> Event<'static> {
    Event::Begin {
        id: Spelled::of_raw("id-1"),
        model: Spelled::default(),
    }
}

fn open(part: u32, kind: PartKind<'static>) -> Event<'static> {
    let answer = 0;
    Event::Open { answer, part, kind }
}

fn more(part: u32, text: &str) -> Event<'static> {
    Event::More {
        answer: 0,
        part,
        text: Spelled::of_owned(text),
    }
}

fn close(part: u32) -> Event<'static> {
    Event::Close { answer: 0, part }
}

fn finish(reason: Reason) -> Event<'static> {
    let finish = Finish { reason, stop: None };
    Event::Finish { answer: 0, finish }
}

fn call(id: &'static str) -> PartKind<'static> {
    PartKind::ToolCall {
        id: Spelled::of_raw(id),
        name: Spelled::of_raw("f"),
        is_custom: false,
    }
}

#[test]
fn a_stream_is_told_in_anthropics_events() {
    let events = [
        begin(),
        open(0, PartKind::Text),
        more(0, "Hi"),
        close(0),
        open(1, call("c.1")),
        more(1, "{\"a\":"),
        more(1, "1}"),
        close(1),
        finish(Reason::ToolCalls),
        Event::Tier(Spelled::of_raw("default")),
        Event::End,
    ];
    assert_eq!(
        told(&events, Some(&USAGE)),
        r#"event: message_start
data: {"type":"message_start","message":{"id":"id-1","model":"asked-for","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":0}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"qh1_c_2e1","name":"f","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"1}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":50,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":15,"ephemeral_1h_input_tokens":5},"output_tokens":40,"output_tokens_details":{"thinking_tokens":7},"service_tier":"standard"}}

event: message_stop
data: {"type":"message_stop"}

"#
    );
}

#[test]
fn a_meter_reads_the_usage_that_was_told() {
    let stream = told(&[begin(), finish(Reason::Done), Event::End], Some(&USAGE));
    let read = check::usage(Form::Messages, stream.as_bytes(), "text/event-stream");
    assert_eq!(read, Some(USAGE));
    let caller = check::caller(Form::Messages);
    let whole = tell::answer(&Answer::default(), &caller, Some(&USAGE)).unwrap();
    let read = check::usage(Form::Messages, whole.as_bytes(), "application/json");
    assert_eq!(read, Some(USAGE));
}

#[test]
fn an_error_in_a_stream_is_told_as_anthropics() {
    let failed = Event::Failed {
        class: ErrorClass::Overloaded,
        message: Spelled::of_raw("busy"),
    };
    let stream = told(&[begin(), failed], None);
    let (_, error) = stream.split_once("\n\n").unwrap();
    assert!(error.starts_with("event: error\ndata: {\"type\":\"error\",\"error\":{"));
    let events = check::events(Form::Messages, stream.as_bytes()).unwrap();
    let Some(Event::Failed { class, message }) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(*class, ErrorClass::Overloaded);
    assert!(message.plain().contains("busy"));
}

#[test]
fn reasons_come_back_from_anthropics_words() {
    for reason in [
        Reason::Done,
        Reason::Stop,
        Reason::Length,
        Reason::ContextFull,
        Reason::ToolCalls,
        Reason::Refused,
        Reason::Paused,
    ] {
        let stream = told(&[begin(), finish(reason), Event::End], None);
        let answer = folded(Form::Messages, stream.as_bytes()).unwrap();
        assert_eq!(answer.choices[0].finish.reason, reason);
    }
}

#[test]
fn a_refusal_in_words_ends_as_one() {
    let events = [
        begin(),
        open(0, PartKind::Refusal),
        more(0, "No."),
        close(0),
        finish(Reason::Done),
        Event::End,
    ];
    let stream = told(&events, None);
    assert!(stream.contains(r#""delta":{"type":"text_delta","text":"No."}"#));
    assert!(stream.contains(r#""stop_reason":"refusal""#));
}

/// Parts of any kind, with pieces of what they say, maybe none.
fn part() -> impl Strategy<Value = (u8, Vec<String>, u8)> {
    (
        0..4_u8,
        prop::collection::vec("[a-z \"\\\\é]{0,6}", 0..4),
        0..4_u8,
    )
}

fn events_of(at: usize, (kind, pieces, signed): (u8, Vec<String>, u8)) -> Vec<Event<'static>> {
    let part = u32::try_from(at).unwrap();
    let is_call = kind == 2;
    let mut events = vec![open(
        part,
        match kind {
            0 => PartKind::Text,
            1 => PartKind::Thinking,
            2 => call("call.x"),
            _ => PartKind::Refusal,
        },
    )];
    if is_call && !pieces.is_empty() {
        let text = serde_json::json!({ "a": pieces.concat() }).to_string();
        let (head, tail) = text.split_at(3);
        events.extend([more(part, head), more(part, tail)]);
    } else if !is_call {
        events.extend(pieces.iter().map(|piece| more(part, piece)));
    }
    if signed > 0 && (kind == 1 || is_call) {
        events.push(Event::Signed {
            answer: 0,
            part,
            signature: Signature {
                maker: [Dialect::Gemini, Dialect::OpenAi, Dialect::Anthropic]
                    [usize::from(signed) - 1],
                data: Spelled::of_raw("CiQ="),
                is_whole: signed == 2 && !is_call,
            },
        });
    }
    if kind == 0 && signed > 1 {
        events.push(Event::Cited {
            answer: 0,
            part,
            citation: Citation {
                place: None,
                url: Some(Spelled::of_raw("https://example.com")),
                title: Some(Spelled::of_raw("A")),
                cited_text: Some(Spelled::of_raw("b")),
                span: None,
            },
        });
    }
    events.push(close(part));
    events
}

proptest! {
    #[test]
    fn a_stream_says_what_the_whole_answer_says(parts in prop::collection::vec(part(), 0..6)) {
        let mut events = vec![begin()];
        events.extend(parts.into_iter().enumerate().flat_map(|(at, part)| events_of(at, part)));
        events.extend([finish(Reason::Done), Event::End]);
        let stream = told(&events, Some(&USAGE));
        let mut answer = Answer::default();
        events.into_iter().for_each(|event| answer.take(event));
        let whole = tell::answer(&answer, &check::caller(Form::Messages), Some(&USAGE)).unwrap();
        let read = hear::answer(&parse(&whole).unwrap()).map(|answer| format!("{answer:#?}"));
        let folded = folded(Form::Messages, stream.as_bytes()).map(|answer| format!("{answer:#?}"));
        prop_assert_eq!(folded, read);
    }

    #[test]
    fn no_event_makes_a_reader_panic(texts in prop::collection::vec("\\PC{0,12}", 0..4), picks in prop::collection::vec(0..9_usize, 0..12)) {
        let word = |at: usize| texts.get(at).map_or("x", String::as_str);
        let mut reader = (Form::Messages.serves().unwrap().stream)();
        for pick in picks {
            let kind = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop", "error", "ping", "odd"][pick];
            let event = serde_json::json!({"type": kind, "index": pick, "message": word(0), "content_block": {"type": word(1), "text": word(2)}, "delta": {"type": "text_delta", "text": word(3), "stop_reason": word(1)}, "error": {"type": word(0)}}).to_string();
            let _read = reader.event(kind, &parse(&event).unwrap(), &mut |_| {});
        }
        let _done = reader.done(&mut |_| {});
    }
}
