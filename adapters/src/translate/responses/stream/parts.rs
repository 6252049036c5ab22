//! The parts of an answer under way: one is open at a time, and what was told is remembered.

use std::collections::BTreeSet;

use crate::translate::AnswerFault;
use crate::translate::answer::{Event, PARTS_MAX, PartKind};
use crate::translate::json::Spelled;
use crate::translate::speaker::Sink;

/// An item's place in the output, and a part's in its content.
pub(super) type Key = (u64, u64);

/// What was told of an answer.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// How many were opened.
    pub(super) count: u32,
    open: Option<Open>,
    /// By item and part of it: the events that repeat it whole add nothing.
    told: BTreeSet<Key>,
    pub(super) has_called: bool,
    pub(super) has_refused: bool,
}

/// A part under way.
#[derive(Debug)]
pub(super) struct Open {
    key: Key,
    pub(super) part: u32,
    /// Of a thought: which member its text comes from, and which part of it.
    pub(super) source: Option<(Source, u64)>,
    /// How many citations were told of it.
    pub(super) citations: usize,
    /// Of how many of its tokens it was told how likely they were.
    pub(super) tokens: usize,
}

/// Where a thought's text comes from: models that tell both tell the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Summary,
    Content,
}

impl Parts {
    /// The open part, if it is this one.
    pub(super) fn open_at(&mut self, key: Key) -> Option<&mut Open> {
        self.open.as_mut().filter(|open| open.key == key)
    }

    /// Whether the open part is of this item.
    pub(super) fn is_open(&self, item: u64) -> bool {
        self.open.as_ref().is_some_and(|open| open.key.0 == item)
    }

    /// The number of this part, which is opened if it is not open.
    pub(super) fn ensure(
        &mut self,
        key: Key,
        kind: PartKind<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<u32, AnswerFault> {
        if let Some(open) = self.open_at(key) {
            return Ok(open.part);
        }
        let part = self.count;
        self.open(key, kind, sink)?;
        Ok(part)
    }

    /// Opens a part, and closes the one before it.
    pub(super) fn open(
        &mut self,
        key: Key,
        kind: PartKind<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), AnswerFault> {
        self.close(sink);
        self.tell(key)?;
        self.has_called |= matches!(kind, PartKind::ToolCall { .. });
        self.has_refused |= matches!(kind, PartKind::Refusal);
        let part = self.count;
        self.count = part.saturating_add(1);
        self.open = Some(Open {
            key,
            part,
            source: None,
            citations: 0,
            tokens: 0,
        });
        sink(Event::Open {
            answer: 0,
            part,
            kind,
        });
        Ok(())
    }

    /// Closes the open part, if there is one.
    pub(super) fn close(&mut self, sink: &mut Sink<'_>) {
        if let Some(Open { part, .. }) = self.open.take() {
            sink(Event::Close { answer: 0, part });
        }
    }

    /// Remembers that this was told.
    pub(super) fn tell(&mut self, key: Key) -> Result<(), AnswerFault> {
        self.told.insert(key);
        if self.told.len() > PARTS_MAX {
            return Err(AnswerFault::TooLong);
        }
        Ok(())
    }

    /// Whether this was told.
    pub(super) fn has_told(&self, key: Key) -> bool {
        self.told.contains(&key)
    }
}

/// More of a part.
pub(super) fn more(part: u32, text: Spelled<'_>, sink: &mut Sink<'_>) {
    if !text.is_empty() {
        sink(Event::More {
            answer: 0,
            part,
            text,
        });
    }
}

/// Under which a call is noted whose arguments were told.
pub(super) const fn filled(key: Key) -> Key {
    (key.0, u64::MAX)
}
