//! How hard a model shall think: by a word, in tokens, and what comes nearest to either.

use crate::facts::EffortLevel;
use crate::translate::feature::Feature;

/// How hard to think.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reasoning {
    /// Whether at all, where that is said.
    pub(crate) on: Option<bool>,
    pub(crate) effort: Option<EffortLevel>,
    /// At most so many tokens.
    pub(crate) tokens: Option<u64>,
    /// Whether thoughts are told, where that is said.
    pub(crate) shown: Option<bool>,
}

impl Reasoning {
    /// Whether the model shall think, however that is said.
    pub(crate) fn asks_to_think(self) -> bool {
        let is_off = self.on == Some(false)
            || self.effort == Some(EffortLevel::None)
            || self.tokens == Some(0);
        let is_on = self.on == Some(true)
            || self.effort.is_some()
            || self.tokens.is_some()
            || self.shown == Some(true);
        is_on && !is_off
    }

    /// What is asked for by it.
    pub(crate) fn features(self) -> impl Iterator<Item = Feature> {
        let by_word = self.effort.is_some() || self.on.is_some();
        [
            (by_word, Feature::ReasoningEffort),
            (self.tokens.is_some(), Feature::ReasoningBudget),
            (self.shown.is_some(), Feature::ReasoningShown),
        ]
        .into_iter()
        .filter_map(|(is_asked, feature)| is_asked.then_some(feature))
    }

    /// The word for it: what was said, what comes nearest to its tokens, none where it is off, and the middle where it is
    /// only said to be on.
    pub(crate) const fn level(self) -> Option<EffortLevel> {
        match self {
            Self {
                on: Some(false), ..
            } => Some(EffortLevel::None),
            Self {
                effort: Some(effort),
                ..
            } => Some(effort),
            Self {
                tokens: Some(tokens),
                ..
            } => Some(effort_of(tokens)),
            Self { on: Some(true), .. } => Some(EffortLevel::Medium),
            Self { on: None, .. } => None,
        }
    }
}

/// How many tokens a word for effort stands for, where a dialect asks for tokens: what Google documents for its own
/// OpenAI-compatible endpoint (<https://ai.google.dev/gemini-api/docs/openai>, read 2026-11) up to `high`, and twice as
/// much above.
pub(crate) const fn tokens_of(effort: EffortLevel) -> u64 {
    match effort {
        EffortLevel::None => 0,
        EffortLevel::Minimal | EffortLevel::Low => 1_024,
        EffortLevel::Medium => 8_192,
        EffortLevel::High => 24_576,
        EffortLevel::XHigh | EffortLevel::Max => 49_152,
    }
}

/// The word for effort that comes nearest to so many tokens from above.
pub(crate) const fn effort_of(tokens: u64) -> EffortLevel {
    match tokens {
        0 => EffortLevel::None,
        1..=1_024 => EffortLevel::Low,
        1_025..=8_192 => EffortLevel::Medium,
        8_193..=24_576 => EffortLevel::High,
        _ => EffortLevel::XHigh,
    }
}
