//! An item of an answer to a caller, and how its parts are spelled.

use crate::translate::json::{Json, Members, Spelled};

use super::answer::input_name;
use super::said::call_type;

/// An item under way. Texts are as they are spelled.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) body: Body,
    /// What is told of its signature.
    pub(super) encrypted: Option<Spelled<'static>>,
}

/// What kind of item it is, and what was told of it so far.
#[derive(Debug)]
pub(super) enum Body {
    Message {
        /// The parts that are complete, as the inside of an array.
        content: String,
        /// How many these are.
        parts: u64,
        part: Option<Said>,
    },
    Thought {
        text: String,
    },
    Call {
        call_id: Spelled<'static>,
        name: Spelled<'static>,
        /// Arguments, or the text for a custom tool.
        input: String,
        is_custom: bool,
    },
}

/// A part of a message.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) is_refusal: bool,
    pub(super) text: String,
    /// The inside of an array.
    pub(super) annotations: String,
    /// How many there are in it.
    pub(super) cited: u64,
    /// How likely its tokens were: the inside of an array.
    pub(super) likely: String,
}

/// The status of an item that is under way.
pub(super) const UNDER_WAY: &str = "in_progress";
/// The status of one that is whole.
pub(super) const COMPLETE: &str = "completed";

impl Body {
    /// A message with nothing in it.
    pub(super) const fn message() -> Self {
        Self::Message {
            content: String::new(),
            parts: 0,
            part: None,
        }
    }

    /// A thought with nothing in it.
    pub(super) const fn thought() -> Self {
        Self::Thought {
            text: String::new(),
        }
    }
}

impl Item {
    /// How many bytes of it are kept.
    pub(super) fn kept_bytes(&self) -> usize {
        match &self.body {
            Body::Message { content, part, .. } => {
                let said = part.as_ref();
                let said = said.map_or(0, |said| {
                    let beside = said.annotations.len().saturating_add(said.likely.len());
                    said.text.len().saturating_add(beside)
                });
                content.len().saturating_add(said)
            }
            Body::Thought { text } => text.len(),
            Body::Call { input, .. } => input.len(),
        }
    }

    /// Writes it as far as it is told.
    pub(super) fn written(&self, json: &mut Members<'_>, status: &str) {
        json.text("id", &self.id);
        match &self.body {
            Body::Message { content, .. } => {
                json.text("type", "message");
                json.text("status", status);
                json.text("role", "assistant");
                list(json, "content", content);
            }
            Body::Thought { text } => {
                json.text("type", "reasoning");
                json.array("summary", |items| {
                    if !text.is_empty() {
                        items.object(|json| summary(json, text));
                    }
                });
                if let Some(encrypted) = &self.encrypted {
                    json.spelled("encrypted_content", encrypted);
                }
            }
            Body::Call {
                call_id,
                name,
                input,
                is_custom,
            } => {
                json.text("type", call_type(*is_custom));
                json.text("status", status);
                json.spelled("call_id", call_id);
                json.spelled("name", name);
                // An item that has only begun has none yet.
                let input = match status {
                    UNDER_WAY => Spelled::default(),
                    _ => called_with(input, *is_custom),
                };
                json.spelled(input_name(*is_custom), &input);
            }
        }
    }
}

impl Said {
    /// Writes it as far as it is told.
    pub(super) fn written(&self, json: &mut Members<'_>) {
        if self.is_refusal {
            json.text("type", "refusal");
            json.spelled("refusal", &Spelled::of_raw(&self.text));
        } else {
            json.text("type", "output_text");
            json.spelled("text", &Spelled::of_raw(&self.text));
            list(json, "annotations", &self.annotations);
            list(json, "logprobs", &self.likely);
        }
    }
}

/// A part of a thought's summary.
pub(super) fn summary(json: &mut Members<'_>, text: &str) {
    json.text("type", "summary_text");
    json.spelled("text", &Spelled::of_raw(text));
}

/// What a tool is called with. Arguments are an object also where the model told none.
pub(super) fn called_with(input: &str, is_custom: bool) -> Spelled<'_> {
    Spelled::of_raw(if input.is_empty() && !is_custom {
        "{}"
    } else {
        input
    })
}

/// An array that is written already.
pub(super) fn list(json: &mut Members<'_>, name: &str, inside: &str) {
    json.array(name, |items| items.raw(inside));
}

/// One more object in the inside of an array.
pub(super) fn append(inside: &mut String, write: impl FnOnce(&mut Members<'_>)) {
    if !inside.is_empty() {
        inside.push(',');
    }
    Json::object_into(inside, write);
}

/// More of the inside of an array behind what is in it.
pub(super) fn join(inside: &mut String, more: &str) {
    if !inside.is_empty() && !more.is_empty() {
        inside.push(',');
    }
    inside.push_str(more);
}
