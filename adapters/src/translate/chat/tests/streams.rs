//! Streams of any pieces in any order.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::translate::check;
use crate::translate::{AnswerFault, Form};

/// What one chunk says of one of two answers.
#[derive(Debug, Clone)]
enum Said {
    Text(String),
    Thought(String),
    Blocks(String),
    Refusal(String),
    Call(u8, String),
    Custom(u8, String),
    Old(String),
    Cited(String),
    Usage,
    Nothing,
}

fn said() -> impl Strategy<Value = Said> {
    let text = || "[a-z\"\\\\\u{e9}\u{1f600}\n{}]{0,6}";
    prop_oneof![
        4 => text().prop_map(Said::Text),
        2 => text().prop_map(Said::Thought),
        1 => text().prop_map(Said::Blocks),
        1 => text().prop_map(Said::Refusal),
        4 => (0_u8..3, text()).prop_map(|(index, arguments)| Said::Call(index, arguments)),
        2 => (3_u8..5, text()).prop_map(|(index, input)| Said::Custom(index, input)),
        1 => text().prop_map(Said::Old),
        1 => text().prop_map(Said::Cited),
        1 => Just(Said::Usage),
        1 => Just(Said::Nothing),
    ]
}

fn chunk(answer: u8, said: &Said) -> Value {
    let delta = match said {
        Said::Text(text) => json!({"content": text}),
        Said::Thought(text) => json!({"reasoning": text, "reasoning_content": text}),
        Said::Blocks(text) => json!({"content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": text}]},
            {"type": "text", "text": text}]}),
        Said::Refusal(text) => json!({"refusal": text}),
        Said::Call(index, arguments) => json!({"tool_calls": [{"index": index,
            "id": format!("c{index}"), "function": {"name": "f", "arguments": arguments}}]}),
        Said::Custom(index, input) => json!({"tool_calls": [{"index": index,
            "id": format!("c{index}"), "type": "custom", "custom": {"name": "f", "input": input}}]}),
        Said::Old(arguments) => json!({"function_call": {"name": "f", "arguments": arguments}}),
        Said::Cited(url) => json!({"content": "x", "annotations": [
            {"type": "url_citation", "url_citation": {"url": url}}]}),
        Said::Usage => {
            return json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}});
        }
        Said::Nothing => json!({"role": "assistant", "content": ""}),
    };
    json!({"id": "c-1", "model": "m", "choices": [{"index": answer, "delta": delta}]})
}

fn stream(chunks: &[(u8, Said)], is_whole: bool) -> String {
    let mut stream = String::from(": a comment\n\n");
    for (answer, said) in chunks {
        stream.push_str(&format!("data: {}\r\n\r\n", chunk(*answer, said)));
    }
    if is_whole {
        for answer in [0, 1] {
            let end = json!({"choices": [{"index": answer, "delta": {}, "finish_reason": "stop"}]});
            stream.push_str(&format!("data: {end}\n\n"));
        }
    }
    stream
}

proptest! {
    #[test]
    fn any_stream_is_told_the_same_in_any_cut_and_reads_as_it_was(
        chunks in prop::collection::vec((0_u8..2, said()), 0..12),
        cuts in prop::collection::vec(1_usize..40, 1..5),
    ) {
        let stream = stream(&chunks, true);
        // The order of events is checked on the way.
        let was = check::folded(Form::Chat, stream.as_bytes()).unwrap();
        let told = check::stream(Form::Chat, Form::Chat, stream.as_bytes(), &[usize::MAX]).unwrap();
        let cut = check::stream(Form::Chat, Form::Chat, stream.as_bytes(), &cuts).unwrap();
        prop_assert_eq!(&cut, &told);
        let mut is = check::folded(Form::Chat, told.as_bytes()).unwrap();
        let mut was = was;
        if was.id.is_empty() {
            // What the provider does not tell is ours to tell.
            (was.id, was.model) = (is.id.clone(), is.model.clone());
        }
        super::recorded::without_spans(&mut is);
        super::recorded::without_spans(&mut was);
        prop_assert_eq!(is, was);
    }

    #[test]
    fn a_stream_that_just_ends_is_cut_short(
        chunks in prop::collection::vec((0_u8..2, said()), 0..6),
    ) {
        let stream = stream(&chunks, false);
        let told = check::stream(Form::Chat, Form::Chat, stream.as_bytes(), &[usize::MAX]);
        prop_assert_eq!(told, Err(AnswerFault::CutShort));
    }

    #[test]
    fn nothing_that_comes_makes_it_panic(events in prop::collection::vec("[\\[\\]{}\":,a-z0-9 ]{0,30}|\\PC{0,20}", 0..8)) {
        let mut stream = String::new();
        for event in &events {
            stream.push_str(&format!("data: {}\n\n", event.replace(['\n', '\r'], " ")));
        }
        let told = check::stream(Form::Chat, Form::Chat, stream.as_bytes(), &[usize::MAX]);
        prop_assert!(told.is_err());
    }
}

#[test]
fn what_gemini_signed_of_a_call_comes_in_its_id() {
    let stream = r#"data: {"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"id":"g","name":"f","args":{"a":1}},"thoughtSignature":"CiQB+/x=="}]},"finishReason":"STOP"}]}"#;
    let told = check::stream(Form::Chat, Form::Generate, stream.as_bytes(), &[usize::MAX]).unwrap();
    assert!(
        told.contains(r#""id":"g.qh1.gemini.s.CiQB+/x==""#),
        "{told}"
    );
}
