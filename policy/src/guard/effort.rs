//! How hard a model is asked to reason.

use std::fmt;

/// How hard a model is asked to reason, less first.
///
/// The words of all dialects together: `OpenAI` has every one, Anthropic those from `low`, Gemini those from `minimal` to
/// `xhigh` (documented at <https://platform.openai.com/docs/api-reference/responses/create>,
/// <https://platform.claude.com/docs/en/build-with-claude/effort> and in google-genai 3.4's `types.py`, read 2026-11). A
/// word that is none of them is the provider's to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as can be.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    XHigh,
    /// As much as there is.
    Max,
}

impl Effort {
    /// Every effort, less first.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::Minimal,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::XHigh,
        Self::Max,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// The effort of that word, in capitals (as Gemini's clients write it) or not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_it = |effort: &Self| effort.as_str().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(is_it)
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
