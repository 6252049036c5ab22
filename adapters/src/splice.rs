//! Changes to a body that leave every other byte where it was.
//!
//! A body is a list of chunks as they came. [`Edits`] name spans and what stands there instead; the result
//! shares all untouched bytes with the original.

mod plan;

use std::ops::Range;

use bytes::Bytes;

use crate::facts::Brace;

pub use plan::{Changes, plan};

/// Replacements of spans of a body, in order and apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    list: Vec<(Range<usize>, Bytes)>,
}

impl Edits {
    /// No change.
    #[must_use]
    pub const fn none() -> Self {
        Self { list: Vec::new() }
    }

    /// Whether nothing changes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts `with` where `span` is; an empty span inserts. Two edits may touch, the first made stands first.
    ///
    /// A span that overlaps one already taken is refused (`false`): the first edit stands.
    pub fn replace(&mut self, span: Range<usize>, with: impl Into<Bytes>) -> bool {
        let at = self
            .list
            .partition_point(|(taken, _)| taken.end <= span.start);
        let is_free = self
            .list
            .get(at)
            .is_none_or(|(next, _)| span.end <= next.start);
        if is_free {
            self.list.insert(at, (span, with.into()));
        }
        is_free
    }

    /// Puts a member first into an object, behind those put there before.
    pub(crate) fn insert(&mut self, object: Brace, member: &str) {
        let inside = object.at.saturating_add(1);
        let is_first = !self.list.iter().any(|(span, _)| *span == (inside..inside));
        let text = match (object.is_empty, is_first) {
            (true, true) => member.to_owned(),
            (true, false) => [",", member].concat(),
            (false, _) => [member, ","].concat(),
        };
        self.replace(inside..inside, text);
    }

    /// Length of the body after the edits, its length before being `body_bytes`.
    #[must_use]
    pub fn edited_bytes(&self, body_bytes: usize) -> usize {
        self.list.iter().fold(body_bytes, |sum, (span, with)| {
            sum.saturating_sub(span.len()).saturating_add(with.len())
        })
    }
}

/// The body after the edits. Untouched bytes are shared, not copied; spans beyond its end change nothing.
#[must_use]
pub fn apply(chunks: &[Bytes], edits: &Edits) -> Vec<Bytes> {
    let mut out = Vec::with_capacity(
        chunks
            .len()
            .saturating_add(edits.list.len().saturating_mul(2)),
    );
    let mut edits = edits.list.iter().peekable();
    let mut chunk_at = 0_usize;
    // Everything before this offset is out, or replaced.
    let mut done = 0_usize;
    for chunk in chunks {
        let chunk_end = chunk_at.saturating_add(chunk.len());
        while let Some((span, with)) = edits.next_if(|(span, _)| span.start < chunk_end) {
            push_range(&mut out, chunk, done.max(chunk_at), span.start, chunk_at);
            if !with.is_empty() {
                out.push(with.clone());
            }
            done = span.end;
        }
        push_range(&mut out, chunk, done.max(chunk_at), chunk_end, chunk_at);
        chunk_at = chunk_end;
    }
    out.extend(
        edits
            .filter(|(span, _)| span.start == chunk_at)
            .map(|(_, with)| with.clone()),
    );
    out
}

/// Adds the part of `chunk` (which begins at offset `chunk_at`) from offset `from` to `to`, if there is any.
fn push_range(out: &mut Vec<Bytes>, chunk: &Bytes, from: usize, to: usize, chunk_at: usize) {
    let (from, to) = (from.saturating_sub(chunk_at), to.saturating_sub(chunk_at));
    if from < to && to <= chunk.len() {
        out.push(chunk.slice(from..to));
    }
}

#[cfg(test)]
mod tests;
