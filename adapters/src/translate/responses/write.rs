//! The neutral form into a responses request.

use crate::translate::json::{Items, Json, Members, Spelled};
use crate::translate::request::{
    Citation, File, Format, Part, Reasoning, Request, Role, Source, Tier, Tool, ToolCall,
    ToolChoice, ToolResult,
};
use crate::translate::{To, Untranslatable};

use super::thought;

/// Writes a request that leaves nothing behind at the provider.
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
        if request.stream {
            json.bool("stream", true);
        }
        json.bool("store", false);
        if thinks(to.model) {
            json.array("include", |items| items.text("reasoning.encrypted_content"));
        }
    }))
}

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
        [Part::Text { text, .. }] => Some(text),
        _ => None,
    }
}

fn turns(items: &mut Items<'_>, request: &Request<'_>) {
    // The last turn, if it is the assistant's, is not continued here: it is lost.
    let is_prefill = request.turns.last().is_some_and(|turn| {
        turn.role == Role::Assistant && turn.parts.iter().all(|part| !is_call(part))
    });
    let turns = request.turns.iter();
    let count = request.turns.len().saturating_sub(usize::from(is_prefill));
    for turn in turns.take(count) {
        let mut said: Vec<&Part<'_>> = Vec::new();
        for (at, part) in turn.parts.iter().enumerate() {
            let rest = turn.parts.get(at.saturating_add(1)..).unwrap_or_default();
            match part {
                Part::Text { .. }
                | Part::Image { .. }
                | Part::File(_)
                | Part::Audio { .. }
                | Part::Refusal { .. } => {
                    said.push(part);
                    continue;
                }
                _ => message(items, turn.role, &std::mem::take(&mut said)),
            }
            match part {
                Part::ToolCall(made) => call(items, made),
                Part::ToolResult(given) => result(items, given),
                // An item of thought is refused without the item that it led to (recorded, openai/responses-400-5).
                Part::Thinking { .. } if rest.iter().any(is_led_to) => thinking(items, part),
                _ => {}
            }
        }
        message(items, turn.role, &said);
    }
}

const fn is_call(part: &Part<'_>) -> bool {
    matches!(part, Part::ToolCall(_))
}

/// What a thought may lead to.
const fn is_led_to(part: &Part<'_>) -> bool {
    matches!(
        part,
        Part::Text { .. } | Part::Refusal { .. } | Part::ToolCall(_)
    )
}

fn message(items: &mut Items<'_>, role: Role, parts: &[&Part<'_>]) {
    if parts.is_empty() {
        return;
    }
    items.object(|json| {
        json.text("type", "message");
        let (role, text) = match role {
            Role::User => ("user", "input_text"),
            // OpenAI takes it for `developer` where that is what the model knows; others know this one only.
            Role::System => ("system", "input_text"),
            Role::Assistant => ("assistant", "output_text"),
        };
        json.text("role", role);
        match parts {
            [
                Part::Text {
                    text, citations, ..
                },
            ] if citations.is_empty() => {
                json.spelled("content", text);
            }
            parts => json.array("content", |items| {
                for part in parts {
                    content(items, part, text);
                }
            }),
        }
    });
}

fn content(items: &mut Items<'_>, part: &Part<'_>, text_type: &str) {
    match part {
        Part::Text {
            text, citations, ..
        } => items.object(|json| {
            json.text("type", text_type);
            json.spelled("text", text);
            if text_type == "output_text" {
                json.array("annotations", |items| {
                    citations.iter().for_each(|cited| annotation(items, cited));
                });
            }
        }),
        Part::Image { source, detail, .. } => image(items, source, detail.as_ref()),
        Part::File(told) => file(items, told),
        Part::Refusal { text } => items.object(|json| {
            json.text("type", "refusal");
            json.spelled("refusal", text);
        }),
        // Sound is lost; the rest are items of their own.
        Part::Audio { .. } | Part::Thinking { .. } | Part::ToolCall(_) | Part::ToolResult(_) => {}
    }
}

/// A citation of something that has an address.
pub(super) fn annotation(items: &mut Items<'_>, cited: &Citation<'_>) {
    if let Some(url) = &cited.url {
        items.object(|json| url_citation(json, url, cited));
    }
}

/// What is said of it.
pub(super) fn url_citation(json: &mut Members<'_>, url: &Spelled<'_>, cited: &Citation<'_>) {
    let (start, end) = cited.span.unwrap_or_default();
    json.text("type", "url_citation");
    json.number("start_index", start);
    json.number("end_index", end);
    json.spelled("url", url);
    match &cited.title {
        Some(title) => json.spelled("title", title),
        None => json.text("title", ""),
    }
}

fn image(items: &mut Items<'_>, source: &Source<'_>, detail: Option<&Spelled<'_>>) {
    items.object(|json| {
        json.text("type", "input_image");
        match source {
            Source::Data { media_type, base64 } => {
                json.spelled("image_url", &data_url(media_type, base64));
            }
            Source::Url { url, .. } | Source::Text(url) => json.spelled("image_url", url),
        }
        if let Some(detail) = detail {
            json.spelled("detail", detail);
        }
    });
}

fn file(items: &mut Items<'_>, file: &File<'_>) {
    if let Source::Text(text) = &file.source {
        items.object(|json| {
            json.text("type", "input_text");
            let mut whole = file.name.clone().unwrap_or_default().into_owned();
            if !whole.is_empty() {
                whole.push(&Spelled::of_raw(thought::BETWEEN));
            }
            whole.push(text);
            json.spelled("text", &whole);
        });
        return;
    }
    items.object(|json| {
        json.text("type", "input_file");
        match &file.source {
            Source::Data { media_type, base64 } => {
                json.spelled("file_data", &data_url(media_type, base64));
                // Data without a name is refused.
                if file.name.is_none() {
                    json.text("filename", "document.pdf");
                }
            }
            Source::Url { url, .. } | Source::Text(url) => json.spelled("file_url", url),
        }
        if let Some(name) = &file.name {
            json.spelled("filename", name);
        }
    });
}

fn data_url(media_type: &Spelled<'_>, base64: &Spelled<'_>) -> Spelled<'static> {
    let mut url = String::with_capacity(base64.raw().len().saturating_add(64));
    for piece in ["data:", media_type.raw(), ";base64,", base64.raw()] {
        url.push_str(piece);
    }
    Spelled::of_raw_owned(url)
}

fn thinking(items: &mut Items<'_>, part: &Part<'_>) {
    let Part::Thinking {
        text,
        signature: Some(signature),
    } = part
    else {
        return;
    };
    let (id, encrypted) = thought::apart(&signature.data);
    items.object(|json| {
        json.text("type", "reasoning");
        if let Some(id) = id {
            json.spelled("id", &id);
        }
        json.array("summary", |items| {
            if !text.is_empty() {
                items.object(|json| {
                    json.text("type", "summary_text");
                    json.spelled("text", text);
                });
            }
        });
        json.spelled("encrypted_content", &encrypted);
    });
}

fn call(items: &mut Items<'_>, call: &ToolCall<'_>) {
    items.object(|json| {
        json.text("type", "function_call");
        json.spelled("call_id", &call.id);
        json.spelled("name", &call.name);
        json.spelled("arguments", arguments(&call.input));
    });
}

/// The arguments of a call, which are an object even if they are none.
fn arguments<'r>(input: &'r Spelled<'r>) -> &'r Spelled<'r> {
    const NONE: &Spelled<'static> = &Spelled::of_raw("{}");
    if input.is_empty() { NONE } else { input }
}

fn result(items: &mut Items<'_>, result: &ToolResult<'_>) {
    items.object(|json| {
        json.text("type", "function_call_output");
        json.spelled("call_id", &result.id);
        match &*result.parts {
            [] if result.is_error => json.text("output", ERROR.trim_end()),
            [] => json.text("output", ""),
            [Part::Text { text, .. }] if result.is_error => {
                let mut told = Spelled::of_owned(ERROR);
                told.push(text);
                json.spelled("output", &told);
            }
            [Part::Text { text, .. }] => json.spelled("output", text),
            parts => json.array("output", |items| {
                if result.is_error {
                    items.object(|json| {
                        json.text("type", "input_text");
                        json.text("text", ERROR);
                    });
                }
                parts
                    .iter()
                    .for_each(|part| content(items, part, "input_text"));
            }),
        }
    });
}

/// What the result of a tool that failed begins with: there is no member that says so.
const ERROR: &str = "Error: ";

fn tools(json: &mut Members<'_>, request: &Request<'_>) {
    if !request.tools.is_empty() {
        json.array("tools", |items| {
            request.tools.iter().for_each(|told| tool(items, told));
        });
    }
    if let Some(choice) = &request.tool_choice {
        tool_choice(json, choice);
    }
    if let Some(parallel) = request.parallel_tools {
        json.bool("parallel_tool_calls", parallel);
    }
}

fn tool(items: &mut Items<'_>, tool: &Tool<'_>) {
    items.object(|json| {
        json.text("type", "function");
        json.spelled("name", &tool.name);
        if let Some(description) = &tool.description {
            json.spelled("description", description);
        }
        const NOTHING: &str = "{\"type\":\"object\",\"properties\":{}}";
        json.raw("parameters", tool.schema.unwrap_or(NOTHING));
        // Strict unless it says otherwise, as no other dialect is.
        json.bool("strict", tool.strict.unwrap_or(false));
    });
}

fn tool_choice(json: &mut Members<'_>, choice: &ToolChoice<'_>) {
    let function = |json: &mut Members<'_>, name: &Spelled<'_>| {
        json.text("type", "function");
        json.spelled("name", name);
    };
    match choice {
        ToolChoice::Auto => json.text("tool_choice", "auto"),
        ToolChoice::Never => json.text("tool_choice", "none"),
        ToolChoice::Some => json.text("tool_choice", "required"),
        ToolChoice::Named(name) => json.object("tool_choice", |json| function(json, name)),
        ToolChoice::Among { names, must } => json.object("tool_choice", |json| {
            json.text("type", "allowed_tools");
            json.text("mode", if *must { "required" } else { "auto" });
            json.array("tools", |items| {
                for name in names {
                    items.object(|json| function(json, name));
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
    for (name, text) in [
        ("user", &request.user),
        ("prompt_cache_key", &request.cache_key),
    ] {
        if let Some(text) = text {
            json.spelled(name, text);
        }
    }
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
    let is_shown = asked.shown == Some(true);
    if effort.is_none() && !is_shown {
        return;
    }
    json.object("reasoning", |json| {
        if let Some(effort) = effort {
            json.text("effort", effort.as_str());
        }
        if is_shown {
            json.text("summary", "auto");
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
