//! The header lines of translated answers.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use quotah_adapters::Dialect;
use quotah_adapters::translate::{ID_LINES, id_line};

use super::Translation;
use crate::gateway::answer::{bytes_of, framing};
use crate::upstream::Answer;

/// What a stream of events begins with, and no JSON: a field that dialects use, or a comment.
const EVENT_BEGINNINGS: [&[u8]; 3] = [b"data:", b"event:", b":"];

/// Longest list of what was left out that a header line has, bytes.
const DROPPED_BYTES_MAX: usize = 1_024;

/// The provider's header lines for a client of another dialect.
pub(in crate::gateway) fn headers(
    provider: &mut HeaderMap,
    caller: Dialect,
    content_type: &'static str,
) {
    // Said of another body than the one that goes down.
    for name in [
        &CONTENT_ENCODING,
        &CONTENT_LENGTH,
        &http::header::ETAG,
        &http::header::ACCEPT_RANGES,
    ] {
        provider.remove(name);
    }
    provider.remove("content-md5");
    provider.remove("digest");
    provider.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    let Some(wanted) = id_line(caller) else {
        return;
    };
    if !provider.contains_key(wanted)
        && let Some(id) = ID_LINES
            .iter()
            .find_map(|name| provider.get(*name))
            .cloned()
    {
        provider.insert(wanted, id);
    }
}

impl Translation {
    /// Sees to it that a stream which was asked for is called one: behind some front ends it is labelled as JSON, or not
    /// at all.
    pub(in crate::gateway) fn label(&self, answer: &mut Answer) {
        let headers = &mut answer.head.headers;
        let is_packed = !bytes_of(headers, &CONTENT_ENCODING).is_empty();
        let is_labelled = framing(bytes_of(headers, &CONTENT_TYPE)).is_some();
        if !self.streams() || !answer.head.status.is_success() || is_packed || is_labelled {
            return;
        }
        let begins_as_events = answer.body.unread().next().is_some_and(|data| {
            let begins = data.trim_ascii_start();
            EVENT_BEGINNINGS
                .iter()
                .any(|field| begins.starts_with(field))
        });
        if begins_as_events {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        }
    }

    /// What was left out, as `x-quotah-dropped` says it; `None` where nothing was.
    pub(in crate::gateway) fn dropped_value(&self) -> Option<HeaderValue> {
        let mut list = String::new();
        for place in &self.dropped {
            let between = if list.is_empty() { "" } else { ", " };
            if list.len() + between.len() + place.len() > DROPPED_BYTES_MAX {
                break;
            }
            list.push_str(between);
            // A member's name is the client's own: what no header line may hold is not said.
            list.extend(place.chars().map(|c| match c {
                ' '..='~' => c,
                _ => '?',
            }));
        }
        (!list.is_empty()).then(|| HeaderValue::try_from(list).ok())?
    }
}
