//! What a request used, in classes that can be priced without counting anything twice.

use serde::{Deserialize, Serialize};

use crate::Units;

/// Tokens and billed calls of one request, in the ledger's terms.
///
/// `input_tokens` and `output_tokens` are totals; every other token field names a part of one of
/// them. Readers of wire formats convert to this form (Anthropic reports caches beside the input,
/// Gemini reports thoughts beside the output), so that pricing and budgets never have to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// All prompt-side tokens, cached and written-to-cache ones included.
    pub input_tokens: u64,
    /// Part of `input_tokens` that was read from the provider's prompt cache.
    pub cached_input_tokens: u64,
    /// Part of `input_tokens` that was written to the provider's prompt cache, any time to live.
    pub cache_write_tokens: u64,
    /// Part of `cache_write_tokens` kept for the longer time to live (1 h at Anthropic, 12 h at OpenAI).
    pub cache_write_long_tokens: u64,
    /// All generated tokens, reasoning included.
    pub output_tokens: u64,
    /// Part of `output_tokens` spent on reasoning.
    pub reasoning_tokens: u64,
    /// Part of `input_tokens` that was audio.
    pub input_audio_tokens: u64,
    /// Part of `cached_input_tokens` that was audio.
    pub cached_audio_tokens: u64,
    /// Part of `output_tokens` that was audio.
    pub output_audio_tokens: u64,
    /// Part of `input_tokens` that was images.
    pub input_image_tokens: u64,
    /// Part of `cached_input_tokens` that was images.
    pub cached_image_tokens: u64,
    /// Part of `input_tokens` that was video.
    pub input_video_tokens: u64,
    /// Part of `output_tokens` that was images.
    pub output_image_tokens: u64,
    /// Part of `output_tokens` that was video.
    pub output_video_tokens: u64,
    /// Web searches the provider ran and bills by the call.
    pub web_search_requests: u64,
    /// What else is billed by the piece; none of it is in the fields above.
    #[serde(skip_serializing_if = "Units::is_none")]
    pub units: Units,
}

impl Usage {
    /// Both together, class by class.
    #[must_use]
    pub fn saturating_add(self, other: &Self) -> Self {
        Self {
            units: self.units.saturating_add(&other.units),
            ..self.each(other, u64::saturating_add)
        }
    }

    /// What is here and not in `other`, class by class; never below 0.
    #[must_use]
    pub fn saturating_sub(self, other: &Self) -> Self {
        Self {
            units: self.units.saturating_sub(&other.units),
            ..self.each(other, u64::saturating_sub)
        }
    }

    /// Whether nothing was used.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    fn each(self, other: &Self, of: fn(u64, u64) -> u64) -> Self {
        let (mine, theirs) = (self.counts(), other.counts());
        let mut both = [0; Self::COUNTS];
        for (sum, (mine, theirs)) in both.iter_mut().zip(mine.into_iter().zip(theirs)) {
            *sum = of(mine, theirs);
        }
        Self::from_counts(both)
    }

    /// How many numbers [`Self::counts`] gives.
    pub const COUNTS: usize = 15;

    /// All numbers but the units', in an order that kept records rely on: new ones come last.
    #[must_use]
    pub const fn counts(&self) -> [u64; Self::COUNTS] {
        [
            self.input_tokens,
            self.cached_input_tokens,
            self.cache_write_tokens,
            self.cache_write_long_tokens,
            self.output_tokens,
            self.reasoning_tokens,
            self.input_audio_tokens,
            self.cached_audio_tokens,
            self.output_audio_tokens,
            self.input_image_tokens,
            self.output_image_tokens,
            self.web_search_requests,
            self.cached_image_tokens,
            self.input_video_tokens,
            self.output_video_tokens,
        ]
    }

    /// The opposite of [`Self::counts`], without units.
    #[must_use]
    pub const fn from_counts(counts: [u64; Self::COUNTS]) -> Self {
        let [
            input_tokens,
            cached_input_tokens,
            cache_write_tokens,
            cache_write_long_tokens,
            output_tokens,
            reasoning_tokens,
            input_audio_tokens,
            rest @ ..,
        ] = counts;
        let [
            cached_audio_tokens,
            output_audio_tokens,
            input_image_tokens,
            output_image_tokens,
            web_search_requests,
            cached_image_tokens,
            input_video_tokens,
            output_video_tokens,
        ] = rest;
        Self {
            input_tokens,
            cached_input_tokens,
            cache_write_tokens,
            cache_write_long_tokens,
            output_tokens,
            reasoning_tokens,
            input_audio_tokens,
            cached_audio_tokens,
            output_audio_tokens,
            input_image_tokens,
            cached_image_tokens,
            input_video_tokens,
            output_image_tokens,
            output_video_tokens,
            web_search_requests,
            units: Units::NONE,
        }
    }
}

/// How the figures of a [`Usage`] came to be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The provider reported all of them.
    Provider,
    /// The provider reported a part (an Anthropic stream that ended early has its input); the rest is estimated.
    Partial,
    /// All of them are estimated from the bytes that went up and came down.
    Estimated,
    /// Nothing was used, or nothing is known.
    #[default]
    None,
}

impl UsageSource {
    /// The name used in the ledger and in exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Partial => "partial",
            Self::Estimated => "estimated",
            Self::None => "none",
        }
    }
}

/// Most tokens of one class that a single request is believed to have used: 2^40.
///
/// The largest context window on sale is 10 million tokens; a figure a hundred thousand times that is a
/// provider's fault and would poison sums, so readers treat it as not reported.
pub const TOKENS_MAX: u64 = 1 << 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_go_out_and_come_back_in_their_order() {
        let counts = std::array::from_fn(|place| u64::try_from(place).unwrap());
        let usage = Usage::from_counts(counts);
        assert_eq!(usage.counts(), counts);
        assert_eq!((usage.input_tokens, usage.web_search_requests), (0, 11));
        assert_eq!(usage.output_video_tokens, 14);
    }

    #[test]
    fn what_is_added_can_be_taken_away_again() {
        let one = Usage::from_counts([3; Usage::COUNTS]);
        let other = Usage {
            units: Units::NONE.with(crate::Unit::Pages, 2),
            ..Usage::from_counts([4; Usage::COUNTS])
        };
        assert_eq!(one.saturating_add(&other).saturating_sub(&other), one);
        assert!(one.saturating_sub(&other).is_none());
    }
}
