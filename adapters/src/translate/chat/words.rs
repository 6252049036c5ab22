//! Words of the dialect that mean the same in others.

use crate::translate::answer::Reason;
use crate::translate::json::Spelled;
use crate::translate::request::Tier;

/// Why an answer ended, in the dialect's word. What was paused has more to say, which is what `length` means to clients.
pub(super) const fn finish_word(reason: Reason) -> &'static str {
    match reason {
        Reason::Done | Reason::Stop | Reason::Other => "stop",
        Reason::Length | Reason::ContextFull | Reason::Paused => "length",
        Reason::ToolCalls => "tool_calls",
        Reason::Filtered | Reason::Refused | Reason::BadCall => "content_filter",
    }
}

/// What a word says of why an answer ended: `OpenAI`'s, and those of Together (`eos`), Mistral (`model_length`) and Z.ai
/// (`sensitive`, `model_context_window_exceeded`). Named tools that must be called end with `stop`.
pub(super) fn reason(word: &str, has_calls: bool) -> Reason {
    match word {
        "stop" | "eos" | "end_turn" if has_calls => Reason::ToolCalls,
        "stop" | "eos" | "end_turn" => Reason::Done,
        "stop_sequence" => Reason::Stop,
        "length" | "max_tokens" => Reason::Length,
        "model_length" | "model_context_window_exceeded" => Reason::ContextFull,
        "tool_calls" | "function_call" => Reason::ToolCalls,
        "content_filter" | "sensitive" => Reason::Filtered,
        _ => Reason::Other,
    }
}

/// A tier that a request asks for. Others are asked for by other features.
pub(super) fn tier(word: &Spelled<'_>) -> Option<Tier> {
    match &*word.plain() {
        "auto" => Some(Tier::Auto),
        "default" => Some(Tier::Standard),
        // Two words for one, and answers say the second.
        "fast" | "priority" => Some(Tier::Priority),
        "flex" => Some(Tier::Flex),
        _ => None,
    }
}

/// The word by which a request asks for a tier.
pub(super) const fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Auto => "auto",
        Tier::Standard => "default",
        Tier::Priority => "priority",
        Tier::Flex => "flex",
    }
}

/// The tier that served an answer, in the dialect's word where it has one; any other as its provider says it.
pub(super) fn tier_told<'a>(tier: &Spelled<'a>) -> Spelled<'a> {
    match &*tier.plain() {
        "standard" | "STANDARD" | "ON_DEMAND" => Spelled::of_raw("default"),
        "PRIORITY" => Spelled::of_raw("priority"),
        "FLEX" => Spelled::of_raw("flex"),
        _ => tier.clone(),
    }
}
