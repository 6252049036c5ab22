//! Rows of lists: sub-calls, and tokens by modality.

use super::Book;
use crate::meter::field::Side;
use crate::meter::reading::EXTRA_CALLS_MAX;
use crate::meter::{Count, Counts, ExtraCall};

/// The list row being read; its cells come in any order.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) count: Option<Count>,
    pub(super) tokens: Option<u64>,
    pub(super) kind: Option<Box<str>>,
    pub(super) model: Option<Box<str>>,
    /// Of a sub-call alone: rows of other lists are many, and have none.
    pub(super) counts: Option<Box<Counts>>,
}

impl Book {
    pub(super) fn end_call(&mut self) {
        let row = std::mem::take(&mut self.row);
        let kind = row.kind.unwrap_or_default();
        // The request's own turns are what the top-level figures add up.
        if &*kind == "message" {
            return;
        }
        if self.calls.len() >= EXTRA_CALLS_MAX {
            self.fault();
            return;
        }
        let counts = row.counts.unwrap_or_default();
        let usage = (self.answers.totals)(&counts, self.operation).usage;
        if usage.is_none() {
            return;
        }
        self.calls.push(ExtraCall {
            kind,
            model: row.model,
            usage,
        });
    }

    pub(super) fn end_modality(&mut self, side: Side) {
        let count = match (side, self.row.count) {
            (Side::Written, Some(count @ (Count::CacheWriteShort | Count::CacheWriteLong))) => {
                count
            }
            (Side::Input, Some(count)) => count,
            (Side::Tools, Some(count)) => return self.add(count, self.row.tokens),
            (Side::Cached, Some(Count::InputAudio)) => Count::CachedAudio,
            (Side::Cached, Some(Count::InputImage)) => Count::CachedImage,
            (Side::Output, Some(Count::InputAudio)) => Count::OutputAudio,
            (Side::Output, Some(Count::InputImage)) => Count::OutputImage,
            (Side::Output, Some(Count::InputVideo)) => Count::OutputVideo,
            _ => return,
        };
        self.enter(count, self.row.tokens);
    }
}
