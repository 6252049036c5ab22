//! An Anthropic caller's request, read.

use super::super::Untranslatable;
use super::super::feature::Feature;
use super::super::json::{Object, Spelled, Value};
use super::super::request::{
    CacheMark, Format, Part, Reasoning, Request, Role, Sampling, Tier, Tool, ToolChoice, ToolKind,
    Turn,
};
use super::super::shape::Seen;
use super::blocks;
use crate::facts::EffortLevel;

/// Reads a request.
pub(super) fn read<'a>(value: &Value<'a>, seen: &mut Seen) -> Result<Request<'a>, Untranslatable> {
    let body = value
        .as_object()
        .ok_or_else(|| Untranslatable::at("", "no object"))?;
    numbers(body)?;
    let mut request = Request {
        system: blocks::texts(body.get("system")),
        turns: turns(body, seen)?,
        tools: body.items("tools").iter().filter_map(tool).collect(),
        output_max: body.u64("max_tokens"),
        stop: texts(body.items("stop_sequences")),
        sampling: Sampling {
            temperature: body.number("temperature"),
            top_p: body.number("top_p"),
            top_k: body.number("top_k"),
            ..Sampling::default()
        },
        format: format(body),
        reasoning: reasoning(body),
        stream: body.bool("stream").unwrap_or_default(),
        user: body
            .object("metadata")
            .and_then(|notes| notes.text("user_id").cloned()),
        service_tier: tier(body),
        ..Request::default()
    };
    if let Some(choice) = body.object("tool_choice") {
        request.tool_choice = tool_choice(choice)?;
        request.parallel_tools = choice
            .bool("disable_parallel_tool_use")
            .filter(|off| *off)
            .map(|_| false);
    }
    if let Some(mark) = cache(body) {
        mark_last(&mut request, mark);
    }
    Ok(request)
}

/// Refuses what would otherwise be passed over: numbers that are none.
fn numbers(body: &Object<'_>) -> Result<(), Untranslatable> {
    for name in ["temperature", "top_p", "top_k"] {
        if body.get(name).is_some() && body.number(name).is_none() {
            return Err(Untranslatable::at(name, "no number"));
        }
    }
    if body.get("max_tokens").is_some() && body.u64("max_tokens").is_none() {
        return Err(Untranslatable::at("max_tokens", "no whole number"));
    }
    Ok(())
}

fn turns<'a>(body: &Object<'a>, seen: &mut Seen) -> Result<Vec<Turn<'a>>, Untranslatable> {
    let Some(Value::Array(messages)) = body.get("messages") else {
        return Err(Untranslatable::at("messages", "no array"));
    };
    let mut turns = Vec::with_capacity(messages.items.len());
    for (at, message) in messages.items.iter().enumerate() {
        let place = |member: &str| format!("messages[{at}]{member}");
        let message = message
            .as_object()
            .ok_or_else(|| Untranslatable::at(place(""), "no object"))?;
        let role = match message.text("role").map(Spelled::plain).as_deref() {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("system") => Role::System,
            _ => return Err(Untranslatable::at(place(".role"), "no role that is known")),
        };
        let mut parts = blocks::parts(message.get("content"), &place(".content"))?;
        if role == Role::User {
            // Anthropic's own order: what tools gave back, then what the user says.
            parts.sort_by_key(|part| !matches!(part, Part::ToolResult(_)));
        }
        turns.push(Turn { role, parts });
    }
    if let (Some(turn), Some(at)) = (turns.last(), turns.len().checked_sub(1))
        && turn.role == Role::Assistant
    {
        seen.note(Feature::Prefill, || format!("messages[{at}]"));
    }
    Ok(turns)
}

fn texts<'a>(items: &[Value<'a>]) -> Vec<Spelled<'a>> {
    items.iter().filter_map(Value::as_text).cloned().collect()
}

/// A function of the caller's; `None` for tools that are the provider's.
fn tool<'a>(value: &Value<'a>) -> Option<Tool<'a>> {
    let tool = value.as_object()?;
    let is_custom = tool.text("type").is_none_or(|kind| kind.is("custom"));
    is_custom.then_some(Tool {
        name: tool.text("name")?.clone(),
        description: tool.text("description").cloned(),
        schema: tool.object("input_schema").map(|schema| schema.raw),
        strict: tool.bool("strict"),
        cache: cache(tool),
        kind: ToolKind::Function,
    })
}

fn tool_choice<'a>(choice: &Object<'a>) -> Result<Option<ToolChoice<'a>>, Untranslatable> {
    Ok(match choice.text("type").map(Spelled::plain).as_deref() {
        Some("auto") => Some(ToolChoice::Auto),
        Some("any") => Some(ToolChoice::Some),
        Some("none") => Some(ToolChoice::Never),
        Some("tool") => match choice.text("name") {
            Some(name) => Some(ToolChoice::Named(name.clone())),
            None => return Err(Untranslatable::at("tool_choice.name", "no text")),
        },
        _ => None,
    })
}

fn format<'a>(body: &Object<'a>) -> Option<Format<'a>> {
    let config = body.object("output_config");
    let told = config.and_then(|config| config.object("format"));
    let schema = told
        .or_else(|| body.object("output_format"))?
        .object("schema")?;
    Some(Format::Schema {
        name: None,
        description: None,
        schema: schema.raw,
        strict: None,
    })
}

fn reasoning(body: &Object<'_>) -> Option<Reasoning> {
    let mut told = Reasoning::default();
    if let Some(thinking) = body.object("thinking") {
        let kind = thinking.text("type").map(Spelled::plain);
        told.on = match kind.as_deref() {
            Some("enabled" | "adaptive") => Some(true),
            Some("disabled") => Some(false),
            _ => None,
        };
        told.tokens = thinking
            .u64("budget_tokens")
            .filter(|_| told.on == Some(true));
        // Thoughts are told unless it is said otherwise; of models that think adaptively, the newer ones do not by
        // themselves (documented at <https://docs.claude.com/en/docs/build-with-claude/extended-thinking>, read 2026-11).
        told.shown = match thinking.text("display") {
            Some(how) => Some(!how.is("omitted")),
            None => (kind.as_deref() == Some("enabled")).then_some(true),
        };
    }
    let config = body.object("output_config");
    let effort = config.and_then(|config| config.text("effort"));
    told.effort = effort.and_then(|word| EffortLevel::parse(&word.plain()));
    (told != Reasoning::default()).then_some(told)
}

fn tier(body: &Object<'_>) -> Option<Tier> {
    match &*body.text("service_tier")?.plain() {
        "auto" => Some(Tier::Auto),
        "standard_only" => Some(Tier::Standard),
        _ => None,
    }
}

/// The mark of whatever may have one.
pub(super) fn cache(object: &Object<'_>) -> Option<CacheMark> {
    let mark = object.object("cache_control")?;
    let is_hour = mark.text("ttl").is_some_and(|ttl| ttl.is("1h"));
    Some(if is_hour {
        CacheMark::Hour
    } else {
        CacheMark::Usual
    })
}

/// A request's own mark stands for one on the last block that can have one.
fn mark_last(request: &mut Request<'_>, mark: CacheMark) {
    let parts = request.turns.iter_mut().flat_map(|turn| &mut turn.parts);
    let all = request.system.iter_mut().chain(parts).rev();
    let mut places = all.filter_map(blocks::cache_of);
    if let Some(place) = places.next() {
        place.get_or_insert(mark);
    } else if let Some(tool) = request.tools.last_mut() {
        tool.cache.get_or_insert(mark);
    }
}
