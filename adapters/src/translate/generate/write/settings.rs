//! Tools, and how to answer.

use crate::facts::EffortLevel;
use crate::translate::generate::write::{STRICT_GENERATION, Writer};
use crate::translate::json::Members;
use crate::translate::request::{
    Format, Part, Reasoning, Request, Tier, Tool, ToolChoice, effort_of, tokens_of,
};

impl Writer<'_> {
    /// Writes everything but the conversation.
    pub(super) fn settings(&self, json: &mut Members<'_>) {
        let request = self.request;
        if !request.tools.is_empty() {
            json.array("tools", |tools| {
                tools.object(|json| {
                    json.array("functionDeclarations", |functions| {
                        for tool in &request.tools {
                            functions.object(|json| function(tool, json));
                        }
                    });
                });
            });
            choice(request, json);
        }
        json.object("generationConfig", |json| self.config(json));
        match request.service_tier {
            Some(Tier::Standard) => json.text("serviceTier", "standard"),
            Some(Tier::Flex) => json.text("serviceTier", "flex"),
            Some(Tier::Priority) => json.text("serviceTier", "priority"),
            Some(Tier::Auto) | None => {}
        }
        if let Some(labels) = request.metadata.filter(|_| self.is_vertex) {
            json.raw("labels", labels);
        }
    }

    fn config(&self, json: &mut Members<'_>) {
        let request = self.request;
        let sampling = &request.sampling;
        for (name, number) in [
            ("temperature", sampling.temperature),
            ("topP", sampling.top_p),
            ("topK", sampling.top_k),
            ("seed", sampling.seed),
            ("presencePenalty", sampling.presence_penalty),
            ("frequencyPenalty", sampling.frequency_penalty),
        ] {
            if let Some(number) = number {
                json.raw(name, number);
            }
        }
        if let Some(count) = sampling.logprobs {
            json.bool("responseLogprobs", true);
            if count > 0 {
                json.number("logprobs", count);
            }
        }
        if let Some(count) = request.answers {
            json.number("candidateCount", count);
        }
        if let Some(max) = request.output_max {
            json.number("maxOutputTokens", max);
        }
        if !request.stop.is_empty() {
            json.array("stopSequences", |stops| {
                request.stop.iter().for_each(|stop| stops.spelled(stop));
            });
        }
        match &request.format {
            Some(Format::Json) => json.text("responseMimeType", "application/json"),
            Some(Format::Schema { schema, .. }) => {
                json.text("responseMimeType", "application/json");
                json.raw("responseJsonSchema", schema);
            }
            None => {}
        }
        if let Some(resolution) = resolution(request) {
            json.text("mediaResolution", resolution);
        }
        if let Some(reasoning) = &request.reasoning {
            self.thinking(reasoning, json);
        }
    }

    fn thinking(&self, reasoning: &Reasoning, json: &mut Members<'_>) {
        let is_off = reasoning.on == Some(false) || reasoning.effort == Some(EffortLevel::None);
        let said = Reasoning {
            tokens: reasoning.tokens.filter(|_| !is_off),
            ..*reasoning
        };
        let level = match (said.tokens, said.effort) {
            _ if is_off => Some(EffortLevel::None),
            (Some(tokens), None) => Some(effort_of(tokens)),
            (_, effort) => effort,
        };
        let budget = match (said.tokens, level) {
            (Some(tokens), _) => Some(budget(self.model, tokens)),
            (None, Some(level)) => Some(budget(self.model, tokens_of(level))),
            (None, None) if said.on == Some(true) => Some("-1".to_owned()),
            (None, None) => None,
        };
        let is_leveled = self.generation >= STRICT_GENERATION;
        if (is_leveled && level.is_none() || budget.is_none()) && said.shown.is_none() {
            return;
        }
        json.object("thinkingConfig", |json| {
            match (level, budget) {
                (Some(level), _) if is_leveled => {
                    json.text("thinkingLevel", level_of(self.model, level));
                }
                (_, Some(budget)) if !is_leveled => json.raw("thinkingBudget", &budget),
                _ => {}
            }
            if let Some(shown) = said.shown {
                json.bool("includeThoughts", shown);
            }
        });
    }
}

fn function(tool: &Tool<'_>, json: &mut Members<'_>) {
    json.spelled("name", &tool.name);
    if let Some(description) = &tool.description {
        json.spelled("description", description);
    }
    if let Some(schema) = &tool.schema {
        json.raw("parametersJsonSchema", schema);
    }
}

/// `VALIDATED` is `AUTO` with calls that keep to their schemas, and the one of both that takes names
/// (<https://ai.google.dev/gemini-api/docs/function-calling>, read 2026-11).
fn choice(request: &Request<'_>, json: &mut Members<'_>) {
    let is_strict = request.tools.iter().any(|tool| tool.strict == Some(true));
    let auto = if is_strict { "VALIDATED" } else { "AUTO" };
    let one;
    let (mode, names) = match &request.tool_choice {
        None if !is_strict => return,
        None | Some(ToolChoice::Auto) => (auto, &[][..]),
        Some(ToolChoice::Never) => ("NONE", &[][..]),
        Some(ToolChoice::Some) => ("ANY", &[][..]),
        Some(ToolChoice::Named(name)) => {
            one = [name.borrowed()];
            ("ANY", &one[..])
        }
        Some(ToolChoice::Among { names, must: true }) => ("ANY", &**names),
        Some(ToolChoice::Among { names, must: false }) => ("VALIDATED", &**names),
    };
    json.object("toolConfig", |json| {
        json.object("functionCallingConfig", |json| {
            json.text("mode", mode);
            if !names.is_empty() {
                json.array("allowedFunctionNames", |items| {
                    names.iter().for_each(|name| items.spelled(name));
                });
            }
        });
    });
}

/// The closest look that any image asks for. There is one for the whole request: not every model takes it by part.
fn resolution(request: &Request<'_>) -> Option<&'static str> {
    let parts = request.turns.iter().flat_map(|turn| &turn.parts);
    let details = parts.filter_map(|part| match part {
        Part::Image { detail, .. } => Some(detail.as_ref().map(|detail| detail.plain())),
        _ => None,
    });
    let mut all_low = None;
    for detail in details {
        match detail.as_deref() {
            Some("high" | "original") => return Some("MEDIA_RESOLUTION_HIGH"),
            Some("low") => all_low = all_low.or(Some(true)),
            _ => all_low = Some(false),
        }
    }
    (all_low == Some(true)).then_some("MEDIA_RESOLUTION_LOW")
}

/// A budget for thoughts, of what the models up to 2.5 take
/// (<https://ai.google.dev/gemini-api/docs/thinking#set-budget>, read 2026-11).
fn budget(model: &str, tokens: u64) -> String {
    let range = if model.contains("pro") {
        128..=32_768
    } else if tokens == 0 {
        0..=0
    } else if model.contains("flash-lite") {
        512..=24_576
    } else {
        0..=24_576
    };
    tokens.clamp(*range.start(), *range.end()).to_string()
}

/// Models that know fewer levels than `MINIMAL`, `LOW`, `MEDIUM` and `HIGH`: what their names hold, the least level that
/// they know, and whether they know the one in the middle
/// (<https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thinking>, read 2026-11).
const LEVELS: [(&str, &str, bool); 6] = [
    ("gemini-3-pro", "LOW", false),
    ("gemini-3.1-flash", "MINIMAL", true),
    ("gemini-3-flash", "MINIMAL", true),
    ("gemini-3.5-flash", "MINIMAL", true),
    ("gemini-3.6-flash", "MINIMAL", true),
    // The others, Gemini 3.1 Pro and 3.8 Flash among them.
    ("", "LOW", true),
];

fn level_of(model: &str, effort: EffortLevel) -> &'static str {
    let row = LEVELS.iter().find(|(name, ..)| model.contains(name));
    let (least, has_medium) = row.map_or(("LOW", true), |(_, least, has)| (*least, *has));
    match effort {
        EffortLevel::None | EffortLevel::Minimal => least,
        EffortLevel::Low => "LOW",
        EffortLevel::Medium if has_medium => "MEDIUM",
        EffortLevel::Medium | EffortLevel::High | EffortLevel::XHigh | EffortLevel::Max => "HIGH",
    }
}
