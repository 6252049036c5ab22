//! Serving, until told to stop.

use std::process::ExitCode;

use crate::cli::RunOptions;
use crate::config::Loaded;

/// Serves `loaded`.
pub fn serve(options: RunOptions, loaded: Loaded) -> ExitCode {
    drop((options, loaded));
    ExitCode::FAILURE
}
