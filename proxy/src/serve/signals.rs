//! TERM and INT drain, QUIT hands over, HUP reloads.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora_core::server::{ShutdownSignal, ShutdownSignalWatch};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::state::State;

/// How long a successor may take to ask for the sockets.
const SUCCESSOR_WAIT: Duration = Duration::from_secs(10);

/// "File size limit exceeded", the same number on every architecture of Linux but MIPS.
const SIGXFSZ: i32 = 25;

/// Which end of the process is asked for.
#[derive(Debug)]
pub(super) struct Signals {
    /// Where a successor waits for the listening sockets.
    pub(super) upgrade_socket: PathBuf,
    /// What a successor goes on from.
    pub(super) state: Arc<State>,
}

#[async_trait]
impl ShutdownSignalWatch for Signals {
    async fn recv(&self) -> ShutdownSignal {
        let (Some(mut term), Some(mut int), Some(mut quit)) = (
            watch(SignalKind::terminate()),
            watch(SignalKind::interrupt()),
            watch(SignalKind::quit()),
        ) else {
            // Without signal handlers the process ends as the system ends it.
            return std::future::pending().await;
        };
        // A file that may not grow is an error of its write, which the ledger bears; left alone, the signal kills.
        let _too_large = watch(SignalKind::from_raw(SIGXFSZ));
        loop {
            tokio::select! {
                _ = term.recv() => return ShutdownSignal::GracefulTerminate,
                _ = int.recv() => return ShutdownSignal::GracefulTerminate,
                _ = quit.recv() => {
                    if self.successor_waits().await {
                        return ShutdownSignal::GracefulUpgrade;
                    }
                    tracing::error!("no successor asked for the listening sockets; serving on");
                }
            }
        }
    }
}

impl Signals {
    /// Whether a successor is ready to take over; begins one when nobody has.
    async fn successor_waits(&self) -> bool {
        if is_bound(&self.upgrade_socket) {
            return true;
        }
        // It reads at its start what was learned until now.
        let state = Arc::clone(&self.state);
        drop(tokio::task::spawn_blocking(move || state.keep_house()).await);
        // One that nobody listens on was left by a successor that died.
        std::fs::remove_file(&self.upgrade_socket).ok();
        if let Err(error) = spawn_successor() {
            tracing::error!(%error, "cannot start a successor");
            return false;
        }
        let appears = async {
            while !is_bound(&self.upgrade_socket) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SUCCESSOR_WAIT, appears).await.is_ok()
    }
}

/// Whether some process listens on the unix socket `path`, by the kernel's own list.
fn is_bound(path: &std::path::Path) -> bool {
    let sockets = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    path.to_str()
        .is_some_and(|path| sockets.lines().any(|line| line.ends_with(path)))
}

/// The same program (or the newer one in its place) with the same arguments, waiting for our sockets.
fn spawn_successor() -> std::io::Result<()> {
    let program = std::env::current_exe()?;
    // A replaced binary is reported as deleted; its successor stands at the same path.
    let program = program
        .to_str()
        .and_then(|path| path.strip_suffix(" (deleted)"))
        .map_or_else(|| program.clone(), PathBuf::from);
    let mut arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.iter().all(|argument| argument != "--upgrade") {
        if !arguments.iter().any(|argument| argument == "run") {
            arguments.insert(0, "run".into());
        }
        arguments.push("--upgrade".into());
    }
    Command::new(program).args(arguments).spawn().map(drop)
}

/// A signal's stream; `None` when the system refuses it.
pub(super) fn watch(kind: SignalKind) -> Option<Signal> {
    signal(kind)
        .inspect_err(|error| tracing::error!(%error, "cannot watch a signal"))
        .ok()
}
