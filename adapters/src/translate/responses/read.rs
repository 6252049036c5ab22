//! A responses request into the neutral form.

use crate::call::Dialect;
use crate::facts::EffortLevel;
use crate::translate::Untranslatable;
use crate::translate::caching::Caching;
use crate::translate::feature::Feature;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::{
    Format, Grammar, Part, Reasoning, Request, Role, Sampling, Tier, Tool, ToolCall, ToolChoice,
    ToolKind, ToolResult, Turn,
};
use crate::translate::shape::Seen;
use crate::translate::signature::Signature;

use super::answer::input_name;
use super::content::Reader;
use super::thought;
use super::write::LIKELIHOODS;

/// Reads a request.
pub(super) fn request<'a>(
    value: &Value<'a>,
    seen: &mut Seen,
) -> Result<Request<'a>, Untranslatable> {
    let Value::Object(body) = value else {
        return Err(Untranslatable::at("", "not an object"));
    };
    let mut request = settings(body);
    note_words(body, &request, seen);
    let mut items = Items {
        seen,
        content: Reader::of(body),
        request: &mut request,
        pending: Vec::new(),
    };
    if let Some(text) = body.text("instructions") {
        items.request.system.push(Part::text(text.clone()));
    }
    match body.get("input") {
        Some(Value::String(text)) => items.request.turns.push(Turn {
            role: Role::User,
            parts: vec![Part::text(text.clone())],
        }),
        Some(Value::Array(input)) => {
            for (at, item) in input.items.iter().enumerate() {
                items.item(at, item)?;
            }
            items.end(input.items.len());
        }
        Some(_) => return Err(Untranslatable::at("input", "not a text and not a list")),
        // What lies at the provider takes its place, and is noted as such.
        None => {}
    }
    Ok(request)
}

/// Everything but what is said.
fn settings<'a>(body: &Object<'a>) -> Request<'a> {
    let text = body.object("text");
    Request {
        tools: body.items("tools").iter().filter_map(tool).collect(),
        tool_choice: body.get("tool_choice").and_then(tool_choice),
        parallel_tools: body.bool("parallel_tool_calls"),
        output_max: body.u64("max_output_tokens"),
        sampling: Sampling {
            temperature: body.number("temperature"),
            top_p: body.number("top_p"),
            logprobs: logprobs(body),
            ..Sampling::default()
        },
        format: text.and_then(|text| format(text.object("format")?)),
        reasoning: body.object("reasoning").map(reasoning),
        verbosity: text.and_then(|text| text.text("verbosity").cloned()),
        user: body.text("user").cloned(),
        safety_identifier: body.text("safety_identifier").cloned(),
        metadata: body.object("metadata").map(|metadata| metadata.raw),
        store: body.bool("store").unwrap_or(false),
        service_tier: body.text("service_tier").and_then(tier),
        cache_key: body.text("prompt_cache_key").cloned(),
        caching: Caching::read(body),
        ..Request::default()
    }
}

/// Likelihoods are asked for by their name, or by how many others are told beside each.
fn logprobs(body: &Object<'_>) -> Option<u64> {
    let mut included = body.items("include").iter().filter_map(Value::as_text);
    let is_included = included.any(|word| word.is(LIKELIHOODS));
    let count = body.u64("top_logprobs").filter(|count| *count > 0);
    count.or_else(|| is_included.then_some(0))
}

/// Words that we do not know for what we do.
fn note_words(body: &Object<'_>, request: &Request<'_>, seen: &mut Seen) {
    let reasoning = body.object("reasoning");
    let effort = reasoning.and_then(|reasoning| reasoning.get("effort"));
    let is_known = request
        .reasoning
        .is_some_and(|known| known.effort.is_some());
    let unknown = [
        ("reasoning.effort", effort.is_some() && !is_known),
        (
            "service_tier",
            body.get("service_tier").is_some() && request.service_tier.is_none(),
        ),
    ];
    for (place, _) in unknown.into_iter().filter(|(_, is_unknown)| *is_unknown) {
        seen.note(Feature::Unknown, || place.to_owned());
    }
}

/// A function, or a tool that takes text; others are noted by their shape.
fn tool<'a>(value: &Value<'a>) -> Option<Tool<'a>> {
    let tool = value.as_object()?;
    let kind = match &*tool.text("type")?.plain() {
        "function" => ToolKind::Function,
        "custom" => ToolKind::Custom(tool.object("format").and_then(grammar)),
        _ => return None,
    };
    Some(Tool {
        name: tool.text("name")?.clone(),
        description: tool.text("description").cloned(),
        schema: tool.object("parameters").map(|schema| schema.raw),
        strict: tool.bool("strict"),
        cache: None,
        kind,
    })
}

fn grammar<'a>(format: &Object<'a>) -> Option<Grammar<'a>> {
    format.text("type")?.is("grammar").then(|| Grammar {
        syntax: format.text("syntax").cloned().unwrap_or_default(),
        definition: format.text("definition").cloned().unwrap_or_default(),
    })
}

fn tool_choice<'a>(value: &Value<'a>) -> Option<ToolChoice<'a>> {
    match value {
        Value::String(word) => match &*word.plain() {
            "auto" => Some(ToolChoice::Auto),
            "none" => Some(ToolChoice::Never),
            "required" => Some(ToolChoice::Some),
            _ => None,
        },
        Value::Object(choice) => {
            let kind = choice.text("type")?;
            if kind.is("function") || kind.is("custom") {
                return Some(ToolChoice::Named(choice.text("name")?.clone()));
            }
            kind.is("allowed_tools").then(|| ToolChoice::Among {
                names: choice.items("tools").iter().filter_map(named).collect(),
                must: choice.text("mode").is_some_and(|mode| mode.is("required")),
            })
        }
        _ => None,
    }
}

fn named<'a>(tool: &Value<'a>) -> Option<Spelled<'a>> {
    tool.as_object()?.text("name").cloned()
}

fn format<'a>(format: &Object<'a>) -> Option<Format<'a>> {
    let kind = format.text("type")?;
    if kind.is("json_object") {
        return Some(Format::Json);
    }
    kind.is("json_schema").then_some(())?;
    Some(Format::Schema {
        name: format.text("name").cloned(),
        description: format.text("description").cloned(),
        schema: format.object("schema").map_or("{}", |schema| schema.raw),
        strict: format.bool("strict"),
    })
}

fn reasoning(asked: &Object<'_>) -> Reasoning {
    let effort = asked.text("effort");
    let effort = effort.and_then(|word| EffortLevel::parse(&word.plain()));
    let summary = asked
        .get("summary")
        .or_else(|| asked.get("generate_summary"));
    Reasoning {
        on: effort.map(|effort| effort != EffortLevel::None),
        effort,
        tokens: None,
        shown: summary.map(|_| true),
    }
}

fn tier(word: &Spelled<'_>) -> Option<Tier> {
    match &*word.plain() {
        "auto" => Some(Tier::Auto),
        "default" => Some(Tier::Standard),
        // Two words for one, and answers say the second.
        "fast" | "priority" => Some(Tier::Priority),
        "flex" => Some(Tier::Flex),
        _ => None,
    }
}

/// The conversation under way.
struct Items<'s, 'a> {
    seen: &'s mut Seen,
    content: Reader,
    request: &'s mut Request<'a>,
    /// Signatures of calls that have not come yet, by the calls' ids.
    pending: Vec<(Spelled<'static>, Signature<'static>)>,
}

impl<'a> Items<'_, 'a> {
    fn item(&mut self, at: usize, value: &Value<'a>) -> Result<(), Untranslatable> {
        let Value::Object(item) = value else {
            return Err(Untranslatable::at(format!("input[{at}]"), "not an object"));
        };
        let kind = item.text("type").map(Spelled::plain);
        match kind.as_deref() {
            None | Some("message") => self.message(at, item),
            Some("function_call") => self.call(at, item, false),
            Some("custom_tool_call") => self.call(at, item, true),
            Some("function_call_output") => self.result(at, item),
            Some("custom_tool_call_output") => self.custom_result(at, item),
            Some("reasoning") => {
                self.reasoning(item);
                Ok(())
            }
            // Their being there is noted by the table.
            Some(_) => Ok(()),
        }
    }

    fn message(&mut self, at: usize, item: &Object<'a>) -> Result<(), Untranslatable> {
        let Some(role) = item.text("role").map(Spelled::plain) else {
            // `{"id": …}` alone is a reference, as its type is optional.
            self.seen
                .note(Feature::StoredState, || format!("input[{at}]"));
            return Ok(());
        };
        let place = || format!("input[{at}].content");
        let parts = self.content.parts(item.get("content"), &place)?;
        match &*role {
            "user" => self.turn(Role::User, parts),
            "assistant" => self.said(parts),
            "system" | "developer" if self.request.turns.is_empty() => {
                self.request.system.extend(parts);
            }
            "system" | "developer" => {
                self.seen
                    .note(Feature::SystemMidway, || format!("input[{at}]"));
                self.turn(Role::System, parts);
            }
            _ => {
                return Err(Untranslatable::at(
                    format!("input[{at}].role"),
                    "not a role that is known",
                ));
            }
        }
        Ok(())
    }

    fn call(
        &mut self,
        at: usize,
        item: &Object<'a>,
        is_custom: bool,
    ) -> Result<(), Untranslatable> {
        let (Some(id), Some(name)) = (item.text("call_id"), item.text("name")) else {
            let place = format!("input[{at}]");
            return Err(Untranslatable::at(place, "a call without call_id or name"));
        };
        let waiting = self.pending.iter().position(|(call, _)| call == id);
        let signature = waiting.map(|at| self.pending.swap_remove(at).1);
        self.assistant(Part::ToolCall(ToolCall {
            id: id.clone(),
            name: name.clone(),
            input: item
                .text(input_name(is_custom))
                .cloned()
                .unwrap_or_default(),
            signature,
            cache: None,
            is_custom,
        }));
        Ok(())
    }

    /// Elsewhere results do not say of what kind of tool they are: their calls do.
    fn custom_result(&mut self, at: usize, item: &Object<'a>) -> Result<(), Untranslatable> {
        let is_called = |id: &Spelled<'a>| {
            let parts = self.request.turns.iter().flat_map(|turn| &turn.parts);
            let mut calls = parts.filter_map(|part| match part {
                Part::ToolCall(call) if call.is_custom => Some(&call.id),
                _ => None,
            });
            calls.any(|call| call == id)
        };
        if !item.text("call_id").is_some_and(is_called) {
            let place = format!("input[{at}].call_id");
            return Err(Untranslatable::at(place, "a result of no call"));
        }
        self.result(at, item)
    }

    fn result(&mut self, at: usize, item: &Object<'a>) -> Result<(), Untranslatable> {
        let Some(id) = item.text("call_id") else {
            let place = format!("input[{at}].call_id");
            return Err(Untranslatable::at(place, "a result of no call"));
        };
        let place = || format!("input[{at}].output");
        let result = Part::ToolResult(ToolResult {
            id: id.clone(),
            name: item.text("name").cloned(),
            parts: self.content.parts(item.get("output"), &place)?,
            is_error: false,
            cache: None,
        });
        // Results of calls made at once belong together.
        let is_result = |part: &Part<'_>| matches!(part, Part::ToolResult(_));
        match self.request.turns.last_mut() {
            Some(turn) if turn.role == Role::User && turn.parts.iter().all(is_result) => {
                turn.parts.push(result);
            }
            _ => self.turn(Role::User, vec![result]),
        }
        Ok(())
    }

    fn reasoning(&mut self, item: &Object<'a>) {
        if let Some((call, signature)) = thought::of_call(item) {
            self.sign(call, signature);
            return;
        }
        let text = thought::text(item);
        let signature = item.text("encrypted_content").map(|told| {
            if thought::is_marked(told) {
                Signature::read_in(Dialect::OpenAi, told).into_owned()
            } else {
                thought::signature(item, told)
            }
        });
        if !text.is_empty() || signature.is_some() {
            self.assistant(Part::Thinking { text, signature });
        }
    }

    /// The signature of a call, which was before it or comes behind it.
    fn sign(&mut self, id: Spelled<'static>, signed: Signature<'static>) {
        let turn = self.request.turns.last_mut();
        let parts = turn
            .into_iter()
            .flat_map(|turn| turn.parts.iter_mut().rev());
        let unsigned = parts.filter_map(|part| match part {
            Part::ToolCall(call) if call.id == id && call.signature.is_none() => Some(call),
            _ => None,
        });
        match unsigned.into_iter().next() {
            Some(call) => call.signature = Some(signed),
            None => self.pending.push((id, signed)),
        }
    }

    /// What an assistant's message said: a turn of its own behind another message, else with what was thought before.
    fn said(&mut self, parts: Vec<Part<'a>>) {
        let is_said = |part: &Part<'_>| matches!(part, Part::Text { .. } | Part::Refusal { .. });
        match self.request.turns.last_mut() {
            Some(turn)
                if turn.role == Role::Assistant && !turn.parts.last().is_some_and(is_said) =>
            {
                turn.parts.extend(parts);
            }
            _ => self.turn(Role::Assistant, parts),
        }
    }

    fn turn(&mut self, role: Role, parts: Vec<Part<'a>>) {
        self.request.turns.push(Turn { role, parts });
    }

    /// More of the assistant's turn under way, or a new one.
    fn assistant(&mut self, part: Part<'a>) {
        match self.request.turns.last_mut() {
            Some(turn) if turn.role == Role::Assistant => turn.parts.push(part),
            _ => self.turn(Role::Assistant, vec![part]),
        }
    }

    fn end(&mut self, items: usize) {
        let is_said = |part: &Part<'_>| matches!(part, Part::Text { .. });
        let last = self.request.turns.last();
        if last.is_some_and(|turn| {
            turn.role == Role::Assistant && turn.parts.last().is_some_and(is_said)
        }) {
            self.seen.note(Feature::Prefill, || {
                format!("input[{}]", items.saturating_sub(1))
            });
        }
    }
}
