//! The log's growing end: one record is one `write(2)`.
//!
//! The disk may fail. Then the record that failed, and those after it, wait in memory in their order,
//! up to a bound, and are tried again; what a broken write left behind is cut off first, or a fresh
//! segment is begun. [`LedgerHealth`] says so all the while.

mod figures;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Condvar, Mutex};
use prost::Message;

use self::figures::Counts;
pub(super) use self::figures::{LogEnd, LogStatus};
use super::disk::{Disk, SegmentFile};
use super::segment::{HEADER_BYTES, Header, TooLong, put_frame};
use super::series::SegmentName;
use super::status::{Clock, LedgerHealth, Observer};

/// Most records that wait for the disk.
pub const BACKLOG_LEN_MAX: usize = 65_536;

/// Most bytes that wait for the disk.
pub const BACKLOG_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the file: it survives the end of this process.
    Written,
    /// The disk fails; it waits in memory.
    Kept,
    /// The disk fails and the backlog is full; it is lost, and counted.
    Dropped,
    /// An entry of this id was written before; nothing was done.
    Duplicate,
}

/// A writer's log: its newest segment, and what could not be written yet.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) dir: PathBuf,
    segment_bytes: u64,
    disk: Arc<dyn Disk>,
    clock: Clock,
    observer: Arc<dyn Observer>,
    tail: Mutex<Tail>,
    /// Whether something was written since the last sync began.
    dirty: AtomicBool,
    /// Whether the threads are to end.
    stop: Mutex<bool>,
    /// Rung when something is unsynced.
    bell: Condvar,
    /// Rung when it is time to end.
    gong: Condvar,
}

#[derive(Debug)]
struct Tail {
    file: Arc<dyn SegmentFile>,
    name: SegmentName,
    next_sequence: u64,
    /// Length up to which the file is known to be good.
    length: u64,
    /// Where the next segment begins.
    rotate_at: u64,
    /// Closed segments that are not synced yet.
    unsynced: Vec<Arc<dyn SegmentFile>>,
    /// Whether the directory has a name in it that is not synced.
    dir_unsynced: bool,
    /// Syncs that failed since one went well.
    sync_failures: u32,
    /// Reused for every frame.
    frame: Vec<u8>,
    backlog: VecDeque<Box<[u8]>>,
    backlog_bytes: usize,
    failing: Option<Failing>,
    counts: Counts,
}

#[derive(Debug)]
struct Failing {
    reason: String,
    since_unix_ms: u64,
    mend: Mend,
    /// Probes to let pass before the next real one.
    probes_to_skip: u32,
}

/// What must be done before the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mend {
    /// Cut off what a failed write may have left.
    Cut,
    /// Begin another segment: this one failed to sync, and what a second sync says of it means nothing.
    Leave,
}

/// What a log is made with.
#[derive(Debug)]
pub(super) struct LogPlan {
    pub(super) dir: PathBuf,
    pub(super) first: SegmentName,
    pub(super) segment_bytes: u64,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Clock,
    pub(super) observer: Arc<dyn Observer>,
}

impl Log {
    /// Begins the series with its first segment.
    pub(super) fn begin(plan: LogPlan) -> io::Result<Self> {
        let LogPlan {
            dir,
            first,
            segment_bytes,
            disk,
            clock,
            observer,
        } = plan;
        let file = create(&*disk, &dir, first, (clock.unix_ms)())?;
        let tail = Tail {
            file,
            name: first,
            next_sequence: first.sequence + 1,
            length: HEADER_BYTES as u64,
            rotate_at: segment_bytes,
            unsynced: Vec::new(),
            dir_unsynced: true,
            sync_failures: 0,
            frame: Vec::with_capacity(FRAME_CAPACITY),
            backlog: VecDeque::new(),
            backlog_bytes: 0,
            failing: None,
            counts: Counts {
                synced_at_unix_ms: (clock.unix_ms)(),
                ..Counts::default()
            },
        };
        Ok(Self {
            dir,
            segment_bytes,
            disk,
            clock,
            observer,
            tail: Mutex::new(tail),
            dirty: AtomicBool::new(true),
            stop: Mutex::new(false),
            bell: Condvar::new(),
            gong: Condvar::new(),
        })
    }

    /// Appends one record and returns when `write(2)` has taken it, or the backlog.
    ///
    /// # Errors
    /// [`TooLong`] when no frame can hold the message; nothing was written then.
    pub(super) fn append(&self, kind: u8, message: &impl Message) -> Result<Appended, TooLong> {
        let started = (self.clock.now)();
        let mut tail = self.tail.lock();
        tail.frame.clear();
        let mut frame = std::mem::take(&mut tail.frame);
        let framed = put_frame(&mut frame, kind, message);
        let appended = framed.map(|()| self.take(&mut tail, &frame));
        tail.frame = frame;
        drop(tail);
        if appended == Ok(Appended::Written) {
            if !self.dirty.swap(true, Ordering::AcqRel) {
                self.ring();
            }
            self.observer
                .appended((self.clock.now)().saturating_duration_since(started));
        }
        appended
    }

    /// Tries what waits once more, for at most [`PROBE_LEN_MAX`] writes so that other appends get
    /// their turn. Says whether there is more that could be written now.
    pub(super) fn probe(&self) -> bool {
        let mut tail = self.tail.lock();
        let Some(failing) = &mut tail.failing else {
            return false;
        };
        if failing.probes_to_skip > 0 {
            failing.probes_to_skip -= 1;
            return false;
        }
        if let Err(error) = self.mend(&mut tail) {
            self.fail(&mut tail, &error, None);
            return false;
        }
        for _ in 0..PROBE_LEN_MAX {
            let Some(frame) = tail.backlog.pop_front() else {
                tail.failing = None;
                tracing::warn!("ledger can be written again");
                break;
            };
            if let Err(error) = self.write(&mut tail, &frame) {
                tail.backlog.push_front(frame);
                self.fail(&mut tail, &error, Some(Mend::Cut));
                return false;
            }
            tail.backlog_bytes -= frame.len();
        }
        self.dirty.store(true, Ordering::Release);
        tail.failing.is_some()
    }

    /// Makes what was written so far safe from a loss of power. No lock is held meanwhile.
    pub(super) fn sync(&self) {
        if !self.dirty.swap(false, Ordering::AcqRel) {
            return;
        }
        let started = (self.clock.now)();
        let (file, closed, dir_unsynced, name) = {
            let mut tail = self.tail.lock();
            let closed = std::mem::take(&mut tail.unsynced);
            let dir_unsynced = std::mem::take(&mut tail.dir_unsynced);
            (Arc::clone(&tail.file), closed, dir_unsynced, tail.name)
        };
        let mut synced = closed
            .iter()
            .chain([&file])
            .try_for_each(|file| file.sync());
        if dir_unsynced && synced.is_ok() {
            synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
        }
        let mut tail = self.tail.lock();
        match synced {
            Ok(()) => {
                tail.counts.synced_at_unix_ms = (self.clock.unix_ms)();
                tail.sync_failures = 0;
                drop(tail);
                self.observer
                    .synced((self.clock.now)().saturating_duration_since(started));
            }
            Err(error) => {
                tail.dir_unsynced |= dir_unsynced;
                tail.sync_failures = tail.sync_failures.saturating_add(1);
                let mend = (tail.name == name).then_some(Mend::Leave);
                self.fail(&mut tail, &error, mend);
                // Each try costs a segment: 0.25 s, 0.5 s … up to half a minute between two.
                let wait = 1 << tail.sync_failures.min(SYNC_BACKOFF_MAX);
                if let Some(failing) = &mut tail.failing {
                    failing.probes_to_skip = wait - 2;
                }
            }
        }
    }

    pub(super) fn status(&self) -> LogStatus {
        let tail = self.tail.lock();
        LogStatus {
            health: tail.failing.as_ref().map_or(LedgerHealth::Ok, |failing| {
                LedgerHealth::Failing {
                    reason: failing.reason.clone(),
                    since_unix_ms: failing.since_unix_ms,
                }
            }),
            segment: tail.name,
            segment_bytes: tail.length,
            counts: tail.counts,
            backlog: tail.backlog.len(),
            backlog_bytes: tail.backlog_bytes,
        }
    }

    /// Where it ends now. What waits for the disk is copied: nothing, but for a disk that fails.
    pub(super) fn end(&self) -> LogEnd {
        let tail = self.tail.lock();
        LogEnd {
            segment: tail.name,
            length: tail.length,
            backlog: tail.backlog.iter().cloned().collect(),
        }
    }

    pub(super) fn is_failing(&self) -> bool {
        self.tail.lock().failing.is_some()
    }

    /// Sleeps until `wait` is over or the log is to stop. Says whether it is.
    pub(super) fn pause(&self, wait: std::time::Duration) -> bool {
        let mut stop = self.stop.lock();
        if !*stop {
            self.gong.wait_for(&mut stop, wait);
        }
        *stop
    }

    /// Sleeps until something is unsynced, the log is to stop, or `wait` is over.
    pub(super) fn pause_until_dirty(&self, wait: std::time::Duration) {
        let mut stop = self.stop.lock();
        if !*stop && !self.dirty.load(Ordering::Acquire) {
            self.bell.wait_for(&mut stop, wait);
        }
    }

    /// Tells the threads to end.
    pub(super) fn stop(&self) {
        *self.stop.lock() = true;
        self.bell.notify_all();
        self.gong.notify_all();
    }

    fn ring(&self) {
        // The lock makes sure that a thread about to sleep hears it.
        let _stop = self.stop.lock();
        self.bell.notify_all();
    }

    fn take(&self, tail: &mut Tail, frame: &[u8]) -> Appended {
        if tail.failing.is_none() {
            if tail.length + frame.len() as u64 > tail.rotate_at
                && let Err(error) = self.next_segment(tail)
            {
                // The old segment still takes records; try again a little later.
                tail.rotate_at = tail.length + ROTATE_RETRY_BYTES;
                tail.counts.errors += 1;
                tracing::warn!(%error, "ledger cannot begin a new segment");
                self.observer.failed();
            }
            match self.write(tail, frame) {
                Ok(()) => return Appended::Written,
                Err(error) => {
                    self.fail(tail, &error, Some(Mend::Cut));
                    // Whoever tries again sleeps until something is written.
                    self.dirty.store(true, Ordering::Release);
                    self.ring();
                }
            }
        }
        tail.keep(frame)
    }

    fn write(&self, tail: &mut Tail, frame: &[u8]) -> io::Result<()> {
        let written = loop {
            match tail.file.write(frame) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if written < frame.len() {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "record was not written whole",
            ));
        }
        tail.length += frame.len() as u64;
        tail.counts.appends += 1;
        Ok(())
    }

    fn fail(&self, tail: &mut Tail, error: &io::Error, mend: Option<Mend>) {
        tail.counts.errors += 1;
        self.observer.failed();
        let reason = error.to_string();
        match &mut tail.failing {
            Some(failing) => {
                failing.reason = reason;
                failing.mend = mend.unwrap_or(failing.mend);
            }
            None => {
                tracing::error!(%error, "ledger cannot be written");
                tail.failing = Some(Failing {
                    reason,
                    since_unix_ms: (self.clock.unix_ms)(),
                    mend: mend.unwrap_or(Mend::Cut),
                    probes_to_skip: 0,
                });
            }
        }
    }

    /// Makes the file fit to be written again after a failure.
    fn mend(&self, tail: &mut Tail) -> io::Result<()> {
        match tail.failing.as_ref().map(|failing| failing.mend) {
            Some(Mend::Cut) if tail.file.truncate(tail.length).is_ok() => {}
            Some(_) => self.next_segment(tail)?,
            None => {}
        }
        if let Some(failing) = &mut tail.failing {
            failing.mend = Mend::Cut;
        }
        Ok(())
    }

    fn next_segment(&self, tail: &mut Tail) -> io::Result<()> {
        // A number is tried once: a file that could neither be begun nor removed must not block all.
        let name = SegmentName {
            sequence: tail.next_sequence,
            ..tail.name
        };
        tail.next_sequence += 1;
        let file = create(&*self.disk, &self.dir, name, (self.clock.unix_ms)())?;
        let closed = std::mem::replace(&mut tail.file, file);
        if tail.unsynced.len() < UNSYNCED_MAX {
            tail.unsynced.push(closed);
        }
        tail.dir_unsynced = true;
        tail.name = name;
        tail.length = HEADER_BYTES as u64;
        tail.rotate_at = self.segment_bytes;
        Ok(())
    }
}

impl Tail {
    fn keep(&mut self, frame: &[u8]) -> Appended {
        let full = self.backlog.len() >= BACKLOG_LEN_MAX
            || self.backlog_bytes + frame.len() > BACKLOG_BYTES_MAX;
        if full {
            self.counts.dropped += 1;
            return Appended::Dropped;
        }
        self.backlog_bytes += frame.len();
        self.backlog.push_back(frame.into());
        Appended::Kept
    }
}

/// Room for a usual frame; grows once for larger ones.
const FRAME_CAPACITY: usize = 4 * 1024;

/// Records tried again before other appends get their turn.
const PROBE_LEN_MAX: usize = 1_024;

/// Longest wait after failed syncs: 2 to the power of this, in probes.
const SYNC_BACKOFF_MAX: u32 = 7;

/// How far a segment grows beyond its bound before another try to close it.
const ROTATE_RETRY_BYTES: u64 = 1024 * 1024;

/// Closed segments held open for their sync. Beyond, the kernel's own write-back must do: the sync
/// thread would have to miss this many rotations.
const UNSYNCED_MAX: usize = 64;

fn create(
    disk: &dyn Disk,
    dir: &std::path::Path,
    name: SegmentName,
    created_unix_ms: u64,
) -> io::Result<Arc<dyn SegmentFile>> {
    let path = name.path(dir);
    let header = Header {
        sequence: name.sequence,
        writer: name.writer,
        created_unix_ms,
    }
    .encode();
    let file = disk.create(&path)?;
    match file.write(&header) {
        Ok(HEADER_BYTES) => Ok(file),
        failed => {
            // Best effort: an empty segment left behind is harmless.
            fs::remove_file(&path).ok();
            Err(failed
                .err()
                .unwrap_or_else(|| io::ErrorKind::StorageFull.into()))
        }
    }
}
