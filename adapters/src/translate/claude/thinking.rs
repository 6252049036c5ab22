//! How a deployment is asked to think, or not to.

use super::super::json::Members;
use super::super::request::{Part, Reasoning, Request, Role, ToolChoice, tokens_of};
use super::model::{self, Model};
use crate::facts::{EffortLevel, THINKING_TOKENS_MIN};

/// What is written of thinking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Thinking {
    kind: Kind,
    shown: Option<bool>,
    /// `output_config.effort`
    pub(crate) effort: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Kind {
    /// As the model does by itself.
    #[default]
    Unsaid,
    Disabled,
    Adaptive,
    Enabled {
        budget_tokens: u64,
    },
}

impl Thinking {
    /// For a request with the cap that it has, or that its model has.
    pub(crate) fn asked(request: &Request<'_>, model: &Model) -> Self {
        Self::of(
            request,
            model,
            request.output_max.unwrap_or(model.output_max),
        )
    }

    /// For a request whose answer has `output_max` tokens at most.
    pub(crate) fn of(request: &Request<'_>, model: &Model, output_max: u64) -> Self {
        let asked = request.reasoning.unwrap_or_default();
        let is_off = asked.on == Some(false)
            || asked.effort == Some(EffortLevel::None)
            || asked.tokens == Some(0);
        let is_on = asked.asks_to_think();
        match model.thinking {
            model::Thinking::Always if is_off => Self {
                effort: Some("low"),
                ..Self::default()
            },
            _ if is_off => Self {
                kind: Kind::Disabled,
                ..Self::default()
            },
            model::Thinking::None => Self::default(),
            _ if !is_on => Self::default(),
            model::Thinking::Tokens => Self::by_tokens(request, &asked, output_max),
            model::Thinking::Words => Self::by_words(request, &asked, false),
            model::Thinking::MoreWords | model::Thinking::Always => {
                Self::by_words(request, &asked, true)
            }
        }
    }

    /// A budget lies within the cap of the answer, which is what the caller pays for at most: a cap without room for both
    /// leaves no thought. A word leaves at least half of it to what is said.
    fn by_tokens(request: &Request<'_>, asked: &Reasoning, output_max: u64) -> Self {
        let of_word = tokens_of(asked.effort.unwrap_or(EffortLevel::Medium));
        let budget_tokens = match asked.tokens {
            Some(tokens) => tokens.min(output_max.saturating_sub(1)),
            None => of_word.min(output_max / 2),
        };
        let has_room = output_max > THINKING_TOKENS_MIN;
        if !has_room || forces_a_tool(request) || lacks_its_thought(request) {
            return Self::default();
        }
        Self {
            kind: Kind::Enabled {
                budget_tokens: budget_tokens.max(THINKING_TOKENS_MIN),
            },
            shown: asked.shown.filter(|shown| !shown),
            effort: None,
        }
    }

    fn by_words(request: &Request<'_>, asked: &Reasoning, has_xhigh: bool) -> Self {
        let of_tokens = || asked.tokens.map(super::super::request::effort_of);
        let effort = asked.effort.or_else(of_tokens);
        Self {
            kind: if forces_a_tool(request) {
                Kind::Unsaid
            } else {
                Kind::Adaptive
            },
            shown: asked.shown,
            effort: effort.map(|level| word(level, has_xhigh)),
        }
    }

    /// Whether anything is said of it.
    pub(crate) const fn is_said(self) -> bool {
        self.effort.is_some() || !matches!(self.kind, Kind::Unsaid)
    }

    /// Whether the model is asked to think; chance is not to be set then.
    pub(crate) const fn is_on(self) -> bool {
        matches!(self.kind, Kind::Adaptive | Kind::Enabled { .. })
    }

    pub(crate) fn write(self, json: &mut Members<'_>) {
        let (kind, budget) = match self.kind {
            Kind::Unsaid => return,
            Kind::Disabled => ("disabled", None),
            Kind::Adaptive => ("adaptive", None),
            Kind::Enabled { budget_tokens } => ("enabled", Some(budget_tokens)),
        };
        json.object("thinking", |json| {
            json.text("type", kind);
            if let Some(tokens) = budget {
                json.number("budget_tokens", tokens);
            }
            match self.shown.filter(|_| self.is_on()) {
                Some(true) => json.text("display", "summarized"),
                Some(false) => json.text("display", "omitted"),
                None => {}
            }
        });
    }
}

const fn word(level: EffortLevel, has_xhigh: bool) -> &'static str {
    match level {
        EffortLevel::None | EffortLevel::Minimal | EffortLevel::Low => "low",
        EffortLevel::Medium => "medium",
        EffortLevel::High => "high",
        EffortLevel::XHigh if has_xhigh => "xhigh",
        EffortLevel::XHigh | EffortLevel::Max => "max",
    }
}

/// Anthropic refuses thought before a tool that must be called.
const fn forces_a_tool(request: &Request<'_>) -> bool {
    matches!(
        request.tool_choice,
        Some(ToolChoice::Some | ToolChoice::Named(_) | ToolChoice::Among { must: true, .. })
    )
}

/// Whether a model that thinks by a budget answers this once without: it thinks again from the user's next turn on.
pub(super) fn pauses(request: &Request<'_>, model: &Model) -> bool {
    let by_tokens = model.thinking == model::Thinking::Tokens;
    by_tokens && (forces_a_tool(request) || lacks_its_thought(request))
}

/// Whether the turn that the model is in does not begin with a signed thought: what tools gave back was asked for
/// without one, or the answer's beginning is the caller's. Anthropic refuses to think on then ("Expected `thinking` or
/// `redacted_thinking`, but found `tool_use`").
fn lacks_its_thought(request: &Request<'_>) -> bool {
    let mut first = None;
    for turn in request.turns.iter().rev() {
        let has_results = || {
            let mut parts = turn.parts.iter();
            parts.any(|part| matches!(part, Part::ToolResult(_)))
        };
        match turn.role {
            Role::System => {}
            Role::Assistant => first = turn.parts.first().or(first),
            Role::User if has_results() => {}
            Role::User => break,
        }
    }
    first.is_some_and(|first| !matches!(first, Part::Thinking { .. }))
}
