//! How a mock listens and what it keeps.

use std::net::SocketAddr;

use super::tls::Identity;

/// How a [`Mock`](super::Mock) listens and what it keeps.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// TLS, or clear text.
    pub transport: Transport,
    /// HTTP versions spoken.
    pub version: Version,
    /// Whether requests are kept for [`Mock::requests`](super::Mock::requests). Books are kept either way.
    pub keep: Keep,
}

/// TLS, or clear text.
#[derive(Debug, Clone)]
pub enum Transport {
    /// Clear text.
    Plain,
    /// TLS with this certificate.
    Tls(Identity),
}

/// HTTP versions spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.1 alone.
    Http1,
    /// h2: by prior knowledge in clear text, by ALPN (beside HTTP/1.1) over TLS.
    Http2,
}

/// Whether requests are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Every request and what was sent for it, up to 100,000 of them (the oldest fall out).
    Requests,
    /// Books alone: for load.
    Books,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            transport: Transport::Plain,
            version: Version::Http1,
            keep: Keep::Requests,
        }
    }
}
