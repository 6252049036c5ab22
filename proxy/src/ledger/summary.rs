//! A closed segment in short, so that the next start need not read it.
//!
//! A summary is made from the segment's bytes alone and can be made again at any time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use prost::Message;

use super::books::{Booked, Books};
use super::entry::{Intent, numbered, units};
use super::rollup::{self, LABELS, Labels, Symbol};
use super::segment::{HEADER_BYTES, scan};
use super::series::SegmentName;

/// What a segment adds to the books.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Summary {
    /// The segment's length.
    #[prost(uint64, tag = "1")]
    pub(super) bytes: u64,
    /// Its header, as it stands in the file.
    #[prost(bytes = "vec", tag = "2")]
    pub(super) header: Vec<u8>,
    /// CRC-32 of the whole file.
    #[prost(fixed32, tag = "3")]
    pub(super) crc: u32,
    #[prost(uint64, tag = "4")]
    pub(super) entries: u64,
    #[prost(uint64, tag = "5")]
    pub(super) duplicates: u64,
    #[prost(uint64, tag = "6")]
    pub(super) unknown: u64,
    /// Labels; a row names them by place.
    #[prost(string, repeated, tag = "7")]
    pub(super) symbols: Vec<String>,
    #[prost(message, repeated, tag = "8")]
    pub(super) rows: Vec<Row>,
    /// Intents that are settled in a later segment, or never.
    #[prost(message, repeated, tag = "9")]
    pub(super) open: Vec<Intent>,
    /// Ids settled here whose intent is in an earlier segment, 16 bytes each.
    #[prost(bytes = "vec", tag = "10")]
    pub(super) early: Vec<u8>,
    /// The last ids settled here, 16 bytes each.
    #[prost(bytes = "vec", tag = "11")]
    pub(super) recent: Vec<u8>,
    /// Beginning and end of each damaged range.
    #[prost(uint64, repeated, tag = "12")]
    pub(super) damaged: Vec<u64>,
    /// When its newest record came to be, milliseconds since 1970 UTC; 0 when it has none but intents. Summaries of
    /// earlier versions do not say.
    #[prost(uint64, optional, tag = "13")]
    pub(super) newest_unix_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Row {
    #[prost(uint64, tag = "1")]
    hour: u64,
    #[prost(uint32, repeated, tag = "2")]
    labels: Vec<u32>,
    #[prost(uint64, repeated, tag = "3")]
    counts: Vec<u64>,
    #[prost(sint64, tag = "4")]
    cost_hi: i64,
    #[prost(fixed64, tag = "5")]
    cost_lo: u64,
    /// As in an entry.
    #[prost(btree_map = "uint32, uint64", tag = "6")]
    units: BTreeMap<u32, u64>,
}

impl Summary {
    /// Reads a closed segment. `None` when it ends inside a record, and so is not closed properly.
    pub(super) fn make(dir: &Path, name: SegmentName) -> io::Result<Option<Self>> {
        let mut file = Summed {
            file: File::open(name.path(dir))?,
            crc: crc32fast::Hasher::new(),
        };
        let mut header = vec![0; HEADER_BYTES];
        file.read_exact(&mut header)?;
        let mut books = Books::default();
        let mut newest_unix_ms = 0;
        let scanned = scan(&mut file, HEADER_BYTES as u64, |kind, payload, _| {
            let booked = books.record(kind, payload, name.writer);
            if let Booked::New(record) = &booked {
                newest_unix_ms = record.at_unix_ms().max(newest_unix_ms);
            }
            booked.is_sound()
        })?;
        if scanned.tail_bytes > 0 {
            return Ok(None);
        }
        let mut summary = Self::of(&books);
        summary.bytes = scanned.end;
        summary.newest_unix_ms = Some(newest_unix_ms);
        summary.header = header;
        summary.crc = file.crc.finalize();
        let edges = scanned
            .damaged
            .iter()
            .flat_map(|range| [range.start, range.end]);
        summary.damaged = edges.collect();
        Ok(Some(summary))
    }

    /// Whether the file still is what was summed up: its length and header.
    pub(super) fn fits(&self, dir: &Path, name: SegmentName) -> bool {
        let read = || -> io::Result<bool> {
            let mut file = File::open(name.path(dir))?;
            if file.metadata()?.len() != self.bytes {
                return Ok(false);
            }
            let mut header = [0; HEADER_BYTES];
            file.read_exact(&mut header)?;
            Ok(header == *self.header)
        };
        read().unwrap_or(false)
    }

    /// Books what the segment adds.
    pub(super) fn add_to(&self, books: &mut Books, writer: u64) {
        books.entries += self.entries;
        books.duplicates += self.duplicates;
        books.unknown += self.unknown;
        for id in ids(&self.recent) {
            books.recent.insert(id);
        }
        for id in ids(&self.early) {
            if books.open.remove(&id).is_none() {
                books.early.insert(id);
            }
        }
        for intent in &self.open {
            books.intent(intent.into(), &intent.encode_to_vec(), writer);
        }
        let symbols: Vec<Symbol> = self
            .symbols
            .iter()
            .map(|name| books.rollup.symbols.intern(name))
            .collect();
        for row in &self.rows {
            let symbol = |place: usize| {
                let number = row.labels.get(place).copied().unwrap_or(0) as usize;
                symbols.get(number).copied().unwrap_or(0)
            };
            let labels: [Symbol; LABELS] = std::array::from_fn(symbol);
            let sums = rollup::Row {
                counts: std::array::from_fn(|place| row.counts.get(place).copied().unwrap_or(0)),
                cost_picousd: (i128::from(row.cost_hi) << 64) | i128::from(row.cost_lo),
                units: Some(units(&row.units))
                    .filter(|u| !u.is_none())
                    .map(Box::new),
            };
            books.rollup.add_row(row.hour, Labels(labels), &sums.sums());
        }
    }

    /// Damaged ranges of the segment.
    pub(super) fn damaged(&self) -> impl Iterator<Item = std::ops::Range<u64>> + '_ {
        self.damaged.chunks_exact(2).map(|edges| edges[0]..edges[1])
    }

    fn of(books: &Books) -> Self {
        let rows = books.rollup.hours.iter().flat_map(|(hour, rows)| {
            rows.iter().map(|(labels, row)| Row {
                hour: *hour,
                labels: labels.0.to_vec(),
                counts: row.counts.to_vec(),
                cost_hi: (row.cost_picousd >> 64) as i64,
                cost_lo: row.cost_picousd as u64,
                units: row.units.as_deref().map(numbered).unwrap_or_default(),
            })
        });
        Self {
            entries: books.entries,
            duplicates: books.duplicates,
            unknown: books.unknown,
            symbols: books
                .rollup
                .symbols
                .names()
                .iter()
                .map(ToString::to_string)
                .collect(),
            rows: rows.collect(),
            open: books.left_open(),
            early: books.early.iter().flat_map(|id| id.to_le_bytes()).collect(),
            recent: books
                .recent
                .latest(RECENT_KEPT)
                .flat_map(u128::to_le_bytes)
                .collect(),
            ..Self::default()
        }
    }
}

/// CRC-32 of a whole segment, to compare with its summary's.
pub(super) fn crc(dir: &Path, name: SegmentName) -> io::Result<u32> {
    let mut file = Summed {
        file: File::open(name.path(dir))?,
        crc: crc32fast::Hasher::new(),
    };
    let mut chunk = vec![0; 256 * 1024];
    while file.read(&mut chunk)? > 0 {}
    Ok(file.crc.finalize())
}

/// Ids carried from one segment to the next for telling doubles: 64 KiB.
const RECENT_KEPT: usize = 4_096;

fn ids(bytes: &[u8]) -> impl Iterator<Item = u128> + '_ {
    bytes
        .as_chunks::<16>()
        .0
        .iter()
        .map(|id| u128::from_le_bytes(*id))
}

/// A file that is summed while it is read.
struct Summed {
    file: File,
    crc: crc32fast::Hasher,
}

impl Read for Summed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.crc.update(&buffer[..read]);
        Ok(read)
    }
}
