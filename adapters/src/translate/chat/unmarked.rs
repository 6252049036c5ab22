//! A request without what translated answers have left in its history.

use super::{details, ids};
use crate::translate::json::{Object, Spelled, Value};

/// The same request without marked details, the thoughts beside them, and what ids carry; every other value byte for byte.
/// `None` where there is none of that.
pub(super) fn unmarked(request: &Value<'_>) -> Option<String> {
    let body = request.as_object()?;
    let messages = body.get("messages")?;
    let is_marked = messages
        .items()
        .iter()
        .filter_map(Value::as_object)
        .any(has_marks);
    is_marked.then(|| {
        edited(body, |name, _| {
            name.is("messages").then(|| {
                listed(messages, |message| {
                    Some(match message.as_object() {
                        Some(message) => self::message(message),
                        None => message.raw().into_owned(),
                    })
                })
            })
        })
    })
}

fn has_marks(message: &Object<'_>) -> bool {
    let is_signed = |id: &Spelled<'_>| ids::taken_apart(id).1.is_some();
    let calls = message.items("tool_calls").iter();
    let mut calls = calls.filter_map(|call| call.as_object()?.text("id"));
    has_marked_details(message)
        || message.text("tool_call_id").is_some_and(is_signed)
        || calls.any(is_signed)
}

fn has_marked_details(message: &Object<'_>) -> bool {
    message
        .items("reasoning_details")
        .iter()
        .any(details::is_marked)
}

fn message(message: &Object<'_>) -> String {
    let is_thoughtful = has_marked_details(message);
    let mut edit = |name: &Spelled<'_>, value: &Value<'_>| match (&*name.plain(), value) {
        ("reasoning_details" | "reasoning_content", _) if is_thoughtful => Some(String::new()),
        ("tool_call_id", Value::String(id)) => Some(id_alone(id)),
        ("tool_calls", calls) => Some(listed(calls, |call| {
            Some(match call.as_object() {
                Some(call) => edited(call, |name, value| match value {
                    Value::String(id) if name.is("id") => Some(id_alone(id)),
                    _ => None,
                }),
                None => call.raw().into_owned(),
            })
        })),
        _ => None,
    };
    edited(message, &mut edit)
}

fn id_alone(id: &Spelled<'_>) -> String {
    format!("\"{}\"", ids::taken_apart(id).0.raw())
}

/// An object with some members said otherwise, or left out where nothing is said.
fn edited(
    object: &Object<'_>,
    mut edit: impl FnMut(&Spelled<'_>, &Value<'_>) -> Option<String>,
) -> String {
    let members = object.members.iter().filter_map(|(name, value)| {
        let told = match edit(name, value) {
            Some(told) if told.is_empty() => return None,
            Some(told) => told,
            None => value.raw().into_owned(),
        };
        Some(format!("\"{}\":{told}", name.raw()))
    });
    let members: Vec<String> = members.collect();
    format!("{{{}}}", members.join(","))
}

/// An array with its items said otherwise; another value as it is.
fn listed(value: &Value<'_>, edit: impl Fn(&Value<'_>) -> Option<String>) -> String {
    let Value::Array(array) = value else {
        return value.raw().into_owned();
    };
    let items: Vec<String> = array.items.iter().filter_map(edit).collect();
    format!("[{}]", items.join(","))
}
