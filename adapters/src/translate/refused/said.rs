//! The message in a provider's error answer.

use crate::translate::json::{Object, Value, parse};

/// What it says, up to so many bytes; `None` where nothing is found that is meant to be read.
///
/// Looked for where providers have it (recorded in fixtures): `error.message`, `message`, `error` as a text (xAI,
/// Ollama), `detail` as a text or a list (Mistral, vLLM), all of it maybe in an array of one (Gemini's streams).
pub(super) fn message(body: &[u8], bytes_max: usize) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let value = parse(text).ok()?;
    let said = match &value {
        Value::Array(array) => array.items.first()?.as_object(),
        value => value.as_object(),
    };
    let said = said_in(said?, DEPTH_MAX)?;
    let said = shortened(said.trim(), bytes_max);
    (!said.is_empty()).then(|| said.to_owned())
}

/// As much of a text as has so many bytes.
pub(super) fn shortened(text: &str, bytes_max: usize) -> &str {
    let ends = text
        .char_indices()
        .map(|(at, char)| at.saturating_add(char.len_utf8()));
    let end = ends.take_while(|end| *end <= bytes_max).last();
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn said_in(object: &Object<'_>, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    PLACES.iter().find_map(|name| match object.get(name)? {
        Value::String(text) => Some(text.plain().into_owned()),
        Value::Object(inner) => said_in(inner, depth),
        Value::Array(array) => {
            let inner = array.items.iter().filter_map(Value::as_object);
            let all: Vec<_> = inner
                .take(ITEMS_MAX)
                .filter_map(|item| said_in(item, depth))
                .collect();
            (!all.is_empty()).then(|| all.join("; "))
        }
        _ => None,
    })
}

/// AWS writes some with a capital; `msg` is what is wrong with one member of a request (`FastAPI`).
const PLACES: [&str; 6] = ["error", "message", "Message", "detail", "errors", "msg"];

/// Mistral has a list in `message.detail`.
const DEPTH_MAX: usize = 4;

/// Most items of a list that are told.
const ITEMS_MAX: usize = 8;
