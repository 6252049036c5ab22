//! `quotah healthcheck`: for containers, which have no curl.

use std::io;

use super::{Exit, Streams, ask};
use crate::config::{self, Inputs};

pub(super) fn healthcheck(inputs: &Inputs, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let listen = config::admin_listen(inputs);
    match ask::get(&listen, "/readyz", None) {
        Ok(answer) if answer.is_ok() => Ok(Exit::Done),
        Ok(answer) => {
            writeln!(streams.err, "not ready: {}", answer.status_line)?;
            Ok(Exit::Failed)
        }
        Err(error) => {
            writeln!(streams.err, "no answer from the admin plane: {error}")?;
            Ok(Exit::Failed)
        }
    }
}
