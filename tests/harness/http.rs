//! HTTP/1.1 as bytes: what is sent is what the test wrote, what is read is kept to the byte.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};

use super::clock::PATIENCE;

/// A request as it goes onto the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn get(target: &str) -> Self {
        Self::of("GET", target)
    }

    /// A `POST` of JSON with its length.
    pub(crate) fn post(target: &str, body: impl AsRef<[u8]>) -> Self {
        Self::of("POST", target)
            .header("content-type", "application/json")
            .body(body)
    }

    /// A request line and `host`.
    pub(crate) fn of(method: &str, target: &str) -> Self {
        Self {
            head: format!("{method} {target} HTTP/1.1\r\nhost: quotah.test\r\n"),
            body: Vec::new(),
        }
    }

    /// One more header line, as written.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        write!(self.head, "{name}: {value}\r\n").expect("a string takes it");
        self
    }

    /// The key as OpenAI's clients send it.
    pub(crate) fn bearer(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// A body with its `content-length`.
    pub(crate) fn body(self, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut request = self.header("content-length", &body.len().to_string());
        request.body = body.to_vec();
        request
    }

    /// A chunked body, in chunks of these sizes in turn.
    pub(crate) fn chunked(self, body: impl AsRef<[u8]>, sizes: &[usize]) -> Self {
        let mut request = self.header("transfer-encoding", "chunked");
        let mut rest = body.as_ref();
        for size in sizes.iter().cycle() {
            let (chunk, after) = rest.split_at((*size).clamp(1, rest.len().max(1)).min(rest.len()));
            write!(request.body, "{:x}\r\n", chunk.len()).expect("memory takes it");
            request.body.extend_from_slice(chunk);
            request.body.extend_from_slice(b"\r\n");
            rest = after;
            if chunk.is_empty() {
                break;
            }
        }
        request
    }

    /// Request line and headers with the blank line.
    pub(crate) fn head(&self) -> String {
        format!("{}\r\n", self.head)
    }

    /// Head and body.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head().as_bytes(), &self.body].concat()
    }
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As its framing promised.
    Whole,
    /// The connection ended or was reset before that.
    Cut,
}

/// An answer, or what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Status line and headers with the blank line, as they came.
    pub(crate) head: String,
    /// Names and values in order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, unframed.
    pub(crate) body: Vec<u8>,
    /// The body's pieces as they were framed: one for each HTTP chunk, or one.
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) end: End,
}

impl Response {
    /// The first value of a header, ignoring case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text, whatever it is.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}{}", self.head, self.text()))
    }
}

/// A connection that a test speaks raw HTTP/1.1 on.
#[derive(Debug)]
pub(crate) struct Conn {
    stream: BufReader<TcpStream>,
}

impl Conn {
    /// Connects. Reads that take longer than a minute fail the test rather than hang it.
    pub(crate) fn open(addr: &str) -> Self {
        Self::try_open(addr).unwrap_or_else(|error| panic!("{addr}: {error}"))
    }

    /// Connects, unless nobody is there.
    pub(crate) fn try_open(addr: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(PATIENCE * 2))?;
        stream.set_write_timeout(Some(PATIENCE * 2))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Sends one request and reads its whole answer.
    pub(crate) fn exchange(&mut self, request: &Request) -> Response {
        // A refusal may come, and the connection go, before everything is written.
        self.try_send(&request.bytes()).ok();
        self.response()
    }

    /// Sends these bytes.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes.as_ref())
            .expect("the connection takes the bytes");
    }

    /// Sends these bytes, unless the other side has gone.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&mut self) {
        self.stream
            .get_mut()
            .shutdown(Shutdown::Write)
            .expect("open");
    }

    /// The socket, for whoever wants to do worse things to it.
    pub(crate) fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Exactly `count` bytes.
    pub(crate) fn read_exact(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).expect("so many bytes");
        bytes
    }

    /// Reads so many bytes, or as many as come before the connection ends.
    pub(crate) fn read_some(&mut self, count: usize) -> Vec<u8> {
        let mut pieces = Vec::new();
        self.piece(count, &mut pieces);
        pieces.concat()
    }

    /// Everything until the other side closes, or resets.
    pub(crate) fn read_to_end(&mut self) -> (Vec<u8>, End) {
        let mut bytes = Vec::new();
        let end = self
            .stream
            .read_to_end(&mut bytes)
            .map_or(End::Cut, |_| End::Whole);
        (bytes, end)
    }

    /// Reads until what came contains `part`; gives all of it.
    pub(crate) fn read_until(&mut self, part: &str) -> String {
        let mut seen = Vec::new();
        let mut byte = [0];
        while !String::from_utf8_lossy(&seen).contains(part) {
            let read = self.stream.read(&mut byte).expect("more to come");
            assert_ne!(
                read,
                0,
                "closed before {part:?}: {}",
                String::from_utf8_lossy(&seen)
            );
            seen.push(byte[0]);
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// The next answer.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn response(&mut self) -> Response {
        self.try_response()
            .expect("an answer, and not the connection's end")
    }

    /// The next answer; `None` when the connection ended before a whole head.
    pub(crate) fn try_response(&mut self) -> Option<Response> {
        let (mut response, length) = self.head()?;
        let bodiless = matches!(response.status, 100..=199 | 204 | 304);
        if bodiless {
            return Some(response);
        }
        response.end = self.body(&mut response, length);
        response.body = response.chunks.concat();
        Some(response)
    }

    /// The next answer's head, for a request that has no body in answer (`HEAD`), or to read on alone.
    pub(crate) fn response_head(&mut self) -> Response {
        self.head()
            .expect("an answer, and not the connection's end")
            .0
    }

    /// The next HTTP chunk of an answer whose head was read; `None` at the end, however it came.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok()?;
        let size = usize::from_str_radix(line.trim_end(), 16)
            .ok()
            .filter(|size| *size > 0)?;
        let mut chunk = self.read_exact(size + 2);
        chunk.truncate(size);
        Some(chunk)
    }

    fn head(&mut self) -> Option<(Response, Length)> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head).unwrap_or(0) == 0 {
                return None;
            }
        }
        let head = String::from_utf8(head).expect("a head in UTF-8");
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_owned(), value.trim().to_owned()))
        };
        let headers = lines.filter_map(header).collect();
        let response = Response {
            status: status.unwrap_or_else(|| panic!("no status in {head:?}")),
            headers,
            head,
            body: Vec::new(),
            chunks: Vec::new(),
            end: End::Whole,
        };
        let length = match (
            response.header("content-length"),
            response.header("transfer-encoding"),
        ) {
            (Some(length), None) => Length::Known(length.parse().expect("a length")),
            (None, Some("chunked")) => Length::Chunked,
            (None, None) => Length::ToTheEnd,
            framing => panic!("ambiguous framing {framing:?}"),
        };
        Some((response, length))
    }

    fn body(&mut self, response: &mut Response, length: Length) -> End {
        match length {
            Length::Known(length) => self.piece(length, &mut response.chunks),
            Length::Chunked => self.chunks(&mut response.chunks),
            Length::ToTheEnd => {
                let (bytes, end) = self.read_to_end();
                response.chunks.push(bytes);
                end
            }
        }
    }

    fn chunks(&mut self, chunks: &mut Vec<Vec<u8>>) -> End {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).unwrap_or(0) == 0 || !line.ends_with("\r\n") {
                return End::Cut;
            }
            let size = usize::from_str_radix(line.trim_end(), 16)
                .unwrap_or_else(|_| panic!("no chunk size: {line:?}"));
            if size > 0 && self.piece(size, chunks) == End::Cut {
                return End::Cut;
            }
            let mut line_end = Vec::new();
            if self.piece(2, &mut line_end) == End::Cut {
                return End::Cut;
            }
            assert_eq!(line_end.concat(), b"\r\n", "after a chunk");
            if size == 0 {
                return End::Whole;
            }
        }
    }

    /// Reads `size` bytes, or as many as come.
    fn piece(&mut self, size: usize, pieces: &mut Vec<Vec<u8>>) -> End {
        let mut piece = vec![0; size];
        let mut filled = 0;
        while filled < size {
            match self.stream.read(&mut piece[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("reading an answer: {error}"),
            }
        }
        piece.truncate(filled);
        pieces.push(piece);
        if filled == size { End::Whole } else { End::Cut }
    }
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy)]
enum Length {
    Known(usize),
    Chunked,
    ToTheEnd,
}
