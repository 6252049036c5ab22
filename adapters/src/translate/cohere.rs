//! Cohere's chat of version 2, between the neutral form and the wire.
//!
//! Members are those of Cohere's own SDK (7.3) and of its reference (<https://docs.cohere.com/reference/chat>, read
//! 2026-11); answers and streams are recorded ones too. What a model plans before it calls tools (`tool_plan`) is a
//! thought here. Cohere signs nothing, so no thought goes back to it.

mod answer;
mod stream;
#[cfg(test)]
mod tests;
mod write;

use super::feature::{Fate, Feature, not_of_turns};
use super::speaker::Serves;
use crate::border::Framing;
use crate::provider::ProviderKind;

/// How its deployments are asked and understood.
pub(crate) const SERVES: Option<&Serves> = Some(&Serves {
    fate,
    left_out: super::speaker::nothing,
    write: write::write,
    read_answer: answer::read,
    stream: || Box::new(stream::Reader::default()),
    framing: Framing::Events,
});

#[expect(
    clippy::too_many_lines,
    reason = "a row for each feature, none left to a wildcard"
)]
fn fate(feature: Feature, _: ProviderKind) -> Fate {
    use Feature as F;
    match feature {
        F::SystemMidway
        | F::ImageData
        | F::ImageUrl
        | F::ImageDetail
        | F::Tools
        | F::ToolChoice
        | F::OutputMax
        | F::Stop
        | F::Temperature
        | F::TopP
        | F::TopK
        | F::Seed
        | F::PresencePenalty
        | F::FrequencyPenalty
        | F::JsonObject
        | F::JsonSchema
        | F::ReasoningBudget => Fate::Carried,

        F::FileText | F::FileName => {
            Fate::Adapted("in `documents`, beside the messages, where it may be cited")
        }
        F::RefusalHistory => Fate::Adapted("as text"),
        F::ToolStrict => Fate::Adapted("for all functions as soon as one asks for it"),
        F::ToolChoiceNamed | F::ToolChoiceAmong => Fate::Adapted("only these tools are told of"),
        F::ToolResultError => Fate::Adapted("as the member `error` of a JSON object"),
        F::ReasoningEffort => Fate::Adapted("as a budget of tokens"),

        F::CitationHistory => Fate::Needless("the text that cites is kept"),
        F::Prediction => Fate::Needless("it makes an answer faster, not another one"),
        F::ThinkingHistory => Fate::Needless("only who signed a thought can read it again"),
        F::ReasoningShown => Fate::Needless("thoughts are told whenever the model tells any"),
        F::CacheMarks | F::CacheTtl | F::CacheKey => {
            Fate::Needless("prompts are cached unasked, and found by what they say")
        }
        F::User => Fate::Needless("nobody there asks for whom an answer is"),
        F::PhaseHistory => Fate::Needless(
            "a label for `OpenAI`'s responses alone: no other prompt has a place for it",
        ),
        F::StreamOptions => Fate::Needless("usage is always told"),

        F::Unknown
        | F::Prefill
        | F::SpeakerName
        | F::ImageId
        | F::FileData
        | F::FileUrl
        | F::FileId
        | F::FileOfOpenAi
        | F::FileContext
        | F::AudioInput
        | F::VideoInput
        | F::VideoUrl
        | F::PartNotes
        | F::SearchResults
        | F::Citations
        | F::AudioHistory
        | F::ServerToolHistory
        | F::ToolSettings
        | F::CustomTools
        | F::ServerTools
        | F::FunctionsOld
        | F::ParallelToolsOff
        | F::ToolResultMedia
        | F::MinP
        | F::RepeatPenalty
        | F::LogitBias
        | F::Logprobs
        | F::ManyAnswers
        | F::Verbosity
        | F::AudioOutput
        | F::ImageOutput
        | F::WebSearch
        | F::MediaResolution
        | F::SafetySettings
        | F::CachedContent
        | F::Metadata
        | F::Store
        | F::StoredState
        | F::Background
        | F::ServiceTier
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
