//! The admin plane on pingora's listener, and the ways it and the housekeeper reach the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use pingora_core::apps::ServerApp;
use pingora_core::protocols::Stream;
use pingora_core::server::ShutdownWatch;
use tokio::sync::Notify;

use super::COMMIT;
use crate::admin::{
    Accounts, AdminState, CONNECTIONS_MAX, Component, Health, ReloadReport, Stored, serve_stream,
};
use crate::clock;
use crate::config::reload::{Source, Watcher};
use crate::config::{Config, ConfigError};
use crate::events::{Event, EventKind};
use crate::ledger::{LedgerHealth, Observer};
use crate::metrics::Metrics;
use crate::state::State;

/// The admin plane as pingora sees it.
#[derive(Debug)]
pub(super) struct AdminPlane {
    router: Router,
    connections: AtomicUsize,
}

impl AdminPlane {
    pub(super) fn new(router: Router) -> Self {
        Self {
            router,
            connections: AtomicUsize::new(0),
        }
    }
}

#[async_trait]
impl ServerApp for AdminPlane {
    async fn process_new(
        self: &Arc<Self>,
        session: Stream,
        shutdown: &ShutdownWatch,
    ) -> Option<Stream> {
        let digest = session.get_socket_digest();
        let ip =
            digest.and_then(|digest| digest.peer_addr()?.as_inet().map(std::net::SocketAddr::ip));
        if self.connections.fetch_add(1, Ordering::Relaxed) < CONNECTIONS_MAX {
            let stopped = stopped(shutdown.clone());
            serve_stream(session, ip, self.router.clone(), stopped).await;
        }
        self.connections.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

/// Completes at shutdown. pingora's watch guard must not live across an await of a task that moves.
async fn stopped(mut shutdown: ShutdownWatch) {
    drop(shutdown.wait_for(|stopping| *stopping).await);
}

/// What the admin plane shows and does.
pub(super) fn admin_state(state: &Arc<State>, reloader: &Arc<Reloader>) -> AdminState {
    let (config, health, reload) = (Arc::clone(state), Arc::clone(state), Arc::clone(reloader));
    let standings = Arc::clone(state);
    AdminState {
        metrics: Arc::clone(&state.metrics),
        headroom: Arc::clone(&state.headroom),
        standings: Arc::new(move || standings.standings()),
        policy: Arc::clone(&state.policy),
        ledger: Arc::clone(&state.ledger),
        store: Arc::new(stored(state)),
        spending: Arc::new(Accounts {
            state: Arc::clone(state),
        }),
        events: Arc::clone(&state.events),
        config: Arc::new(move || Arc::clone(&config.snapshot().config)),
        reload: Arc::new(move || {
            reload
                .reload()
                .map_err(|errors| errors.iter().map(ToString::to_string).collect())
        }),
        health: Arc::new(move || health_of(&health)),
        started_at_unix_ms: state.started_at_unix_ms,
        started: state.started,
        version: env!("CARGO_PKG_VERSION"),
        commit: COMMIT,
    }
}

/// Keys and rules of the registry and the configuration.
fn stored(state: &Arc<State>) -> Stored {
    let (config, publish, used) = (Arc::clone(state), Arc::clone(state), Arc::clone(state));
    Stored::new(
        Arc::clone(&state.registry),
        Arc::new(move || Arc::clone(&config.snapshot().config)),
        Arc::new(move || publish.publish_rules()),
        Arc::new(move |key| used.last_used_unix_ms(key)),
    )
}

fn health_of(state: &State) -> Health {
    use crate::admin::State as Is;

    let draining = state.drain.is_closing();
    let proxy = Component {
        name: "proxy".to_owned(),
        state: if draining { Is::Down } else { Is::Up },
        reason: draining.then(|| "draining".to_owned()),
    };
    let (ledger, reason) = match state.ledger.status().health {
        LedgerHealth::Ok => (Is::Up, None),
        LedgerHealth::Failing { reason, .. } => (Is::Degraded, Some(reason)),
    };
    let ledger = Component {
        name: "ledger".to_owned(),
        state: ledger,
        reason,
    };
    let fault = state.registry.health().faults.into_iter().next();
    let registry = Component {
        name: "registry".to_owned(),
        state: if fault.is_some() {
            Is::Degraded
        } else {
            Is::Up
        },
        reason: fault.map(|fault| format!("record {}: {}", fault.record, fault.what)),
    };
    let reason = state.unwell();
    let providers = Component {
        name: "providers".to_owned(),
        state: if reason.is_some() {
            Is::Degraded
        } else {
            Is::Up
        },
        reason,
    };
    Health {
        ready: !draining,
        components: vec![proxy, ledger, registry, providers],
    }
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
        Self {
            state,
            source,
            changed: Arc::default(),
        }
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
    pub(super) fn reload(&self) -> Result<ReloadReport, Vec<ConfigError>> {
        let loaded = self
            .source
            .load()
            .inspect_err(|_| self.state.metrics.config_refused())?;
        let config = Arc::new(loaded.config);
        let before = Arc::clone(&self.state.snapshot().config);
        let report = ReloadReport {
            digest: config.digest.clone(),
            changed: config.digest != before.digest,
            needs_restart: needs_restart(&before, &config),
            warnings: loaded.warnings.iter().map(ToString::to_string).collect(),
        };
        let prices_as_of = config.price_table.as_of_unix_seconds();
        self.state.replace(config);
        self.state.publish_rules();
        let told = Event::new(EventKind::Reload, None, &report);
        self.state.events.publish(told);
        self.state
            .metrics
            .config_loaded(clock::unix_seconds(), prices_as_of);
        Ok(report)
    }

    /// [`Self::reload`] for those who read logs.
    pub(super) fn reload_and_log(&self, because: &'static str) {
        match self.reload() {
            Ok(report) => tracing::info!(
                because,
                changed = report.changed,
                needs_restart = report.needs_restart.join(", "),
                "configuration reloaded"
            ),
            Err(errors) => {
                for error in errors {
                    tracing::error!(because, %error, "configuration not reloaded");
                }
            }
        }
    }
}

/// What only a new process (QUIT hands over to one) can change.
fn needs_restart(before: &Config, after: &Config) -> Vec<String> {
    let (server, log) = (&before.server, &before.log);
    let differs = [
        ("server.listen", server.listen != after.server.listen),
        ("server.tls", server.tls != after.server.tls),
        ("server.threads", server.threads != after.server.threads),
        ("admin.listen", before.admin.listen != after.admin.listen),
        (
            "server.key_pepper",
            server.key_pepper != after.server.key_pepper,
        ),
        ("data_dir", before.data_dir != after.data_dir),
        ("ledger", before.ledger != after.ledger),
        (
            "log",
            (log.format, &log.filter) != (after.log.format, &after.log.filter),
        ),
    ];
    differs
        .iter()
        .filter(|(_, differs)| *differs)
        .map(|(key, _)| (*key).to_owned())
        .collect()
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
