//! The price file that `quotah prices update` leaves in the data directory, and the table with it.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use quotah_policy::PriceTable;

/// Where it stands in the data directory.
pub const UPDATE_FILE: &str = "prices/update.prices";

/// Largest file that is read. The public tables are 1 and 3 MiB, an update of ours is smaller.
pub const FILE_BYTES_MAX: u64 = 64 << 20;

/// Why the update in the data directory is not in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("price update {path} is ignored: {why}", path = path.display())]
pub struct UpdateFault {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// The built-in table with the update in the data directory, if there is one, and what is wrong with that.
#[must_use]
pub fn updated_table(data_dir: &Path) -> (PriceTable, Option<UpdateFault>) {
    let path = data_dir.join(UPDATE_FILE);
    let builtin = PriceTable::builtin();
    let text = match read_text(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return (builtin, None),
        Err(error) => return (builtin, fault(path, &error)),
        Ok(text) => text,
    };
    match builtin.clone().with_update(&text) {
        Ok(table) => (table, None),
        Err(error) => (builtin, fault(path, &error)),
    }
}

/// Reads a text of at most [`FILE_BYTES_MAX`].
///
/// # Errors
/// Whatever the system says; a longer file, or one that is not UTF-8, is `InvalidData`.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    if read as u64 > FILE_BYTES_MAX {
        let why = format!("more than {} MiB", FILE_BYTES_MAX >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(text)
}

/// Puts an update in place: a reader sees the one before or this one, whole.
///
/// # Errors
/// Whatever the system says; the one before is then still there.
pub fn write_update(data_dir: &Path, text: &str) -> io::Result<PathBuf> {
    let path = data_dir.join(UPDATE_FILE);
    let dir = path.parent().unwrap_or(data_dir);
    fs::create_dir_all(dir)?;
    let aside = path.with_extension(format!("{}.aside", std::process::id()));
    let written = || -> io::Result<()> {
        let mut file = File::create(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, &path)?;
        File::open(dir)?.sync_all()
    };
    written().inspect_err(|_| {
        // What was written halfway is of no use to anybody.
        fs::remove_file(&aside).ok();
    })?;
    Ok(path)
}

fn fault(path: PathBuf, why: &dyn std::error::Error) -> Option<UpdateFault> {
    let why = why.to_string();
    Some(UpdateFault { path, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_in_force_until_it_is_replaced_and_a_broken_one_is_ignored_aloud() {
        let dir = tempfile::tempdir().expect("a directory");
        let builtin = PriceTable::builtin();
        let (table, fault) = updated_table(dir.path());
        assert_eq!((table.version(), fault), (builtin.version(), None));

        let text = "as_of 2026-11-21\nprovider openai\nmodel gpt-new\nprice input=1\n";
        let path = write_update(dir.path(), text).expect("written");
        let (table, fault) = updated_table(dir.path());
        assert_eq!(fault, None);
        assert!(table.find("openai", "gpt-new", 0).is_some());
        assert!(table.version().starts_with("2026-11-21+"));

        fs::write(&path, "nonsense").expect("written");
        let (table, fault) = updated_table(dir.path());
        assert_eq!(table.version(), builtin.version());
        let fault = fault.expect("a fault").to_string();
        assert!(
            fault.ends_with("line 1: unknown word \"nonsense\""),
            "{fault}"
        );
    }
}
