//! Schemas as Anthropic takes them.

use std::borrow::Cow;

use super::super::json::{Items, Json, Members, Object, Value, parse};

/// The schema of a function without arguments: Anthropic wants one.
pub(crate) const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{}}"#;

/// A function's schema, with the type that Anthropic wants to see in it.
pub(crate) fn typed(schema: &str) -> Cow<'_, str> {
    let Ok(Value::Object(object)) = parse(schema) else {
        return Cow::Borrowed(schema);
    };
    if object.get("type").is_some() {
        return Cow::Borrowed(schema);
    }
    Cow::Owned(Json::object(schema.len(), |json| {
        json.text("type", "object");
        for (name, value) in &object.members {
            json.raw(&name.plain(), &value.raw());
        }
    }))
}

/// A schema that is kept to strictly. Anthropic wants every object in it to say that it has no members but those that
/// are named (documented at <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>, read 2026-11);
/// those that say otherwise are left as they are, and refused by it.
pub(crate) fn closed(schema: &str) -> Cow<'_, str> {
    match parse(schema) {
        Ok(Value::Object(object)) if has_open(&object) => {
            let mut text = String::with_capacity(schema.len().saturating_mul(2));
            Json::object_into(&mut text, |json| close(json, &object));
            Cow::Owned(text)
        }
        _ => Cow::Borrowed(schema),
    }
}

/// Members that hold values, not schemas.
const VALUES: [&str; 5] = ["enum", "const", "default", "example", "examples"];

fn is_open(object: &Object<'_>) -> bool {
    object.text("type").is_some_and(|kind| kind.is("object"))
        && object.get("additionalProperties").is_none()
}

/// Whether an object in it, or itself, does not say what else it may have.
fn has_open(object: &Object<'_>) -> bool {
    let inside = object.members.iter();
    let mut inside = inside.filter(|(name, _)| !VALUES.iter().any(|value| name.is(value)));
    is_open(object) || inside.any(|(_, value)| holds_open(value))
}

fn holds_open(value: &Value<'_>) -> bool {
    match value {
        Value::Object(object) => has_open(object),
        Value::Array(array) => array.items.iter().any(holds_open),
        _ => false,
    }
}

fn close(json: &mut Members<'_>, object: &Object<'_>) {
    for (name, value) in &object.members {
        let plain = name.plain();
        match value {
            _ if VALUES.contains(&&*plain) => json.raw(&plain, &value.raw()),
            Value::Object(inside) => json.object(&plain, |json| close(json, inside)),
            Value::Array(array) => json.array(&plain, |items| {
                array.items.iter().for_each(|item| close_item(items, item));
            }),
            value => json.raw(&plain, &value.raw()),
        }
    }
    if is_open(object) {
        json.bool("additionalProperties", false);
    }
}

fn close_item(items: &mut Items<'_>, item: &Value<'_>) {
    match item {
        Value::Object(object) => items.object(|json| close(json, object)),
        Value::Array(array) => items.array(|items| {
            array.items.iter().for_each(|item| close_item(items, item));
        }),
        value => items.raw(&value.raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_of_a_strict_schema_is_closed() {
        let open = r#"{"type":"object","properties":{"type":{"type":"string","default":{"type":"object"}},
            "a":{"anyOf":[{"type":"object","properties":{}},{"type":"null"}]}},"$defs":{"b":{"type":"object"}}}"#;
        assert_eq!(
            closed(open),
            r#"{"type":"object","properties":{"type":{"type":"string","default":{"type":"object"}},"a":{"anyOf":[{"type":"object","properties":{},"additionalProperties":false},{"type":"null"}]}},"$defs":{"b":{"type":"object","additionalProperties":false}},"additionalProperties":false}"#
        );
    }

    #[test]
    fn a_schema_that_says_it_all_is_left_as_it_is() {
        for schema in [
            r#"{ "type": "object", "additionalProperties": false }"#,
            r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
            r#"{"type":"array","items":{"type":"string"}}"#,
            "no schema",
        ] {
            assert_eq!(closed(schema), schema);
        }
    }

    #[test]
    fn a_schema_without_a_type_is_an_objects() {
        assert_eq!(
            typed(r#"{"properties":{}}"#),
            r#"{"type":"object","properties":{}}"#
        );
        assert_eq!(typed(r#"{ "type":"object"}"#), r#"{ "type":"object"}"#);
    }
}
