//! Where in an answer a scan is: levels around what the dialect's table describes are taken off here.

use super::Book;
use crate::scan::{Container, Handler, Key, Value};

/// Where the levels that the dialect's table describes begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shell {
    /// At the text's own brackets.
    None,
    /// The next container at depth 1 is an envelope.
    EnvelopeNext,
    /// Inside an envelope: it repeats what was generated, so that is not counted again.
    Envelope,
    /// Inside an array of chunks.
    Chunks,
}

impl Handler for Book {
    /// Answers are the provider's: what it spells wrongly is the client's to notice.
    const STRICT: bool = false;

    #[inline]
    fn begin(&mut self, container: Container, at: usize, depth: usize) {
        match (self.shell, container) {
            (Shell::None, Container::Array) if depth == 0 => {
                self.shell = Shell::Chunks;
                self.news(at);
                // Its chunks are what is counted.
                self.reading.events = self.reading.events.saturating_sub(1);
                return;
            }
            (Shell::Chunks, _) if depth == 1 => {
                self.text = self.text.saturating_add(1);
                self.reading.events = self.reading.events.saturating_add(1);
            }
            (Shell::EnvelopeNext, _) => {
                self.shell = if container == Container::Object {
                    Shell::Envelope
                } else {
                    Shell::None
                };
            }
            _ => {}
        }
        let depth = self.depth(depth);
        if let Some(field) = self.tracker.field(depth) {
            self.news(at);
            self.open(field, at);
        }
        self.tracker.begin(container, depth);
    }

    #[inline]
    fn end(&mut self, _container: Container, end: usize, depth: usize) {
        if let Some(field) = self.tracker.field(self.depth(depth)) {
            self.close(field, end);
        }
        let is_text_end = match self.shell {
            Shell::Chunks => depth == 1,
            Shell::None | Shell::EnvelopeNext | Shell::Envelope => depth == 0,
        };
        if is_text_end && self.last_text == self.text {
            self.finish();
        }
        match self.shell {
            Shell::Envelope if depth == 1 => self.shell = Shell::None,
            Shell::Chunks if depth == 0 => self.shell = Shell::None,
            _ => {}
        }
    }

    #[inline(always)]
    fn key(&mut self, mut key: Key<'_>) {
        match self.shell {
            Shell::None | Shell::EnvelopeNext if key.depth == 1 => {
                let is_envelope = key.name.is_some() && key.name == self.answers.envelope;
                self.shell = if is_envelope {
                    Shell::EnvelopeNext
                } else {
                    Shell::None
                };
            }
            _ => {}
        }
        key.depth = self.depth(key.depth);
        self.tracker.key(&key);
    }

    #[inline(always)]
    fn skips_value(&self, depth: usize) -> bool {
        self.shell != Shell::EnvelopeNext && self.tracker.is_nowhere(self.depth(depth))
    }

    #[inline(always)]
    fn skips_inside(&self, container: Container, depth: usize) -> bool {
        let is_shell = match self.shell {
            Shell::Chunks | Shell::Envelope => depth == 0,
            Shell::None | Shell::EnvelopeNext => false,
        };
        !is_shell && self.tracker.is_leaf(container, self.depth(depth))
    }

    #[inline(always)]
    fn value(&mut self, value: Value<'_>) {
        if let Some(field) = self.tracker.field(self.depth(value.depth)) {
            if self.is_news(field, &value.scalar) {
                self.news(value.span.start);
            }
            self.scalar(field, &value.scalar);
        }
    }
}

impl Book {
    const fn depth(&self, depth: usize) -> usize {
        match self.shell {
            Shell::None | Shell::EnvelopeNext => depth,
            Shell::Envelope | Shell::Chunks => depth.saturating_sub(1),
        }
    }
}
