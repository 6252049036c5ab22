//! What an entry tells of its request, for conditions.

use quotah_policy::{About, Condition, estimate_tokens};

use crate::ledger::Entry;

/// Whether `condition` holds of the entry's request, as far as the ledger tells: what it does not keep (the output cap,
/// tools, images, the provider that was wished for) is 0, false or empty. No condition holds always, one that cannot
/// be judged never.
pub(super) fn holds(condition: Option<&Condition>, entry: &Entry) -> bool {
    let Some(condition) = condition else {
        return true;
    };
    let tags = entry.tags.iter();
    let tags: Vec<(&str, &str)> = tags.map(|tag| (&*tag.name, &*tag.value)).collect();
    let about = About {
        key: &entry.key,
        team: &entry.team,
        user: &entry.user,
        project: &entry.project,
        tags: &tags,
        model: &entry.model_asked,
        operation: &entry.operation,
        dialect: &entry.dialect,
        stream: entry.stream,
        body_bytes: entry.request_bytes,
        input_tokens: estimate_tokens(entry.prompt_bytes),
        ..About::default()
    };
    condition.holds(&about).unwrap_or(false)
}
