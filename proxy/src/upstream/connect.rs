//! Opening a connection to a provider.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dashmap::DashMap;
use pingora_core::connectors::{ConnectorOptions, TransportConnector};
use pingora_core::protocols::{ALPN, Stream, l4};
use pingora_core::upstreams::peer::HttpPeer;
use tokio::net::TcpStream;

use super::address::Addresses;
use super::pool::Origin;
use crate::config::resolved::HttpVersion;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The host name has no address.
    #[error("provider's host name cannot be resolved")]
    Resolve,
    /// Nobody answers there.
    #[error("provider refuses connections")]
    Refused,
    /// The handshake failed or the certificate is not trusted.
    #[error("provider's certificate or handshake is not acceptable")]
    Tls,
    /// Not in time.
    #[error("provider did not answer the connection attempt in time")]
    Timeout,
    /// There are no trust anchors on this machine and no `ca_file`.
    #[error("no trusted certificates on this machine and no ca_file configured")]
    NoTrust,
}

/// A connector, made once; `None` where there is nothing to trust.
type Made = OnceLock<Option<Arc<TransportConnector>>>;

/// TLS contexts, one for each set of trust anchors, made when first needed.
#[derive(Default)]
pub(crate) struct Connectors {
    by_ca: DashMap<Option<PathBuf>, Arc<Made>>,
}

impl std::fmt::Debug for Connectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connectors")
            .field("made", &self.by_ca.len())
            .finish()
    }
}

impl Connectors {
    /// The connector that trusts `ca_file` (with nothing else), or the machine's own anchors.
    ///
    /// # Errors
    /// [`ConnectError::NoTrust`] when there is nothing to trust.
    pub(crate) fn get(
        &self,
        ca_file: Option<&PathBuf>,
    ) -> Result<Arc<TransportConnector>, ConnectError> {
        let cell = Arc::clone(&self.by_ca.entry(ca_file.cloned()).or_default());
        cell.get_or_init(|| connector(ca_file))
            .clone()
            .ok_or(ConnectError::NoTrust)
    }
}

fn connector(ca_file: Option<&PathBuf>) -> Option<Arc<TransportConnector>> {
    // pingora unwraps what it cannot load: look first.
    let path = match ca_file {
        Some(path) => Some(
            std::fs::metadata(path)
                .ok()
                .and_then(|_| path.to_str())?
                .to_owned(),
        ),
        None if rustls_native_certs::load_native_certs().certs.is_empty() => return None,
        None => None,
    };
    // The pool of the connector itself stays unused: one slot is its least.
    let mut options = ConnectorOptions::new(1);
    options.ca_file = path;
    Some(Arc::new(TransportConnector::new(Some(options))))
}

/// Opens one connection, trying each address until one answers.
///
/// # Errors
/// The last address's [`ConnectError`].
pub(crate) async fn connect(
    origin: &Origin,
    addresses: &Addresses,
    connectors: &Connectors,
    timeout: Duration,
) -> Result<Stream, ConnectError> {
    let attempt = async {
        let mut last = ConnectError::Resolve;
        for address in addresses.candidates().await? {
            let stream = if origin.https {
                connect_tls(origin, address, connectors, timeout).await
            } else {
                connect_tcp(address).await
            };
            match stream {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    };
    tokio::time::timeout(timeout, attempt)
        .await
        .unwrap_or(Err(ConnectError::Timeout))
}

async fn connect_tcp(address: std::net::SocketAddr) -> Result<Stream, ConnectError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|_| ConnectError::Refused)?;
    let mut stream = l4::stream::Stream::from(stream);
    stream.set_nodelay().map_err(|_| ConnectError::Refused)?;
    Ok(Box::new(stream))
}

async fn connect_tls(
    origin: &Origin,
    address: std::net::SocketAddr,
    connectors: &Connectors,
    timeout: Duration,
) -> Result<Stream, ConnectError> {
    // Never empty: pingora verifies nothing when there is no name to verify.
    debug_assert!(!origin.host.is_empty());
    let mut peer = HttpPeer::new(address, true, origin.host.to_string());
    peer.options.connection_timeout = Some(timeout);
    peer.options.alpn = match origin.http {
        HttpVersion::Auto => ALPN::H2H1,
        HttpVersion::Http1 => ALPN::H1,
        HttpVersion::Http2 => ALPN::H2,
    };
    let connector = connectors.get(origin.ca_file.as_ref())?;
    connector
        .new_stream(&peer)
        .await
        .map_err(|error| match error.etype() {
            pingora_core::ErrorType::ConnectTimedout => ConnectError::Timeout,
            pingora_core::ErrorType::ConnectRefused
            | pingora_core::ErrorType::ConnectNoRoute
            | pingora_core::ErrorType::ConnectError => ConnectError::Refused,
            _ => ConnectError::Tls,
        })
}
