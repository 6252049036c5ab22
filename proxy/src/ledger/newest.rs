//! The newest entries, for those that want many of them and can do without the rest.

use super::amend::Amendments;
use super::back::Backwards;
use super::books::Recent;
use super::entry::Entry;
use super::read::{Conditions, ReadError, Reader, open};
use super::series::list;

/// Most bytes that are read for the newest entries: a thousand million at the disk's speed is a second or two.
const READ_BYTES_MAX: u64 = 1 << 30;

impl Reader {
    /// Calls `visit` with up to `entries_max` entries that `conditions` hold of, newest first, each once.
    /// Says whether these were all there are: at most a gibibyte is read for them.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn newest(
        &self,
        conditions: &Conditions,
        entries_max: usize,
        mut visit: impl FnMut(Entry),
    ) -> Result<bool, ReadError> {
        let amendments = Amendments::read(&self.dir)?;
        let mut recent = Recent::default();
        let mut left = entries_max;
        let mut left_bytes = READ_BYTES_MAX;
        for name in list(&self.dir)?.segments.into_iter().rev() {
            let Some((file, length)) = open(&self.dir, name, conditions)? else {
                continue;
            };
            let mut backwards = Backwards::<Entry>::new(file, length);
            while let Some((_, mut entry)) = backwards.next(left_bytes)? {
                if !conditions.hold(&entry) || !recent.insert(entry.id().as_u128()) {
                    continue;
                }
                if left == 0 {
                    return Ok(false);
                }
                left -= 1;
                amendments.apply(&mut entry);
                visit(entry);
            }
            if backwards.unread().is_some() {
                return Ok(false);
            }
            left_bytes = left_bytes.saturating_sub(backwards.read_bytes);
        }
        Ok(true)
    }
}
