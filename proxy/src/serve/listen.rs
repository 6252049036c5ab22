//! Listening sockets: bound by us before pingora's service takes them, so that port 0 is known and a
//! hand-over carries it, and so that a taken port is an error with a name and not a panic.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::IntoRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use pingora_core::apps::ServerApp;
use pingora_core::listeners::ListenerConfig;
use pingora_core::listeners::tls::TlsSettings;
use pingora_core::protocols::l4::stream::L4BufferSettings;
use pingora_core::server::{Fds, ListenFds, ShutdownWatch};
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
        Self {
            planes: Mutex::default(),
            options,
            loaded,
        }
    }

    /// Notes a plane's address, or that the housekeeper listens; says the ready line when all three are there.
    pub(super) fn up(&self, plane: &'static str, url: String) {
        let mut planes = self.planes.lock();
        if planes.insert(plane, url).is_some() {
            return;
        }
        if let (Some(proxy), Some(admin), Some(_)) = (
            planes.get("proxy"),
            planes.get("admin"),
            planes.get("housekeeper"),
        ) {
            let banner = Banner {
                proxy,
                admin,
                options: &self.options,
                loaded: &self.loaded,
            };
            let ready = ready_line(proxy, admin, std::process::id());
            // In one piece: a predecessor that drains writes to the same pipe. Nobody reads a closed stderr.
            let text = format!("{}{ready}\n", banner.text());
            std::io::stderr().write_all(text.as_bytes()).ok();
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
    /// Of the first address, once it is known.
    url: String,
    ready: Arc<Ready>,
}

struct Bound {
    key: String,
    fd: i32,
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
            let key = key(plane, address);
            let endpoint = match address {
                Listen::Tcp(_) => ListenerConfig::tcp(&key),
                Listen::Unix(_) => {
                    ListenerConfig::uds(&key).permissions(std::fs::Permissions::from_mode(0o600))
                }
            };
            inner.endpoints().add_listener(match (tls, address) {
                (Some(tls), Listen::Tcp(_)) => endpoint
                    .tls(tls_settings(tls)?)
                    .l4_buffer(L4BufferSettings::new(TLS_READ_BYTES, 0)),
                _ => endpoint.l4_buffer(L4BufferSettings::unbuffered()),
            });
            if !inherits {
                bound.push(open(plane, address, scheme)?);
            }
        }
        Ok(Self {
            plane,
            inner,
            addresses: addresses.to_vec(),
            scheme,
            bound,
            url: String::new(),
            ready,
        })
    }

    /// Puts this plane's sockets into the table: those bound before, and, in a successor whose configuration
    /// has other addresses than its predecessor's, those that it did not inherit.
    fn fill(&mut self, table: &mut Fds) -> Result<(), ServeError> {
        let mut urls = Vec::new();
        for bound in self.bound.drain(..) {
            table.add(bound.key, bound.fd);
            urls.push(bound.url);
        }
        for address in self.addresses.iter().skip(urls.len()) {
            if let Some(fd) = table.get(&key(self.plane, address)) {
                urls.extend(inherited_url(address, *fd, self.scheme));
            } else {
                let bound = open(self.plane, address, self.scheme)?;
                table.add(bound.key, bound.fd);
                urls.push(bound.url);
            }
        }
        self.url = urls.into_iter().next().unwrap_or_default();
        Ok(())
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
        if let Some(fds) = &fds
            && let Err(error) = self.fill(&mut fds.lock())
        {
            tracing::error!(%error, "cannot take the listening sockets over");
            std::process::exit(1);
        }
        self.ready.up(self.plane, self.url.clone());
        self.inner
            .start_service(fds, shutdown, listeners_per_fd)
            .await;
    }

    fn name(&self) -> &str {
        self.plane
    }

    fn threads(&self) -> Option<usize> {
        self.inner.threads
    }

    fn listen_addresses(&self) -> Option<Vec<String>> {
        Some(
            self.addresses
                .iter()
                .map(|address| key(self.plane, address))
                .collect(),
        )
    }
}

impl<A> Listening<A> {
    /// With this many threads.
    pub(super) fn with_threads(mut self, threads: usize) -> Self {
        self.inner.threads = Some(threads);
        self
    }
}

/// How a plane's address is called in the table of sockets that a hand-over carries.
///
/// Both planes may ask for port 0, so the plane is part of it. A socket's path stands alone: pingora sets
/// the permissions of the file that it names.
fn key(plane: &str, address: &Listen) -> String {
    match address {
        Listen::Tcp(address) => format!("{plane}={address}"),
        Listen::Unix(path) => path.to_string_lossy().into_owned(),
    }
}

fn open(plane: &str, address: &Listen, scheme: &str) -> Result<Bound, ServeError> {
    let (fd, url) = match address {
        Listen::Tcp(wanted) => tcp(*wanted).and_then(|listener| {
            let url = format!("{scheme}://{}", listener.local_addr()?);
            Ok((listener.into_raw_fd(), url))
        }),
        Listen::Unix(path) => {
            unix(path).map(|listener| (listener.into_raw_fd(), format!("unix:{}", path.display())))
        }
    }
    .map_err(|error| ServeError::Listen {
        address: address.to_string(),
        error,
    })?;
    Ok(Bound {
        key: key(plane, address),
        fd,
        url,
    })
}

fn unix(path: &Path) -> std::io::Result<UnixListener> {
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
    Ok(listener)
}

fn tcp(address: SocketAddr) -> std::io::Result<TcpListener> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
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
    let path = |path: &Path| {
        path.to_str()
            .map(str::to_owned)
            .ok_or_else(|| ServeError::Tls("path is not UTF-8".into()))
    };
    let (cert, key) = (path(&tls.cert)?, path(&tls.key)?);
    let mut settings = TlsSettings::intermediate(&cert, &key)
        .map_err(|error| ServeError::Tls(error.to_string()))?;
    settings
        .set_certificate_chain_file(&cert)
        .and_then(|()| settings.set_private_key_file(&key))
        .map_err(|error| ServeError::Tls(error.to_string()))?;
    certify(&tls.cert, &tls.key)?;
    settings.enable_h2();
    if let Some(ca) = &tls.client_ca {
        settings.set_client_cert_verifier(client_verifier(ca)?);
    }
    Ok(settings)
}

/// Whether the key is the certificate's: pingora would find out when the process has said that it is ready.
fn certify(cert: &Path, key: &Path) -> Result<(), ServeError> {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

    let unusable = |error: &dyn std::fmt::Display| {
        ServeError::Tls(format!(
            "{} with {}: {error}",
            cert.display(),
            key.display()
        ))
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(&error))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(&error))?;
    rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map(drop)
        .map_err(|error| unusable(&error))
}

fn client_verifier(
    ca: &Path,
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
    verifier
        .map(|verifier| verifier as Arc<_>)
        .map_err(|error| unusable(&error))
}
