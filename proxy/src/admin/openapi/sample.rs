//! The schema of a sample that the code itself made: its members and their types.

use serde_json::{Map, Value, json};

/// What `sample` looks like. A member that is `null` may be anything.
pub(super) fn schema(sample: &Value) -> Value {
    match sample {
        Value::Null => json!({}),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(number) if number.is_f64() => json!({ "type": "number" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => {
            let items = items.first().map_or_else(|| json!({}), schema);
            json!({ "type": "array", "items": items })
        }
        Value::Object(members) => {
            let properties = members
                .iter()
                .map(|(name, value)| (name.clone(), schema(value)));
            let properties: Map<String, Value> = properties.collect();
            json!({ "type": "object", "properties": properties })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_tells_its_members_and_their_types() {
        let found = schema(&json!({ "a": [1], "b": null, "c": { "d": "x" } }));
        assert_eq!(found["properties"]["a"]["items"]["type"], "integer");
        assert_eq!(found["properties"]["b"], json!({}));
        let inner = &found["properties"]["c"]["properties"];
        assert_eq!(inner["d"]["type"], "string");
    }
}
