//! A request without what translated answers have left in its history.

use crate::translate::json::{Items, Json, Object, Value};

use super::proto::Proto;
use super::signed;

/// The same request without signatures that others than Gemini made, every other value byte for byte; `None` where
/// there is none. An empty text or a thought that stands for one alone goes with it, and a turn that held nothing else.
pub(super) fn unmarked(request: &Value<'_>) -> Option<String> {
    let body = request.as_object()?;
    let contents = body.items("contents");
    if !contents
        .iter()
        .any(|content| parts(content).iter().any(is_marked))
    {
        return None;
    }
    Some(Json::object(body.raw.len(), |json| {
        for (name, value) in &body.members {
            match value {
                Value::Array(contents) if name.is("contents") => {
                    json.array("contents", |items| {
                        contents
                            .items
                            .iter()
                            .for_each(|content| turn(content, items));
                    });
                }
                other => json.raw(&name.plain(), &other.raw()),
            }
        }
    }))
}

fn parts<'v, 'a>(content: &'v Value<'a>) -> &'v [Value<'a>] {
    let content = content.as_object();
    content
        .map(|content| content.items("parts"))
        .unwrap_or_default()
}

fn is_marked(part: &Value<'_>) -> bool {
    let signature = Proto::of(part).and_then(|part| part.text("thoughtSignature"));
    signature.is_some_and(|signature| signed::marked(signature).is_some())
}

/// Whether a part is there for its signature alone.
fn is_bare(part: &Object<'_>) -> bool {
    part.members.iter().all(|(name, value)| match value {
        Value::String(text) if name.is("text") => text.is_empty(),
        _ => name.is("thought") || name.is("thoughtSignature") || name.is("thought_signature"),
    })
}

fn is_kept(part: &Value<'_>) -> bool {
    !is_marked(part) || part.as_object().is_some_and(|part| !is_bare(part))
}

fn turn(content: &Value<'_>, items: &mut Items<'_>) {
    let parts = parts(content);
    let Some(content) = content.as_object().filter(|_| parts.iter().any(is_marked)) else {
        return items.raw(&content.raw());
    };
    if !parts.iter().any(is_kept) {
        return;
    }
    items.object(|json| {
        for (name, value) in &content.members {
            if name.is("parts") {
                json.array("parts", |items| {
                    parts
                        .iter()
                        .filter(|part| is_kept(part))
                        .for_each(|kept| part(kept, items));
                });
            } else {
                json.raw(&name.plain(), &value.raw());
            }
        }
    });
}

fn part(part: &Value<'_>, items: &mut Items<'_>) {
    let Some(object) = part.as_object().filter(|_| is_marked(part)) else {
        return items.raw(&part.raw());
    };
    items.object(|json| {
        for (name, value) in &object.members {
            if !name.is("thoughtSignature") && !name.is("thought_signature") {
                json.raw(&name.plain(), &value.raw());
            }
        }
    });
}
