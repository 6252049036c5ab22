//! A request to an Anthropic deployment, written.

use super::super::arguments::arguments;
use super::super::claude::{self, Chance, Model, Thinking, schema};
use super::super::feature::Features;
use super::super::json::{Items, Json, Members};
use super::super::request::{
    ANTHROPICS_CHARS_MAX, Format, Part, Request, Role, Tier, Tool, ToolChoice, fitted,
};
use super::super::{To, Untranslatable};
use super::turns::{self, Message};
use super::write_blocks::{block, cache_control};

/// Writes a request.
pub(super) fn write(request: &Request<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    let model = Model::named(to.model);
    let messages = turns::messages(request);
    refuse(request, model, &messages)?;
    let output_max = request.output_max.unwrap_or(model.output_max);
    let thinking = Thinking::of(request, model, output_max);
    Ok(Json::object(4_096, |json| {
        json.text("model", to.model);
        json.number("max_tokens", output_max);
        if request.system.iter().any(turns::says_something) {
            json.array("system", |items| {
                let parts = request
                    .system
                    .iter()
                    .filter(|part| turns::says_something(part));
                parts.for_each(|part| block(items, part));
            });
        }
        json.array("messages", |items| {
            messages.iter().for_each(|said| message(items, said));
        });
        tools(json, request);
        thinking.write(json);
        output_config(json, request, thinking);
        chance(json, &Chance::of(request, model));
        if !request.stop.is_empty() {
            json.array("stop_sequences", |items| {
                request.stop.iter().for_each(|stop| items.spelled(stop));
            });
        }
        if let Some(user) = request.end_user() {
            json.object("metadata", |json| {
                json.spelled("user_id", &fitted(user, ANTHROPICS_CHARS_MAX));
            });
        }
        match request.service_tier {
            Some(Tier::Auto | Tier::Priority) => json.text("service_tier", "auto"),
            Some(Tier::Standard | Tier::Flex) => json.text("service_tier", "standard_only"),
            None => {}
        }
        if request.stream {
            json.bool("stream", true);
        }
    }))
}

/// What this model is not told, or not as it was said.
pub(super) fn left_out(request: &Request<'_>, to: &To<'_>) -> Features {
    claude::left_out(request, Model::named(to.model))
}

/// What depends on values: what Anthropic would refuse, or take for something else.
fn refuse(
    request: &Request<'_>,
    model: &Model,
    messages: &[Message<'_, '_>],
) -> Result<(), Untranslatable> {
    if let Some(at) = request
        .stop
        .iter()
        .position(|stop| stop.plain().trim().is_empty())
    {
        let why = "Anthropic takes no stop text of white space alone";
        return Err(Untranslatable::at(format!("stop[{at}]"), why));
    }
    if !model.takes_system_midway && messages.iter().any(|said| said.role == Role::System) {
        let why = "this model takes no instructions behind the first turn";
        return Err(Untranslatable::at("messages", why));
    }
    let parts = messages.iter().flat_map(|said| &said.parts);
    let is_bad = |part: &&Part<'_>| match part {
        Part::ToolCall(call) => arguments(&call.input).is_none(),
        _ => false,
    };
    if parts.into_iter().any(is_bad) {
        let why = "the arguments of an earlier call are no JSON object";
        return Err(Untranslatable::at("messages", why));
    }
    Ok(())
}

fn message(items: &mut Items<'_>, said: &Message<'_, '_>) {
    items.object(|json| {
        json.text(
            "role",
            match said.role {
                Role::User => "user",
                Role::Assistant => "assistant",
                Role::System => "system",
            },
        );
        json.array("content", |items| {
            said.parts.iter().for_each(|part| block(items, part));
        });
    });
}

fn tools(json: &mut Members<'_>, request: &Request<'_>) {
    let is_among = |tool: &&Tool<'_>| match &request.tool_choice {
        Some(ToolChoice::Among { names, .. }) => names.contains(&tool.name),
        _ => true,
    };
    let tools: Vec<&Tool<'_>> = request.tools.iter().filter(is_among).collect();
    if tools.is_empty() {
        return tools_of_history(json, request);
    }
    json.array("tools", |items| {
        for tool in tools {
            items.object(|json| {
                json.spelled("name", &tool.name);
                if let Some(description) = &tool.description {
                    json.spelled("description", description);
                }
                let schema = schema::typed(tool.schema.unwrap_or(schema::NO_ARGUMENTS));
                match tool.strict {
                    Some(true) => json.raw("input_schema", &schema::closed(&schema)),
                    _ => json.raw("input_schema", &schema),
                }
                if let Some(strict) = tool.strict {
                    json.bool("strict", strict);
                }
                cache_control(json, tool.cache);
            });
        }
    });
    tool_choice(json, request);
}

/// Anthropic refuses calls in a history to a request without tools; others do not. Those that were called are named, and
/// may not be called again.
fn tools_of_history(json: &mut Members<'_>, request: &Request<'_>) {
    let parts = request.turns.iter().flat_map(|turn| &turn.parts);
    let mut names: Vec<_> = parts
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(&call.name),
            _ => None,
        })
        .collect();
    names.sort_by_key(|name| name.raw());
    names.dedup();
    if names.is_empty() {
        return;
    }
    json.array("tools", |items| {
        for name in names {
            items.object(|json| {
                json.spelled("name", name);
                json.raw("input_schema", schema::NO_ARGUMENTS);
            });
        }
    });
    json.object("tool_choice", |json| json.text("type", "none"));
}

fn tool_choice(json: &mut Members<'_>, request: &Request<'_>) {
    let is_single = request.parallel_tools == Some(false);
    let kind = match &request.tool_choice {
        None if is_single => "auto",
        None => return,
        Some(ToolChoice::Auto | ToolChoice::Among { must: false, .. }) => "auto",
        Some(ToolChoice::Some | ToolChoice::Among { must: true, .. }) => "any",
        Some(ToolChoice::Never) => "none",
        Some(ToolChoice::Named(_)) => "tool",
    };
    json.object("tool_choice", |json| {
        json.text("type", kind);
        if let Some(ToolChoice::Named(name)) = &request.tool_choice {
            json.spelled("name", name);
        }
        if is_single && kind != "none" {
            json.bool("disable_parallel_tool_use", true);
        }
    });
}

fn output_config(json: &mut Members<'_>, request: &Request<'_>, thinking: Thinking) {
    let schema = match &request.format {
        Some(Format::Schema { schema, .. }) => Some(schema),
        Some(Format::Json) | None => None,
    };
    if schema.is_none() && thinking.effort.is_none() {
        return;
    }
    json.object("output_config", |json| {
        if let Some(effort) = thinking.effort {
            json.text("effort", effort);
        }
        if let Some(schema) = schema {
            json.object("format", |json| {
                json.text("type", "json_schema");
                json.raw("schema", &schema::closed(schema));
            });
        }
    });
}

fn chance(json: &mut Members<'_>, chance: &Chance<'_>) {
    let said = [
        ("temperature", chance.temperature),
        ("top_p", chance.top_p),
        ("top_k", chance.top_k),
    ];
    for (name, digits) in said {
        if let Some(digits) = digits {
            json.raw(name, digits);
        }
    }
}
