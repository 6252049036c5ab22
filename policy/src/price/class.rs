//! The classes that tokens and calls are billed in.

use crate::Unit;

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
    /// Images in the prompt, read from the cache.
    CachedImage,
    /// Video in the prompt, not cached.
    InputVideo,
    /// Text in the answer.
    Output,
    /// Reasoning, shown or not.
    Reasoning,
    /// Audio in the answer.
    OutputAudio,
    /// Images in the answer.
    OutputImage,
    /// Video in the answer.
    OutputVideo,
    /// Web searches run by the provider, counted in calls.
    WebSearch,
    /// What is billed by the piece.
    Unit(Unit),
}

impl Class {
    /// How many classes there are.
    pub const COUNT: usize = WITHOUT_UNITS.len() + Unit::COUNT;

    /// Every class: input first, then output, then calls and other units.
    pub const ALL: [Self; Self::COUNT] = all();

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
            Self::CachedImage => "cached_image",
            Self::InputVideo => "input_video",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::OutputAudio => "output_audio",
            Self::OutputImage => "output_image",
            Self::OutputVideo => "output_video",
            Self::WebSearch => "web_search",
            Self::Unit(unit) => unit.as_str(),
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
                | Self::CachedImage
                | Self::InputVideo
        )
    }

    /// Whether it is part of a request's input or output tokens.
    #[must_use]
    pub const fn is_token(self) -> bool {
        !matches!(self, Self::WebSearch | Self::Unit(_))
    }

    /// How many of it a price in a list is for: a million tokens or characters, a thousand of anything
    /// else. A thousand milliseconds are a second.
    #[must_use]
    pub const fn per(self) -> u64 {
        match self {
            Self::Unit(Unit::Characters | Unit::CitationTokens) => 1_000_000,
            Self::WebSearch | Self::Unit(_) => 1_000,
            _ => 1_000_000,
        }
    }

    /// Its place in [`Self::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Input => 0,
            Self::CachedInput => 1,
            Self::CacheWrite => 2,
            Self::CacheWriteLong => 3,
            Self::InputAudio => 4,
            Self::CachedAudio => 5,
            Self::InputImage => 6,
            Self::CachedImage => 7,
            Self::InputVideo => 8,
            Self::Output => 9,
            Self::Reasoning => 10,
            Self::OutputAudio => 11,
            Self::OutputImage => 12,
            Self::OutputVideo => 13,
            Self::WebSearch => 14,
            Self::Unit(unit) => WITHOUT_UNITS.len().saturating_add(unit.index()),
        }
    }
}

const WITHOUT_UNITS: [Class; 15] = [
    Class::Input,
    Class::CachedInput,
    Class::CacheWrite,
    Class::CacheWriteLong,
    Class::InputAudio,
    Class::CachedAudio,
    Class::InputImage,
    Class::CachedImage,
    Class::InputVideo,
    Class::Output,
    Class::Reasoning,
    Class::OutputAudio,
    Class::OutputImage,
    Class::OutputVideo,
    Class::WebSearch,
];

#[expect(
    clippy::arithmetic_side_effects,
    reason = "run by the compiler, which checks it"
)]
const fn all() -> [Class; Class::COUNT] {
    let mut all = [Class::Input; Class::COUNT];
    let mut place = 0;
    while place < all.len() {
        all[place] = if place < WITHOUT_UNITS.len() {
            WITHOUT_UNITS[place]
        } else {
            Class::Unit(Unit::ALL[place - WITHOUT_UNITS.len()])
        };
        place += 1;
    }
    all
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
