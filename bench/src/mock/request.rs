//! One request as it stood on the wire.

use bytes::Bytes;

/// A request read whole. Names and values are slices of the head, so that reading one allocates little.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// The request line and headers, to the blank line; empty for h2.
    pub(super) head: Bytes,
    /// The method.
    pub(super) method: String,
    /// The target as sent.
    pub(super) target: String,
    /// Name and value, in order, case kept.
    pub(super) headers: Vec<(Bytes, Bytes)>,
    /// The body, unframed.
    pub(super) body: Bytes,
    /// Whether the body came chunked.
    pub(super) chunked: bool,
    /// Whether the connection ends after the answer.
    pub(super) close: bool,
}

impl Request {
    /// The first value of a header, ignoring case.
    pub(super) fn header(&self, name: &str) -> Option<&Bytes> {
        header(&self.headers, name)
    }
}

/// The first value of a header, ignoring case.
pub(super) fn header<'a>(headers: &'a [(Bytes, Bytes)], name: &str) -> Option<&'a Bytes> {
    headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()))
        .map(|(_, value)| value)
}
