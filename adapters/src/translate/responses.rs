//! OpenAI's responses, between the neutral form and the wire.
//!
//! Without state: what lies at the provider is refused, and nothing is left there.

mod answer;
mod content;
mod fate;
mod item;
mod items;
mod read;
mod response;
mod said;
mod shape;
mod stream;
mod tell;
#[cfg(test)]
mod tests;
mod thought;
mod unmark;
mod write;

use super::speaker::{Asks, Serves};
use crate::border::Framing;

/// How its callers are understood and answered.
pub(crate) const ASKS: Option<&Asks> = Some(&Asks {
    shape: &shape::REQUEST,
    read: read::request,
    write_answer: tell::answer,
    stream: tell::writer,
    stream_type: "text/event-stream",
    has_custom_tools: true,
    unmarked: unmark::unmarked,
});

/// How its deployments are asked and understood.
pub(crate) const SERVES: Option<&Serves> = Some(&Serves {
    fate: fate::fate,
    left_out: super::speaker::nothing,
    write: write::request,
    read_answer: answer::answer,
    stream: stream::reader,
    framing: Framing::Events,
});
