//! Who writes what: segment names, and the locks that tell living writers from dead ones.
//!
//! Every process writes a series of its own: `<sequence>-<writer>.log`, and holds an exclusive lock
//! on `<writer>.writer` for as long as it lives. The kernel drops the lock with the process, however
//! it ends. So whoever gets a writer's lock knows that it is dead, that its segments are final, and
//! that nobody else is closing its books at the same time.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A segment's name. Sorts by sequence, then writer: nearly the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentName {
    /// Place in the directory; two writers that run at once may both use one.
    pub sequence: u64,
    /// Who writes it.
    pub writer: u64,
}

impl SegmentName {
    /// Reads a file name; `None` when it is no segment's.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (sequence, writer) = name.strip_suffix(".log")?.split_once('-')?;
        let parsed = Self {
            sequence: sequence.parse().ok()?,
            writer: u64::from_str_radix(writer, 16).ok()?,
        };
        (parsed.to_string() == name).then_some(parsed)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(self, dir: &Path) -> PathBuf {
        dir.join(self.to_string())
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}-{:016x}.log", self.sequence, self.writer)
    }
}

/// What a ledger directory holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// Segments, oldest first.
    pub(super) segments: Vec<SegmentName>,
    /// Writers that have a lock file, alive or not.
    pub(super) writers: Vec<u64>,
}

/// Lists a ledger directory. Other files are left alone.
///
/// # Errors
/// Whatever reading the directory says; one that does not exist is empty.
pub(super) fn list(dir: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let files = match fs::read_dir(dir) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
        Err(error) => return Err(error),
    };
    for file in files {
        let name = file?.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Some(segment) = SegmentName::parse(name) {
            listing.segments.push(segment);
        } else if let Some(writer) = writer_of(name) {
            listing.writers.push(writer);
        }
    }
    listing.segments.sort_unstable();
    Ok(listing)
}

/// The lock on one writer's series: its owner's life, or its heir's right to close it.
#[derive(Debug)]
pub(super) struct WriterLock {
    /// Whose series it is.
    pub(super) writer: u64,
    path: PathBuf,
    /// Held for its lock; closing it lets go.
    _file: File,
}

impl WriterLock {
    /// Begins a new series. `seed` is the wished-for id; the next free one is taken.
    ///
    /// # Errors
    /// Whatever making or locking the file says.
    pub(super) fn begin(dir: &Path, seed: u64) -> io::Result<Self> {
        let mut writer = seed;
        for _ in 0..BEGIN_TRIES_MAX {
            let path = lock_path(dir, writer);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    // Between the two calls an heir may have taken it for a dead writer's.
                    if lock(&file)? && same_file(&file, &path) {
                        return Ok(Self {
                            writer,
                            path,
                            _file: file,
                        });
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            writer = writer.wrapping_add(1);
        }
        Err(io::Error::other("no free writer id"))
    }

    /// Takes over a dead writer's series; `None` while it lives or somebody else is its heir.
    ///
    /// # Errors
    /// Whatever opening or locking the file says.
    pub(super) fn inherit(dir: &Path, writer: u64) -> io::Result<Option<Self>> {
        let path = lock_path(dir, writer);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?;
        let held = lock(&file)? && same_file(&file, &path);
        Ok(held.then_some(Self {
            writer,
            path,
            _file: file,
        }))
    }

    /// Ends the series: nothing in it is left to close. The file goes before the lock does.
    ///
    /// # Errors
    /// Whatever removing the file says.
    pub(super) fn retire(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// Ids tried before giving up; a collision needs two starts in one millisecond.
const BEGIN_TRIES_MAX: u32 = 64;

fn lock_path(dir: &Path, writer: u64) -> PathBuf {
    dir.join(format!("{writer:016x}.writer"))
}

fn writer_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".writer")?;
    (digits.len() == 16).then(|| u64::from_str_radix(digits, 16).ok())?
}

fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether `path` still leads to `file`: a lock on a removed file is worth nothing.
fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(found)) => (held.dev(), held.ino()) == (found.dev(), found.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_name_comes_back_and_sorts_by_sequence() {
        let name = SegmentName {
            sequence: 12,
            writer: 0xabc,
        };
        assert_eq!(name.to_string(), "0000000012-0000000000000abc.log");
        assert_eq!(SegmentName::parse(&name.to_string()), Some(name));
        assert!(
            name < SegmentName {
                sequence: 13,
                writer: 0
            }
        );
        for other in [
            "12-abc.log",
            "0000000012-0000000000000ABC.log",
            "index",
            "a.log",
            "-.log",
        ] {
            assert_eq!(SegmentName::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_living_writer_has_no_heir_and_a_dead_one_has_one() {
        let dir = tempfile::tempdir().expect("tempdir");
        let alive = WriterLock::begin(dir.path(), 5).expect("begins");
        assert!(WriterLock::inherit(dir.path(), 5).expect("opens").is_none());
        drop(alive);
        let heir = WriterLock::inherit(dir.path(), 5)
            .expect("opens")
            .expect("is free");
        assert!(WriterLock::inherit(dir.path(), 5).expect("opens").is_none());
        heir.retire().expect("removes");
        assert!(list(dir.path()).expect("lists").writers.is_empty());
    }

    #[test]
    fn two_writers_that_start_in_one_millisecond_get_two_ids() {
        let dir = tempfile::tempdir().expect("tempdir");
        let first = WriterLock::begin(dir.path(), 5).expect("begins");
        let second = WriterLock::begin(dir.path(), 5).expect("begins");
        assert_ne!(first.writer, second.writer);
    }
}
