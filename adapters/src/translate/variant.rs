//! How servers with `OpenAI`'s chat differ where a request is written for them: a row each, no code.

use super::feature::Feature;

/// What is special about a provider's chat completions.
#[derive(Debug)]
pub(crate) struct ChatVariant {
    /// What ids of tool calls may be.
    pub(crate) tool_ids: ToolIds,
    /// The member that makes chance repeatable.
    pub(crate) seed: &'static str,
    /// What it has no member for, and refuses or passes over.
    pub(crate) lacks: &'static [Feature],
    /// `max_completion_tokens` or `max_tokens` is [`crate::provider::Provider::chat_cap`]; `developer` is the role of
    /// instructions where this is set, else `system`.
    pub(crate) has_developer: bool,
}

/// What ids of tool calls may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolIds {
    /// Any text up to so many bytes.
    Any(usize),
    /// Exactly nine letters and digits.
    Nine,
}

impl ChatVariant {
    /// As `OpenAI` has it.
    pub(crate) const OPENAI: Self = Self {
        tool_ids: ToolIds::Any(40),
        seed: "seed",
        lacks: &[],
        has_developer: false,
    };
}
