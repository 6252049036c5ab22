//! Requests.

use crate::facts::EffortLevel;
use crate::translate::json::{Items, Json, Members, Spelled};
use crate::translate::request::{
    File, Format, Part, Reasoning, Request, Role, Source, ToolCall, ToolChoice, ToolResult, Turn,
    tokens_of,
};
use crate::translate::{To, Untranslatable};

/// Writes a request.
pub(super) fn write(request: &Request<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    let only_text = |parts: &[Part<'_>]| parts.iter().all(|part| text_of(part).is_some());
    if !only_text(&request.system) {
        let why = "has something other than text";
        return Err(Untranslatable::at("system", why));
    }
    Ok(Json::object(4_096, |json| {
        json.text("model", to.model);
        json.bool("stream", request.stream);
        json.array("messages", |items| messages(items, request));
        documents(json, request);
        tools(json, request);
        settings(json, request);
    }))
}

fn settings(json: &mut Members<'_>, request: &Request<'_>) {
    if let Some(max) = request.output_max {
        json.number("max_tokens", max);
    }
    if !request.stop.is_empty() {
        json.array("stop_sequences", |items| {
            request.stop.iter().for_each(|stop| items.spelled(stop));
        });
    }
    let sampling = &request.sampling;
    let settings = [
        ("temperature", sampling.temperature),
        ("p", sampling.top_p),
        ("k", sampling.top_k),
        ("seed", sampling.seed),
        ("presence_penalty", sampling.presence_penalty),
        ("frequency_penalty", sampling.frequency_penalty),
    ];
    for (name, said) in settings {
        if let Some(said) = said {
            json.raw(name, said);
        }
    }
    if let Some(format) = &request.format {
        json.object("response_format", |json| {
            json.text("type", "json_object");
            if let Format::Schema { schema, .. } = format {
                json.raw("json_schema", schema);
            }
        });
    }
    if let Some(reasoning) = &request.reasoning {
        thinking(json, reasoning);
    }
}

fn thinking(json: &mut Members<'_>, asked: &Reasoning) {
    let is_off = asked.on == Some(false)
        || asked.tokens == Some(0)
        || (asked.tokens.is_none() && asked.effort == Some(EffortLevel::None));
    let budget = asked.tokens.or_else(|| asked.effort.map(tokens_of));
    if !is_off && budget.is_none() && asked.on.is_none() {
        return;
    }
    json.object("thinking", |json| {
        json.text("type", if is_off { "disabled" } else { "enabled" });
        if let Some(budget) = budget.filter(|_| !is_off) {
            json.number("token_budget", budget);
        }
    });
}

fn tools(json: &mut Members<'_>, request: &Request<'_>) {
    if request.tools.is_empty() {
        return;
    }
    let choice = request.tool_choice.as_ref();
    json.array("tools", |items| {
        let tools = request.tools.iter();
        for tool in tools.filter(|tool| choice.is_none_or(|choice| choice.tells_of(&tool.name))) {
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
    });
    if request.tools.iter().any(|tool| tool.strict == Some(true)) {
        json.bool("strict_tools", true);
    }
    match choice {
        Some(ToolChoice::Some | ToolChoice::Named(_) | ToolChoice::Among { must: true, .. }) => {
            json.text("tool_choice", "REQUIRED");
        }
        Some(ToolChoice::Never) => json.text("tool_choice", "NONE"),
        Some(ToolChoice::Auto | ToolChoice::Among { must: false, .. }) | None => {}
    }
}

/// The schema of a function without arguments; `parameters` is required.
const NO_ARGUMENTS: &str = r#"{"type":"object","properties":{}}"#;

fn messages(items: &mut Items<'_>, request: &Request<'_>) {
    if !request.system.is_empty() {
        said(items, "system", request.system.iter());
    }
    // An answer that is begun cannot be continued.
    let last_asked = request
        .turns
        .iter()
        .rposition(|turn| turn.role != Role::Assistant);
    let count = last_asked.map_or(0, |last| last.saturating_add(1));
    let turns = request.turns.get(..count).unwrap_or_default();
    // What the assistant says and what it calls may come as turns of their own.
    let together = |one: &Turn<'_>, next: &Turn<'_>| {
        one.role == Role::Assistant && next.role == Role::Assistant
    };
    for turns in turns.chunk_by(together) {
        let parts = turns.iter().flat_map(|turn| &turn.parts);
        match turns.first().map(|turn| turn.role) {
            Some(Role::Assistant) => assistant(items, parts),
            Some(Role::System) => said(items, "system", parts),
            Some(Role::User) | None => user(items, parts),
        }
    }
}

fn user<'r, 'a: 'r>(items: &mut Items<'_>, parts: impl Iterator<Item = &'r Part<'a>> + Clone) {
    let results = parts.clone().filter_map(|part| match part {
        Part::ToolResult(result) => Some(result),
        _ => None,
    });
    results.for_each(|result| tool_result(items, result));
    let rest = parts.filter(|part| text_of(part).is_some() || matches!(part, Part::Image { .. }));
    if rest.clone().next().is_some() {
        said(items, "user", rest);
    }
}

/// A message of texts and images; one text stands alone.
fn said<'r, 'a: 'r>(
    items: &mut Items<'_>,
    role: &str,
    parts: impl Iterator<Item = &'r Part<'a>> + Clone,
) {
    items.object(|json| {
        json.text("role", role);
        content(json, parts);
    });
}

fn content<'r, 'a: 'r>(json: &mut Members<'_>, parts: impl Iterator<Item = &'r Part<'a>> + Clone) {
    let mut few = parts.clone();
    if let (Some(only), None) = (few.next(), few.next())
        && let Some(text) = text_of(only)
    {
        json.spelled("content", text);
        return;
    }
    json.array("content", |items| {
        for part in parts {
            items.object(|json| match part {
                Part::Image { source, detail, .. } => image(json, source, detail.as_ref()),
                part => {
                    json.text("type", "text");
                    if let Some(text) = text_of(part) {
                        json.spelled("text", text);
                    }
                }
            });
        }
    });
}

fn image(json: &mut Members<'_>, source: &Source<'_>, detail: Option<&Spelled<'_>>) {
    json.text("type", "image_url");
    json.object("image_url", |json| {
        match source {
            Source::Url { url, .. } | Source::Text(url) => json.spelled("url", url),
            Source::Data { media_type, base64 } => {
                let mut url = Spelled::of_owned("data:");
                for piece in [media_type, &Spelled::of_raw(";base64,"), base64] {
                    url.push(piece);
                }
                json.spelled("url", &url);
            }
            Source::Pieces(_) | Source::OpenAi(_) => {}
        }
        if let Some(detail) = detail {
            json.spelled("detail", detail);
        }
    });
}

fn tool_result(items: &mut Items<'_>, result: &ToolResult<'_>) {
    items.object(|json| {
        json.text("role", "tool");
        json.spelled("tool_call_id", &result.id);
        let texts = result.parts.iter().filter(|part| text_of(part).is_some());
        if result.is_error {
            json.spelled("content", &result.failure());
        } else if texts.clone().next().is_none() {
            json.text("content", "");
        } else {
            content(json, texts);
        }
    });
}

fn assistant<'r, 'a: 'r>(items: &mut Items<'_>, parts: impl Iterator<Item = &'r Part<'a>> + Clone) {
    let texts = parts
        .clone()
        .filter(|part| text_of(part).is_some_and(|text| !text.is_empty()));
    let calls = parts.filter_map(|part| match part {
        Part::ToolCall(call) => Some(call),
        _ => None,
    });
    items.object(|json| {
        json.text("role", "assistant");
        if texts.clone().next().is_some() {
            content(json, texts);
        }
        if calls.clone().next().is_some() {
            json.array("tool_calls", |items| {
                calls.for_each(|called| call(items, called));
            });
        }
    });
}

fn call(items: &mut Items<'_>, call: &ToolCall<'_>) {
    items.object(|json| {
        json.spelled("id", &call.id);
        json.text("type", "function");
        json.object("function", |json| {
            json.spelled("name", &call.name);
            if call.input.is_empty() {
                json.text("arguments", "{}");
            } else {
                json.spelled("arguments", &call.input);
            }
        });
    });
}

/// Texts that stand in messages as documents.
fn documents(json: &mut Members<'_>, request: &Request<'_>) {
    let parts = request.turns.iter().flat_map(|turn| &turn.parts);
    let texts = parts.filter_map(|part| match part {
        Part::File(File {
            source: Source::Text(text),
            name,
            ..
        }) => Some((text, name)),
        _ => None,
    });
    if texts.clone().next().is_none() {
        return;
    }
    json.array("documents", |items| {
        for (text, name) in texts {
            items.object(|json| {
                json.object("data", |json| {
                    if let Some(name) = name {
                        json.spelled("title", name);
                    }
                    json.spelled("text", text);
                });
            });
        }
    });
}

const fn text_of<'p, 'a>(part: &'p Part<'a>) -> Option<&'p Spelled<'a>> {
    match part {
        Part::Text { text, .. } | Part::Refusal { text } => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
