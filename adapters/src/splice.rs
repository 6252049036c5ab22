//! Changes to a body that leave every other byte where it was.
//!
//! A body is a list of chunks as they came. [`Edits`] name spans and what stands there instead; the result
//! shares all untouched bytes with the original.

use std::ops::Range;

use bytes::Bytes;

use crate::facts::{Brace, Facts, Spelling, StreamOptions};

/// Replacements of spans of a body, in order and apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    list: Vec<(Range<usize>, Bytes)>,
}

impl Edits {
    /// No change.
    #[must_use]
    pub const fn none() -> Self {
        Self { list: Vec::new() }
    }

    /// Whether nothing changes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts `with` where `span` is; an empty span inserts. Two edits may touch, the first made stands first.
    ///
    /// A span that overlaps one already taken is refused (`false`): the first edit stands.
    pub fn replace(&mut self, span: Range<usize>, with: impl Into<Bytes>) -> bool {
        let at = self
            .list
            .partition_point(|(taken, _)| taken.end <= span.start);
        let is_free = self
            .list
            .get(at)
            .is_none_or(|(next, _)| span.end <= next.start);
        if is_free {
            self.list.insert(at, (span, with.into()));
        }
        is_free
    }

    /// Length of the body after the edits, its length before being `body_bytes`.
    #[must_use]
    pub fn edited_bytes(&self, body_bytes: usize) -> usize {
        self.list.iter().fold(body_bytes, |sum, (span, with)| {
            sum.saturating_sub(span.len()).saturating_add(with.len())
        })
    }
}

/// The edits that a body needs before it goes up.
///
/// `rename_to` replaces the model (and its echoes). `ask_usage` has a stream's usage asked for if the client did
/// not: see [`Facts::lacks_usage`]; other members of `stream_options` stay.
///
/// ```
/// use bytes::Bytes;
/// use quotah_adapters::{FactsReader, apply, classify, plan};
///
/// let body = Bytes::from_static(br#"{"model":"fast","stream":true}"#);
/// let mut reader = FactsReader::new(&classify("POST", "/v1/chat/completions").unwrap());
/// reader.feed(&body);
/// let edits = plan(&reader.finish()?, Some("gpt-5-mini"), true);
/// let sent = apply(&[body], &edits).concat();
/// assert_eq!(sent, br#"{"stream_options":{"include_usage":true},"model":"gpt-5-mini","stream":true}"#);
/// # Ok::<(), quotah_adapters::FactsError>(())
/// ```
#[must_use]
pub fn plan(facts: &Facts, rename_to: Option<&str>, ask_usage: bool) -> Edits {
    let mut edits = Edits::none();
    if let Some(name) = rename_to {
        if let Some(model) = facts.model.as_ref().filter(|model| *model.name != *name) {
            let with = match model.spelling {
                Spelling::Json => json_string("", name),
                Spelling::Plain => name.to_owned(),
            };
            edits.replace(model.span.clone(), with);
        }
        for echo in &facts.model_echoes {
            let prefix = if echo.is_resource_name { "models/" } else { "" };
            edits.replace(echo.span.clone(), json_string(prefix, name));
        }
    }
    if ask_usage && facts.lacks_usage() {
        match &facts.stream_options {
            StreamOptions::UsageAsked => {}
            StreamOptions::UsageDeclined(span) => {
                edits.replace(span.clone(), "true");
            }
            StreamOptions::Null(span) => {
                edits.replace(span.clone(), r#"{"include_usage":true}"#);
            }
            StreamOptions::Object(brace) => insert(&mut edits, *brace, r#""include_usage":true"#),
            StreamOptions::Absent => {
                if let Some(root) = facts.root {
                    insert(
                        &mut edits,
                        root,
                        r#""stream_options":{"include_usage":true}"#,
                    );
                }
            }
        }
    }
    edits
}

/// The body after the edits. Untouched bytes are shared, not copied; spans beyond its end change nothing.
#[must_use]
pub fn apply(chunks: &[Bytes], edits: &Edits) -> Vec<Bytes> {
    let mut out = Vec::with_capacity(
        chunks
            .len()
            .saturating_add(edits.list.len().saturating_mul(2)),
    );
    let mut edits = edits.list.iter().peekable();
    let mut chunk_at = 0_usize;
    // Everything before this offset is out, or replaced.
    let mut done = 0_usize;
    for chunk in chunks {
        let chunk_end = chunk_at.saturating_add(chunk.len());
        while let Some((span, with)) = edits.next_if(|(span, _)| span.start < chunk_end) {
            push_range(&mut out, chunk, done.max(chunk_at), span.start, chunk_at);
            if !with.is_empty() {
                out.push(with.clone());
            }
            done = span.end;
        }
        push_range(&mut out, chunk, done.max(chunk_at), chunk_end, chunk_at);
        chunk_at = chunk_end;
    }
    out.extend(
        edits
            .filter(|(span, _)| span.start == chunk_at)
            .map(|(_, with)| with.clone()),
    );
    out
}

/// Adds the part of `chunk` (which begins at offset `chunk_at`) from offset `from` to `to`, if there is any.
fn push_range(out: &mut Vec<Bytes>, chunk: &Bytes, from: usize, to: usize, chunk_at: usize) {
    let (from, to) = (from.saturating_sub(chunk_at), to.saturating_sub(chunk_at));
    if from < to && to <= chunk.len() {
        out.push(chunk.slice(from..to));
    }
}

/// Puts a member first into an object.
fn insert(edits: &mut Edits, brace: Brace, member: &str) {
    let inside = brace.at.saturating_add(1);
    let comma = if brace.is_empty { "" } else { "," };
    edits.replace(inside..inside, [member, comma].concat());
}

/// `prefix` and `text` as one JSON string.
fn json_string(prefix: &str, text: &str) -> String {
    let mut json = String::with_capacity(text.len().saturating_add(prefix.len()).saturating_add(2));
    json.push('"');
    json.push_str(prefix);
    crate::json::escape(text, &mut json);
    json.push('"');
    json
}

#[cfg(test)]
mod tests;
