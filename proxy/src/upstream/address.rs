//! A provider's addresses: resolved off the hot path, kept fresh in the background.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;

use super::ConnectError;

/// Most addresses kept of one name.
const ADDRESSES_MAX: usize = 16;

/// Where a host is.
#[derive(Debug)]
pub(crate) struct Addresses {
    host: Arc<str>,
    port: u16,
    literal: Option<SocketAddr>,
    known: ArcSwapOption<Vec<SocketAddr>>,
    next: AtomicUsize,
}

impl Addresses {
    pub(crate) fn new(host: Arc<str>, port: u16) -> Self {
        let literal = host
            .parse::<IpAddr>()
            .ok()
            .map(|ip| SocketAddr::new(ip, port));
        Self {
            host,
            port,
            literal,
            known: ArcSwapOption::empty(),
            next: AtomicUsize::new(0),
        }
    }

    /// Every address worth trying, a different one first each time.
    ///
    /// # Errors
    /// [`ConnectError::Resolve`] when the name has never been resolved and cannot be now.
    pub(crate) async fn candidates(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        if let Some(literal) = self.literal {
            return Ok(vec![literal]);
        }
        if self.known.load().is_none() {
            self.refresh().await?;
        }
        let mut addresses = self.known.load().as_deref().cloned().unwrap_or_default();
        if !addresses.is_empty() {
            let first = self.next.fetch_add(1, Ordering::Relaxed) % addresses.len();
            addresses.rotate_left(first);
        }
        Ok(addresses)
    }

    /// Looks the name up again; a failure keeps what was known.
    ///
    /// # Errors
    /// [`ConnectError::Resolve`] when the look-up fails or finds nothing.
    pub(crate) async fn refresh(&self) -> Result<(), ConnectError> {
        if self.literal.is_some() {
            return Ok(());
        }
        let found = tokio::net::lookup_host((&*self.host, self.port)).await;
        let addresses: Vec<SocketAddr> = found
            .map_err(|_| ConnectError::Resolve)?
            .take(ADDRESSES_MAX)
            .collect();
        if addresses.is_empty() {
            return Err(ConnectError::Resolve);
        }
        self.known.store(Some(Arc::new(addresses)));
        Ok(())
    }
}
