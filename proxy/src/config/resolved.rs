//! The configuration that the program runs on: every default filled in, every reference checked.
//!
//! There is one way to make a [`Config`]: `resolve` builds it from the file, the environment and the
//! flags, or says everything that is wrong. Nothing after it checks again.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use quotah_policy::budget::Budget;
use quotah_policy::guard::Guard;
use quotah_policy::limit::Limit;
use quotah_policy::{BreakerForm, KeyNetworks, OwnLimits, PriceRow, PriceTable};

pub use super::credential::{Credential, Place};
pub use super::policy::{KeyDefaults, ReservationSettings};
pub use super::route::{
    CacheSettings, Deployment, FallbackOn, HealthCheck, Hedge, Labelled, Mirror, Model,
    RetrySettings, RouteCache,
};

/// Everything `run` needs, resolved.
#[derive(Debug, Clone)]
pub struct Config {
    /// Data plane.
    pub server: Server,
    /// Admin plane.
    pub admin: Admin,
    /// Where requests may go, in the order of the file.
    pub providers: Vec<Provider>,
    /// What clients may ask for by a name of ours.
    pub models: Vec<Model>,
    /// Keys configured in the file.
    pub keys: Vec<StaticKey>,
    /// What keys get that are made without their own.
    pub key_defaults: KeyDefaults,
    /// How much may be spent, in the order of the file.
    pub budgets: Vec<Budget>,
    /// How much at once, in the order of the file.
    pub limits: Vec<Limit>,
    /// What may be asked for, in the order of the file.
    pub guards: Vec<Guard>,
    /// What a request holds until its cost is known.
    pub reservation: ReservationSettings,
    /// Own prices and corrections, which win over the built-in table.
    pub prices: Vec<PriceRow>,
    /// The built-in table with `prices` applied.
    pub price_table: Arc<PriceTable>,
    /// How often a request is tried again.
    pub retry: RetrySettings,
    /// When a deployment is not called for a while.
    pub breaker: BreakerForm,
    /// Answers kept.
    pub cache: CacheSettings,
    /// Ledger settings.
    pub ledger: LedgerSettings,
    /// Where the data lives.
    pub data_dir: PathBuf,
    /// Log format and filter.
    pub log: Log,
    /// First 16 hex digits of the SHA-256 over the merged, uninterpolated text: tells two configurations apart.
    pub digest: String,
    /// The merged configuration as JSON with every secret replaced by `***`, for `/admin/v1/config`.
    pub redacted: serde_json::Value,
}

impl Config {
    /// Where the ledger's segments are.
    #[must_use]
    pub fn ledger_dir(&self) -> PathBuf {
        self.data_dir.join("ledger")
    }
}

/// An address that a plane listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// `host:port`; port 0 takes a free one.
    Tcp(SocketAddr),
    /// `unix:/path`; created with mode 0600.
    Unix(PathBuf),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Data-plane settings.
#[derive(Debug, Clone)]
pub struct Server {
    /// One or more addresses.
    pub listen: Vec<Listen>,
    /// Refuse every request without a virtual key.
    pub require_key: bool,
    /// Longest wait for requests in flight at TERM.
    pub drain: Duration,
    /// What happens to the provider's answer when its reader is gone.
    pub on_client_disconnect: OnClientDisconnect,
    /// Largest request body, bytes.
    pub body_bytes_max: u64,
    /// Largest request body that passes without being held (forms, files), bytes.
    pub upload_bytes_max: u64,
    /// Most that is held of such a body to find its model, bytes.
    pub upload_held_bytes_max: u64,
    /// Most bytes of request bodies held at once; one that would pass it is answered 503.
    pub memory_max: u64,
    /// Threads that serve requests.
    pub threads: usize,
    /// Requests served at once; one more is answered 503.
    pub in_flight_max: usize,
    /// Connections held at once on all listeners; one more is closed at accept.
    pub connections_max: usize,
    /// TLS on the data plane.
    pub tls: Option<Tls>,
    /// From the first byte of a head to its last.
    pub timeout_head: Duration,
    /// Longest silence while a request body arrives.
    pub timeout_body: Duration,
    /// Longest idle time of a kept-alive client connection.
    pub timeout_keepalive: Duration,
    /// Longest time that a client may take nothing of what is ready for it.
    pub timeout_write: Duration,
    /// Tag names kept from `x-quotah-tags`.
    pub tags: Vec<String>,
    /// What keys of the registry are hashed with; `None` for the one that is kept beside it.
    pub key_pepper: Option<Secret>,
}

/// `server.on_client_disconnect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnClientDisconnect {
    /// Close the provider's connection at once, book what was delivered.
    Cancel,
    /// Read on to the usage, up to `drain`.
    Drain,
}

/// Certificate, key and optional client CA, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub cert: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
    /// When set, clients must show a certificate signed by it.
    pub client_ca: Option<PathBuf>,
}

/// Admin-plane settings.
#[derive(Debug, Clone)]
pub struct Admin {
    /// Where it listens.
    pub listen: Listen,
    /// Tokens that may call `/admin/v1`. Never empty: without one configured, one is made at start and shown in the banner.
    pub tokens: Vec<AdminToken>,
}

/// A token for the admin plane.
#[derive(Debug, Clone)]
pub struct AdminToken {
    /// Shown in audits.
    pub name: String,
    /// The token itself.
    pub token: Secret,
    /// What it may do.
    pub role: Role,
    /// Sees this team only.
    pub team: Option<String>,
}

/// Roles of the admin plane, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also reloads and writes policy.
    Operator,
    /// Everything.
    Admin,
}

impl Role {
    /// Its name in configurations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

/// A provider that requests may go to.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name: in routes, headers, metrics and `/{name}/…` paths.
    pub name: Arc<str>,
    /// How it speaks: one of the provider kinds known to `quotah-adapters`.
    pub kind: quotah_adapters::ProviderKind,
    /// Where it lives.
    pub base: BaseUrl,
    /// Whose credential goes along.
    pub credential: Credential,
    /// What `credential` is called where it has a name.
    pub credential_label: Option<Arc<str>>,
    /// Further credentials, by name: each has limits of its own.
    pub credentials_more: Vec<Labelled>,
    /// Where a configured credential is put; `None` for the kind's own place.
    pub credential_place: Option<Place>,
    /// TCP and TLS set-up.
    pub timeout_connect: Duration,
    /// From the request's last byte to the answer's first.
    pub timeout_first_byte: Duration,
    /// Longest silence inside an answer.
    pub timeout_idle: Duration,
    /// The whole exchange.
    pub timeout_total: Duration,
    /// Trust anchors, PEM, instead of the machine's own.
    pub ca_file: Option<PathBuf>,
    /// HTTP version toward it.
    pub http: HttpVersion,
    /// Header lines added to each request.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// Ask for usage in streams that would carry none (`stream_options.include_usage`); `false` for servers that refuse unknown fields.
    pub inject_usage: bool,
    /// Send header names with the client's capitals (5 to 6 µs a request).
    pub keep_header_case: bool,
    /// How it speaks, where no code knows it.
    pub custom: Option<Arc<quotah_adapters::Custom>>,
    /// How it tells of its limits, where that is described; `None` is as its kind does.
    pub limits: Option<quotah_adapters::limits::LimitFormats>,
    /// How it is asked whether it is well, while nobody else asks it.
    pub health_check: Option<HealthCheck>,
}

/// A provider's address, split once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    /// TLS or not.
    pub https: bool,
    /// Host name or address, without brackets.
    pub host: Arc<str>,
    /// Port, defaulted from the scheme.
    pub port: u16,
    /// Value of the `host` header: the port is left out when it is the scheme's own.
    pub authority: Arc<str>,
    /// Path prefix without a trailing slash and without the version segment; empty for most.
    pub prefix: Arc<str>,
    /// The version segment that was written at its end, with its slash (`/v1`, `/v4`); `None` when none was.
    pub version: Option<Arc<str>>,
}

/// HTTP version toward a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// By ALPN: h2 where the provider offers it.
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// h2 only; without TLS by prior knowledge.
    Http2,
}

/// A virtual key written in the configuration.
#[derive(Debug, Clone)]
pub struct StaticKey {
    /// Public id.
    pub id: String,
    /// The whole key as clients send it: `sk-qh-<id>-<secret>` or any string of at least 16 characters.
    pub key: Secret,
    /// Whose it is.
    pub team: Option<String>,
    /// Whose it is.
    pub user: Option<String>,
    /// What it is for.
    pub project: Option<String>,
    /// Further labels.
    pub tags: Vec<(String, String)>,
    /// Models it may use, wildcards allowed; empty means all.
    pub models: Vec<String>,
    /// Providers it may use; empty means all.
    pub providers: Vec<String>,
    /// Operations it may use; empty means all.
    pub operations: Vec<String>,
    /// Where its clients may be.
    pub networks: KeyNetworks,
    /// From when on it is not valid, milliseconds since 1970 UTC.
    pub expires_at_unix_ms: Option<u64>,
    /// Its own budget, called `key:ID`.
    pub budget: Option<Budget>,
    /// Its own limits.
    pub limits: Option<OwnLimits>,
    /// Its own guard.
    pub guards: Option<Guard>,
}

/// Ledger settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSettings {
    /// Longest time an acknowledged record stays unsynced.
    pub sync_interval: Duration,
    /// A segment is closed at this size.
    pub segment_bytes: u64,
    /// Oldest segments are deleted beyond this total; `None` keeps all.
    pub retain_bytes: Option<u64>,
    /// Segments whose newest entry is older are deleted; `None` keeps all.
    pub retain_age: Option<Duration>,
}

/// Log settings.
#[derive(Debug, Clone)]
pub struct Log {
    /// Lines for people or JSON.
    pub format: LogFormat,
    /// `tracing` filter directives.
    pub filter: String,
    /// One line a request.
    pub access: bool,
}

/// `log.format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// A value that must never be shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: impl Into<Arc<str>>) -> Self {
        Self(value.into())
    }

    /// The value itself: for the wire, and for comparison.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
