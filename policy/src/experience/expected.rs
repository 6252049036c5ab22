//! From what was learned to what is set aside.

use super::lessons::{Lessons, Prompt};
use super::{Asked, Live, Media, Settings, live, ratio};
use crate::TOKENS_MAX;

/// What a request is expected to use, and what it can use at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// More input tokens than it can have, where its own bytes bound them; a guess on the dear side where they do not
    /// (media by address, things kept at the provider).
    pub input_most: u64,
    /// More input tokens than it will likely have: by experience, and `input_most` before there is any.
    pub input_likely: u64,
    /// Output tokens to set aside, all answers together.
    pub output_hold: u64,
    /// What to cap one answer at so that it keeps to `output_hold`; `None` where the client's own cap does, and for
    /// streams, which are cut instead.
    pub output_cap: Option<u64>,
    /// Output tokens below which it is not worth sending, all answers together: what is usual for a plain answer, which
    /// would be cut short, and hardly anything for a stream. Never more than `output_hold`.
    pub output_least: u64,
    /// Output tokens, hidden ones included, that 1,000 delivered bytes are counted as.
    pub tokens_per_kilobyte: u64,
    /// What limits the cap of one answer.
    answer: Answer,
}

/// What is known about one answer of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Answer {
    /// How many there are.
    answers: u64,
    /// The client's own cap on it.
    client_cap: Option<u64>,
    /// Whether it can be capped: a stream is cut, an embedding has nothing to cap.
    is_capped: bool,
}

impl Expected {
    pub(super) fn new(asked: &Asked<'_>, settings: &Settings, lessons: &Lessons) -> Self {
        let (input_most, input_likely) = input(asked, settings, lessons);
        let answer = Answer {
            answers: asked.answers.max(1),
            client_cap: asked.output_cap,
            is_capped: asked.has_output && !asked.stream,
        };
        let (hold, least) = output(asked, settings, lessons);
        let mut expected = Self {
            input_most,
            input_likely,
            output_hold: hold.saturating_mul(answer.answers),
            output_cap: None,
            output_least: least.saturating_mul(answer.answers),
            tokens_per_kilobyte: delivered(settings, lessons),
            answer,
        };
        expected.output_cap = expected.cap_for(expected.output_hold);
        expected
    }

    /// What to cap one answer at when `output_tokens` could be set aside for all of them; `None` where the client's
    /// own cap is no higher, and for streams.
    #[must_use]
    pub fn cap_for(&self, output_tokens: u64) -> Option<u64> {
        let answers = self.answer.answers.max(1);
        let each = output_tokens.checked_div(answers).unwrap_or(output_tokens);
        let is_lower = self.answer.client_cap.is_none_or(|cap| each < cap);
        (self.answer.is_capped && is_lower).then_some(each)
    }

    /// Counts the request's stream.
    #[must_use]
    pub const fn live(&self) -> Live {
        Live::new(self.tokens_per_kilobyte)
    }
}

/// Input tokens at most, and likely.
fn input(asked: &Asked<'_>, settings: &Settings, lessons: &Lessons) -> (u64, u64) {
    let bound = asked.input_bound();
    let prompt = asked.prompt();
    let sketch = lessons.input(prompt);
    let is_known = sketch.count() >= settings.experience_min;
    let most = if prompt == Prompt::Elsewhere {
        let prior = if is_known { 0 } else { ELSEWHERE_TOKENS };
        let seen = sketch.quantile(1_000).unwrap_or(0).saturating_mul(2);
        bound.max(prior).max(seen)
    } else {
        bound
    };
    let most = most.min(TOKENS_MAX);
    let learned = sketch
        .quantile(settings.quantile_per_mille)
        .filter(|_| is_known);
    let likely = learned.map_or(most, |per_kilobyte| {
        let tokens = ratio(per_kilobyte, asked.basis(), 1_000);
        ratio(tokens, 9, 8).min(most)
    });
    (most, likely)
}

impl Asked<'_> {
    /// More tokens than what is in the request can have.
    pub(super) fn input_bound(&self) -> u64 {
        let text = self.body_bytes.saturating_sub(self.media.bytes);
        let tools = if self.has_tools { TOOLS_TOKENS } else { 0 };
        text.saturating_add(tools)
            .saturating_add(self.media.tokens_most())
    }
}

impl Media {
    fn tokens_most(&self) -> u64 {
        let inline = if self.audio == 0 && self.files == 0 && self.images > 0 {
            0
        } else {
            self.bytes
        };
        [
            (self.images, IMAGE_TOKENS),
            (self.audio, AUDIO_TOKENS),
            (self.files, FILE_TOKENS),
        ]
        .into_iter()
        .fold(inline, |sum, (count, each)| {
            sum.saturating_add(count.saturating_mul(each))
        })
    }
}

/// Output tokens to set aside for one answer, and the least that are worth having.
fn output(asked: &Asked<'_>, settings: &Settings, lessons: &Lessons) -> (u64, u64) {
    if !asked.has_output {
        return (0, 0);
    }
    let cap = asked.output_cap.unwrap_or(TOKENS_MAX).min(TOKENS_MAX);
    let seen = if lessons.output.count() >= settings.experience_min {
        lessons.output.quantile(settings.quantile_per_mille)
    } else {
        let most = lessons.output.quantile(1_000).unwrap_or(0);
        Some(most.max(settings.prior_output_tokens))
    };
    let seen = seen.unwrap_or(settings.prior_output_tokens);
    if asked.stream {
        let hold = seen.max(STREAM_TOKENS_MIN).min(cap);
        // A stream is cut when there is no more. One whose client allows it little is not begun without that little.
        let least = if cap <= hold { cap } else { STREAM_TOKENS_MIN };
        return (hold, least);
    }
    // An answer that is cut to less than is usual is money for nothing.
    let least = seen
        .max(PLAIN_TOKENS_MIN)
        .saturating_add(asked.reasoning_tokens);
    // A short habit must not cut the first long answer to a few words.
    let hold = seen
        .saturating_mul(settings.headroom.max(1))
        .max(settings.prior_output_tokens)
        .max(least);
    (hold.min(cap), least.min(cap))
}

/// Output tokens for 1,000 delivered bytes.
fn delivered(settings: &Settings, lessons: &Lessons) -> u64 {
    let sketch = &lessons.delivered;
    if sketch.count() >= settings.experience_min {
        let seen = sketch.quantile(settings.quantile_per_mille);
        return seen.unwrap_or(live::PRIOR).max(1);
    }
    sketch.quantile(1_000).unwrap_or(0).max(live::PRIOR)
}

/// What providers add to a prompt with tools: up to 530 tokens (Claude 3 Opus, documented at
/// <https://docs.anthropic.com/en/docs/tool-use-pricing-and-tokens>, read 2026-11). Twice that.
const TOOLS_TOKENS: u64 = 1_060;

/// An image at most: 14,364 tokens for 12 megapixels at GPT-6's default detail, 4,005 at Claude Opus 5.5, 1,101 at
/// Gemini 3 (measured at <https://huggingface.co/datasets/JOHNISKING/image-token-cost>, read 2026-11).
const IMAGE_TOKENS: u64 = 16_384;

/// Audio by address or id: ten minutes at Gemini's 32 tokens a second (documented at
/// <https://ai.google.dev/gemini-api/docs/tokens>, read 2026-11). In the body, its bytes bound it.
const AUDIO_TOKENS: u64 = 19_200;

/// A document by address or id: ten pages at 2,481 tokens (the dearest page measured, Claude Opus 5.5, at
/// <https://huggingface.co/datasets/JOHNISKING/pdf-token-cost>, read 2026-11). In the body, its bytes bound it too.
const FILE_TOKENS: u64 = 24_810;

/// What is kept at a provider and goes before a prompt, before anything is known about it: a long conversation.
const ELSEWHERE_TOKENS: u64 = 32_768;

/// The least cap that OpenAI's Responses take (`max_output_tokens`, documented at
/// <https://platform.openai.com/docs/api-reference/responses/create>, read 2026-11).
const PLAIN_TOKENS_MIN: u64 = 16;

/// One event's worth: a stream is cut when it has used up what it holds.
const STREAM_TOKENS_MIN: u64 = 1;
