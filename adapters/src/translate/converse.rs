//! Bedrock's converse, between the neutral form and the wire.
//!
//! One format for all models, as far as the service knows a setting; what only some models have goes beside it in
//! `additionalModelRequestFields`, each in its maker's words ([`model`]). Names and bounds are those of the service's
//! own model (`bedrock-runtime`, 2023-09-30, as botocore 1.44 ships it, read 2026-11).

mod answer;
mod content;
mod media;
mod model;
mod stream;
#[cfg(test)]
mod tests;
mod tools;
mod write;

use super::feature::{Fate, Feature, not_of_turns};
use super::speaker::Serves;
use crate::border::Framing;
use crate::provider::ProviderKind;

/// How its deployments are asked and understood.
pub(crate) const SERVES: Option<&Serves> = Some(&Serves {
    fate,
    left_out: write::left_out,
    write: write::write,
    read_answer: answer::read,
    stream: || Box::new(stream::Reader::default()),
    framing: Framing::Frames,
});

#[expect(
    clippy::too_many_lines,
    reason = "a row for each feature, none left to a wildcard"
)]
fn fate(feature: Feature, _: ProviderKind) -> Fate {
    use Feature as F;
    match feature {
        F::Prefill
        | F::ImageData
        | F::FileData
        | F::FileContext
        | F::SearchResults
        | F::AudioInput
        | F::VideoInput
        | F::ThinkingHistory
        | F::Tools
        | F::ToolStrict
        | F::ToolChoiceNamed
        | F::ToolResultError
        | F::ToolResultMedia
        | F::OutputMax
        | F::Stop
        | F::CacheMarks
        | F::CacheTtl
        | F::ServiceTier => Fate::Carried,

        F::JsonSchema => {
            Fate::Adapted("always strictly; objects have no members but those that are named")
        }
        F::SystemMidway => Fate::Adapted("refused for Claude before Opus 4.8"),
        F::Temperature => Fate::Adapted(
            "at most 1; left out for Claude where it thinks, and from Opus 4.7 on, which refuses it",
        ),
        F::TopP => Fate::Adapted(
            "left out for Claude where it thinks, beside a temperature from Opus 4.1 on, and from Opus 4.7 on, which refuses it",
        ),
        F::FileText => Fate::Adapted("as a document of the format `txt`"),
        F::Citations => Fate::Adapted(
            "documents are counted, and called, as they are told of there; only some models cite",
        ),
        F::FileName => Fate::Adapted("with the letters that a document's name may have there"),
        F::RefusalHistory => Fate::Adapted("as text"),
        F::ToolChoice => Fate::Adapted(
            "that no tool may be called is said by leaving the tools out, and refused where earlier turns have calls",
        ),
        F::ToolChoiceAmong => Fate::Adapted("only these tools are told of"),
        F::TopK => {
            Fate::Adapted("in the words of the model's maker; refused where the maker has none")
        }
        F::ReasoningEffort | F::ReasoningBudget => Fate::Adapted(
            "in the words of the model's maker, a budget or a word as the model takes it; not at all for models that do not think; refused for makers that we do not know",
        ),
        F::User => {
            Fate::Adapted("as `user` in `requestMetadata`, with the letters that it may have there")
        }
        F::Metadata => {
            Fate::Adapted("as `requestMetadata`, with the letters that it may have there")
        }

        F::CitationHistory => Fate::Needless("the text that cites is kept"),
        F::Prediction => Fate::Needless("it makes an answer faster, not another one"),
        F::ReasoningShown => Fate::Needless("thoughts are told whenever the model tells any"),
        F::CacheKey => Fate::Needless("a cached prompt is found by what it says"),
        F::PhaseHistory => Fate::Needless(
            "a label for `OpenAI`'s responses alone: no other prompt has a place for it",
        ),
        F::StreamOptions => Fate::Needless("usage is always told"),

        F::Unknown
        | F::SpeakerName
        | F::ImageUrl
        | F::ImageId
        | F::ImageDetail
        | F::FileUrl
        | F::FileId
        | F::FileOfOpenAi
        | F::VideoUrl
        | F::PartNotes
        | F::AudioHistory
        | F::ServerToolHistory
        | F::ToolSettings
        | F::CustomTools
        | F::ServerTools
        | F::FunctionsOld
        | F::ParallelToolsOff
        | F::MinP
        | F::Seed
        | F::PresencePenalty
        | F::FrequencyPenalty
        | F::RepeatPenalty
        | F::LogitBias
        | F::Logprobs
        | F::ManyAnswers
        | F::JsonObject
        | F::Verbosity
        | F::AudioOutput
        | F::ImageOutput
        | F::WebSearch
        | F::MediaResolution
        | F::SafetySettings
        | F::CachedContent
        | F::Store
        | F::StoredState
        | F::Background
        | F::Placement
        | F::Truncation
        | F::ContextManagement
        | F::Include
        | F::ToolCallsMax
        | F::Hosted
        | F::ServerSettings
        | not_of_turns!() => Fate::Lost,
    }
}
