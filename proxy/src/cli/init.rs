//! `quotah init`: a commented starter configuration.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;

use super::{Exit, Streams};
use crate::config::STARTER;

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to write it; `-` for stdout. A file that is there is left alone
    #[arg(default_value = "quotah.toml")]
    file: PathBuf,
}

pub(super) fn init(init: &Init, streams: &mut Streams<'_>) -> io::Result<Exit> {
    if init.file.as_os_str() == "-" {
        streams.out.write_all(STARTER.as_bytes())?;
        return Ok(Exit::Done);
    }
    // Keys may be written into it later.
    let made = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&init.file);
    let shown = init.file.display();
    match made.and_then(|mut file| file.write_all(STARTER.as_bytes())) {
        Ok(()) => {
            writeln!(
                streams.err,
                "wrote {shown}: edit it, then `quotah check --config {shown}`"
            )?;
            Ok(Exit::Done)
        }
        Err(e) => {
            writeln!(streams.err, "error: cannot write {shown}: {e}")?;
            Ok(Exit::Failed)
        }
    }
}
