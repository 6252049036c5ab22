//! The ledger: every request, once, with what it used and what it cost.
//!
//! Truth is an append-only, checksummed log of segments in one directory. A request leaves two
//! records: an [`Intent`] when it is admitted, an [`Entry`] when it is settled. Everything else, the
//! sums in memory and the index on disk, is made from the log and can be made again.
//!
//! | room | holds |
//! |---|---|
//! | `entry`, `terms`, `face` | what a record says; its JSON |
//! | `segment` | bytes of a segment: frames, checksums, reading past damage |
//! | `series` | who writes what; living and dead writers |
//! | `log`, `disk` | the growing end; what happens when the disk fails |
//! | `amend` | what entries cost after all: corrections, in series of their own |
//! | `note`, `record` | adjustments of budgets and events; any record |
//! | `spending`, `replay` | what budgets hear of other processes; the past for budgets that are made while running |
//! | `books`, `rollup`, `usage` | what the records add up to; reports |
//! | `recover`, `follow`, `keep` | reading at the start, following other processes, closing dead writers' books |
//! | `summary`, `index` | closed segments in short, so that a start is quick |
//! | `read`, `newest`, `page`, `back` | records for the admin plane and the command line |
//!
//! # Promises
//!
//! - When [`Ledger::append_entry`] says [`Appended::Written`], the record survives the end of the
//!   process, however it ends; within `sync_interval` and one sync, also a loss of power.
//! - After a crash, an intent without a settlement is closed as [`Outcome::Interrupted`] exactly once,
//!   by whichever process gets the dead writer's lock.
//! - Several processes may share a directory (one drains while its successor serves): each writes its
//!   own series and follows the others': 50 ms behind while they live, a second at most.
//! - Damage costs the records it touches, and is reported.

mod amend;
mod back;
mod books;
mod disk;
mod entry;
mod face;
mod follow;
mod index;
mod keep;
mod log;
mod newest;
mod note;
mod page;
mod read;
mod record;
mod recover;
mod replay;
mod rollup;
pub mod segment;
mod series;
mod spending;
mod status;
mod summary;
mod terms;
#[cfg(test)]
mod tests;
mod usage;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use self::books::Books;
use self::follow::Places;
use self::log::Log;
use self::segment::kind;
use self::series::WriterLock;

pub use self::amend::{AmendError, Amender, CORRECTIONS_MAX, Correction};
pub use self::disk::{Disk, Files, SegmentFile};
pub use self::entry::{
    Attempt, Call, Decision, Entry, Intent, Tag, USER_AGENT_BYTES_MAX, Weighed, clip,
};
pub(crate) use self::face::share;
pub use self::face::{Whole, usd};
pub use self::log::{Appended, BACKLOG_BYTES_MAX, BACKLOG_LEN_MAX};
pub use self::note::{Adjustment, Event, Picos};
pub use self::page::{Cursor, PAGE_BYTES_MAX, PAGE_LEN_MAX, Page};
pub use self::read::{Conditions, ReadError, Reader};
pub use self::record::Record;
pub use self::replay::Charging;
pub use self::rollup::Sums;
pub use self::series::SegmentName;
pub use self::spending::{Spending, Unspent};
pub use self::status::{
    Clock, DAMAGED_LISTED_MAX, DamagedRange, LedgerHealth, Observer, Recovery, Status, Unobserved,
};
pub use self::terms::{CostSource, Metered, Outcome};
pub use self::usage::{Dimension, Filter, Interval, Query, REPORT_ROWS_MAX, UsageReport, UsageRow};

/// The ledger of this process: writes its own series, knows everybody's.
#[derive(Debug)]
pub struct Ledger {
    inner: Arc<Inner>,
    /// This process's life, as other processes see it.
    life: Option<WriterLock>,
    threads: Vec<JoinHandle<()>>,
}

/// How the ledger keeps its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Longest time that a written record stays unsynced.
    pub sync_interval: Duration,
    /// A segment is closed at this size.
    pub segment_bytes: u64,
    /// Oldest closed segments are deleted beyond this total; `None` keeps all.
    pub retain_bytes: Option<u64>,
    /// Closed segments whose newest record is older are deleted; `None` keeps all.
    pub retain_age: Option<Duration>,
}

impl Default for Settings {
    /// Synced within 100 ms, 64 MiB a segment, kept for ever.
    fn default() -> Self {
        Self {
            sync_interval: Duration::from_millis(100),
            segment_bytes: 64 * 1024 * 1024,
            retain_bytes: None,
            retain_age: None,
        }
    }
}

/// What the ledger needs of the world.
#[derive(Debug, Clone)]
pub struct Hooks {
    /// Time.
    pub clock: Clock,
    /// Who hears how long things took.
    pub observer: Arc<dyn Observer>,
    /// Where segments are made: [`Files`], but for tests.
    pub disk: Arc<dyn Disk>,
    /// Who hears what others spend.
    pub spending: Arc<dyn Spending>,
}

impl Hooks {
    /// The file system, this clock, nobody listening.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            observer: Arc::new(Unobserved),
            disk: Arc::new(Files),
            spending: Arc::new(Unspent),
        }
    }
}

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("ledger in {dir}: {source}", dir = dir.display())]
pub struct OpenError {
    /// Its directory.
    pub dir: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

impl Ledger {
    /// Opens the ledger in `dir`, which is made if it is not there.
    ///
    /// Reads what every writer left, closes what dead ones left open, and begins a series of its own.
    /// A living writer's series is read and followed, and closed when that writer is gone.
    ///
    /// # Errors
    /// [`OpenError`] when the directory cannot be read or written. Damage is no error: see [`Recovery`].
    pub fn open(
        dir: &Path,
        settings: Settings,
        hooks: Hooks,
    ) -> Result<(Self, Recovery), OpenError> {
        recover::open(dir, settings, hooks).map_err(|source| OpenError {
            dir: dir.to_owned(),
            source,
        })
    }

    /// Appends an intent: call before the provider is called. Returns after `write(2)`.
    ///
    /// What the disk does not take waits in memory; whether a request may go on then is the caller's
    /// decision (interface §2: not under a hard budget).
    pub fn append_intent(&self, intent: &Intent) -> Appended {
        self.inner.append_intent(intent)
    }

    /// Appends an entry: call before the last byte goes down. Returns after `write(2)`.
    ///
    /// It settles the intent with its id, or stands alone when there is none.
    pub fn append_entry(&self, entry: &Entry) -> Appended {
        self.inner.append_entry(entry)
    }

    /// Appends a correction of a budget's spending. Returns after `write(2)`.
    ///
    /// Whoever calls changes the account too, both under one [`Ledger::charging`].
    pub fn append_adjustment(&self, adjustment: &Adjustment) -> Appended {
        let log = &self.inner.log;
        log.append(kind::ADJUSTMENT, adjustment)
            .or_else(|_| log.append(kind::ADJUSTMENT, &adjustment.clipped()))
            .unwrap_or(Appended::Dropped)
    }

    /// Appends an event. Returns after `write(2)`.
    pub fn append_event(&self, event: &Event) -> Appended {
        let log = &self.inner.log;
        log.append(kind::EVENT, event)
            .or_else(|_| log.append(kind::EVENT, &event.clipped()))
            .unwrap_or(Appended::Dropped)
    }

    /// To be held around an append and the charge that goes with it, so that [`Ledger::replay`] sees both or neither.
    /// A few nanoseconds; not twice in one thread, and not over an `.await`.
    pub fn charging(&self) -> Charging<'_> {
        self.inner.charging()
    }

    /// Replays the past for budgets that are made while the ledger runs, so that every record is counted once.
    ///
    /// In a moment in which nothing is charged and nothing is told to [`Spending`], calls `publish`, which makes the new
    /// budgets visible to charges, and notes where every series ends. Then calls `each` with all entries, corrections,
    /// adjustments and events up to there, as they were written, oldest segment first. What comes behind is charged or told
    /// under what was published. Segments whose newest record is older than `since_unix_ms` are left out. Records that were
    /// lost because the backlog was full are missing.
    ///
    /// Reads on the calling thread: about a second for a million entries. `publish` must be short, and neither of the two
    /// may use the ledger. Returns the damage met.
    ///
    /// # Errors
    /// [`ReadError::Io`] when the directory or a segment could not be read; `publish` was called, and `each` with what could.
    pub fn replay(
        &self,
        since_unix_ms: u64,
        publish: impl FnOnce(),
        each: impl FnMut(&Record),
    ) -> Result<Vec<DamagedRange>, ReadError> {
        self.inner.replay(since_unix_ms, publish, each)
    }

    /// Keeps segments that may hold records since then from being deleted, milliseconds since 1970 UTC, whatever the
    /// bounds on size and age say; 0 keeps all, `u64::MAX` none. Until it is called, what [`Spending::since_unix_ms`] said.
    pub fn keep_since(&self, unix_ms: u64) {
        self.inner
            .keep_since_unix_ms
            .store(unix_ms, Ordering::Relaxed);
    }

    /// Sums over a time. Answers from memory, without making writers wait.
    #[must_use]
    pub fn usage(&self, query: &Query) -> UsageReport {
        usage::report(&self.inner.books, query)
    }

    /// Entries themselves, from the segments on disk.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(self.inner.log.dir.clone())
    }

    /// How it is doing now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.inner.status()
    }

    /// Syncs what is written now, on the calling thread: before a process ends, for instance.
    pub fn sync(&self) {
        while self.inner.log.probe() {}
        self.inner.log.sync();
    }
}

impl Drop for Ledger {
    /// Ends the threads and syncs. A series with nothing left open is retired; otherwise the next
    /// process closes it.
    fn drop(&mut self) {
        self.inner.log.stop();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; there is nothing left to wait for.
            thread.join().ok();
        }
        let status = self.inner.log.status();
        let settled = self.inner.books.lock().own_open() == 0 && status.backlog == 0;
        if status.counts.appends == 0 && settled {
            fs::remove_file(status.segment.path(&self.inner.log.dir)).ok();
        }
        if let Some(life) = self.life.take().filter(|_| settled) {
            life.retire().ok();
        }
    }
}

/// What the threads share.
#[derive(Debug)]
struct Inner {
    log: Log,
    books: Mutex<Books>,
    seen: Mutex<Seen>,
    clock: Clock,
    /// How far other writers' segments were read.
    places: Places,
    /// Held by those who append and charge, and for a moment by a replay, alone.
    gate: RwLock<()>,
    /// Held by a replay: no segment is deleted meanwhile.
    replaying: Mutex<()>,
    /// Segments with records since then are not deleted.
    keep_since_unix_ms: AtomicU64,
}

/// What housekeeping saw last.
#[derive(Debug, Default)]
struct Seen {
    damaged: Vec<DamagedRange>,
    bytes: u64,
}

impl Inner {
    fn append_intent(&self, intent: &Intent) -> Appended {
        self.books.lock().own_intent(intent.id().as_u128());
        self.log
            .append(kind::INTENT, intent)
            .or_else(|_| self.log.append(kind::INTENT, &intent.clipped()))
            .unwrap_or(Appended::Dropped)
    }

    fn append_entry(&self, entry: &Entry) -> Appended {
        let Some(kind) = self.books.lock().own_entry(entry) else {
            return Appended::Duplicate;
        };
        self.log
            .append(kind, entry)
            .or_else(|_| self.log.append(kind, &entry.clipped()))
            .unwrap_or(Appended::Dropped)
    }

    /// Who writes this process's series.
    fn writer(&self) -> u64 {
        self.log.status().segment.writer
    }

    fn status(&self) -> Status {
        let log = self.log.status();
        let seen = self.seen.lock();
        let books = self.books.lock();
        Status {
            health: log.health,
            appends: log.counts.appends,
            errors: log.counts.errors,
            backlog: log.backlog,
            backlog_bytes: log.backlog_bytes,
            dropped: log.counts.dropped,
            synced_at_unix_ms: log.counts.synced_at_unix_ms,
            bytes: seen.bytes.max(log.segment_bytes),
            entries: books.entries,
            duplicates: books.duplicates,
            intents_open: books.intents_open(),
            overflowed: books.rollup.overflowed,
            damaged: seen.damaged.clone(),
        }
    }
}
