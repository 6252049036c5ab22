//! Tools, and how to answer.

use crate::facts::EffortLevel;
use crate::translate::Untranslatable;
use crate::translate::feature::Feature;
use crate::translate::generate::proto::Proto;
use crate::translate::json::{Spelled, Value};
use crate::translate::request::{Format, Reasoning, Request, Tier, Tool, ToolChoice, ToolKind};
use crate::translate::shape::Seen;

/// Reads everything but the conversation.
pub(super) fn read<'a>(
    body: Proto<'_, 'a>,
    request: &mut Request<'a>,
    seen: &mut Seen,
) -> Result<(), Untranslatable> {
    for (at, set) in body.items("tools").iter().enumerate() {
        let functions = Proto::of(set).map(|set| set.items("functionDeclarations"));
        for (nth, function) in functions.unwrap_or_default().iter().enumerate() {
            let place = || format!("tools[{at}].functionDeclarations[{nth}]");
            let read = Proto::of(function).and_then(function_of);
            let tool = read.ok_or_else(|| Untranslatable::at(place(), "no name"))?;
            request.tools.push(tool);
        }
    }
    if let Some(calling) = body
        .object("toolConfig")
        .and_then(|config| config.object("functionCallingConfig"))
    {
        choice(calling, request, seen)?;
    }
    if let Some(config) = body.object("generationConfig") {
        numbers(config, request)?;
        format(config, request, seen)?;
        if let Some(thinking) = config.object("thinkingConfig") {
            request.reasoning = Some(reasoning(thinking)?);
        }
    }
    request.metadata = match body.get("labels") {
        Some(Value::Object(labels)) => Some(labels.raw),
        _ => None,
    };
    request.store = matches!(body.get("store"), Some(Value::Bool(true)));
    request.service_tier = match body.text("serviceTier") {
        Some(tier) => tier_of(&tier.plain())?,
        None => None,
    };
    Ok(())
}

fn function_of<'a>(function: Proto<'_, 'a>) -> Option<Tool<'a>> {
    let name = function.text("name").filter(|name| !name.is_empty())?;
    let schema = ["parametersJsonSchema", "parameters"]
        .into_iter()
        .find_map(|member| function.object(member));
    Some(Tool {
        name: name.clone(),
        description: described(function),
        schema: schema.map(|schema| schema.0.raw),
        strict: None,
        cache: None,
        kind: ToolKind::Function,
    })
}

/// What a function does, and what it gives back: other dialects have no place for the latter, and google-genai tells it
/// of every Python function that has a type.
fn described<'a>(function: Proto<'_, 'a>) -> Option<Spelled<'a>> {
    let told = function.text("description").cloned();
    let returned = ["responseJsonSchema", "response"]
        .into_iter()
        .find_map(|member| function.object(member));
    let Some(returned) = returned else {
        return told;
    };
    let mut told = told.unwrap_or_default();
    if !told.is_empty() {
        told.push(&Spelled::of_plain("\n\n"));
    }
    told.push(&Spelled::of_plain(
        "It gives back what this JSON schema says: ",
    ));
    told.push(&Spelled::of_plain(returned.0.raw));
    Some(told)
}

fn choice<'a>(
    calling: Proto<'_, 'a>,
    request: &mut Request<'a>,
    seen: &mut Seen,
) -> Result<(), Untranslatable> {
    const PLACE: &str = "toolConfig.functionCallingConfig";
    let mode = calling.text("mode").map(Spelled::plain).unwrap_or_default();
    let must = match &*mode {
        "ANY" => true,
        "" | "AUTO" | "VALIDATED" | "MODE_UNSPECIFIED" => false,
        "NONE" => {
            request.tool_choice = Some(ToolChoice::Never);
            return Ok(());
        }
        _ => return Err(Untranslatable::at(format!("{PLACE}.mode"), "not known")),
    };
    if mode == "VALIDATED" {
        // What is called keeps to its schema: with others each function says so.
        seen.note(Feature::ToolStrict, || format!("{PLACE}.mode"));
        for tool in &mut request.tools {
            tool.strict = Some(true);
        }
    }
    let allowed = || format!("{PLACE}.allowedFunctionNames");
    let names = texts(calling, "allowedFunctionNames");
    let mut names = names.ok_or_else(|| Untranslatable::at(allowed(), "not a list of texts"))?;
    request.tool_choice = match (must, names.len()) {
        (true, 0) => Some(ToolChoice::Some),
        (false, 0) if mode.is_empty() => None,
        (false, 0) => Some(ToolChoice::Auto),
        (true, 1) => {
            seen.note(Feature::ToolChoiceNamed, allowed);
            names.pop().map(ToolChoice::Named)
        }
        _ => {
            seen.note(Feature::ToolChoiceAmong, allowed);
            Some(ToolChoice::Among { names, must })
        }
    };
    Ok(())
}

fn numbers<'a>(config: Proto<'_, 'a>, request: &mut Request<'a>) -> Result<(), Untranslatable> {
    let sampling = &mut request.sampling;
    sampling.temperature = number(config, "temperature")?;
    sampling.top_p = number(config, "topP")?;
    // A float in protobuf, a whole number everywhere.
    let top_k = number(config, "topK")?;
    sampling.top_k = top_k.map(|digits| digits.strip_suffix(".0").unwrap_or(digits));
    sampling.seed = number(config, "seed")?;
    sampling.presence_penalty = number(config, "presencePenalty")?;
    sampling.frequency_penalty = number(config, "frequencyPenalty")?;
    if config.bool("responseLogprobs") == Some(true) {
        sampling.logprobs = Some(whole(config, "logprobs")?.unwrap_or(0));
    }
    request.answers = whole(config, "candidateCount")?.filter(|count| *count > 1);
    request.output_max = whole(config, "maxOutputTokens")?;
    request.stop = texts(config, "stopSequences")
        .ok_or_else(|| Untranslatable::at(place("stopSequences"), "not a list of texts"))?;
    Ok(())
}

/// A list of texts; none where it is not there.
fn texts<'a>(object: Proto<'_, 'a>, name: &str) -> Option<Vec<Spelled<'a>>> {
    match object.get(name) {
        None => Some(Vec::new()),
        Some(Value::Array(list)) => {
            let texts = list.items.iter().map(Value::as_text);
            texts.map(Option::<&Spelled<'a>>::cloned).collect()
        }
        Some(_) => None,
    }
}

fn number<'a>(config: Proto<'_, 'a>, name: &str) -> Result<Option<&'a str>, Untranslatable> {
    match config.get(name) {
        None => Ok(None),
        Some(Value::Number(digits)) => Ok(Some(digits)),
        Some(_) => Err(Untranslatable::at(place(name), "not a number")),
    }
}

fn whole(config: Proto<'_, '_>, name: &str) -> Result<Option<u64>, Untranslatable> {
    if config.get(name).is_none() {
        return Ok(None);
    }
    match config.u64(name) {
        Some(number) => Ok(Some(number)),
        None => Err(Untranslatable::at(place(name), "not a whole number")),
    }
}

fn place(name: &str) -> String {
    format!("generationConfig.{name}")
}

fn format<'a>(
    config: Proto<'_, 'a>,
    request: &mut Request<'a>,
    seen: &mut Seen,
) -> Result<(), Untranslatable> {
    const SCHEMAS: [&str; 3] = [
        "responseJsonSchema",
        "_responseJsonSchema",
        "responseSchema",
    ];
    for modality in config.items("responseModalities") {
        let modality = modality.as_text().map(Spelled::plain).unwrap_or_default();
        let feature = match &*modality.to_ascii_uppercase() {
            "" | "TEXT" | "MODALITY_UNSPECIFIED" => continue,
            "IMAGE" => Feature::ImageOutput,
            "AUDIO" => Feature::AudioOutput,
            _ => Feature::Unknown,
        };
        seen.note(feature, || place("responseModalities"));
    }
    let schema = SCHEMAS.into_iter().find_map(|name| config.get(name));
    if let Some(schema) = schema {
        let Value::Object(schema) = schema else {
            return Err(Untranslatable::at(place("responseSchema"), "not an object"));
        };
        request.format = Some(Format::Schema {
            name: None,
            description: None,
            schema: schema.raw,
            strict: None,
        });
        return Ok(());
    }
    let media_type = config.text("responseMimeType").map(Spelled::plain);
    match media_type.as_deref() {
        None | Some("" | "text/plain") => {}
        Some("application/json") => {
            seen.note(Feature::JsonObject, || place("responseMimeType"));
            request.format = Some(Format::Json);
        }
        Some(_) => seen.note(Feature::Unknown, || place("responseMimeType")),
    }
    Ok(())
}

fn reasoning(thinking: Proto<'_, '_>) -> Result<Reasoning, Untranslatable> {
    let mut reasoning = Reasoning {
        shown: thinking.bool("includeThoughts"),
        ..Reasoning::default()
    };
    match thinking.get("thinkingBudget") {
        None => {}
        // As many as the model likes.
        Some(Value::Number("-1")) => reasoning.on = Some(true),
        Some(budget) => {
            let tokens = budget.as_u64().ok_or_else(|| {
                Untranslatable::at(place("thinkingConfig.thinkingBudget"), "not a whole number")
            })?;
            reasoning.on = Some(tokens > 0);
            reasoning.tokens = Some(tokens).filter(|tokens| *tokens > 0);
        }
    }
    if let Some(level) = thinking.text("thinkingLevel") {
        let effort = match &*level.plain().to_ascii_uppercase() {
            "THINKING_LEVEL_UNSPECIFIED" | "" => None,
            "MINIMAL" => Some(EffortLevel::Minimal),
            "LOW" => Some(EffortLevel::Low),
            "MEDIUM" => Some(EffortLevel::Medium),
            "HIGH" => Some(EffortLevel::High),
            "XHIGH" => Some(EffortLevel::XHigh),
            _ => {
                let place = place("thinkingConfig.thinkingLevel");
                return Err(Untranslatable::at(place, "not known"));
            }
        };
        reasoning.effort = effort;
        reasoning.on = effort.map(|_| true).or(reasoning.on);
    }
    Ok(reasoning)
}

fn tier_of(tier: &str) -> Result<Option<Tier>, Untranslatable> {
    let tier = tier.to_ascii_lowercase();
    Ok(match tier.strip_prefix("service_tier_").unwrap_or(&tier) {
        "" | "unspecified" => None,
        "standard" => Some(Tier::Standard),
        "flex" => Some(Tier::Flex),
        "priority" => Some(Tier::Priority),
        _ => return Err(Untranslatable::at("serviceTier", "not known")),
    })
}
