//! Schemas in Gemini's own words become JSON schema: a subset of `OpenAPI` 3.0 with names of types in capitals, `nullable`
//! and numbers that protobuf may put in quotes (<https://ai.google.dev/api/caching#Schema>, read 2026-11).

use std::cell::Cell;

use crate::translate::json::{Items, Json, Members, Object, Spelled, Value};
use crate::translate::shape::spells;

/// A request with its schemas in the words of JSON schema, every other value byte for byte; `None` where nothing had to
/// be changed.
pub(crate) fn respelled(request: &Value<'_>) -> Option<String> {
    let changed = Cell::new(false);
    let told = with_members(request.as_object()?, |name, value, json| match value {
        Value::Array(sets) if name == "tools" => {
            json.array(name, |items| {
                for set in &sets.items {
                    tool_set(set, items, &changed);
                }
            });
            true
        }
        Value::Object(config) if is_called(name, "generationConfig") => {
            json.raw(name, &with_schema(config, "responseSchema", &changed));
            true
        }
        _ => false,
    });
    changed.get().then_some(told)
}

fn tool_set(set: &Value<'_>, items: &mut Items<'_>, changed: &Cell<bool>) {
    let Some(set) = set.as_object() else {
        return items.raw(&set.raw());
    };
    items.raw(&with_members(set, |name, value, json| match value {
        Value::Array(functions) if is_called(name, "functionDeclarations") => {
            json.array(name, |items| {
                for function in &functions.items {
                    match function {
                        Value::Object(function) => {
                            items.raw(&with_schema(function, "parameters", changed));
                        }
                        other => items.raw(&other.raw()),
                    }
                }
            });
            true
        }
        _ => false,
    }));
}

fn with_schema(object: &Object<'_>, called: &str, changed: &Cell<bool>) -> String {
    with_members(object, |name, value, json| {
        let is = is_called(name, called);
        if is {
            let schema = schema(value);
            changed.set(changed.get() || schema != value.raw());
            json.raw(name, &schema);
        }
        is
    })
}

fn is_called(member: &str, name: &str) -> bool {
    spells(&Spelled::of_plain(member), name)
}

/// An object again, each member as it was but those that `change` has written.
fn with_members(
    object: &Object<'_>,
    mut change: impl FnMut(&str, &Value<'_>, &mut Members<'_>) -> bool,
) -> String {
    Json::object(object.raw.len(), |json| {
        for (name, value) in &object.members {
            let name = name.plain();
            if !change(&name, value, json) {
                json.raw(&name, &value.raw());
            }
        }
    })
}

/// Members of a schema that hold a schema, several, or one by each name.
const INSIDE: [&str; 2] = ["items", "additionalProperties"];
const LISTS: [&str; 3] = ["anyOf", "oneOf", "allOf"];
const NAMED: [&str; 2] = ["properties", "$defs"];
const WHOLE: [&str; 6] = [
    "maxItems",
    "minItems",
    "maxLength",
    "minLength",
    "maxProperties",
    "minProperties",
];

/// A schema in JSON schema's words.
fn schema(value: &Value<'_>) -> String {
    let Some(object) = value.as_object() else {
        return value.raw().into_owned();
    };
    let is_nullable = object.bool("nullable") == Some(true);
    let mut is_null_told = !is_nullable;
    let mut changed = with_members(object, |name, value, json| {
        let called =
            |names: &[&'static str]| names.iter().copied().find(|one| is_called(name, one));
        match value {
            Value::Bool(_) if name == "nullable" => {}
            Value::String(kind) if name == "type" => {
                let kind = kind.plain().to_ascii_lowercase();
                match (&*kind, is_nullable) {
                    ("type_unspecified", _) => {}
                    (_, false) => json.text(name, &kind),
                    (_, true) => {
                        is_null_told = true;
                        json.array(name, |items| {
                            items.text(&kind);
                            items.text("null");
                        });
                    }
                }
            }
            Value::Array(values) if name == "enum" && is_nullable => json.array(name, |items| {
                values
                    .items
                    .iter()
                    .for_each(|value| items.raw(&value.raw()));
                items.raw("null");
            }),
            Value::String(digits) if called(&WHOLE).is_some() && value.as_u64().is_some() => {
                json.raw(called(&WHOLE).unwrap_or(name), digits.raw());
            }
            Value::Array(list) if called(&LISTS).is_some() => {
                json.array(called(&LISTS).unwrap_or(name), |items| {
                    list.items.iter().for_each(|one| items.raw(&schema(one)));
                    if is_nullable && !is_null_told && object.get("type").is_none() {
                        is_null_told = true;
                        items.raw(r#"{"type":"null"}"#);
                    }
                });
            }
            Value::Object(_) if called(&INSIDE).is_some() => {
                json.raw(called(&INSIDE).unwrap_or(name), &schema(value));
            }
            Value::Object(named) if NAMED.contains(&name) || name == "defs" => {
                json.raw(
                    name,
                    &with_members(named, |name, value, json| {
                        json.raw(name, &schema(value));
                        true
                    }),
                );
            }
            _ => json.raw(called(&WHOLE).unwrap_or(name), &value.raw()),
        }
        true
    });
    if !is_null_told {
        changed = format!(r#"{{"anyOf":[{changed},{{"type":"null"}}]}}"#);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::json::parse;

    fn changed(text: &str) -> String {
        schema(&parse(text).unwrap())
    }

    #[test]
    fn words_of_openapi_become_words_of_json_schema() {
        for (gemini, json) in [
            (r#"{"type":"STRING"}"#, r#"{"type":"string"}"#),
            (
                r#"{"type":"OBJECT","properties":{"type":{"type":"INTEGER","nullable":true},"b":{"type":"ARRAY","items":{"type":"NUMBER"},"min_items":"1"}},"required":["type"]}"#,
                r#"{"type":"object","properties":{"type":{"type":["integer","null"]},"b":{"type":"array","items":{"type":"number"},"minItems":1}},"required":["type"]}"#,
            ),
            (
                r#"{"nullable":true,"any_of":[{"type":"STRING"},{"type":"NULL"}]}"#,
                r#"{"anyOf":[{"type":"string"},{"type":"null"},{"type":"null"}]}"#,
            ),
            (
                r#"{"type":"STRING","enum":["STRING"],"format":"enum","nullable":true}"#,
                r#"{"type":["string","null"],"enum":["STRING",null],"format":"enum"}"#,
            ),
            (
                r#"{"description":"x","nullable":true}"#,
                r#"{"anyOf":[{"description":"x"},{"type":"null"}]}"#,
            ),
            (
                r#"{"type":"string","nullable":false}"#,
                r#"{"type":"string"}"#,
            ),
        ] {
            assert_eq!(changed(gemini), json);
        }
    }

    #[test]
    fn requests_change_in_their_schemas_alone() {
        let text = r#"{ "contents":[ {"parts":[{"text":"type STRING"}]} ],"tools":[{"function_declarations":[{"name":"a","parameters":{"type":"OBJECT"}}],"googleSearch":{}}],"generationConfig":{"temperature":1.0,"responseSchema":{"type":"STRING"}}}"#;
        let told = respelled(&parse(text).unwrap()).unwrap();
        assert_eq!(
            told,
            r#"{"contents":[ {"parts":[{"text":"type STRING"}]} ],"tools":[{"function_declarations":[{"name":"a","parameters":{"type":"object"}}],"googleSearch":{}}],"generationConfig":{"temperature":1.0,"responseSchema":{"type":"string"}}}"#
        );
        assert_eq!(respelled(&parse(&told).unwrap()), None);
        let other = r#"{ "contents": [], "tools": [ {"googleSearch": {} } ] }"#;
        assert_eq!(respelled(&parse(other).unwrap()), None);
    }
}
