//! How one answer differs from a believable one.
//!
//! Every field has an `x-mock-…` request header of the same meaning; a header wins over the script.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;

/// How one answer is given. The default is the believable answer, at once, in one write.
#[derive(Debug, Clone, Default)]
pub struct Directives {
    /// `x-mock-status`: another status; 400 and above also take the dialect's error body.
    pub status: Option<u16>,
    /// `x-mock-header-NAME: value`: further response headers, in order.
    pub headers: Vec<(String, String)>,
    /// `x-mock-body` (base64): this entity instead of the believable one, `content-type` unchanged.
    pub body: Option<Bytes>,
    /// `x-mock-raw` (base64): these bytes are the whole response, head and framing included.
    pub raw: Option<Bytes>,
    /// `x-mock-text-bytes`: about this much text in a plain answer, or in each chunk of a stream.
    pub text_bytes: Option<usize>,
    /// `x-mock-chunks`: content chunks in a stream, and so many output tokens.
    pub chunks: Option<u32>,
    /// `x-mock-output`: so many output tokens.
    pub output: Option<u64>,
    /// `x-mock-first-delay-ms`: wait before the head.
    pub first_delay: Duration,
    /// `x-mock-delay-ms`: wait before every event of a stream but the first; each is a write of its own.
    pub delay: Duration,
    /// `x-mock-encoding: gzip|br|zstd|deflate|deflate-raw`.
    pub encoding: Option<Encoding>,
    /// `x-mock-framing: length|chunked|close`.
    pub framing: Option<Framing>,
    /// `x-mock-split: N`: the entity goes out N bytes at a time, each its own write (and HTTP chunk).
    pub split: Option<usize>,
    /// `x-mock-drip: N`: the raw response, head included, goes out N bytes at a time.
    pub drip: Option<usize>,
    /// `x-mock-cut-at: N`: the raw response ends after N bytes, as `cut` says.
    pub cut_at: Option<usize>,
    /// `x-mock-cut-body-at: N`: the same, counted behind the head, framing included; 0 is a head and nothing more.
    pub cut_body_at: Option<usize>,
    /// `x-mock-cut: close|reset`.
    pub cut: Cut,
    /// `x-mock-hang: before-head|after-head|mid-stream`: falls silent there, connection open.
    pub hang: Option<Hang>,
    /// `x-mock-usage: none|negative|huge|float|string|null|doubled` (and `x-mock-no-usage`).
    pub usage: UsageForm,
    /// `x-mock-bad-chunk: size|crlf|huge|negative|truncated`: breaks the chunked framing in the middle.
    pub bad_chunk: Option<BadChunk>,
    /// `x-mock-error-at: N`: after N content chunks the dialect's error event ends the stream (status 200).
    pub error_at: Option<u32>,
    /// `x-mock-error-first`: the dialect's error event is all of the stream (status 200).
    pub error_first: bool,
    /// `x-mock-fill`: as many output tokens as the request allows, 4,096 where it caps nothing.
    pub fill: bool,
    /// `x-mock-odd`: unknown fields, odd spacing, escapes and big numbers in every JSON object.
    pub odd: bool,
    /// `x-mock-bomb: N`: the entity is N zero bytes (with `x-mock-encoding`: a decompression bomb).
    pub bomb_bytes: Option<usize>,
}

/// Content codings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `gzip`.
    Gzip,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
    /// `deflate`: the zlib format, as the RFC says.
    Deflate,
    /// `deflate`: bare, as some servers send.
    DeflateRaw,
}

/// How the end of the entity is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `content-length`: default for plain answers.
    Length,
    /// `transfer-encoding: chunked`: default for streams.
    Chunked,
    /// By the end of the connection.
    Close,
}

/// How a cut connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// FIN.
    #[default]
    Close,
    /// RST.
    Reset,
}

/// Where the mock falls silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hang {
    /// Nothing is sent.
    BeforeHead,
    /// The head is sent.
    AfterHead,
    /// Half of the events are sent.
    MidStream,
}

/// How usage is reported; what is billed stays the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsageForm {
    /// As it is.
    #[default]
    True,
    /// Not at all.
    Missing,
    /// Every count negative.
    Negative,
    /// Every count above `u64::MAX`.
    Huge,
    /// Every count with a fraction.
    Float,
    /// Every count a string.
    Text,
    /// `null` in place of the object.
    Null,
    /// The key twice in one object, the second time ten times as much.
    Doubled,
}

/// What is wrong with a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadChunk {
    /// `zz` for a size.
    Size,
    /// No CRLF after the data.
    Crlf,
    /// `ffffffffffffffffff` for a size.
    Huge,
    /// `-1` for a size.
    Negative,
    /// A size larger than the data, then the end of the connection.
    Truncated,
}

impl Directives {
    /// The same with what the request's own headers say on top. Values that make no sense are passed over.
    #[must_use]
    pub fn with_headers(mut self, headers: &[(Bytes, Bytes)]) -> Self {
        for (name, value) in headers {
            let Some(key) = own_key(name) else { continue };
            let Ok(value) = std::str::from_utf8(value) else {
                continue;
            };
            self.apply(&key, value.trim());
        }
        self
    }

    /// Whether the connection ends inside the answer.
    pub(super) const fn cuts(&self) -> bool {
        self.cut_at.is_some() || self.cut_body_at.is_some()
    }

    /// Takes one `x-mock-KEY: value`.
    fn apply(&mut self, key: &str, value: &str) {
        let millis = || value.parse().ok().map(Duration::from_millis);
        match key {
            "status" => self.status = value.parse().ok(),
            "body" => self.body = BASE64.decode(value).ok().map(Bytes::from),
            "raw" => self.raw = BASE64.decode(value).ok().map(Bytes::from),
            "text-bytes" => self.text_bytes = value.parse().ok(),
            "chunks" => self.chunks = value.parse().ok(),
            "output" => self.output = value.parse().ok(),
            "first-delay-ms" => self.first_delay = millis().unwrap_or_default(),
            "delay-ms" => self.delay = millis().unwrap_or_default(),
            "encoding" => self.encoding = Encoding::named(value),
            "framing" => self.framing = framing(value),
            "split" => self.split = value.parse().ok().filter(|n| *n > 0),
            "drip" => self.drip = value.parse().ok().filter(|n| *n > 0),
            "cut-at" => self.cut_at = value.parse().ok(),
            "cut-body-at" => self.cut_body_at = value.parse().ok(),
            "cut" => {
                self.cut = if value == "reset" {
                    Cut::Reset
                } else {
                    Cut::Close
                }
            }
            "hang" => self.hang = hang(value),
            "no-usage" => self.usage = UsageForm::Missing,
            "usage" => self.usage = usage_form(value),
            "bad-chunk" => self.bad_chunk = bad_chunk(value),
            "error-at" => self.error_at = value.parse().ok(),
            "error-first" => self.error_first = true,
            "fill" => self.fill = true,
            "odd" => self.odd = true,
            "bomb" => self.bomb_bytes = value.parse().ok().filter(|n| *n <= BOMB_BYTES_MAX),
            _ => {
                if let Some(name) = key.strip_prefix("header-") {
                    self.headers.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }
}

impl Encoding {
    /// The coding that a directive names.
    fn named(value: &str) -> Option<Self> {
        Some(match value {
            "gzip" => Self::Gzip,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            "deflate" => Self::Deflate,
            "deflate-raw" => Self::DeflateRaw,
            _ => return None,
        })
    }

    /// The value of `content-encoding`.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Deflate | Self::DeflateRaw => "deflate",
        }
    }
}

/// `KEY` of `x-mock-KEY`, lower case; `None` for any other name.
fn own_key(name: &[u8]) -> Option<String> {
    let (start, key) = name.split_at_checked(OWN_PREFIX.len())?;
    if !start.eq_ignore_ascii_case(OWN_PREFIX) {
        return None;
    }
    Some(String::from_utf8_lossy(key).to_ascii_lowercase())
}

fn framing(value: &str) -> Option<Framing> {
    Some(match value {
        "length" => Framing::Length,
        "chunked" => Framing::Chunked,
        "close" => Framing::Close,
        _ => return None,
    })
}

fn hang(value: &str) -> Option<Hang> {
    Some(match value {
        "before-head" => Hang::BeforeHead,
        "after-head" => Hang::AfterHead,
        "mid-stream" => Hang::MidStream,
        _ => return None,
    })
}

fn usage_form(value: &str) -> UsageForm {
    match value {
        "none" => UsageForm::Missing,
        "negative" => UsageForm::Negative,
        "huge" => UsageForm::Huge,
        "float" => UsageForm::Float,
        "string" => UsageForm::Text,
        "null" => UsageForm::Null,
        "doubled" => UsageForm::Doubled,
        _ => UsageForm::True,
    }
}

fn bad_chunk(value: &str) -> Option<BadChunk> {
    Some(match value {
        "size" => BadChunk::Size,
        "crlf" => BadChunk::Crlf,
        "huge" => BadChunk::Huge,
        "negative" => BadChunk::Negative,
        "truncated" => BadChunk::Truncated,
        _ => return None,
    })
}

/// What the names of our headers start with.
const OWN_PREFIX: &[u8] = b"x-mock-";

/// Largest bomb that a request may ask for: 1 GiB unpacked.
const BOMB_BYTES_MAX: usize = 1 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&'static str, &'static str)]) -> Directives {
        let headers: Vec<_> = pairs
            .iter()
            .map(|(n, v)| {
                (
                    Bytes::from_static(n.as_bytes()),
                    Bytes::from_static(v.as_bytes()),
                )
            })
            .collect();
        Directives::default().with_headers(&headers)
    }

    #[test]
    fn headers_say_how_to_answer_whatever_their_case() {
        let said = from(&[
            ("X-Mock-Status", "429"),
            ("x-mock-header-Retry-After", "3"),
            ("x-mock-chunks", "100"),
            ("x-mock-delay-ms", "5"),
            ("x-mock-encoding", "br"),
            ("x-mock-raw", "SFRUUA=="),
            ("x-mock-no-usage", "1"),
            ("accept", "*/*"),
        ]);
        assert_eq!(said.status, Some(429));
        assert_eq!(said.headers, [("retry-after".to_owned(), "3".to_owned())]);
        assert_eq!(said.chunks, Some(100));
        assert_eq!(said.delay, Duration::from_millis(5));
        assert_eq!(said.encoding, Some(Encoding::Brotli));
        assert_eq!(said.raw.as_deref(), Some(b"HTTP".as_slice()));
        assert_eq!(said.usage, UsageForm::Missing);
    }

    #[test]
    fn nonsense_is_passed_over() {
        let said = from(&[
            ("x-mock-status", "many"),
            ("x-mock-split", "0"),
            ("x-mock-what", ""),
        ]);
        assert_eq!((said.status, said.split), (None, None));
    }
}
