//! Records cut to what one frame surely holds: long texts and long lists lose their ends.

use super::{Entry, Intent, Tag};

impl Entry {
    /// A copy whose texts and lists are cut to what one frame surely holds.
    pub(in crate::ledger) fn clipped(&self) -> Self {
        let mut entry = self.clone();
        for text in [
            &mut entry.client_request_id,
            &mut entry.key,
            &mut entry.team,
            &mut entry.user,
            &mut entry.project,
            &mut entry.dialect,
            &mut entry.operation,
            &mut entry.model_asked,
            &mut entry.model_sent,
            &mut entry.model_answered,
            &mut entry.provider,
            &mut entry.deployment,
            &mut entry.price_version,
            &mut entry.client_ip,
            &mut entry.user_agent,
            &mut entry.reason,
            &mut entry.service_tier,
            &mut entry.provider_kind,
            &mut entry.role,
            &mut entry.route,
            &mut entry.alternative,
            &mut entry.cache,
            &mut entry.translated_to,
        ] {
            cut(text);
        }
        clip_tags(&mut entry.tags);
        entry.attempts.truncate(LIST_LEN_MAX);
        entry.calls.truncate(LIST_LEN_MAX);
        entry.dropped.truncate(LIST_LEN_MAX);
        entry.dropped.iter_mut().for_each(cut);
        for call in &mut entry.calls {
            cut(&mut call.model);
        }
        for attempt in &mut entry.attempts {
            cut(&mut attempt.provider);
            cut(&mut attempt.deployment);
            cut(&mut attempt.error_class);
            cut(&mut attempt.credential);
        }
        if let Some(decision) = &mut entry.decision {
            cut(&mut decision.strategy);
            decision.candidates.truncate(LIST_LEN_MAX);
            for weighed in &mut decision.candidates {
                cut(&mut weighed.deployment);
                cut(&mut weighed.credential);
                cut(&mut weighed.state);
                cut(&mut weighed.translated_to);
                weighed.lost.truncate(LIST_LEN_MAX);
                weighed.lost.iter_mut().for_each(cut);
            }
        }
        entry
    }
}

impl Intent {
    /// A copy whose texts and lists are cut to what one frame surely holds.
    pub(in crate::ledger) fn clipped(&self) -> Self {
        let mut intent = self.clone();
        for text in [
            &mut intent.key,
            &mut intent.team,
            &mut intent.user,
            &mut intent.project,
            &mut intent.dialect,
            &mut intent.operation,
            &mut intent.model_asked,
            &mut intent.model_sent,
            &mut intent.provider,
            &mut intent.deployment,
            &mut intent.role,
        ] {
            cut(text);
        }
        clip_tags(&mut intent.tags);
        intent
    }
}

/// The longest start of `text` that is at most `bytes_max` long and ends between two characters.
#[must_use]
pub fn clip(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

fn cut(text: &mut String) {
    text.truncate(clip(text, TEXT_BYTES_MAX).len());
}

fn clip_tags(tags: &mut Vec<Tag>) {
    tags.truncate(LIST_LEN_MAX);
    for tag in tags {
        cut(&mut tag.name);
        cut(&mut tag.value);
    }
}

/// Longest text kept of any field when a record would pass the frame's bound, bytes.
const TEXT_BYTES_MAX: usize = 256;

/// Most tags and attempts kept when a record would pass the frame's bound.
const LIST_LEN_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::super::Attempt;
    use super::*;
    use prost::Message as _;

    #[test]
    fn a_clipped_text_ends_between_characters() {
        assert_eq!(clip("héllo", 2), "h");
        assert_eq!(clip("héllo", 3), "hé");
        assert_eq!(clip("héllo", 99), "héllo");
    }

    #[test]
    fn the_largest_clipped_entry_fits_a_frame() {
        let long = || "x".repeat(100_000);
        let tag = Tag {
            name: long(),
            value: long(),
        };
        let attempt = Attempt {
            provider: long(),
            deployment: long(),
            error_class: long(),
            ..Attempt::default()
        };
        let entry = Entry {
            key: long(),
            model_asked: long(),
            user_agent: long(),
            tags: vec![tag; 100],
            attempts: vec![attempt; 100],
            ..Entry::default()
        };
        assert!(entry.clipped().encoded_len() < crate::ledger::segment::PAYLOAD_BYTES_MAX);
    }
}
