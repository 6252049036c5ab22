//! Why an answer ended, in Anthropic's words and in ours.

use super::super::answer::{Finish, Reason};
use super::super::json::{Object, Spelled};

/// What an answer, or a stream's `message_delta`, says of its end.
pub(super) fn finish<'a>(told: &Object<'a>) -> Option<Finish<'a>> {
    let reason = match &*told.text("stop_reason")?.plain() {
        "end_turn" => Reason::Done,
        "stop_sequence" => Reason::Stop,
        "max_tokens" => Reason::Length,
        "model_context_window_exceeded" => Reason::ContextFull,
        "tool_use" => Reason::ToolCalls,
        "refusal" => Reason::Refused,
        "pause_turn" => Reason::Paused,
        _ => Reason::Other,
    };
    Some(Finish {
        reason,
        stop: told.text("stop_sequence").cloned(),
    })
}

/// Anthropic's word.
pub(super) const fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Done | Reason::Other => "end_turn",
        Reason::Stop => "stop_sequence",
        Reason::Length => "max_tokens",
        Reason::ContextFull => "model_context_window_exceeded",
        Reason::ToolCalls => "tool_use",
        // A call that could not be read is held back as what a filter takes is: there is no word nearer to it.
        Reason::Filtered | Reason::Refused | Reason::BadCall => "refusal",
        Reason::Paused => "pause_turn",
    }
}

/// A tier in Anthropic's words; `None` for those that it has none for.
pub(super) fn tier(said: &Spelled<'_>) -> Option<&'static str> {
    Some(match &*said.plain() {
        "default" | "standard" | "on_demand" => "standard",
        "priority" => "priority",
        "batch" => "batch",
        _ => return None,
    })
}
