//! A segment's bytes: a header, then frames, and how to read them whatever has happened to them.
//!
//! All integers are little-endian.
//!
//! ```text
//! header  40 B   "quotahlg" | version u32 | sequence u64 | writer u64 | created_unix_ms u64 | crc32 of the 36 before
//! frame   13 B+  F5 51 FF FE | length u32 | crc32 u32 | kind u8 | payload, `length` bytes
//! ```
//!
//! A frame's checksum covers length, kind and payload. The mark in front of each frame lets a reader
//! find the next one behind damage, so that a flipped length costs one record and not the rest. No
//! text holds the mark (`F5`, `FE` and `FF` never occur in UTF-8), so nothing that a client sends can
//! pass for a frame.
//!
//! [`step`] is a pure function over bytes; [`scan`] drives it over a growing file.

use std::io::{self, Read};
use std::ops::Range;

use memchr::memmem;
use prost::Message;

/// Bytes before a segment's first frame.
pub const HEADER_BYTES: usize = 40;

/// Bytes of a frame before its payload.
pub const FRAME_BYTES: usize = 13;

/// Longest payload. A usual entry has 300 bytes; one clipped to its bounds has at most 50 KiB.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// Format that this code writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// What a frame holds: its `kind` byte.
pub mod kind {
    /// An admitted request that is not settled yet.
    pub const INTENT: u8 = 1;
    /// An entry that settles an intent.
    pub const SETTLEMENT: u8 = 2;
    /// An entry without an intent: a request refused before it was admitted.
    pub const ENTRY: u8 = 3;
    /// What an entry costs after all.
    pub const CORRECTION: u8 = 4;
    /// A correction of a budget's spending.
    pub const ADJUSTMENT: u8 = 5;
    /// Something about a budget that was told.
    pub const EVENT: u8 = 6;
}

/// What stands at a place in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A whole record; the next one begins at `end`.
    Record {
        /// Its [`kind`]; unknown ones are for a later version, and skipped.
        kind: u8,
        /// What it says.
        payload: &'a [u8],
        /// Offset behind it.
        end: usize,
    },
    /// No record begins before `end`.
    Damaged {
        /// Offset behind the damage.
        end: usize,
    },
    /// Nothing, or the beginning of a record whose end is not here yet.
    Tail,
}

/// The kind of the frame that begins like this, unchecked; `None` where no frame begins.
#[must_use]
pub fn kind_of(head: &[u8]) -> Option<u8> {
    let head = head.first_chunk::<FRAME_BYTES>()?;
    head.starts_with(&MARK).then_some(head[FRAME_BYTES - 1])
}

/// Reads what stands at `at`.
///
/// Total over any input: it never panics, and every step that is no [`Step::Tail`] moves forward.
/// A tail is shorter than [`FRAME_BYTES`] + [`PAYLOAD_BYTES_MAX`].
#[must_use]
pub fn step(bytes: &[u8], at: usize) -> Step<'_> {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut unfinished = match frame(rest) {
        Frame::Whole { kind, payload } => {
            return Step::Record {
                kind,
                payload,
                end: at + FRAME_BYTES + payload.len(),
            };
        }
        Frame::Unfinished => Some(0),
        Frame::Broken => None,
    };
    // A whole frame further on proves the one at `at` broken; failing that, the damage lasts to the
    // first place where a frame may still be arriving.
    for found in memmem::find_iter(rest, &MARK).filter(|found| *found > 0) {
        match frame(&rest[found..]) {
            Frame::Whole { .. } => return Step::Damaged { end: at + found },
            Frame::Unfinished => {
                unfinished.get_or_insert(found);
            }
            Frame::Broken => {}
        }
    }
    match unfinished.unwrap_or_else(|| rest.len() - mark_begun(rest)) {
        0 => Step::Tail,
        end => Step::Damaged { end: at + end },
    }
}

/// Appends one frame to `out`.
///
/// # Errors
/// [`TooLong`] when the message passes [`PAYLOAD_BYTES_MAX`]; `out` is then as it was.
pub fn put_frame(out: &mut Vec<u8>, kind: u8, message: &impl Message) -> Result<(), TooLong> {
    let length = message.encoded_len();
    if length > PAYLOAD_BYTES_MAX {
        return Err(TooLong { length });
    }
    let start = out.len();
    out.reserve(FRAME_BYTES + length);
    out.extend_from_slice(&MARK);
    out.extend_from_slice(&(length as u32).to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.push(kind);
    message.encode(out).map_err(|_| TooLong { length })?; // a `Vec` always has room
    debug_assert_eq!(out.len(), start + FRAME_BYTES + length);
    let crc = checksum(&out[start + 4..start + 8], &out[start + 12..]);
    out[start + 8..start + 12].copy_from_slice(&crc.to_le_bytes());
    Ok(())
}

/// A message that no frame can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record of {length} bytes is longer than a frame may be")]
pub struct TooLong {
    /// Its length, bytes.
    pub length: usize,
}

/// A segment's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Place among all segments of the directory.
    pub sequence: u64,
    /// Who writes it.
    pub writer: u64,
    /// When it was begun, milliseconds since 1970 UTC.
    pub created_unix_ms: u64,
}

/// What is wrong with a segment's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The file ends inside its header.
    #[error("header is cut short")]
    Short,
    /// Mark or checksum do not fit.
    #[error("header is damaged")]
    Damaged,
    /// A later version wrote it.
    #[error("format version {0} is newer than this program")]
    Newer(u32),
}

impl Header {
    /// The bytes that open a segment.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(HEADER_MARK);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.writer.to_le_bytes());
        bytes[28..36].copy_from_slice(&self.created_unix_ms.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..36]);
        bytes[36..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads the bytes that open a segment.
    ///
    /// # Errors
    /// [`HeaderError`] when they are too few, damaged, or of a later version.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Err(HeaderError::Short);
        };
        if &bytes[..8] != HEADER_MARK || crc32fast::hash(&bytes[..36]) != u32_at(bytes, 36) {
            return Err(HeaderError::Damaged);
        }
        match u32_at(bytes, 8) {
            VERSION => Ok(Self {
                sequence: u64_at(bytes, 12),
                writer: u64_at(bytes, 20),
                created_unix_ms: u64_at(bytes, 28),
            }),
            newer => Err(HeaderError::Newer(newer)),
        }
    }
}

/// What reading a segment from some place on came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Offset behind the last whole record or damage: where to read on when the file has grown.
    pub end: u64,
    /// Bytes behind `end` that may become a record.
    pub tail_bytes: u64,
    /// Damage met, by offset in the file; neighbouring ranges are joined.
    pub damaged: Vec<Range<u64>>,
}

/// Reads records from `source`, whose first byte has the offset `from` in its segment, to its end.
///
/// `from` must be a place between records. Holds at most one chunk and one record in memory.
/// `visit` gets kind, payload and the offset of the record; what it cannot make sense of (`false`)
/// counts as damage.
///
/// # Errors
/// Whatever reading `source` says.
pub fn scan(
    source: &mut impl Read,
    from: u64,
    mut visit: impl FnMut(u8, &[u8], u64) -> bool,
) -> io::Result<Scanned> {
    let mut scanned = Scanned {
        end: from,
        ..Scanned::default()
    };
    let mut buffer = Vec::with_capacity(CHUNK_BYTES + FRAME_BYTES + PAYLOAD_BYTES_MAX);
    loop {
        let read = source
            .by_ref()
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut buffer)?;
        let mut at = 0;
        loop {
            let (end, sound) = match step(&buffer, at) {
                Step::Record { kind, payload, end } => (end, visit(kind, payload, scanned.end)),
                Step::Damaged { end } => (end, false),
                Step::Tail => break,
            };
            let next = scanned.end + (end - at) as u64;
            if !sound {
                join(&mut scanned.damaged, scanned.end..next);
            }
            (scanned.end, at) = (next, end);
        }
        buffer.drain(..at);
        if read == 0 {
            scanned.tail_bytes = buffer.len() as u64;
            return Ok(scanned);
        }
    }
}

/// Opens every frame.
const MARK: [u8; 4] = [0xF5, b'Q', 0xFF, 0xFE];

/// Opens every segment.
const HEADER_MARK: &[u8; 8] = b"quotahlg";

/// How much of a file is read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// What the bytes at a place are as a frame.
enum Frame<'a> {
    Whole {
        kind: u8,
        payload: &'a [u8],
    },
    /// Right so far, but the bytes end before it does.
    Unfinished,
    Broken,
}

fn frame(bytes: &[u8]) -> Frame<'_> {
    let begun = bytes.len().min(MARK.len());
    if begun == 0 || bytes[..begun] != MARK[..begun] {
        return Frame::Broken;
    }
    let Some(head) = bytes.first_chunk::<FRAME_BYTES>() else {
        return Frame::Unfinished;
    };
    let length = u32_at(head, 4) as usize;
    if length > PAYLOAD_BYTES_MAX {
        return Frame::Broken;
    }
    let Some(payload) = bytes.get(FRAME_BYTES..FRAME_BYTES + length) else {
        return Frame::Unfinished;
    };
    if checksum(&head[4..8], &bytes[12..FRAME_BYTES + length]) != u32_at(head, 8) {
        return Frame::Broken;
    }
    Frame::Whole {
        kind: head[12],
        payload,
    }
}

fn checksum(length: &[u8], kind_and_payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(length);
    hasher.update(kind_and_payload);
    hasher.finalize()
}

/// How many bytes at the end of `bytes` may be the first of a mark.
fn mark_begun(bytes: &[u8]) -> usize {
    (1..MARK.len())
        .rev()
        .find(|begun| bytes.ends_with(&MARK[..*begun]))
        .unwrap_or(0)
}

fn join(ranges: &mut Vec<Range<u64>>, next: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end == next.start => last.end = next.end,
        _ => ranges.push(next),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::entry::Entry;
    use proptest::prelude::*;

    fn entry(number: u64) -> Entry {
        Entry {
            id_hi: number,
            id_lo: !number,
            key: format!("key{number}"),
            ..Entry::default()
        }
    }

    fn frames(count: u64) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        for number in 1..=count {
            starts.push(bytes.len());
            put_frame(&mut bytes, kind::ENTRY, &entry(number)).expect("short");
        }
        starts.push(bytes.len());
        (bytes, starts)
    }

    fn read(mut bytes: &[u8]) -> (Vec<u64>, Scanned) {
        let mut numbers = Vec::new();
        let scanned = scan(&mut bytes, 0, |_, payload, _| {
            Entry::decode(payload).is_ok_and(|entry| {
                numbers.push(entry.id_hi);
                true
            })
        })
        .expect("memory does not fail");
        (numbers, scanned)
    }

    #[test]
    fn what_is_put_is_read_back_in_order() {
        let (bytes, _) = frames(3_000);
        let (numbers, scanned) = read(&bytes);
        assert_eq!(numbers, (1..=3_000).collect::<Vec<_>>());
        assert_eq!(
            scanned,
            Scanned {
                end: bytes.len() as u64,
                ..Scanned::default()
            }
        );
    }

    #[test]
    fn a_log_cut_at_any_byte_of_its_last_record_loses_that_record_only() {
        let (bytes, starts) = frames(3);
        for cut in starts[2]..starts[3] {
            let (numbers, scanned) = read(&bytes[..cut]);
            assert_eq!(numbers, [1, 2], "cut at {cut}");
            assert_eq!(
                (scanned.end, scanned.tail_bytes),
                (starts[2] as u64, (cut - starts[2]) as u64)
            );
            assert_eq!(scanned.damaged, []);
        }
    }

    #[test]
    fn any_flipped_bit_is_noticed_and_costs_the_touched_record_only() {
        let (bytes, starts) = frames(4);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let touched = starts.iter().filter(|start| **start <= bit / 8).count() as u64;
            let (numbers, scanned) = read(&flipped);
            let kept: Vec<u64> = (1..=4).filter(|number| *number != touched).collect();
            assert_eq!(numbers, kept, "bit {bit}");
            let noticed = !scanned.damaged.is_empty() || scanned.tail_bytes > 0;
            assert!(noticed, "bit {bit}");
        }
    }

    #[test]
    fn a_long_stretch_of_rubbish_is_one_damaged_range() {
        let (first, _) = frames(1);
        let mut bytes = first.clone();
        bytes.resize(bytes.len() + 3 * CHUNK_BYTES, 0xF5);
        bytes.extend_from_slice(&first);
        let (numbers, scanned) = read(&bytes);
        assert_eq!(numbers, [1, 1]);
        let (start, end) = (first.len() as u64, (bytes.len() - first.len()) as u64);
        assert_eq!(scanned.damaged, vec![start..end]);
    }

    #[test]
    fn a_header_comes_back_and_any_flipped_bit_of_it_is_noticed() {
        let header = Header {
            sequence: 7,
            writer: 8,
            created_unix_ms: 9,
        };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Ok(header));
        assert_eq!(Header::decode(&bytes[..39]), Err(HeaderError::Short));
        for bit in 0..HEADER_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                Header::decode(&flipped),
                Err(HeaderError::Damaged),
                "bit {bit}"
            );
        }
    }

    proptest! {
        #[test]
        fn rubbish_never_panics_and_every_byte_is_accounted_for(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
            marks in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            for mark in marks {
                let at = mark.index(bytes.len() + 1);
                bytes.splice(at..at, MARK);
            }
            let (_, scanned) = read(&bytes);
            prop_assert_eq!(scanned.end + scanned.tail_bytes, bytes.len() as u64);
        }

        #[test]
        fn damage_in_one_place_costs_the_touched_records_only(
            at in any::<prop::sample::Index>(),
            rubbish in proptest::collection::vec(any::<u8>(), 1..300),
        ) {
            let (mut bytes, starts) = frames(20);
            let from = at.index(bytes.len() - rubbish.len());
            let to = from + rubbish.len();
            bytes[from..to].copy_from_slice(&rubbish);
            let (numbers, _) = read(&bytes);
            for number in 1..=20usize {
                let untouched = starts[number] <= from || starts[number - 1] >= to;
                prop_assert!(!untouched || numbers.contains(&(number as u64)));
            }
        }
    }
}
