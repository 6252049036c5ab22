//! The registry's file: read on, lock, append, mend.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::RegistryError;
use super::record::{Hash, Line, Record, hash_of, hex, signed};
use crate::clock;

/// The file's name.
pub(super) const FILE: &str = "registry.jsonl";

/// Longest line. The largest key, both sides written, is below 200 KiB.
pub const LINE_BYTES_MAX: usize = 512 << 10;

/// Longest wait for another process's lock: each holds it for one write and one sync.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_LOOK: Duration = Duration::from_millis(1);

/// Read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Faults that are kept: the first ones tell.
const FAULTS_MAX: usize = 16;

/// A place where the file is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The record, by its number.
    pub record: u64,
    /// What is wrong.
    pub what: String,
}

/// The file, as far as it has been read.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: File,
    /// Where the next line begins.
    end: u64,
    /// Number and hash of the last record.
    seq: u64,
    hash: Hash,
    /// Where each record begins.
    starts: Vec<u64>,
    faults: Vec<Fault>,
}

/// The file is this process's alone until this is dropped.
#[derive(Debug)]
pub(super) struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        // A lock that cannot be given back ends with the file, which is closed here.
        self.0.unlock().ok();
    }
}

impl Log {
    /// Opens the file, made if need be, and reads nothing yet.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        Ok(Self {
            file: options.open(path)?,
            path: path.to_owned(),
            end: 0,
            seq: 0,
            hash: Hash::default(),
            starts: Vec::new(),
            faults: Vec::new(),
        })
    }

    /// Number of the last record.
    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    /// What is wrong with the file, the first few places.
    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Notes more of it.
    pub(super) fn blame(&mut self, faults: Vec<Fault>) {
        let room = FAULTS_MAX.saturating_sub(self.faults.len());
        self.faults.extend(faults.into_iter().take(room));
    }

    /// Keeps other writers away.
    pub(super) fn lock(&self) -> Result<Locked, RegistryError> {
        let failed = |error| RegistryError::Io {
            path: self.path.clone(),
            error,
        };
        let file = self.file.try_clone().map_err(failed)?;
        let since = clock::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Locked(file)),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if since.elapsed() < LOCK_WAIT => {
                    std::thread::sleep(LOCK_LOOK);
                }
                Err(TryLockError::WouldBlock) => {
                    let path = self.path.clone();
                    return Err(RegistryError::Busy { path });
                }
            }
        }
    }

    /// Gives every whole line that has not been read to `each`. What is behind the last line's end is left: it is being
    /// written, or its writer died.
    pub(super) fn read_on(&mut self, each: &mut dyn FnMut(&Line<'_>)) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length < self.end {
            return Err(io::Error::other(
                "it is shorter than it was: restart to read it anew",
            ));
        }
        let mut held = Vec::new();
        let mut at = self.end;
        while at < length {
            let kept = held.len();
            held.resize(kept + CHUNK_BYTES, 0);
            let count = self.file.read_at(&mut held[kept..], at)?;
            held.truncate(kept + count);
            at += count as u64;
            let mut used = 0;
            while let Some(bytes) = memchr::memchr(b'\n', &held[used..]) {
                self.take(&held[used..used + bytes], each);
                used += bytes + 1;
                self.end += bytes as u64 + 1;
            }
            held.drain(..used);
            if held.len() > LINE_BYTES_MAX {
                self.fault("it is longer than a line may be");
                self.end += held.len() as u64;
                held.clear();
            }
            if count == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Writes a line behind what has been read, which must be all: the caller holds the lock and has read on. The line
    /// is on disk when this returns; [`Self::read_on`] then gives it to whoever applies lines.
    pub(super) fn append(&mut self, line: &Line<'_>) -> Result<(), RegistryError> {
        let failed = |error| RegistryError::Io {
            path: self.path.clone(),
            error,
        };
        let line = Line {
            seq: self.seq + 1,
            prev_hash: hex(&self.hash).into(),
            id: (&*line.id).into(),
            actor: (&*line.actor).into(),
            role: (&*line.role).into(),
            action: (&*line.action).into(),
            target: (&*line.target).into(),
            ..*line
        };
        let (text, _) = line.write().map_err(|error| failed(error.into()))?;
        if text.len() > LINE_BYTES_MAX {
            return Err(RegistryError::TooLong { bytes: text.len() });
        }
        let write = || {
            // The rest of a line whose writer died.
            if self.file.metadata()?.len() > self.end {
                self.file.set_len(self.end)?;
            }
            if (&self.file).write(&text)? < text.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.file.sync_data()
        };
        write().map_err(|error| {
            // Half a line is cut here or by the next writer.
            self.file.set_len(self.end).ok();
            failed(error)
        })
    }

    /// The records before number `before`, newest first.
    pub(super) fn latest(&self, before: Option<u64>, count: usize) -> io::Result<Vec<Record>> {
        let known = self.starts.len();
        let before = before.map_or(known, |seq| {
            let place = usize::try_from(seq.saturating_sub(1)).unwrap_or(known);
            place.min(known)
        });
        let mut records = Vec::new();
        for place in (before.saturating_sub(count)..before).rev() {
            let end = self.starts.get(place + 1).copied().unwrap_or(self.end);
            let bytes = usize::try_from(end - self.starts[place]).unwrap_or(0);
            let mut text = vec![0; bytes.min(LINE_BYTES_MAX)];
            self.file.read_exact_at(&mut text, self.starts[place])?;
            let text = text.trim_ascii_end();
            if let (Ok(line), Some((_, hash))) = (serde_json::from_slice(text), signed(text)) {
                records.push(Line::record(&line, &hash));
            }
        }
        Ok(records)
    }

    /// One line. What can be read is applied even where the chain is broken: who can write the file could as well
    /// have made it whole, and keys that stop working help nobody.
    fn take(&mut self, text: &[u8], each: &mut dyn FnMut(&Line<'_>)) {
        self.starts.push(self.end);
        let expected = self.seq + 1;
        self.seq = expected;
        let Some((body, hash)) = signed(text) else {
            self.fault("it does not end in a hash");
            return;
        };
        let is_whole = hash_of(body) == hash;
        let before = std::mem::replace(&mut self.hash, hash);
        if !is_whole {
            self.fault("its hash is not that of its text");
        }
        match serde_json::from_slice::<Line<'_>>(text) {
            Ok(line) => {
                if line.seq != expected || *line.prev_hash != hex(&before) {
                    self.fault("it does not follow the one before");
                    self.seq = line.seq.max(expected);
                }
                each(&line);
            }
            Err(error) => self.fault(&error.to_string()),
        }
    }

    fn fault(&mut self, what: &str) {
        let (record, what) = (self.seq, what.to_owned());
        self.blame(vec![Fault { record, what }]);
    }
}
