//! Housekeeping, once a second and at the start: follows other writers, closes the books of dead
//! ones, sums up closed segments for the index, checks and deletes old ones.
//!
//! The order of steps is what keeps each entry counted once while two processes hand over:
//! a dead writer's lock is taken *first*, then everything written so far is read, and only what is
//! open *then* is closed. Records are visible to other processes as soon as `write(2)` returns, so an
//! heir that died half-way has left nothing that its own heir cannot see.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::entry::{Entry, Intent};
use super::follow::{Follower, Places};
use super::log::Appended;
use super::read::newest_at_most;
use super::record::Record;
use super::segment::HEADER_BYTES;
use super::series::{Listing, SegmentName, WriterLock, list};
use super::spending::Teller;
use super::status::Recovery;
use super::summary::Summary;
use super::{Inner, Settings, index, summary};

/// Everything that housekeeping remembers between its rounds.
#[derive(Debug)]
pub(super) struct Keeper {
    dir: PathBuf,
    settings: Settings,
    follower: Follower,
    /// Segments of other writers that will not grow any more and are read to their end.
    finals: HashSet<SegmentName>,
    /// Segments that the index knows.
    summarised: HashSet<SegmentName>,
    /// Segments taken from the index whose bytes were not compared yet.
    unchecked: Vec<(SegmentName, u32)>,
    /// Dead writers that are ours to close, while the disk fails.
    pending: Vec<WriterLock>,
    /// This process.
    writer: u64,
    /// Whether other writers were there at the last round.
    has_company: bool,
}

impl Keeper {
    pub(super) fn new(dir: PathBuf, settings: Settings, writer: u64, teller: Teller) -> Self {
        let mut follower = Follower::new(dir.clone());
        follower.teller = Some(teller);
        Self {
            follower,
            dir,
            settings,
            finals: HashSet::new(),
            summarised: HashSet::new(),
            unchecked: Vec::new(),
            pending: Vec::new(),
            writer,
            has_company: false,
        }
    }

    /// Reads everything that is there. The locks of dead writers were taken before.
    pub(super) fn load(&mut self, books: &Books, recovery: &mut Recovery) -> io::Result<Listing> {
        let listing = list(&self.dir)?;
        let summaries = index::load(&self.dir).unwrap_or_else(|error| {
            recovery.index_fault = Some(error.to_string());
            HashMap::new()
        });
        for (at, name) in listing.segments.iter().enumerate() {
            let growing = listing.writers.contains(&name.writer)
                && !listing.segments[at + 1..]
                    .iter()
                    .any(|later| later.writer == name.writer);
            if let Some(summary) = summaries.get(name).filter(|_| !growing)
                && self.follower.trust(*name, summary, books)
            {
                self.trusted(*name, summary, recovery);
            } else {
                self.read(*name, books);
            }
            if !listing.writers.contains(&name.writer) {
                self.finals.insert(*name);
            }
        }
        recovery.segments = listing.segments.len();
        Ok(listing)
    }

    /// Notes a segment that was taken from the index, and reads it for the listener if it matters to that.
    fn trusted(&mut self, name: SegmentName, summary: &Summary, recovery: &mut Recovery) {
        self.unchecked.push((name, summary.crc));
        recovery.segments_from_index += 1;
        // One by an earlier version is made again, so that it says how new its records are.
        if summary.newest_unix_ms.is_some() {
            self.summarised.insert(name);
        }
        let teller = self.follower.teller.as_ref();
        if teller.is_some_and(|teller| teller.wants(summary.newest_unix_ms)) {
            recovery.segments_told += 1;
            let told = self.follower.tell(name);
            self.unreadable(name, told);
        }
    }

    /// Ends the start: from now on the listener hears of what living writers hold.
    pub(super) fn start(&mut self, inner: &Inner) {
        if let Some(teller) = &mut self.follower.teller {
            teller.start(&inner.books.lock());
        }
        self.has_company = list(&self.dir).is_ok_and(|listing| listing.writers.len() > 1);
    }

    /// How far other writers' segments were read.
    pub(super) fn places(&self) -> Places {
        self.follower.places()
    }

    /// Whether other writers were there lately.
    pub(super) const fn has_company(&self) -> bool {
        self.has_company
    }

    /// Reads what other writers wrote since.
    pub(super) fn follow_others(&mut self, inner: &Inner) {
        if let Ok(listing) = list(&self.dir) {
            self.follow(&listing, inner);
        }
    }

    /// One round.
    pub(super) fn round(&mut self, inner: &Arc<Inner>) {
        let listing = match list(&self.dir) {
            Ok(listing) => listing,
            Err(error) => {
                tracing::warn!(%error, "ledger directory cannot be read");
                return;
            }
        };
        self.has_company = listing.writers.len() > 1;
        self.follow(&listing, inner);
        for writer in &listing.writers {
            if *writer != self.writer
                && let Ok(Some(lock)) = WriterLock::inherit(&self.dir, *writer)
            {
                self.close(lock, inner);
            }
        }
        match self.orphans(&listing, inner) {
            Ok(orphans) => orphans.into_iter().for_each(|lock| {
                self.close(lock, inner);
            }),
            Err(error) => tracing::warn!(%error, "ledger directory cannot be read"),
        }
        self.retire_pending(inner);
        self.sum_up(&listing, inner);
        self.check_one();
        self.delete_old(&listing, inner);
        let mut seen = inner.seen.lock();
        seen.damaged.clone_from(&self.follower.damaged);
    }

    /// Takes the locks of writers that left something open and had no lock file any more when the directory was listed,
    /// before it was read: they ended in peace but lost a settlement, or somebody removed the file by hand.
    pub(super) fn orphans(&self, listing: &Listing, inner: &Inner) -> io::Result<Vec<WriterLock>> {
        let mut orphans = Vec::new();
        for writer in inner.books.lock().writers_open() {
            if !listing.writers.contains(&writer) {
                orphans.extend(WriterLock::inherit(&self.dir, writer)?);
            }
        }
        Ok(orphans)
    }

    /// Closes a dead writer's books: what it left open is written as interrupted, what it left
    /// half-written is moved aside. Returns how many of each.
    pub(super) fn close(&mut self, lock: WriterLock, inner: &Arc<Inner>) -> (u64, u64) {
        // The lock is ours; whatever anybody wrote about this writer's requests is there to be read.
        let listing = match list(&self.dir) {
            Ok(listing) => listing,
            Err(error) => {
                tracing::warn!(%error, "ledger directory cannot be read");
                return (0, 0);
            }
        };
        self.follow(&listing, inner);
        let mut torn_bytes = 0;
        for name in listing
            .segments
            .iter()
            .filter(|name| name.writer == lock.writer)
        {
            match self.follower.cut_tail(*name) {
                Ok(bytes) => torn_bytes += bytes,
                Err(error) => tracing::warn!(%error, segment = %name, "torn record stays"),
            }
            // A segment without a record is of no use to anybody.
            let place = self.follower.place(*name);
            if place.is_some_and(|place| place.end == HEADER_BYTES as u64 && place.tail_bytes == 0)
            {
                fs::remove_file(name.path(&self.dir)).ok();
            }
            self.finals.insert(*name);
        }
        let left = inner.books.lock().left_open_by(lock.writer);
        let mut written = true;
        for intent in &left {
            let appended = self.interrupt(intent, inner);
            written &= matches!(appended, Appended::Written | Appended::Duplicate);
        }
        if !left.is_empty() {
            tracing::warn!(
                requests = left.len(),
                "closed requests of a writer that died"
            );
        }
        if written {
            retire(lock);
        } else {
            self.pending.push(lock);
        }
        (left.len() as u64, torn_bytes)
    }

    /// Closes one request of a dead writer, and tells that it is over.
    fn interrupt(&mut self, intent: &Intent, inner: &Inner) -> Appended {
        let entry = Entry::interrupted(intent);
        let _charging = inner.charging();
        let appended = inner.append_entry(&entry);
        if let Some(teller) = &mut self.follower.teller
            && appended != Appended::Duplicate
        {
            teller.record(&Record::Entry(entry));
        }
        appended
    }

    /// Damage and unreadable segments so far.
    pub(super) fn report(&self, recovery: &mut Recovery) {
        recovery.damaged.clone_from(&self.follower.damaged);
        recovery.unreadable.clone_from(&self.follower.unreadable);
    }

    fn follow(&mut self, listing: &Listing, inner: &Inner) {
        for name in &listing.segments {
            if name.writer == self.writer || self.finals.contains(name) {
                continue;
            }
            self.read(*name, &inner.books);
            // Listed before it was read: a writer without a lock file had written its last by then.
            if !listing.writers.contains(&name.writer) {
                self.finals.insert(*name);
            }
        }
    }

    fn read(&mut self, name: SegmentName, books: &Books) {
        let read = self.follower.read(name, books);
        self.unreadable(name, read);
    }

    fn unreadable(&mut self, name: SegmentName, read: io::Result<()>) {
        if let Err(error) = read {
            tracing::warn!(%error, segment = %name, "ledger segment cannot be read");
            let unreadable = (name.path(&self.dir), error.to_string());
            if !self.follower.unreadable.contains(&unreadable) {
                self.follower.unreadable.push(unreadable);
            }
        }
    }

    fn retire_pending(&mut self, inner: &Inner) {
        let status = inner.log.status();
        if status.backlog == 0 && !inner.log.is_failing() {
            self.pending.drain(..).for_each(retire);
        }
    }

    /// Writes the summaries of segments that were closed since the last round.
    fn sum_up(&mut self, listing: &Listing, inner: &Inner) {
        let active = inner.log.status().segment;
        let closed = |name: &&SegmentName| {
            let ours = name.writer == self.writer && name.sequence < active.sequence;
            (ours || self.finals.contains(*name)) && !self.summarised.contains(*name)
        };
        let names: Vec<_> = listing
            .segments
            .iter()
            .filter(closed)
            .take(SUMMARIES_AT_ONCE)
            .copied()
            .collect();
        let mut made = Vec::new();
        for name in names {
            match Summary::make(&self.dir, name) {
                Ok(Some(summary)) => made.push((name, summary)),
                // Torn or unreadable: read anew at each start, which costs time and nothing else.
                Ok(None) | Err(_) => {
                    self.summarised.insert(name);
                }
            }
        }
        let gone: Vec<SegmentName> = self
            .summarised
            .iter()
            .filter(|name| listing.segments.binary_search(name).is_err())
            .copied()
            .collect();
        if made.is_empty() && gone.is_empty() {
            return;
        }
        match index::store(&self.dir, &made, &gone) {
            Ok(()) => {
                self.summarised.extend(made.iter().map(|(name, _)| *name));
                gone.iter().for_each(|name| {
                    self.summarised.remove(name);
                });
            }
            Err(index::IndexError::Busy) => {}
            Err(error) => {
                // It was moved aside; all summaries are made again, a few at a time.
                tracing::warn!(%error, "ledger index is made again");
                self.summarised.clear();
            }
        }
    }

    /// Compares one segment that was taken from the index with what the index says of it.
    fn check_one(&mut self) {
        let Some((name, crc)) = self.unchecked.pop() else {
            return;
        };
        if let Ok(false) = summary::crc(&self.dir, name).map(|found| found == crc) {
            // Forgotten by the index, it is read record by record at the next start.
            self.follower.report(
                name,
                0..fs::metadata(name.path(&self.dir)).map_or(0, |m| m.len()),
            );
            index::store(&self.dir, &[], &[name]).ok();
        }
    }

    /// Deletes the oldest closed segments beyond the bounds on size and age, but for those that budgets need. What they added to the
    /// sums stays until the next start.
    fn delete_old(&mut self, listing: &Listing, inner: &Inner) {
        let Some(_no_replay) = inner.replaying.try_lock() else {
            return;
        };
        let keep_since = inner.keep_since_unix_ms.load(Ordering::Relaxed);
        let mut sizes = HashMap::new();
        for name in &listing.segments {
            if let Ok(found) = fs::metadata(name.path(&self.dir)) {
                sizes.insert(*name, found.len());
            }
        }
        let mut total: u64 = sizes.values().sum();
        let active = inner.log.status().segment;
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis((inner.clock.unix_ms)());
        for name in &listing.segments {
            let ours = name.writer == self.writer && name.sequence < active.sequence;
            if !ours && !self.finals.contains(name) {
                continue;
            }
            let too_much = self
                .settings
                .retain_bytes
                .is_some_and(|bound| total > bound);
            let path = name.path(&self.dir);
            let too_old = self.settings.retain_age.is_some_and(|bound| {
                let written = fs::metadata(&path).and_then(|found| found.modified());
                written
                    .is_ok_and(|written| now.duration_since(written).is_ok_and(|age| age > bound))
            });
            let is_old = || newest_at_most(&fs::metadata(&path)?).map(|newest| newest < keep_since);
            let may_go = (too_much || too_old) && is_old().unwrap_or(false);
            if may_go && fs::remove_file(&path).is_ok() {
                tracing::info!(segment = %name, "deleted an old ledger segment");
                total -= sizes.remove(name).unwrap_or(0);
                self.finals.remove(name);
            }
        }
        self.follower.retain(&sizes);
        inner.seen.lock().bytes = total;
    }
}

type Books = parking_lot::Mutex<super::books::Books>;

/// Segments summed up in one round; each takes about 0.2 s of one core.
const SUMMARIES_AT_ONCE: usize = 2;

fn retire(lock: WriterLock) {
    // A lock file left behind is found dead and empty by the next round or start.
    if let Err(error) = lock.retire() {
        tracing::warn!(%error, "lock of a dead ledger writer stays");
    }
}
