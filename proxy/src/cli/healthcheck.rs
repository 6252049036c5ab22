//! `quotah healthcheck`: for containers, which have no curl.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::{Exit, Streams};
use crate::config::resolved::Listen;
use crate::config::{self, Inputs};

pub(super) fn healthcheck(inputs: &Inputs, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let listen = config::admin_listen(inputs);
    match ask(&listen) {
        Ok(status) if status.starts_with("HTTP/1.1 200") => Ok(Exit::Done),
        Ok(status) => {
            writeln!(streams.err, "not ready: {}", status.trim_end())?;
            Ok(Exit::Failed)
        }
        Err(error) => {
            writeln!(streams.err, "no answer from the admin plane: {error}")?;
            Ok(Exit::Failed)
        }
    }
}

/// The status line of `/readyz`.
fn ask(listen: &Listen) -> io::Result<String> {
    match listen {
        Listen::Tcp(address) => {
            let stream = TcpStream::connect_timeout(&reachable(*address), WAIT)?;
            stream.set_read_timeout(Some(WAIT))?;
            stream.set_write_timeout(Some(WAIT))?;
            exchange(stream)
        }
        Listen::Unix(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(WAIT))?;
            stream.set_write_timeout(Some(WAIT))?;
            exchange(stream)
        }
    }
}

fn exchange(mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
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

const ANSWER_BYTES_MAX: u64 = 4_096;
