//! The housekeeper: reloads, tidies, and sees the process out.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use pingora_core::server::ShutdownWatch;
use pingora_core::services::background::BackgroundService;
use tokio::signal::unix::{Signal, SignalKind};

use super::listen::Ready;
use super::planes::Reloader;
use super::signals::watch;
use crate::clock;
use crate::gateway::drain::LINGER;
use crate::probe;
use crate::state::State;
use crate::telemetry::Guard;

/// How often idle connections are reaped and names looked up again.
const TIDY_EVERY: Duration = Duration::from_secs(15);
/// How often what was learned is written down: a crash loses no more of it.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// After open answers were told to end: long enough for their last bytes.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Between two looks at whether everybody has gone.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// Keeps the house while the process serves, and closes it.
#[derive(Debug)]
pub(super) struct Housekeeper {
    state: Arc<State>,
    reloader: Arc<Reloader>,
    ready: Arc<Ready>,
    logs: Mutex<Option<Guard>>,
}

impl Housekeeper {
    /// A housekeeper that ends the logs when it ends the process.
    pub(super) fn new(
        state: Arc<State>,
        reloader: Arc<Reloader>,
        ready: Arc<Ready>,
        logs: Guard,
    ) -> Self {
        Self {
            state,
            reloader,
            ready,
            logs: Mutex::new(Some(logs)),
        }
    }
}

#[async_trait]
impl BackgroundService for Housekeeper {
    async fn start(&self, mut shutdown: ShutdownWatch) {
        let warm = Arc::clone(&self.state);
        // Trust anchors take milliseconds to load: off the runtime's threads, ahead of the first request.
        drop(tokio::task::spawn_blocking(move || warm.pools.warm()));
        drop(tokio::spawn(probe::watch(Arc::clone(&self.state))));
        let mut hangup = watch(SignalKind::hangup());
        let mut tidy = tokio::time::interval(TIDY_EVERY);
        let mut keep = tokio::time::interval(KEEP_EVERY);
        let _watcher = self.reloader.watch();
        // Who is told that we are ready may send HUP, or change a file, at once: before this, HUP kills.
        self.ready.up("housekeeper", String::new());
        loop {
            tokio::select! {
                _ = shutdown.changed() => break,
                () = received(&mut hangup) => self.reloader.reload_and_log("HUP"),
                () = self.state.changed.notified() => {
                    // Reads the ledger for budgets that are new.
                    let state = Arc::clone(&self.state);
                    drop(tokio::task::spawn_blocking(move || state.publish_rules()));
                }
                _ = keep.tick() => {
                    // Writes a file, and looks at the budgets of all keys.
                    let state = Arc::clone(&self.state);
                    drop(tokio::task::spawn_blocking(move || state.keep_house()));
                }
                () = self.reloader.changed() => self.reloader.reload_and_log("file change"),
                _ = tidy.tick() => {
                    let snapshot = self.state.snapshot();
                    snapshot.routes.reprice(clock::unix_seconds());
                    let upstreams = snapshot.routes.upstreams();
                    for upstream in upstreams {
                        upstream.credential.warm();
                    }
                    self.state
                        .pools
                        .tidy(|origin| upstreams.iter().any(|upstream| upstream.origin == *origin))
                        .await;
                }
            }
        }
        self.leave().await;
    }
}

/// Completes at the signal; never where the system refuses to tell of it.
async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

impl Housekeeper {
    /// Finishes what is under way, within bounds, and ends the process.
    async fn leave(&self) {
        let drain = &self.state.drain;
        let bound = self.state.snapshot().config.server.drain;
        tracing::info!(in_flight = drain.in_flight(), "leaving: no new connections");
        drain.close();
        tokio::time::sleep(LINGER.min(bound)).await;
        drain.close_idle();
        let rest = bound.saturating_sub(LINGER);
        if tokio::time::timeout(rest, drain.settled()).await.is_err() {
            tracing::warn!(
                in_flight = drain.in_flight(),
                "drain time is over: ending open answers"
            );
            drain.force();
            if tokio::time::timeout(LAST_WORDS, drain.settled())
                .await
                .is_err()
            {
                tracing::error!(in_flight = drain.in_flight(), "some answers did not end");
            }
        }
        // Answers are settled; their last bytes may still be on the way to the socket, and who was busy all
        // the time has not been told to go.
        let closed = async {
            while drain.connections() > 0 {
                tokio::time::sleep(LAST_LOOK).await;
            }
        };
        drop(tokio::time::timeout(LINGER + LAST_LOOK, closed).await);
        tokio::time::sleep(LAST_LOOK).await;
        self.state.ledger.sync();
        self.state.registry.flush();
        self.state.keep_house();
        tracing::info!("left");
        drop(self.logs.lock().take());
        // pingora would sleep its whole grace period.
        std::process::exit(0);
    }
}
