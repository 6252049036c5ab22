//! Who names limits how: a row a limit, a table a provider.
//!
//! The same name means other things at other providers, so each table says its windows and units itself. Recorded
//! answers (2023-09 to 2026-08) are the source unless a row says otherwise.

use std::borrow::Cow;

use super::format::{LimitFormat, LimitFormats, LimitWindow, Names, ResetUnit};
use super::kind::LimitKind;

use LimitKind::{
    AudioSeconds, Characters, Images, InputTokens, OutputTokens, Pages, PlanShare, PlanShareOpus,
    PlanShareOverage, PlanShareSonnet, PriorityInputTokens, PriorityOutputTokens, ProjectRequests,
    ProjectTokens, Requests, Tokens, UncachedInputTokens, UsageBasedTokens,
};
use ResetUnit::{Any, Epoch, Rfc3339, Seconds, SecondsOrMillis};

/// The table of a provider kind.
pub(super) fn of(provider_kind: &str) -> &'static LimitFormats {
    match provider_kind {
        "openai" => &OPENAI,
        "anthropic" => &ANTHROPIC,
        "azure" | "azure-openai" | "azure-foundry" => &AZURE,
        "groq" => &GROQ,
        "xai" => &XAI,
        "mistral" => &MISTRAL,
        "cohere" => &COHERE,
        "openrouter" => &OPENROUTER,
        "together" => &TOGETHER,
        "fireworks" => &FIREWORKS,
        "cerebras" => &CEREBRAS,
        _ => &COMPATIBLE,
    }
}

const SECOND: LimitWindow = LimitWindow::Seconds(1);
const MINUTE: LimitWindow = LimitWindow::Seconds(60);
const HOUR: LimitWindow = LimitWindow::Seconds(3_600);
const DAY: LimitWindow = LimitWindow::Seconds(86_400);
const WEEK: LimitWindow = LimitWindow::Seconds(7 * 86_400);
/// Calendar months are counted with thirty days.
const MONTH: LimitWindow = LimitWindow::Seconds(30 * 86_400);
const UNKNOWN: LimitWindow = LimitWindow::Unknown;
const MINUTE_OR_DAY: LimitWindow = LimitWindow::MinuteOrDay;

/// Headers called `{before}limit{after}`, `{before}remaining{after}` and so on.
const fn row(
    (before, after): (&'static str, &'static str),
    kind: LimitKind,
    window: LimitWindow,
    reset: ResetUnit,
) -> LimitFormat {
    LimitFormat {
        names: Names::Pattern {
            before: Cow::Borrowed(before),
            after: Cow::Borrowed(after),
        },
        kind,
        window,
        reset,
    }
}

/// A header with all fields in its value.
const fn structured(name: &'static str, kind: LimitKind) -> LimitFormat {
    LimitFormat {
        names: Names::Structured(name),
        kind,
        window: UNKNOWN,
        reset: Seconds,
    }
}

/// Most names begin so.
const X: &str = "x-ratelimit-";

#[rustfmt::skip]
static OPENAI: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X)]),
    rows: Cow::Borrowed(&[
        row((X, "-requests"), Requests, MINUTE_OR_DAY, Seconds),
        row((X, "-tokens"), Tokens, MINUTE, Seconds),
        row((X, "-project-requests"), ProjectRequests, MINUTE, Seconds),
        row((X, "-project-tokens"), ProjectTokens, MINUTE, Seconds),
        row((X, "-input-images"), Images, MINUTE, Seconds),
        row((X, "-tokens-usage-based"), UsageBasedTokens, MINUTE, Seconds),
        // So it was called until 2023-10.
        row((X, "-tokens_usage_based"), UsageBasedTokens, MINUTE, Seconds),
    ]),
};

/// `priority-*` is documented (<https://platform.claude.com/docs/en/api/rate-limits>) and not recorded, `unified-*`
/// neither: it comes to those who pay by subscription, a share of a plan for each window it has.
#[rustfmt::skip]
static ANTHROPIC: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[
        Cow::Borrowed("anthropic-ratelimit-"),
        Cow::Borrowed("anthropic-priority-"),
    ]),
    rows: Cow::Borrowed(&[
        row(("anthropic-ratelimit-requests-", ""), Requests, MINUTE, Rfc3339),
        row(("anthropic-ratelimit-tokens-", ""), Tokens, MINUTE, Rfc3339),
        row(("anthropic-ratelimit-input-tokens-", ""), InputTokens, MINUTE, Rfc3339),
        row(("anthropic-ratelimit-output-tokens-", ""), OutputTokens, MINUTE, Rfc3339),
        row(("anthropic-priority-input-tokens-", ""), PriorityInputTokens, MINUTE, Rfc3339),
        row(("anthropic-priority-output-tokens-", ""), PriorityOutputTokens, MINUTE, Rfc3339),
        row(("anthropic-ratelimit-unified-5h-", ""), PlanShare, LimitWindow::Seconds(5 * 3_600), Epoch),
        row(("anthropic-ratelimit-unified-7d-", ""), PlanShare, WEEK, Epoch),
        row(("anthropic-ratelimit-unified-7d_opus-", ""), PlanShareOpus, WEEK, Epoch),
        row(("anthropic-ratelimit-unified-7d_sonnet-", ""), PlanShareSonnet, WEEK, Epoch),
        row(("anthropic-ratelimit-unified-overage-", ""), PlanShareOverage, UNKNOWN, Epoch),
        // The plan as a whole says only whether it still allows.
        row(("anthropic-ratelimit-unified-", ""), PlanShare, UNKNOWN, Epoch),
    ]),
};

#[rustfmt::skip]
static AZURE: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X)]),
    rows: Cow::Borrowed(&[
        row((X, "-requests"), Requests, MINUTE, SecondsOrMillis),
        row((X, "-tokens"), Tokens, MINUTE, SecondsOrMillis),
    ]),
};

#[rustfmt::skip]
static GROQ: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X)]),
    rows: Cow::Borrowed(&[
        row((X, "-requests"), Requests, DAY, Seconds),
        row((X, "-tokens"), Tokens, MINUTE, Seconds),
        // Transcription's, not recorded; per hour (<https://console.groq.com/docs/rate-limits>, read 2026-11).
        row((X, "-audio-seconds"), AudioSeconds, HOUR, Seconds),
    ]),
};

#[rustfmt::skip]
static XAI: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X)]),
    rows: Cow::Borrowed(&[
        row((X, "-requests"), Requests, MINUTE, Seconds),
        row((X, "-tokens"), Tokens, MINUTE, Seconds),
    ]),
};

#[rustfmt::skip]
static MISTRAL: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[
        Cow::Borrowed(X),
        Cow::Borrowed("x-ratelimitbysize-"),
        Cow::Borrowed("ratelimitbysize-"),
    ]),
    rows: Cow::Borrowed(&[
        row((X, "-req-minute"), Requests, MINUTE, Seconds),
        row((X, "-tokens-minute"), Tokens, MINUTE, Seconds),
        row((X, "-req-10-second"), Requests, LimitWindow::Seconds(10), Seconds),
        row((X, "-req-second"), Requests, SECOND, Seconds),
        row((X, "-tokens-month"), Tokens, MONTH, Seconds),
        row((X, "-audio-seconds-minute"), AudioSeconds, MINUTE, Seconds),
        row((X, "-ocr-pages-minute"), Pages, MINUTE, Seconds),
        row((X, "-input-characters-minute"), Characters, MINUTE, Seconds),
        // Before 2025-09 tokens were "size", and only the minute had a reset.
        row(("x-ratelimitbysize-", "-minute"), Tokens, MINUTE, Seconds),
        row(("x-ratelimitbysize-", "-month"), Tokens, MONTH, Seconds),
        row(("ratelimitbysize-", ""), Tokens, MINUTE, Seconds),
    ]),
};

#[rustfmt::skip]
static COHERE: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[
        Cow::Borrowed("x-trial-endpoint-call-"),
        Cow::Borrowed("x-endpoint-monthly-call-"),
    ]),
    rows: Cow::Borrowed(&[
        row(("x-trial-endpoint-call-", ""), Requests, MINUTE, Seconds),
        row(("x-endpoint-monthly-call-", ""), Requests, MONTH, Seconds),
    ]),
};

#[rustfmt::skip]
static OPENROUTER: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X)]),
    rows: Cow::Borrowed(&[row(("x-ratelimit-", ""), Requests, UNKNOWN, Epoch)]),
};

/// The token headers are documented (<https://docs.together.ai/docs/rate-limits>), not recorded; they have no reset.
#[rustfmt::skip]
static TOGETHER: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X), Cow::Borrowed("x-tokenlimit-")]),
    rows: Cow::Borrowed(&[
        row(("x-ratelimit-", ""), Requests, SECOND, Seconds),
        row(("x-tokenlimit-", ""), Tokens, SECOND, Seconds),
    ]),
};

/// <https://docs.fireworks.ai/serverless/rate-limits>, read 2026-11: tokens per minute.
#[rustfmt::skip]
static FIREWORKS: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X)]),
    rows: Cow::Borrowed(&[
        row((X, "-tokens-prompt"), InputTokens, MINUTE, Seconds),
        row((X, "-tokens-cache-adjusted-prompt"), UncachedInputTokens, MINUTE, Seconds),
        row((X, "-tokens-generated"), OutputTokens, MINUTE, Seconds),
        row((X, "-requests"), Requests, MINUTE, Seconds),
    ]),
};

/// <https://inference-docs.cerebras.ai/support/rate-limits>, read 2026-11: resets are decimal seconds.
#[rustfmt::skip]
static CEREBRAS: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X)]),
    rows: Cow::Borrowed(&[
        row((X, "-tokens-minute"), Tokens, MINUTE, Seconds),
        row((X, "-requests-day"), Requests, DAY, Seconds),
        row((X, "-requests-minute"), Requests, MINUTE, Seconds),
        row((X, "-requests-hour"), Requests, HOUR, Seconds),
        row((X, "-tokens-hour"), Tokens, HOUR, Seconds),
        row((X, "-tokens-day"), Tokens, DAY, Seconds),
    ]),
};

/// For everybody else: `OpenAI`'s names, those that carry their window, and what the IETF proposes (`RateLimit`,
/// draft-ietf-httpapi-ratelimit-headers), as Hugging Face does.
#[rustfmt::skip]
static COMPATIBLE: LimitFormats = LimitFormats {
    prefixes: Cow::Borrowed(&[Cow::Borrowed(X), Cow::Borrowed("ratelimit")]),
    rows: Cow::Borrowed(&[
        row((X, "-requests"), Requests, MINUTE_OR_DAY, Any),
        row((X, "-tokens"), Tokens, MINUTE, Any),
        row((X, "-project-requests"), ProjectRequests, MINUTE, Any),
        row((X, "-project-tokens"), ProjectTokens, MINUTE, Any),
        row((X, "-input-images"), Images, MINUTE, Any),
        row((X, "-requests-minute"), Requests, MINUTE, Any),
        row((X, "-requests-hour"), Requests, HOUR, Any),
        row((X, "-requests-day"), Requests, DAY, Any),
        row((X, "-tokens-minute"), Tokens, MINUTE, Any),
        row((X, "-tokens-hour"), Tokens, HOUR, Any),
        row((X, "-tokens-day"), Tokens, DAY, Any),
        row((X, "-input-tokens"), InputTokens, MINUTE, Any),
        row((X, "-output-tokens"), OutputTokens, MINUTE, Any),
        row((X, ""), Requests, UNKNOWN, Any),
        row(("ratelimit-", ""), Requests, UNKNOWN, Any),
        structured("ratelimit", Requests),
        structured("ratelimit-policy", Requests),
    ]),
};
