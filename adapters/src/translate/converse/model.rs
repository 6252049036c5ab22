//! What only some models take: how hard to think, and the number of likely tokens, in the words of each maker.

use crate::facts::EffortLevel;
use crate::translate::Untranslatable;
use crate::translate::claude::{Model, Thinking};
use crate::translate::json::Members;
use crate::translate::request::Request;

/// Who made a model, as far as it decides how the model is asked. Read off its id; the id of a profile of one's own
/// tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    Claude(&'static Model),
    /// From the second generation on they think, if they are asked to.
    Nova {
        thinks: bool,
    },
    GptOss,
    Mistral,
    Cohere,
    /// Its models do not think.
    Thoughtless,
    Other,
}

impl Maker {
    pub(super) fn of(model: &str) -> Self {
        if model.contains("claude") {
            return Self::Claude(Model::named(model));
        }
        let made = |by: &str| model.contains(by);
        match () {
            () if made("amazon.nova") => Self::Nova {
                thinks: made("nova-2"),
            },
            () if made("openai.gpt-oss") => Self::GptOss,
            () if made("mistral.") => Self::Mistral,
            () if made("cohere.") => Self::Cohere,
            () if made("meta.llama") || made("amazon.titan") || made("ai21.") => Self::Thoughtless,
            () => Self::Other,
        }
    }

    /// Whether it can be asked to think, or at least says that it cannot.
    pub(super) const fn hears_of_thinking(self) -> bool {
        !matches!(
            self,
            Self::Nova { thinks: false } | Self::Mistral | Self::Cohere | Self::Thoughtless
        )
    }

    /// What is known of it if it is one of Claude's.
    pub(super) const fn claude(self) -> Option<&'static Model> {
        match self {
            Self::Claude(model) => Some(model),
            _ => None,
        }
    }

    /// `top_k`, where the maker has it (documented for each maker under
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>, read 2026-11).
    ///
    /// # Errors
    /// Where it has not.
    pub(super) fn top_k(self, json: &mut Members<'_>, k: &str) -> Result<(), Untranslatable> {
        match self {
            Self::Claude(_) | Self::Mistral => json.raw("top_k", k),
            Self::Nova { .. } => json.object("inferenceConfig", |json| json.raw("topK", k)),
            Self::Cohere => json.raw("k", k),
            Self::GptOss | Self::Thoughtless | Self::Other => {
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
        let Some(effort) = asked.level() else {
            return Ok(None);
        };
        match self {
            Self::Claude(model) => {
                // Documented at
                // <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>, read 2026-11.
                let thinking = Thinking::asked(request, model);
                thinking.write(json);
                return Ok(thinking.effort);
            }
            Self::Nova { thinks: true } => json.object("reasoningConfig", |json| match effort {
                EffortLevel::None => json.text("type", "disabled"),
                effort => {
                    json.text("type", "enabled");
                    json.text("maxReasoningEffort", low_to_high(effort));
                }
            }),
            Self::GptOss if effort != EffortLevel::None => {
                json.text("reasoning_effort", low_to_high(effort));
            }
            Self::Nova { thinks: false } | Self::Mistral | Self::Cohere | Self::Thoughtless => {}
            Self::GptOss | Self::Other => {
                return Err(Untranslatable::at(
                    "reasoning",
                    "this model has no such setting",
                ));
            }
        }
        Ok(None)
    }
}

const fn low_to_high(effort: EffortLevel) -> &'static str {
    match effort {
        EffortLevel::None | EffortLevel::Minimal | EffortLevel::Low => "low",
        EffortLevel::Medium => "medium",
        EffortLevel::High | EffortLevel::XHigh | EffortLevel::Max => "high",
    }
}
