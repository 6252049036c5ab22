//! A chat request into the neutral form: its messages.

use super::content::{self, Place};
use super::{details, ids, options, read_answer};
use crate::translate::Untranslatable;
use crate::translate::feature::Feature;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::{Citation, Part, Request, Role, ToolCall, ToolResult, Turn};
use crate::translate::shape::Seen;

/// Reads a request.
///
/// # Errors
/// [`Untranslatable`] for messages that are none.
pub(super) fn read<'a>(value: &Value<'a>, seen: &mut Seen) -> Result<Request<'a>, Untranslatable> {
    let body = value
        .as_object()
        .ok_or_else(|| Untranslatable::at("", "not an object"))?;
    let mut talk = Talk::default();
    let messages = body.items("messages");
    for (at, message) in messages.iter().enumerate() {
        let place = Place::message(at);
        let message = message
            .as_object()
            .ok_or_else(|| Untranslatable::at(place.told(), "not an object"))?;
        talk.message(message, &place, seen)?;
    }
    if talk.turns.is_empty() {
        return Err(Untranslatable::at("messages", "no message to answer"));
    }
    if talk.is_prefill() {
        let last = messages.len().saturating_sub(1);
        seen.note(Feature::Prefill, || Place::message(last).told());
    }
    let mut request = options::read(body);
    request.system = talk.system;
    request.turns = talk.turns;
    Ok(request)
}

/// A conversation, read so far.
#[derive(Debug, Default)]
struct Talk<'a> {
    system: Vec<Part<'a>>,
    turns: Vec<Turn<'a>>,
    /// The last turn is results of tools, and more of them belong to it.
    takes_results: bool,
    /// Calls of tools of a kind that nobody knows: they are lost, and their results with them.
    lost: Vec<Spelled<'a>>,
}

impl<'a> Talk<'a> {
    fn message(
        &mut self,
        message: &Object<'a>,
        place: &Place,
        seen: &mut Seen,
    ) -> Result<(), Untranslatable> {
        let role = message.text("role").map(Spelled::plain);
        match role.as_deref() {
            Some("user") => {
                let parts = content::parts(message, place)?;
                self.turn(Role::User, parts);
            }
            Some("assistant") => {
                let parts = self.assistant(message, place)?;
                self.turn(Role::Assistant, parts);
            }
            Some("system" | "developer") => {
                let parts = content::parts(message, place)?;
                if self.turns.is_empty() {
                    self.system.extend(parts);
                } else {
                    seen.note(Feature::SystemMidway, || place.told());
                    self.turn(Role::System, parts);
                }
            }
            Some("tool") => self.result(message, place)?,
            // Noted by its shape, and lost everywhere.
            Some("function") => {}
            _ => return Err(Untranslatable::at(place.told(), "no role that is known")),
        }
        Ok(())
    }

    fn turn(&mut self, role: Role, parts: Vec<Part<'a>>) {
        self.takes_results = false;
        if !parts.is_empty() {
            self.turns.push(Turn { role, parts });
        }
    }

    /// Thoughts come first, then what was said, then what was called.
    fn assistant(
        &mut self,
        message: &Object<'a>,
        place: &Place,
    ) -> Result<Vec<Part<'a>>, Untranslatable> {
        let mut parts = details::read(message);
        parts.extend(content::parts(message, place)?);
        cite(message, &mut parts);
        if let Some(text) = message.text("refusal").filter(|text| !text.is_empty()) {
            parts.push(Part::Refusal { text: text.clone() });
        }
        for call in message.items("tool_calls") {
            let call = call.as_object();
            let id = call.and_then(|call| call.text("id"));
            match call.and_then(read_answer::called) {
                Some(called) => parts.push(Self::call(id, called, place)?),
                None => self.lost.extend(id.cloned()),
            }
        }
        // Beside calls, a text that is empty says nothing.
        let is_empty = |part: &Part<'_>| matches!(part, Part::Text { text, .. } if text.is_empty());
        if parts.len() > 1 {
            parts.retain(|part| !is_empty(part));
        }
        Ok(parts)
    }

    fn call(
        id: Option<&Spelled<'a>>,
        (called, is_custom): (&Object<'a>, bool),
        place: &Place,
    ) -> Result<Part<'a>, Untranslatable> {
        let missing = |what| Untranslatable::at(format!("{}.tool_calls", place.told()), what);
        let id = id
            .filter(|id| !id.is_empty())
            .ok_or_else(|| missing("a call without an id"))?;
        let name = called
            .text("name")
            .ok_or_else(|| missing("a call without a name"))?;
        let (id, signature) = ids::taken_apart(id);
        let input = read_answer::input(called, is_custom);
        let input = match input.is_empty() && !is_custom {
            true => Spelled::of_raw("{}"),
            false => input,
        };
        Ok(Part::ToolCall(ToolCall {
            id,
            name: name.clone(),
            input,
            signature,
            cache: None,
            is_custom,
        }))
    }

    fn result(&mut self, message: &Object<'a>, place: &Place) -> Result<(), Untranslatable> {
        let id = message
            .text("tool_call_id")
            .ok_or_else(|| Untranslatable::at(place.told(), "a result without `tool_call_id`"))?;
        if self.lost.contains(id) {
            return Ok(());
        }
        let result = Part::ToolResult(ToolResult {
            id: ids::taken_apart(id).0,
            name: message.text("name").cloned(),
            parts: content::parts(message, place)?,
            is_error: false,
            cache: None,
        });
        match self.turns.last_mut() {
            Some(turn) if self.takes_results => turn.parts.push(result),
            _ => {
                self.turn(Role::User, vec![result]);
                self.takes_results = true;
            }
        }
        Ok(())
    }

    /// The last word is the assistant's, and it waits for no tool.
    fn is_prefill(&self) -> bool {
        let is_call = |part: &Part<'_>| matches!(part, Part::ToolCall(_));
        self.turns
            .last()
            .is_some_and(|turn| turn.role == Role::Assistant && !turn.parts.iter().any(is_call))
    }
}

/// What an earlier answer cited, of its text. Places count from its beginning, which is lost where it is in parts.
fn cite<'a>(message: &Object<'a>, parts: &mut [Part<'a>]) {
    let texts = parts.iter_mut().filter_map(|part| match part {
        Part::Text { citations, .. } => Some(citations),
        _ => None,
    });
    let mut texts: Vec<_> = texts.collect();
    let is_one = texts.len() == 1;
    let Some(last) = texts.pop() else { return };
    last.extend(read_answer::annotations(message).map(|citation| Citation {
        span: citation.span.filter(|_| is_one),
        ..citation
    }));
}
