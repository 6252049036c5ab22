//! Experience: what requests of one key for one model used, and so what the next one is expected to use.
//!
//! A request's price is known when it is over; money for it is set aside before. Too little lets a budget be overrun,
//! too much refuses requests that there is money for. [`Experience::observe`] learns from answers whose usage the
//! provider told, [`Experience::expect`] says what to set aside, and [`Live`] goes on counting while a stream runs.

mod expected;
mod lessons;
mod live;
mod table;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use expected::Expected;
pub use lessons::Lessons;
pub use live::Live;
pub use table::LEARNED_MAX;

use table::Table;

/// What was learned, by key and by model sent. At most [`LEARNED_MAX`] pairs are kept, the rest is forgotten.
#[derive(Debug, Default)]
pub struct Experience {
    table: Table,
}

/// What a request says about how much it may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Whose it is.
    pub key: &'a str,
    /// The model as it is sent to the provider.
    pub model: &'a str,
    /// Bytes of all its text, decoded, without media.
    pub prompt_bytes: u64,
    /// Bytes of its body, whatever is in it.
    pub body_bytes: u64,
    /// What is in it beside text.
    pub media: Media,
    /// Whether it gives the model tools: a provider may add a prompt of its own for them.
    pub has_tools: bool,
    /// Whether its prompt goes on from something kept at the provider: a stored conversation or prompt, a file by its
    /// id, a cache by its name. Its own bytes then bound nothing.
    pub refers_elsewhere: bool,
    /// Answers asked for at once; 0 counts as 1.
    pub answers: u64,
    /// Most output tokens of one answer, as the client has it.
    pub output_cap: Option<u64>,
    /// Tokens of the output that the request sets apart for reasoning (Anthropic's `thinking.budget_tokens`, which a
    /// cap must be above: documented at <https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking>).
    pub reasoning_tokens: u64,
    /// Whether the answer is streamed, so that it can be cut.
    pub stream: bool,
    /// Whether its answer has tokens at all: an embedding's has not.
    pub has_output: bool,
}

/// What a request has beside text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Media {
    /// Images, in the body or by address.
    pub images: u64,
    /// Pieces of audio.
    pub audio: u64,
    /// Documents, videos, and whatever else.
    pub files: u64,
    /// How many of the body's bytes they take.
    pub bytes: u64,
}

/// What an answer used, as its provider told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observed<'a> {
    /// The request.
    pub asked: Asked<'a>,
    /// All tokens of its prompt, cached ones included; 0 when not told.
    pub input_tokens: u64,
    /// All tokens of its answers, reasoning included.
    pub output_tokens: u64,
    /// Bytes of output that came, counted as [`Live`] is told them.
    pub delivered_bytes: u64,
}

/// How careful to be: the configuration's `[reservation]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Output tokens that an answer is expected to have before there is experience, and the least that a plain answer
    /// is capped at however short answers were before.
    pub prior_output_tokens: u64,
    /// The quantile of what was seen that is expected, in thousandths.
    pub quantile_per_mille: u16,
    /// How many times the quantile a plain answer may have.
    pub headroom: u64,
    /// Observations that make experience.
    pub experience_min: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prior_output_tokens: 1_024,
            quantile_per_mille: 990,
            headroom: 8,
            experience_min: 20,
        }
    }
}

impl Experience {
    /// Nothing learned yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns from an answer whose usage its provider told, and nobody else: what is learned from our own estimates
    /// would confirm them. Also from answers that ended at their cap: they are why the next one's is higher.
    pub fn observe(&self, seen: &Observed<'_>) {
        let asked = &seen.asked;
        self.table.write(asked.key, asked.model, |lessons| {
            lessons.observe(seen);
        });
    }

    /// What a request is expected to use.
    #[must_use]
    pub fn expect(&self, asked: &Asked<'_>, settings: &Settings) -> Expected {
        let read = |lessons: &Lessons| Expected::new(asked, settings, lessons);
        let known = self.table.read(asked.key, asked.model, read);
        known.unwrap_or_else(|| read(&Lessons::default()))
    }

    /// How many pairs of key and model it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that was learned, for keeping it.
    #[must_use]
    pub fn learned(&self) -> Vec<Learned> {
        self.table.all()
    }

    /// Takes back what was kept, in place of what it knows of that pair.
    pub fn recall(&self, learned: Learned) {
        let Learned {
            key,
            model,
            lessons,
        } = learned;
        self.table.write(&key, &model, |known| *known = lessons);
    }
}

/// What was learned of one key and one model, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// Whose.
    pub key: Box<str>,
    /// The model sent.
    pub model: Box<str>,
    /// What.
    pub lessons: Lessons,
}

/// `number` × `by` ÷ `parts`, rounded up.
fn ratio(number: u64, by: u64, parts: u64) -> u64 {
    let product = u128::from(number).saturating_mul(u128::from(by));
    u64::try_from(product.div_ceil(u128::from(parts.max(1)))).unwrap_or(u64::MAX)
}
