//! An answer that is kept, and the copy that becomes one while it passes.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// An answer as its first client got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its header lines in order, without those that were for its first client alone.
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body, whole.
    body: Bytes,
    /// Where each of the body's pieces ends.
    ends: Vec<usize>,
    /// When it was complete, milliseconds since 1970.
    pub(crate) kept_at_unix_ms: u64,
    /// From when on it is not given any more, milliseconds since 1970.
    pub(crate) expires_at_unix_ms: u64,
    /// What it was worth.
    pub(crate) worth: Worth,
}

/// Where an answer came from, and what it cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    /// The provider that was asked.
    pub(crate) provider: String,
    /// The model that it was asked for.
    pub(crate) model_sent: String,
    /// What was written into the request in place of its own figures, as text.
    pub(crate) terms: String,
    /// Tokens of output.
    pub(crate) output_tokens: u64,
    /// The model that answered.
    pub(crate) model_answered: String,
    /// What it cost when it was made, 10⁻¹² USD; `None` where no price was known.
    pub(crate) cost_picousd: Option<i64>,
}

impl Kept {
    /// What it takes of the cache's room, bytes: everything on the heap, and what the store keeps beside it.
    pub(crate) fn bytes(&self) -> usize {
        let line = |(name, value): &(HeaderName, HeaderValue)| {
            name.as_str().len() + value.len() + size_of::<(HeaderName, HeaderValue)>()
        };
        let lines: usize = self.headers.iter().map(line).sum();
        let ends = self.ends.len() * size_of::<usize>();
        OVERHEAD_BYTES + lines + self.body.len() + ends + self.worth.bytes()
    }

    /// How long it may be given again from when it was kept.
    pub(super) fn ttl(&self) -> Duration {
        let ms = self.expires_at_unix_ms.saturating_sub(self.kept_at_unix_ms);
        Duration::from_millis(ms)
    }

    /// Its header lines.
    pub(crate) fn header_map(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.headers.len() + OWN_LINES);
        for (name, value) in &self.headers {
            headers.append(name.clone(), value.clone());
        }
        headers
    }

    /// Length of its body, bytes.
    pub(crate) fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// The body's piece of that number, as it came.
    pub(crate) fn piece(&self, index: usize) -> Option<Bytes> {
        let end = *self.ends.get(index)?;
        let begin = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let range = begin.copied().unwrap_or(0)..end;
        (end <= self.body.len() && range.start <= end).then(|| self.body.slice(range))
    }
}

impl Worth {
    fn bytes(&self) -> usize {
        let texts = [
            &self.provider,
            &self.model_sent,
            &self.terms,
            &self.model_answered,
        ];
        texts.map(String::len).iter().sum()
    }
}

/// A copy of an answer under way.
#[derive(Debug)]
pub(crate) struct Copying {
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
    ends: Vec<usize>,
    bytes_max: usize,
}

impl Copying {
    /// Begins with the header lines that the client gets; of an answer that is longer than `bytes_max` nothing is kept.
    pub(crate) fn begin(headers: &HeaderMap, bytes_max: usize) -> Self {
        let keeps = |name: &HeaderName| !is_of_the_moment(name);
        // Copied: a value lent from the connection's buffer would keep all of it in memory.
        let copy = |(name, value): (&HeaderName, &HeaderValue)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
            Some((name.clone(), value))
        };
        let lines = headers.iter().filter(|(name, _)| keeps(name));
        Self {
            headers: lines.filter_map(copy).collect(),
            body: Vec::new(),
            ends: Vec::new(),
            bytes_max,
        }
    }

    /// Takes a piece as it goes down; `false` once there is too much.
    #[must_use]
    pub(crate) fn take(&mut self, piece: &[u8]) -> bool {
        if piece.is_empty() {
            return true;
        }
        let bytes = self.body.len().saturating_add(piece.len());
        // A stream in pieces of a byte each would otherwise take many times its length.
        if bytes > self.bytes_max || self.ends.len() >= PIECES_MAX {
            return false;
        }
        self.body.extend_from_slice(piece);
        self.ends.push(bytes);
        true
    }

    /// The answer, complete.
    pub(crate) fn keep(self, worth: Worth, now_unix_ms: u64, ttl: Duration) -> Kept {
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let mut body = self.body;
        body.shrink_to_fit();
        Kept {
            headers: self.headers,
            body: body.into(),
            ends: self.ends,
            kept_at_unix_ms: now_unix_ms,
            expires_at_unix_ms: now_unix_ms.saturating_add(ttl_ms),
            worth,
        }
    }
}

/// Whether a header line was true for its first client only: cookies, limits, and what Quotah said of that request.
fn is_of_the_moment(name: &HeaderName) -> bool {
    let text = name.as_str();
    let words = ["ratelimit", "rate-limit"];
    [header::SET_COOKIE, header::AGE, header::CONNECTION].contains(name)
        || *name == header::RETRY_AFTER
        || text.starts_with("x-quotah-")
        || words.iter().any(|word| text.contains(word))
}

/// Most pieces of an answer. Long recorded streams have some thousand events; 65,536 ends take half a megabyte.
const PIECES_MAX: usize = 1 << 16;

/// The key, the entry, and moka's own nodes for both (its queues and its table, about 300 bytes), rounded up.
const OVERHEAD_BYTES: usize = 512;

/// Header lines that are put beside those that were kept.
const OWN_LINES: usize = 4;
