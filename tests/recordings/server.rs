//! A server that answers with what was recorded, cut as the request asks: `x-replay` has the recording's index or name.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use super::case::Case;

/// How an answer's body is cut into chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cuts {
    /// Not at all.
    None,
    /// Each byte is a chunk.
    EveryByte,
    /// At random places, by this seed.
    Random(u64),
    /// In two, behind so many bytes.
    At(usize),
}

impl fmt::Display for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none 0"),
            Self::EveryByte => f.write_str("every 0"),
            Self::Random(seed) => write!(f, "random {seed}"),
            Self::At(at) => write!(f, "at {at}"),
        }
    }
}

impl Cuts {
    fn parse(words: &[&str]) -> Self {
        let number = words.get(1).and_then(|n| n.parse().ok()).unwrap_or(0);
        match words.first() {
            Some(&"every") => Self::EveryByte,
            Some(&"random") => Self::Random(number),
            Some(&"at") => Self::At(usize::try_from(number).unwrap_or(0)),
            _ => Self::None,
        }
    }

    /// The next piece's length.
    fn next(self, left: usize, random: &mut u64) -> usize {
        match self {
            Self::None => left,
            Self::EveryByte => 1,
            Self::At(at) => at.clamp(1, left),
            Self::Random(_) => {
                *random ^= *random << 13;
                *random ^= *random >> 7;
                *random ^= *random << 17;
                let most = left.min(1 + left / 3);
                usize::try_from(*random >> 33).unwrap_or(0) % most + 1
            }
        }
    }
}

/// The server; it lives as long as the process.
pub(crate) struct Server {
    addr: SocketAddr,
}

impl Server {
    pub(crate) fn start(cases: Arc<Vec<Case>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let cases = Arc::clone(&cases);
                std::thread::spawn(move || serve(stream, &cases));
            }
        });
        Self { addr }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

/// What must not come here: keys of Quotah's, and whom the clients signed as.
const CLIENTS_OWN: [&str; 2] = ["sk-virtual-key", "AKIAOFNOBODY"];

/// Answers requests until the connection ends.
fn serve(stream: TcpStream, cases: &[Case]) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut replay) = (0, String::new());
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if CLIENTS_OWN.iter().any(|secret| line.contains(secret)) {
                return None;
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok()?,
                "x-replay" => value.trim().clone_into(&mut replay),
                _ => {}
            }
        }
        std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).ok()?;
        let words: Vec<&str> = replay.split(' ').collect();
        let which = *words.first()?;
        let case = match which.parse::<usize>() {
            Ok(index) => cases.get(index),
            Err(_) => cases.iter().find(|case| case.name == which),
        }?;
        let answer = answer(case, Cuts::parse(words.get(1..)?));
        reader.get_mut().write_all(&answer).ok()?;
    }
}

/// The response's bytes: recorded head, chunked body.
fn answer(case: &Case, cuts: Cuts) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {} Recorded\r\n", case.status).into_bytes();
    for (name, value) in &case.headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    let mut random = match cuts {
        Cuts::Random(seed) => seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        _ => 1,
    };
    let mut rest = &case.answer[..];
    let mut is_first = true;
    while !rest.is_empty() {
        let len = match cuts {
            Cuts::At(_) if !is_first => rest.len(),
            cuts => cuts.next(rest.len(), &mut random),
        };
        is_first = false;
        let (piece, after) = rest.split_at(len);
        bytes.extend_from_slice(format!("{len:x}\r\n").as_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
        rest = after;
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}
