//! A scripted provider: it answers like `OpenAI`, Anthropic and Gemini, misbehaves on demand, and keeps books.
//!
//! Without a word it gives a believable answer to every path that it knows, with token counts derived
//! from the request, so that sums can be checked. How one answer differs — chunks, delays, encodings,
//! cuts, lies — is said by [`Directives`]: from the [`Script`], or from `x-mock-…` headers of the request
//! itself (see [`directives`](self::Directives) for the list), which a transparent gateway passes on.
//!
//! ```
//! # use quotah_bench::mock::{Mock, Options, Script};
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let mock = Mock::start(Options::default(), Script::default()).await?;
//! assert!(mock.url().starts_with("http://127.0.0.1:"));
//! assert!(mock.requests().is_empty());
//! # Ok::<(), quotah_bench::mock::MockError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod ask;
mod directives;
mod encode;
mod entity;
mod http1;
mod http2;
mod limit;
mod options;
mod plan;
mod read;
mod record;
mod request;
mod script;
#[cfg(test)]
mod tests;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub use self::ask::{Ask, Call};
pub use self::directives::{BadChunk, Cut, Directives, Encoding, Framing, Hang, UsageForm};
pub use self::limit::{Counted, LimitHeaders, RequestLimit};
pub use self::options::{Keep, Options, Transport, Version};
pub use self::record::{Recorded, Tokens, WaitError};
pub use self::script::{Rule, Script};
pub use self::tls::{Identity, TlsError};

use self::record::Recorder;

/// A running mock provider. Dropping it closes the listener and every connection.
#[derive(Debug)]
pub struct Mock {
    /// Where it listens.
    addr: SocketAddr,
    /// What its connections share.
    shared: Arc<Shared>,
    /// The PEM of the certificate that it shows, when it speaks TLS.
    ca_pem: Option<String>,
    /// Accepts; owns the connections' tasks.
    accepting: JoinHandle<()>,
}

/// Why a mock did not start.
#[derive(Debug, thiserror::Error)]
pub enum MockError {
    /// The address could not be bound.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate could not be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Mock {
    /// Listens and answers by `script`, on the calling runtime.
    ///
    /// # Errors
    /// [`MockError::Listen`] when the address is taken, [`MockError::Tls`] for an unusable certificate.
    pub async fn start(options: Options, script: Script) -> Result<Self, MockError> {
        let listening = |source| MockError::Listen {
            addr: options.listen,
            source,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(listening)?;
        let addr = listener.local_addr().map_err(listening)?;
        let (acceptor, ca_pem) = match &options.transport {
            Transport::Plain => (None, None),
            Transport::Tls(identity) => {
                let config = identity.server_config(options.version)?;
                (
                    Some(TlsAcceptor::from(config)),
                    Some(identity.cert_pem().to_owned()),
                )
            }
        };
        let shared = Arc::new(Shared {
            script: RwLock::new(Arc::new(script)),
            recorder: Recorder::new(options.keep),
            connections: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(accept(
            listener,
            acceptor,
            options.version,
            Arc::clone(&shared),
        ));
        Ok(Self {
            addr,
            shared,
            ca_pem,
            accepting,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its base URL: `http://127.0.0.1:4242`, or `https://localhost:4242` with TLS (the certificate's name).
    #[must_use]
    pub fn url(&self) -> String {
        if self.ca_pem.is_some() {
            format!("https://localhost:{}", self.addr.port())
        } else {
            format!("http://{}", self.addr)
        }
    }

    /// The certificate to trust, as PEM, when it speaks TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Answers by `script` from the next request on.
    pub fn set(&self, script: Script) {
        *self.shared.script.write() = Arc::new(script);
    }

    /// Everything seen so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.recorder.records()
    }

    /// Forgets what was seen and billed.
    pub fn forget(&self) {
        self.shared.recorder.forget();
    }

    /// Requests whose head was read, counted even where they are not kept.
    #[must_use]
    pub fn requests_count(&self) -> u64 {
        self.shared.recorder.requests_count()
    }

    /// Connections accepted so far.
    #[must_use]
    pub fn connections_count(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// What was billed, by model, in the classes of Quotah's ledger.
    #[must_use]
    pub fn billed(&self) -> std::collections::BTreeMap<String, Tokens> {
        self.shared.recorder.billed()
    }

    /// Waits until a kept request satisfies `wanted`, and gives the first that does.
    ///
    /// # Errors
    /// [`WaitError`] when `timeout` passes first; it says how many requests were seen.
    pub async fn wait_for(
        &self,
        timeout: Duration,
        wanted: impl Fn(&Recorded) -> bool,
    ) -> Result<Recorded, WaitError> {
        self.shared.recorder.wait_for(timeout, wanted).await
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What all connections of one mock share.
#[derive(Debug)]
struct Shared {
    /// How to answer; replaced whole.
    script: RwLock<Arc<Script>>,
    /// What was seen and billed.
    recorder: Recorder,
    /// Connections accepted so far; the next one's id.
    connections: AtomicU64,
}

impl Shared {
    /// The script in force.
    fn script(&self) -> Arc<Script> {
        Arc::clone(&self.script.read())
    }
}

/// Accepts until dropped. The tasks live in a set of this future, so that they die with it.
async fn accept(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    version: Version,
    shared: Arc<Shared>,
) {
    let mut open = tokio::task::JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok((tcp, _)) = listener.accept().await else {
            continue;
        };
        if tcp.set_nodelay(true).is_err() {
            continue;
        }
        let id = shared.connections.fetch_add(1, Ordering::Relaxed);
        open.spawn(connection(
            tcp,
            acceptor.clone(),
            version,
            Arc::clone(&shared),
            id,
        ));
    }
}

/// Serves one connection in the version that it speaks.
async fn connection(
    tcp: TcpStream,
    acceptor: Option<TlsAcceptor>,
    version: Version,
    shared: Arc<Shared>,
    id: u64,
) {
    let Some(acceptor) = acceptor else {
        return match version {
            Version::Http1 => http1::serve(tcp, &shared, id).await,
            Version::Http2 => http2::serve(tcp, shared, id).await,
        };
    };
    let Ok(tls) = acceptor.accept(tcp).await else {
        return;
    };
    if tls.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2::serve(tls, shared, id).await;
    } else {
        http1::serve(tls, &shared, id).await;
    }
}
