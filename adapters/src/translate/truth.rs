//! Fates are the truth: what is said to be carried changes what is written, what is lost leaves no trace.

use serde_json::{Value, json};

use super::check::to;
use super::feature::Fate;
use super::form::{Form, Task};
use super::shape::{Field, Shape};
use crate::provider::ProviderKind;

/// The least that each caller's form may ask, with a tool, so that what is said of tools has something to be said of.
fn least(form: Form) -> Value {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    match form {
        Form::Chat => json!({"model": "m", "messages": [{"role": "user", "content": "hi"}],
            "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]}),
        Form::Responses => json!({"model": "m", "input": "hi",
            "tools": [{"type": "function", "name": "f", "parameters": schema}]}),
        Form::Messages => {
            json!({"model": "m", "max_tokens": 4096, "messages": [{"role": "user", "content": "hi"}],
            "tools": [{"name": "f", "input_schema": schema}]})
        }
        _ => json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}],
            "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": schema}]}]}),
    }
}

/// What a member asks for only together with this.
fn companion(form: Form, place: &str) -> Value {
    match (form, place) {
        (Form::Chat, "top_logprobs") => json!({"logprobs": true}),
        (Form::Generate, "generationConfig.logprobs") => {
            json!({"generationConfig": {"responseLogprobs": true}})
        }
        (
            Form::Generate,
            "generationConfig.responseSchema" | "generationConfig.responseJsonSchema",
        ) => json!({"generationConfig": {"responseMimeType": "application/json"}}),
        (Form::Generate, "toolConfig.functionCallingConfig.allowedFunctionNames") => {
            json!({"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}})
        }
        _ => json!({}),
    }
}

#[test]
fn every_member_of_a_request_fares_as_its_fate_says() {
    let mut wrong = Vec::new();
    for from in [Form::Chat, Form::Responses, Form::Messages, Form::Generate] {
        let mut rows = Vec::new();
        let Some(shape) = from.shape() else { continue };
        top(shape, &mut Vec::new(), &mut rows);
        assert!(rows.len() > 10, "{from:?} has {} rows", rows.len());
        for (steps, field) in rows {
            let place = steps.join(".");
            let mut without = least(from);
            merge(&mut without, companion(from, &place));
            let mut with = without.clone();
            let sample: Value = serde_json::from_str(field.sample)
                .unwrap_or_else(|error| panic!("{from:?} {place}: {error}"));
            put(&mut with, &steps, sample);
            wrong.extend(held(from, (&place, field), &without, &with));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is not as it should be of one member at every deployment.
fn held(from: Form, (place, field): (&str, &Field), without: &Value, with: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let feature = field.feature.unwrap();
    let seen = super::look(from, with.to_string().as_bytes());
    if !seen.is_ok_and(|seen| seen.features.has(feature)) {
        wrong.push(format!("{from:?} {place}: {feature:?} is not noticed"));
    }
    for served in Form::ALL.iter().copied() {
        if served == from || served.task() != Task::Turn || !served.is_served() {
            continue;
        }
        let fate = served.fate(feature, ProviderKind::native(served.dialect()));
        let written = |body: &Value| {
            let body = body.to_string();
            super::request(from, body.as_bytes(), false, &to(served))
        };
        let is_same = written(without) == written(with);
        let as_said = match fate {
            Fate::Lost => is_same,
            Fate::Carried | Fate::Adapted(_) => !is_same,
            Fate::Needless(_) => true,
        };
        if !as_said {
            wrong.push(format!(
                "{from:?} {place} to {served:?}: {feature:?} is said to be {fate:?}"
            ));
        }
    }
    wrong
}

/// Members with a sample that stand in objects only.
fn top(
    shape: &'static Shape,
    steps: &mut Vec<&'static str>,
    rows: &mut Vec<(Vec<&'static str>, &'static Field)>,
) {
    let Shape::Object(fields) = shape else { return };
    for field in *fields {
        steps.push(field.name);
        if field.feature.is_some() && !field.sample.is_empty() {
            rows.push((steps.clone(), field));
        } else {
            top(field.shape, steps, rows);
        }
        steps.pop();
    }
}

fn put(into: &mut Value, steps: &[&str], sample: Value) {
    match steps {
        [] => *into = sample,
        [first, rest @ ..] => {
            if !into.is_object() {
                *into = json!({});
            }
            put(&mut into[*first], rest, sample);
        }
    }
}

fn merge(into: &mut Value, more: Value) {
    match more {
        Value::Object(members) => {
            for (name, value) in members {
                merge(&mut into[name], value);
            }
        }
        other => *into = other,
    }
}
