//! A chat request into the neutral form: all but its messages.

use super::{content, words};
use crate::facts::EffortLevel;
use crate::translate::caching::Caching;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::{
    Format, Grammar, Reasoning, Request, Sampling, Tool, ToolChoice, ToolKind,
};

/// Reads all but the messages.
pub(super) fn read<'a>(body: &Object<'a>) -> Request<'a> {
    let output_max = body.u64("max_completion_tokens");
    Request {
        tools: body.items("tools").iter().filter_map(tool).collect(),
        tool_choice: body.get("tool_choice").and_then(tool_choice),
        parallel_tools: body.bool("parallel_tool_calls"),
        output_max: output_max.or_else(|| body.u64("max_tokens")),
        stop: stop(body.get("stop")),
        sampling: sampling(body),
        format: body.object("response_format").and_then(format),
        reasoning: reasoning(body),
        answers: body.u64("n").filter(|answers| *answers > 1),
        verbosity: body.text("verbosity").cloned(),
        stream: body.bool("stream").unwrap_or(false),
        user: body.text("user").cloned(),
        safety_identifier: body.text("safety_identifier").cloned(),
        metadata: body.object("metadata").map(|metadata| metadata.raw),
        store: body.bool("store").unwrap_or(false),
        service_tier: body.text("service_tier").and_then(words::tier),
        cache_key: body.text("prompt_cache_key").cloned(),
        caching: Caching::read(body),
        ..Request::default()
    }
}

/// A function, or a tool that takes text.
fn tool<'a>(tool: &Value<'a>) -> Option<Tool<'a>> {
    let tool = tool.as_object()?;
    let Some(function) = tool.object("function") else {
        return custom(tool.object("custom")?);
    };
    Some(Tool {
        name: function.text("name")?.clone(),
        description: function.text("description").cloned(),
        schema: function.object("parameters").map(|schema| schema.raw),
        strict: function.bool("strict"),
        cache: content::cache(tool),
        kind: ToolKind::Function,
    })
}

fn custom<'a>(custom: &Object<'a>) -> Option<Tool<'a>> {
    let format = custom.object("format");
    let is_grammar =
        |format: &&Object<'a>| format.text("type").is_some_and(|kind| kind.is("grammar"));
    let grammar = format.filter(is_grammar).map(|format| {
        let grammar = format.object("grammar");
        let text = |name| grammar.and_then(|grammar| grammar.text(name));
        Grammar {
            syntax: text("syntax").cloned().unwrap_or_default(),
            definition: text("definition").cloned().unwrap_or_default(),
        }
    });
    Some(Tool {
        name: custom.text("name")?.clone(),
        description: custom.text("description").cloned(),
        schema: None,
        strict: None,
        cache: None,
        kind: ToolKind::Custom(grammar),
    })
}

fn tool_choice<'a>(choice: &Value<'a>) -> Option<ToolChoice<'a>> {
    match choice {
        Value::String(word) => match &*word.plain() {
            "auto" => Some(ToolChoice::Auto),
            "none" => Some(ToolChoice::Never),
            // `any` is Mistral's.
            "required" | "any" => Some(ToolChoice::Some),
            _ => None,
        },
        Value::Object(choice) => match choice.object("allowed_tools") {
            Some(allowed) => {
                let names = allowed.items("tools").iter();
                let names = names.filter_map(|tool| named(tool.as_object()?));
                Some(ToolChoice::Among {
                    names: names.collect(),
                    must: allowed.text("mode").is_some_and(|mode| mode.is("required")),
                })
            }
            None => named(choice).map(ToolChoice::Named),
        },
        _ => None,
    }
}

/// `{"type":"function","function":{"name":…}}`, and the same with `custom`.
fn named<'a>(tool: &Object<'a>) -> Option<Spelled<'a>> {
    let named = tool.object("function").or_else(|| tool.object("custom"))?;
    named.text("name").cloned()
}

fn stop<'a>(stop: Option<&Value<'a>>) -> Vec<Spelled<'a>> {
    match stop {
        Some(Value::String(text)) => vec![text.clone()],
        Some(texts) => texts
            .items()
            .iter()
            .filter_map(Value::as_text)
            .cloned()
            .collect(),
        None => Vec::new(),
    }
}

fn sampling<'a>(body: &Object<'a>) -> Sampling<'a> {
    let logprobs = body.bool("logprobs").unwrap_or(false);
    Sampling {
        temperature: body.number("temperature"),
        top_p: body.number("top_p"),
        top_k: body.number("top_k"),
        min_p: body.number("min_p"),
        seed: body.number("seed"),
        presence_penalty: body.number("presence_penalty"),
        frequency_penalty: body.number("frequency_penalty"),
        logprobs: logprobs.then(|| body.u64("top_logprobs").unwrap_or(0)),
    }
}

fn format<'a>(format: &Object<'a>) -> Option<Format<'a>> {
    match &*format.text("type")?.plain() {
        "json_object" => Some(Format::Json),
        "json_schema" => {
            let asked = format.object("json_schema")?;
            Some(Format::Schema {
                name: asked.text("name").cloned(),
                description: asked.text("description").cloned(),
                schema: asked.object("schema").map_or("{}", |schema| schema.raw),
                strict: asked.bool("strict"),
            })
        }
        _ => None,
    }
}

/// `reasoning_effort`, or `OpenRouter`'s `reasoning`.
fn reasoning(body: &Object<'_>) -> Option<Reasoning> {
    let asked = body.object("reasoning");
    let word = asked.and_then(|asked| asked.text("effort"));
    let word = word.or_else(|| body.text("reasoning_effort"));
    let effort = word.and_then(|word| EffortLevel::parse(&word.plain()));
    let excluded = asked.and_then(|asked| asked.bool("exclude"));
    let on = asked.and_then(|asked| asked.bool("enabled"));
    let reasoning = Reasoning {
        on: on.or_else(|| (effort == Some(EffortLevel::None)).then_some(false)),
        effort,
        tokens: asked.and_then(|asked| asked.u64("max_tokens")),
        shown: excluded
            .map(|excluded| !excluded)
            .or_else(|| body.bool("include_reasoning")),
    };
    (reasoning != Reasoning::default()).then_some(reasoning)
}
