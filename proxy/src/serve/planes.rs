//! The admin plane on pingora's listener, and the ways it and the housekeeper reach the process.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use pingora_core::apps::ServerApp;
use pingora_core::protocols::Stream;
use pingora_core::server::ShutdownWatch;
use tokio::sync::Notify;

use crate::admin::PeerAddress;
use crate::clock;
use crate::config::reload::{Source, Watcher};
use crate::config::{Config, ConfigError};
use crate::ledger::Observer;
use crate::metrics::Metrics;
use crate::state::State;

/// Longest wait for a request head on the admin plane.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The admin plane as pingora sees it.
#[derive(Debug)]
pub(super) struct AdminPlane {
    pub(super) router: Router,
}

#[async_trait]
impl ServerApp for AdminPlane {
    async fn process_new(
        self: &Arc<Self>,
        session: Stream,
        shutdown: &ShutdownWatch,
    ) -> Option<Stream> {
        let peer = session
            .get_socket_digest()
            .and_then(|digest| digest.peer_addr()?.as_inet().map(std::net::SocketAddr::ip));
        let router = self.router.clone().layer(axum::Extension(PeerAddress(peer)));
        let service = TowerToHyperService::new(router);
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(64 * 1024)
                .serve_connection(TokioIo::new(session), service)
        );
        let mut shutdown = shutdown.clone();
        tokio::select! {
            // A client that breaks off is no event here.
            _ = connection.as_mut() => return None,
            _ = wait_for(&mut shutdown) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
        None
    }
}

/// pingora's watch guard cannot be held across an await by a task that moves between threads.
async fn wait_for(shutdown: &mut ShutdownWatch) -> Result<(), Infallible> {
    drop(shutdown.wait_for(|stopping| *stopping).await);
    Ok(())
}

/// Loads the configuration again, on whosever word.
#[derive(Debug)]
pub(super) struct Reloader {
    state: Arc<State>,
    source: Source,
    changed: Arc<Notify>,
}

impl Reloader {
    pub(super) fn new(state: Arc<State>, source: Source) -> Self {
        Self { state, source, changed: Arc::default() }
    }

    /// Watches the files for as long as the answer is kept.
    pub(super) fn watch(&self) -> Option<Watcher> {
        let changed = Arc::clone(&self.changed);
        let watcher = self.source.watch(move || changed.notify_one());
        watcher.unwrap_or_else(|error| {
            tracing::warn!(%error, "HUP and POST /admin/v1/reload still reload");
            None
        })
    }

    /// Completes when the files have changed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Puts the configuration as it now stands in force, or says everything that is wrong with it.
    ///
    /// # Errors
    /// Every fault; the configuration in force stays.
    pub(super) fn reload(&self) -> Result<Vec<&'static str>, Vec<ConfigError>> {
        let loaded = self.source.load().inspect_err(|_| self.state.metrics.config_refused())?;
        let config = Arc::new(loaded.config);
        let before = Arc::clone(&self.state.snapshot().config);
        let restart_required = restart_required(&before, &config);
        let prices_as_of = config.price_table.as_of_unix_seconds();
        self.state.replace(config);
        self.state.metrics.config_loaded(clock::unix_seconds(), prices_as_of);
        Ok(restart_required)
    }

    /// [`Self::reload`] for those who read logs.
    pub(super) fn reload_and_log(&self, because: &'static str) {
        match self.reload() {
            Ok(restart_required) => {
                tracing::info!(because, ?restart_required, "configuration reloaded");
            }
            Err(errors) => {
                for error in errors {
                    tracing::error!(because, %error, "configuration not reloaded");
                }
            }
        }
    }
}

/// What only a new process (QUIT hands over to one) can change.
fn restart_required(before: &Config, after: &Config) -> Vec<&'static str> {
    let mut keys = Vec::new();
    let mut note = |changed: bool, key: &'static str| {
        if changed {
            keys.push(key);
        }
    };
    note(before.server.listen != after.server.listen, "server.listen");
    note(before.server.tls != after.server.tls, "server.tls");
    note(before.server.threads != after.server.threads, "server.threads");
    note(before.admin.listen != after.admin.listen, "admin.listen");
    note(before.data_dir != after.data_dir, "data_dir");
    note(before.ledger != after.ledger, "ledger");
    note(before.log != after.log, "log");
    keys
}

/// The ledger's timings, as metrics.
#[derive(Debug)]
pub(super) struct LedgerMetrics(pub(super) Arc<Metrics>);

impl Observer for LedgerMetrics {
    fn appended(&self, took: Duration) {
        self.0.ledger_appended(took);
    }

    fn synced(&self, took: Duration) {
        self.0.ledger_synced(took);
    }

    fn failed(&self) {
        self.0.ledger_failed();
    }
}
