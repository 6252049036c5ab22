//! Listening sockets: bound by us before pingora's service takes them, so that port 0 is known and a
//! hand-over carries it, and so that a taken port is an error with a name and not a panic.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::IntoRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use pingora_core::apps::ServerApp;
use pingora_core::listeners::ListenerConfig;
use pingora_core::listeners::tls::TlsSettings;
use pingora_core::protocols::l4::stream::L4BufferSettings;
use pingora_core::server::{ListenFds, ShutdownWatch};
use pingora_core::services::Service;
use pingora_core::services::listening::Service as PingoraService;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};

use super::ServeError;
use crate::cli::{Banner, RunOptions, ready_line};
use crate::config::Loaded;
use crate::config::resolved::{Listen, Tls};

/// Connections that may wait to be accepted; the kernel's `somaxconn` bounds it further.
const BACKLOG: i32 = 4096;
/// Read buffer under TLS, bytes: one record.
const TLS_READ_BYTES: usize = 16 * 1024;

/// Which planes accept connections, and where.
#[derive(Debug)]
pub(super) struct Ready {
    planes: Mutex<BTreeMap<&'static str, String>>,
    options: RunOptions,
    loaded: Loaded,
}

impl Ready {
    /// Nothing accepts yet.
    pub(super) fn new(options: RunOptions, loaded: Loaded) -> Self {
        Self { planes: Mutex::default(), options, loaded }
    }

    /// Notes a plane's address; says the ready line when both are known.
    fn up(&self, plane: &'static str, url: String) {
        let mut planes = self.planes.lock();
        if planes.insert(plane, url).is_some() {
            return;
        }
        if let (Some(proxy), Some(admin)) = (planes.get("proxy"), planes.get("admin")) {
            let banner = Banner { proxy, admin, options: &self.options, loaded: &self.loaded };
            let ready = ready_line(proxy, admin, std::process::id());
            // Nobody reads a closed stderr.
            writeln!(std::io::stderr(), "{}{ready}", banner.text()).ok();
        }
    }
}

/// A plane with its sockets.
pub(super) struct Listening<A> {
    plane: &'static str,
    inner: PingoraService<A>,
    addresses: Vec<Listen>,
    scheme: &'static str,
    bound: Vec<Bound>,
    ready: Arc<Ready>,
}

struct Bound {
    key: String,
    fd: Option<i32>,
    url: String,
}

impl<A: ServerApp + Send + Sync + 'static> Listening<A> {
    /// A plane on these addresses. With `inherits`, its sockets come from the process before.
    ///
    /// # Errors
    /// [`ServeError::Listen`] when an address cannot be bound, [`ServeError::Tls`] for unusable files.
    pub(super) fn new(
        plane: &'static str,
        app: A,
        addresses: &[Listen],
        tls: Option<&Tls>,
        (ready, inherits): (Arc<Ready>, bool),
    ) -> Result<Self, ServeError> {
        let mut inner = PingoraService::new(format!("quotah {plane}"), app);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut bound = Vec::new();
        for address in addresses {
            let key = key(address);
            let endpoint = match address {
                Listen::Tcp(_) => ListenerConfig::tcp(&key),
                Listen::Unix(_) => ListenerConfig::uds(&key)
                    .permissions(std::fs::Permissions::from_mode(0o600)),
            };
            inner.endpoints().add_listener(match (tls, address) {
                (Some(tls), Listen::Tcp(_)) => endpoint
                    .tls(tls_settings(tls)?)
                    .l4_buffer(L4BufferSettings::new(TLS_READ_BYTES, 0)),
                _ => endpoint.l4_buffer(L4BufferSettings::unbuffered()),
            });
            if !inherits {
                bound.push(open(address, scheme).map_err(|error| ServeError::Listen {
                    address: key.clone(),
                    error,
                })?);
            }
        }
        Ok(Self { plane, inner, addresses: addresses.to_vec(), scheme, bound, ready })
    }
}

#[async_trait]
impl<A: ServerApp + Send + Sync + 'static> Service for Listening<A> {
    async fn start_service(
        &mut self,
        fds: Option<ListenFds>,
        shutdown: ShutdownWatch,
        listeners_per_fd: usize,
    ) {
        let mut first = None;
        if let Some(fds) = &fds {
            let mut table = fds.lock();
            for bound in &mut self.bound {
                if let Some(fd) = bound.fd.take() {
                    table.add(bound.key.clone(), fd);
                    first.get_or_insert_with(|| bound.url.clone());
                }
            }
            if first.is_none() {
                // Inherited: the address is the socket's own.
                first = self.addresses.iter().find_map(|address| {
                    inherited_url(address, *table.get(&key(address))?, self.scheme)
                });
            }
        }
        let url = first.unwrap_or_default();
        self.ready.up(self.plane, url);
        self.inner.start_service(fds, shutdown, listeners_per_fd).await;
    }

    fn name(&self) -> &str {
        self.plane
    }

    fn threads(&self) -> Option<usize> {
        self.inner.threads
    }

    fn listen_addresses(&self) -> Option<Vec<String>> {
        Some(self.addresses.iter().map(key).collect())
    }
}

impl<A> Listening<A> {
    /// With this many threads.
    pub(super) fn with_threads(mut self, threads: usize) -> Self {
        self.inner.threads = Some(threads);
        self
    }
}

/// How an address is called in the table of sockets that a hand-over carries.
fn key(address: &Listen) -> String {
    match address {
        Listen::Tcp(address) => address.to_string(),
        Listen::Unix(path) => path.to_string_lossy().into_owned(),
    }
}

fn open(address: &Listen, scheme: &str) -> std::io::Result<Bound> {
    match address {
        Listen::Tcp(wanted) => {
            let listener = tcp(*wanted)?;
            let url = format!("{scheme}://{}", listener.local_addr()?);
            Ok(Bound { key: key(address), fd: Some(listener.into_raw_fd()), url })
        }
        Listen::Unix(path) => {
            // A socket file that nobody answers on is left over; one that answers is in use.
            if path.exists() {
                if std::os::unix::net::UnixStream::connect(path).is_ok() {
                    return Err(std::io::ErrorKind::AddrInUse.into());
                }
                std::fs::remove_file(path)?;
            }
            let listener = UnixListener::bind(path)?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
            listener.set_nonblocking(true)?;
            let url = format!("unix:{}", path.display());
            Ok(Bound { key: key(address), fd: Some(listener.into_raw_fd()), url })
        }
    }
}

fn tcp(address: SocketAddr) -> std::io::Result<TcpListener> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

/// The address of a socket that the process before has handed over.
fn inherited_url(address: &Listen, fd: i32, scheme: &str) -> Option<String> {
    match address {
        Listen::Unix(path) => Some(format!("unix:{}", path.display())),
        Listen::Tcp(wanted) if wanted.port() != 0 => Some(format!("{scheme}://{wanted}")),
        Listen::Tcp(_) => {
            // The table holds bare numbers; the system's own view of them needs no ownership.
            let path = format!("/proc/self/fd/{fd}");
            let inode = std::fs::read_link(path).ok()?;
            local_address_of(inode.to_str()?).map(|local| format!("{scheme}://{local}"))
        }
    }
}

/// The listening address behind `socket:[inode]`, from the kernel's table of TCP sockets.
fn local_address_of(link: &str) -> Option<SocketAddr> {
    let inode = link.strip_prefix("socket:[")?.strip_suffix(']')?;
    let table = std::fs::read_to_string("/proc/self/net/tcp").ok()?;
    table.lines().skip(1).find_map(|line| {
        let columns: Vec<&str> = line.split_ascii_whitespace().collect();
        if columns.get(9) != Some(&inode) {
            return None;
        }
        let (ip, port) = columns.get(1)?.split_once(':')?;
        // The kernel prints the address in the machine's byte order.
        let ip = u32::from_str_radix(ip, 16).ok()?.to_ne_bytes();
        Some(SocketAddr::from((ip, u16::from_str_radix(port, 16).ok()?)))
    })
}

fn tls_settings(tls: &Tls) -> Result<TlsSettings, ServeError> {
    let path = |path: &std::path::Path| {
        path.to_str().map(str::to_owned).ok_or_else(|| ServeError::Tls("path is not UTF-8".into()))
    };
    let (cert, key) = (path(&tls.cert)?, path(&tls.key)?);
    let mut settings = TlsSettings::intermediate(&cert, &key)
        .map_err(|error| ServeError::Tls(error.to_string()))?;
    settings
        .set_certificate_chain_file(&cert)
        .and_then(|()| settings.set_private_key_file(&key))
        .map_err(|error| ServeError::Tls(error.to_string()))?;
    settings.enable_h2();
    if let Some(ca) = &tls.client_ca {
        settings.set_client_cert_verifier(client_verifier(ca)?);
    }
    Ok(settings)
}

fn client_verifier(
    ca: &std::path::Path,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, ServeError> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    let unusable = |error: &dyn std::fmt::Display| {
        ServeError::Tls(format!("client_ca {}: {error}", ca.display()))
    };
    let mut roots = rustls::RootCertStore::empty();
    for cert in CertificateDer::pem_file_iter(ca).map_err(|error| unusable(&error))? {
        let cert = cert.map_err(|error| unusable(&error))?;
        roots.add(cert).map_err(|error| unusable(&error))?;
    }
    let verifier = rustls::server::WebPkiClientVerifier::builder(Arc::new(roots)).build();
    verifier.map(|verifier| verifier as Arc<_>).map_err(|error| unusable(&error))
}
