//! The gate: a strict scan of the raw request head and body framing, before the HTTP engine parses either.
//!
//! hyper forgives what two parties may read differently (duplicate lengths, a length beside chunked
//! framing, bare line feeds), and afterwards the evidence is gone. So every byte from a client passes here
//! first. What is ambiguous is refused and never forwarded; what passes means one thing only.
//!
//! Pure: bytes in, a decision out. `GateIo` in `io` does the reading.

use memchr::memchr;

/// Largest request head, bytes. nginx takes 32 KiB, `Node.js` 16 KiB; agents send long cookies and betas.
pub const HEAD_BYTES_MAX: usize = 60 * 1024;
/// Most header lines in a head: hyper's own bound, met here so that the answer is ours.
pub const HEADERS_MAX: usize = 100;
/// Largest trailer section, bytes; and longest chunk-size line.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// Empty lines tolerated before a request line (RFC 9112 §2.2).
const LEADING_CRLF_MAX: u8 = 4;
/// Largest body length that is taken for one: 2^50 bytes.
const LENGTH_MAX: u64 = 1 << 50;

/// Why a head or its body's framing was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// Line ends with LF alone, or CR stands alone.
    #[error("line is not ended by CR LF")]
    BareLineEnd,
    /// A control character where none may be.
    #[error("control character in the request head")]
    Control,
    /// Not `METHOD SP TARGET SP HTTP/1.x`.
    #[error("malformed request line")]
    RequestLine,
    /// Absolute-form, authority-form or asterisk-form.
    #[error("request target must start with a slash")]
    Target,
    /// A fragment, or a character that no target has (RFC 9112 §3.2: neither may be sent).
    #[error("character in the request target that may not stand there")]
    TargetByte,
    /// Neither HTTP/1.1 nor HTTP/1.0.
    #[error("unsupported HTTP version")]
    Version,
    /// A line that starts with a space or a tab.
    #[error("folded header line")]
    Fold,
    /// Not `name: value`.
    #[error("malformed header line")]
    HeaderLine,
    /// No Host, or more than one, or an empty or malformed one.
    #[error("exactly one host header is required")]
    Host,
    /// Repeated, listed or not a plain number.
    #[error("content-length must be one plain number")]
    ContentLength,
    /// Other than exactly `chunked`, repeated, or with HTTP/1.0.
    #[error("transfer-encoding must be exactly chunked")]
    TransferEncoding,
    /// Content-Length beside Transfer-Encoding.
    #[error("content-length and transfer-encoding exclude each other")]
    TwoLengths,
    /// An upgrade that is not served.
    #[error("upgrade is not served here")]
    Upgrade,
    /// An expectation other than `100-continue`.
    #[error("unsupported expectation")]
    Expect,
    /// Head over [`HEAD_BYTES_MAX`] or [`HEADERS_MAX`].
    #[error("request head is too large")]
    TooLarge,
    /// Chunk framing that is not exactly RFC 9112 §7.1.
    #[error("malformed chunked body")]
    Chunk,
}

/// Where in the message the gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before or in a head.
    Head,
    /// This many body bytes to go.
    Body(u64),
    /// In chunked framing.
    Chunked(Chunk),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    Size { value: u64, digits: u8 },
    Extension { length: usize },
    SizeLf { value: u64 },
    Data(u64),
    DataCr,
    DataLf,
    TrailerStart { length: usize },
    TrailerName { length: usize },
    Trailer { length: usize },
    TrailerLf { length: usize },
    EndLf,
}

const SIZE: Chunk = Chunk::Size {
    value: 0,
    digits: 0,
};

/// The scan of one connection's request side.
#[derive(Debug)]
pub struct Gate {
    state: State,
    chunk_value: u64,
    leading_crlf: u8,
}

/// What became of the bytes shown to [`Gate::advance`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// All of them may be released.
    Pass,
    /// The first `released` may be; the rest is the beginning of a head and must be shown again with more behind it.
    Hold {
        /// Bytes that may be released.
        released: usize,
    },
    /// The first `released` may be; what follows is refused, and so is everything after it.
    Refuse {
        /// Bytes that may be released.
        released: usize,
        /// What is wrong.
        error: GateError,
        /// Whether the fault lies in a body, whose head was released already.
        in_body: bool,
    },
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            state: State::Head,
            chunk_value: 0,
            leading_crlf: 0,
        }
    }
}

impl Gate {
    /// Whether the next byte belongs to a new head.
    #[must_use]
    pub fn is_between_messages(&self) -> bool {
        self.state == State::Head
    }

    /// Scans the next bytes of the connection.
    ///
    /// After [`Step::Hold`] the unreleased bytes are shown again, with at least one more behind them.
    pub fn advance(&mut self, bytes: &[u8]) -> Step {
        let mut at = 0;
        loop {
            let Some(rest) = bytes.get(at..) else {
                return Step::Pass;
            };
            if rest.is_empty() {
                return Step::Pass;
            }
            match self.state {
                State::Head => match self.head(rest) {
                    Ok(Some(length)) => at += length,
                    Ok(None) => return Step::Hold { released: at },
                    Err(error) => {
                        return Step::Refuse {
                            released: at,
                            error,
                            in_body: false,
                        };
                    }
                },
                State::Body(left) => {
                    let here = u64::try_from(rest.len()).unwrap_or(u64::MAX).min(left);
                    at += usize::try_from(here).unwrap_or(rest.len());
                    self.state = if here == left {
                        State::Head
                    } else {
                        State::Body(left - here)
                    };
                }
                State::Chunked(chunk) => match self.chunked(chunk, rest) {
                    Ok(length) => at += length,
                    Err(length) => {
                        return Step::Refuse {
                            released: at + length,
                            error: GateError::Chunk,
                            in_body: true,
                        };
                    }
                },
            }
        }
    }

    /// Reads one whole head off the front of `bytes`: its length, or `None` when more bytes are needed.
    fn head(&mut self, bytes: &[u8]) -> Result<Option<usize>, GateError> {
        if bytes.first() == Some(&b'\r') {
            return self.leading_crlf(bytes);
        }
        let mut lines = Lines { bytes, at: 0 };
        let Some(request_line) = lines.next_line()? else {
            return Ok(None);
        };
        let version = request_line_version(request_line)?;
        let mut head = HeadFacts::default();
        loop {
            let Some(line) = lines.next_line()? else {
                return Ok(None);
            };
            if line.is_empty() {
                break;
            }
            head.line(line)?;
        }
        self.leading_crlf = 0;
        self.state = head.framing(version)?;
        Ok(Some(lines.at))
    }

    fn leading_crlf(&mut self, bytes: &[u8]) -> Result<Option<usize>, GateError> {
        match bytes.get(1) {
            None => Ok(None),
            Some(b'\n') if self.leading_crlf < LEADING_CRLF_MAX => {
                self.leading_crlf += 1;
                Ok(Some(2))
            }
            Some(_) => Err(GateError::BareLineEnd),
        }
    }

    /// Takes as many bytes as belong to the current step of chunked framing; `Err` carries how many were still good.
    fn chunked(&mut self, chunk: Chunk, bytes: &[u8]) -> Result<usize, usize> {
        if let Chunk::Data(left) = chunk {
            let here = u64::try_from(bytes.len()).unwrap_or(u64::MAX).min(left);
            self.state = State::Chunked(if here == left {
                Chunk::DataCr
            } else {
                Chunk::Data(left - here)
            });
            return Ok(usize::try_from(here).unwrap_or(bytes.len()));
        }
        let Some(&byte) = bytes.first() else {
            return Ok(0);
        };
        self.state = self.chunk_byte(chunk, byte).ok_or(0usize)?;
        Ok(1)
    }

    /// One byte of chunked framing outside of data; `None` refuses it.
    fn chunk_byte(&mut self, chunk: Chunk, byte: u8) -> Option<State> {
        let next = match (chunk, byte) {
            (Chunk::Size { value, digits }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = u64::from(char::from(byte).to_digit(16)?);
                let value = value * 16 + digit;
                if digits >= 13 || value > LENGTH_MAX {
                    return None;
                }
                Chunk::Size {
                    value,
                    digits: digits + 1,
                }
            }
            (Chunk::Size { value, digits: 1.. }, b'\r') => Chunk::SizeLf { value },
            (Chunk::Size { value, digits: 1.. }, b';') => {
                self.chunk_value = value;
                Chunk::Extension { length: 0 }
            }
            (Chunk::Extension { .. }, b'\r') => Chunk::SizeLf {
                value: self.chunk_value,
            },
            (Chunk::Extension { length }, byte)
                if length < LINE_BYTES_MAX && (byte == b'\t' || !byte.is_ascii_control()) =>
            {
                Chunk::Extension { length: length + 1 }
            }
            (Chunk::SizeLf { value: 0 }, b'\n') => Chunk::TrailerStart { length: 0 },
            (Chunk::SizeLf { value }, b'\n') => Chunk::Data(value),
            (Chunk::DataCr, b'\r') => Chunk::DataLf,
            (Chunk::DataLf, b'\n') => SIZE,
            (Chunk::TrailerStart { .. }, b'\r') => Chunk::EndLf,
            (Chunk::EndLf, b'\n') => return Some(State::Head),
            (Chunk::TrailerStart { length }, byte) if length < LINE_BYTES_MAX && is_token(byte) => {
                Chunk::TrailerName { length: length + 1 }
            }
            (Chunk::TrailerName { length }, b':') => Chunk::Trailer { length: length + 1 },
            (Chunk::TrailerName { length }, byte) if length < LINE_BYTES_MAX && is_token(byte) => {
                Chunk::TrailerName { length: length + 1 }
            }
            (Chunk::Trailer { length }, b'\r') => Chunk::TrailerLf { length },
            (Chunk::Trailer { length }, byte)
                if length < LINE_BYTES_MAX && (byte == b'\t' || !byte.is_ascii_control()) =>
            {
                Chunk::Trailer { length: length + 1 }
            }
            (Chunk::TrailerLf { length }, b'\n') => Chunk::TrailerStart { length },
            _ => return None,
        };
        Some(State::Chunked(next))
    }
}

/// The target of a refused head, if its request line holds a plain one: tells the caller's dialect.
#[must_use]
pub fn plausible_target(head: &[u8]) -> Option<&[u8]> {
    let line = head.get(..memchr(b'\n', head).unwrap_or(head.len()).min(2048))?;
    let target = line.split(|&byte| byte == b' ').nth(1)?;
    let plain = target.first() == Some(&b'/')
        && target.iter().all(u8::is_ascii_graphic)
        && !has_stray_byte(target);
    (plain && target.len() <= 1024).then_some(target)
}

struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// The next line without its CR LF, or `None` when it is not there yet.
    ///
    /// What is wrong with a line does not depend on how much of it has come: a NUL is refused as one whether
    /// the line's end is here or not, and only the first [`HEAD_BYTES_MAX`] bytes are looked at.
    fn next_line(&mut self) -> Result<Option<&'a [u8]>, GateError> {
        let bound = self.bytes.len().min(HEAD_BYTES_MAX);
        let rest = self.bytes.get(self.at..bound).unwrap_or_default();
        let end = memchr(b'\n', rest);
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if memchr(0, line).is_some() {
            return Err(GateError::Control);
        }
        let Some(end) = end else {
            let is_over = self.bytes.len() > HEAD_BYTES_MAX;
            return if is_over {
                Err(GateError::TooLarge)
            } else {
                Ok(None)
            };
        };
        let Some(line) = line.strip_suffix(b"\r") else {
            return Err(GateError::BareLineEnd);
        };
        self.at += end + 1;
        Ok(Some(line))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

fn request_line_version(line: &[u8]) -> Result<Version, GateError> {
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(if line.iter().any(|&byte| is_control(byte)) {
            GateError::Control
        } else {
            GateError::RequestLine
        });
    };
    if method.is_empty() || method.len() > 32 || !method.iter().all(|&byte| is_token(byte)) {
        return Err(GateError::RequestLine);
    }
    // The engine takes a target as text; what it would refuse is refused here, in the caller's dialect.
    if std::str::from_utf8(target).is_err() {
        return Err(GateError::RequestLine);
    }
    if target.iter().any(|&byte| is_control(byte)) {
        return Err(GateError::Control);
    }
    if target.first() != Some(&b'/') {
        return Err(GateError::Target);
    }
    if has_stray_byte(target) {
        return Err(GateError::TargetByte);
    }
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        _ => Err(GateError::Version),
    }
}

/// Whether a target holds what none may: the engine drops a fragment without a word and refuses the others,
/// a quotation mark in the query only.
fn has_stray_byte(target: &[u8]) -> bool {
    let query = memchr(b'?', target).and_then(|at| target.get(at..));
    target.iter().any(|byte| b"#<>`".contains(byte))
        || query.is_some_and(|query| memchr(b'"', query).is_some())
}

/// What a head says about its message.
#[derive(Debug, Default)]
struct HeadFacts {
    lines: usize,
    hosts: u8,
    content_length: Option<u64>,
    chunked: bool,
}

impl HeadFacts {
    fn line(&mut self, line: &[u8]) -> Result<(), GateError> {
        self.lines += 1;
        if self.lines > HEADERS_MAX {
            return Err(GateError::TooLarge);
        }
        if matches!(line.first(), Some(b' ' | b'\t')) {
            return Err(GateError::Fold);
        }
        let Some(colon) = memchr(b':', line) else {
            return Err(GateError::HeaderLine);
        };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default();
        if name.is_empty() || !name.iter().all(|&byte| is_token(byte)) {
            return Err(GateError::HeaderLine);
        }
        if value.iter().any(|&byte| byte != b'\t' && is_control(byte)) {
            return Err(GateError::Control);
        }
        self.header(name, value.trim_ascii())
    }

    fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), GateError> {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        match name.len() {
            4 if is("host") => {
                self.hosts = self.hosts.saturating_add(1);
                let plain = |&byte: &u8| byte.is_ascii_graphic() && !b"/?#@\\,".contains(&byte);
                if self.hosts > 1 || value.is_empty() || !value.iter().all(plain) {
                    return Err(GateError::Host);
                }
            }
            14 if is("content-length") => {
                if self.content_length.is_some() {
                    return Err(GateError::ContentLength);
                }
                self.content_length = Some(plain_length(value).ok_or(GateError::ContentLength)?);
            }
            17 if is("transfer-encoding") => {
                if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(GateError::TransferEncoding);
                }
                self.chunked = true;
            }
            7 if is("upgrade") => return Err(GateError::Upgrade),
            6 if is("expect") && !value.eq_ignore_ascii_case(b"100-continue") => {
                return Err(GateError::Expect);
            }
            _ => {}
        }
        Ok(())
    }

    fn framing(&self, version: Version) -> Result<State, GateError> {
        if self.hosts != 1 {
            return Err(GateError::Host);
        }
        match (self.content_length, self.chunked) {
            (Some(_), true) => Err(GateError::TwoLengths),
            (None, true) if version == Version::Http10 => Err(GateError::TransferEncoding),
            (None, true) => Ok(State::Chunked(SIZE)),
            (Some(0) | None, false) => Ok(State::Head),
            (Some(length), false) => Ok(State::Body(length)),
        }
    }
}

fn plain_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 16 || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length = value.iter().fold(0u64, |length, digit| {
        length * 10 + u64::from(digit.wrapping_sub(b'0'))
    });
    (length <= LENGTH_MAX).then_some(length)
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 || byte == 0x7f
}

/// RFC 9110 §5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(raw: &[u8]) -> Step {
        Gate::default().advance(raw)
    }

    fn refusal(raw: &[u8]) -> Option<GateError> {
        match verdict(raw) {
            Step::Refuse { error, .. } => Some(error),
            _ => None,
        }
    }

    #[test]
    fn every_ambiguous_head_is_refused_with_its_reason() {
        let cases: &[(&[u8], GateError)] = &[
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n", GateError::ContentLength),
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1, 1\r\n\r\n", GateError::ContentLength),
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\n", GateError::ContentLength),
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0x1\r\n\r\n", GateError::ContentLength),
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length:\r\n\r\n", GateError::ContentLength),
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", GateError::TwoLengths),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n", GateError::TransferEncoding),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n", GateError::TransferEncoding),
            (b"POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n", GateError::TransferEncoding),
            (b"GET / HTTP/1.1\r\n\r\n", GateError::Host),
            (b"GET / HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n", GateError::Host),
            (b"GET / HTTP/1.1\r\nhost: a/b\r\n\r\n", GateError::Host),
            (b"GET http://a/ HTTP/1.1\r\nhost: a\r\n\r\n", GateError::Target),
            (b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n", GateError::Target),
            (b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", GateError::Target),
            (b"GET /a#b HTTP/1.1\r\nhost: a\r\n\r\n", GateError::TargetByte),
            (b"GET /a?b=\"c\" HTTP/1.1\r\nhost: a\r\n\r\n", GateError::TargetByte),
            (b"GET /<a> HTTP/1.1\r\nhost: a\r\n\r\n", GateError::TargetByte),
            (b"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n", GateError::Fold),
            (b"GET / HTTP/1.1\nhost: a\r\n\r\n", GateError::BareLineEnd),
            (b"GET / HTTP/1.1\r\nhost: a\n\r\n", GateError::BareLineEnd),
            (b"GET / HTTP/1.1\r\nhost: a\r\nx: 1\r2\r\n\r\n", GateError::Control),
            (b"GET / HTTP/1.1\r\nhost: a\r\nx: \0\r\n\r\n", GateError::Control),
            (b"GET /\x01 HTTP/1.1\r\nhost: a\r\n\r\n", GateError::Control),
            (b"GET / HTTP/1.1\r\nhost : a\r\n\r\n", GateError::HeaderLine),
            (b"GET / HTTP/1.1\r\nhost: a\r\n: x\r\n\r\n", GateError::HeaderLine),
            (b"GET / HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n", GateError::HeaderLine),
            (b"GET / HTTP/1.1\r\nhost: a\r\nupgrade: h2c\r\n\r\n", GateError::Upgrade),
            (b"GET  / HTTP/1.1\r\nhost: a\r\n\r\n", GateError::RequestLine),
            (b"GET / HTTP/2.0\r\nhost: a\r\n\r\n", GateError::Version),
            (b"GET /\xff HTTP/1.1\r\nhost: a\r\n\r\n", GateError::RequestLine),
            (b"GET /\r\nhost: a\r\n\r\n", GateError::RequestLine),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\r\n", GateError::Chunk),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\nx\r\n", GateError::Chunk),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxx\r\n", GateError::Chunk),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n 1\r\nx\r\n", GateError::Chunk),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n", GateError::Chunk),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx : 1\r\n\r\n", GateError::Chunk),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx\r\n\r\n", GateError::Chunk),
            (b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n", GateError::Chunk),
        ];
        for (raw, error) in cases {
            assert_eq!(refusal(raw), Some(*error), "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn plain_requests_pass_whole_and_pipelined() {
        let one =
            b"POST /v1/x?y=z HTTP/1.1\r\nHost: a:8080\r\nContent-Length: 3\r\nX-A:\tb \r\n\r\nabc";
        let two = b"POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nx-t: 1\r\n\r\n";
        let mut pipelined = one.to_vec();
        pipelined.extend_from_slice(two);
        pipelined.extend_from_slice(b"\r\n");
        pipelined.extend_from_slice(one);
        assert_eq!(verdict(&pipelined), Step::Pass);
    }

    #[test]
    fn a_request_fed_byte_by_byte_is_held_until_its_head_is_whole() {
        let raw = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let head = raw.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let mut gate = Gate::default();
        for end in 1..head {
            assert_eq!(
                gate.advance(&raw[..end]),
                Step::Hold { released: 0 },
                "{end}"
            );
        }
        assert_eq!(gate.advance(&raw[..head]), Step::Pass);
        for byte in &raw[head..] {
            assert_eq!(gate.advance(std::slice::from_ref(byte)), Step::Pass);
        }
        assert!(gate.is_between_messages());
    }

    #[test]
    fn a_nul_is_told_by_name_wherever_the_head_is_cut() {
        let raw = b"\0 / HTTP/1.1\n";
        for end in 1..=raw.len() {
            assert_eq!(refusal(&raw[..end]), Some(GateError::Control), "{end}");
        }
    }

    #[test]
    fn heads_over_the_bound_are_refused_not_held() {
        let mut raw = b"GET / HTTP/1.1\r\nhost: a\r\nx: ".to_vec();
        raw.resize(HEAD_BYTES_MAX + 1, b'a');
        assert_eq!(refusal(&raw), Some(GateError::TooLarge));
        let mut raw = b"GET / HTTP/1.1\r\nhost: a\r\n".to_vec();
        for _ in 0..HEADERS_MAX {
            raw.extend_from_slice(b"a: b\r\n");
        }
        assert_eq!(refusal(&raw), Some(GateError::TooLarge));
    }
}
