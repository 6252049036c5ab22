//! What all translations are held to, in tests.

use quotah_policy::Usage;

use super::answer::{Answer, Event, PartKind};
use super::json::{Spelled, parse};
use super::request::{Part, Request, Role, Turn};
use super::{AnswerFault, Caller, Form, StreamTranslator, To};
use crate::adapter::Asked;
use crate::border::Framing;
use crate::meter::Meter;
use crate::provider::ProviderKind;

/// A caller of a form, at a fixed time.
pub(crate) fn caller(form: Form) -> Caller {
    Caller {
        form,
        model: "asked-for".into(),
        wants_usage: true,
        wants_base64: false,
        wants_array: false,
        request_id: "req-1".into(),
        now_unix_seconds: 1_700_000_000,
    }
}

/// A deployment of the provider whose own the form is.
pub(crate) fn to(form: Form) -> To<'static> {
    To {
        form,
        kind: ProviderKind::native(form.dialect()),
        model: "sent-model",
    }
}

/// A text of ours.
pub(crate) fn spelled(text: &str) -> Spelled<'_> {
    Spelled::of_plain(text)
}

/// A turn of these parts.
pub(crate) const fn turn(role: Role, parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn { role, parts }
}

/// A part that is text.
pub(crate) fn text(text: &str) -> Part<'_> {
    Part::text(spelled(text))
}

/// The least that can be asked.
pub(crate) fn hello<'a>() -> Request<'a> {
    Request {
        turns: vec![turn(Role::User, vec![text("Hi")])],
        ..Request::default()
    }
}

/// A request of one form in another, as a tree of serde's.
pub(crate) fn request(from: Form, body: &serde_json::Value, to_form: Form) -> serde_json::Value {
    let body = body.to_string();
    let streams = body.contains("\"stream\":true");
    let written = super::request(from, body.as_bytes(), streams, &to(to_form))
        .unwrap()
        .body;
    serde_json::from_str(&written).unwrap()
}

/// What a meter of a form's native provider reads in an answer.
pub(crate) fn usage(form: Form, body: &[u8], content_type: &str) -> Option<Usage> {
    let asked = Asked {
        model: "sent-model",
        ..Asked::native(form.dialect(), form.operation())
    };
    let mut meter = Meter::new(&asked, content_type.as_bytes());
    meter.feed(body);
    meter.finish(true).usage
}

/// The `content-type` of a form's streams.
pub(crate) fn stream_type(form: Form) -> &'static str {
    match form.serves().map(|serves| serves.framing) {
        Some(Framing::Lines) => "application/x-ndjson",
        Some(Framing::Frames) => "application/vnd.amazon.eventstream",
        _ => "text/event-stream",
    }
}

/// A whole answer of one form as a caller of another gets it.
pub(crate) fn answer(to: Form, from: Form, body: &str) -> Result<serde_json::Value, AnswerFault> {
    let usage = usage(from, body.as_bytes(), "application/json");
    let told = super::answer(&caller(to), from, body.as_bytes(), usage.as_ref())?;
    Ok(serde_json::from_str(&told).unwrap())
}

/// A stream of one form, cut into pieces of these lengths over and over, as a caller of another gets it.
pub(crate) fn stream(
    to: Form,
    from: Form,
    bytes: &[u8],
    cuts: &[usize],
) -> Result<String, AnswerFault> {
    let asked = Asked {
        model: "sent-model",
        ..Asked::native(from.dialect(), from.operation())
    };
    let mut meter = Meter::new(&asked, stream_type(from).as_bytes());
    let mut translator = StreamTranslator::new(&caller(to), from).unwrap();
    let mut told = String::new();
    let mut rest = bytes;
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let cut = cuts
            .next()
            .copied()
            .unwrap_or(usize::MAX)
            .clamp(1, rest.len());
        let (piece, behind) = rest.split_at(cut);
        meter.feed(piece);
        told.push_str(&translator.push(piece, meter.usage())?);
        rest = behind;
    }
    told.push_str(&translator.finish(meter.usage())?);
    Ok(told)
}

/// What a stream tells, folded into the whole answer that a deployment of the form would have given.
pub(crate) fn folded(form: Form, bytes: &[u8]) -> Result<Answer<'static>, AnswerFault> {
    let mut answer = Answer::default();
    events(form, bytes)?
        .into_iter()
        .for_each(|event| answer.take(event));
    Ok(answer)
}

/// What a stream of server-sent events or JSON lines tells; every event of it is checked to be in its place.
pub(crate) fn events(form: Form, bytes: &[u8]) -> Result<Vec<Event<'static>>, AnswerFault> {
    let mut reader = (form.serves().unwrap().stream)();
    let mut events = Vec::new();
    let text = std::str::from_utf8(bytes).unwrap();
    let mut sink = |event: Event<'_>| events.push(event.into_owned());
    let mut name = "";
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("event:") {
            name = said.trim();
            continue;
        }
        let data = line.strip_prefix("data:").unwrap_or(line).trim();
        match data {
            "" => continue,
            "[DONE]" => {
                reader.done_is_said();
                reader.done(&mut sink)?;
            }
            data if data.starts_with('{') => {
                reader.event(name, &parse(data).unwrap(), &mut sink)?;
            }
            _ => continue,
        }
        name = "";
    }
    reader.done(&mut sink)?;
    in_order(&events);
    Ok(events)
}

/// Begin first, parts opened once and closed, finishes, one end.
pub(crate) fn in_order(events: &[Event<'_>]) {
    let mut open = std::collections::BTreeSet::new();
    let mut next = std::collections::BTreeMap::<u32, u32>::new();
    let mut finished = std::collections::BTreeSet::new();
    let mut ended = false;
    let mut calls = std::collections::BTreeSet::new();
    for (at, event) in events.iter().enumerate() {
        assert!(!ended, "{event:?} behind the end");
        match event {
            Event::Open {
                answer,
                part,
                kind: PartKind::ToolCall { .. },
            } => assert!(calls.insert((*answer, *part))),
            Event::Signed { answer, part, .. } if calls.contains(&(*answer, *part)) => {
                let before = events.get(at.wrapping_sub(1));
                assert!(
                    matches!(before, Some(Event::Open { .. })),
                    "a call is signed where it begins"
                );
            }
            _ => {}
        }
        match event {
            Event::Begin { .. } => assert_eq!(at, 0, "begun again"),
            Event::Failed { .. } => {}
            _ => assert!(at > 0, "{event:?} before the beginning"),
        }
        match event {
            Event::Open { answer, part, .. } => {
                let next = next.entry(*answer).or_default();
                assert_eq!(part, next, "parts are counted without gaps");
                *next += 1;
                assert!(open.insert((*answer, *part)));
            }
            Event::More { answer, part, .. }
            | Event::Signed { answer, part, .. }
            | Event::Cited { answer, part, .. } => {
                assert!(open.contains(&(*answer, *part)), "{event:?}");
            }
            Event::Close { answer, part } => assert!(open.remove(&(*answer, *part)), "{event:?}"),
            Event::Likely { answer, .. } => {
                assert!(!finished.contains(answer), "{event:?} behind the finish");
            }
            Event::Finish { answer, .. } => {
                finished.insert(*answer);
                assert!(
                    !open.iter().any(|(of, _)| of == answer),
                    "{event:?} with parts open"
                );
            }
            Event::End => ended = true,
            Event::Begin { .. } | Event::Tier(_) | Event::Failed { .. } => {}
        }
    }
}
