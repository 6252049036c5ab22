//! A request without what translated answers have left in its history.

use crate::translate::json::{Items, Json, Value};

use super::thought;

/// The request without others' thoughts and signatures, every other value byte for byte.
pub(super) fn unmarked(value: &Value<'_>) -> Option<String> {
    let body = value.as_object()?;
    let foreign = body.items("input").iter().any(is_foreign);
    foreign.then(|| {
        Json::object(body.raw.len(), |json| {
            for (name, value) in &body.members {
                let name = name.plain();
                match value {
                    Value::Array(input) if name == "input" => json.array(&name, |items| {
                        let kept = input.items.iter().filter(|item| !is_foreign(item));
                        kept.for_each(|item| keep(items, item));
                    }),
                    other => json.raw(&name, &other.raw()),
                }
            }
        })
    })
}

fn keep(items: &mut Items<'_>, item: &Value<'_>) {
    items.raw(&item.raw());
}

fn is_foreign(item: &Value<'_>) -> bool {
    item.as_object().is_some_and(thought::is_foreign)
}
