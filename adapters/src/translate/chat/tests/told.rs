//! Answers and streams as chat callers get them.

use serde_json::{Value, json};

use crate::call::Dialect;
use crate::error_class::ErrorClass;
use crate::translate::answer::{Answer, Choice, Event, Finish, PartKind, Reason};
use crate::translate::check::caller;
use crate::translate::json::{Spelled, parse};
use crate::translate::request::{Citation, Part, Request, ToolCall};
use crate::translate::shape::Seen;
use crate::translate::signature::Signature;
use crate::translate::{Caller, Form};
use quotah_policy::Usage;

const fn text(plain: &'static str) -> Spelled<'static> {
    Spelled::of_raw(plain)
}

const fn signature(maker: Dialect, data: &'static str, is_whole: bool) -> Signature<'static> {
    Signature {
        maker,
        data: text(data),
        is_whole,
    }
}

fn finish(reason: Reason) -> Finish<'static> {
    Finish { reason, stop: None }
}

/// An answer with everything, and the events that it comes in.
fn answer() -> Answer<'static> {
    let parts = vec![
        Part::Thinking {
            text: text("hm"),
            signature: Some(signature(Dialect::Anthropic, "Eq==", false)),
        },
        Part::Thinking {
            text: text(""),
            signature: Some(signature(Dialect::Anthropic, "Zz==", true)),
        },
        Part::text(text("It is ")),
        Part::Text {
            text: text("21 \u{b0}C"),
            citations: vec![Citation {
                place: None,
                url: Some(text("https://a.example")),
                title: Some(text("A")),
                cited_text: None,
                span: None,
            }],
            cache: None,
        },
        Part::ToolCall(ToolCall {
            id: text("call_1"),
            name: text("f"),
            input: text(r#"{\"a\":1}"#),
            signature: Some(signature(Dialect::Gemini, "AB/+", false)),
            cache: None,
            is_custom: false,
        }),
        Part::ToolCall(ToolCall {
            id: text("call_2"),
            name: text("g"),
            input: text("{}"),
            signature: None,
            cache: None,
            is_custom: false,
        }),
    ];
    Answer {
        id: text("msg_1"),
        model: text("m-2"),
        tier: Some(text("standard")),
        choices: vec![Choice {
            parts,
            finish: finish(Reason::ToolCalls),
            ..Choice::default()
        }],
    }
}

fn events(answer: &Answer<'static>) -> Vec<Event<'static>> {
    let mut events = vec![
        Event::Begin {
            id: answer.id.clone(),
            model: answer.model.clone(),
        },
        Event::Tier(answer.tier.clone().unwrap_or_default()),
    ];
    for (at, choice) in (0_u32..).zip(&answer.choices) {
        for (part, said) in (0_u32..).zip(&choice.parts) {
            events.extend(part_events(at, part, said));
        }
        events.push(Event::Finish {
            answer: at,
            finish: choice.finish.clone(),
        });
    }
    events.push(Event::End);
    events
}

fn part_events(answer: u32, part: u32, said: &Part<'static>) -> Vec<Event<'static>> {
    let mut events = Vec::new();
    let mut open = |kind| events.push(Event::Open { answer, part, kind });
    let (all, signed, cited) = match said {
        Part::Text {
            text, citations, ..
        } => {
            open(PartKind::Text);
            (text, None, citations.clone())
        }
        Part::Thinking { text, signature } => {
            open(PartKind::Thinking);
            (text, signature.clone(), Vec::new())
        }
        Part::ToolCall(call) => {
            open(PartKind::ToolCall {
                id: call.id.clone(),
                name: call.name.clone(),
                is_custom: call.is_custom,
            });
            (&call.input, call.signature.clone(), Vec::new())
        }
        other => panic!("{other:?}"),
    };
    let signed = signed.map(|signature| Event::Signed {
        answer,
        part,
        signature,
    });
    let mut pieces = vec![Event::More {
        answer,
        part,
        text: all.clone(),
    }];
    match said {
        // Gemini's come with the call, Anthropic's at the end of a thought.
        Part::ToolCall(_) => pieces.splice(0..0, signed).for_each(drop),
        _ => pieces.extend(signed),
    }
    events.extend(pieces);
    events.extend(cited.into_iter().map(|citation| Event::Cited {
        answer,
        part,
        citation,
    }));
    events.push(Event::Close { answer, part });
    events
}

fn whole(answer: &Answer<'_>, usage: Option<&Usage>) -> Value {
    let asks = Form::Chat.asks().unwrap();
    let told = (asks.write_answer)(answer, &caller(Form::Chat), usage).unwrap();
    serde_json::from_str(&told).unwrap()
}

fn streamed(events: &[Event<'_>], caller: &Caller, usage: Option<&Usage>) -> Vec<String> {
    let mut writer = (Form::Chat.asks().unwrap().stream)(caller);
    let mut out = String::new();
    for event in events {
        writer.event(event, usage, &mut out);
    }
    let events = out.split("\n\n").filter(|event| !event.is_empty());
    events
        .map(|event| event.strip_prefix("data: ").unwrap().to_owned())
        .collect()
}

fn message() -> Value {
    json!({
        "role": "assistant",
        "content": "It is 21 \u{b0}C",
        "reasoning_content": "hm",
        "reasoning_details": [
            {"type": "reasoning.text", "text": "hm", "signature": "qh1.anthropic.s.Eq==", "index": 0},
            {"type": "reasoning.encrypted", "data": "qh1.anthropic.w.Zz==", "index": 1}
        ],
        "annotations": [{"type": "url_citation", "url_citation": {
            "start_index": 6, "end_index": 11, "url": "https://a.example", "title": "A"}}],
        "tool_calls": [
            {"id": "call_1.qh1.gemini.s.AB/+", "type": "function",
                "function": {"name": "f", "arguments": "{\"a\":1}"}},
            {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}}
        ]
    })
}

#[test]
fn a_whole_answer_has_everything_in_its_place() {
    let mut expected = message();
    expected["refusal"] = Value::Null;
    let told = whole(&answer(), None);
    assert_eq!(told["choices"][0]["message"], expected);
    assert_eq!(
        (&told["id"], &told["model"], &told["object"]),
        (&json!("msg_1"), &json!("m-2"), &json!("chat.completion"))
    );
    assert_eq!(told["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(told["service_tier"], "default");
    assert_eq!(told["created"], 1_700_000_000);
}

/// What openai-python makes of the chunks of a stream: texts are joined, entries of lists by their `index`.
fn accumulated(into: &mut Value, delta: &Value) {
    match (into, delta) {
        (Value::Object(into), Value::Object(delta)) => {
            for (name, value) in delta {
                match into.get_mut(name) {
                    Some(_) if name == "index" || name == "type" => {}
                    Some(known) => accumulated(known, value),
                    None => {
                        into.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (Value::String(into), Value::String(more)) => into.push_str(more),
        (Value::Array(into), Value::Array(more)) => {
            for entry in more {
                let index = entry["index"].as_u64().expect("entries have an index");
                match into.iter_mut().find(|known| known["index"] == index) {
                    Some(known) => accumulated(known, entry),
                    None => into.push(entry.clone()),
                }
            }
        }
        (into, value) => *into = value.clone(),
    }
}

#[test]
fn a_stream_adds_up_to_the_whole_answer() {
    let chunks = streamed(&events(&answer()), &caller(Form::Chat), None);
    assert_eq!(chunks.last().map(String::as_str), Some("[DONE]"));
    let mut all = json!({});
    for (at, chunk) in chunks.iter().filter(|chunk| *chunk != "[DONE]").enumerate() {
        let chunk: Value = serde_json::from_str(chunk).unwrap();
        assert_eq!(chunk["id"], "msg_1");
        assert_eq!(chunk["object"], "chat.completion.chunk");
        let delta = &chunk["choices"][0]["delta"];
        assert_eq!(
            delta["role"].is_string(),
            at == 0,
            "the role comes first and once"
        );
        accumulated(&mut all, delta);
    }
    let without_index = |list: &mut Value| {
        for entry in list.as_array_mut().unwrap() {
            entry.as_object_mut().unwrap().remove("index");
        }
    };
    without_index(&mut all["tool_calls"]);
    without_index(&mut all["annotations"]);
    assert_eq!(all, message());
}

#[test]
fn each_event_is_told_as_it_comes() {
    let mut writer = (Form::Chat.asks().unwrap().stream)(&caller(Form::Chat));
    for event in events(&answer()) {
        let mut out = String::new();
        writer.event(&event, None, &mut out);
        if let Event::More { text, .. } = &event
            && !text.is_empty()
        {
            assert!(out.contains(text.raw()), "{event:?} told as {out}");
        }
    }
}

#[test]
fn what_a_client_appends_of_an_answer_is_read_as_it_was() {
    let history = json!({"messages": [
        {"role": "user", "content": "hi"},
        message(),
        {"role": "tool", "tool_call_id": "call_1.qh1.gemini.s.AB/+", "content": "x"},
        {"role": "tool", "tool_call_id": "call_2", "content": "y"},
    ]})
    .to_string();
    let value = parse(&history).unwrap();
    let read = Form::Chat.asks().unwrap().read;
    let request: Request<'_> = read(&value, &mut Seen::default()).unwrap();
    let said = &request.turns[1].parts;
    let answer = answer();
    let parts = &answer.choices[0].parts;
    assert_eq!(said[..2], parts[..2]);
    // Texts are one, and what each cited is cited of it.
    let Part::Text {
        text, citations, ..
    } = &said[2]
    else {
        panic!("{:?}", said[2]);
    };
    assert_eq!(text.plain(), "It is 21 \u{b0}C");
    assert_eq!(citations[0].span, Some((6, 11)));
    assert_eq!(said[3..], parts[4..]);
    let Part::ToolResult(result) = &request.turns[2].parts[0] else {
        panic!("{:?}", request.turns[2]);
    };
    assert_eq!(result.id.raw(), "call_1");
}

#[test]
fn usage_is_the_last_chunk_of_whoever_asked_for_it() {
    let usage = Usage {
        input_tokens: 100,
        cached_input_tokens: 60,
        cache_write_tokens: 20,
        cache_write_long_tokens: 5,
        output_tokens: 30,
        reasoning_tokens: 10,
        web_search_requests: 2,
        ..Usage::default()
    };
    let asked = caller(Form::Chat);
    let silent = Caller {
        wants_usage: false,
        ..asked.clone()
    };
    let told = streamed(&events(&answer()), &asked, Some(&usage));
    let [.., last, done] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(done, "[DONE]");
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"], whole(&answer(), Some(&usage))["usage"]);
    assert_eq!(last["usage"]["total_tokens"], 130);
    let read = crate::translate::check::usage(
        Form::Chat,
        whole(&answer(), Some(&usage)).to_string().as_bytes(),
        "application/json",
    );
    assert_eq!(read, Some(usage));
    let told = streamed(&events(&answer()), &silent, Some(&usage)).join("");
    assert!(!told.contains("usage"));
}

#[test]
fn reasons_have_their_words() {
    for (reason, word) in [
        (Reason::Done, "stop"),
        (Reason::Stop, "stop"),
        (Reason::Length, "length"),
        (Reason::ContextFull, "length"),
        (Reason::ToolCalls, "tool_calls"),
        (Reason::Filtered, "content_filter"),
        (Reason::Refused, "content_filter"),
    ] {
        let choice = Choice {
            parts: vec![Part::text(text("x"))],
            finish: finish(reason),
            ..Choice::default()
        };
        let answer = Answer {
            choices: vec![choice.clone(), choice],
            ..Answer::default()
        };
        let told = whole(&answer, None);
        assert_eq!(told["choices"][1]["finish_reason"], word);
        assert_eq!(told["choices"][1]["index"], 1);
        assert_eq!(
            (&told["id"], &told["model"]),
            (&json!("req-1"), &json!("asked-for"))
        );
    }
}

#[test]
fn several_answers_are_told_apart() {
    let choice = |said| Choice {
        parts: vec![Part::text(text(said))],
        finish: finish(Reason::Done),
        ..Choice::default()
    };
    let answer = Answer {
        choices: vec![choice("a"), choice("b")],
        tier: Some(text("default")),
        ..Answer::default()
    };
    let told = streamed(&events(&answer), &caller(Form::Chat), None);
    let mut stream = String::new();
    for event in &told {
        stream.push_str(&format!("data: {event}\n\n"));
    }
    let read = crate::translate::check::folded(Form::Chat, stream.as_bytes()).unwrap();
    assert_eq!(read.choices, answer.choices);
}

#[test]
fn a_failure_is_told_as_the_error_that_clients_raise() {
    let failed = Event::Failed {
        class: ErrorClass::ContextOverflow,
        message: text("too \\\"long\\\""),
    };
    let told = streamed(&[failed], &caller(Form::Chat), None);
    let error: Value = serde_json::from_str(&told[0]).unwrap();
    assert_eq!(error["error"]["code"], "context_length_exceeded");
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("too \"long\"")
    );
}

#[test]
fn calls_are_told_apart_by_index_or_id_whichever_is_there() {
    let chunk = |calls: Value| json!({"id": "c-1", "model": "m", "choices": [{"index": 0, "delta": {"tool_calls": calls}}]});
    let f = |arguments: &str| json!({"name": "f", "arguments": arguments});
    let more = |arguments: &str| json!({"arguments": arguments});
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    for (chunks, expected) in [
        // As OpenAI has it.
        (
            vec![
                json!([{"index": 0, "id": "a", "function": f("")}]),
                json!([{"index": 0, "function": more("{}")}]),
                json!([{"index": 1, "id": "b", "function": f("[]")}]),
            ],
            vec![("a", "{}"), ("b", "[]")],
        ),
        // Every piece has everything.
        (
            vec![
                json!([{"index": 0, "id": "a", "function": f("{")}]),
                json!([{"index": 0, "id": "a", "function": f("}")}]),
            ],
            vec![("a", "{}")],
        ),
        // One index for all.
        (
            vec![json!([{"index": 0, "id": "a", "function": f("{}")},
                {"index": 0, "id": "b", "function": f("{}")}])],
            vec![("a", "{}"), ("b", "{}")],
        ),
        // Neither.
        (
            vec![
                json!([{"function": f("{}")}]),
                json!([{"function": f("[]")}]),
            ],
            vec![("call_0_1c", "{}"), ("call_1_1c", "[]")],
        ),
        // Arguments that are no text.
        (
            vec![json!([{"id": "a", "function": {"name": "f", "arguments": {"x": 1}}}])],
            vec![("a", "{\"x\":1}")],
        ),
    ] {
        let mut stream = String::new();
        for calls in chunks {
            stream.push_str(&format!("data: {}\n\n", chunk(calls)));
        }
        stream.push_str(&format!("data: {end}\n\n"));
        let answer = crate::translate::check::folded(Form::Chat, stream.as_bytes()).unwrap();
        let calls = answer.choices[0].parts.iter().map(|part| match part {
            Part::ToolCall(call) => (call.id.raw().to_owned(), call.input.plain().into_owned()),
            other => panic!("{other:?}"),
        });
        let calls: Vec<_> = calls.collect();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(id, input)| (id.to_owned(), input.to_owned()))
            .collect();
        assert_eq!(calls, expected);
        assert_eq!(answer.choices[0].finish.reason, Reason::ToolCalls);
    }
}
