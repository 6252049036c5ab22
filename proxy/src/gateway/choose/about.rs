//! What conditions see of a request.

use quotah_policy::{About, Condition};

use super::Asking;

/// Whether a condition holds for a request. One that cannot be judged (a tag that is not there) does not hold.
pub(super) fn holds(condition: &Condition, asking: &Asking<'_>) -> bool {
    let Asking {
        target,
        facts,
        entry,
        wished,
        ..
    } = *asking;
    let tags: Vec<(&str, &str)> = entry
        .tags
        .iter()
        .map(|tag| (&*tag.name, &*tag.value))
        .collect();
    let about = About {
        key: &entry.key,
        team: &entry.team,
        user: &entry.user,
        project: &entry.project,
        tags: &tags,
        model: target.model(facts).unwrap_or_default(),
        provider_asked: wished.unwrap_or_default(),
        operation: target.operation.as_str(),
        dialect: target.dialect.as_str(),
        stream: target.streams(facts),
        body_bytes: facts.body_bytes as u64,
        input_tokens: quotah_policy::estimate_tokens(facts.prompt_bytes as u64),
        output_cap: facts.output_cap(),
        has_tools: facts.tools.count() > 0,
        has_images: facts.media.images > 0,
    };
    condition.holds(&about).unwrap_or_else(|fault| {
        tracing::debug!(%fault, "a condition could not be judged and counts as false");
        false
    })
}
