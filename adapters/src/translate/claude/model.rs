//! How Claude's models differ where a request is written for them: a row each.
//!
//! Documented at <https://platform.claude.com/docs/en/about-claude/models/overview>, at `…/build-with-claude/effort`,
//! `…/adaptive-thinking` and `…/mid-conversation-system-messages`, and in each model's migration guide, read 2026-11.

/// What a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Model {
    /// What its name holds, dots told as dashes.
    name: &'static str,
    /// The cap on an answer's tokens where the caller sets none: what the model makes at most, up to 32,000.
    pub(crate) output_max: u64,
    pub(crate) thinking: Thinking,
    pub(crate) sampling: Sampling,
    /// It takes instructions behind the first turn. The others refuse them.
    pub(crate) takes_system_midway: bool,
}

/// How a model is asked to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// It does not.
    None,
    /// `enabled`, with a budget of tokens.
    Tokens,
    /// `adaptive`, with a word for effort. It does not think unless asked to; `xhigh` is not among its words.
    Words,
    /// The same with `xhigh`, and may think unasked.
    MoreWords,
    /// It always thinks, more or less.
    Always,
}

/// What a model takes for chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sampling {
    Any,
    /// A temperature or a mass of likely tokens, not both.
    OneOf,
    /// It refuses all of it.
    None,
}

impl Model {
    /// The model of that name. One of Claude's that is not known here is taken for a new one, any other for one that
    /// takes what all once took.
    pub(crate) fn named(name: &str) -> &'static Self {
        let name = name.to_ascii_lowercase().replace('.', "-");
        let row = ROWS.iter().find(|row| name.contains(row.name));
        let is_claude = name.contains("claude");
        row.unwrap_or(if is_claude { &NEWEST } else { &OTHER })
    }

    const fn old(name: &'static str, output_max: u64) -> Self {
        Self {
            name,
            output_max,
            thinking: Thinking::None,
            sampling: Sampling::Any,
            takes_system_midway: false,
        }
    }

    const fn with_tokens(name: &'static str, sampling: Sampling) -> Self {
        Self {
            thinking: Thinking::Tokens,
            sampling,
            ..Self::old(name, OUTPUT_MAX)
        }
    }

    const fn with_words(name: &'static str, thinking: Thinking) -> Self {
        Self {
            thinking,
            sampling: Sampling::None,
            ..Self::old(name, OUTPUT_MAX)
        }
    }
}

/// What every model from Claude 3.7 on makes at least. More is made by some, and asked for by callers that want it.
const OUTPUT_MAX: u64 = 32_000;

static NEWEST: Model = Model {
    takes_system_midway: true,
    ..Model::with_words("claude", Thinking::MoreWords)
};

/// Other makers' models behind Anthropic's dialect.
static OTHER: Model = Model {
    takes_system_midway: true,
    ..Model::with_tokens("", Sampling::Any)
};

/// The first that fits counts.
static ROWS: &[Model] = &[
    Model::old("claude-2", 4_096),
    // As Bedrock names it.
    Model::old("claude-v2", 4_096),
    Model::old("claude-instant", 4_096),
    Model::old("claude-3-5", 8_192),
    Model::with_tokens("claude-3-7", Sampling::Any),
    Model::old("claude-3-", 4_096),
    Model::with_tokens("opus-4-1", Sampling::OneOf),
    Model::with_tokens("opus-4-5", Sampling::OneOf),
    Model::with_tokens("sonnet-4-5", Sampling::OneOf),
    Model::with_tokens("haiku-4-5", Sampling::OneOf),
    Model {
        sampling: Sampling::OneOf,
        ..Model::with_words("opus-4-6", Thinking::Words)
    },
    Model {
        sampling: Sampling::OneOf,
        ..Model::with_words("sonnet-4-6", Thinking::Words)
    },
    Model::with_words("opus-4-7", Thinking::MoreWords),
    Model {
        takes_system_midway: true,
        ..Model::with_words("opus-4-8", Thinking::MoreWords)
    },
    // What is left of the fourth generation is its first: `claude-opus-4-20250514`, `claude-4-sonnet`.
    Model::with_tokens("opus-4", Sampling::Any),
    Model::with_tokens("sonnet-4", Sampling::Any),
    Model::with_tokens("claude-4-", Sampling::Any),
    Model {
        takes_system_midway: true,
        ..Model::with_words("fable", Thinking::Always)
    },
    Model {
        takes_system_midway: true,
        ..Model::with_words("mythos", Thinking::Always)
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_known_by_their_names_wherever_they_are_written() {
        let known = |name| {
            let model = Model::named(name);
            (model.output_max, model.thinking, model.sampling)
        };
        for (name, told) in [
            (
                "claude-3-haiku-20240307",
                (4_096, Thinking::None, Sampling::Any),
            ),
            (
                "claude-3-5-sonnet-latest",
                (8_192, Thinking::None, Sampling::Any),
            ),
            (
                "claude-3-7-sonnet-20250219",
                (32_000, Thinking::Tokens, Sampling::Any),
            ),
            (
                "claude-sonnet-4-20250514",
                (32_000, Thinking::Tokens, Sampling::Any),
            ),
            (
                "claude-haiku-4-5-20251001",
                (32_000, Thinking::Tokens, Sampling::OneOf),
            ),
            (
                "anthropic/claude-opus-4.6",
                (32_000, Thinking::Words, Sampling::OneOf),
            ),
            (
                "claude-opus-4-7",
                (32_000, Thinking::MoreWords, Sampling::None),
            ),
            (
                "claude-sonnet-5",
                (32_000, Thinking::MoreWords, Sampling::None),
            ),
            (
                "claude-fable-5-2",
                (32_000, Thinking::Always, Sampling::None),
            ),
            ("deepseek-chat", (32_000, Thinking::Tokens, Sampling::Any)),
        ] {
            assert_eq!(known(name), told, "{name}");
        }
    }
}
