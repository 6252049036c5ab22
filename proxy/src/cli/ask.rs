//! One request to the admin plane of a running Quotah, written by hand: there is no HTTP client in this program.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::config::resolved::{Listen, Secret};

/// What the admin plane said.
#[derive(Debug)]
pub(super) struct Answer {
    /// `HTTP/1.1 200 OK`
    pub(super) status_line: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn is_ok(&self) -> bool {
        self.status_line.starts_with("HTTP/1.1 200")
    }
}

/// Gets `target` from the plane that listens there.
///
/// # Errors
/// When nobody answers.
pub(super) fn get(listen: &Listen, target: &str, token: Option<&Secret>) -> io::Result<Answer> {
    match listen {
        Listen::Tcp(address) => {
            let stream = TcpStream::connect_timeout(&reachable(*address), WAIT)?;
            stream.set_read_timeout(Some(WAIT))?;
            stream.set_write_timeout(Some(WAIT))?;
            exchange(stream, target, token)
        }
        Listen::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(WAIT))?;
            stream.set_write_timeout(Some(WAIT))?;
            exchange(stream, target, token)
        }
    }
}

fn exchange(
    mut stream: impl Read + Write,
    target: &str,
    token: Option<&Secret>,
) -> io::Result<Answer> {
    let mut request = format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    if let Some(token) = token {
        request.push_str("authorization: Bearer ");
        request.push_str(token.expose());
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let head_len = memchr::memmem::find(&answer, b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    let body = answer.split_off(head_len);
    let head = String::from_utf8_lossy(&answer);
    Ok(Answer {
        status_line: head.lines().next().unwrap_or_default().to_owned(),
        body,
    })
}

/// What may stand in a query, percent-encoded where it must be.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// An address to call for one to listen on: "every address" is reached at loopback.
const fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Docker gives a check 30 s by default; a healthy gateway takes a millisecond.
const WAIT: Duration = Duration::from_secs(3);

/// An explanation with every list full has less than a tenth of this.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
