//! An entry as rules see it.

use quotah_policy::Subject;
use smallvec::SmallVec;

use crate::ledger::Entry;

/// Most requests have fewer tags.
const TAGS_INLINE: usize = 8;

/// Calls `look` with what `entry` counts under. The project is also a tag of that name, where one was sent.
pub(crate) fn with_subject<T>(entry: &Entry, look: impl FnOnce(&Subject<'_>) -> T) -> T {
    let tags = entry.tags.iter();
    let tags: SmallVec<[(&str, &str); TAGS_INLINE]> =
        tags.map(|tag| (&*tag.name, &*tag.value)).collect();
    look(&Subject {
        key: &entry.key,
        user: &entry.user,
        team: &entry.team,
        project: &entry.project,
        model_asked: &entry.model_asked,
        model: &entry.model_sent,
        provider: &entry.provider,
        tags: &tags,
    })
}
