//! Requests that two parties may read differently, or that are no requests at all.
//!
//! Every row is the whole of what a client sends first; what a second party might take for a further
//! request follows as [`SMUGGLED`] and must never arrive anywhere.

/// What is wrong, and the bytes that are.
type Row = (&'static str, &'static [u8]);

/// What an attacker hopes that somebody reads as a request of its own.
const SMUGGLED: &str =
    "GET /v1/models/smuggled HTTP/1.1\r\nHost: quotah.test\r\nAuthorization: Bearer x\r\n\r\n";

/// A request line that would be served.
const LINE: &str = "POST /v1/chat/completions HTTP/1.1";
/// A body that would be served, 37 bytes.
pub(super) const BODY: &str = r#"{"model":"gpt-4o-mini","messages":[]}"#;

/// One row.
pub(super) struct Case {
    /// What is wrong with it.
    pub(super) why: String,
    /// What is sent.
    pub(super) raw: Vec<u8>,
    /// Answers that say so.
    pub(super) statuses: &'static [u16],
}

const BAD: &[u16] = &[400];
const BAD_VERSION: &[u16] = &[400, 505];
const TOO_LARGE: &[u16] = &[431];
const BAD_TARGET_LENGTH: &[u16] = &[414, 431];

/// All of them.
pub(super) fn corpus() -> Vec<Case> {
    let bad = |rows: &[Row], build: fn(&[u8]) -> Vec<u8>| -> Vec<Case> {
        rows.iter()
            .map(|(why, bytes)| case(why, build(bytes), BAD))
            .collect()
    };
    let mut cases = bad(REQUEST_LINES, with_line);
    cases.extend(
        VERSIONS
            .iter()
            .map(|(why, line)| case(why, with_line(line), BAD_VERSION)),
    );
    cases.extend(
        LINE_ENDS
            .iter()
            .map(|(why, spoil)| case(why, spoil.apply(), BAD)),
    );
    cases.extend(bad(HEADER_LINES, with_lines));
    cases.extend(bad(HOSTS, with_host));
    cases.extend(bad(LENGTHS, |lines| with_framing(lines, BODY.as_bytes())));
    cases.extend(bad(CODINGS, with_coding));
    cases.extend(codings_in_lines());
    cases.extend(CHUNKED.iter().map(|(why, body)| chunked(why, body)));
    cases.extend(too_large());
    cases
}

fn case(why: &str, raw: impl Into<Vec<u8>>, statuses: &'static [u16]) -> Case {
    let mut raw = raw.into();
    raw.extend_from_slice(SMUGGLED.as_bytes());
    Case {
        why: why.to_owned(),
        raw,
        statuses,
    }
}

/// A request with this request line.
fn with_line(line: &[u8]) -> Vec<u8> {
    let rest = format!(
        "\r\nHost: quotah.test\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    [line, rest.as_bytes()].concat()
}

/// A good head with these raw header lines put before the others.
fn with_lines(lines: &[u8]) -> Vec<u8> {
    with_host(&[lines, b"Host: quotah.test\r\n"].concat())
}

/// A good head but for these raw lines in place of its host.
fn with_host(lines: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}\r\n\r\n{BODY}", BODY.len());
    [LINE.as_bytes(), b"\r\n", lines, length.as_bytes()].concat()
}

/// A request whose framing is these raw header lines, with a body behind it.
fn with_framing(lines: &[u8], body: &[u8]) -> Vec<u8> {
    let head = format!("{LINE}\r\nHost: quotah.test\r\n");
    [head.as_bytes(), lines, b"\r\n", body].concat()
}

/// A well-framed chunked body under this value of `transfer-encoding`.
fn with_coding(coding: &[u8]) -> Vec<u8> {
    let line = [b"Transfer-Encoding: ", coding, b"\r\n"].concat();
    with_framing(&line, well_chunked().as_bytes())
}

fn well_chunked() -> String {
    format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len())
}

fn codings_in_lines() -> Vec<Case> {
    let of = |first: &str, second: &str| {
        let lines = format!("Transfer-Encoding: {first}\r\nTransfer-Encoding: {second}\r\n");
        let raw = with_framing(lines.as_bytes(), well_chunked().as_bytes());
        case(&format!("{first} and {second} in two lines"), raw, BAD)
    };
    let old = String::from_utf8(with_coding(b"chunked")).unwrap();
    vec![
        of("chunked", "chunked"),
        of("gzip", "chunked"),
        of("chunked", "identity"),
        case(
            "chunked in HTTP/1.0",
            old.replacen("HTTP/1.1", "HTTP/1.0", 1),
            BAD,
        ),
    ]
}

/// A template's body: `SIZE` and `BODY` are the good ones.
fn chunked(why: &str, template: &str) -> Case {
    let body = template
        .replace("SIZE", &format!("{:x}", BODY.len()))
        .replace("BODY", BODY)
        .replace("SHORT", BODY.split_at(1).1)
        .replace("ENDLESS", &"a".repeat(70_000))
        .replace("TRAILERS", &"X-A: 1\r\n".repeat(10_000));
    let raw = with_framing(b"Transfer-Encoding: chunked\r\n", body.as_bytes());
    case(&format!("chunked: {why}"), raw, BAD)
}

/// What is done to a good request.
enum Spoil {
    /// The second text in place of the first, once.
    Instead(&'static str, &'static str),
    /// The same wherever the first stands.
    Everywhere(&'static str, &'static str),
    /// This before the request line.
    Before(&'static str),
}

impl Spoil {
    fn apply(&self) -> String {
        let good = String::from_utf8(with_line(LINE.as_bytes())).unwrap();
        match self {
            Self::Instead(from, to) => good.replacen(from, to, 1),
            Self::Everywhere(from, to) => good.replace(from, to),
            Self::Before(text) => format!("{text}{good}"),
        }
    }
}

fn too_large() -> Vec<Case> {
    let many = |count: usize| -> Vec<u8> {
        (0..count)
            .flat_map(|n| format!("X-{n}: 1\r\n").into_bytes())
            .collect()
    };
    let wide = |bytes: usize| format!("X-A: {}\r\n", "a".repeat(bytes)).into_bytes();
    let target = format!("POST /v1/chat/completions?{} HTTP/1.1", "a".repeat(70_000));
    vec![
        case("200 header lines", with_lines(&many(200)), TOO_LARGE),
        case(
            "a header line of 70 kB",
            with_lines(&wide(70_000)),
            TOO_LARGE,
        ),
        case(
            "a header line of 1 MB",
            with_lines(&wide(1_000_000)),
            TOO_LARGE,
        ),
        case(
            "50 header lines of 2 kB",
            with_lines(&wide(2_000).repeat(50)),
            TOO_LARGE,
        ),
        case(
            "a target of 70 kB",
            with_line(target.as_bytes()),
            BAD_TARGET_LENGTH,
        ),
        case(
            "a name of 70 kB",
            with_lines(format!("{}: 1\r\n", "x".repeat(70_000)).as_bytes()),
            TOO_LARGE,
        ),
    ]
}

/// Odd requests that mean one thing only. `SIZE` and `LENGTH` are the body's, in hexadecimal and decimal.
pub(super) fn valid() -> Vec<(&'static str, String)> {
    let fill = |template: &str| {
        template
            .replace("SIZE", &format!("{:x}", BODY.len()))
            .replace("LENGTH", &BODY.len().to_string())
            .replace("BODY", BODY)
            .replace("LINES", &"X-A: 1\r\n".repeat(90))
            .replace("LONG", &"a".repeat(50_000))
    };
    VALID
        .iter()
        .map(|(why, template)| (*why, fill(template)))
        .collect()
}

#[rustfmt::skip]
const VALID: &[(&str, &str)] = &[
    ("chunk extensions", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nSIZE;a=b;c=\"d\"\r\nBODY\r\n0;e\r\n\r\n"),
    ("CHUNKED in capitals", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING: CHUNKED\r\n\r\nSIZE\r\nBODY\r\n0\r\n\r\n"),
    ("leading zeros", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n000SIZE\r\nBODY\r\n00\r\n\r\n"),
    ("trailers", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\nSIZE\r\nBODY\r\n0\r\nX-T: 1\r\n\r\n"),
    ("HTTP/1.0 with a length", "POST /v1/chat/completions HTTP/1.0\r\nHost: a\r\nContent-Length: LENGTH\r\n\r\nBODY"),
    ("empty lines before the request line", "\r\n\r\nPOST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\n\r\nBODY"),
    ("tabs and spaces around values", "POST /v1/chat/completions HTTP/1.1\r\nHost:a\r\nContent-Length:\t LENGTH \t\r\nX-A:\r\n\r\nBODY"),
    ("a host with a port", "POST /v1/chat/completions HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: LENGTH\r\n\r\nBODY"),
    ("other than ASCII in a value", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-A: \u{e4}\u{20ac}\r\nContent-Length: LENGTH\r\n\r\nBODY"),
    ("90 header lines more", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nLINESContent-Length: LENGTH\r\n\r\nBODY"),
    ("a head of 50 kB", "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-A: LONG\r\nContent-Length: LENGTH\r\n\r\nBODY"),
    ("everything that may stand in a query", "POST /v1/chat/completions?a=b&c=/?:@!$'()*+,;=-._~%20 HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\n\r\nBODY"),
];

#[rustfmt::skip]
const REQUEST_LINES: &[Row] = &[
    ("two spaces before the target", b"POST  /v1/chat/completions HTTP/1.1"),
    ("two spaces before the version", b"POST /v1/chat/completions  HTTP/1.1"),
    ("a tab for a space", b"POST\t/v1/chat/completions HTTP/1.1"),
    ("a tab before the version", b"POST /v1/chat/completions\tHTTP/1.1"),
    ("a leading space", b" POST /v1/chat/completions HTTP/1.1"),
    ("a trailing space", b"POST /v1/chat/completions HTTP/1.1 "),
    ("a trailing tab", b"POST /v1/chat/completions HTTP/1.1\t"),
    ("no version", b"POST /v1/chat/completions"),
    ("no target", b"POST HTTP/1.1"),
    ("no method", b" /v1/chat/completions HTTP/1.1"),
    ("a method alone", b"POST"),
    ("four parts", b"POST /v1/chat/completions x HTTP/1.1"),
    ("a parenthesis in the method", b"PO(ST /v1/chat/completions HTTP/1.1"),
    ("a colon in the method", b"POST: /v1/chat/completions HTTP/1.1"),
    ("a non-ASCII method", b"P\xd6ST /v1/chat/completions HTTP/1.1"),
    ("NUL in the method", b"PO\0ST /v1/chat/completions HTTP/1.1"),
    ("an endless method", b"POSTPOSTPOSTPOSTPOSTPOSTPOSTPOSTPOST /v1/chat/completions HTTP/1.1"),
    ("absolute form", b"POST http://quotah.test/v1/chat/completions HTTP/1.1"),
    ("absolute form with another host", b"POST http://other.test/v1/chat/completions HTTP/1.1"),
    ("absolute form with TLS", b"POST https://quotah.test/v1/chat/completions HTTP/1.1"),
    ("absolute form, capitals", b"POST HTTP://quotah.test/v1/chat/completions HTTP/1.1"),
    ("authority form", b"CONNECT quotah.test:443 HTTP/1.1"),
    ("authority form with POST", b"POST quotah.test:443 HTTP/1.1"),
    ("asterisk form", b"OPTIONS * HTTP/1.1"),
    ("asterisk form with POST", b"POST * HTTP/1.1"),
    ("a relative target", b"POST v1/chat/completions HTTP/1.1"),
    ("a target that is a query", b"POST ?a=b HTTP/1.1"),
    ("a fragment", b"POST /v1/chat/completions#/v1/models HTTP/1.1"),
    ("NUL in the target", b"POST /v1/chat/completions\0 HTTP/1.1"),
    ("SOH in the target", b"POST /v1/chat\x01/completions HTTP/1.1"),
    ("a tab in the target", b"POST /v1/chat\t/completions HTTP/1.1"),
    ("DEL in the target", b"POST /v1/chat/completions\x7f HTTP/1.1"),
    ("CR in the target", b"POST /v1/chat\r/completions HTTP/1.1"),
    ("vertical tab in the target", b"POST /v1/chat\x0b/completions HTTP/1.1"),
    ("angle brackets in the target", b"POST /v1/<chat>/completions HTTP/1.1"),
    ("a backtick in the target", b"POST /v1/`chat`/completions HTTP/1.1"),
];

#[rustfmt::skip]
const VERSIONS: &[Row] = &[
    ("HTTP/2.0", b"POST /v1/chat/completions HTTP/2.0"),
    ("HTTP/3", b"POST /v1/chat/completions HTTP/3"),
    ("HTTP/0.9", b"GET /v1/models HTTP/0.9"),
    ("HTTP/1.2", b"POST /v1/chat/completions HTTP/1.2"),
    ("HTTP/1.10", b"POST /v1/chat/completions HTTP/1.10"),
    ("HTTP/1", b"POST /v1/chat/completions HTTP/1"),
    ("HTTP/1.", b"POST /v1/chat/completions HTTP/1."),
    ("HTTP/01.1", b"POST /v1/chat/completions HTTP/01.1"),
    ("HTTP/1,1", b"POST /v1/chat/completions HTTP/1,1"),
    ("lower-case http", b"POST /v1/chat/completions http/1.1"),
    ("another protocol", b"POST /v1/chat/completions RTSP/1.1"),
    ("letters behind the version", b"POST /v1/chat/completions HTTP/1.1x"),
];

#[rustfmt::skip]
const LINE_ENDS: &[(&str, Spoil)] = &[
    ("LF alone behind the request line", Spoil::Instead("HTTP/1.1\r\n", "HTTP/1.1\n")),
    ("CR alone behind the request line", Spoil::Instead("HTTP/1.1\r\n", "HTTP/1.1\r")),
    ("CR CR LF behind the request line", Spoil::Instead("HTTP/1.1\r\n", "HTTP/1.1\r\r\n")),
    ("LF CR behind the request line", Spoil::Instead("HTTP/1.1\r\n", "HTTP/1.1\n\r")),
    ("LF alone behind a header", Spoil::Instead("quotah.test\r\n", "quotah.test\n")),
    ("CR alone behind a header", Spoil::Instead("quotah.test\r\n", "quotah.test\r")),
    ("CR CR LF behind a header", Spoil::Instead("quotah.test\r\n", "quotah.test\r\r\n")),
    ("LF alone for the blank line", Spoil::Instead("\r\n\r\n", "\r\n\n")),
    ("LF LF for the blank line", Spoil::Instead("\r\n\r\n", "\n\n")),
    ("LF everywhere", Spoil::Everywhere("\r\n", "\n")),
    ("CR inside a value", Spoil::Instead("Host", "X-A: b\rc\r\nHost")),
    ("CR inside a value, like a header", Spoil::Instead("Host", "X-A: b\rContent-Length: 0\r\nHost")),
    ("LF inside a value, like a header", Spoil::Instead("Host", "X-A: b\nContent-Length: 0\r\nHost")),
    ("CR before a name", Spoil::Instead("Host", "\rHost")),
    ("LF before the request line", Spoil::Before("\n")),
    ("CR before the request line", Spoil::Before("\r")),
    ("CR CR LF before the request line", Spoil::Before("\r\r\n")),
    ("a space and CR LF before the request line", Spoil::Before(" \r\n")),
    ("many empty lines before the request line", Spoil::Before("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n")),
    ("NUL before the request line", Spoil::Before("\0")),
];

#[rustfmt::skip]
const HEADER_LINES: &[Row] = &[
    ("a folded line", b"X-A: 1\r\n 2\r\n"),
    ("a line folded by a tab", b"X-A: 1\r\n\t2\r\n"),
    ("a folded empty line", b"X-A: 1\r\n \r\n"),
    ("a fold right behind the request line", b" X-A: 1\r\n"),
    ("a folded content-length", b"Content-Length:\r\n 0\r\n"),
    ("a folded transfer-encoding", b"Transfer-Encoding:\r\n chunked\r\n"),
    ("a space before the colon", b"X-A : 1\r\n"),
    ("a tab before the colon", b"X-A\t: 1\r\n"),
    ("a space before content-length's colon", b"Content-Length : 0\r\n"),
    ("a space before transfer-encoding's colon", b"Transfer-Encoding : chunked\r\n"),
    ("a tab before transfer-encoding's colon", b"Transfer-Encoding\t: chunked\r\n"),
    ("a space before host's colon", b"Host : other.test\r\n"),
    ("no name", b": 1\r\n"),
    ("no colon", b"X-A\r\n"),
    ("a space in a name", b"X A: 1\r\n"),
    ("a space in transfer-encoding", b"Transfer Encoding: chunked\r\n"),
    ("NUL in a name", b"X\0A: 1\r\n"),
    ("SOH in a name", b"X\x01A: 1\r\n"),
    ("DEL in a name", b"X\x7fA: 1\r\n"),
    ("a vertical tab in a name", b"Transfer-Encoding\x0b: chunked\r\n"),
    ("a non-ASCII name", b"X-\xc3\xa4: 1\r\n"),
    ("a no-break space before the colon", b"Transfer-Encoding\xa0: chunked\r\n"),
    ("parentheses in a name", b"X(A): 1\r\n"),
    ("a slash in a name", b"X/A: 1\r\n"),
    ("an at sign in a name", b"X@A: 1\r\n"),
    ("a quote in a name", b"\"X\": 1\r\n"),
    ("a comma in a name", b"X,A: 1\r\n"),
    ("a semicolon in a name", b"X;A: 1\r\n"),
    ("NUL in a value", b"X-A: 1\x002\r\n"),
    ("SOH in a value", b"X-A: 1\x012\r\n"),
    ("a backspace in a value", b"X-A: 1\x082\r\n"),
    ("a vertical tab in a value", b"X-A: 1\x0b2\r\n"),
    ("a form feed in a value", b"X-A: 1\x0c2\r\n"),
    ("ESC in a value", b"X-A: 1\x1b2\r\n"),
    ("DEL in a value", b"X-A: 1\x7f2\r\n"),
    ("an upgrade to WebSocket", b"Connection: upgrade\r\nUpgrade: websocket\r\n"),
    ("an upgrade to h2c", b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\n"),
    ("an upgrade to TLS", b"Connection: upgrade\r\nUpgrade: TLS/1.0\r\n"),
    ("an upgrade without connection", b"Upgrade: websocket\r\n"),
    ("an expectation that nobody knows", b"Expect: 200-maybe\r\n"),
    ("a listed expectation", b"Expect: 100-continue, x\r\n"),
];

#[rustfmt::skip]
const HOSTS: &[Row] = &[
    ("no host", b""),
    ("two hosts alike", b"Host: quotah.test\r\nHost: quotah.test\r\n"),
    ("two hosts that differ", b"Host: quotah.test\r\nhost: other.test\r\n"),
    ("an empty host", b"Host:\r\n"),
    ("a blank host", b"Host: \t \r\n"),
    ("a listed host", b"Host: quotah.test, other.test\r\n"),
    ("a host with a space", b"Host: quotah.test other.test\r\n"),
    ("a host with a tab", b"Host: quotah.test\tother.test\r\n"),
    ("a host with a path", b"Host: quotah.test/v1\r\n"),
    ("a host with a scheme", b"Host: http://quotah.test\r\n"),
    ("a host with a user", b"Host: user@quotah.test\r\n"),
    ("a host with a query", b"Host: quotah.test?a\r\n"),
    ("a host with a fragment", b"Host: quotah.test#a\r\n"),
    ("a host with a backslash", b"Host: quotah.test\\@other.test\r\n"),
    ("a host with NUL", b"Host: quotah.test\0.other.test\r\n"),
    ("a host that is not ASCII", b"Host: qu\xc3\xb6tah.test\r\n"),
];

#[rustfmt::skip]
const LENGTHS: &[Row] = &[
    ("two lengths alike", b"Content-Length: 37\r\nContent-Length: 37\r\n"),
    ("two lengths that differ", b"Content-Length: 37\r\nContent-Length: 0\r\n"),
    ("two lengths, other capitals", b"Content-Length: 37\r\ncONTENT-lENGTH: 37\r\n"),
    ("two lengths apart", b"Content-Length: 37\r\nX-A: 1\r\nContent-Length: 1\r\n"),
    ("a listed length, alike", b"Content-Length: 37, 37\r\n"),
    ("a listed length that differs", b"Content-Length: 37, 0\r\n"),
    ("a trailing comma", b"Content-Length: 37,\r\n"),
    ("a leading comma", b"Content-Length: ,37\r\n"),
    ("a negative length", b"Content-Length: -37\r\n"),
    ("minus zero", b"Content-Length: -0\r\n"),
    ("a plus sign", b"Content-Length: +37\r\n"),
    ("a hexadecimal length", b"Content-Length: 0x25\r\n"),
    ("hexadecimal digits", b"Content-Length: 2f\r\n"),
    ("a length with a point", b"Content-Length: 37.0\r\n"),
    ("an exponent", b"Content-Length: 3e1\r\n"),
    ("no length", b"Content-Length:\r\n"),
    ("a blank length", b"Content-Length: \r\n"),
    ("digits with a space", b"Content-Length: 3 7\r\n"),
    ("digits with a tab", b"Content-Length: 3\t7\r\n"),
    ("digits with an underscore", b"Content-Length: 3_7\r\n"),
    ("digits with a semicolon", b"Content-Length: 37;a\r\n"),
    ("a quoted length", b"Content-Length: \"37\"\r\n"),
    ("a word", b"Content-Length: many\r\n"),
    ("full-width digits", b"Content-Length: \xef\xbc\x93\xef\xbc\x97\r\n"),
    ("a no-break space", b"Content-Length: 37\xa0\r\n"),
    ("2^64 + 37", b"Content-Length: 18446744073709551653\r\n"),
    ("2^63", b"Content-Length: 9223372036854775808\r\n"),
    ("2^32 · 2^32 · 37", b"Content-Length: 682523530725753913344\r\n"),
    ("length beside chunked", b"Content-Length: 37\r\nTransfer-Encoding: chunked\r\n"),
    ("chunked beside length", b"Transfer-Encoding: chunked\r\nContent-Length: 37\r\n"),
    ("length zero beside chunked", b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
    ("length beside identity", b"Content-Length: 37\r\nTransfer-Encoding: identity\r\n"),
    ("length beside an unknown coding", b"Content-Length: 37\r\nTransfer-Encoding: xchunked\r\n"),
];

#[rustfmt::skip]
const CODINGS: &[Row] = &[
    ("identity", b"identity"),
    ("gzip", b"gzip"),
    ("gzip, chunked", b"gzip, chunked"),
    ("chunked, gzip", b"chunked, gzip"),
    ("chunked twice in a list", b"chunked, chunked"),
    ("chunked with a trailing comma", b"chunked,"),
    ("chunked with a leading comma", b", chunked"),
    ("chunked with a parameter", b"chunked;q=1"),
    ("chunked in quotes", b"\"chunked\""),
    ("xchunked", b"xchunked"),
    ("chunkedx", b"chunkedx"),
    ("chunked with a space inside", b"chunk ed"),
    ("chunked and a word", b"chunked x"),
    ("chunked and identity", b"chunked, identity"),
    ("identity and chunked", b"identity, chunked"),
    ("chunked and a vertical tab", b"chunked\x0b"),
    ("chunked and a no-break space", b"chunked\xa0"),
    ("chunked and NUL", b"chunked\0"),
    ("an empty coding", b""),
    ("a cow", b"cow"),
];

#[rustfmt::skip]
const CHUNKED: &[(&str, &str)] = &[
    ("an empty size line", "\r\n"),
    ("an empty size line between chunks", "SIZE\r\nBODY\r\n\r\n0\r\n\r\n"),
    ("a space before the size", " SIZE\r\nBODY\r\n0\r\n\r\n"),
    ("a space behind the size", "SIZE \r\nBODY\r\n0\r\n\r\n"),
    ("a tab behind the size", "SIZE\t\r\nBODY\r\n0\r\n\r\n"),
    ("0x before the size", "0xSIZE\r\nBODY\r\n0\r\n\r\n"),
    ("a plus sign before the size", "+SIZE\r\nBODY\r\n0\r\n\r\n"),
    ("a minus sign before the size", "-SIZE\r\nBODY\r\n0\r\n\r\n"),
    ("a size with a comma", "SIZE,SIZE\r\nBODY\r\n0\r\n\r\n"),
    ("a size that is no number", "zz\r\nBODY\r\n0\r\n\r\n"),
    ("a size of 17 digits", "fffffffffffffffff\r\nBODY\r\n0\r\n\r\n"),
    ("a size of 2^64", "10000000000000000\r\nBODY\r\n0\r\n\r\n"),
    ("a size of 2^64 - 1", "ffffffffffffffff\r\nBODY\r\n0\r\n\r\n"),
    ("a size with 20 zeros before it", "00000000000000000000SIZE\r\nBODY\r\n0\r\n\r\n"),
    ("LF alone behind the size", "SIZE\nBODY\r\n0\r\n\r\n"),
    ("CR alone behind the size", "SIZE\rBODY\r\n0\r\n\r\n"),
    ("CR CR LF behind the size", "SIZE\r\r\nBODY\r\n0\r\n\r\n"),
    ("an extension ended by LF", "SIZE;a\nBODY\r\n0\r\n\r\n"),
    ("NUL in an extension", "SIZE;a\0b\r\nBODY\r\n0\r\n\r\n"),
    ("CR in an extension", "SIZE;a\rb\r\nBODY\r\n0\r\n\r\n"),
    ("a nameless size with an extension", ";a=b\r\nBODY\r\n0\r\n\r\n"),
    ("no CR LF behind the data", "SIZE\r\nBODY0\r\n\r\n"),
    ("LF alone behind the data", "SIZE\r\nBODY\n0\r\n\r\n"),
    ("CR alone behind the data", "SIZE\r\nBODY\r0\r\n\r\n"),
    ("more data than said", "SIZE\r\nBODYx\r\n0\r\n\r\n"),
    ("less data than said", "SIZE\r\nSHORT\r\n0\r\n\r\n"),
    ("LF alone behind the last size", "SIZE\r\nBODY\r\n0\n\r\n"),
    ("LF alone for the last line", "SIZE\r\nBODY\r\n0\r\n\n"),
    ("a folded trailer", "SIZE\r\nBODY\r\n0\r\nX-A: 1\r\n 2\r\n\r\n"),
    ("a trailer that begins with a space", "SIZE\r\nBODY\r\n0\r\n X-A: 1\r\n\r\n"),
    ("a trailer without a name", "SIZE\r\nBODY\r\n0\r\n: 1\r\n\r\n"),
    ("a trailer without a colon", "SIZE\r\nBODY\r\n0\r\nX-A\r\n\r\n"),
    ("a trailer with a space before its colon", "SIZE\r\nBODY\r\n0\r\nX-A : 1\r\n\r\n"),
    ("a trailer ended by LF", "SIZE\r\nBODY\r\n0\r\nX-A: 1\n\r\n"),
    ("NUL in a trailer", "SIZE\r\nBODY\r\n0\r\nX-A: \0\r\n\r\n"),
    ("an endless extension", "SIZE;ENDLESS\r\nBODY\r\n0\r\n\r\n"),
    ("endless trailers", "SIZE\r\nBODY\r\n0\r\nTRAILERS\r\n"),
];
