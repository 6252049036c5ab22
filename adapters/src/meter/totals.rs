//! A dialect's counts, added up to a [`Usage`].

use quotah_policy::{TOKENS_MAX, Usage};

/// The figures as they stand, and which of the two totals the provider has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) usage: Usage,
    pub(crate) input_reported: bool,
    pub(crate) output_reported: bool,
}

impl Totals {
    /// Cuts every part to what it is a part of. (A provider has answered 403 cached of 347 prompt tokens.)
    pub(crate) fn clamped(mut self) -> Self {
        let usage = &mut self.usage;
        usage.input_tokens = usage.input_tokens.min(TOKENS_MAX);
        usage.output_tokens = usage.output_tokens.min(TOKENS_MAX);
        let input = usage.input_tokens;
        usage.cached_input_tokens = usage.cached_input_tokens.min(input);
        let uncached = input.saturating_sub(usage.cached_input_tokens);
        usage.cache_write_tokens = usage.cache_write_tokens.min(uncached);
        usage.cache_write_long_tokens = usage.cache_write_long_tokens.min(usage.cache_write_tokens);
        usage.input_audio_tokens = usage.input_audio_tokens.min(input);
        usage.cached_audio_tokens = usage
            .cached_audio_tokens
            .min(usage.cached_input_tokens)
            .min(usage.input_audio_tokens);
        let other = input.saturating_sub(usage.input_audio_tokens);
        usage.input_image_tokens = usage.input_image_tokens.min(other);
        usage.cached_image_tokens = usage
            .cached_image_tokens
            .min(
                usage
                    .cached_input_tokens
                    .saturating_sub(usage.cached_audio_tokens),
            )
            .min(usage.input_image_tokens);
        let other = other.saturating_sub(usage.input_image_tokens);
        usage.input_video_tokens = usage.input_video_tokens.min(other);
        usage.reasoning_tokens = usage.reasoning_tokens.min(usage.output_tokens);
        usage.output_audio_tokens = usage.output_audio_tokens.min(usage.output_tokens);
        let other = usage
            .output_tokens
            .saturating_sub(usage.output_audio_tokens);
        usage.output_image_tokens = usage.output_image_tokens.min(other);
        let other = other.saturating_sub(usage.output_image_tokens);
        usage.output_video_tokens = usage.output_video_tokens.min(other);
        self
    }
}
