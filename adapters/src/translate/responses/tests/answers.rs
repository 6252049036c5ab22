use serde_json::{Value, json};

use super::super::{answer, tell};
use super::RECORDED;
use crate::call::Dialect;
use crate::translate::answer::{Answer, Choice, Finish, Reason};
use crate::translate::check::{self, caller};
use crate::translate::json::{Spelled, parse};
use crate::translate::request::{Citation, Part, ToolCall};
use crate::translate::signature::Signature;
use crate::translate::{AnswerFault, Form};

/// An answer told to a caller.
fn told(parts: Vec<Part<'_>>, reason: Reason) -> Value {
    let answer = Answer {
        id: Spelled::of_plain("a-1"),
        model: Spelled::of_plain("m-1"),
        tier: None,
        choices: vec![Choice {
            parts,
            finish: Finish { reason, stop: None },
            ..Choice::default()
        }],
    };
    serde_json::from_str(&tell::answer(&answer, &caller(Form::Responses), None).unwrap()).unwrap()
}

fn text(plain: &str) -> Part<'_> {
    Part::text(Spelled::of_plain(plain))
}

fn signed(maker: Dialect, data: &str) -> Option<Signature<'_>> {
    Some(Signature {
        maker,
        data: Spelled::of_plain(data),
        is_whole: false,
    })
}

#[test]
fn texts_that_follow_each_other_are_one_message() {
    let told = told(vec![text("a"), text("b")], Reason::Done);
    let content = &told["output"][0]["content"];
    assert_eq!(told["output"].as_array().unwrap().len(), 1);
    assert_eq!(content[0]["text"], "a");
    assert_eq!(content[1]["text"], "b");
    assert_eq!(told["output"][0]["status"], "completed");
    assert_eq!(told["id"], "a-1");
    assert_eq!(told["model"], "m-1");
    assert_eq!(told["created_at"], 1_700_000_000);
}

#[test]
fn no_two_items_have_the_same_id() {
    let told = told(vec![text("a"), call("c"), text("b")], Reason::ToolCalls);
    let ids: Vec<_> = told["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["msg_req-1_0", "fc_req-1_1", "msg_req-1_2"]);
}

fn call(id: &str) -> Part<'_> {
    Part::ToolCall(ToolCall {
        id: Spelled::of_plain(id),
        name: Spelled::of_plain("f"),
        input: Spelled::default(),
        signature: None,
        cache: None,
        is_custom: false,
    })
}

#[test]
fn a_call_without_arguments_has_an_object() {
    let told = told(vec![call("c")], Reason::ToolCalls);
    assert_eq!(told["output"][0]["arguments"], "{}");
    assert_eq!(told["output"][0]["call_id"], "c");
}

#[test]
fn how_it_ended_is_told_as_status_and_reason() {
    for (reason, status, why) in [
        (Reason::Done, "completed", Value::Null),
        (Reason::Stop, "completed", Value::Null),
        (Reason::Length, "incomplete", json!("max_output_tokens")),
        (
            Reason::ContextFull,
            "incomplete",
            json!("max_output_tokens"),
        ),
        (Reason::Paused, "incomplete", json!("max_messages")),
        (Reason::Filtered, "incomplete", json!("content_filter")),
        (Reason::Refused, "incomplete", json!("content_filter")),
        (Reason::BadCall, "incomplete", json!("content_filter")),
    ] {
        let told = told(vec![text("a")], reason);
        assert_eq!(told["status"], status, "{reason:?}");
        assert_eq!(told["incomplete_details"]["reason"], why, "{reason:?}");
        assert_eq!(told["output"][0]["status"], status, "{reason:?}");
    }
    let refusal = Part::Refusal {
        text: Spelled::of_plain("no"),
    };
    let told = told(vec![refusal], Reason::Refused);
    assert_eq!(told["status"], "completed");
    assert_eq!(told["output"][0]["content"][0]["refusal"], "no");
}

#[test]
fn a_citation_of_a_page_is_an_annotation() {
    let cited = |url| Citation {
        place: None,
        url,
        title: Some(Spelled::of_plain("A")),
        cited_text: None,
        span: Some((2, 5)),
    };
    let told = told(
        vec![Part::Text {
            text: Spelled::of_plain("as said"),
            citations: vec![
                cited(Some(Spelled::of_plain("https://a.example"))),
                cited(None),
            ],
            cache: None,
        }],
        Reason::Done,
    );
    assert_eq!(
        told["output"][0]["content"][0]["annotations"],
        json!([{"type": "url_citation", "start_index": 2, "end_index": 5,
            "url": "https://a.example", "title": "A"}])
    );
}

#[test]
fn thoughts_carry_others_signatures_with_a_mark() {
    let thought = Part::Thinking {
        text: Spelled::of_plain("hm"),
        signature: signed(Dialect::Anthropic, "EqQB"),
    };
    let told = told(vec![thought, text("a")], Reason::Done);
    let item = &told["output"][0];
    assert_eq!(item["type"], "reasoning");
    assert_eq!(item["summary"][0]["text"], "hm");
    assert_eq!(item["encrypted_content"], "qh1.anthropic.s.EqQB");
}

#[test]
fn a_calls_signature_follows_it_and_names_it() {
    let Part::ToolCall(mut made) = call("call.1") else {
        unreachable!()
    };
    made.signature = signed(Dialect::Gemini, "Eq+/B==");
    let told = told(vec![Part::ToolCall(made), call("c2")], Reason::ToolCalls);
    let kinds: Vec<_> = told["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["function_call", "reasoning", "function_call"]);
    assert_eq!(told["output"][1]["summary"], json!([]));
    assert_eq!(
        told["output"][1]["encrypted_content"],
        "qh1.gemini.c.call.1.Eq+/B=="
    );
}

#[test]
fn every_recorded_answer_is_told_again_with_the_same_words_and_usage() {
    for case in RECORDED.iter() {
        let whole = case.whole().to_string();
        let value = parse(&whole).unwrap();
        let native = answer::answer(&value).unwrap();
        let said = check::answer(Form::Responses, Form::Responses, &whole).unwrap();
        let said = said.to_string();
        let value = parse(&said).unwrap();
        let again = answer::answer(&value).unwrap();
        assert_eq!(unsigned(&again), unsigned(&native), "{}", case.name);
        let usage = |body: &str| {
            let mut usage =
                check::usage(Form::Responses, body.as_bytes(), "application/json").unwrap();
            // Searches were items of the provider's, which no other dialect's caller asked for.
            usage.web_search_requests = 0;
            usage.units = quotah_policy::Units::NONE;
            usage
        };
        assert_eq!(usage(&said), usage(&whole), "{}", case.name);
    }
}

/// All of an answer but signatures, which are not at home any more.
fn unsigned(answer: &Answer<'_>) -> Answer<'static> {
    let mut all = Answer {
        id: answer.id.clone().into_owned(),
        model: answer.model.clone().into_owned(),
        tier: answer.tier.clone().map(Spelled::into_owned),
        choices: Vec::new(),
    };
    for choice in &answer.choices {
        let parts = choice.parts.iter().map(|part| match part {
            Part::Thinking { text, .. } => Part::Thinking {
                text: text.clone().into_owned(),
                signature: None,
            },
            Part::Text {
                text, citations, ..
            } => Part::Text {
                text: text.clone().into_owned(),
                citations: citations
                    .iter()
                    .cloned()
                    .map(Citation::into_owned)
                    .collect(),
                cache: None,
            },
            Part::ToolCall(call) => Part::ToolCall(ToolCall {
                id: call.id.clone().into_owned(),
                name: call.name.clone().into_owned(),
                input: call.input.clone().into_owned(),
                signature: None,
                cache: None,
                is_custom: call.is_custom,
            }),
            other => panic!("{other:?} in an answer"),
        });
        all.choices.push(Choice {
            parts: parts.collect(),
            finish: choice.finish.clone().into_owned(),
            ..Choice::default()
        });
    }
    all
}

#[test]
fn thoughts_are_read_with_what_their_maker_encrypted() {
    let body = json!({"id": "r", "model": "m", "status": "completed", "output": [
        {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA",
            "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]},
        {"type": "reasoning", "id": "rs_2", "summary": [],
            "content": [{"type": "reasoning_text", "text": "open"}]},
        {"type": "reasoning", "id": "rs_3", "summary": []},
    ]})
    .to_string();
    let value = parse(&body).unwrap();
    let read = answer::answer(&value).unwrap();
    assert_eq!(
        read.choices[0].parts,
        [
            Part::Thinking {
                text: Spelled::of_plain("a\n\nb"),
                signature: signed(Dialect::OpenAi, "rs_1:gAAA"),
            },
            Part::Thinking {
                text: Spelled::of_plain("open"),
                signature: None,
            },
        ]
    );
}

#[test]
fn what_is_no_answer_is_not_read() {
    for body in [
        json!([]),
        json!({}),
        json!({"status": "failed", "output": []}),
        json!({"status": "queued", "output": []}),
        json!({"error": {"message": "x"}, "output": []}),
    ] {
        let body = body.to_string();
        let value = parse(&body).unwrap();
        assert_eq!(
            answer::answer(&value),
            Err(AnswerFault::Unreadable),
            "{body}"
        );
    }
}
