//! Calls of custom tools in answers and streams.

use serde_json::{Value, json};

use super::TWINS;
use crate::translate::answer::Answer;
use crate::translate::check::{self, folded};
use crate::translate::json::parse;
use crate::translate::{AnswerFault, Form, whole};

/// A whole answer that calls custom tools, in either dialect.
fn called(form: Form) -> Value {
    match form {
        Form::Chat => {
            json!({"id": "c", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls",
            "message": {"role": "assistant", "content": "So.", "tool_calls": [
                {"id": "call_1", "type": "custom", "custom": {"name": "patch", "input": "*** {\"\n"}},
                {"id": "call_2", "type": "custom", "custom": {"name": "say", "input": ""}}]}}]})
        }
        _ => json!({"id": "c", "model": "m", "status": "completed", "output": [
            {"type": "message", "content": [{"type": "output_text", "text": "So.", "annotations": []}]},
            {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "patch", "input": "*** {\"\n"},
            {"type": "custom_tool_call", "id": "ctc_2", "call_id": "call_2", "name": "say", "input": ""}]}),
    }
}

/// The same as a stream.
fn streamed(form: Form) -> String {
    let chat =
        |delta: Value| json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta}]});
    let call = |call: Value| chat(json!({"tool_calls": [call]}));
    let item = |done: &str, at: u64, input: &str| {
        let (id, name) = [("call_1", "patch"), ("call_2", "say")][usize::try_from(at).unwrap() - 1];
        json!({"type": format!("response.output_item.{done}"), "output_index": at, "item":
            {"type": "custom_tool_call", "id": "ctc", "call_id": id, "name": name, "input": input}})
    };
    let input = |kind: &str, at: u64, name: &str, text: &str| {
        json!({"type": format!("response.custom_tool_call_input.{kind}"), "output_index": at,
            "item_id": "ctc", (name): text})
    };
    let events = match form {
        Form::Chat => vec![
            chat(json!({"role": "assistant", "content": "So."})),
            call(
                json!({"index": 0, "id": "call_1", "type": "custom", "custom": {"name": "patch", "input": ""}}),
            ),
            call(json!({"index": 0, "custom": {"input": "*** "}})),
            call(json!({"index": 0, "custom": {"input": "{\"\n"}})),
            call(
                json!({"index": 1, "id": "call_2", "type": "custom", "custom": {"name": "say", "input": ""}}),
            ),
            json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}),
        ],
        _ => vec![
            json!({"type": "response.created", "response": {"id": "c", "model": "m"}}),
            json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "So."}),
            item("added", 1, ""),
            input("delta", 1, "delta", "*** "),
            input("delta", 1, "delta", "{\"\n"),
            input("done", 1, "input", "*** {\"\n"),
            item("done", 1, "*** {\"\n"),
            item("added", 2, ""),
            input("done", 2, "input", ""),
            item("done", 2, ""),
            json!({"type": "response.completed", "response": {"id": "c", "model": "m", "status": "completed",
                "output": []}}),
        ],
    };
    let events = events.iter().map(|event| format!("data: {event}\n\n"));
    events.collect()
}

/// A whole answer in neutral terms.
fn read(form: Form, body: &str) -> Answer<'static> {
    let value = parse(body).unwrap();
    let answer = (form.serves().unwrap().read_answer)(&value).unwrap();
    let mut owned = Answer::default();
    whole::tell(&answer, &mut |event| owned.take(event)).unwrap();
    owned
}

#[test]
fn calls_of_custom_tools_are_answered_in_either_dialect() {
    for (to, from) in TWINS {
        let told = check::answer(to, from, &called(from).to_string()).unwrap();
        assert_eq!(
            read(to, &told.to_string()),
            read(from, &called(from).to_string()),
            "{told}"
        );
        assert_eq!(
            read(to, &told.to_string()),
            read(to, &called(to).to_string())
        );
    }
}

#[test]
fn a_stream_of_calls_is_its_whole_answer_in_any_cut() {
    for form in [Form::Chat, Form::Responses] {
        let is = folded(form, streamed(form).as_bytes()).unwrap();
        assert_eq!(is, read(form, &called(form).to_string()), "{form:?}");
        for to in [Form::Chat, Form::Responses] {
            let stream = streamed(form);
            let told = check::stream(to, form, stream.as_bytes(), &[usize::MAX]).unwrap();
            assert_eq!(folded(to, told.as_bytes()).unwrap(), is, "{told}");
            for cut in [1, 7, 64] {
                let cut = check::stream(to, form, stream.as_bytes(), &[cut]).unwrap();
                assert_eq!(cut, told);
            }
        }
    }
}

#[test]
fn pieces_of_a_call_are_told_as_its_kind_has_them() {
    let stream = streamed(Form::Chat);
    let told = check::stream(
        Form::Responses,
        Form::Chat,
        stream.as_bytes(),
        &[usize::MAX],
    )
    .unwrap();
    for piece in [
        r#""type":"response.custom_tool_call_input.delta","#,
        r#""delta":"{\"\n""#,
        r#""type":"response.custom_tool_call_input.done","#,
        r#""input":"*** {\"\n""#,
        r#""id":"ctc_req-1_1","type":"custom_tool_call","#,
    ] {
        assert!(told.contains(piece), "{piece} in {told}");
    }
    assert!(!told.contains("arguments"), "{told}");
    let stream = streamed(Form::Responses);
    let told = check::stream(
        Form::Chat,
        Form::Responses,
        stream.as_bytes(),
        &[usize::MAX],
    )
    .unwrap();
    for piece in [
        r#"{"index":0,"id":"call_1","type":"custom","custom":{"name":"patch","input":""}}"#,
        r#"{"index":0,"custom":{"input":"*** "}}"#,
    ] {
        assert!(told.contains(piece), "{piece} in {told}");
    }
}

#[test]
fn whoever_cannot_give_such_a_tool_is_not_told_of_its_calls() {
    for to in [Form::Messages, Form::Generate] {
        for from in [Form::Chat, Form::Responses] {
            let whole = check::answer(to, from, &called(from).to_string());
            assert_eq!(whole, Err(AnswerFault::Unsayable));
            let stream = check::stream(to, from, streamed(from).as_bytes(), &[usize::MAX]);
            assert_eq!(stream, Err(AnswerFault::Unsayable));
        }
    }
}
