//! What adapters read in an answer, in the words that headroom decides by, and back.

use quotah_adapters::limits::{LIMITS_MAX, Limit, LimitKind, Limits};
use quotah_policy::headroom::{Counts, LimitSeen};
use smallvec::SmallVec;

/// The limits of an answer of `model`.
pub(crate) fn seen(limits: &Limits, model: &str) -> SmallVec<[LimitSeen; LIMITS_MAX]> {
    let seen = |limit: &Limit| LimitSeen {
        kind: number_of(limit.kind),
        counts: counts(limit.kind, model),
        limit: limit.limit,
        remaining: limit.remaining,
        reset_at_ms: limit.reset_at_unix_ms,
        window_seconds: limit.window_seconds,
    };
    limits.as_slice().iter().map(seen).collect()
}

/// The limit as it was read; `None` for a kind that nobody gave out.
pub(super) fn limit_of(seen: &LimitSeen) -> Option<Limit> {
    Some(Limit {
        kind: *LimitKind::ALL.get(usize::from(seen.kind))?,
        window_seconds: seen.window_seconds,
        limit: seen.limit,
        remaining: seen.remaining,
        reset_at_unix_ms: seen.reset_at_ms,
    })
}

fn number_of(kind: LimitKind) -> u8 {
    let place = LimitKind::ALL.iter().position(|other| *other == kind);
    place.and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX)
}

/// What a limit counts, for a request to `model`.
fn counts(kind: LimitKind, model: &str) -> Counts {
    match kind {
        LimitKind::Requests | LimitKind::ProjectRequests => Counts::Requests,
        LimitKind::Tokens | LimitKind::ProjectTokens | LimitKind::UsageBasedTokens => {
            Counts::Tokens
        }
        // How much of a prompt a cache gives is known afterwards: all of it counts.
        LimitKind::InputTokens | LimitKind::UncachedInputTokens => Counts::InputTokens,
        LimitKind::OutputTokens => Counts::OutputTokens,
        LimitKind::Images
        | LimitKind::AudioSeconds
        | LimitKind::Pages
        | LimitKind::Characters
        | LimitKind::PlanShare => Counts::Other,
        LimitKind::PlanShareOpus if model.contains("opus") => Counts::Other,
        LimitKind::PlanShareSonnet if model.contains("sonnet") => Counts::Other,
        // Without priority a request is served all the same, and without paid overage as long as the plan lasts.
        LimitKind::PriorityInputTokens
        | LimitKind::PriorityOutputTokens
        | LimitKind::PlanShareOpus
        | LimitKind::PlanShareSonnet
        | LimitKind::PlanShareOverage => Counts::Nothing,
    }
}
