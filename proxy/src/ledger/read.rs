//! Entries themselves, from the segments: for the admin plane, `quotah export` and `quotah usage`.
//!
//! Needs no lock and no running process; a segment that grows meanwhile is read as far as it is whole.

use std::cell::Cell;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use memchr::memmem;
use parking_lot::Mutex;
use prost::Message as _;
use uuid::Uuid;

use super::amend::Amendments;
use super::back::Listed as _;
use super::books::{Books, Recent};
use super::entry::Entry;
use super::follow::Follower;
use super::index;
use super::segment::{HEADER_BYTES, Header, HeaderError, scan};
use super::series::{SegmentName, list};
use super::status::DamagedRange;
use super::terms::Outcome;
use super::usage::{self, Query, UsageReport};

/// Reads a ledger directory.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(super) dir: PathBuf,
    /// Told how many bytes were read.
    read_bytes: Arc<AtomicU64>,
}

/// What must hold of an entry; all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Arrived at or after this, milliseconds since 1970 UTC.
    pub from_ms: Option<u64>,
    /// Arrived before this.
    pub to_ms: Option<u64>,
    /// Of this key.
    pub key: Option<String>,
    /// Of this team.
    pub team: Option<String>,
    /// Of this user.
    pub user: Option<String>,
    /// Of this project.
    pub project: Option<String>,
    /// Answered by, or last tried at, this provider.
    pub provider: Option<String>,
    /// Of this model, by any of its three names.
    pub model: Option<String>,
    /// Ended like this.
    pub outcome: Option<Outcome>,
}

impl Conditions {
    /// What came to be since that id was made.
    pub(super) fn since(id: Uuid) -> Self {
        // Version 7: the upper 48 bits are milliseconds.
        Self {
            from_ms: Some(id.as_u64_pair().0 >> 16),
            ..Self::default()
        }
    }

    /// Whether they hold of `entry`.
    #[must_use]
    pub fn hold(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|w| w == has);
        self.from_ms.is_none_or(|from| entry.at_unix_ms >= from)
            && self.to_ms.is_none_or(|to| entry.at_unix_ms < to)
            && is(&self.key, &entry.key)
            && is(&self.team, &entry.team)
            && is(&self.user, &entry.user)
            && is(&self.project, &entry.project)
            && is(&self.provider, &entry.provider)
            && self
                .outcome
                .is_none_or(|outcome| entry.outcome() == outcome)
            && (is(&self.model, &entry.model_sent)
                || is(&self.model, &entry.model_asked)
                || is(&self.model, &entry.model_answered))
    }
}

/// Why entries cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The cursor is none of ours.
    #[error("cursor is malformed")]
    Cursor,
    /// The system says so.
    #[error("ledger cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl Reader {
    /// Reads the ledger in `dir`.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            read_bytes: Arc::default(),
        }
    }

    /// How many bytes [`Self::each`] has read so far, of all that [`Self::bytes`] says, for whoever shows how far it is.
    #[must_use]
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes.load(Ordering::Relaxed)
    }

    /// How long the segments are that may hold some of the time asked for.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn bytes(&self, conditions: &Conditions) -> Result<u64, ReadError> {
        let mut bytes = 0_u64;
        for name in list(&self.dir)?.segments {
            if let Some((_, length)) = open(&self.dir, name, conditions)? {
                bytes = bytes.saturating_add(length);
            }
        }
        Ok(bytes)
    }

    /// The entry of one request, if it is settled.
    ///
    /// Reads the segments written since the request arrived, as its id tells.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn find(&self, id: Uuid) -> Result<Option<Entry>, ReadError> {
        let (id_hi, id_lo) = id.as_u64_pair();
        let needle = memmem::Finder::new(&id_hi.to_le_bytes()).into_owned();
        let mut found = None;
        self.records(&Conditions::since(id), Entry::has_kind, |payload| {
            if needle.find(payload).is_none() {
                return Some(ControlFlow::Continue(()));
            }
            let entry = Entry::decode(payload).ok()?;
            if (entry.id_hi, entry.id_lo) != (id_hi, id_lo) {
                return Some(ControlFlow::Continue(()));
            }
            found = Some(entry);
            Some(ControlFlow::Break(()))
        })?;
        if let Some(entry) = &mut found {
            Amendments::read(&self.dir)?.apply(entry);
        }
        Ok(found)
    }

    /// How many entries have a correction.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn corrected(&self) -> Result<usize, ReadError> {
        Ok(Amendments::read(&self.dir)?.len())
    }

    /// Calls `visit` with every entry that `conditions` hold of, oldest first, each once.
    /// Returns the damage met.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn each(
        &self,
        conditions: &Conditions,
        mut visit: impl FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<Vec<DamagedRange>, ReadError> {
        let mut recent = Recent::default();
        let amendments = Amendments::read(&self.dir)?;
        self.records(conditions, Entry::has_kind, |payload| {
            let mut entry = Entry::decode(payload).ok()?;
            amendments.apply(&mut entry);
            let wanted = conditions.hold(&entry) && recent.insert(entry.id().as_u128());
            Some(if wanted {
                visit(entry)
            } else {
                ControlFlow::Continue(())
            })
        })
    }

    /// Calls `visit` with the payload of every record of these kinds in the segments that may hold some of the time
    /// asked for. What it cannot make sense of (`None`) counts as damage.
    pub(super) fn records(
        &self,
        conditions: &Conditions,
        wanted: fn(u8) -> bool,
        mut visit: impl FnMut(&[u8]) -> Option<ControlFlow<()>>,
    ) -> Result<Vec<DamagedRange>, ReadError> {
        let mut damaged = Vec::new();
        let done = Cell::new(false);
        for name in list(&self.dir)?.segments {
            let Some((file, _)) = open(&self.dir, name, conditions)? else {
                continue;
            };
            let mut file = Stoppable {
                file,
                done: &done,
                read_bytes: &self.read_bytes,
            };
            let scanned = scan(&mut file, HEADER_BYTES as u64, |kind, payload, _| {
                if done.get() || !wanted(kind) {
                    return true;
                }
                let visited = visit(payload);
                done.set(visited.is_some_and(|flow| flow.is_break()));
                visited.is_some()
            })?;
            let ranges = scanned.damaged.into_iter();
            damaged.extend(ranges.map(|bytes| DamagedRange {
                segment: name,
                bytes,
            }));
            if done.get() {
                break;
            }
        }
        Ok(damaged)
    }

    /// Sums over a time, without a running process. Uses the index where it can be had.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn usage(&self, query: &Query) -> Result<UsageReport, ReadError> {
        let books = Mutex::new(Books::default());
        let mut follower = Follower::new(self.dir.clone());
        // An index that is broken or in use only makes this slower.
        let summaries = index::load(&self.dir).unwrap_or_default();
        for name in list(&self.dir)?.segments {
            let known = summaries.get(&name);
            if !known.is_some_and(|summary| follower.trust(name, summary, &books)) {
                follower.read(name, &books)?;
            }
        }
        Ok(usage::report(&books, query))
    }
}

/// Opens a segment behind its header; `None` when it is gone, or holds nothing of the time asked for.
pub(super) fn open(
    dir: &Path,
    name: SegmentName,
    conditions: &Conditions,
) -> io::Result<Option<(File, u64)>> {
    let mut file = match File::open(name.path(dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let found = file.metadata()?;
    // Every request of the segment arrived before its last record was written.
    let newest_ms = newest_at_most(&found)?;
    let mut header = Vec::with_capacity(HEADER_BYTES);
    file.by_ref()
        .take(HEADER_BYTES as u64)
        .read_to_end(&mut header)?;
    if let Err(HeaderError::Short | HeaderError::Newer(_)) = Header::decode(&header) {
        return Ok(None);
    }
    // There is no such bound at the other end: a request that died with its process is closed by
    // the next one, however much later that starts.
    let too_old = conditions.from_ms.is_some_and(|from| newest_ms < from);
    Ok((!too_old).then_some((file, found.len())))
}

/// No record of a segment came to be later than that, milliseconds since 1970 UTC.
///
/// # Errors
/// Where files carry no stamp of when they were written.
pub(super) fn newest_at_most(segment: &Metadata) -> io::Result<u64> {
    let written = segment
        .modified()?
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let written_ms = u64::try_from(written.as_millis()).unwrap_or(u64::MAX);
    Ok(written_ms.saturating_add(WRITTEN_SLACK_MS))
}

/// File systems stamp with a clock that ticks every 4 to 10 ms and lags behind the one that requests are
/// stamped with; clocks are also set back. A segment read for nothing costs little, one left out loses entries.
const WRITTEN_SLACK_MS: u64 = 60_000;

/// A file that ends when nobody wants more of it.
struct Stoppable<'a> {
    file: File,
    done: &'a Cell<bool>,
    read_bytes: &'a AtomicU64,
}

impl Read for Stoppable<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.done.get() {
            Ok(0)
        } else {
            let read = self.file.read(buffer)?;
            self.read_bytes.fetch_add(read as u64, Ordering::Relaxed);
            Ok(read)
        }
    }
}
