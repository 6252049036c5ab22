//! How the chunks of a stream are set apart: as server-sent events, or as the elements of one array.

use crate::translate::Caller;

/// What stands before, between and behind chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Border {
    /// With `alt=sse`: each is an event.
    Events,
    /// Without: each is an element, and only what is complete has its closing bracket.
    Array {
        /// Whether an element was written.
        is_begun: bool,
    },
}

impl Border {
    /// As the caller wants them.
    pub(super) const fn of(caller: &Caller) -> Self {
        if caller.wants_array {
            Self::Array { is_begun: false }
        } else {
            Self::Events
        }
    }

    /// Before a chunk.
    pub(super) fn begin(&mut self, out: &mut String) {
        out.push_str(match self {
            Self::Events => "data: ",
            Self::Array { is_begun: false } => "[",
            Self::Array { is_begun: true } => ",\r\n",
        });
        if let Self::Array { is_begun } = self {
            *is_begun = true;
        }
    }

    /// Behind a chunk.
    pub(super) fn end(self, out: &mut String) {
        if self == Self::Events {
            out.push_str("\r\n\r\n");
        }
    }

    /// Behind the last chunk.
    pub(super) fn close(self, out: &mut String) {
        if self != Self::Events {
            out.push_str("\n]");
        }
    }
}
