//! A request as deployments with chat completions are asked it: all but its messages.

use super::{fate, words};
use crate::facts::EffortLevel;
use crate::provider::ProviderKind;
use crate::translate::feature::{Feature, Features};
use crate::translate::json::{Items, Json, Members, Spelled};
use crate::translate::request::{
    Format, Grammar, Reasoning, Request, Sampling, Tool, ToolChoice, ToolKind,
};
use crate::translate::{ChatVariant, To, Untranslatable};

mod messages;

/// Writes a request.
#[expect(clippy::unnecessary_wraps, reason = "other dialects may fail at it")]
pub(super) fn write(request: &Request<'_>, to: &To<'_>) -> Result<String, Untranslatable> {
    let deployment = Deployment {
        to,
        chat: to.kind.row().chat,
    };
    Ok(Json::object(BYTES, |json| {
        json.text("model", to.model);
        json.array("messages", |all| messages::write(all, request, &deployment));
        deployment.tools(json, request);
        deployment.answer(json, request);
        deployment.sampling(json, &request.sampling);
        deployment.format(json, request.format.as_ref());
        deployment.reasoning(json, request.reasoning.as_ref());
        deployment.books(json, request);
        deployment.stream(json, request);
    }))
}

/// Notes on what is not kept.
pub(super) fn left_out(request: &Request<'_>, to: &To<'_>) -> Features {
    let has_notes = request.metadata.is_some() && fate::says(Feature::Metadata, to.kind);
    let lost = (has_notes && !request.store).then_some(Feature::Metadata);
    lost.into_iter().collect()
}

/// What most requests fit in.
const BYTES: usize = 16 * 1024;

/// Who is asked, and what is special about it.
struct Deployment<'t> {
    to: &'t To<'t>,
    chat: &'static ChatVariant,
}

impl Deployment<'_> {
    /// Whether something is said there at all.
    fn says(&self, feature: Feature) -> bool {
        fate::says(feature, self.to.kind)
    }

    fn tools(&self, json: &mut Members<'_>, request: &Request<'_>) {
        if request.tools.is_empty() || !self.says(Feature::Tools) {
            return;
        }
        let has_strict = self.says(Feature::ToolStrict);
        json.array("tools", |items| {
            for tool in &request.tools {
                self::tool(items, tool, has_strict);
            }
        });
        if let Some(choice) = &request.tool_choice {
            self.tool_choice(json, choice, request);
        }
        if let Some(parallel) = request.parallel_tools
            && self.says(Feature::ParallelToolsOff)
        {
            json.bool("parallel_tool_calls", parallel);
        }
    }

    fn tool_choice(&self, json: &mut Members<'_>, choice: &ToolChoice<'_>, request: &Request<'_>) {
        let has_word = self.says(Feature::ToolChoice);
        match choice {
            ToolChoice::Auto => json.text("tool_choice", "auto"),
            ToolChoice::Never if has_word => json.text("tool_choice", "none"),
            ToolChoice::Some if has_word => json.text("tool_choice", "required"),
            ToolChoice::Named(name) if self.says(Feature::ToolChoiceNamed) => {
                json.object("tool_choice", |json| named(json, name, request));
            }
            ToolChoice::Among { names, must } if self.says(Feature::ToolChoiceAmong) => {
                json.object("tool_choice", |json| {
                    json.text("type", "allowed_tools");
                    json.object("allowed_tools", |json| {
                        json.text("mode", if *must { "required" } else { "auto" });
                        json.array("tools", |items| {
                            for name in names {
                                items.object(|json| named(json, name, request));
                            }
                        });
                    });
                });
            }
            _ => {}
        }
    }

    fn answer(&self, json: &mut Members<'_>, request: &Request<'_>) {
        if let Some(output_max) = request.output_max {
            json.number(self.to.kind.row().chat_cap, output_max);
        }
        if !request.stop.is_empty() && self.says(Feature::Stop) {
            json.array("stop", |items| {
                request.stop.iter().for_each(|text| items.spelled(text));
            });
        }
        if let Some(answers) = request.answers
            && self.says(Feature::ManyAnswers)
        {
            json.number("n", answers);
        }
        if let Some(verbosity) = &request.verbosity
            && self.says(Feature::Verbosity)
        {
            json.spelled("verbosity", verbosity);
        }
    }

    fn sampling(&self, json: &mut Members<'_>, sampling: &Sampling<'_>) {
        let rows = [
            ("temperature", Feature::Temperature, sampling.temperature),
            ("top_p", Feature::TopP, sampling.top_p),
            ("top_k", Feature::TopK, sampling.top_k),
            ("min_p", Feature::MinP, sampling.min_p),
            (self.chat.seed, Feature::Seed, sampling.seed),
            (
                "presence_penalty",
                Feature::PresencePenalty,
                sampling.presence_penalty,
            ),
            (
                "frequency_penalty",
                Feature::FrequencyPenalty,
                sampling.frequency_penalty,
            ),
        ];
        for (name, feature, number) in rows {
            if let Some(number) = number
                && self.says(feature)
            {
                json.raw(name, number);
            }
        }
        if let Some(count) = sampling.logprobs
            && self.says(Feature::Logprobs)
        {
            json.bool("logprobs", true);
            if count > 0 {
                json.number("top_logprobs", count);
            }
        }
    }

    fn format(&self, json: &mut Members<'_>, format: Option<&Format<'_>>) {
        match format {
            Some(Format::Json) if self.says(Feature::JsonObject) => {
                json.object("response_format", |json| json.text("type", "json_object"));
            }
            Some(Format::Schema {
                name,
                description,
                schema,
                strict,
            }) if self.says(Feature::JsonSchema) => {
                json.object("response_format", |json| {
                    json.text("type", "json_schema");
                    json.object("json_schema", |json| {
                        match name {
                            Some(name) => json.spelled("name", name),
                            // Nobody is told it, and there has to be one.
                            None => json.text("name", "answer"),
                        }
                        if let Some(description) = description {
                            json.spelled("description", description);
                        }
                        json.raw("schema", schema);
                        if let Some(strict) = strict {
                            json.bool("strict", *strict);
                        }
                    });
                });
            }
            _ => {}
        }
    }

    fn reasoning(&self, json: &mut Members<'_>, reasoning: Option<&Reasoning>) {
        let Some(effort) = reasoning.and_then(|asked| asked.level()) else {
            return;
        };
        match (self.chat.thinking_off, self.effort_word(effort)) {
            (Some((name, off)), _) if effort == EffortLevel::None => json.raw(name, off),
            (_, Some(word)) => json.text("reasoning_effort", word),
            _ => {}
        }
    }

    /// Its word for an effort, or for the nearest below that it has, or for its least.
    fn effort_word(&self, effort: EffortLevel) -> Option<&'static str> {
        let efforts = self.chat.efforts;
        let below = efforts.iter().rev().find(|known| **known <= effort);
        below
            .or_else(|| efforts.first())
            .map(|effort| effort.as_str())
    }

    fn books(&self, json: &mut Members<'_>, request: &Request<'_>) {
        if self.says(Feature::User) {
            for (member, name) in request.openais_users(self.to.kind.is_openai()) {
                json.spelled(member, &name);
            }
        }
        self.kept(json, request);
        if let Some(key) = &request.cache_key
            && self.says(Feature::CacheKey)
        {
            json.spelled("prompt_cache_key", key);
        }
        request.caching.write(json, &["30m"]);
        if let Some(tier) = request.service_tier
            && self.says(Feature::ServiceTier)
        {
            json.text("service_tier", words::tier_word(tier));
        }
    }

    /// What is kept at the provider, with the notes on it: these are refused of what is not kept ("The 'metadata' parameter
    /// is only allowed when 'store' is enabled."). `OpenAI` keeps unasked what new accounts ask for
    /// (<https://platform.openai.com/docs/guides/migrate-to-responses>, read 2026-11).
    fn kept(&self, json: &mut Members<'_>, request: &Request<'_>) {
        if !request.store || !self.says(Feature::Store) {
            if self.to.kind == ProviderKind::OPENAI {
                json.bool("store", false);
            }
            return;
        }
        json.bool("store", true);
        if let Some(metadata) = request.metadata {
            json.raw("metadata", metadata);
        }
    }

    fn stream(&self, json: &mut Members<'_>, request: &Request<'_>) {
        if !request.stream {
            return;
        }
        json.bool("stream", true);
        if self.to.kind.asks_for_usage() {
            json.object("stream_options", |json| json.bool("include_usage", true));
        }
    }
}

fn tool(items: &mut Items<'_>, tool: &Tool<'_>, has_strict: bool) {
    items.object(|json| {
        if let ToolKind::Custom(grammar) = &tool.kind {
            return custom(json, tool, grammar.as_ref());
        }
        json.text("type", "function");
        json.object("function", |json| {
            json.spelled("name", &tool.name);
            if let Some(description) = &tool.description {
                json.spelled("description", description);
            }
            // OpenAI takes its absence for none; Mistral does not.
            json.raw("parameters", tool.schema.unwrap_or(NO_PARAMETERS));
            if let Some(strict) = tool.strict
                && has_strict
            {
                json.bool("strict", strict);
            }
        });
    });
}

const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

fn named(json: &mut Members<'_>, name: &Spelled<'_>, request: &Request<'_>) {
    let kind = match request.is_custom(name) {
        true => "custom",
        false => "function",
    };
    json.text("type", kind);
    json.object(kind, |json| json.spelled("name", name));
}

fn custom(json: &mut Members<'_>, tool: &Tool<'_>, grammar: Option<&Grammar<'_>>) {
    json.text("type", "custom");
    json.object("custom", |json| {
        json.spelled("name", &tool.name);
        if let Some(description) = &tool.description {
            json.spelled("description", description);
        }
        if let Some(grammar) = grammar {
            json.object("format", |json| {
                json.text("type", "grammar");
                json.object("grammar", |json| {
                    json.spelled("syntax", &grammar.syntax);
                    json.spelled("definition", &grammar.definition);
                });
            });
        }
    });
}
