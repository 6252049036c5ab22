//! How hard a model is asked to think: by a word, or by a number of tokens.

use std::ops::Range;

pub use quotah_policy::guard::Effort as EffortLevel;

use super::fields::Field;
use crate::scan::Scalar;

/// What a body says of how hard to think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffortAsked {
    /// What it says.
    pub said: EffortSaid,
    /// The JSON string or number, for replacing it.
    pub span: Range<usize>,
    pub(super) field: Field,
    /// The word is in capitals.
    is_upper: bool,
}

/// One saying of how hard to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffortSaid {
    /// This hard.
    Level(EffortLevel),
    /// A word that we do not know: it may be more than any.
    OtherWord,
    /// At most so many tokens.
    Tokens(u64),
    /// As many tokens as the model likes (Gemini's -1).
    AnyTokens,
}

impl EffortAsked {
    /// Reads a value; `None` if the field cannot have it, `Some(None)` if it says nothing.
    pub(super) fn read(
        field: Field,
        value: Scalar<'_>,
        span: Range<usize>,
    ) -> Option<Option<Self>> {
        let asked = |said, is_upper| {
            Some(Some(Self {
                said,
                span,
                field,
                is_upper,
            }))
        };
        let is_gemini = field == Field::ThinkingBudget;
        match value {
            // Ollama's `think` may be on or off.
            Scalar::Bool(_) if field == Field::Think => Some(None),
            Scalar::Number(Some([b'-', ..])) if field.is_budget() => {
                asked(EffortSaid::AnyTokens, false)
            }
            // Protobuf's JSON lets clients write integers as strings.
            Scalar::String {
                text: Some(digits), ..
            } if is_gemini => match digits {
                [] => None,
                [b'-', ..] => asked(EffortSaid::AnyTokens, false),
                _ => asked(
                    EffortSaid::Tokens(Scalar::Number(Some(digits)).as_u64()?),
                    false,
                ),
            },
            Scalar::Number(_) if field.is_budget() => {
                asked(EffortSaid::Tokens(value.as_u64()?), false)
            }
            Scalar::String { text, .. } if !field.is_budget() => {
                let word = text.and_then(|text| std::str::from_utf8(text).ok())?;
                let is_upper = word.starts_with(|first: char| first.is_ascii_uppercase());
                match EffortLevel::parse(word) {
                    Some(level) => asked(EffortSaid::Level(level), is_upper),
                    // The model's own choice, as if nothing stood there.
                    None if is_unsaid(word) => Some(None),
                    None => asked(EffortSaid::OtherWord, is_upper),
                }
            }
            _ => None,
        }
    }

    /// The most that may stand in this one's place if nothing above `level` and no more than `tokens` is allowed; `None` if
    /// it may stay.
    pub(crate) fn lowered_to(
        &self,
        level: Option<EffortLevel>,
        tokens: Option<u64>,
    ) -> Option<String> {
        let is_above = |most: EffortLevel| match self.said {
            EffortSaid::Level(level) => level > most,
            EffortSaid::OtherWord => true,
            EffortSaid::Tokens(_) | EffortSaid::AnyTokens => false,
        };
        match self.said {
            EffortSaid::Tokens(asked) => tokens
                .filter(|most| asked > *most)
                .map(|most| most.to_string()),
            EffortSaid::AnyTokens => tokens.map(|most| most.to_string()),
            EffortSaid::Level(_) | EffortSaid::OtherWord => {
                let word = self.word(level.filter(|most| is_above(*most))?);
                Some(format!("\"{word}\""))
            }
        }
    }

    /// The field's word for a level, or for the nearest below that it has, or for its least.
    fn word(&self, level: EffortLevel) -> String {
        let known = levels(self.field);
        let level = known.iter().rev().find(|known| **known <= level);
        let level = level.or_else(|| known.first()).copied();
        let word = level.unwrap_or(EffortLevel::Low).as_str();
        if self.is_upper {
            word.to_ascii_uppercase()
        } else {
            word.to_owned()
        }
    }

    /// Whether it is a number of tokens that has to stay below the output cap.
    pub(crate) const fn is_within_output(&self) -> bool {
        matches!(self.field, Field::ClaudeBudget | Field::ReasoningBudget)
    }

    pub(super) fn is_claudes(&self) -> bool {
        self.field == Field::ClaudeBudget && matches!(self.said, EffortSaid::Tokens(_))
    }
}

/// The levels that a field has words for, least first.
const fn levels(field: Field) -> &'static [EffortLevel] {
    use EffortLevel::{High, Low, Max, Medium, Minimal, XHigh};
    match field {
        Field::OutputEffort => &[Low, Medium, High, XHigh, Max],
        Field::ThinkingLevel => &[Minimal, Low, Medium, High, XHigh],
        Field::Think => &[Low, Medium, High],
        _ => &EffortLevel::ALL,
    }
}

/// Words that leave it to the model: Groq's, and Gemini's zero value.
fn is_unsaid(word: &str) -> bool {
    ["default", "auto", "THINKING_LEVEL_UNSPECIFIED"]
        .iter()
        .any(|unsaid| unsaid.eq_ignore_ascii_case(word))
}
