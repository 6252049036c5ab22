//! What Gemini's callers are answered.

use proptest::prelude::*;
use quotah_policy::Usage;
use serde_json::{Value, json};

use crate::call::Dialect;
use crate::error_class::ErrorClass;
use crate::translate::AnswerFault;
use crate::translate::answer::{Answer, Choice, Event, Finish, PartKind, Reason};
use crate::translate::check::{self, caller, folded};
use crate::translate::form::Form;
use crate::translate::generate::{hear, signed, tell};
use crate::translate::json::{Spelled, parse};
use crate::translate::request::{Citation, Part, ToolCall};
use crate::translate::signature::Signature;

fn plain(text: &'static str) -> Spelled<'static> {
    Spelled::of_plain(text)
}

fn theirs(is_whole: bool) -> Signature<'static> {
    Signature {
        maker: Dialect::Anthropic,
        data: plain("EqQB+/=="),
        is_whole,
    }
}

fn call(input: &'static str) -> Part<'static> {
    Part::ToolCall(ToolCall {
        id: plain("toolu_1"),
        name: plain("look"),
        input: Spelled::of_owned(input),
        signature: None,
        cache: None,
        is_custom: false,
    })
}

fn answer(parts: Vec<Part<'static>>, reason: Reason) -> Answer<'static> {
    Answer {
        id: plain("msg_1"),
        model: plain("theirs-1"),
        tier: None,
        choices: vec![Choice {
            parts,
            finish: Finish { reason, stop: None },
            ..Choice::default()
        }],
    }
}

/// The events that would have told an answer, texts and arguments in pieces.
fn told(answer: &Answer<'static>) -> Vec<Event<'static>> {
    let mut events = vec![Event::Begin {
        id: answer.id.clone(),
        model: answer.model.clone(),
    }];
    for (nth, choice) in (0_u32..).zip(&answer.choices) {
        for (at, part) in (0_u32..).zip(&choice.parts) {
            let (kind, text, signature, citations) = match part {
                Part::Text {
                    text, citations, ..
                } => (PartKind::Text, text, None, citations.clone()),
                Part::Refusal { text } => (PartKind::Refusal, text, None, vec![]),
                Part::Thinking { text, signature } => {
                    (PartKind::Thinking, text, signature.clone(), vec![])
                }
                Part::ToolCall(call) => {
                    let (id, name) = (call.id.clone(), call.name.clone());
                    (
                        PartKind::ToolCall {
                            id,
                            name,
                            is_custom: call.is_custom,
                        },
                        &call.input,
                        call.signature.clone(),
                        vec![],
                    )
                }
                _ => continue,
            };
            events.push(Event::Open {
                answer: nth,
                part: at,
                kind,
            });
            let mut half = text.raw().len() / 2;
            while !text.raw().is_char_boundary(half) || text.raw()[..half].ends_with('\\') {
                half -= 1;
            }
            for piece in [&text.raw()[..half], "", &text.raw()[half..]] {
                let text = Spelled::of_raw(piece).into_owned();
                events.push(Event::More {
                    answer: nth,
                    part: at,
                    text,
                });
            }
            let signed = signature.map(|signature| Event::Signed {
                answer: nth,
                part: at,
                signature,
            });
            events.extend(signed);
            let cited = citations.into_iter();
            events.extend(cited.map(|citation| Event::Cited {
                answer: nth,
                part: at,
                citation,
            }));
            events.push(Event::Close {
                answer: nth,
                part: at,
            });
        }
        events.push(Event::Finish {
            answer: nth,
            finish: choice.finish.clone(),
        });
    }
    events.push(Event::End);
    events
}

fn streamed(events: &[Event<'_>], usage: Option<&Usage>) -> String {
    let mut writer = tell::stream(&caller(Form::Generate));
    let mut out = String::new();
    for event in events {
        writer.event(event, usage, &mut out);
    }
    out
}

fn whole(answer: &Answer<'_>, usage: Option<&Usage>) -> Result<String, AnswerFault> {
    tell::answer(answer, &caller(Form::Generate), usage)
}

fn chunks(stream: &str) -> Vec<Value> {
    let chunks = stream.split_terminator("\r\n\r\n");
    chunks
        .map(|chunk| serde_json::from_str(chunk.strip_prefix("data: ").unwrap()).unwrap())
        .collect()
}

#[test]
fn an_answer_has_the_shape_of_geminis_own() {
    let thought = Part::Thinking {
        text: plain("Hm."),
        signature: Some(theirs(false)),
    };
    let text = Part::Text {
        text: plain("It is."),
        citations: vec![Citation {
            url: Some(plain("https://a.example/")),
            title: Some(plain("A")),
            ..Citation::default()
        }],
        cache: None,
    };
    let answer = answer(
        vec![thought, text, call(r#"{"x":1.50}"#), call("")],
        Reason::ToolCalls,
    );
    let usage = Usage {
        input_tokens: 100,
        cached_input_tokens: 40,
        cache_write_tokens: 10,
        output_tokens: 30,
        reasoning_tokens: 20,
        input_image_tokens: 5,
        ..Usage::default()
    };
    let marked = signed::spelled(&theirs(false));
    let told: Value = serde_json::from_str(&whole(&answer, Some(&usage)).unwrap()).unwrap();
    assert_eq!(
        told,
        json!({
            "candidates": [{
                "content": {"parts": [
                    {"text": "Hm.", "thought": true},
                    {"text": "", "thoughtSignature": marked.raw()},
                    {"text": "It is."},
                    {"functionCall": {"id": "toolu_1", "name": "look", "args": {"x": 1.50}}, "thoughtSignature": signed::FOREIGN},
                    {"functionCall": {"id": "toolu_1", "name": "look", "args": {}}}], "role": "model"},
                "finishReason": "STOP",
                "index": 0,
                "groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a.example/", "title": "A"}}]}
            }],
            "usageMetadata": {
                "promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 10,
                "thoughtsTokenCount": 20, "totalTokenCount": 130,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 95}, {"modality": "IMAGE", "tokenCount": 5}]
            },
            "modelVersion": "theirs-1",
            "responseId": "msg_1"
        })
    );
}

#[test]
fn a_stream_is_chunks_and_nothing_else_and_ends_with_reasons_and_usage() {
    let answer = answer(
        vec![Part::text(plain("Hello")), call(r#"{"x":1}"#)],
        Reason::ToolCalls,
    );
    let usage = Usage {
        input_tokens: 3,
        output_tokens: 4,
        ..Usage::default()
    };
    let chunks = chunks(&streamed(&told(&answer), Some(&usage)));
    let parts: Vec<_> = chunks
        .iter()
        .map(|chunk| chunk["candidates"][0]["content"]["parts"].clone())
        .collect();
    assert_eq!(
        parts,
        [
            json!([{"text": "He"}]),
            json!([{"text": "llo"}]),
            json!([{"functionCall": {"id": "toolu_1", "name": "look", "args": {"x": 1}}, "thoughtSignature": signed::FOREIGN}]),
            json!([{"text": ""}]),
        ]
    );
    let last = chunks.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    assert_eq!(
        last["usageMetadata"],
        json!({"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7})
    );
    for chunk in &chunks {
        assert_eq!(
            (&chunk["modelVersion"], &chunk["responseId"]),
            (&json!("theirs-1"), &json!("msg_1"))
        );
    }
}

#[test]
fn arguments_that_are_no_object_are_never_told() {
    for input in ["{\"x\":", "[1]", "1"] {
        let answer = answer(vec![call(input)], Reason::ToolCalls);
        assert_eq!(whole(&answer, None), Err(AnswerFault::BadArguments));
        let chunks = chunks(&streamed(&told(&answer), None));
        assert_eq!(chunks.len(), 1, "{input}");
        assert_eq!(chunks[0]["error"]["status"], "INTERNAL");
    }
}

#[test]
fn a_failure_is_the_error_that_googles_sdk_raises() {
    for (class, code, status) in [
        (ErrorClass::RateLimited, 429, "RESOURCE_EXHAUSTED"),
        (ErrorClass::Overloaded, 503, "UNAVAILABLE"),
        (ErrorClass::ServerError, 500, "INTERNAL"),
    ] {
        let failed = Event::Failed {
            class,
            message: plain("no"),
        };
        let chunks = chunks(&streamed(&[failed, Event::End], None));
        assert_eq!(chunks.len(), 1);
        assert_eq!(chunks[0]["error"]["code"], code);
        assert_eq!(chunks[0]["error"]["status"], status);
    }
}

#[test]
fn what_has_no_name_is_called_as_the_caller_called_it() {
    let answer = Answer {
        id: plain(""),
        model: plain(""),
        ..answer(vec![], Reason::Filtered)
    };
    let told: Value = serde_json::from_str(&whole(&answer, None).unwrap()).unwrap();
    assert_eq!(
        told,
        json!({"candidates": [{"content": {"role": "model"}, "finishReason": "SAFETY", "index": 0}],
            "modelVersion": "asked-for", "responseId": "req-1"})
    );
}

fn parts() -> impl Strategy<Value = Part<'static>> {
    let text = || "[a-zä\"\\\\\n😀]{1,9}".prop_map(|text| Spelled::of_owned(&text));
    prop_oneof![
        text().prop_map(Part::text),
        (text(), any::<bool>()).prop_map(|(text, gemini)| {
            let maker = if gemini {
                Dialect::Gemini
            } else {
                Dialect::OpenAi
            };
            let data = Spelled::of_plain("gAAAAB==");
            let signature = Some(Signature {
                maker,
                data,
                is_whole: false,
            });
            Part::Thinking { text, signature }
        }),
        Just(Part::Thinking {
            text: Spelled::default(),
            signature: Some(theirs(true))
        }),
        ("[a-z]{1,4}", "[a-z\"]{0,4}").prop_map(|(name, value)| {
            Part::ToolCall(ToolCall {
                id: Spelled::of_owned(&format!("call_{name}")),
                name: Spelled::of_owned(&name),
                input: Spelled::of_owned(&json!({name: value}).to_string()),
                signature: None,
                cache: None,
                is_custom: false,
            })
        }),
    ]
}

/// Adjacent texts are one.
fn joined(mut answer: Answer<'static>) -> Answer<'static> {
    for choice in &mut answer.choices {
        let mut parts: Vec<Part<'static>> = Vec::new();
        for part in choice.parts.drain(..) {
            match (parts.last_mut(), part) {
                (Some(Part::Text { text: all, .. }), Part::Text { text, .. }) => all.push(&text),
                (_, part) => parts.push(part),
            }
        }
        let calls = parts.iter().any(|part| matches!(part, Part::ToolCall(_)));
        choice.finish.reason = if calls {
            Reason::ToolCalls
        } else {
            Reason::Done
        };
        choice.parts = parts;
    }
    answer
}

proptest! {
    #[test]
    fn a_stream_says_what_the_whole_answer_says_and_both_what_was_said(
        choices in prop::collection::vec(prop::collection::vec(parts(), 0..5), 1..3),
        counts in prop::array::uniform4(0_u64..1_000),
    ) {
        let choices = choices.into_iter().map(|parts| Choice { parts, ..Choice::default() });
        let answer = joined(Answer { choices: choices.collect(), ..answer(vec![], Reason::Done) });
        let usage = Usage {
            input_tokens: counts[0] + counts[1],
            cached_input_tokens: counts[0],
            output_tokens: counts[2] + counts[3],
            reasoning_tokens: counts[2],
            ..Usage::default()
        };
        let whole = whole(&answer, Some(&usage)).unwrap();
        let stream = streamed(&told(&answer), Some(&usage));
        let read = parse(&whole).unwrap();
        prop_assert_eq!(&hear::answer(&read).unwrap(), &answer);
        prop_assert_eq!(&folded(Form::Generate, stream.as_bytes()).unwrap(), &answer);
        let metered = check::usage(Form::Generate, whole.as_bytes(), "application/json");
        prop_assert_eq!(metered, Some(usage));
        let metered = check::usage(Form::Generate, stream.as_bytes(), "text/event-stream");
        prop_assert_eq!(metered, Some(usage));
    }

    #[test]
    fn no_bytes_make_it_panic(text in "(\\{|\\}|\\[|\\]|:|,|\"candidates\"|\"content\"|\"parts\"|\"text\"|\"functionCall\"|\"name\"|\"contents\"|\"tools\"|\"index\"|\"a\"|1|null){0,40}") {
        let to = check::to(Form::Generate);
        let _any = crate::translate::request(Form::Generate, text.as_bytes(), false, &to);
        let _any = crate::translate::look(Form::Generate, text.as_bytes());
        let _any = crate::translate::unmarked(Form::Generate, text.as_bytes());
        let _any = crate::translate::answer(&caller(Form::Generate), Form::Generate, text.as_bytes(), None);
        let _any = check::stream(Form::Generate, Form::Generate, format!("data: {text}\n\n").as_bytes(), &[3]);
    }
}
