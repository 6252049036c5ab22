//! Answers.

use crate::translate::AnswerFault;
use crate::translate::answer::{Answer, Choice, Finish, Reason};
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::likelihood;
use crate::translate::request::{Part, ToolCall};

/// Reads an answer. It has no id.
pub(super) fn read<'a>(value: &Value<'a>) -> Result<Answer<'a>, AnswerFault> {
    let object = value.as_object().ok_or(AnswerFault::Unreadable)?;
    let message = object.object("message").ok_or(AnswerFault::Unreadable)?;
    let mut parts = Vec::new();
    if let Some(text) = message.text("thinking").filter(|text| !text.is_empty()) {
        parts.push(Part::Thinking {
            text: text.clone(),
            signature: None,
        });
    }
    if let Some(text) = message.text("content").filter(|text| !text.is_empty()) {
        parts.push(Part::text(text.clone()));
    }
    let mut count = 0;
    for call in message.items("tool_calls") {
        let Call { id, name, input } = Call::read(call, object, count)?;
        count = count.saturating_add(1);
        parts.push(Part::ToolCall(ToolCall {
            id,
            name,
            input,
            signature: None,
            cache: None,
            is_custom: false,
        }));
    }
    Ok(Answer {
        model: object.text("model").cloned().unwrap_or_default(),
        choices: vec![Choice {
            parts,
            tokens: likelihood::read(object.items("logprobs")),
            finish: finish(object, count > 0),
        }],
        ..Answer::default()
    })
}

/// A call, always whole.
pub(super) struct Call<'a> {
    pub(super) id: Spelled<'a>,
    pub(super) name: Spelled<'a>,
    pub(super) input: Spelled<'a>,
}

impl<'a> Call<'a> {
    /// Reads the call of an answer, or of a stream's line, before which there were `count`.
    ///
    /// # Errors
    /// Where it has no name, or arguments of another kind.
    pub(super) fn read(
        call: &Value<'a>,
        line: &Object<'_>,
        count: u32,
    ) -> Result<Self, AnswerFault> {
        let call = call.as_object().ok_or(AnswerFault::Unreadable)?;
        let function = call.object("function").ok_or(AnswerFault::Unreadable)?;
        let id = call.text("id").filter(|id| !id.is_empty());
        Ok(Self {
            id: id.cloned().unwrap_or_else(|| counted(line, count)),
            name: function
                .text("name")
                .cloned()
                .ok_or(AnswerFault::Unreadable)?,
            input: match function.get("arguments") {
                None => Spelled::of_raw("{}"),
                Some(Value::Object(input)) => Spelled::of_plain(input.raw),
                Some(_) => return Err(AnswerFault::BadArguments),
            },
        })
    }
}

/// An id for a call that has none: by when its answer was made, so that the calls of a conversation have different ones,
/// and its place there.
fn counted(line: &Object<'_>, count: u32) -> Spelled<'static> {
    let made_at = line.text("created_at").map(Spelled::plain);
    let made_at = made_at.as_deref().unwrap_or_default().bytes();
    let mut id = String::from("call_");
    let digits = made_at.filter(u8::is_ascii_digit).take(DIGITS_MAX);
    id.extend(digits.map(char::from));
    if id.len() > "call_".len() {
        id.push('_');
    }
    id.push_str(&count.to_string());
    Spelled::of_owned(&id)
}

/// Of a time, down to its nanoseconds.
const DIGITS_MAX: usize = 23;

/// Why an answer ended. Calls and texts at which it ends are `stop` too.
pub(super) fn finish<'a>(object: &Object<'_>, has_calls: bool) -> Finish<'a> {
    let said = object.text("done_reason").map(Spelled::plain);
    let reason = match said.as_deref() {
        Some("length") => Reason::Length,
        // Older versions say nothing.
        Some("stop") | None if has_calls => Reason::ToolCalls,
        Some("stop") | None => Reason::Done,
        // `load`, `unload`: nothing was asked.
        Some(_) => Reason::Other,
    };
    Finish { reason, stop: None }
}
