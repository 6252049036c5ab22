//! The process: pingora's server with our two planes on it, from start to the last settled request.

mod leave;
mod listen;
mod planes;
mod signals;

use std::sync::Arc;
use std::time::Duration;

use pingora_core::server::configuration::{Opt, ServerConf};
use pingora_core::server::{RunArgs, Server};
use pingora_core::services::background::background_service;

use crate::admin;
use crate::config::reload::Source;
use crate::config::resolved::Config;
use crate::gateway::accept::DataPlane;
use crate::ledger::{Ledger, Settings};
use crate::metrics::Metrics;
use crate::state::State;
use leave::Housekeeper;
use listen::{Listening, Ready};
use planes::{AdminPlane, admin_state};

/// Why the process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data directory cannot be made or used.
    #[error("data directory {path}: {error}")]
    DataDir {
        /// Its path.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] crate::ledger::LedgerError),
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
