//! A provider that a test plays itself: it reads of a request what it wants and says what it wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// A listening socket.
#[derive(Debug)]
pub(super) struct Provider(TcpListener);

/// One connection of the gateway's, its request's head read.
#[derive(Debug)]
pub(super) struct Exchange {
    stream: BufReader<TcpStream>,
    pub(super) head: String,
}

/// A whole answer.
pub(super) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"text\":\"Good\"}";

impl Provider {
    pub(super) fn listen() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    pub(super) fn url(&self) -> String {
        let address = self.0.local_addr().expect("bound");
        format!("http://{address}/v1")
    }

    /// The next connection and its request's head.
    pub(super) fn accept(&self) -> Exchange {
        let (stream, _) = self.0.accept().expect("a connection");
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).expect("set");
        let mut exchange = Exchange {
            stream: BufReader::new(stream),
            head: String::new(),
        };
        exchange.next_head();
        exchange
    }
}

impl Exchange {
    /// Reads a head.
    pub(super) fn next_head(&mut self) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let read = self.stream.read_until(b'\n', &mut head).expect("a head");
            assert_ne!(read, 0, "closed inside a head");
        }
        self.head = String::from_utf8(head).expect("text");
    }

    /// The first value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The body as its framing has it, and whether it came to its end.
    pub(super) fn body(&mut self) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        if let Some(length) = self.header("content-length") {
            let length: u64 = length.parse().expect("a length");
            let mut part = (&mut self.stream).take(length);
            part.read_to_end(&mut body).ok();
            let is_whole = body.len() as u64 == length;
            return (body, is_whole);
        }
        assert_eq!(
            self.header("transfer-encoding"),
            Some("chunked"),
            "{}",
            self.head
        );
        loop {
            let mut line = String::new();
            if !matches!(self.stream.read_line(&mut line), Ok(1..)) {
                return (body, false);
            }
            let size = usize::from_str_radix(line.trim_end(), 16).expect("a size");
            let mut chunk = vec![0; size + 2];
            if self.stream.read_exact(&mut chunk).is_err() {
                return (body, false);
            }
            if size == 0 {
                return (body, true);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    /// Exactly so many bytes of what comes, framing and all.
    pub(super) fn raw(&mut self, bytes: usize) -> Vec<u8> {
        let mut raw = vec![0; bytes];
        self.stream.read_exact(&mut raw).expect("so many bytes");
        raw
    }

    /// Whether the gateway has closed or reset the connection, what comes before that dropped.
    pub(super) fn is_left(&mut self) -> bool {
        let mut scratch = [0; 64 * 1024];
        loop {
            match self.stream.read(&mut scratch) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
            }
        }
    }

    /// Bytes that come until the gateway has nothing more, for this long.
    pub(super) fn drink(&mut self, until_silent: Duration) -> u64 {
        self.socket()
            .set_read_timeout(Some(until_silent))
            .expect("set");
        let mut scratch = [0; 64 * 1024];
        let mut bytes = 0;
        while let Ok(read @ 1..) = self.stream.read(&mut scratch) {
            bytes += read as u64;
        }
        self.socket()
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("set");
        bytes
    }

    pub(super) fn say(&mut self, text: &str) {
        self.stream
            .get_mut()
            .write_all(text.as_bytes())
            .expect("written");
    }

    pub(super) fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }
}
