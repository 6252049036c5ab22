//! The process: pingora's server with our two planes on it, from start to the last settled request.

mod leave;
mod listen;
mod planes;
mod signals;

use std::sync::Arc;

use pingora_core::server::configuration::{Opt, ServerConf};
use pingora_core::server::{RunArgs, Server};
use pingora_core::services::background::background_service;

use crate::cli::RunOptions;
use crate::config::{Config, Loaded};
use crate::gateway::accept::DataPlane;
use crate::ledger::{Clock, Hooks, Ledger, OpenError, Settings, Spending};
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::registry::RegistryError;
use crate::state::{Ground, State};
use crate::{admin, clock, telemetry};
use leave::Housekeeper;
use listen::{Listening, Ready};
use planes::{AdminPlane, LedgerMetrics, Reloader, admin_state};
use signals::Signals;

/// Why the process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] OpenError),
    /// The registry of keys and rules cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There is no thread to follow the registry.
    #[error("cannot follow the registry: {0}")]
    Follow(std::io::Error),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address as configured.
        address: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The certificate or key of a listener cannot be used.
    #[error("server.tls: {0}")]
    Tls(String),
}

/// Serves until a signal ends the process; returns only when it cannot begin.
///
/// # Errors
/// [`ServeError`] when the ledger, an address or a certificate cannot be used.
pub fn serve(
    options: RunOptions,
    loaded: Loaded,
    logs: telemetry::Guard,
) -> Result<(), ServeError> {
    let config = Arc::new(loaded.config.clone());
    let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), COMMIT));
    let prices_as_of = config.price_table.as_of_unix_seconds();
    metrics.config_loaded(clock::unix_seconds(), prices_as_of);
    let ground = Ground::lay(&config)?;
    let ledger = open_ledger(&config, &metrics, &ground.policy)?;
    let state = State::new(ground, ledger, metrics);
    state.registry.follow().map_err(ServeError::Follow)?;
    let reloader = Arc::new(Reloader::new(Arc::clone(&state), options.source.clone()));
    let upgrade_socket = config.data_dir.join("upgrade.sock");
    let upgrade = options.upgrade;

    let mut server = Server::new_with_opt_and_conf(
        Some(Opt {
            upgrade,
            ..Opt::default()
        }),
        conf(&config, &upgrade_socket),
    );
    if upgrade {
        server.bootstrap();
    }
    let ready = Arc::new(Ready::new(options, loaded));
    let data = DataPlane::new(Arc::clone(&state));
    let tls = config.server.tls.as_ref();
    let data = Listening::new(
        "proxy",
        data,
        &config.server.listen,
        tls,
        (Arc::clone(&ready), upgrade),
    )?;
    let admin = AdminPlane::new(admin::router(admin_state(&state, &reloader)));
    let listen = std::slice::from_ref(&config.admin.listen);
    let admin = Listening::new("admin", admin, listen, None, (Arc::clone(&ready), upgrade))?
        .with_threads(1);
    server.add_service(data);
    server.add_service(admin);
    let signals = Signals {
        upgrade_socket,
        state: Arc::clone(&state),
    };
    let housekeeper = Housekeeper::new(state, reloader, ready, logs);
    server.add_service(background_service("housekeeper", housekeeper));
    server.run(RunArgs {
        shutdown_signal: Box::new(signals),
    });
    Ok(())
}

/// The commit that this was built from, where the build knew it.
const COMMIT: &str = match option_env!("QUOTAH_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};

fn open_ledger(
    config: &Config,
    metrics: &Arc<Metrics>,
    policy: &Arc<Policy>,
) -> Result<Ledger, ServeError> {
    let settings = Settings {
        sync_interval: config.ledger.sync_interval,
        segment_bytes: config.ledger.segment_bytes,
        retain_bytes: config.ledger.retain_bytes,
        retain_age: config.ledger.retain_age,
    };
    let hooks = Hooks {
        observer: Arc::new(LedgerMetrics(Arc::clone(metrics))),
        spending: Arc::clone(policy) as Arc<dyn Spending>,
        ..Hooks::new(Clock {
            now: clock::now,
            unix_ms: clock::unix_ms,
        })
    };
    let (ledger, recovery) = Ledger::open(&config.data_dir.join("ledger"), settings, hooks)?;
    if recovery.intents_closed > 0 || !recovery.damaged.is_empty() || recovery.torn_bytes > 0 {
        tracing::warn!(
            entries = recovery.entries,
            intents_closed = recovery.intents_closed,
            damaged_ranges = recovery.damaged.len(),
            torn_bytes = recovery.torn_bytes,
            "ledger recovered"
        );
    }
    Ok(ledger)
}

/// pingora's own settings. Its drain is ours: see [`leave`].
fn conf(config: &Config, upgrade_socket: &std::path::Path) -> ServerConf {
    ServerConf {
        threads: config.server.threads,
        work_stealing: true,
        upgrade_sock: upgrade_socket.to_string_lossy().into_owned(),
        // Never reached: the housekeeper ends the process when everything is settled.
        grace_period_seconds: Some(config.server.drain.as_secs().saturating_add(60)),
        graceful_shutdown_timeout_seconds: Some(5),
        ..ServerConf::default()
    }
}
