//! When keys were used last: a small file beside the registry, a line `ID MILLISECONDS` for each key that was.
//!
//! It is written now and then and may be some seconds old after a crash. It is no part of the audit trail.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use quotah_policy::KeyId;

use crate::clock;

const FILE: &str = "last-used";

/// What the file says; what cannot be read is not known.
pub(super) fn read(dir: &Path) -> HashMap<KeyId, u64> {
    let text = fs::read_to_string(dir.join(FILE)).unwrap_or_default();
    let line = |line: &str| {
        let (id, at) = line.split_once(' ')?;
        Some((KeyId::parse(id)?, at.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// Writes the file anew. Where it says a later time, as after a hand-over, that stays.
pub(super) fn write(dir: &Path, used: Vec<(KeyId, u64)>) -> io::Result<()> {
    let before = read(dir);
    let mut text = String::with_capacity(used.len() * 27);
    for (id, at) in used {
        let at = before.get(&id).copied().unwrap_or(0).max(at);
        text.push_str(&format!("{id} {at}\n"));
    }
    let aside = dir.join(format!(".last-used-{}", clock::request_id()));
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&aside, dir.join(FILE))
}
