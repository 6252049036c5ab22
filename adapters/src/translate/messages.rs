//! Anthropic's messages, between the neutral form and the wire.
//!
//! What callers ask is [`read`] along [`shape`], and they are told answers by [`tell`] and [`tell_stream`]; deployments
//! are asked by [`write`], and heard by [`hear`] and [`hear_stream`].

mod blocks;
mod fate;
mod hear;
mod hear_stream;
mod ids;
mod read;
mod reason;
mod shape;
mod tell;
mod tell_stream;
#[cfg(test)]
mod tests;
mod turns;
mod unmark;
mod usage;
mod write;
mod write_blocks;

use super::speaker::{Asks, Serves};
use crate::border::Framing;

/// How its callers are understood and answered.
pub(crate) const ASKS: Option<&Asks> = Some(&Asks {
    shape: &shape::SHAPE,
    read: read::read,
    write_answer: tell::answer,
    stream: |caller| Box::new(tell_stream::Telling::new(caller)),
    stream_type: "text/event-stream",
    has_custom_tools: false,
    unmarked: unmark::unmarked,
});

/// How its deployments are asked and understood.
pub(crate) const SERVES: Option<&Serves> = Some(&Serves {
    fate: |feature, _| fate::of(feature),
    left_out: write::left_out,
    write: write::write,
    read_answer: hear::answer,
    stream: || Box::new(hear_stream::Hearing::default()),
    framing: Framing::Events,
});
