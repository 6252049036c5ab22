//! Which answers are streams of JSON lines.

use crate::call::Dialect;

/// Whether an answer may be a stream of JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// It is not: what follows a text is a fault.
    Never,
    /// The dialect has such streams, and nothing says that this is one.
    Maybe,
    /// It is one, by its content type.
    Surely,
}

impl Lines {
    pub(super) fn of(dialect: Dialect, content_type: &[u8]) -> Self {
        if is_json_lines(content_type) {
            Self::Surely
        } else if matches!(dialect, Dialect::Cohere | Dialect::Ollama) {
            Self::Maybe
        } else {
            Self::Never
        }
    }
}

/// Whether an answer of this content type is a stream of JSON lines.
///
/// Recorded: Ollama `application/x-ndjson`, Cohere `application/stream+json`.
#[must_use]
pub fn is_json_lines(content_type: &[u8]) -> bool {
    let (_, subtype) = halves(content_type);
    [
        &b"x-ndjson"[..],
        b"ndjson",
        b"stream+json",
        b"jsonl",
        b"x-jsonlines",
    ]
    .iter()
    .any(|known| subtype.eq_ignore_ascii_case(known))
}

/// A content type's type and subtype, without its parameters.
pub(super) fn halves(content_type: &[u8]) -> (&[u8], &[u8]) {
    let essence = content_type.split(|&byte| byte == b';').next();
    let essence = essence.unwrap_or_default().trim_ascii();
    match memchr::memchr(b'/', essence).and_then(|at| essence.split_at_checked(at)) {
        Some((kind, rest)) => (kind, rest.strip_prefix(b"/").unwrap_or_default()),
        None => (essence, b""),
    }
}
