//! Gemini's generateContent, between the neutral form and the wire.
//!
//! What callers ask is read in [`read`] along the table in [`shape`] and answered by [`tell`]; what deployments are
//! asked is written in [`write`] and what they answer heard in [`hear`].

mod fate;
mod hear;
mod likely;
mod proto;
mod read;
mod schema;
mod shape;
mod signed;
mod tell;
#[cfg(test)]
mod tests;
mod unmarked;
mod words;
mod write;

pub(crate) use schema::respelled;

use super::speaker::{Asks, Serves};
use crate::border::Framing;

/// How its callers are understood and answered.
pub(crate) const ASKS: Option<&Asks> = Some(&Asks {
    shape: &shape::SHAPE,
    read: read::read,
    write_answer: tell::answer,
    stream: tell::stream,
    stream_type: "text/event-stream",
    has_custom_tools: false,
    unmarked: unmarked::unmarked,
});

/// How its deployments are asked and understood.
pub(crate) const SERVES: Option<&Serves> = Some(&Serves {
    fate: fate::fate,
    left_out: super::speaker::nothing,
    write: write::write,
    read_answer: hear::answer,
    stream: hear::stream,
    framing: Framing::Events,
});
