//! What a log says of itself.

use super::{LedgerHealth, SegmentName};

/// Where a log ends at one moment.
#[derive(Debug)]
pub(in crate::ledger) struct LogEnd {
    /// Its newest segment.
    pub(in crate::ledger) segment: SegmentName,
    /// Offset behind the last whole record in it.
    pub(in crate::ledger) length: u64,
    /// Frames that wait in memory, oldest first.
    pub(in crate::ledger) backlog: Vec<Box<[u8]>>,
}

/// Figures of a log.
#[derive(Debug, Clone)]
pub(in crate::ledger) struct LogStatus {
    pub(in crate::ledger) health: LedgerHealth,
    pub(in crate::ledger) segment: SegmentName,
    pub(in crate::ledger) segment_bytes: u64,
    pub(in crate::ledger) counts: Counts,
    pub(in crate::ledger) backlog: usize,
    pub(in crate::ledger) backlog_bytes: usize,
}

/// What happened to a log since it was opened.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::ledger) struct Counts {
    pub(in crate::ledger) appends: u64,
    pub(in crate::ledger) errors: u64,
    pub(in crate::ledger) dropped: u64,
    pub(in crate::ledger) synced_at_unix_ms: u64,
}
