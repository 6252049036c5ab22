//! Counts asked for in one dialect and made in another.

use serde_json::{Value, json};

use super::*;
use crate::translate::check;

const COUNTS: [Form; 3] = [
    Form::ResponsesCount,
    Form::MessagesCount,
    Form::GenerateCount,
];

fn recorded(text: &str) -> String {
    let case: Value = serde_json::from_str(text).unwrap();
    case["response"]["body"].as_str().unwrap().to_owned()
}

#[test]
fn recorded_counts_reach_every_caller() {
    let anthropic = recorded(include_str!(
        "../../../../fixtures/anthropic/count-tokens-counted-tokens.json"
    ));
    let gemini = recorded(include_str!(
        "../../../../fixtures/gemini/count-tokens-counted-tokens.json"
    ));
    let vertex = recorded(include_str!(
        "../../../../fixtures/vertex/count-tokens-counted-tokens.json"
    ));
    for (from, body, tokens) in [
        (Form::MessagesCount, anthropic, 14),
        (Form::GenerateCount, gemini, 8),
        (Form::GenerateCount, vertex, 13),
        (
            Form::ResponsesCount,
            r#"{"object":"response.input_tokens","input_tokens":11}"#.to_owned(),
            11,
        ),
    ] {
        let told = |to| check::answer(to, from, &body).unwrap();
        assert_eq!(told(Form::MessagesCount), json!({"input_tokens": tokens}));
        assert_eq!(told(Form::GenerateCount), json!({"totalTokens": tokens}));
        assert_eq!(
            told(Form::ResponsesCount),
            json!({"object": "response.input_tokens", "input_tokens": tokens})
        );
    }
}

#[test]
fn an_answer_without_a_count_is_not_read() {
    for (from, body) in [
        (Form::MessagesCount, "{}"),
        (Form::ResponsesCount, r#"{"input_tokens":-1}"#),
        (Form::GenerateCount, r#"{"error":{"code":500}}"#),
        (Form::GenerateCount, "[]"),
    ] {
        let fault = check::answer(Form::MessagesCount, from, body);
        assert_eq!(fault, Err(AnswerFault::Unreadable), "{body}");
    }
}

#[test]
fn what_has_nothing_to_do_with_the_prompt_is_not_asked() {
    let written = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a\u00e9"}],"stream":true,"temperature":0.50}"#;
    let to = check::to(Form::MessagesCount);
    assert_eq!(
        counted(written, &to).unwrap(),
        r#"{"model":"m","messages":[{"role":"user","content":"a\u00e9"}]}"#
    );
    let written = r#"{"contents":[],"systemInstruction":{},"safetySettings":[]}"#;
    let to = check::to(Form::GenerateCount);
    assert_eq!(
        counted(written, &to).unwrap(),
        r#"{"generateContentRequest":{"model":"models/sent-model","contents":[],"systemInstruction":{}}}"#
    );
    assert_eq!(
        counted(r#"{"contents":[]}"#, &to).unwrap(),
        r#"{"contents":[]}"#
    );
    let to = To {
        kind: ProviderKind::VERTEX,
        ..to
    };
    assert_eq!(
        counted(written, &to).unwrap(),
        r#"{"contents":[],"systemInstruction":{}}"#
    );
}

/// The same question in each dialect.
fn asked(form: Form) -> Value {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    match form {
        Form::MessagesCount => json!({"model": "m", "system": "be brief",
            "messages": [{"role": "user", "content": "hi"}], "tools": [{"name": "f", "input_schema": schema}]}),
        Form::ResponsesCount => json!({"model": "m", "instructions": "be brief", "input": "hi",
            "tools": [{"type": "function", "name": "f", "parameters": schema}]}),
        _ => json!({"generateContentRequest": {"model": "models/m",
            "systemInstruction": {"parts": [{"text": "be brief"}]},
            "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
            "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": schema}]}]}}),
    }
}

#[test]
fn a_count_asks_for_the_same_prompt_in_every_dialect() {
    for from in COUNTS {
        for to in COUNTS {
            if from == to || shape(from).is_none() || !is_served(to) {
                continue;
            }
            let asked = asked(from);
            let seen = crate::translate::look(from, asked.to_string().as_bytes()).unwrap();
            let kind = check::to(to).kind;
            let lost: Vec<_> = seen
                .places
                .iter()
                .filter(|(feature, _)| to.fate(*feature, kind) == Fate::Lost)
                .collect();
            assert!(lost.is_empty(), "{from:?} {to:?} {lost:?}");
            let sent = check::request(from, &asked, to).to_string();
            for word in ["be brief", "\"hi\"", "\"f\"", "sent-model"] {
                assert!(sent.contains(word), "{from:?} {to:?} {sent}");
            }
            for word in ["max_tokens", "store", "include", "stream"] {
                assert!(!sent.contains(word), "{from:?} {to:?} {sent}");
            }
        }
    }
}

#[test]
fn what_cannot_be_counted_is_named_where_it_stands() {
    if shape(Form::GenerateCount).is_none() {
        return;
    }
    let asked =
        json!({"generateContentRequest": {"contents": [], "odd": 1}, "strange": 2}).to_string();
    let seen = crate::translate::look(Form::GenerateCount, asked.as_bytes()).unwrap();
    let places: Vec<_> = seen.places.into_iter().map(|(_, place)| place).collect();
    assert_eq!(places, ["generateContentRequest.odd", "strange"]);
}

#[test]
fn what_a_lossy_count_cannot_tell_of_is_left_out() {
    let found =
        json!({"type": "search_result", "source": "shelf-1", "title": "Rain", "content": []});
    let body = json!({"model": "m", "messages": [
        {"role": "user", "content": [found, {"type": "text", "text": "Hi"}]}]});
    let told = check::request(Form::MessagesCount, &body, Form::GenerateCount);
    assert_eq!(
        told["generateContentRequest"]["contents"],
        json!([{"role": "user", "parts": [{"text": "Hi"}]}])
    );
}
