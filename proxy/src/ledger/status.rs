//! How the ledger is doing: for health checks, metrics and the admin plane.

use std::fmt::Debug;
use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::series::SegmentName;

/// Most damaged ranges that are listed; further ones are only counted.
pub const DAMAGED_LISTED_MAX: usize = 1_024;

/// Whether records reach the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerHealth {
    /// They do.
    Ok,
    /// They do not. They are kept in memory, up to a bound, and tried again every 250 ms.
    Failing {
        /// What the system said last.
        reason: String,
        /// Since when, milliseconds since 1970 UTC.
        since_unix_ms: u64,
    },
}

/// The ledger's state at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Whether records reach the disk.
    pub health: LedgerHealth,
    /// Records that this process wrote.
    pub appends: u64,
    /// Writes, segment changes and syncs that failed.
    pub errors: u64,
    /// Records waiting in memory for the disk to come back.
    pub backlog: usize,
    /// Their size.
    pub backlog_bytes: usize,
    /// Records lost because the backlog was full.
    pub dropped: u64,
    /// When everything written was last known to be safe from a loss of power, milliseconds since 1970 UTC.
    pub synced_at_unix_ms: u64,
    /// Size of all segments as last seen.
    pub bytes: u64,
    /// Settled requests that the books know.
    pub entries: u64,
    /// Records that repeated an entry.
    pub duplicates: u64,
    /// Requests admitted and not settled yet, in this process and others.
    pub intents_open: usize,
    /// Additions to the sums that went to the label `other`.
    pub overflowed: u64,
    /// Damage found so far, at the start and since.
    pub damaged: Vec<DamagedRange>,
}

/// Bytes of a segment that hold no record any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedRange {
    /// Which segment.
    pub segment: SegmentName,
    /// Where in it.
    pub bytes: Range<u64>,
}

/// What opening a ledger found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Settled requests found.
    pub entries: u64,
    /// Segments found.
    pub segments: usize,
    /// Segments that the index spared reading.
    pub segments_from_index: usize,
    /// Of these, segments that were read all the same, for [`Spending`](super::Spending) alone.
    pub segments_told: usize,
    /// Requests of dead writers that were closed as `interrupted`.
    pub intents_closed: u64,
    /// Bytes behind the last whole record of dead writers, moved aside to `<segment>.torn`.
    pub torn_bytes: u64,
    /// Damage found, at most [`DAMAGED_LISTED_MAX`] ranges.
    pub damaged: Vec<DamagedRange>,
    /// Segments left alone because they cannot be read, and why.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Why the index was thrown away or not used; `None` when all went well.
    pub index_fault: Option<String>,
    /// Other writers that are alive.
    pub living_writers: usize,
}

/// Where the ledger's time comes from.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Monotonic time, for durations.
    pub now: fn() -> Instant,
    /// Milliseconds since 1970 UTC.
    pub unix_ms: fn() -> u64,
}

/// Hears how long things took.
pub trait Observer: Send + Sync + Debug {
    /// A record was written.
    fn appended(&self, took: Duration);
    /// What was written is safe from a loss of power.
    fn synced(&self, took: Duration);
    /// A write, segment change or sync failed.
    fn failed(&self);
}

/// An observer that does not care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn appended(&self, _took: Duration) {}
    fn synced(&self, _took: Duration) {}
    fn failed(&self) {}
}
