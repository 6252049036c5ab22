//! Records of a segment from its end, for lists that begin with the newest.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use prost::Message;

use super::entry::Entry;
use super::note::{Adjustment, Event};
use super::segment::{FRAME_BYTES, HEADER_BYTES, PAYLOAD_BYTES_MAX, Step, kind, step};

/// A sort of records that are listed.
pub(super) trait Listed: Message + Default {
    /// Whether records of that kind are of this sort.
    fn has_kind(kind: u8) -> bool;

    /// The record's own id.
    fn number(&self) -> u128;
}

impl Listed for Entry {
    fn has_kind(kind: u8) -> bool {
        matches!(kind, kind::SETTLEMENT | kind::ENTRY)
    }

    fn number(&self) -> u128 {
        self.id().as_u128()
    }
}

impl Listed for Adjustment {
    fn has_kind(kind: u8) -> bool {
        kind == kind::ADJUSTMENT
    }

    fn number(&self) -> u128 {
        self.id().as_u128()
    }
}

impl Listed for Event {
    fn has_kind(kind: u8) -> bool {
        kind == kind::EVENT
    }

    fn number(&self) -> u128 {
        self.id().as_u128()
    }
}

/// A segment's records of one sort from its end.
pub(super) struct Backwards<R> {
    file: File,
    /// Everything before this offset is unread.
    end: u64,
    /// Read and not given out yet, oldest first.
    found: Vec<(u64, R)>,
    pub(super) read_bytes: u64,
}

impl<R: Listed> Backwards<R> {
    /// Reads `file` backwards from `end`, which is a place between records or the end of the file.
    pub(super) fn new(file: File, end: u64) -> Self {
        Self {
            file,
            end,
            found: Vec::new(),
            read_bytes: 0,
        }
    }

    /// The record before the last one given, with its offset; `None` at the beginning, and when more than
    /// `read_bytes_max` were read for it.
    pub(super) fn next(&mut self, read_bytes_max: u64) -> io::Result<Option<(u64, R)>> {
        loop {
            if let Some(record) = self.found.pop() {
                return Ok(Some(record));
            }
            if self.unread().is_none() || self.read_bytes > read_bytes_max {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Where what was not read ends; `None` when all was.
    pub(super) fn unread(&self) -> Option<u64> {
        Some(self.end).filter(|end| *end > HEADER_BYTES as u64)
    }

    /// Reads the chunk before `end`. It may begin inside a record: the mark of the next one is found,
    /// and what stands before it belongs to the chunk before.
    fn fill(&mut self) -> io::Result<()> {
        let start = self.end.saturating_sub(BACK_BYTES).max(HEADER_BYTES as u64);
        let mut chunk = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        self.file
            .by_ref()
            .take(self.end - start)
            .read_to_end(&mut chunk)?;
        self.read_bytes += chunk.len() as u64;
        let (mut at, mut first) = (0, None);
        loop {
            match step(&chunk, at) {
                Step::Record { kind, payload, end } => {
                    first.get_or_insert(at);
                    if R::has_kind(kind)
                        && let Ok(record) = R::decode(payload)
                    {
                        self.found.push((start + at as u64, record));
                    }
                    at = end;
                }
                Step::Damaged { end } => at = end,
                Step::Tail => break,
            }
        }
        self.end = match first {
            _ if start == HEADER_BYTES as u64 => start,
            Some(first) => start + first as u64,
            // Nothing but damage: a record that begins before the chunk ends this far in it at most.
            None => start + (FRAME_BYTES + PAYLOAD_BYTES_MAX) as u64,
        };
        Ok(())
    }
}

/// How much is read at once from the end; several times the longest record.
const BACK_BYTES: u64 = 512 * 1024;
