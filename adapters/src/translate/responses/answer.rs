//! Whole answers of deployments into the neutral form, and what streams have in common with them.

use crate::call::Dialect;
use crate::error_class::{ErrorClass, answer_error_class};
use crate::meter::ErrorSeen;
use crate::translate::AnswerFault;
use crate::translate::answer::{Answer, Choice, Finish, Reason};
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::likelihood::{self, Token};
use crate::translate::request::{Part, ToolCall};

use super::content::citations;
use super::thought;

/// Reads a whole answer.
pub(super) fn answer<'a>(value: &Value<'a>) -> Result<Answer<'a>, AnswerFault> {
    let response = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let status = response.text("status").map(Spelled::plain);
    let is_told = matches!(status.as_deref(), None | Some("completed" | "incomplete"));
    if !is_told || response.get("error").is_some() {
        return Err(AnswerFault::Unreadable);
    }
    let Some(Value::Array(output)) = response.get("output") else {
        return Err(AnswerFault::Unreadable);
    };
    let items = output.items.iter().filter_map(Value::as_object);
    let tokens = items.clone().flat_map(|item| item.items("content"));
    let tokens = tokens.filter_map(Value::as_object).flat_map(tokens_of);
    let tokens = tokens.collect();
    let parts: Vec<_> = items.flat_map(parts).map(|(_, part)| part).collect();
    Ok(Answer {
        id: response.text("id").cloned().unwrap_or_default(),
        model: response.text("model").cloned().unwrap_or_default(),
        tier: response.text("service_tier").cloned(),
        choices: vec![Choice {
            finish: Finish {
                reason: reason(response, &parts),
                stop: None,
            },
            parts,
            tokens,
        }],
    })
}

/// What an item of the output says, and where in its content. What the provider's own tools did is not said in other
/// dialects.
pub(super) fn parts<'a>(item: &Object<'a>) -> Vec<(u64, Part<'a>)> {
    let kind = item.text("type").map(Spelled::plain);
    let one = |part: Option<Part<'a>>| part.into_iter().map(|part| (0, part)).collect();
    match kind.as_deref() {
        Some("message") => (0..)
            .zip(item.items("content"))
            .filter_map(|(at, part)| Some((at, content(part.as_object()?)?)))
            .collect(),
        Some("reasoning") => one(thinking(item)),
        Some("function_call") => one(call(item, false)),
        Some("custom_tool_call") => one(call(item, true)),
        _ => Vec::new(),
    }
}

/// A part of a message, unless there is nothing in it.
fn content<'a>(part: &Object<'a>) -> Option<Part<'a>> {
    if let Some(text) = part.text("refusal") {
        return (!text.is_empty()).then(|| Part::Refusal { text: text.clone() });
    }
    let text = part.text("text").filter(|text| !text.is_empty())?;
    Some(Part::Text {
        text: text.clone(),
        citations: citations(part.items("annotations")),
        cache: None,
    })
}

/// How likely the tokens of a text were, where that is told: of a part of a message, or of an event about one.
pub(super) fn tokens_of<'a>(part: &Object<'a>) -> Vec<Token<'a>> {
    likelihood::read(part.items("logprobs"))
}

fn thinking<'a>(item: &Object<'a>) -> Option<Part<'a>> {
    let text = thought::text(item);
    let signature = item
        .text("encrypted_content")
        .map(|encrypted| thought::signature(item, encrypted));
    (!text.is_empty() || signature.is_some()).then_some(Part::Thinking { text, signature })
}

fn call<'a>(item: &Object<'a>, is_custom: bool) -> Option<Part<'a>> {
    Some(Part::ToolCall(ToolCall {
        id: item.text("call_id").or_else(|| item.text("id"))?.clone(),
        name: item.text("name")?.clone(),
        input: item
            .text(input_name(is_custom))
            .cloned()
            .unwrap_or_default(),
        signature: None,
        cache: None,
        is_custom,
    }))
}

/// What that is named which a tool is called with: a text, or a function's arguments.
pub(super) const fn input_name(is_custom: bool) -> &'static str {
    if is_custom { "input" } else { "arguments" }
}

fn reason(response: &Object<'_>, parts: &[Part<'_>]) -> Reason {
    let has = |is: fn(&Part<'_>) -> bool| parts.iter().any(is);
    ended(
        response,
        has(|part| matches!(part, Part::ToolCall(_))),
        has(|part| matches!(part, Part::Refusal { .. })),
    )
}

/// Why a response ended that calls tools, or has refused.
pub(super) fn ended(response: &Object<'_>, calls: bool, refuses: bool) -> Reason {
    let status = response.text("status");
    if status.is_some_and(|status| status.is("incomplete")) {
        let details = response.object("incomplete_details");
        let reason = details.and_then(|details| details.text("reason"));
        return match reason.map(Spelled::plain).as_deref() {
            Some("max_output_tokens" | "max_tokens") => Reason::Length,
            Some("content_filter") => Reason::Filtered,
            _ => Reason::Other,
        };
    }
    match (calls, refuses) {
        (true, _) => Reason::ToolCalls,
        (false, true) => Reason::Refused,
        (false, false) => Reason::Done,
    }
}

/// What an error inside an answer means, and its words: `error` may be an object, a sentence, or the event itself.
pub(super) fn failure<'a>(error: Option<&Value<'a>>) -> (ErrorClass, Spelled<'a>) {
    let object = error.and_then(Value::as_object);
    let word = |name: &str| {
        let value = object?.get(name)?;
        let word = match value {
            Value::String(text) => text.plain().into_owned(),
            Value::Number(digits) => (*digits).to_owned(),
            _ => return None,
        };
        Some(word.into_boxed_str())
    };
    let class = answer_error_class(
        Dialect::OpenAi,
        &ErrorSeen {
            kind: word("type"),
            code: word("code"),
        },
    );
    let message = object.map_or_else(
        || error.and_then(Value::as_text),
        |object| object.text("message"),
    );
    (class, message.cloned().unwrap_or_default())
}
