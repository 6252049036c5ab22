//! How the figures of `OpenAI`'s dialect add up.

use quotah_policy::{Unit, Usage};

use crate::call::Operation;
use crate::meter::{Count, Counts, Known, Totals};

/// Caches lie inside the input, reasoning inside the output, unless the total tells otherwise.
pub(super) fn totals(counts: &Counts, operation: Operation) -> Totals {
    let beside = Beside::of(counts);
    read(counts, operation, beside)
}

/// The same where reasoning outside the output's details is beside the output, though not in the total either:
/// Perplexity's deep research (`usage.reasoning_tokens`, with a price of its own:
/// <https://docs.perplexity.ai/getting-started/pricing>, read 2026-11).
pub(super) fn totals_with_reasoning_apart(counts: &Counts, operation: Operation) -> Totals {
    let beside = Beside {
        reasoning: counts.part(Count::ReasoningAgain),
        audio: 0,
    };
    read(counts, operation, beside)
}

fn read(counts: &Counts, operation: Operation, beside: Beside) -> Totals {
    let (mut input, mut output) = (counts.tokens(Count::Input), counts.tokens(Count::Output));
    if operation.has_no_output() {
        // Embeddings and rankings generate nothing and say nothing of it; some tell the total only.
        let is_absent = |count| counts.known(count) == Known::Absent;
        if is_absent(Count::Input) && is_absent(Count::Output) {
            input = counts.tokens(Count::Total);
        }
        output = output.or_else(|| input.filter(|_| is_absent(Count::Output)).map(|_| 0));
    }
    let mut units = counts.units();
    if input.is_none() && output.is_none() {
        match operation {
            Operation::Images => units.set(Unit::OutputImages, counts.part(Count::Images)),
            Operation::Transcription if units.get(Unit::InputAudioMs) == 0 => {
                units.set(Unit::InputAudioMs, counts.part(Count::HeardMs));
            }
            _ => {}
        }
    }
    // What is billed by the piece says nothing of tokens, and there is nothing more to be said.
    let is_by_piece = is_by_piece(operation) && !units.is_none();
    let reasoning = counts.either(Count::Reasoning, Count::ReasoningAgain);
    Totals {
        usage: Usage {
            input_tokens: input.unwrap_or(0).saturating_add(beside.audio),
            cached_input_tokens: counts.either(Count::CachedInput, Count::CachedAgain),
            cache_write_tokens: counts.either(Count::CacheWrite, Count::CacheWriteAgain),
            cache_write_long_tokens: counts.part(Count::CacheWriteLong),
            output_tokens: output.unwrap_or(0).saturating_add(beside.reasoning),
            reasoning_tokens: reasoning.max(beside.reasoning),
            input_audio_tokens: counts.part(Count::InputAudio),
            cached_audio_tokens: counts.part(Count::CachedAudio),
            output_audio_tokens: counts.part(Count::OutputAudio),
            input_image_tokens: counts.part(Count::InputImage),
            cached_image_tokens: counts.part(Count::CachedImage),
            input_video_tokens: counts.part(Count::InputVideo),
            output_image_tokens: counts.part(Count::OutputImage),
            output_video_tokens: counts.part(Count::OutputVideo),
            web_search_requests: counts.part(Count::WebSearches),
            units,
        },
        input_reported: input.is_some() || is_by_piece,
        output_reported: output.is_some() || is_by_piece,
    }
    .clamped()
}

/// Operations that may be billed by the piece alone.
const fn is_by_piece(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Images | Operation::Transcription | Operation::Rerank | Operation::Ocr
    )
}

/// Tokens that the total has, and the input or the output they belong to has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Beside {
    reasoning: u64,
    audio: u64,
}

impl Beside {
    /// Gemini's `OpenAI` endpoint leaves thoughts out of every field but the total (35 + 12 of 109, recorded with
    /// gemini-2.5-pro in fixtures/gemini), xAI's chat tells them beside the output (12 + 2 + 320 = 334), Mistral
    /// tells audio beside the prompt (9 + 375 + 248 = 632). `OpenAI` itself always adds up.
    fn of(counts: &Counts) -> Self {
        let (Some(input), Some(output), Some(total)) = (
            counts.tokens(Count::Input),
            counts.tokens(Count::Output),
            counts.tokens(Count::Total),
        ) else {
            return Self::default();
        };
        let missing = total.saturating_sub(input).saturating_sub(output);
        let audio = counts.part(Count::InputAudio);
        let reasoning = counts.either(Count::Reasoning, Count::ReasoningAgain);
        let is_reasoning_told = [Count::Reasoning, Count::ReasoningAgain]
            .map(|count| counts.known(count) != Known::Absent);
        match missing {
            0 => Self::default(),
            _ if missing == reasoning => Self {
                reasoning,
                audio: 0,
            },
            _ if missing == audio => Self {
                reasoning: 0,
                audio,
            },
            _ if missing == audio.saturating_add(reasoning) => Self { reasoning, audio },
            _ if is_reasoning_told.contains(&true) => Self::default(),
            _ => Self {
                reasoning: missing,
                audio: 0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(counts: &[(Count, u64)]) -> (u64, u64) {
        let mut all = Counts::default();
        for &(count, tokens) in counts {
            all.enter(count, Some(tokens), 1).unwrap();
        }
        let beside = Beside::of(&all);
        (beside.reasoning, beside.audio)
    }

    #[test]
    fn what_the_total_has_alone_goes_where_it_belongs() {
        use Count::{Input, InputAudio, Output, Reasoning, Total};
        for (counts, expected) in [
            (
                &[(Input, 12), (Output, 322), (Total, 334), (Reasoning, 320)][..],
                (0, 0),
            ),
            (
                &[(Input, 12), (Output, 2), (Total, 334), (Reasoning, 320)],
                (320, 0),
            ),
            (&[(Input, 35), (Output, 12), (Total, 109)], (62, 0)),
            (
                &[(Input, 9), (Output, 248), (Total, 632), (InputAudio, 375)],
                (0, 375),
            ),
            (
                &[
                    (Input, 9),
                    (Output, 8),
                    (Total, 25),
                    (InputAudio, 5),
                    (Reasoning, 3),
                ],
                (3, 5),
            ),
            (
                &[(Input, 9), (Output, 8), (Total, 25), (Reasoning, 3)],
                (0, 0),
            ),
            (&[(Input, 9), (Output, 8), (Total, 2)], (0, 0)),
            (&[(Input, 9), (Output, 8)], (0, 0)),
        ] {
            assert_eq!(beside(counts), expected, "{counts:?}");
        }
    }
}
