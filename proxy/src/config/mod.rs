//! Configuration: from files, environment and flags to the one [`Config`] that the program runs on.
//!
//! [`load`] reads `quotah.toml` and `conf.d/*.toml` beside it into a tree that knows where everything was
//! written (`tree`), fills in `${…}` (`interpolate`), reads it by type (`section`) and checks it
//! against itself (`resolve`). It answers with a [`Loaded`] or with *every* fault, each with its file,
//! line and column. Without a file, providers come from their usual variables (`discover`).
//!
//! Nothing here looks at the process: environment, flags and the terminal come in as [`Inputs`].

pub mod admin_token;
mod amount;
mod base_url;
pub mod credential;
mod discover;
mod environment;
mod file;
pub mod files;
mod interpolate;
pub mod policy;
mod problem;
mod redact;
pub mod reload;
mod resolve;
pub mod resolved;
pub mod route;
mod section;
mod starter;
mod tree;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use quotah_policy::PriceTable;

use crate::prices::UpdateFault;

pub use base_url::BaseUrlError;
pub use environment::Environment;
pub use interpolate::InterpolateError;
pub use problem::{ConfigError, Location, Problem};
pub use resolved::Config;
pub use starter::STARTER;

/// Everything outside the files that decides what a configuration means.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// What was said on the command line.
    pub flags: Flags,
    /// Environment variables.
    pub env: Environment,
    /// Logs default to text for people when stderr is a terminal, to JSON otherwise.
    pub stderr_is_terminal: bool,
}

/// Flags that beat the environment and the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config FILE`: must exist.
    pub config: Option<PathBuf>,
    /// `--listen ADDRESS`.
    pub listen: Option<String>,
    /// `--admin-listen ADDRESS`.
    pub admin_listen: Option<String>,
    /// `--data-dir DIR`.
    pub data_dir: Option<PathBuf>,
}

/// A configuration that can run.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// It.
    pub config: Config,
    /// What is allowed but may not be meant.
    pub warnings: Vec<Warning>,
    /// The files it came from; empty when it came from the environment alone.
    pub files: Vec<PathBuf>,
}

/// Loads what `inputs` point at.
///
/// # Errors
/// Every fault found, in the order of the files.
pub fn load(inputs: &Inputs) -> Result<Loaded, Vec<ConfigError>> {
    let problems = tree::Problems::default();
    let sources = file::read(inputs, &problems);
    if !problems.is_empty() {
        return Err(problems.into_errors(&sources));
    }
    resolve_sources(inputs, &sources)
}

fn resolve_sources(inputs: &Inputs, sources: &[tree::Source]) -> Result<Loaded, Vec<ConfigError>> {
    let problems = tree::Problems::default();
    let tree = tree::grow(sources, &inputs.env, &problems);
    if problems.has_syntax() {
        return Err(problems.into_errors(sources));
    }
    let loaded = resolve::resolve(&tree, sources, inputs, &problems);
    if problems.is_empty() {
        Ok(loaded)
    } else {
        Err(problems.into_errors(sources))
    }
}

/// Where the ledger is, for commands that only read it: they need no working configuration.
#[must_use]
pub fn ledger_dir(inputs: &Inputs) -> PathBuf {
    lenient(inputs, resolve::data_dir_of).join("ledger")
}

/// Where the data is, for commands that need no working configuration.
#[must_use]
pub fn data_dir(inputs: &Inputs) -> PathBuf {
    lenient(inputs, resolve::data_dir_of)
}

/// What keys get that are made without their own, as far as the configuration can be read.
#[must_use]
pub fn key_defaults(inputs: &Inputs) -> resolved::KeyDefaults {
    lenient(inputs, resolve::key_defaults_of)
}

/// What keys are hashed with, where the configuration says it, for commands that make keys.
#[must_use]
pub fn key_pepper(inputs: &Inputs) -> Option<resolved::Secret> {
    lenient(inputs, resolve::key_pepper_of)
}

/// Where the admin plane listens, for commands that call it.
#[must_use]
pub fn admin_listen(inputs: &Inputs) -> resolved::Listen {
    lenient(inputs, resolve::admin_listen_of)
}

/// The built-in prices with the configured ones, as far as the configuration can be read.
#[must_use]
pub fn price_table(inputs: &Inputs) -> Arc<PriceTable> {
    lenient(inputs, resolve::price_table_of)
}

/// The configured providers' names and kinds, as far as the configuration can be read.
#[must_use]
pub fn provider_kinds(inputs: &Inputs) -> Vec<(String, &'static str)> {
    lenient(inputs, resolve::provider_kinds_of)
}

/// Reads one thing from the files, whatever else is wrong with them.
fn lenient<T>(inputs: &Inputs, read: impl FnOnce(&tree::Table, &Inputs) -> T) -> T {
    let problems = tree::Problems::default();
    let sources = file::read(inputs, &problems);
    read(&tree::grow(&sources, &inputs.env, &problems), inputs)
}

/// Something that is allowed but may not be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A base URL in the environment is this gateway's own address.
    OwnAddress {
        /// The variable.
        variable: &'static str,
    },
    /// A variable that says where a provider lives cannot be used.
    BadBaseUrl {
        /// The variable.
        variable: &'static str,
        /// What it must be.
        expected: BaseUrlError,
    },
    /// A provider's key is set but no header could carry it.
    BadKey {
        /// The variable.
        variable: &'static str,
    },
    /// A provider's key would travel in the clear.
    PlainHttp {
        /// The provider.
        provider: String,
    },
    /// Clients' own credentials go on to a provider that takes signatures, which do not survive that.
    BearerOnly {
        /// The provider.
        provider: String,
    },
    /// The price update in the data directory cannot be read.
    PriceUpdate {
        /// What is wrong.
        fault: UpdateFault,
    },
    /// Only keys that are not in the configuration may call, if there are any.
    NoKeys,
    /// A hard budget that whoever sends no key, or no header, is not counted in.
    Avoidable {
        /// The budget.
        budget: String,
    },
    /// A budget may lose spending, because the ledger keeps so many bytes only.
    ForgottenBySize {
        /// The budget.
        budget: String,
    },
    /// Data goes to the working directory.
    NoHome,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnAddress { variable } => {
                write!(f, "{variable} is Quotah's own address: ignored, the provider's own is used")
            }
            Self::BadBaseUrl { variable, expected } => {
                write!(f, "{variable} must be {expected}: ignored, the provider's own is used")
            }
            Self::BadKey { variable } => {
                write!(f, "{variable} has characters that no key has: ignored")
            }
            Self::PlainHttp { provider } => write!(
                f,
                "provider `{provider}` is called over http: its key and all prompts travel in the clear"
            ),
            Self::BearerOnly { provider } => write!(
                f,
                "provider `{provider}` gets its clients' credentials: Bedrock API keys pass, but SigV4 signatures \
                 are refused, because they are bound to the host that a client calls"
            ),
            Self::PriceUpdate { fault } => fault.fmt(f),
            Self::NoKeys => f.write_str(
                "server.require_key is set and there are no [[keys]]: only keys made at the admin plane or by \
                 `quotah keys` may call",
            ),
            Self::Avoidable { budget } => write!(
                f,
                "budget `{budget}` is for some keys, users, teams, projects or tags, and server.require_key is not \
                 set: requests that name none are not counted in it"
            ),
            Self::ForgottenBySize { budget } => write!(
                f,
                "budget `{budget}` counts what the ledger keeps: ledger.retain_bytes may be too few for its window"
            ),
            Self::NoHome => f.write_str(
                "neither XDG_DATA_HOME nor HOME is set: data goes to ./quotah-data (see --data-dir)",
            ),
        }
    }
}
