//! The few things that the log asks of a disk, so that tests can let them fail.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Where segments are made.
pub trait Disk: Send + Sync + Debug {
    /// Makes a new file for appending.
    ///
    /// # Errors
    /// Whatever the system says; a file of that name is an error too.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>>;
}

/// A segment open for appending.
pub trait SegmentFile: Send + Sync + Debug {
    /// One `write(2)` at the end of the file; fewer bytes than given may go in.
    ///
    /// # Errors
    /// Whatever the system says.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Cuts the file to `length` bytes.
    ///
    /// # Errors
    /// Whatever the system says.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Waits until what was written would survive a loss of power.
    ///
    /// # Errors
    /// Whatever the system says.
    fn sync(&self) -> io::Result<()>;
}

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Files;

impl Disk for Files {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        // Append mode: after a cut the next write goes to the new end, not behind a hole.
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)?;
        Ok(Arc::new(file))
    }
}

impl SegmentFile for File {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        // `&File` writes without exclusive access; the file's own method would be this one again.
        Write::write(&mut &*self, bytes)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
