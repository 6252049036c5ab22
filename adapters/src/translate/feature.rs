//! What a request may ask for beyond text: the words in which dialects are compared.
//!
//! Each member of a caller's request that asks for something asks for a [`Feature`]; each dialect that a deployment
//! may speak says what becomes of it there, a [`Fate`]. What is refused, what is dropped, and the table in the
//! documentation all come from these two.

/// What becomes of a feature at a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is said there, and means the same.
    Carried,
    /// It is said there in another way, which is told.
    Adapted(&'static str),
    /// It is not said there, and its absence changes nothing that the caller gets: usage is always told, say.
    Needless(&'static str),
    /// There is no way to say it there. Refused, or dropped where the route allows that.
    Lost,
}

macro_rules! features {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Something that a request asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Feature {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Feature {
            /// Every feature.
            pub const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

features! {
    /// A member that we do not know.
    Unknown,
    // What is said.
    /// A system or developer message behind the first user's.
    SystemMidway,
    /// The last message is the assistant's: to be continued.
    Prefill,
    /// The name of whoever speaks.
    SpeakerName,
    /// An image in the request.
    ImageData,
    /// An image by its address.
    ImageUrl,
    /// An image that lies at the provider.
    ImageId,
    /// How closely an image is looked at.
    ImageDetail,
    /// A document (PDF) in the request.
    FileData,
    /// A document by its address.
    FileUrl,
    /// A document that lies at the provider.
    FileId,
    /// A document that lies among `OpenAI`'s files.
    FileOfOpenAi,
    /// A document that is plain text.
    FileText,
    /// A document's name or title.
    FileName,
    /// What is said about a document.
    FileContext,
    /// Speech or sound in the request.
    AudioInput,
    /// Video in the request.
    VideoInput,
    /// Video by its address.
    VideoUrl,
    /// Notes on a part, and which piece of a video is meant.
    PartNotes,
    /// Search results given by the caller.
    SearchResults,
    /// Answers shall cite documents.
    Citations,
    /// An earlier answer's citations.
    CitationHistory,
    /// An earlier answer's refusal.
    RefusalHistory,
    /// An earlier answer's audio, which lies at the provider.
    AudioHistory,
    /// Earlier thoughts, with what their maker signed.
    ThinkingHistory,
    /// What a provider's own tools did in earlier turns.
    ServerToolHistory,
    /// Which of earlier messages were commentary, and which the answer.
    PhaseHistory,
    // Tools.
    /// Functions that the model may call.
    Tools,
    /// A function's schema is kept to strictly.
    ToolStrict,
    /// Further settings of a function (examples, deferred loading, who may call it).
    ToolSettings,
    /// Tools that take free text, or a grammar.
    CustomTools,
    /// Tools that the provider runs (web search, code).
    ServerTools,
    /// Functions in the manner of 2023 (`functions`, `function_call`).
    FunctionsOld,
    /// Whether tools must or may not be called.
    ToolChoice,
    /// One tool that must be called.
    ToolChoiceNamed,
    /// Which of the tools may be called.
    ToolChoiceAmong,
    /// At most one call at a time.
    ParallelToolsOff,
    /// A tool failed.
    ToolResultError,
    /// Images or documents in a tool's result.
    ToolResultMedia,
    // How to answer.
    /// The most tokens of the answer.
    OutputMax,
    /// Texts at which the answer ends.
    Stop,
    /// Chance, by temperature.
    Temperature,
    /// Chance, by the mass of likely tokens.
    TopP,
    /// Chance, by the number of likely tokens.
    TopK,
    /// Chance, by the least likelihood.
    MinP,
    /// The same chance each time.
    Seed,
    /// A penalty for what was said at all.
    PresencePenalty,
    /// A penalty for what was said often.
    FrequencyPenalty,
    /// Other penalties for repetition.
    RepeatPenalty,
    /// Tokens made likelier by name.
    LogitBias,
    /// How likely each token was.
    Logprobs,
    /// Several answers.
    ManyAnswers,
    /// An answer that is JSON.
    JsonObject,
    /// An answer that keeps to a JSON schema.
    JsonSchema,
    /// How many words to make.
    Verbosity,
    /// What the answer will mostly be.
    Prediction,
    /// Answers in sound.
    AudioOutput,
    /// Answers in pictures.
    ImageOutput,
    /// Web search in the manner of search models.
    WebSearch,
    /// How closely media are looked at, all of them.
    MediaResolution,
    /// What is filtered.
    SafetySettings,
    // Thinking.
    /// How hard to think, by a word.
    ReasoningEffort,
    /// How hard to think, in tokens.
    ReasoningBudget,
    /// Whether thoughts are told.
    ReasoningShown,
    // Caches, tiers, books.
    /// Where the prompt is to be cached up to.
    CacheMarks,
    /// How long a cached prompt is kept.
    CacheTtl,
    /// What a cached prompt is found by.
    CacheKey,
    /// A prompt that lies cached at the provider.
    CachedContent,
    /// Who the end user is.
    User,
    /// Notes kept with the request.
    Metadata,
    /// The answer shall be kept at the provider.
    Store,
    /// What lies at the provider: earlier answers, conversations, prompts.
    StoredState,
    /// To be made while nobody waits.
    Background,
    /// The tier of service.
    ServiceTier,
    /// Where in the world, and how fast, it is made.
    Placement,
    /// What becomes of a prompt that is too long.
    Truncation,
    /// The provider may edit the conversation.
    ContextManagement,
    /// How a stream is told (usage, padding).
    StreamOptions,
    /// What an answer shall tell beside its text.
    Include,
    /// Most calls of tools that the provider runs.
    ToolCallsMax,
    /// Servers of tools, containers, skills: run by the provider.
    Hosted,
    /// Settings of the server that runs the model (keep alive, context length).
    ServerSettings,
    // Embeddings and ranking.
    /// How many numbers an embedding has.
    Dimensions,
    /// Embeddings as base64, or in small numbers.
    EmbeddingEncoding,
    /// What an embedding is for.
    EmbeddingTask,
    /// The title of what is embedded.
    EmbeddingTitle,
    /// Tokens in place of texts.
    TokenInput,
    /// Images to be embedded.
    EmbeddingImages,
    /// Texts that are too long are cut elsewhere than at their end, or shorter than the model takes.
    EmbeddingTruncation,
    /// Texts that are too long are refused and not cut.
    EmbeddingTruncationOff,
    /// Only the best so many.
    RankTop,
    /// Ranked documents shall come back.
    RankDocuments,
    /// Documents that are objects.
    RankObjects,
    /// Most tokens of a document that count.
    RankTokensMax,
}

/// Features of embeddings and rankings, as a pattern: whoever is asked for a turn has no place for any of them.
macro_rules! not_of_turns {
    () => {
        $crate::translate::feature::Feature::Dimensions
            | $crate::translate::feature::Feature::EmbeddingEncoding
            | $crate::translate::feature::Feature::EmbeddingTask
            | $crate::translate::feature::Feature::EmbeddingTitle
            | $crate::translate::feature::Feature::TokenInput
            | $crate::translate::feature::Feature::EmbeddingImages
            | $crate::translate::feature::Feature::EmbeddingTruncation
            | $crate::translate::feature::Feature::EmbeddingTruncationOff
            | $crate::translate::feature::Feature::RankTop
            | $crate::translate::feature::Feature::RankDocuments
            | $crate::translate::feature::Feature::RankObjects
            | $crate::translate::feature::Feature::RankTokensMax
    };
}
pub(crate) use not_of_turns;

/// Some features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features(u128);

impl Features {
    /// One more.
    pub(crate) fn add(&mut self, feature: Feature) {
        self.0 |= bit(feature);
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        self.0 & bit(feature) != 0
    }

    /// Whether none is common to both.
    #[must_use]
    pub const fn is_apart_from(self, others: Self) -> bool {
        self.0 & others.0 == 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        let mut all = Self::default();
        features.into_iter().for_each(|feature| all.add(feature));
        all
    }
}

#[expect(
    clippy::as_conversions,
    reason = "an enum's number, which is below 128"
)]
const fn bit(feature: Feature) -> u128 {
    1_u128.wrapping_shl(feature as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_has_a_bit_of_its_own() {
        assert!(Feature::ALL.len() <= 128);
        for feature in Feature::ALL {
            let one: Features = [*feature].into_iter().collect();
            let has = Feature::ALL.iter().filter(|other| one.has(**other));
            assert_eq!(has.count(), 1, "{feature:?}");
        }
    }
}
