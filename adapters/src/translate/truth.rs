//! Fates are the truth: what is said to be carried changes what is written, what is lost leaves no trace.

use serde_json::{Value, json};

use super::check::to;
use super::feature::{Fate, Feature};
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
        // Notes are kept with what is kept.
        (Form::Responses, "metadata") | (Form::Generate, "labels") => json!({"store": true}),
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
            wrong.extend(held(
                from,
                (&place, field.feature.unwrap()),
                &without,
                &with,
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Parts of a user's turn, and what each asks for.
fn parts(form: Form) -> Vec<(Feature, Value)> {
    match form {
        Form::Chat => parts_of_chat(),
        Form::Responses => parts_of_responses(),
        Form::Messages => parts_of_messages(),
        _ => parts_of_generate(),
    }
}

const PNG: &str = "iVBORw0KGgo=";
const PDF: &str = "data:application/pdf;base64,JVBERi0=";

fn parts_of_chat() -> Vec<(Feature, Value)> {
    vec![
        (
            Feature::ImageData,
            json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}}),
        ),
        (
            Feature::ImageUrl,
            json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}),
        ),
        (
            Feature::FileData,
            json!({"type": "file", "file": {"filename": "unnamed.pdf", "file_data": PDF}}),
        ),
        (
            Feature::FileOfOpenAi,
            json!({"type": "file", "file": {"file_id": "file-1"}}),
        ),
        (
            Feature::AudioInput,
            json!({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}),
        ),
        (Feature::Unknown, json!({"type": "hologram", "hologram": 1})),
    ]
}

fn parts_of_responses() -> Vec<(Feature, Value)> {
    vec![
        (
            Feature::ImageData,
            json!({"type": "input_image", "image_url": format!("data:image/png;base64,{PNG}")}),
        ),
        (
            Feature::ImageUrl,
            json!({"type": "input_image", "image_url": "https://example.com/a.png"}),
        ),
        (
            Feature::ImageId,
            json!({"type": "input_image", "file_id": "file-1"}),
        ),
        (
            Feature::FileData,
            json!({"type": "input_file", "filename": "unnamed.pdf", "file_data": PDF}),
        ),
        (
            Feature::FileUrl,
            json!({"type": "input_file", "file_url": "https://example.com/a.pdf"}),
        ),
        (
            Feature::FileOfOpenAi,
            json!({"type": "input_file", "file_id": "file-1"}),
        ),
        (
            Feature::Unknown,
            json!({"type": "input_hologram", "hologram": 1}),
        ),
    ]
}

fn parts_of_messages() -> Vec<(Feature, Value)> {
    vec![
        (
            Feature::ImageData,
            json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}),
        ),
        (
            Feature::ImageUrl,
            json!({"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}),
        ),
        (
            Feature::ImageId,
            json!({"type": "image", "source": {"type": "file", "file_id": "file_1"}}),
        ),
        (
            Feature::FileData,
            json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}),
        ),
        (
            Feature::FileUrl,
            json!({"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}),
        ),
        (
            Feature::FileText,
            json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "told"}}),
        ),
        (
            Feature::SearchResults,
            json!({"type": "search_result", "source": "https://example.com", "title": "t", "content": [{"type": "text", "text": "x"}]}),
        ),
        (Feature::Unknown, json!({"type": "hologram", "hologram": 1})),
    ]
}

fn parts_of_generate() -> Vec<(Feature, Value)> {
    vec![
        (
            Feature::ImageData,
            json!({"inlineData": {"mimeType": "image/png", "data": PNG}}),
        ),
        (
            Feature::FileData,
            json!({"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}}),
        ),
        (
            Feature::AudioInput,
            json!({"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}}),
        ),
        (
            Feature::VideoInput,
            json!({"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}}),
        ),
        (
            Feature::ImageUrl,
            json!({"fileData": {"mimeType": "image/png", "fileUri": "https://example.com/a.png"}}),
        ),
        (Feature::Unknown, json!({"hologram": 1})),
    ]
}

/// The least that a form may ask, its only turn made of these parts.
fn asking(form: Form, parts: &[&Value]) -> Value {
    let text = match form {
        Form::Responses => json!({"type": "input_text", "text": "hi"}),
        Form::Generate => json!({"text": "hi"}),
        _ => json!({"type": "text", "text": "hi"}),
    };
    let parts: Vec<&Value> = parts.iter().copied().chain([&text]).collect();
    let mut body = least(form);
    match form {
        Form::Responses => body["input"] = json!([{"role": "user", "content": parts}]),
        Form::Generate => body["contents"] = json!([{"role": "user", "parts": parts}]),
        _ => body["messages"] = json!([{"role": "user", "content": parts}]),
    }
    body
}

#[test]
fn every_part_of_a_turn_fares_as_its_fate_says() {
    let mut wrong = Vec::new();
    for from in [Form::Chat, Form::Responses, Form::Messages, Form::Generate] {
        for (feature, part) in parts(from) {
            let (without, with) = (asking(from, &[]), asking(from, &[&part]));
            wrong.extend(held(from, (&part.to_string(), feature), &without, &with));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What a request may hold beside members and parts: requests without it and with it.
fn beside(form: Form) -> Vec<(Feature, Value, Value)> {
    let talk = |messages: Value| match form {
        Form::Responses => json!({"model": "m", "input": messages}),
        _ => json!({"model": "m", "max_tokens": 4096, "messages": messages}),
    };
    let hi = json!({"role": "user", "content": "hi"});
    let said = |content: Value| talk(json!([hi, {"role": "assistant", "content": content}, hi]));
    let (tool, history, uncited, cited) = match form {
        Form::Chat => (
            json!({"type": "custom", "custom": {"name": "say"}}),
            json!([hi, {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c", "type": "custom", "custom": {"name": "say", "input": "x"}}]},
                {"role": "tool", "tool_call_id": "c", "content": "y"}, hi]),
            talk(json!([hi, {"role": "assistant", "content": "x"}, hi])),
            talk(
                json!([hi, {"role": "assistant", "content": "x", "annotations": [
                {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A",
                    "start_index": 0, "end_index": 1}}]}, hi]),
            ),
        ),
        Form::Responses => (
            json!({"type": "custom", "name": "say"}),
            json!([hi, {"type": "custom_tool_call", "call_id": "c", "name": "say", "input": "x"},
                {"type": "custom_tool_call_output", "call_id": "c", "output": "y"}, hi]),
            said(json!([{"type": "output_text", "text": "x", "annotations": []}])),
            said(json!([{"type": "output_text", "text": "x", "annotations": [
                {"type": "url_citation", "url": "https://a.example", "title": "A",
                    "start_index": 0, "end_index": 1}]}])),
        ),
        _ => {
            let text = |citations: Value| {
                said(json!([{"type": "text", "text": "x", "citations": citations}]))
            };
            let cited = json!([{"type": "web_search_result_location", "url": "https://a.example",
                "title": "A", "cited_text": "x", "encrypted_index": "e"}]);
            return vec![(Feature::CitationHistory, text(json!([])), text(cited))];
        }
    };
    let mut with_tool = least(form);
    with_tool["tools"].as_array_mut().unwrap().push(tool);
    vec![
        (Feature::CustomTools, least(form), with_tool),
        (Feature::CustomTools, talk(json!([hi, hi])), talk(history)),
        (Feature::CitationHistory, uncited, cited),
    ]
}

#[test]
fn tools_that_take_text_and_earlier_turns_fare_as_their_fates_say() {
    let mut wrong = Vec::new();
    for from in [Form::Chat, Form::Responses, Form::Messages] {
        for (feature, without, with) in beside(from) {
            wrong.extend(held(from, (&with.to_string(), feature), &without, &with));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is not as it should be of one member at every deployment.
fn held(
    from: Form,
    (place, feature): (&str, Feature),
    without: &Value,
    with: &Value,
) -> Vec<String> {
    let mut wrong = Vec::new();
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
