//! Reads one HTTP/1.1 request off a connection, whole.
//!
//! Bodies by length or chunked, `Expect: 100-continue`; anything else that is wrong is [`ReadError::Malformed`].

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::http1::Wire;
use super::request::{Request, header};

/// Reads one request; `None` when the client closed between two.
pub(super) async fn read<W: Wire>(
    wire: &mut W,
    unread: &mut BytesMut,
) -> Result<Option<Request>, ReadError> {
    let mut request = loop {
        if let Some(request) = parse_head(unread)? {
            break request;
        }
        if unread.len() > HEAD_BYTES_MAX {
            return Err(ReadError::Malformed);
        }
        unread.reserve(READ_BYTES);
        if wire.read_buf(unread).await? == 0 {
            return if unread.is_empty() {
                Ok(None)
            } else {
                Err(ReadError::Malformed)
            };
        }
    };
    let length = match request.header("content-length") {
        None => 0,
        Some(value) => std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse::<usize>().ok())
            .filter(|length| *length <= BODY_BYTES_MAX)
            .ok_or(ReadError::Malformed)?,
    };
    let waits = request
        .header("expect")
        .is_some_and(|v| v.eq_ignore_ascii_case(b"100-continue"));
    if waits && unread.is_empty() && (request.chunked || length > 0) {
        wire.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    request.body = if request.chunked {
        read_chunked(wire, unread).await?
    } else {
        read_exact(wire, unread, length).await?
    };
    Ok(Some(request))
}

/// Why no request could be read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// It is no request that we know how to read.
    Malformed,
    /// The connection broke.
    // Never looked at: the connection is over either way.
    Io(#[expect(dead_code, reason = "shown by Debug")] io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Takes a head out of `unread` when it is there whole.
fn parse_head(unread: &mut BytesMut) -> Result<Option<Request>, ReadError> {
    let mut slots = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut slots);
    let status = parsed.parse(unread).map_err(|_| ReadError::Malformed)?;
    let httparse::Status::Complete(head_bytes) = status else {
        return Ok(None);
    };
    let start = unread.as_ptr() as usize;
    let place = |part: &[u8]| {
        let from = part.as_ptr() as usize - start;
        from..from + part.len()
    };
    let places: Vec<_> = parsed
        .headers
        .iter()
        .map(|h| (place(h.name.as_bytes()), place(h.value)))
        .collect();
    let method = parsed.method.unwrap_or_default().to_owned();
    let target = parsed.path.unwrap_or_default().to_owned();
    let http10 = parsed.version == Some(0);
    let head = unread.split_to(head_bytes).freeze();
    let headers: Vec<_> = places
        .into_iter()
        .map(|(name, value)| (head.slice(name), head.slice(value)))
        .collect();
    let says = |name: &str, token: &[u8]| {
        header(&headers, name).is_some_and(|value| value.eq_ignore_ascii_case(token))
    };
    let chunked = says("transfer-encoding", b"chunked");
    let close = http10 || says("connection", b"close");
    let body = Bytes::new();
    Ok(Some(Request {
        head,
        method,
        target,
        headers,
        body,
        chunked,
        close,
    }))
}

/// Reads a body of known length.
async fn read_exact<W: Wire>(
    wire: &mut W,
    unread: &mut BytesMut,
    length: usize,
) -> Result<Bytes, ReadError> {
    if unread.len() < length {
        unread.reserve(length - unread.len());
    }
    while unread.len() < length {
        if wire.read_buf(unread).await? == 0 {
            return Err(ReadError::Malformed);
        }
    }
    Ok(unread.split_to(length).freeze())
}

/// Reads a chunked body and its (ignored) trailers.
async fn read_chunked<W: Wire>(wire: &mut W, unread: &mut BytesMut) -> Result<Bytes, ReadError> {
    let mut body = BytesMut::new();
    loop {
        let line = read_line(wire, unread).await?;
        let digits = line.split(|b| *b == b';').next().unwrap_or_default();
        let size = std::str::from_utf8(digits)
            .ok()
            .and_then(|text| usize::from_str_radix(text.trim(), 16).ok())
            .filter(|size| body.len().saturating_add(*size) <= BODY_BYTES_MAX)
            .ok_or(ReadError::Malformed)?;
        if size == 0 {
            while !read_line(wire, unread).await?.is_empty() {}
            return Ok(body.freeze());
        }
        body.extend_from_slice(&read_exact(wire, unread, size).await?);
        if !read_line(wire, unread).await?.is_empty() {
            return Err(ReadError::Malformed);
        }
    }
}

/// Reads a line that ends with CRLF, and gives it without.
async fn read_line<W: Wire>(wire: &mut W, unread: &mut BytesMut) -> Result<Bytes, ReadError> {
    loop {
        if let Some(end) = memchr::memchr(b'\n', unread) {
            let mut line = unread.split_to(end);
            unread.advance(1);
            if line.last() != Some(&b'\r') {
                return Err(ReadError::Malformed);
            }
            line.truncate(line.len() - 1);
            return Ok(line.freeze());
        }
        if unread.len() > HEAD_BYTES_MAX {
            return Err(ReadError::Malformed);
        }
        unread.reserve(READ_BYTES);
        if wire.read_buf(unread).await? == 0 {
            return Err(ReadError::Malformed);
        }
    }
}

/// Read at once.
const READ_BYTES: usize = 16 * 1024;

/// Longest head, and longest chunk-size line.
const HEAD_BYTES_MAX: usize = 256 * 1024;

/// Most headers in a head.
const HEADERS_MAX: usize = 128;

/// Largest request body: four times what Quotah lets through.
const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;
