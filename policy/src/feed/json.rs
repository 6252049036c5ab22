//! JSON that keeps the text of its numbers, opened a level at a time.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// A JSON text that is known to be whole.
pub(super) type Raw<'a> = &'a RawValue;

/// An object, by name.
pub(super) type Map<'a> = BTreeMap<String, Raw<'a>>;

pub(super) fn map(raw: Raw<'_>) -> Option<Map<'_>> {
    serde_json::from_str(raw.get()).ok()
}

pub(super) fn list(raw: Raw<'_>) -> Option<Vec<Raw<'_>>> {
    serde_json::from_str(raw.get()).ok()
}

pub(super) fn text(raw: Raw<'_>) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// The field of an object, as text.
pub(super) fn text_of(map: &Map<'_>, name: &str) -> Option<String> {
    text(map.get(name)?)
}
