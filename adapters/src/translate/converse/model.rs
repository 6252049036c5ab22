//! What only some models take: how hard to think, and the number of likely tokens, in the words of each maker.

use crate::facts::EffortLevel;
use crate::translate::Untranslatable;
use crate::translate::json::Members;
use crate::translate::request::{Reasoning, Request, effort_of, tokens_of};

/// Who made a model, as far as it decides how the model is asked. Read off its id; the id of a profile of one's own
/// tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    /// `thinks_freely`: it takes no budget for thoughts, but a word for effort.
    Claude {
        thinks_freely: bool,
    },
    Nova,
    GptOss,
    Mistral,
    Cohere,
    Other,
}

/// Claude models that take `thinking.budget_tokens`; those after them choose by themselves (documented at
/// <https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking>, read 2026-11).
const CLAUDES_WITH_BUDGET: [&str; 8] = [
    "claude-3",
    "claude-sonnet-4-2",
    "claude-opus-4-2",
    "claude-opus-4-1",
    "claude-sonnet-4-5",
    "claude-opus-4-5",
    "claude-haiku-4-5",
    "claude-v2",
];

impl Maker {
    pub(super) fn of(model: &str) -> Self {
        if model.contains("claude") {
            let takes_budget = CLAUDES_WITH_BUDGET.iter().any(|name| model.contains(name));
            return Self::Claude {
                thinks_freely: !takes_budget,
            };
        }
        let made = |by: &str| model.contains(by);
        match () {
            () if made("amazon.nova") => Self::Nova,
            () if made("openai.gpt-oss") => Self::GptOss,
            () if made("mistral.") => Self::Mistral,
            () if made("cohere.") => Self::Cohere,
            () => Self::Other,
        }
    }

    pub(super) const fn is_claude(self) -> bool {
        matches!(self, Self::Claude { .. })
    }

    /// `top_k`, where the maker has it (documented for each maker under
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>, read 2026-11).
    ///
    /// # Errors
    /// Where it has not.
    pub(super) fn top_k(self, json: &mut Members<'_>, k: &str) -> Result<(), Untranslatable> {
        match self {
            Self::Claude { .. } | Self::Mistral => json.raw("top_k", k),
            Self::Nova => json.object("inferenceConfig", |json| json.raw("topK", k)),
            Self::Cohere => json.raw("k", k),
            Self::GptOss | Self::Other => {
                return Err(Untranslatable::at(
                    "top_k",
                    "this model has no such setting",
                ));
            }
        }
        Ok(())
    }

    /// How hard to think. What it has to say in `outputConfig.effort` is given back.
    ///
    /// # Errors
    /// Where the maker has no words for it.
    pub(super) fn reasoning(
        self,
        json: &mut Members<'_>,
        request: &Request<'_>,
    ) -> Result<Option<&'static str>, Untranslatable> {
        let Some(asked) = request.reasoning else {
            return Ok(None);
        };
        let effort = effort(&asked);
        if effort.is_none() && asked.on.is_none() {
            return Ok(None);
        }
        match self {
            Self::Claude { thinks_freely } => {
                return Ok(claude(json, thinks_freely, &asked, request.output_max));
            }
            Self::Nova => json.object("reasoningConfig", |json| match effort {
                Some(EffortLevel::None) => json.text("type", "disabled"),
                effort => {
                    json.text("type", "enabled");
                    json.text("maxReasoningEffort", low_to_high(effort));
                }
            }),
            Self::GptOss if effort != Some(EffortLevel::None) => {
                json.text("reasoning_effort", low_to_high(effort));
            }
            Self::GptOss | Self::Mistral | Self::Cohere | Self::Other => {
                return Err(Untranslatable::at(
                    "reasoning",
                    "this model has no such setting",
                ));
            }
        }
        Ok(None)
    }
}

fn effort(asked: &Reasoning) -> Option<EffortLevel> {
    match asked.on {
        Some(false) => Some(EffortLevel::None),
        _ => asked.effort.or_else(|| asked.tokens.map(effort_of)),
    }
}

/// Claude has `thinking` (documented at <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>,
/// read 2026-11). Its budget is 1,024 tokens at least and below the cap of the answer: with a smaller cap there is no
/// room for thoughts.
fn claude(
    json: &mut Members<'_>,
    thinks_freely: bool,
    asked: &Reasoning,
    output_max: Option<u64>,
) -> Option<&'static str> {
    let effort = effort(asked);
    if effort == Some(EffortLevel::None) {
        json.object("thinking", |json| json.text("type", "disabled"));
        return None;
    }
    if thinks_freely {
        json.object("thinking", |json| json.text("type", "adaptive"));
        return effort.map(|effort| match effort {
            EffortLevel::None | EffortLevel::Minimal | EffortLevel::Low => "low",
            EffortLevel::Medium => "medium",
            EffortLevel::High => "high",
            EffortLevel::XHigh => "xhigh",
            EffortLevel::Max => "max",
        });
    }
    let wanted = asked.tokens.unwrap_or_else(|| {
        let effort = asked.effort.unwrap_or(EffortLevel::Medium);
        tokens_of(effort)
    });
    let most = output_max.map_or(u64::MAX, |max| max.saturating_sub(1));
    if most >= BUDGET_MIN {
        json.object("thinking", |json| {
            json.text("type", "enabled");
            json.number("budget_tokens", wanted.clamp(BUDGET_MIN, most));
        });
    }
    None
}

/// Least tokens for thoughts that Claude takes.
const BUDGET_MIN: u64 = 1_024;

const fn low_to_high(effort: Option<EffortLevel>) -> &'static str {
    match effort {
        Some(EffortLevel::None | EffortLevel::Minimal | EffortLevel::Low) => "low",
        None | Some(EffortLevel::Medium) => "medium",
        Some(EffortLevel::High | EffortLevel::XHigh | EffortLevel::Max) => "high",
    }
}
