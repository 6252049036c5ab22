//! Idle connections, kept by origin, and found again without waiting.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use parking_lot::Mutex;
use pingora_core::protocols::{ALPN, Stream};

use super::address::Addresses;
use super::connect::{ConnectError, Connectors, connect};
use super::{RequestBody, waker::Recorder};
use crate::clock;
use crate::config::resolved::{BaseUrl, HttpVersion};
use crate::gateway::io::LazyTimer;

/// Most idle connections kept to one origin.
const IDLE_MAX: usize = 1024;
/// Idle connections older than this are closed: below the 60 s after which common front ends close theirs.
const IDLE_AGE_MAX: Duration = Duration::from_secs(50);
/// Engine buffer toward providers; also the back-pressure limit.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// h2 pings toward providers: a dead connection is noticed while streams wait on it.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// What makes two connections interchangeable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    pub(crate) host: Arc<str>,
    pub(crate) port: u16,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) http: HttpVersion,
    pub(crate) keep_header_case: bool,
}

impl Origin {
    /// The origin of a provider's base URL.
    pub(crate) fn new(
        base: &BaseUrl,
        ca_file: Option<PathBuf>,
        http: HttpVersion,
        keep_header_case: bool,
    ) -> Self {
        Self {
            https: base.https,
            host: Arc::clone(&base.host),
            port: base.port,
            ca_file,
            http,
            keep_header_case,
        }
    }
}

/// An HTTP/1.1 connection with nothing on it.
#[derive(Debug)]
pub(crate) struct H1 {
    pub(crate) sender: http1::SendRequest<RequestBody>,
    pub(crate) conn: http1::Connection<TokioIo<Stream>, RequestBody>,
    pub(crate) recorder: Arc<Recorder>,
    /// The recorder as a waker, made once.
    pub(crate) waker: Waker,
    /// Watches the exchange under way; its allocation outlives requests.
    pub(crate) timer: LazyTimer,
    /// Whether `conn` has finished.
    pub(crate) over: bool,
    idle_since: Instant,
}

/// A way to a provider.
#[derive(Debug)]
pub(crate) enum Link {
    H1(Box<H1>),
    H2 {
        sender: http2::SendRequest<RequestBody>,
    },
}

/// Connections to one origin.
#[derive(Debug)]
pub(crate) struct Pool {
    origin: Origin,
    addresses: Addresses,
    connectors: Arc<Connectors>,
    #[expect(
        clippy::vec_box,
        reason = "a link keeps its box from checkout to checkin: 1 KiB that is not moved"
    )]
    idle: Mutex<Vec<Box<H1>>>,
    h2: Mutex<Option<http2::SendRequest<RequestBody>>>,
    /// One dial at a time toward an h2 origin, so that a burst shares one connection.
    h2_dial: tokio::sync::Mutex<()>,
}

impl Pool {
    fn new(origin: Origin, connectors: Arc<Connectors>) -> Self {
        let addresses = Addresses::new(Arc::clone(&origin.host), origin.port);
        Self {
            origin,
            addresses,
            connectors,
            idle: Mutex::new(Vec::new()),
            h2: Mutex::new(None),
            h2_dial: tokio::sync::Mutex::new(()),
        }
    }

    /// A living idle connection, youngest first.
    pub(crate) fn checkout(&self) -> Option<Link> {
        if let Some(sender) = self.h2.lock().as_ref().filter(|sender| !sender.is_closed()) {
            return Some(Link::H2 {
                sender: sender.clone(),
            });
        }
        loop {
            let mut h1 = self.idle.lock().pop()?;
            // One look is enough to see that the provider has closed it meanwhile.
            let mut cx = Context::from_waker(Waker::noop());
            let closed = Pin::new(&mut h1.conn).poll(&mut cx).is_ready();
            if !closed && h1.sender.is_ready() {
                return Some(Link::H1(h1));
            }
        }
    }

    /// A fresh connection.
    ///
    /// # Errors
    /// [`ConnectError`] when there is none to be had within `timeout`.
    pub(crate) async fn dial(&self, timeout: Duration) -> Result<Link, ConnectError> {
        let multiplexed = self.origin.http == HttpVersion::Http2
            || (self.origin.https && self.origin.http == HttpVersion::Auto);
        let _one_at_a_time = if multiplexed && self.h2.lock().is_some() {
            let guard = self.h2_dial.lock().await;
            if let Some(sender) = self.h2.lock().as_ref().filter(|sender| !sender.is_closed()) {
                return Ok(Link::H2 {
                    sender: sender.clone(),
                });
            }
            Some(guard)
        } else {
            None
        };
        let stream = connect(&self.origin, &self.addresses, &self.connectors, timeout).await?;
        let h2 = stream.selected_alpn_proto() == Some(ALPN::H2)
            || (!self.origin.https && self.origin.http == HttpVersion::Http2);
        if h2 {
            self.handshake_h2(stream).await
        } else {
            self.handshake_h1(stream).await
        }
    }

    async fn handshake_h1(&self, stream: Stream) -> Result<Link, ConnectError> {
        let (sender, conn) = http1::Builder::new()
            .max_buf_size(BUFFER_BYTES_MAX)
            .preserve_header_case(self.origin.keep_header_case)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| ConnectError::Refused)?;
        let recorder = Arc::<Recorder>::default();
        Ok(Link::H1(Box::new(H1 {
            sender,
            conn,
            waker: recorder.waker(),
            recorder,
            timer: LazyTimer::default(),
            over: false,
            idle_since: clock::now(),
        })))
    }

    async fn handshake_h2(&self, stream: Stream) -> Result<Link, ConnectError> {
        let (sender, conn) = http2::Builder::new(TokioExecutor::new())
            .timer(hyper_util::rt::TokioTimer::new())
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(8 << 20)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| ConnectError::Refused)?;
        tokio::spawn(async move {
            // Its end is seen by the streams on it.
            drop(conn.await);
        });
        *self.h2.lock() = Some(sender.clone());
        Ok(Link::H2 { sender })
    }

    /// Takes a connection back whose answer was read to its end.
    pub(crate) fn checkin(&self, mut h1: Box<H1>) {
        h1.idle_since = clock::now();
        let mut idle = self.idle.lock();
        if idle.len() < IDLE_MAX {
            idle.push(h1);
        }
    }

    /// Closes connections idle for too long.
    fn reap(&self, now: Instant) {
        let old = {
            let mut idle = self.idle.lock();
            let is_young = |h1: &H1| now.saturating_duration_since(h1.idle_since) < IDLE_AGE_MAX;
            // Oldest first, by construction of the stack.
            let young_from = idle
                .iter()
                .position(|h1| is_young(h1))
                .unwrap_or(idle.len());
            idle.drain(..young_from).collect::<Vec<_>>()
        };
        drop(old);
    }
}

/// Pools of every origin in use; they outlive a reload.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    by_origin: DashMap<Origin, Arc<Pool>>,
    connectors: Arc<Connectors>,
}

impl Pools {
    /// The pool of `origin`.
    pub(crate) fn get(&self, origin: Origin) -> Arc<Pool> {
        let connectors = Arc::clone(&self.connectors);
        let pool = self
            .by_origin
            .entry(origin.clone())
            .or_insert_with(|| Arc::new(Pool::new(origin, connectors)));
        Arc::clone(&pool)
    }

    /// Closes old connections, looks names up again, and forgets origins that no configuration names any more.
    pub(crate) async fn tidy(&self, in_use: impl Fn(&Origin) -> bool) {
        self.by_origin.retain(|origin, _| in_use(origin));
        let pools: Vec<Arc<Pool>> = self
            .by_origin
            .iter()
            .map(|pool| Arc::clone(pool.value()))
            .collect();
        for pool in pools {
            pool.reap(clock::now());
            // A name that cannot be looked up now keeps its last addresses.
            pool.addresses.refresh().await.ok();
        }
    }

    /// Loads trust anchors ahead of the first request.
    pub(crate) fn warm(&self) {
        for pool in &self.by_origin {
            if pool.key().https {
                drop(self.connectors.get(pool.key().ca_file.as_ref()));
            }
        }
    }
}
