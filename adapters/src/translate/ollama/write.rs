//! Requests.

use crate::facts::EffortLevel;
use crate::translate::json::{Items, Json, Members, Spelled};
use crate::translate::parts::arguments;
use crate::translate::request::{
    Format, Part, Reasoning, Request, Role, Source, Tool, ToolCall, ToolChoice, ToolResult, Turn,
    effort_of,
};
use crate::translate::{To, Untranslatable};

/// Writes a request.
pub(super) fn write(request: &Request<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    let mut fault = Ok(());
    let json = Json::object(4_096, |json| {
        json.text("model", to.model);
        // Unsaid, it is a stream.
        json.bool("stream", request.stream);
        json.array("messages", |items| fault = messages(items, request));
        // Whether tools are called cannot be said. Where that may be dropped, one thing still can: none of them.
        if request.tool_choice != Some(ToolChoice::Never) && !request.tools.is_empty() {
            json.array("tools", |items| {
                request.tools.iter().for_each(|told| tool(items, told));
            });
        }
        match &request.format {
            Some(Format::Json) => json.text("format", "json"),
            Some(Format::Schema { schema, .. }) => json.raw("format", schema),
            None => {}
        }
        if let Some(reasoning) = &request.reasoning {
            think(json, reasoning);
        }
        if let Some(count) = request.sampling.logprobs {
            json.bool("logprobs", true);
            if count > 0 {
                json.number("top_logprobs", count);
            }
        }
        options(json, request);
    });
    fault.map(|()| json)
}

fn tool(items: &mut Items<'_>, tool: &Tool<'_>) {
    items.object(|json| {
        json.text("type", "function");
        json.object("function", |json| {
            json.spelled("name", &tool.name);
            if let Some(description) = &tool.description {
                json.spelled("description", description);
            }
            json.raw("parameters", tool.schema.unwrap_or(NO_ARGUMENTS));
        });
    });
}

/// The schema of a function without arguments.
const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{}}"#;

/// `think` is a word, or `true` or `false`; models that only think or do not take any word for `true`.
fn think(json: &mut Members<'_>, asked: &Reasoning) {
    let effort = asked.tokens.map(effort_of).or(asked.effort);
    match (asked.on, effort) {
        (Some(false), _) | (_, Some(EffortLevel::None)) => json.bool("think", false),
        (_, Some(EffortLevel::Minimal | EffortLevel::Low)) => json.text("think", "low"),
        (_, Some(EffortLevel::Medium)) => json.text("think", "medium"),
        (_, Some(EffortLevel::High | EffortLevel::XHigh | EffortLevel::Max)) => {
            json.text("think", "high");
        }
        (Some(true), None) => json.bool("think", true),
        (None, None) => {}
    }
}

fn options(json: &mut Members<'_>, request: &Request<'_>) {
    let max = request.output_max.map(|max| max.to_string());
    let sampling = &request.sampling;
    let options = [
        ("num_predict", max.as_deref()),
        ("temperature", sampling.temperature),
        ("top_p", sampling.top_p),
        ("top_k", sampling.top_k),
        ("min_p", sampling.min_p),
        ("seed", sampling.seed),
        ("presence_penalty", sampling.presence_penalty),
        ("frequency_penalty", sampling.frequency_penalty),
    ];
    if request.stop.is_empty() && options.iter().all(|(_, said)| said.is_none()) {
        return;
    }
    json.object("options", |json| {
        for (name, said) in options {
            if let Some(said) = said {
                json.raw(name, said);
            }
        }
        if !request.stop.is_empty() {
            json.array("stop", |items| {
                request.stop.iter().for_each(|stop| items.spelled(stop));
            });
        }
    });
}

fn messages(items: &mut Items<'_>, request: &Request<'_>) -> Result<(), Untranslatable> {
    let only_text = |part: &Part<'_>| matches!(part, Part::Text { .. } | Part::Refusal { .. });
    if !request.system.iter().all(only_text) {
        let why = "has something other than text";
        return Err(Untranslatable::at("system", why));
    }
    if !request.system.is_empty() {
        said(items, "system", request.system.iter());
    }
    // What the assistant says and what it calls may come as turns of their own.
    let together = |one: &Turn<'_>, next: &Turn<'_>| {
        one.role == Role::Assistant && next.role == Role::Assistant
    };
    // Ids that were counted may come again: a result belongs to the last call of its id so far.
    let mut called: Vec<&ToolCall<'_>> = Vec::new();
    for turns in request.turns.chunk_by(together) {
        let parts = turns.iter().flat_map(|turn| &turn.parts);
        called.extend(parts.clone().filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        }));
        match turns.first().map(|turn| turn.role) {
            Some(Role::Assistant) => assistant(items, parts)?,
            Some(Role::System) => said(items, "system", parts),
            Some(Role::User) | None => user(items, parts, &called),
        }
    }
    Ok(())
}

fn user<'r, 'a: 'r>(
    items: &mut Items<'_>,
    parts: impl Iterator<Item = &'r Part<'a>> + Clone,
    called: &[&ToolCall<'_>],
) {
    for part in parts.clone() {
        if let Part::ToolResult(result) = part {
            tool_result(items, result, called);
        }
    }
    let rest = parts.filter(|part| {
        matches!(
            part,
            Part::Text { .. } | Part::Refusal { .. } | Part::Image { .. }
        )
    });
    if rest.clone().next().is_some() {
        said(items, "user", rest);
    }
}

/// A message has one text, and images beside it.
fn said<'r, 'a: 'r>(
    items: &mut Items<'_>,
    role: &str,
    parts: impl Iterator<Item = &'r Part<'a>> + Clone,
) {
    let images = parts.clone().filter_map(|part| match part {
        Part::Image {
            source: Source::Data { base64, .. },
            ..
        } => Some(base64),
        _ => None,
    });
    items.object(|json| {
        json.text("role", role);
        json.spelled("content", &text_of(parts));
        if images.clone().next().is_some() {
            json.array("images", |items| {
                images.for_each(|image| items.spelled(image));
            });
        }
    });
}

fn assistant<'r, 'a: 'r>(
    items: &mut Items<'_>,
    parts: impl Iterator<Item = &'r Part<'a>> + Clone,
) -> Result<(), Untranslatable> {
    let mut calls = Vec::new();
    for part in parts.clone() {
        if let Part::ToolCall(call) = part {
            calls.push((call, arguments(&call.input)?));
        }
    }
    items.object(|json| {
        json.text("role", "assistant");
        json.spelled("content", &text_of(parts));
        if !calls.is_empty() {
            json.array("tool_calls", |items| {
                for (call, input) in calls {
                    items.object(|json| {
                        json.spelled("id", &call.id);
                        json.object("function", |json| {
                            json.spelled("name", &call.name);
                            json.raw("arguments", &input);
                        });
                    });
                }
            });
        }
    });
    Ok(())
}

fn tool_result(items: &mut Items<'_>, result: &ToolResult<'_>, called: &[&ToolCall<'_>]) {
    let call = called.iter().rev().find(|call| call.id == result.id);
    items.object(|json| {
        json.text("role", "tool");
        if let Some(name) = result.name.as_ref().or_else(|| call.map(|call| &call.name)) {
            json.spelled("tool_name", name);
        }
        json.spelled("tool_call_id", &result.id);
        if result.is_error {
            json.spelled("content", &result.failure());
        } else {
            json.spelled("content", &text_of(result.parts.iter()));
        }
    });
}

/// All texts as one, with an empty line between them.
fn text_of<'r, 'a: 'r>(parts: impl Iterator<Item = &'r Part<'a>>) -> Spelled<'r> {
    let texts = parts.filter_map(|part| match part {
        Part::Text { text, .. } | Part::Refusal { text } if !text.is_empty() => Some(text),
        _ => None,
    });
    let mut all: Option<Spelled<'r>> = None;
    for text in texts {
        match &mut all {
            None => all = Some(text.borrowed()),
            Some(all) => {
                all.push(&Spelled::of_raw("\\n\\n"));
                all.push(text);
            }
        }
    }
    all.unwrap_or_default()
}

#[cfg(test)]
mod tests;
