//! Answers.

use crate::translate::AnswerFault;
use crate::translate::answer::{Answer, Choice, Finish, Reason};
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::{Citation, Part, ToolCall};

/// Reads an answer. It does not name its model.
pub(super) fn read<'a>(value: &Value<'a>) -> Result<Answer<'a>, AnswerFault> {
    let object = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let message = object.object("message").ok_or(AnswerFault::Unreadable)?;
    if failed(object) {
        return Err(AnswerFault::CutShort);
    }
    let mut parts = content(message)?;
    cite(message, &mut parts);
    parts.retain(|part| !matches!(part, Part::Text { text, .. } | Part::Thinking { text, .. } if text.is_empty()));
    if let Some(plan) = message.text("tool_plan").filter(|plan| !plan.is_empty()) {
        parts.push(thought(plan));
    }
    for call in message.items("tool_calls") {
        parts.push(called(call)?);
    }
    let finish = Finish {
        reason: reason(object),
        stop: None,
    };
    Ok(Answer {
        id: object.text("id").cloned().unwrap_or_default(),
        choices: vec![Choice {
            parts,
            finish,
            ..Choice::default()
        }],
        ..Answer::default()
    })
}

/// Why an answer ended; also of a stream's `message-end`.
pub(super) fn reason(object: &Object<'_>) -> Reason {
    let said = object.text("finish_reason").map(Spelled::plain);
    match said.as_deref() {
        Some("COMPLETE") => Reason::Done,
        Some("STOP_SEQUENCE") => Reason::Stop,
        Some("MAX_TOKENS") => Reason::Length,
        Some("TOOL_CALL") => Reason::ToolCalls,
        _ => Reason::Other,
    }
}

/// Whether generation failed behind a 200.
pub(super) fn failed(object: &Object<'_>) -> bool {
    let said = object.text("finish_reason");
    said.is_some_and(|said| said.is("ERROR") || said.is("TIMEOUT"))
}

fn content<'a>(message: &Object<'a>) -> Result<Vec<Part<'a>>, AnswerFault> {
    if let Some(text) = message.text("content") {
        return Ok(vec![Part::text(text.clone())]);
    }
    let blocks = message.items("content").iter().map(|block| {
        let block = block.as_object().ok_or(AnswerFault::Unreadable)?;
        if let Some(text) = block.text("text") {
            return Ok(Part::text(text.clone()));
        }
        let thinking = block.text("thinking").ok_or(AnswerFault::Unsayable)?;
        Ok(thought(thinking))
    });
    blocks.collect()
}

fn thought<'a>(text: &Spelled<'a>) -> Part<'a> {
    Part::Thinking {
        text: text.clone(),
        signature: None,
    }
}

fn called<'a>(call: &Value<'a>) -> Result<Part<'a>, AnswerFault> {
    let call = call.as_object().ok_or(AnswerFault::Unreadable)?;
    let function = call.object("function").ok_or(AnswerFault::Unreadable)?;
    let (Some(id), Some(name)) = (call.text("id"), function.text("name")) else {
        return Err(AnswerFault::Unreadable);
    };
    let input = function.text("arguments").filter(|text| !text.is_empty());
    Ok(Part::ToolCall(ToolCall {
        id: id.clone(),
        name: name.clone(),
        input: input.cloned().unwrap_or_else(|| Spelled::of_raw("{}")),
        signature: None,
        cache: None,
        is_custom: false,
    }))
}

/// Citations stand beside the blocks that they belong to, which is the last text where they do not say.
fn cite<'a>(message: &Object<'a>, parts: &mut [Part<'a>]) {
    let is_text = |part: &Part<'_>| matches!(part, Part::Text { .. });
    let last = parts.iter().rposition(is_text);
    for said in message
        .items("citations")
        .iter()
        .filter_map(Value::as_object)
    {
        if !is_of_text(said) {
            continue;
        }
        let told = said.u64("content_index");
        let at = told.and_then(|at| usize::try_from(at).ok()).or(last);
        if let Some(Part::Text { citations, .. }) = at.and_then(|at| parts.get_mut(at)) {
            citations.extend(sources(said));
        }
    }
}

/// Whether what is cited in is text, not a thought or a plan.
pub(super) fn is_of_text(said: &Object<'_>) -> bool {
    let kind = said.text("type");
    kind.is_none_or(|kind| kind.is("TEXT_CONTENT"))
}

/// A citation for each of its sources: documents have titles and addresses if their owner gave them, tools have what
/// they gave back.
pub(super) fn sources<'a>(said: &Object<'a>) -> Vec<Citation<'a>> {
    let span = said.u64("start").zip(said.u64("end"));
    let of = |source: &Object<'a>| {
        let document = source.object("document");
        let output = source.object("tool_output");
        let text = |name| document?.text(name).cloned();
        let given = || output?.text("content").cloned();
        Citation {
            place: None,
            url: text("url"),
            title: text("title"),
            cited_text: text("snippet").or_else(|| text("text")).or_else(given),
            span,
        }
    };
    let sources = said.items("sources").iter().filter_map(Value::as_object);
    let mut all: Vec<_> = sources.map(of).collect();
    if all.is_empty() {
        all.push(Citation {
            span,
            ..Citation::default()
        });
    }
    all
}
