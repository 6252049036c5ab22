//! OpenAI's chat completions, between the neutral form and the wire.
//!
//! Two things that the dialect has no place for travel where its clients carry them: thoughts and what their maker
//! signed in `reasoning_content` and `reasoning_details`, as `OpenRouter` and its clients have them, and what Gemini
//! signs of calls in the calls' ids ([`ids`]), since many clients keep nothing else of a call.

mod answer;
mod content;
mod details;
mod fate;
mod ids;
mod options;
mod read;
mod read_answer;
mod read_stream;
mod shape;
mod stream;
mod unmarked;
mod usage;
mod words;
mod write;

#[cfg(test)]
mod tests;

use super::speaker::{Asks, Serves};
use crate::border::Framing;

/// How its callers are understood and answered.
pub(crate) const ASKS: Option<&Asks> = Some(&Asks {
    shape: &shape::REQUEST,
    read: read::read,
    write_answer: answer::write,
    stream: stream::stream,
    stream_type: "text/event-stream",
    has_custom_tools: true,
    unmarked: unmarked::unmarked,
});

/// How its deployments are asked and understood.
pub(crate) const SERVES: Option<&Serves> = Some(&Serves {
    fate: fate::fate,
    left_out: write::left_out,
    write: write::write,
    read_answer: read_answer::read,
    stream: read_stream::stream,
    framing: Framing::Events,
});
