//! Reads one response, however it arrives. Bytes in, facts out: no I/O, no clock.

/// One response being read.
#[derive(Debug, Default)]
pub struct Answer {
    head: Vec<u8>,
    state: State,
    /// The status; 0 until the head is there.
    pub status: u16,
    /// Bytes of the entity so far.
    pub body_bytes: u64,
    /// Blank lines in the entity so far: SSE events.
    pub events: u64,
    /// Whether the last byte but CR was a newline.
    at_line_start: bool,
    /// Whether the server will close.
    pub close: bool,
}

/// Where in the response the next byte belongs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    /// So many bytes of the entity to come.
    Length(u64),
    /// In a chunk-size line, with the size so far.
    Size(u64),
    /// After the digits of a chunk-size line, waiting for its end.
    SizeEnd(u64),
    /// So many bytes of a chunk to come.
    Chunk(u64),
    /// In the CRLF after a chunk.
    ChunkEnd,
    /// After the last chunk: empty line ends it.
    Trailers {
        line_bytes: u32,
    },
    Done,
}

/// A response that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The head is no HTTP/1.1 head, or is too long.
    #[error("malformed response head")]
    Head,
    /// The chunked framing is broken.
    #[error("malformed chunk")]
    Chunk,
    /// Bytes after the end: nobody asked for a second answer.
    #[error("bytes after the end of the response")]
    Excess,
}

impl Answer {
    /// Whether the response has been read to its end.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Whether the head has been read.
    #[must_use]
    pub const fn has_head(&self) -> bool {
        !matches!(self.state, State::Head)
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`AnswerError`] says what was wrong; the connection is of no more use then.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<(), AnswerError> {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Head => self.feed_head(bytes)?,
                State::Length(left) => {
                    let rest = self.feed_entity(bytes, left);
                    let left = left - (bytes.len() - rest.len()) as u64;
                    self.state = if left == 0 {
                        State::Done
                    } else {
                        State::Length(left)
                    };
                    rest
                }
                State::Chunk(left) => {
                    let rest = self.feed_entity(bytes, left);
                    let left = left - (bytes.len() - rest.len()) as u64;
                    self.state = if left == 0 {
                        State::ChunkEnd
                    } else {
                        State::Chunk(left)
                    };
                    rest
                }
                State::Done => return Err(AnswerError::Excess),
                framing => {
                    self.state = after(framing, bytes[0])?;
                    &bytes[1..]
                }
            };
        }
        Ok(())
    }

    fn feed_head<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], AnswerError> {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let mut slots = [httparse::EMPTY_HEADER; 96];
        let mut parsed = httparse::Response::new(&mut slots);
        let status = parsed.parse(&self.head).map_err(|_| AnswerError::Head)?;
        let httparse::Status::Complete(head_bytes) = status else {
            return if self.head.len() > HEAD_BYTES_MAX {
                Err(AnswerError::Head)
            } else {
                Ok(&[])
            };
        };
        self.status = parsed.code.unwrap_or_default();
        self.state = State::Length(0);
        for header in parsed.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                let length = std::str::from_utf8(header.value)
                    .ok()
                    .and_then(|v| v.parse().ok());
                self.state = State::Length(length.ok_or(AnswerError::Head)?);
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                self.state = State::Size(0);
            } else if header.name.eq_ignore_ascii_case("connection") {
                self.close = header.value.eq_ignore_ascii_case(b"close");
            }
        }
        if self.state == State::Length(0) {
            self.state = State::Done;
        }
        Ok(&bytes[head_bytes - before..])
    }

    /// Takes up to `left` bytes of the entity and gives the rest.
    fn feed_entity<'a>(&mut self, bytes: &'a [u8], left: u64) -> &'a [u8] {
        let here = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (entity, rest) = bytes.split_at(here);
        self.body_bytes += entity.len() as u64;
        let mut from = 0;
        for place in memchr::memchr_iter(b'\n', entity) {
            let line = &entity[from..place];
            let empty = line.is_empty() || line == b"\r";
            if empty && (from > 0 || self.at_line_start) {
                self.events += 1;
            }
            from = place + 1;
        }
        let tail = &entity[from..];
        self.at_line_start = (tail.is_empty() || tail == b"\r") && (from > 0 || self.at_line_start);
        rest
    }
}

/// The state after one byte of framing.
fn after(state: State, byte: u8) -> Result<State, AnswerError> {
    Ok(match (state, byte) {
        (State::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if size < 1 << 40 => {
            let digit = char::from(byte).to_digit(16).unwrap_or_default();
            State::Size(size * 16 + u64::from(digit))
        }
        (State::Size(size), b'\r' | b';') | (State::SizeEnd(size), b'\r' | b' '..) => {
            State::SizeEnd(size)
        }
        (State::SizeEnd(0), b'\n') => State::Trailers { line_bytes: 0 },
        (State::SizeEnd(size), b'\n') => State::Chunk(size),
        (State::ChunkEnd, b'\r') => State::ChunkEnd,
        (State::ChunkEnd, b'\n') => State::Size(0),
        (State::Trailers { line_bytes: 0 }, b'\n') => State::Done,
        (State::Trailers { .. }, b'\n') => State::Trailers { line_bytes: 0 },
        (State::Trailers { line_bytes }, b'\r') => State::Trailers { line_bytes },
        (State::Trailers { line_bytes }, _) => State::Trailers {
            line_bytes: line_bytes + 1,
        },
        _ => return Err(AnswerError::Chunk),
    })
}

/// Longest head taken.
const HEAD_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8], at_once: usize) -> Result<Answer, AnswerError> {
        let mut answer = Answer::default();
        for piece in raw.chunks(at_once) {
            answer.feed(piece)?;
        }
        Ok(answer)
    }

    #[test]
    fn a_response_reads_the_same_however_it_is_split() {
        let plain: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world";
        let stream: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            9\r\ndata: a\n\n\r\n13;x=1\r\ndata: b\r\n\r\ndata: c\n\r\n1\r\n\n\r\n0\r\n\r\n";
        for at_once in 1..stream.len() {
            let answer = read(plain, at_once).unwrap();
            assert_eq!(
                (answer.status, answer.body_bytes, answer.is_done()),
                (200, 11, true)
            );
            let answer = read(stream, at_once).unwrap();
            assert_eq!(
                (answer.body_bytes, answer.events, answer.is_done()),
                (29, 3, true)
            );
        }
    }

    #[test]
    fn a_cut_response_is_not_done() {
        let raw: &[u8] =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        for end in 1..raw.len() {
            assert!(!read(&raw[..end], 7).unwrap().is_done(), "at {end}");
        }
    }

    #[test]
    fn broken_framing_is_told() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for chunk in ["zz\r\n", "-1\r\n", "3\r\nabcX"] {
            let raw = format!("{head}{chunk}");
            assert_eq!(
                read(raw.as_bytes(), 64).unwrap_err(),
                AnswerError::Chunk,
                "{chunk}"
            );
        }
    }
}
