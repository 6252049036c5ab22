//! The ledger: every request, once, with what it used and what it cost.
//!
//! Truth is an append-only, checksummed log of segments in one directory. A request leaves two
//! records: an [`Intent`] when it is admitted, an [`Entry`] when it is settled. Everything else, the
//! sums in memory and the index on disk, is made from the log and can be made again.
//!
//! | room | holds |
//! |---|---|
//! | `entry`, `face` | what a record says; its JSON |
//! | `segment` | bytes of a segment: frames, checksums, reading past damage |
//! | `series` | who writes what; living and dead writers |
//! | `log`, `disk` | the growing end; what happens when the disk fails |
//! | `books`, `rollup`, `usage` | what the records add up to; reports |
//! | `follow`, `keep` | reading at the start, following other processes, closing dead writers' books |
//! | `summary`, `index` | closed segments in short, so that a start is quick |
//! | `read` | entries for the admin plane and the command line |
//!
//! # Promises
//!
//! - When [`Ledger::append_entry`] says [`Appended::Written`], the record survives the end of the
//!   process, however it ends; within `sync_interval` and one sync, also a loss of power.
//! - After a crash, an intent without a settlement is closed as [`Outcome::Interrupted`] exactly once,
//!   by whichever process gets the dead writer's lock.
//! - Several processes may share a directory (one drains while its successor serves): each writes its
//!   own series and follows the others', at most a second behind.
//! - Damage costs the records it touches, and is reported.

mod books;
mod disk;
mod entry;
mod face;
mod follow;
mod index;
mod keep;
mod log;
mod read;
mod rollup;
pub mod segment;
mod series;
mod status;
mod summary;
#[cfg(test)]
mod tests;
mod usage;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::Mutex;

use self::books::Books;
use self::keep::Keeper;
use self::log::{Log, LogPlan};
use self::segment::kind;
use self::series::WriterLock;

pub use self::disk::{Disk, Files, SegmentFile};
pub use self::entry::{
    Attempt, CostSource, Entry, Intent, Metered, Outcome, Tag, USER_AGENT_BYTES_MAX, clip,
};
pub use self::face::usd;
pub use self::log::{Appended, BACKLOG_BYTES_MAX, BACKLOG_LEN_MAX};
pub use self::read::{Conditions, Cursor, PAGE_BYTES_MAX, PAGE_LEN_MAX, Page, ReadError, Reader};
pub use self::rollup::Sums;
pub use self::series::SegmentName;
pub use self::status::{
    Clock, DAMAGED_LISTED_MAX, DamagedRange, LedgerHealth, Observer, Recovery, Status, Unobserved,
};
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

impl Hooks {
    /// The file system, this clock, nobody listening.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            observer: Arc::new(Unobserved),
            disk: Arc::new(Files),
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
        Self::open_in(dir, settings, hooks).map_err(|source| OpenError {
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
        self.inner.log.probe();
        self.inner.log.sync();
    }

    fn open_in(dir: &Path, settings: Settings, hooks: Hooks) -> io::Result<(Self, Recovery)> {
        let Hooks {
            clock,
            observer,
            disk,
        } = hooks;
        make_dir(dir)?;
        let seed = ((clock.unix_ms)() << 20) | u64::from(std::process::id() & 0xF_FFFF);
        let life = WriterLock::begin(dir, seed)?;
        let mut recovery = Recovery::default();
        let mut dead = Vec::new();
        for writer in series::list(dir)?.writers {
            match WriterLock::inherit(dir, writer)? {
                Some(lock) => dead.push(lock),
                None if writer != life.writer => recovery.living_writers += 1,
                None => {}
            }
        }
        let books = Mutex::new(Books::default());
        let (mut keeper, listing) = Keeper::load(
            dir.to_owned(),
            settings.clone(),
            life.writer,
            &books,
            &mut recovery,
        )?;
        let sequence = listing
            .segments
            .last()
            .map_or(0, |name| name.sequence)
            .saturating_add(1);
        let log = Log::begin(LogPlan {
            dir: dir.to_owned(),
            first: SegmentName {
                sequence,
                writer: life.writer,
            },
            segment_bytes: settings.segment_bytes,
            disk,
            clock,
            observer,
        })?;
        recovery.entries = books.lock().entries;
        let inner = Arc::new(Inner {
            log,
            books,
            seen: Mutex::default(),
            clock,
        });
        // Intents whose writer has no lock file any more are nobody's but ours.
        let orphans: Vec<u64> = inner
            .books
            .lock()
            .open
            .values()
            .map(|open| open.writer)
            .collect();
        for writer in orphans {
            let known = listing.writers.contains(&writer)
                || dead.iter().any(|lock: &WriterLock| lock.writer == writer);
            if !known && let Some(lock) = WriterLock::inherit(dir, writer)? {
                dead.push(lock);
            }
        }
        for lock in dead {
            let (intents_closed, torn_bytes) = keeper.close(lock, &inner);
            recovery.intents_closed += intents_closed;
            recovery.torn_bytes += torn_bytes;
        }
        keeper.report(&mut recovery);
        inner.seen.lock().damaged.clone_from(&recovery.damaged);
        let threads = vec![
            sync_thread(&inner, settings.sync_interval)?,
            keep_thread(&inner, keeper)?,
        ];
        Ok((
            Self {
                inner,
                life: Some(life),
                threads,
            },
            recovery,
        ))
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

/// How often the disk is tried again while it fails.
const PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// How often housekeeping goes round.
const KEEP_INTERVAL: Duration = Duration::from_secs(1);

fn sync_thread(inner: &Arc<Inner>, interval: Duration) -> io::Result<JoinHandle<()>> {
    let inner = Arc::clone(inner);
    thread::Builder::new()
        .name("ledger-sync".to_owned())
        .spawn(move || {
            let log = &inner.log;
            loop {
                let failing = log.is_failing();
                log.pause_until_dirty(if failing {
                    PROBE_INTERVAL
                } else {
                    IDLE_INTERVAL
                });
                let stop = log.pause(if failing { PROBE_INTERVAL } else { interval });
                log.probe();
                log.sync();
                if stop {
                    return;
                }
            }
        })
}

/// Longest sleep of the sync thread when nothing is written; it is woken for every first record.
const IDLE_INTERVAL: Duration = Duration::from_secs(60);

fn keep_thread(inner: &Arc<Inner>, mut keeper: Keeper) -> io::Result<JoinHandle<()>> {
    let inner = Arc::clone(inner);
    thread::Builder::new()
        .name("ledger-keep".to_owned())
        .spawn(move || {
            while !inner.log.pause(KEEP_INTERVAL) {
                keeper.round(&inner);
            }
        })
}

/// Makes the directory, for this user only: entries name people and addresses.
fn make_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}
