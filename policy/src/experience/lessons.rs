//! What answers teach about the requests of one key for one model.

use serde::{Deserialize, Serialize};

use super::{Asked, Media, Observed, live, ratio};
use crate::{Sketch, TOKENS_MAX};

/// What was learned of one key and one model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lessons {
    /// Output tokens of one answer.
    pub(super) output: Sketch,
    /// Output tokens, hidden ones included, for 1,000 bytes of output that came.
    pub(super) delivered: Sketch,
    /// Input tokens for 1,000 bytes of text, where there is nothing else.
    text: Sketch,
    /// Input tokens for 1,000 that it can have, where there are media.
    media: Sketch,
    /// Input tokens of requests that go on from something kept elsewhere.
    elsewhere: Sketch,
}

impl Lessons {
    pub(super) fn observe(&mut self, seen: &Observed<'_>) {
        let asked = &seen.asked;
        if (1..=TOKENS_MAX).contains(&seen.input_tokens) {
            let per_kilobyte = per_thousand(seen.input_tokens, asked.basis());
            self.input_mut(asked.prompt()).observe(per_kilobyte);
        }
        if !asked.has_output || seen.output_tokens > TOKENS_MAX {
            return;
        }
        self.output
            .observe(seen.output_tokens.div_ceil(asked.answers.max(1)));
        if seen.delivered_bytes > 0 {
            let bytes = seen.delivered_bytes.saturating_add(live::UNSEEN_BYTES);
            self.delivered
                .observe(per_thousand(seen.output_tokens, bytes));
        }
    }

    pub(super) const fn input(&self, prompt: Prompt) -> &Sketch {
        match prompt {
            Prompt::Text => &self.text,
            Prompt::Media => &self.media,
            Prompt::Elsewhere => &self.elsewhere,
        }
    }

    const fn input_mut(&mut self, prompt: Prompt) -> &mut Sketch {
        match prompt {
            Prompt::Text => &mut self.text,
            Prompt::Media => &mut self.media,
            Prompt::Elsewhere => &mut self.elsewhere,
        }
    }
}

/// What a prompt's length goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    /// The bytes of its text.
    Text,
    /// The tokens that it can have: an image has as many however large it is.
    Media,
    /// Nothing that is in it.
    Elsewhere,
}

impl Asked<'_> {
    pub(super) const fn prompt(&self) -> Prompt {
        if self.refers_elsewhere {
            Prompt::Elsewhere
        } else if self.media.is_none() {
            Prompt::Text
        } else {
            Prompt::Media
        }
    }

    /// What input tokens are counted against; 1,000 where there is nothing to count against.
    pub(super) fn basis(&self) -> u64 {
        match self.prompt() {
            Prompt::Text => self.prompt_bytes.saturating_add(FRAME_BYTES),
            Prompt::Media => self.input_bound(),
            Prompt::Elsewhere => 1_000,
        }
    }
}

impl Media {
    const fn is_none(&self) -> bool {
        self.images == 0 && self.audio == 0 && self.files == 0 && self.bytes == 0
    }
}

/// `tokens` for each 1,000 of `bytes`, rounded up.
fn per_thousand(tokens: u64, bytes: u64) -> u64 {
    ratio(tokens, 1_000, bytes)
}

/// What roles, names and a template put around a prompt, taken for as many bytes: without it, two bytes that came to
/// thirty tokens would teach that a page comes to a book.
const FRAME_BYTES: u64 = 256;
