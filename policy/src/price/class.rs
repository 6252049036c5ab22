//! The classes that tokens and calls are billed in.

/// A class with a price of its own somewhere. What is used is counted in exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Text in the prompt, neither cached nor written to a cache.
    Input,
    /// Prompt tokens read from the provider's cache.
    CachedInput,
    /// Prompt tokens written to the cache for the shorter time (5 min at Anthropic, 30 min at OpenAI).
    CacheWrite,
    /// Prompt tokens written to the cache for the longer time (1 h at Anthropic, 12 h at OpenAI).
    CacheWriteLong,
    /// Audio in the prompt, not cached.
    InputAudio,
    /// Audio in the prompt, read from the cache.
    CachedAudio,
    /// Images in the prompt, not cached.
    InputImage,
    /// Text in the answer.
    Output,
    /// Reasoning, shown or not.
    Reasoning,
    /// Audio in the answer.
    OutputAudio,
    /// Images in the answer.
    OutputImage,
    /// Web searches run by the provider, counted in calls.
    WebSearch,
}

impl Class {
    /// How many classes there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Every class, input first, then output, then calls.
    pub const ALL: [Self; 12] = [
        Self::Input,
        Self::CachedInput,
        Self::CacheWrite,
        Self::CacheWriteLong,
        Self::InputAudio,
        Self::CachedAudio,
        Self::InputImage,
        Self::Output,
        Self::Reasoning,
        Self::OutputAudio,
        Self::OutputImage,
        Self::WebSearch,
    ];

    /// The name used in price files and in `quotah prices show`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CachedInput => "cached_input",
            Self::CacheWrite => "cache_write",
            Self::CacheWriteLong => "cache_write_long",
            Self::InputAudio => "input_audio",
            Self::CachedAudio => "cached_audio",
            Self::InputImage => "input_image",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::OutputAudio => "output_audio",
            Self::OutputImage => "output_image",
            Self::WebSearch => "web_search",
        }
    }

    /// The class of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// Whether it is part of a request's input tokens.
    #[must_use]
    pub const fn is_input(self) -> bool {
        matches!(
            self,
            Self::Input
                | Self::CachedInput
                | Self::CacheWrite
                | Self::CacheWriteLong
                | Self::InputAudio
                | Self::CachedAudio
                | Self::InputImage
        )
    }

    /// Its place in [`Self::ALL`].
    #[expect(
        clippy::as_conversions,
        reason = "a fieldless enum's discriminant counts from 0"
    )]
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_stands_at_its_index_and_reads_back_from_its_name() {
        for (index, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class.index(), index);
            assert_eq!(Class::parse(class.as_str()), Some(class));
        }
        assert_eq!(Class::parse("inputs"), None);
    }
}
