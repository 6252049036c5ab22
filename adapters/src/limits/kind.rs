//! What limits count.

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LimitKind {
    /// Requests.
    Requests,
    /// Tokens, in and out.
    Tokens,
    /// Tokens of prompts.
    InputTokens,
    /// Tokens of prompts that no cache gave.
    UncachedInputTokens,
    /// Generated tokens.
    OutputTokens,
    /// Tokens of prompts within a capacity that was bought ahead.
    PriorityInputTokens,
    /// Generated tokens within a capacity that was bought ahead.
    PriorityOutputTokens,
    /// Requests of one project of the account.
    ProjectRequests,
    /// Tokens of one project of the account.
    ProjectTokens,
    /// Tokens under a limit that grows with what was spent.
    UsageBasedTokens,
    /// Images in prompts or made.
    Images,
    /// Seconds of audio.
    AudioSeconds,
    /// Pages read.
    Pages,
    /// Characters to be spoken.
    Characters,
    /// Ten-thousandths of a plan whose size is not told: 10,000 are all of it.
    PlanShare,
    /// The same for the share of one group of models (Anthropic's Opus).
    PlanShareOpus,
    /// The same for another group of models (Anthropic's Sonnet).
    PlanShareSonnet,
    /// The same for what goes beyond the plan and is paid for.
    PlanShareOverage,
}

/// The whole of a plan: shares are told in ten-thousandths.
pub(super) const PLAN_SHARE_LIMIT: u64 = 10_000;

impl LimitKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Requests,
        Self::Tokens,
        Self::InputTokens,
        Self::UncachedInputTokens,
        Self::OutputTokens,
        Self::PriorityInputTokens,
        Self::PriorityOutputTokens,
        Self::ProjectRequests,
        Self::ProjectTokens,
        Self::UsageBasedTokens,
        Self::Images,
        Self::AudioSeconds,
        Self::Pages,
        Self::Characters,
        Self::PlanShare,
        Self::PlanShareOpus,
        Self::PlanShareSonnet,
        Self::PlanShareOverage,
    ];

    /// The name in the admin plane, in metrics and in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::InputTokens => "input_tokens",
            Self::UncachedInputTokens => "uncached_input_tokens",
            Self::OutputTokens => "output_tokens",
            Self::PriorityInputTokens => "priority_input_tokens",
            Self::PriorityOutputTokens => "priority_output_tokens",
            Self::ProjectRequests => "project_requests",
            Self::ProjectTokens => "project_tokens",
            Self::UsageBasedTokens => "usage_based_tokens",
            Self::Images => "images",
            Self::AudioSeconds => "audio_seconds",
            Self::Pages => "pages",
            Self::Characters => "characters",
            Self::PlanShare => "plan_share",
            Self::PlanShareOpus => "plan_share_opus",
            Self::PlanShareSonnet => "plan_share_sonnet",
            Self::PlanShareOverage => "plan_share_overage",
        }
    }
}

/// No kind of limit has that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of limit")]
pub struct UnknownLimitKind;

impl std::str::FromStr for LimitKind {
    type Err = UnknownLimitKind;

    fn from_str(name: &str) -> Result<Self, UnknownLimitKind> {
        let kind = Self::ALL.iter().find(|kind| kind.as_str() == name);
        kind.copied().ok_or(UnknownLimitKind)
    }
}
