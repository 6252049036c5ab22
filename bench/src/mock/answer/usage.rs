//! How many tokens an answer is billed, and how it says so.

use super::super::ask::{Ask, Call};
use super::super::directives::{Directives, UsageForm};
use super::super::record::Tokens;
use super::Scene;

/// Token counts: deterministic, so that a test can sum them.
///
/// Input is 8 and a quarter of the body's bytes, a quarter of it cached (and, for Anthropic, an eighth
/// written to the cache). Output is what the directives say, else 16 to 63 by the body's length, within
/// the ceiling; a quarter of it is reasoning where the dialect tells.
pub(super) fn tokens(ask: &Ask, directives: &Directives) -> Tokens {
    let input = 8 + ask.body_bytes / 4;
    let output = directives
        .output
        .or_else(|| directives.chunks.map(u64::from))
        .or_else(|| {
            directives
                .fill
                .then(|| ask.output_max.unwrap_or(FILL_TOKENS))
        })
        .unwrap_or_else(|| (16 + ask.body_bytes % 48).min(ask.output_max.unwrap_or(u64::MAX)));
    match ask.call {
        Call::Embeddings | Call::Embed | Call::BatchEmbed => Tokens {
            input,
            ..Tokens::default()
        },
        Call::Messages | Call::CountTokens => Tokens {
            input,
            cached: input / 4,
            cache_write: input / 8,
            output,
            reasoning: 0,
        },
        Call::Completions => Tokens {
            input,
            output,
            ..Tokens::default()
        },
        _ => Tokens {
            input,
            cached: input / 4,
            cache_write: 0,
            output,
            reasoning: output / 4,
        },
    }
}

/// What an answer that fills its cap has where there is none.
const FILL_TOKENS: u64 = 4_096;

impl Scene<'_> {
    /// `,"key":{…}` in the form that the directives ask for. `members` writes the object's inside for
    /// counts that are `factor` times the truth.
    pub(super) fn usage(&self, key: &str, members: impl Fn(&Counts) -> String) -> String {
        let object = |factor| {
            members(&Counts {
                form: self.usage,
                factor,
            })
        };
        match self.usage {
            UsageForm::Missing => String::new(),
            UsageForm::Null => format!(",\"{key}\":null"),
            UsageForm::Doubled => {
                format!(",\"{key}\":{{{}}},\"{key}\":{{{}}}", object(1), object(10))
            }
            _ => format!(",\"{key}\":{{{}}}", object(1)),
        }
    }
}

/// Writes counts in the form that the directives ask for.
pub(super) struct Counts {
    form: UsageForm,
    factor: u64,
}

impl Counts {
    /// One count as a JSON value.
    pub(super) fn of(&self, count: u64) -> String {
        let count = count * self.factor;
        match self.form {
            UsageForm::Negative => format!("-{}", count + 1),
            UsageForm::Huge => format!("{count}99999999999999999999999"),
            UsageForm::Float => format!("{count}.5"),
            UsageForm::Text => format!("\"{count}\""),
            _ => count.to_string(),
        }
    }
}
