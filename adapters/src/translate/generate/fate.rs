//! What becomes of a feature at Gemini and Vertex AI.

use crate::provider::ProviderKind;
use crate::translate::feature::{Fate, Feature, not_of_turns};

/// What becomes of `feature`.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn fate(feature: Feature, kind: ProviderKind) -> Fate {
    use Feature as F;
    match feature {
        F::ImageData
        | F::ImageUrl
        | F::FileData
        | F::FileUrl
        | F::FileText
        | F::FileName
        | F::AudioInput
        | F::VideoInput
        | F::Tools
        | F::ToolChoice
        | F::ToolChoiceNamed
        | F::ToolChoiceAmong
        | F::OutputMax
        | F::Stop
        | F::Temperature
        | F::TopP
        | F::TopK
        | F::Seed
        | F::PresencePenalty
        | F::FrequencyPenalty
        | F::Logprobs
        | F::ManyAnswers
        | F::JsonObject
        | F::JsonSchema
        | F::ReasoningShown => Fate::Carried,

        F::SystemMidway => {
            Fate::Adapted("said before the first turn, behind the instructions there")
        }
        F::ImageDetail => {
            Fate::Adapted("`mediaResolution`: the closest look asked for holds for all")
        }
        F::RefusalHistory => Fate::Adapted("a text"),
        F::ThinkingHistory => Fate::Adapted("what Gemini signed; nobody else's can be read there"),
        F::ToolStrict => Fate::Adapted("mode `VALIDATED`, which holds for all functions"),
        F::ToolResultError => Fate::Adapted("`error` in the response"),
        F::ToolResultMedia => Fate::Adapted("up to Gemini 2.5 beside the response"),
        F::ReasoningEffort => {
            Fate::Adapted("the nearest `thinkingLevel`; up to Gemini 2.5 a `thinkingBudget`")
        }
        F::ReasoningBudget => Fate::Adapted(
            "`thinkingBudget` within its bounds; from Gemini 3 on the nearest `thinkingLevel`",
        ),
        F::ServiceTier => Fate::Adapted("`serviceTier`; `auto` is what Gemini does unasked"),
        F::Metadata if kind == ProviderKind::VERTEX => Fate::Adapted("`labels`"),

        F::CitationHistory => Fate::Needless("the texts say what they say without"),
        F::CacheMarks | F::CacheTtl | F::CacheKey => {
            Fate::Needless("Gemini finds what it has cached by itself")
        }
        F::User => Fate::Needless("Gemini keeps no books on end users"),
        F::Prediction => Fate::Needless("it makes an answer faster, not another"),
        F::PhaseHistory => Fate::Needless(
            "a label for `OpenAI`'s responses alone: no other prompt has a place for it",
        ),
        F::StreamOptions => Fate::Needless("usage is always told"),

        F::Unknown
        | F::Prefill
        | F::SpeakerName
        | F::ImageId
        | F::FileId
        | F::FileOfOpenAi
        | F::FileContext
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
        | F::MinP
        | F::RepeatPenalty
        | F::LogitBias
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
