//! What becomes of what a request asks for, at an Anthropic deployment.

use super::super::feature::{Fate, Feature, not_of_turns};

/// The fate of a feature.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) const fn of(feature: Feature) -> Fate {
    match feature {
        Feature::Prefill
        | Feature::ImageData
        | Feature::ImageUrl
        | Feature::FileData
        | Feature::FileUrl
        | Feature::FileText
        | Feature::FileName
        | Feature::FileContext
        | Feature::SearchResults
        | Feature::Citations
        | Feature::Tools
        | Feature::ToolStrict
        | Feature::ToolChoice
        | Feature::ToolChoiceNamed
        | Feature::ParallelToolsOff
        | Feature::ToolResultError
        | Feature::ToolResultMedia
        | Feature::OutputMax
        | Feature::Stop
        | Feature::CacheMarks
        | Feature::CacheTtl
        | Feature::User => Fate::Carried,
        Feature::SystemMidway => Fate::Adapted(
            "behind the user's turn that it stands before; models before Opus 4.8 are not asked, the request is refused",
        ),
        Feature::RefusalHistory => Fate::Adapted("as text"),
        Feature::ThinkingHistory => Fate::Adapted(
            "thoughts that Anthropic signed, as they were; other makers' are left out",
        ),
        Feature::ToolChoiceAmong => Fate::Adapted("the other tools are left out"),
        Feature::Temperature => Fate::Adapted(
            "at most 1; left out where the model thinks, and for models from Opus 4.7 on, which refuse it",
        ),
        Feature::TopP => Fate::Adapted(
            "left out where the model thinks, beside a temperature from Opus 4.1 on, and for models from Opus 4.7 on, which refuse it",
        ),
        Feature::TopK => Fate::Adapted(
            "left out where the model thinks, and for models from Opus 4.7 on, which refuse it",
        ),
        Feature::JsonSchema => Fate::Adapted(
            "always strictly, and without its name; objects have no members but those that are named",
        ),
        Feature::ReasoningEffort => Fate::Adapted(
            "as a budget of tokens for models before 4.6, and not at all for those that do not think; off where a tool is forced, and for older models in a turn whose thoughts did not come back",
        ),
        Feature::ReasoningBudget => Fate::Adapted(
            "below the answer's cap, and not at all for models that do not think; as a word for effort for models from 4.6 on; off where a tool is forced, and for older models in a turn whose thoughts did not come back",
        ),
        Feature::ReasoningShown => {
            Fate::Adapted("turns thinking on where nothing else is said of it")
        }
        Feature::ServiceTier => Fate::Adapted("priority as auto, any other as standard_only"),
        Feature::CitationHistory => Fate::Needless("the text that cites is kept"),
        Feature::Prediction => Fate::Needless("it makes an answer faster, not another one"),
        Feature::CacheKey => Fate::Needless("cached prompts are found by what they say"),
        Feature::PhaseHistory => Fate::Needless(
            "a label for `OpenAI`'s responses alone: no other prompt has a place for it",
        ),
        Feature::StreamOptions => Fate::Needless("usage is always told"),
        Feature::Unknown
        | Feature::SpeakerName
        | Feature::ImageId
        | Feature::ImageDetail
        | Feature::FileId
        | Feature::FileOfOpenAi
        | Feature::AudioInput
        | Feature::VideoInput
        | Feature::VideoUrl
        | Feature::PartNotes
        | Feature::AudioHistory
        | Feature::ServerToolHistory
        | Feature::ToolSettings
        | Feature::CustomTools
        | Feature::ServerTools
        | Feature::FunctionsOld
        | Feature::MinP
        | Feature::Seed
        | Feature::PresencePenalty
        | Feature::FrequencyPenalty
        | Feature::RepeatPenalty
        | Feature::LogitBias
        | Feature::Logprobs
        | Feature::ManyAnswers
        | Feature::JsonObject
        | Feature::Verbosity
        | Feature::AudioOutput
        | Feature::ImageOutput
        | Feature::WebSearch
        | Feature::MediaResolution
        | Feature::SafetySettings
        | Feature::CachedContent
        | Feature::Metadata
        | Feature::Store
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
