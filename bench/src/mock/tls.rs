//! The certificate that the mock shows.

use std::io::Cursor;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Version;

/// A certificate and its key, as PEM.
#[derive(Clone)]
pub struct Identity {
    cert_pem: String,
    key_pem: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// A certificate that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Generate(#[from] rcgen::Error),
    /// The PEM text cannot be read.
    #[error("cannot read pem: {0}")]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// Certificate and key do not go together.
    #[error("cannot use certificate: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Identity {
    /// A fresh self-signed certificate for `localhost` and `127.0.0.1`.
    ///
    /// # Errors
    /// [`TlsError::Generate`] when the system gives no randomness.
    pub fn self_signed() -> Result<Self, TlsError> {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names)?;
        Ok(Self {
            cert_pem: made.cert.pem(),
            key_pem: made.signing_key.serialize_pem(),
        })
    }

    /// A certificate chain and key from PEM text.
    #[must_use]
    pub const fn from_pem(cert_pem: String, key_pem: String) -> Self {
        Self { cert_pem, key_pem }
    }

    /// The certificate: what a client should trust.
    #[must_use]
    pub fn cert_pem(&self) -> &str {
        &self.cert_pem
    }

    /// The private key.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// A server configuration on ring that offers `version` by ALPN.
    ///
    /// # Errors
    /// [`TlsError::Pem`] or [`TlsError::Unusable`] for text that is no certificate and key.
    pub fn server_config(&self, version: Version) -> Result<Arc<ServerConfig>, TlsError> {
        let chain = CertificateDer::pem_reader_iter(Cursor::new(&self.cert_pem))
            .collect::<Result<Vec<_>, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = match version {
            Version::Http1 => vec![b"http/1.1".to_vec()],
            Version::Http2 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        };
        Ok(Arc::new(config))
    }
}
