//! A whole answer of an Anthropic deployment, read.

use super::super::AnswerFault;
use super::super::answer::{Answer, Choice};
use super::super::json::{Object, Value};
use super::super::request::Part;
use super::{blocks, reason};

/// Reads a message. Blocks of tools that the provider runs are passed over: nobody else has a place for them, and their
/// results are what the texts beside them tell.
pub(super) fn answer<'a>(value: &Value<'a>) -> Result<Answer<'a>, AnswerFault> {
    let message = value
        .as_object()
        .filter(|message| matches!(message.get("content"), Some(Value::Array(_))))
        .ok_or(AnswerFault::Unreadable)?;
    let content = message.items("content").iter();
    let parts = content.filter_map(|block| block.as_object().and_then(part));
    Ok(Answer {
        id: message.text("id").cloned().unwrap_or_default(),
        model: message.text("model").cloned().unwrap_or_default(),
        tier: message
            .object("usage")
            .and_then(|usage| usage.text("service_tier").cloned()),
        choices: vec![Choice {
            parts: parts.collect(),
            finish: reason::finish(message).unwrap_or_default(),
            ..Choice::default()
        }],
    })
}

fn part<'a>(block: &Object<'a>) -> Option<Part<'a>> {
    match &*block.text("type")?.plain() {
        "text" => blocks::text(block),
        "thinking" => Some(blocks::thinking(block)),
        "redacted_thinking" => blocks::redacted(block),
        "tool_use" => blocks::call(block).map(Part::ToolCall),
        _ => None,
    }
}
