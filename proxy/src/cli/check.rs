//! `quotah check`: everything that `run` would load, and every fault in it.

use std::io::{self, Write};

use super::{Exit, Streams};
use crate::config::{self, ConfigError, Inputs};

pub(super) fn check(inputs: &Inputs, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let loaded = match config::load(inputs) {
        Ok(loaded) => loaded,
        Err(errors) => {
            print_errors(&errors, streams.err)?;
            return Ok(Exit::Config);
        }
    };
    for warning in &loaded.warnings {
        writeln!(streams.err, "warning: {warning}")?;
    }
    let config = &loaded.config;
    let mut faults = config::files::faults(config);
    if config
        .providers
        .iter()
        .any(|p| p.base.https && p.ca_file.is_none())
    {
        let store = rustls_native_certs::load_native_certs();
        if store.certs.is_empty() {
            faults.push(config::files::FileFault::Warning(
                "the system has no trusted certificates: https providers cannot be reached \
                 (install ca-certificates, or set ca_file)"
                    .to_owned(),
            ));
        }
    }
    let mut exit = Exit::Done;
    for fault in faults {
        match fault {
            config::files::FileFault::Warning(text) => writeln!(streams.err, "warning: {text}")?,
            config::files::FileFault::Error(text) => {
                writeln!(streams.err, "error: {text}")?;
                exit = Exit::Config;
            }
        }
    }
    if exit == Exit::Done {
        let from = match loaded.files.as_slice() {
            [] => "the environment".to_owned(),
            files => files
                .iter()
                .map(|f| f.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
        };
        writeln!(
            streams.err,
            "ok: {from}: providers {}, models {}, keys {}, prices {}, digest {}",
            config.providers.len(),
            config.models.len(),
            config.keys.len(),
            config.prices.len(),
            config.digest,
        )?;
    }
    Ok(exit)
}

/// Every fault with its place, and how many there are.
pub(super) fn print_errors(errors: &[ConfigError], err: &mut dyn Write) -> io::Result<()> {
    for error in errors {
        writeln!(err, "{error}\n")?;
    }
    let plural = if errors.len() == 1 { "" } else { "s" };
    writeln!(err, "{} error{plural}: nothing was started", errors.len())
}
