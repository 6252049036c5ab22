//! What becomes of what others ask where a deployment is asked in chat completions.

use crate::provider::ProviderKind;
use crate::translate::feature::{Fate, Feature, not_of_turns};

/// What becomes of a feature at a deployment of that kind.
pub(super) fn fate(feature: Feature, kind: ProviderKind) -> Fate {
    let chat = kind.row().chat;
    if chat.has.contains(&feature) {
        return match feature {
            Feature::ReasoningShown => Fate::Needless("what its models think is always told"),
            _ => Fate::Carried,
        };
    }
    if OPENAI_ALONE.contains(&feature) && !kind.is_openai() {
        return Fate::Lost;
    }
    let fate = of_openai(feature);
    if chat.lacks.contains(&feature) {
        return match feature {
            Feature::User | Feature::CacheKey => fate_of_books(feature),
            _ => Fate::Lost,
        };
    }
    match feature {
        Feature::Prefill if !chat.prefill.is_empty() => Fate::Carried,
        Feature::ReasoningEffort if chat.efforts.len() < ALL_EFFORTS => {
            Fate::Adapted("the nearest word that the provider has")
        }
        _ => fate,
    }
}

/// Whether it is said in a request.
pub(super) fn says(feature: Feature, kind: ProviderKind) -> bool {
    matches!(fate(feature, kind), Fate::Carried | Fate::Adapted(_))
}

/// What servers like `OpenAI`'s are not known to have.
const OPENAI_ALONE: &[Feature] = &[
    Feature::CustomTools,
    Feature::FileOfOpenAi,
    Feature::Store,
    Feature::Metadata,
];

const ALL_EFFORTS: usize = crate::facts::EffortLevel::ALL.len();

const fn fate_of_books(feature: Feature) -> Fate {
    match feature {
        Feature::User => Fate::Needless("the provider keeps no books by end user"),
        _ => Fate::Needless("the provider finds cached prompts by itself"),
    }
}

#[expect(clippy::too_many_lines, reason = "a row each")]
const fn of_openai(feature: Feature) -> Fate {
    match feature {
        Feature::SystemMidway
        | Feature::ImageData
        | Feature::ImageUrl
        | Feature::ImageDetail
        | Feature::FileData
        | Feature::FileOfOpenAi
        | Feature::FileName
        | Feature::AudioInput
        | Feature::RefusalHistory
        | Feature::Tools
        | Feature::ToolStrict
        | Feature::CustomTools
        | Feature::ToolChoice
        | Feature::ToolChoiceNamed
        | Feature::ToolChoiceAmong
        | Feature::ParallelToolsOff
        | Feature::OutputMax
        | Feature::Stop
        | Feature::Temperature
        | Feature::TopP
        | Feature::Seed
        | Feature::PresencePenalty
        | Feature::FrequencyPenalty
        | Feature::Logprobs
        | Feature::ManyAnswers
        | Feature::JsonObject
        | Feature::JsonSchema
        | Feature::Verbosity
        | Feature::ReasoningEffort
        | Feature::CacheKey
        | Feature::User
        | Feature::ServiceTier => Fate::Carried,

        Feature::Store => Fate::Adapted("kept as a chat completion"),
        Feature::Metadata => Fate::Adapted("beside `store` alone"),
        Feature::FileText => Fate::Adapted("a part of text, behind the document's name"),
        Feature::ToolResultError => Fate::Adapted("the result's text begins with `Error:`"),
        Feature::ReasoningBudget => Fate::Adapted("the nearest word for effort"),

        Feature::ThinkingHistory => {
            Fate::Needless("models of this dialect think anew, and take no thoughts")
        }
        Feature::CitationHistory => Fate::Needless("the text that was cited stands"),
        Feature::CacheMarks | Feature::CacheTtl => {
            Fate::Needless("the provider caches prompts by itself; `OpenAI`'s own words go to it")
        }
        Feature::PhaseHistory => Fate::Needless(
            "a label for `OpenAI`'s responses alone: no other prompt has a place for it",
        ),
        Feature::StreamOptions => Fate::Needless("a translated stream is told in its own way"),

        Feature::Unknown
        | Feature::Prefill
        | Feature::SpeakerName
        | Feature::ImageId
        | Feature::FileUrl
        | Feature::FileId
        | Feature::FileContext
        | Feature::VideoInput
        | Feature::VideoUrl
        | Feature::PartNotes
        | Feature::SearchResults
        | Feature::Citations
        | Feature::AudioHistory
        | Feature::ServerToolHistory
        | Feature::ToolSettings
        | Feature::ServerTools
        | Feature::FunctionsOld
        | Feature::ToolResultMedia
        | Feature::TopK
        | Feature::MinP
        | Feature::RepeatPenalty
        | Feature::LogitBias
        | Feature::Prediction
        | Feature::AudioOutput
        | Feature::ImageOutput
        | Feature::WebSearch
        | Feature::MediaResolution
        | Feature::SafetySettings
        | Feature::ReasoningShown
        | Feature::CachedContent
        | Feature::StoredState
        | Feature::Background
        | Feature::Placement
        | Feature::Truncation
        | Feature::ContextManagement
        | Feature::Include
        | Feature::ToolCallsMax
        | Feature::Hosted
        | Feature::ServerSettings
        | not_of_turns!() => Fate::Lost,
    }
}
