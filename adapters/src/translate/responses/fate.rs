//! What becomes of what callers ask for at a deployment that is asked for responses.

use crate::provider::ProviderKind;
use crate::translate::feature::{Fate, Feature, not_of_turns};

/// The fate of a feature: what `OpenAI` alone has is lost with others.
#[rustfmt::skip]
pub(super) fn fate(feature: Feature, kind: ProviderKind) -> Fate {
    use Feature::*;
    match feature {
        CustomTools | FileOfOpenAi if kind.is_openai() => Fate::Carried,
        Store if kind.is_openai() => Fate::Adapted("kept as a response"),
        SystemMidway | ImageData | ImageUrl | ImageDetail | FileData | FileUrl | FileName | RefusalHistory | Tools
        | ToolStrict | ToolChoice | ToolChoiceNamed | ToolChoiceAmong | ParallelToolsOff | ToolResultMedia
        | Temperature | TopP | Logprobs | JsonObject | JsonSchema | Verbosity | ReasoningEffort | CacheKey | User | Metadata
        | ServiceTier => Fate::Carried,
        FileText => Fate::Adapted("as a text of the prompt"),
        CitationHistory => Fate::Adapted("addresses and titles are told, cited passages are not"),
        ThinkingHistory => Fate::Adapted("what OpenAI encrypted goes back to it; other thoughts are left out"),
        ToolResultError => Fate::Adapted("the result's text begins with `Error: `"),
        OutputMax => Fate::Adapted("16 at the least"),
        ReasoningBudget => Fate::Adapted("as the word for effort that comes nearest"),
        ReasoningShown => Fate::Adapted("thoughts are told in summaries"),
        CacheMarks => Fate::Needless("prompts are cached there without marks; `OpenAI`'s own words go to it"),
        CacheTtl => Fate::Needless("prompts are cached there for as long as the provider likes; `OpenAI`'s own words go to it"),
        PhaseHistory => Fate::Needless("a label for `OpenAI`'s responses alone: no other prompt has a place for it"),
        StreamOptions => Fate::Needless("usage is always told, and nothing is padded"),
        Unknown | Prefill | SpeakerName | ImageId | FileId | FileOfOpenAi | FileContext | AudioInput | VideoInput | VideoUrl | PartNotes | SearchResults
        | Citations | AudioHistory | ServerToolHistory | ToolSettings | CustomTools | ServerTools | FunctionsOld
        | Stop | TopK | MinP | Seed | PresencePenalty | FrequencyPenalty | RepeatPenalty | LogitBias
        | ManyAnswers | Prediction | AudioOutput | ImageOutput | WebSearch | MediaResolution | SafetySettings
        | CachedContent | Store | StoredState | Background | Placement | Truncation | ContextManagement | Include
        | ToolCallsMax | Hosted | ServerSettings
        | not_of_turns!() => Fate::Lost,
    }
}
