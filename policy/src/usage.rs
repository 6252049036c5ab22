//! What a request used, in classes that can be priced without counting anything twice.

use serde::{Deserialize, Serialize};

/// Tokens and billed calls of one request, in the ledger's terms.
///
/// `input_tokens` and `output_tokens` are totals; every other token field names a part of one of
/// them. Readers of wire formats convert to this form (Anthropic reports caches beside the input,
/// Gemini reports thoughts beside the output), so that pricing and budgets never have to know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Part of `output_tokens` that was images.
    pub output_image_tokens: u64,
    /// Web searches the provider ran and bills by the call.
    pub web_search_requests: u64,
}

impl Usage {
    /// Both together, class by class.
    #[must_use]
    pub const fn saturating_add(self, other: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_input_tokens: self
                .cached_input_tokens
                .saturating_add(other.cached_input_tokens),
            cache_write_tokens: self
                .cache_write_tokens
                .saturating_add(other.cache_write_tokens),
            cache_write_long_tokens: self
                .cache_write_long_tokens
                .saturating_add(other.cache_write_long_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
            input_audio_tokens: self
                .input_audio_tokens
                .saturating_add(other.input_audio_tokens),
            cached_audio_tokens: self
                .cached_audio_tokens
                .saturating_add(other.cached_audio_tokens),
            output_audio_tokens: self
                .output_audio_tokens
                .saturating_add(other.output_audio_tokens),
            input_image_tokens: self
                .input_image_tokens
                .saturating_add(other.input_image_tokens),
            output_image_tokens: self
                .output_image_tokens
                .saturating_add(other.output_image_tokens),
            web_search_requests: self
                .web_search_requests
                .saturating_add(other.web_search_requests),
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
