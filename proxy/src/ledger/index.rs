//! Summaries of closed segments in sled: the only file that names it.
//!
//! Nothing here is truth. sled lost acknowledged writes on `kill -9` and panics on some broken
//! databases, so every use is short (open, read or write, flush, close), guarded against panics, and
//! guarded against other processes by a lock of our own; on any fault the whole index is moved aside
//! and made again from the log.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use prost::Message as _;

use super::series::SegmentName;
use super::summary::Summary;

/// Why the index was of no use this time.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    /// Another process is at it; nothing is wrong.
    #[error("index is in use")]
    Busy,
    /// The lock cannot be had.
    #[error("index lock: {0}")]
    Lock(#[source] std::io::Error),
    /// sled says so.
    #[error("index: {0}")]
    Sled(#[from] sled::Error),
    /// sled panicked.
    #[error("index cannot be read")]
    Panicked,
}

/// Reads all summaries. A directory without an index has none, and gets none.
pub(super) fn load(dir: &Path) -> Result<HashMap<SegmentName, Summary>, IndexError> {
    if !dir.join(INDEX_DIR).exists() {
        return Ok(HashMap::new());
    }
    with_index(dir, |index| {
        let mut summaries = HashMap::new();
        for item in index.iter() {
            let (key, value) = item?;
            let name = std::str::from_utf8(&key).ok().and_then(SegmentName::parse);
            if let (Some(name), Some(summary)) = (name, decode(&value)) {
                summaries.insert(name, summary);
            }
        }
        Ok(summaries)
    })
}

/// Writes summaries, and forgets those of segments that are gone.
pub(super) fn store(
    dir: &Path,
    made: &[(SegmentName, Summary)],
    gone: &[SegmentName],
) -> Result<(), IndexError> {
    with_index(dir, |index| {
        for (name, summary) in made {
            index.insert(name.to_string().as_bytes(), encode(summary))?;
        }
        for name in gone {
            index.remove(name.to_string().as_bytes())?;
        }
        index.flush()?;
        Ok(())
    })
}

const INDEX_DIR: &str = "index";
const BROKEN_DIR: &str = "index.broken";
const LOCK_FILE: &str = "index.lock";

/// Page cache; sled's default is 1 GiB.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

fn with_index<T>(
    dir: &Path,
    work: impl FnOnce(&sled::Db) -> Result<T, sled::Error>,
) -> Result<T, IndexError> {
    let _lock = lock(dir)?;
    let path = dir.join(INDEX_DIR);
    let worked = catch_unwind(AssertUnwindSafe(|| {
        let index = sled::Config::new()
            .path(&path)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None)
            .open()?;
        let answer = work(&index)?;
        drop(index);
        Ok(answer)
    }));
    match worked {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            move_aside(dir, &path);
            Err(IndexError::Sled(error))
        }
        Err(_) => {
            move_aside(dir, &path);
            Err(IndexError::Panicked)
        }
    }
}

/// Keeps the newest broken index for whoever wants to look at it.
fn move_aside(dir: &Path, path: &PathBuf) {
    let broken = dir.join(BROKEN_DIR);
    // Best effort: what cannot be moved is met again, and is no worse then.
    fs::remove_dir_all(&broken).ok();
    fs::rename(path, broken).ok();
}

fn lock(dir: &Path) -> Result<File, IndexError> {
    let path = dir.join(LOCK_FILE);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let file = file.map_err(IndexError::Lock)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(IndexError::Busy),
        Err(fs::TryLockError::Error(error)) => Err(IndexError::Lock(error)),
    }
}

fn encode(summary: &Summary) -> Vec<u8> {
    let message = summary.encode_to_vec();
    let mut value = crc32fast::hash(&message).to_le_bytes().to_vec();
    value.extend(message);
    value
}

fn decode(value: &[u8]) -> Option<Summary> {
    let (crc, message) = value.split_first_chunk::<4>()?;
    let sound = crc32fast::hash(message) == u32::from_le_bytes(*crc);
    sound.then(|| Summary::decode(message).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: SegmentName = SegmentName {
        sequence: 1,
        writer: 2,
    };

    fn summary() -> Summary {
        Summary {
            bytes: 7,
            header: vec![1, 2],
            entries: 3,
            ..Summary::default()
        }
    }

    #[test]
    fn summaries_are_kept_until_their_segment_goes() {
        let dir = tempfile::tempdir().expect("tempdir");
        assert!(load(dir.path()).expect("empty").is_empty());
        store(dir.path(), &[(NAME, summary())], &[]).expect("stores");
        assert_eq!(load(dir.path()).expect("loads")[&NAME], summary());
        store(dir.path(), &[], &[NAME]).expect("stores");
        assert!(load(dir.path()).expect("loads").is_empty());
    }

    #[test]
    fn a_broken_index_is_moved_aside_and_begun_again() {
        let dir = tempfile::tempdir().expect("tempdir");
        store(dir.path(), &[(NAME, summary())], &[]).expect("stores");
        let index = dir.path().join(INDEX_DIR);
        fs::write(index.join("conf"), b"not sled's").expect("writes");
        assert!(load(dir.path()).is_err());
        assert!(dir.path().join(BROKEN_DIR).exists());
        store(dir.path(), &[(NAME, summary())], &[]).expect("stores");
        assert_eq!(load(dir.path()).expect("loads").len(), 1);
    }

    #[test]
    fn an_index_in_use_is_left_alone() {
        let dir = tempfile::tempdir().expect("tempdir");
        store(dir.path(), &[(NAME, summary())], &[]).expect("stores");
        let held = lock(dir.path()).expect("locks");
        assert!(matches!(load(dir.path()), Err(IndexError::Busy)));
        drop(held);
        assert_eq!(load(dir.path()).expect("loads").len(), 1);
    }
}
