//! HTTP/1.1 to the byte: what was sent is known exactly, in both directions.
//!
//! Small on purpose: requests are read by `read`, answers are laid out by `plan`; here they are written,
//! in their time, while an eye is kept on whether the client is still there.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::Shared;
use super::answer::answer;
use super::ask::Ask;
use super::entity::entity;
use super::plan::{Asked, End};
use super::read::{ReadError, read};
use super::request::Request;

/// A connection that can be reset.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin {
    /// The TCP stream below.
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Answers requests until one side is done.
pub(super) async fn serve<W: Wire>(mut wire: W, shared: &Shared, connection: u64) {
    let mut unread = BytesMut::new();
    loop {
        let request = match read(&mut wire, &mut unread).await {
            Ok(Some(request)) => request,
            Ok(None) | Err(ReadError::Io(_)) => return,
            Err(ReadError::Malformed) => {
                let refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\
                                Connection: close\r\n\r\n";
                // The client may be gone already; there is nobody else to tell.
                drop(wire.write_all(refusal).await);
                return;
            }
        };
        match respond(&mut wire, &mut unread, shared, connection, &request).await {
            Ok(End::KeepAlive) => {}
            Ok(End::Reset) => {
                drop(wire.tcp().set_zero_linger());
                return;
            }
            Ok(End::Close) => {
                drop(wire.shutdown().await);
                return;
            }
            Ok(End::Hang) | Err(_) => return,
        }
    }
}

/// Answers one request, as the script and its own headers say.
async fn respond<W: Wire>(
    wire: &mut W,
    unread: &mut BytesMut,
    shared: &Shared,
    connection: u64,
    request: &Request,
) -> io::Result<End> {
    let directives = shared
        .script()
        .directives(request)
        .with_headers(&request.headers);
    let ask = Ask::read(&request.target, &request.body);
    let answer = answer(&ask, &directives);
    let entity = entity(&answer, &directives)?;
    let asked = match (request.method.as_str(), request.close) {
        ("HEAD", _) => Asked::ForHead,
        (_, true) => Asked::AndCloses,
        _ => Asked::Plainly,
    };
    let plan = entity.plan(&directives, asked)?;
    let books = &shared.recorder;
    let planned = if books.keeps() {
        entity.bytes()
    } else {
        Bytes::new()
    };
    let id = books.begin(connection, request, &planned);
    let mut done = 0;
    for step in &plan.steps {
        let written = async {
            if !step.pause.is_zero() {
                watch(wire, unread, step.pause).await?;
            }
            wire.write_all(&step.bytes).await
        };
        if let Err(error) = written.await {
            books.aborted(id, &ask.model, entity.billing.partial(done));
            return Err(error);
        }
        books.sent(id, &step.bytes);
        done = step.content_done;
    }
    if plan.end == End::Hang {
        let gone = watch(wire, unread, HANG_MAX).await;
        books.aborted(id, &ask.model, entity.billing.partial(done));
        gone?;
    } else if plan.end == End::KeepAlive {
        books.finished(id, &ask.model, entity.billing.whole);
    } else {
        // A framing that ends with the connection is whole; a cut one was generated as far as it went.
        let cut = directives.cuts() || directives.bad_chunk.is_some();
        let billed = if cut {
            entity.billing.partial(done)
        } else {
            entity.billing.whole
        };
        books.finished(id, &ask.model, billed);
    }
    Ok(plan.end)
}

/// Waits for `pause` unless the client goes first. Bytes that arrive meanwhile belong to the next request.
async fn watch<W: Wire>(wire: &mut W, unread: &mut BytesMut, pause: Duration) -> io::Result<()> {
    let rest = tokio::time::sleep(pause);
    tokio::pin!(rest);
    loop {
        tokio::select! {
            () = &mut rest => return Ok(()),
            read = wire.read_buf(unread), if unread.len() < PIPELINED_BYTES_MAX => {
                if read? == 0 {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
            }
        }
    }
}

/// Longest silence: no test waits longer.
const HANG_MAX: Duration = Duration::from_secs(600);

/// Most bytes of a next request that are read while an answer is under way.
const PIPELINED_BYTES_MAX: usize = 1024 * 1024;
