//! The neutral form into a responses request.

use crate::translate::caching;
use crate::translate::json::{Items, Json, Members, Spelled};
use crate::translate::request::{
    Format, Part, Reasoning, Request, Role, Tier, Tool, ToolChoice, ToolKind,
};
use crate::translate::{To, Untranslatable};

use super::said::{message, turns};

/// Writes a request that leaves nothing behind at the provider, unless it asks for that.
pub(super) fn request(request: &Request<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    Ok(Json::object(4 * 1024, |json| {
        json.text("model", to.model);
        let instructions = instructions(&request.system);
        if let Some(text) = instructions {
            json.spelled("instructions", text);
        }
        json.array("input", |items| {
            if instructions.is_none() && !request.system.is_empty() {
                message(
                    items,
                    Role::System,
                    &request.system.iter().collect::<Vec<_>>(),
                );
            }
            turns(items, request);
        });
        tools(json, request);
        settings(json, request);
        books(json, request, to);
        if request.stream {
            json.bool("stream", true);
        }
        include(json, thinks(to.model), request.sampling.logprobs);
    }))
}

/// What the answer tells beside its text.
fn include(json: &mut Members<'_>, thoughts: bool, logprobs: Option<u64>) {
    if thoughts || logprobs.is_some() {
        json.array("include", |items| {
            if thoughts {
                items.text("reasoning.encrypted_content");
            }
            if logprobs.is_some() {
                items.text(LIKELIHOODS);
            }
        });
    }
    if let Some(count @ 1..) = logprobs {
        json.number("top_logprobs", count);
    }
}

/// What `include` says to be told how likely tokens were (documented at
/// <https://platform.openai.com/docs/api-reference/responses/create>, read 2026-11).
pub(super) const LIKELIHOODS: &str = "message.output_text.logprobs";

/// Whether encrypted thoughts may be asked for: models before reasoning refuse that ("Encrypted content is not supported
/// with this model", as reported of gpt-4.1 and gpt-4o in 2025).
fn thinks(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = name.strip_prefix("openai.").unwrap_or(name);
    !["gpt-3.5", "gpt-4", "chatgpt-4o"]
        .iter()
        .any(|old| name.starts_with(old))
}

/// Instructions that are one text have a member of their own.
fn instructions<'r, 'a>(system: &'r [Part<'a>]) -> Option<&'r Spelled<'a>> {
    match system {
        [Part::Text { text, cache, .. }] if !caching::is_marked(*cache) => Some(text),
        _ => None,
    }
}

fn tools(json: &mut Members<'_>, request: &Request<'_>) {
    if !request.tools.is_empty() {
        json.array("tools", |items| {
            request.tools.iter().for_each(|told| tool(items, told));
        });
    }
    if let Some(choice) = &request.tool_choice {
        tool_choice(json, choice, request);
    }
    if let Some(parallel) = request.parallel_tools {
        json.bool("parallel_tool_calls", parallel);
    }
}

fn tool(items: &mut Items<'_>, tool: &Tool<'_>) {
    items.object(|json| {
        let is_custom = matches!(tool.kind, ToolKind::Custom(_));
        json.text("type", kind(is_custom));
        json.spelled("name", &tool.name);
        if let Some(description) = &tool.description {
            json.spelled("description", description);
        }
        if let ToolKind::Custom(Some(grammar)) = &tool.kind {
            json.object("format", |json| {
                json.text("type", "grammar");
                json.spelled("syntax", &grammar.syntax);
                json.spelled("definition", &grammar.definition);
            });
        }
        if is_custom {
            return;
        }
        const NOTHING: &str = "{\"type\":\"object\",\"properties\":{}}";
        json.raw("parameters", tool.schema.unwrap_or(NOTHING));
        // Strict unless it says otherwise, as no other dialect is.
        json.bool("strict", tool.strict.unwrap_or(false));
    });
}

const fn kind(is_custom: bool) -> &'static str {
    if is_custom { "custom" } else { "function" }
}

fn tool_choice(json: &mut Members<'_>, choice: &ToolChoice<'_>, request: &Request<'_>) {
    let tool = |json: &mut Members<'_>, name: &Spelled<'_>| {
        json.text("type", kind(request.is_custom(name)));
        json.spelled("name", name);
    };
    match choice {
        ToolChoice::Auto => json.text("tool_choice", "auto"),
        ToolChoice::Never => json.text("tool_choice", "none"),
        ToolChoice::Some => json.text("tool_choice", "required"),
        ToolChoice::Named(name) => json.object("tool_choice", |json| tool(json, name)),
        ToolChoice::Among { names, must } => json.object("tool_choice", |json| {
            json.text("type", "allowed_tools");
            json.text("mode", if *must { "required" } else { "auto" });
            json.array("tools", |items| {
                for name in names {
                    items.object(|json| tool(json, name));
                }
            });
        }),
    }
}

fn settings(json: &mut Members<'_>, request: &Request<'_>) {
    if let Some(max) = request.output_max {
        json.number("max_output_tokens", max.max(OUTPUT_TOKENS_MIN));
    }
    for (name, number) in [
        ("temperature", request.sampling.temperature),
        ("top_p", request.sampling.top_p),
    ] {
        if let Some(number) = number {
            json.raw(name, number);
        }
    }
    if let Some(asked) = request.reasoning {
        reasoning(json, asked);
    }
    if request.format.is_some() || request.verbosity.is_some() {
        json.object("text", |json| {
            if let Some(asked) = &request.format {
                json.object("format", |json| format(json, asked));
            }
            if let Some(verbosity) = &request.verbosity {
                json.spelled("verbosity", verbosity);
            }
        });
    }
}

/// What the provider notes of a request. What is not said to be kept is not, though it would be unasked.
fn books(json: &mut Members<'_>, request: &Request<'_>, to: &To<'_>) {
    let is_openai = to.kind.is_openai();
    for (member, name) in request.openais_users(is_openai) {
        json.spelled(member, &name);
    }
    if let Some(key) = &request.cache_key {
        json.spelled("prompt_cache_key", key);
    }
    request.caching.write(json, &["30m", "12h"]);
    json.bool("store", request.store && is_openai);
    if let Some(metadata) = request.metadata {
        json.raw("metadata", metadata);
    }
    if let Some(tier) = request.service_tier {
        let tier = match tier {
            Tier::Auto => "auto",
            Tier::Standard => "default",
            Tier::Priority => "priority",
            Tier::Flex => "flex",
        };
        json.text("service_tier", tier);
    }
}

/// The least that `max_output_tokens` may be (documented at
/// <https://platform.openai.com/docs/api-reference/responses/create>, read 2026-11).
const OUTPUT_TOKENS_MIN: u64 = 16;

fn reasoning(json: &mut Members<'_>, asked: Reasoning) {
    let effort = asked.level();
    if effort.is_none() && asked.shown.is_none() {
        return;
    }
    json.object("reasoning", |json| {
        if let Some(effort) = effort {
            json.text("effort", effort.as_str());
        }
        match asked.shown {
            Some(true) => json.text("summary", "auto"),
            Some(false) => json.null("summary"),
            None => {}
        }
    });
}

fn format(json: &mut Members<'_>, format: &Format<'_>) {
    match format {
        Format::Json => json.text("type", "json_object"),
        Format::Schema {
            name,
            description,
            schema,
            strict,
        } => {
            json.text("type", "json_schema");
            match name {
                Some(name) => json.spelled("name", name),
                // It has to have one.
                None => json.text("name", "answer"),
            }
            if let Some(description) = description {
                json.spelled("description", description);
            }
            json.raw("schema", schema);
            if let Some(strict) = strict {
                json.bool("strict", *strict);
            }
        }
    }
}
