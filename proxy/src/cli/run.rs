//! `quotah run`: load, set up the logs, serve.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::Exit;
use super::check::print_errors;
use crate::config::{self, Inputs, admin_token, reload};
use crate::telemetry;

/// What serving needs besides the configuration.
#[derive(Debug)]
pub struct RunOptions {
    /// Loads again, and watches the files.
    pub source: reload::Source,
    /// The admin token was made or found, not configured: the banner says where it is kept.
    pub generated_token: bool,
    /// No file was found: the banner says what was made of the environment.
    pub zero_config: bool,
    /// The token itself may be shown: stderr is a terminal.
    pub show_token: bool,
    /// Wait for the sockets of the process that runs now.
    pub upgrade: bool,
}

/// The verb's own flags.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct Run {
    /// Take the listening sockets over from the process that runs on this data directory, once it gets QUIT
    #[arg(long)]
    upgrade: bool,
}

impl Run {
    /// Loads what `inputs` point at and serves it until told to stop.
    pub(super) fn run(self, inputs: Inputs) -> ExitCode {
        run(self, inputs)
    }
}

fn run(flags: Run, inputs: Inputs) -> ExitCode {
    let mut loaded = match config::load(&inputs) {
        Ok(loaded) => loaded,
        Err(errors) => {
            print_errors(&errors, &mut io::stderr()).ok();
            return Exit::Config.into();
        }
    };
    let fail = |error: &dyn std::error::Error| {
        writeln!(io::stderr(), "error: {error}").ok();
        ExitCode::from(Exit::Failed)
    };
    let generated_token = loaded.config.admin.tokens.is_empty();
    let generated = match admin_token::ensure_if(generated_token, &loaded.config.data_dir) {
        Ok(generated) => generated,
        Err(error) => return fail(&error),
    };
    loaded.config.admin.tokens.extend(generated.clone());
    // Dropped last: it writes what is left.
    let logs = match telemetry::init(&loaded.config.log) {
        Ok(guard) => guard,
        Err(error) => return fail(&error),
    };
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let options = RunOptions {
        zero_config: loaded.files.is_empty(),
        show_token: inputs.stderr_is_terminal,
        source: reload::Source::new(inputs, generated),
        generated_token,
        upgrade: flags.upgrade,
    };
    match crate::serve::serve(options, loaded, logs) {
        Ok(()) => Exit::Done.into(),
        Err(error) => fail(&error),
    }
}
