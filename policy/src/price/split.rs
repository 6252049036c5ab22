//! From totals and parts to classes that do not overlap, so that nothing is billed twice.

use super::Class;
use crate::Usage;

/// Tokens and calls by class; no token is in two classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    by_class: [u64; Class::COUNT],
}

impl Default for Split {
    fn default() -> Self {
        Self {
            by_class: [0; Class::COUNT],
        }
    }
}

/// Splits a usage into classes that do not overlap.
///
/// Where the report adds up, so do the classes: those of the input give `input_tokens`, those of the
/// output `output_tokens`. Where it does not:
///
/// - cache reads and writes count as reported even beyond the input, and the rest is 0 (an answer with
///   347 prompt tokens of which 403 were cached has been seen at Azure);
/// - audio, images and reasoning only say how a part of a total is billed, so they never exceed it;
/// - audio and images whose cached part is not reported are taken to be uncached first.
#[must_use]
pub fn split(usage: &Usage) -> Split {
    let cached_audio = usage.cached_audio_tokens.min(usage.cached_input_tokens);
    let cached_image = usage
        .cached_image_tokens
        .min(usage.cached_input_tokens.saturating_sub(cached_audio));
    let cached = usage
        .cached_input_tokens
        .saturating_sub(cached_audio)
        .saturating_sub(cached_image);
    let written_long = usage.cache_write_long_tokens;
    let written = usage.cache_write_tokens.saturating_sub(written_long);

    let mut fresh = Remainder(usage.input_tokens);
    for elsewhere in [cached_audio, cached_image, cached, written_long, written] {
        fresh.take(elsewhere);
    }
    let audio = fresh.take(usage.input_audio_tokens.saturating_sub(cached_audio));
    let image = fresh.take(usage.input_image_tokens.saturating_sub(cached_image));
    let video = fresh.take(usage.input_video_tokens);

    let mut text = Remainder(usage.output_tokens);
    let output_audio = text.take(usage.output_audio_tokens);
    let output_image = text.take(usage.output_image_tokens);
    let output_video = text.take(usage.output_video_tokens);
    let reasoning = text.take(usage.reasoning_tokens);

    let split = Split::default()
        .with(Class::Input, fresh.0)
        .with(Class::CachedInput, cached)
        .with(Class::CacheWrite, written)
        .with(Class::CacheWriteLong, written_long)
        .with(Class::InputAudio, audio)
        .with(Class::CachedAudio, cached_audio)
        .with(Class::InputImage, image)
        .with(Class::CachedImage, cached_image)
        .with(Class::InputVideo, video)
        .with(Class::Output, text.0)
        .with(Class::Reasoning, reasoning)
        .with(Class::OutputAudio, output_audio)
        .with(Class::OutputImage, output_image)
        .with(Class::OutputVideo, output_video)
        .with(Class::WebSearch, usage.web_search_requests);
    usage.units.listed().fold(split, |split, (unit, count)| {
        split.with(Class::Unit(unit), count)
    })
}

impl Split {
    /// How many of one class.
    #[must_use]
    pub const fn get(&self, class: Class) -> u64 {
        self.by_class[class.index()]
    }

    /// The classes that were used at all.
    pub fn used(&self) -> impl Iterator<Item = (Class, u64)> {
        Class::ALL
            .into_iter()
            .zip(self.by_class)
            .filter(|(_, count)| *count > 0)
    }

    /// All tokens on the prompt's side.
    #[must_use]
    pub fn input_tokens(&self) -> u64 {
        self.used()
            .filter(|(class, _)| class.is_input())
            .fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    const fn with(mut self, class: Class, count: u64) -> Self {
        self.by_class[class.index()] = count;
        self
    }
}

/// What is left of a total.
struct Remainder(u64);

impl Remainder {
    /// Takes `part` out, or what there is; gives what was taken.
    fn take(&mut self, part: u64) -> u64 {
        let taken = part.min(self.0);
        self.0 = self.0.saturating_sub(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Unit, Units};

    #[test]
    fn each_token_is_counted_in_one_class() {
        let usage = Usage {
            input_tokens: 1_000,
            cached_input_tokens: 300,
            cached_audio_tokens: 40,
            cache_write_tokens: 200,
            cache_write_long_tokens: 50,
            input_audio_tokens: 100,
            input_image_tokens: 70,
            cached_image_tokens: 30,
            input_video_tokens: 20,
            output_tokens: 500,
            reasoning_tokens: 200,
            output_audio_tokens: 90,
            output_image_tokens: 10,
            output_video_tokens: 5,
            web_search_requests: 3,
            units: Units::NONE.with(Unit::Pages, 2),
        };
        let split = split(&usage);
        let expected = [
            (Class::Input, 380),
            (Class::CachedInput, 230),
            (Class::CacheWrite, 150),
            (Class::CacheWriteLong, 50),
            (Class::InputAudio, 60),
            (Class::CachedAudio, 40),
            (Class::InputImage, 40),
            (Class::CachedImage, 30),
            (Class::InputVideo, 20),
            (Class::Output, 195),
            (Class::Reasoning, 200),
            (Class::OutputAudio, 90),
            (Class::OutputImage, 10),
            (Class::OutputVideo, 5),
            (Class::WebSearch, 3),
            (Class::Unit(Unit::Pages), 2),
        ];
        assert_eq!(split.used().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn more_cached_than_prompt_leaves_nothing_uncached() {
        let usage = Usage {
            input_tokens: 347,
            cached_input_tokens: 403,
            ..Usage::default()
        };
        let split = split(&usage);
        assert_eq!(
            (split.get(Class::Input), split.get(Class::CachedInput)),
            (0, 403)
        );
    }

    #[test]
    fn reasoning_never_exceeds_the_output_it_is_part_of() {
        let usage = Usage {
            output_tokens: 5,
            reasoning_tokens: 1 << 40,
            ..Usage::default()
        };
        let split = split(&usage);
        assert_eq!(
            (split.get(Class::Output), split.get(Class::Reasoning)),
            (0, 5)
        );
    }
}
