//! A reader of HTTP/1 requests that takes nothing but the plainest form, and panics at anything else.

/// Header lines that `httparse` is given room for: more than the gate lets through.
const HEADERS_MAX: usize = 128;

/// Reads the messages that `bytes` begins with; the last one's body may be cut. Whether it is not.
pub(crate) fn read(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        while let Some(after) = rest.strip_prefix(b"\r\n") {
            rest = after;
        }
        if rest.is_empty() {
            return true;
        }
        let head_bytes =
            find(rest, b"\r\n\r\n").expect("a head was let through before its end") + 4;
        let (head, body) = rest.split_at(head_bytes);
        let after = match framing(head) {
            Framing::Length(length) => body.get(usize::try_from(length).unwrap_or(usize::MAX)..),
            Framing::Chunked => after_chunks(body),
        };
        // A length of nothing is no body, and so is one that is all here.
        let Some(after) = after else { return false };
        rest = after;
    }
}

enum Framing {
    Length(u64),
    Chunked,
}

fn framing(head: &[u8]) -> Framing {
    let lines: Vec<_> = head[..head.len() - 4]
        .split(|&byte| byte == b'\n')
        .collect();
    for (number, line) in lines.iter().enumerate() {
        let is_last = number + 1 == lines.len();
        let line = if is_last {
            line
        } else {
            line.strip_suffix(b"\r").expect("a bare LF")
        };
        let is_plain = |byte: &u8| *byte == b'\t' && number > 0 || *byte >= 0x20 && *byte != 0x7f;
        assert!(
            line.iter().all(is_plain),
            "control character: {}",
            line.escape_ascii()
        );
        assert!(
            !line.starts_with(b" ") && !line.starts_with(b"\t"),
            "folded line"
        );
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(head);
    assert_eq!(
        parsed,
        Ok(httparse::Status::Complete(head.len())),
        "{}",
        head.escape_ascii()
    );
    let target = request.path.expect("a whole head has a target");
    assert!(target.starts_with('/'), "target");
    // What the engine makes of it is what goes up: a fragment would be dropped without a word.
    let read = http::uri::PathAndQuery::try_from(target);
    assert_eq!(read.expect("a target that the engine takes"), *target);
    assert_eq!(
        request.headers.len(),
        lines.len() - 1,
        "lines that are no headers"
    );
    let all = |name: &str| -> Vec<_> {
        let headers = request.headers.iter();
        headers
            .filter(|header| header.name.eq_ignore_ascii_case(name))
            .map(|h| h.value)
            .collect()
    };
    assert_eq!(all("host").len(), 1, "host");
    assert!(all("upgrade").is_empty(), "upgrade");
    match (&all("content-length")[..], &all("transfer-encoding")[..]) {
        ([], []) => Framing::Length(0),
        ([length], []) => {
            assert!(length.iter().all(u8::is_ascii_digit), "content-length");
            let length = std::str::from_utf8(length)
                .ok()
                .and_then(|length| length.parse().ok());
            Framing::Length(length.expect("a content-length that fits"))
        }
        ([], [coding]) => {
            assert_eq!(request.version, Some(1), "chunked in HTTP/1.0");
            assert!(coding.eq_ignore_ascii_case(b"chunked"), "transfer-encoding");
            Framing::Chunked
        }
        (lengths, codings) => panic!("{} lengths, {} codings", lengths.len(), codings.len()),
    }
}

/// What follows a chunked body, if it ends in these bytes.
fn after_chunks(mut body: &[u8]) -> Option<&[u8]> {
    loop {
        let (line, after) = line(body)?;
        let digits = line
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        let (size, extension) = line.split_at(digits);
        assert!(extension.is_empty() || extension[0] == b';', "chunk size");
        assert!(
            extension
                .iter()
                .all(|&byte| byte == b'\t' || !byte.is_ascii_control())
        );
        let size = std::str::from_utf8(size).expect("digits are ASCII");
        let size = u64::from_str_radix(size, 16).expect("a chunk size that fits");
        if size == 0 {
            return after_trailers(after);
        }
        let size = usize::try_from(size).expect("a chunk size that fits");
        let after = after.get(size..)?;
        match after {
            [] | [b'\r'] => return None,
            [b'\r', b'\n', after @ ..] => body = after,
            _ => panic!("no line end behind a chunk"),
        }
    }
}

fn after_trailers(mut body: &[u8]) -> Option<&[u8]> {
    let from = body;
    loop {
        let (line, after) = line(body)?;
        body = after;
        if line.is_empty() {
            break;
        }
    }
    let section = &from[..from.len() - body.len()];
    // The gate bounds bytes, not lines: room for the most that fit.
    let mut headers = vec![httparse::EMPTY_HEADER; section.len()];
    if section.len() > 2 {
        let parsed = httparse::parse_headers(section, &mut headers);
        let is_whole =
            matches!(parsed, Ok(httparse::Status::Complete((len, _))) if len == section.len());
        assert!(is_whole, "trailers: {}", section.escape_ascii());
    }
    Some(body)
}

/// A line without its CR LF, and what follows; nothing if its end is not here. It holds no other LF.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    let line = bytes[..end].strip_suffix(b"\r").expect("a bare LF");
    assert!(!line.contains(&b'\r'), "a bare CR");
    Some((line, &bytes[end + 1..]))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}
