//! The command line: a verb per file. Records go to stdout, everything else to stderr.

mod ask;
mod banner;
mod check;
mod explain;
mod export;
mod healthcheck;
mod init;
mod keys;
mod output;
mod prices;
mod rerate;
mod run;
mod usage;
mod whatif;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Environment, Flags, Inputs};

pub use banner::{Banner, ready_line};
pub use run::RunOptions;

/// A transparent gateway between applications and AI providers that accounts for every token.
#[derive(Debug, Parser)]
#[command(name = "quotah", version = VERSION, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    common: Common,
}

/// Flags of every verb; each has an environment twin.
#[expect(
    clippy::doc_markdown,
    reason = "printed as help, where backticks would only be noise"
)]
#[derive(Debug, Clone, Default, Args)]
struct Common {
    /// Configuration file [env: QUOTAH_CONFIG] [default: ./quotah.toml if it exists]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Address of the data plane [env: QUOTAH_LISTEN] [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", global = true)]
    listen: Option<String>,
    /// Address of the admin plane [env: QUOTAH_ADMIN_LISTEN] [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDRESS", global = true)]
    admin_listen: Option<String>,
    /// Where the ledger lives [env: QUOTAH_DATA_DIR] [default: $XDG_DATA_HOME/quotah]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve (what `quotah` alone does)
    Run(run::Run),
    /// Load everything that `run` would load and print every error with its place
    Check,
    /// Write a commented starter configuration
    Init(init::Init),
    /// Virtual keys: create, list, show, patch, rotate, revoke
    Keys(keys::Keys),
    /// Requests, tokens and cost from the ledger
    Usage(usage::Usage),
    /// Every ledger entry, oldest first
    Export(export::Export),
    /// The price table in force
    Prices(prices::Prices),
    /// What would apply to a request of a key, and why; asks a running Quotah
    Explain(explain::Explain),
    /// Rate ledger entries again by the prices now known for their time; each change is recorded
    Rerate(rerate::Rerate),
    /// Replay the ledger against another configuration (--config): cost, places, refusals
    Whatif(whatif::Whatif),
    /// Ask a running Quotah whether it is ready; exit status 0 or 1
    Healthcheck,
}

/// How a command ended, as its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Called wrongly.
    Usage = 2,
    /// The configuration is wrong (`EX_CONFIG` of sysexits.h).
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Failed => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Config => Self::from(78),
        }
    }
}

/// Where a command writes.
pub(crate) struct Streams<'a> {
    /// Records.
    pub(crate) out: &'a mut dyn Write,
    /// Everything else.
    pub(crate) err: &'a mut dyn Write,
}

/// Runs the program: `args` as the system gives them, the first being its own name.
#[must_use]
pub fn main(args: impl IntoIterator<Item = OsString>, env: Environment) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(said) => {
            // Help goes to stdout with status 0, faults to stderr with 2.
            said.print().ok();
            return if said.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Done.into()
            };
        }
    };
    let stderr_is_terminal = io::IsTerminal::is_terminal(&io::stderr());
    let inputs = Inputs {
        flags: cli.common.into(),
        env,
        stderr_is_terminal,
    };
    let verb = cli.verb.unwrap_or_else(|| Verb::Run(run::Run::default()));
    if let Verb::Run(run) = verb {
        return run.run(inputs);
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut streams = Streams {
        out: &mut out,
        err: &mut io::stderr(),
    };
    let ended = dispatch(verb, &inputs, &mut streams).and_then(|exit| out.flush().map(|()| exit));
    match ended {
        Ok(exit) => exit.into(),
        // `quotah export | head` has what it wanted.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Exit::Done.into(),
        Err(e) => {
            writeln!(io::stderr(), "error: {e}").ok();
            Exit::Failed.into()
        }
    }
}

/// The verbs that print and end.
fn dispatch(verb: Verb, inputs: &Inputs, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match verb {
        Verb::Run(_) => Ok(Exit::Usage),
        Verb::Check => check::check(inputs, streams),
        Verb::Init(init) => init::init(&init, streams),
        Verb::Keys(keys) => keys::keys(&keys, inputs, streams),
        Verb::Usage(usage) => usage::usage(&usage, inputs, streams),
        Verb::Export(export) => export::export(&export, inputs, streams),
        Verb::Prices(prices) => prices::prices(&prices, inputs, streams),
        Verb::Explain(asked) => explain::explain(&asked, inputs, streams),
        Verb::Rerate(rerate) => rerate::rerate(&rerate, inputs, streams),
        Verb::Whatif(whatif) => whatif::whatif(&whatif, inputs, streams),
        Verb::Healthcheck => healthcheck::healthcheck(inputs, streams),
    }
}

impl From<Common> for Flags {
    fn from(common: Common) -> Self {
        let Common {
            config,
            listen,
            admin_listen,
            data_dir,
        } = common;
        Self {
            config,
            listen,
            admin_listen,
            data_dir,
        }
    }
}

/// Version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Commit of this build, when the build says it in `QUOTAH_COMMIT`.
pub const COMMIT: &str = match option_env!("QUOTAH_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};
