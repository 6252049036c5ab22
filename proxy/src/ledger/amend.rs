//! Corrections: what an entry costs after all, beside the entry, which stays as it was written.
//!
//! Corrections are written in series of their own, by whoever makes them, so that a reader finds them
//! without reading everything: a segment that begins with one holds nothing else. A process that serves the
//! same directory follows that series like any other. Nothing is lost or counted twice when the writer dies:
//! each correction is whole by itself, and those that are missing are made again.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use prost::Message as _;
use uuid::Uuid;

use super::disk::Files;
use super::entry::{Entry, clip};
use super::log::{Appended, Log, LogPlan};
use super::note::Adjustment;
use super::segment::{FRAME_BYTES, HEADER_BYTES, kind, kind_of, scan};
use super::series::{SegmentName, WriterLock, list};
use super::status::{Clock, Unobserved};
use super::terms::CostSource;

/// Most corrections in a directory: what a reader of entries keeps in memory, some 100 MiB.
pub const CORRECTIONS_MAX: usize = 1_000_000;

/// Longest reason that is kept, bytes.
const REASON_BYTES_MAX: usize = 200;

/// A record that says what an entry costs after all.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Correction {
    /// Upper half of the correction's own id.
    #[prost(fixed64, tag = "1")]
    pub id_hi: u64,
    /// Lower half of the correction's own id.
    #[prost(fixed64, tag = "2")]
    pub id_lo: u64,
    /// When it was made, milliseconds since 1970 UTC.
    #[prost(uint64, tag = "3")]
    pub at_unix_ms: u64,
    /// The entry's id and labels, by which sums are kept, and its new cost, source and price version.
    #[prost(message, optional, tag = "4")]
    pub entry: Option<Entry>,
    /// The cost before, 10⁻¹² USD.
    #[prost(sint64, optional, tag = "5")]
    pub old_cost_picousd: Option<i64>,
    /// How the cost before came to be known.
    #[prost(enumeration = "CostSource", tag = "6")]
    pub old_cost_source: i32,
    /// The price table of the cost before.
    #[prost(string, tag = "7")]
    pub old_price_version: String,
    /// Why, in the words of whoever made it.
    #[prost(string, tag = "8")]
    pub reason: String,
}

impl Correction {
    /// A correction of `entry` to a cost by the table of that version.
    #[must_use]
    pub fn new(id: Uuid, at_unix_ms: u64, entry: &Entry, cost: (i64, &str), reason: &str) -> Self {
        let (id_hi, id_lo) = id.as_u64_pair();
        let (cost_picousd, price_version) = cost;
        let mut corrected = Entry {
            id_hi: entry.id_hi,
            id_lo: entry.id_lo,
            at_unix_ms: entry.at_unix_ms,
            duration_ms: entry.duration_ms,
            charged_picousd: entry.charged_picousd,
            key: entry.key.clone(),
            team: entry.team.clone(),
            user: entry.user.clone(),
            project: entry.project.clone(),
            tags: entry.tags.clone(),
            operation: entry.operation.clone(),
            model_asked: entry.model_asked.clone(),
            model_sent: entry.model_sent.clone(),
            provider: entry.provider.clone(),
            outcome: entry.outcome,
            cost_picousd: Some(cost_picousd),
            price_version: price_version.to_owned(),
            ..Entry::default()
        };
        corrected.set_cost_source(CostSource::Table);
        Self {
            id_hi,
            id_lo,
            at_unix_ms,
            entry: Some(corrected),
            old_cost_picousd: entry.cost_picousd,
            old_cost_source: entry.cost_source,
            old_price_version: entry.price_version.clone(),
            reason: clip(reason, REASON_BYTES_MAX).to_owned(),
        }
    }

    /// The correction's own id, a UUID of version 7.
    #[must_use]
    pub fn id(&self) -> Uuid {
        Uuid::from_u64_pair(self.id_hi, self.id_lo)
    }

    /// What budgets are charged more than before, 10⁻¹² USD; negative for less. Nothing for a request whose
    /// charge never was its cost.
    #[must_use]
    pub fn difference_picousd(&self) -> i64 {
        let Some(entry) = &self.entry else { return 0 };
        if entry.charged_picousd.is_some() {
            return 0;
        }
        let now = entry.cost_picousd.unwrap_or(0);
        now.saturating_sub(self.old_cost_picousd.unwrap_or(0))
    }

    /// When the corrected request was over, milliseconds since 1970 UTC: the difference belongs into the window of
    /// that moment. Corrections written before entries were counted by their end know its beginning only.
    #[must_use]
    pub fn ended_at_unix_ms(&self) -> u64 {
        let entry = self.entry.as_ref();
        entry.map_or(self.at_unix_ms, Entry::ended_at_unix_ms)
    }
}

/// Writes corrections: one process at a time in a directory.
#[derive(Debug)]
pub struct Amender {
    log: Log,
    life: WriterLock,
    /// Held for its lock.
    _turn: File,
}

/// Why corrections cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    /// Another process is at it.
    #[error("another process is correcting this ledger")]
    Busy,
    /// The disk does not take them.
    #[error("the ledger cannot be written")]
    Disk,
    /// There are as many as a reader can keep.
    #[error("the ledger has {CORRECTIONS_MAX} corrections, and takes no more")]
    Full,
    /// The system says so.
    #[error("the ledger cannot be written: {0}")]
    Io(#[from] io::Error),
}

impl Amender {
    /// Begins a series in `dir`, which holds a ledger. A process may serve it meanwhile.
    ///
    /// # Errors
    /// [`AmendError::Busy`] while another process corrects, [`AmendError::Io`] for what the system says.
    pub fn begin(dir: &Path, clock: Clock) -> Result<Self, AmendError> {
        let turn = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join(TURN_FILE))?;
        match turn.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(AmendError::Busy),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let seed = ((clock.unix_ms)() << 20) | u64::from(std::process::id() & 0xF_FFFF);
        let life = WriterLock::begin(dir, seed)?;
        let last = list(dir)?.segments.last().map_or(0, |name| name.sequence);
        let log = Log::begin(LogPlan {
            dir: dir.to_owned(),
            first: SegmentName {
                sequence: last.saturating_add(1),
                writer: life.writer,
            },
            segment_bytes: SEGMENT_BYTES,
            disk: Arc::new(Files),
            clock,
            observer: Arc::new(Unobserved),
        })?;
        Ok(Self {
            log,
            life,
            _turn: turn,
        })
    }

    /// Writes one correction of a budget's spending, in a series of its own: for a command beside a process that serves,
    /// or without one. It survives the end of this process, and a loss of power, when this returns; a process that serves
    /// hears of it within a second.
    ///
    /// # Errors
    /// As for [`Amender::begin`], [`AmendError::Disk`] when it was not written.
    pub fn adjust(dir: &Path, clock: Clock, adjustment: &Adjustment) -> Result<(), AmendError> {
        let amender = Self::begin(dir, clock)?;
        let appended = amender.log.append(kind::ADJUSTMENT, adjustment);
        let clipped = || amender.log.append(kind::ADJUSTMENT, &adjustment.clipped());
        match appended.or_else(|_| clipped()) {
            Ok(Appended::Written) => amender.finish(),
            _ => Err(AmendError::Disk),
        }
    }

    /// Writes one; it survives the end of this process when this returns.
    ///
    /// # Errors
    /// [`AmendError::Disk`] when it was not written.
    pub fn append(&self, correction: &Correction) -> Result<(), AmendError> {
        match self.log.append(kind::CORRECTION, correction) {
            Ok(Appended::Written) => Ok(()),
            _ => Err(AmendError::Disk),
        }
    }

    /// Makes them safe from a loss of power and ends the series.
    ///
    /// # Errors
    /// Whatever the system says; they are written all the same.
    pub fn finish(self) -> Result<(), AmendError> {
        self.log.sync();
        if self.log.is_failing() {
            return Err(AmendError::Disk);
        }
        Ok(self.life.retire()?)
    }
}

const TURN_FILE: &str = "corrections.lock";

/// A segment of corrections is closed at 64 MiB.
const SEGMENT_BYTES: u64 = 64 << 20;

/// The newest correction of each entry that has one.
#[derive(Debug, Default)]
pub(super) struct Amendments {
    by_entry: HashMap<u128, Amended>,
}

#[derive(Debug)]
struct Amended {
    at_unix_ms: u64,
    cost_picousd: Option<i64>,
    cost_source: i32,
    price_version: Arc<str>,
}

impl Amendments {
    /// Reads all corrections in a directory, at most [`CORRECTIONS_MAX`].
    pub(super) fn read(dir: &Path) -> io::Result<Self> {
        let mut all = Self::default();
        let mut version = Arc::<str>::from("");
        for name in list(dir)?.segments {
            let Some(mut file) = corrections(dir, name)? else {
                continue;
            };
            scan(&mut file, HEADER_BYTES as u64, |found, payload, _| {
                if found != kind::CORRECTION {
                    return true;
                }
                let Ok(correction) = Correction::decode(payload) else {
                    return false;
                };
                all.take(correction, &mut version);
                true
            })?;
        }
        Ok(all)
    }

    pub(super) fn len(&self) -> usize {
        self.by_entry.len()
    }

    /// The entry as it stands after its corrections.
    pub(super) fn apply(&self, entry: &mut Entry) {
        if self.by_entry.is_empty() {
            return;
        }
        if let Some(amended) = self.by_entry.get(&entry.id().as_u128()) {
            entry.cost_picousd = amended.cost_picousd;
            entry.cost_source = amended.cost_source;
            entry.price_version = amended.price_version.to_string();
            entry.corrected_at_unix_ms = amended.at_unix_ms;
        }
    }

    fn take(&mut self, correction: Correction, version: &mut Arc<str>) {
        let Some(entry) = correction.entry else {
            return;
        };
        let id = entry.id().as_u128();
        let known = self.by_entry.get(&id);
        let is_older = known.is_some_and(|known| known.at_unix_ms > correction.at_unix_ms);
        let is_full = known.is_none() && self.by_entry.len() >= CORRECTIONS_MAX;
        if is_older || is_full {
            return;
        }
        // Nearly all corrections of a run are by one table.
        if **version != *entry.price_version {
            *version = entry.price_version.as_str().into();
        }
        let amended = Amended {
            at_unix_ms: correction.at_unix_ms,
            cost_picousd: entry.cost_picousd,
            cost_source: entry.cost_source,
            price_version: Arc::clone(version),
        };
        self.by_entry.insert(id, amended);
    }
}

/// A segment behind its header, if it may hold corrections: its first record is one, or is damaged.
fn corrections(dir: &Path, name: SegmentName) -> io::Result<Option<File>> {
    let mut file = match File::open(name.path(dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut head = Vec::with_capacity(HEADER_BYTES + FRAME_BYTES);
    (&mut file)
        .take((HEADER_BYTES + FRAME_BYTES) as u64)
        .read_to_end(&mut head)?;
    let Some(first) = head
        .get(HEADER_BYTES..)
        .filter(|first| first.len() == FRAME_BYTES)
    else {
        return Ok(None);
    };
    if kind_of(first).is_some_and(|found| found != kind::CORRECTION) {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
    Ok(Some(file))
}
