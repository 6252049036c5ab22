//! A client of h1 or h2 on any stream, and TLS that says which certificates go.

use std::io;
use std::sync::Arc;

use crate::faults::Call;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use quotah_bench::mock::Identity;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// One connection.
pub(super) struct Client(Sender);

enum Sender {
    H1(tokio::sync::Mutex<http1::SendRequest<Full<Bytes>>>),
    H2(http2::SendRequest<Full<Bytes>>),
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// `x-quotah-request-id`.
    pub(super) id: String,
    pub(super) body: Bytes,
}

/// An answer under way; dropped, it is left.
pub(super) struct Open(http::Response<Incoming>);

impl Open {
    /// The length of the next piece.
    pub(super) async fn some_bytes(&mut self) -> usize {
        let frame = self.0.body_mut().frame().await.unwrap().unwrap();
        frame.data_ref().map_or(0, Bytes::len)
    }
}

pub(super) async fn tcp(addr: &str) -> TcpStream {
    TcpStream::connect(addr).await.unwrap()
}

impl Client {
    pub(super) async fn h1(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self(Sender::H1(tokio::sync::Mutex::new(sender)))
    }

    pub(super) async fn h2(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        Self(Sender::H2(sender))
    }

    /// Asks, and reads the whole answer.
    pub(super) async fn ask(&self, call: Call, headers: &[(&str, &str)]) -> io::Result<Answer> {
        let Open(response) = self.begin(call, headers).await?;
        let status = response.status().as_u16();
        let id = response.headers().get("x-quotah-request-id");
        let id = id
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        Ok(Answer { status, id, body })
    }

    /// Asks, and waits for the head.
    pub(super) async fn begin(&self, call: Call, headers: &[(&str, &str)]) -> io::Result<Open> {
        let scheme = if matches!(self.0, Sender::H2(_)) {
            "http://quotah.test"
        } else {
            ""
        };
        let mut request = http::Request::post(format!("{scheme}{}", call.path))
            .header("content-type", "application/json");
        if scheme.is_empty() {
            request = request.header("host", "quotah.test");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(call.body)).unwrap();
        let response = match &self.0 {
            Sender::H1(sender) => {
                let mut sender = sender.lock().await;
                sender.ready().await.map_err(io::Error::other)?;
                sender.send_request(request).await
            }
            Sender::H2(sender) => sender.clone().send_request(request).await,
        };
        response.map(Open).map_err(io::Error::other)
    }
}

/// How a client speaks TLS.
pub(super) struct Tls {
    roots: RootCertStore,
    offered: Vec<Vec<u8>>,
    identity: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
}

impl Tls {
    /// Trusts this certificate alone.
    pub(super) fn trusting(pem: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap();
        Self {
            roots,
            offered: Vec::new(),
            identity: None,
        }
    }

    /// Offers these protocols.
    pub(super) fn offering(mut self, protocols: &[&str]) -> Self {
        self.offered = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        self
    }

    /// Shows this certificate.
    pub(super) fn showing(mut self, identity: &Identity) -> Self {
        let cert = CertificateDer::from_pem_slice(identity.cert_pem().as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(identity.key_pem().as_bytes()).unwrap();
        self.identity = Some((cert, key));
        self
    }

    pub(super) async fn connect(self, addr: &str) -> io::Result<TlsStream<TcpStream>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots);
        let mut config = match self.identity {
            Some((cert, key)) => config.with_client_auth_cert(vec![cert], key).unwrap(),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = self.offered;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, tcp(addr).await)
            .await
    }
}
