//! `quotah-peer-hyper`: a bare hyper pass-through with pooled connections, the floor of our own engine.
//!
//! It reads nothing and counts nothing: whatever Quotah costs above it is the price of what Quotah does.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use clap::Parser;
use http::{HeaderValue, Request, Response, header};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};

/// A bare hyper pass-through.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// Where requests go.
    #[arg(long)]
    upstream: SocketAddr,
    /// Threads that serve.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(arguments.threads.max(1))
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen).await?;
        let pool = Arc::new(Pool {
            upstream: arguments.upstream,
            idle: Mutex::default(),
        });
        loop {
            let (tcp, _) = listener.accept().await?;
            tcp.set_nodelay(true)?;
            tokio::spawn(serve(tcp, Arc::clone(&pool)));
        }
    })
}

async fn serve(tcp: TcpStream, pool: Arc<Pool>) {
    let service = service_fn(move |request| forward(request, Arc::clone(&pool)));
    let serving = hyper::server::conn::http1::Builder::new()
        .header_read_timeout(None)
        .auto_date_header(false)
        .serve_connection(TokioIo::new(tcp), service);
    // A client that left is no news to a pass-through.
    drop(serving.await);
}

async fn forward(
    mut request: Request<Incoming>,
    pool: Arc<Pool>,
) -> Result<Response<Relayed>, Failure> {
    let host = HeaderValue::from_str(&pool.upstream.to_string())?;
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().remove(header::CONNECTION);
    let mut sender = pool.take().await?;
    let response = sender.send_request(request).await?;
    Ok(response.map(|body| Relayed {
        body,
        back: Some((sender, pool)),
    }))
}

/// Connections to the one upstream.
struct Pool {
    upstream: SocketAddr,
    idle: Mutex<Vec<SendRequest<Incoming>>>,
}

impl Pool {
    /// An idle connection that still lives, else a new one.
    async fn take(&self) -> Result<SendRequest<Incoming>, Failure> {
        loop {
            let Some(mut sender) = self.idle.lock().pop() else {
                break;
            };
            if sender.ready().await.is_ok() {
                return Ok(sender);
            }
        }
        let tcp = TcpStream::connect(self.upstream).await?;
        tcp.set_nodelay(true)?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    fn put(&self, sender: SendRequest<Incoming>) {
        let mut idle = self.idle.lock();
        if idle.len() < IDLE_MAX {
            idle.push(sender);
        }
    }
}

/// A response body that gives its connection back at its end.
struct Relayed {
    body: Incoming,
    back: Option<(SendRequest<Incoming>, Arc<Pool>)>,
}

impl Relayed {
    fn give_back(&mut self) {
        if let Some((sender, pool)) = self.back.take() {
            pool.put(sender);
        }
    }
}

impl Body for Relayed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() || self.body.is_end_stream() {
            self.give_back();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Idle connections kept: as many as nginx keeps in the same run.
const IDLE_MAX: usize = 128;
