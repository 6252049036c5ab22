//! `quotah keys`: virtual keys made, looked at, changed, rotated and revoked, beside a running server or without one.
//!
//! What is written is in the registry when the command ends; a server on the same data directory acts on it at once.

mod show;
mod words;

use std::io;

use clap::{Args, Subcommand};
use quotah_policy::KeyForm;
use serde_json::value::RawValue;

use super::output::Output;
use super::{Exit, Streams};
use crate::clock;
use crate::config::{self, Inputs};
use crate::registry::{Actor, Guarded, NewKey, NoFollower, Registry, RegistryError};
use words::Words;

#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    what: What,
    #[arg(long, default_value = "table", global = true)]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a key; its secret is printed once and kept nowhere
    Create {
        /// Its public id, 12 of a-z and 0-9 [default: made]
        #[arg(long)]
        id: Option<String>,
        #[command(flatten)]
        words: Box<Words>,
    },
    /// Every key, by id
    List {
        /// Those of a team
        #[arg(long)]
        team: Option<String>,
        /// Those that are active, rotating, expired or revoked
        #[arg(long)]
        status: Option<String>,
    },
    /// One key
    Show {
        /// Its public id
        id: String,
    },
    /// Change what is named, leave the rest
    Patch {
        /// Its public id
        id: String,
        #[command(flatten)]
        words: Box<Words>,
        /// Take this away: name, team, user, project, tags, models, providers, operations, networks, `expires_at`,
        /// budget, limits, guards
        #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
        unset: Vec<String>,
    },
    /// Give a key another secret, which is printed once
    Rotate {
        /// Its public id
        id: String,
        /// How long the secret before stays valid: 90s, 30m, 1h, 7d
        #[arg(long, value_name = "TIME", default_value = "0s")]
        overlap: String,
    },
    /// Take a key back
    Revoke {
        /// Its public id
        id: String,
    },
}

/// Why a command does nothing.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

pub(super) fn keys(keys: &Keys, inputs: &Inputs, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let fault = match run(keys, inputs, streams) {
        Ok(()) => return Ok(Exit::Done),
        Err(Fault::Io(error)) => return Err(error),
        Err(fault) => fault,
    };
    writeln!(streams.err, "error: {fault}")?;
    Ok(match fault {
        Fault::Usage(_) | Fault::Registry(RegistryError::Key(_)) => Exit::Usage,
        Fault::Registry(_) | Fault::Io(_) => Exit::Failed,
    })
}

fn run(keys: &Keys, inputs: &Inputs, streams: &mut Streams<'_>) -> Result<(), Fault> {
    let pepper = config::key_pepper(inputs);
    let data_dir = config::data_dir(inputs);
    let open = || Registry::open(&data_dir, pepper.as_ref(), std::sync::Arc::new(NoFollower));
    let (actor, output) = (actor(), keys.output);
    match &keys.what {
        What::Create { id, words } => {
            let form = KeyForm {
                id: id.clone(),
                ..words.form()?
            };
            let mut form = form;
            config::key_defaults(inputs).fill(&mut form, clock::unix_ms());
            told(&open()?.create_key(&actor, form)?, output, streams)
        }
        What::List { team, status } => {
            let held = open()?.keys(None, usize::MAX, |held| {
                team.is_none() || *team == held.record.team
            });
            Ok(show::list(&held, status.as_deref(), output, streams.out)?)
        }
        What::Show { id } => {
            let held = open()?.key(id);
            let held = held.ok_or_else(|| RegistryError::NotFound(format!("key {id:?}")))?;
            Ok(show::one(&held, output, streams.out)?)
        }
        What::Patch { id, words, unset } => {
            let patch: Box<RawValue> = words.patch(unset)?;
            let held = open()?.patch_key(&actor, id, &patch, Guarded(None))?;
            Ok(show::one(&held, output, streams.out)?)
        }
        What::Rotate { id, overlap } => {
            let overlap_ms = words::span_ms(overlap).ok_or_else(|| {
                Fault::Usage("--overlap must be a time such as 90s, 30m, 1h or 7d".to_owned())
            })?;
            let made = open()?.rotate_key(&actor, id, overlap_ms, Guarded(None))?;
            told(&made, output, streams)
        }
        What::Revoke { id } => {
            let held = open()?.revoke_key(&actor, id, Guarded(None))?;
            Ok(show::one(&held, output, streams.out)?)
        }
    }
}

/// A key with its secret. As a table it is the secret alone, so that `KEY=$(quotah keys create)` is all that a script
/// needs; the words for people go to stderr.
fn told(made: &NewKey, output: Output, streams: &mut Streams<'_>) -> Result<(), Fault> {
    if let Output::Table = output {
        let id = made.held.record.id;
        writeln!(streams.out, "{}", made.secret.expose())?;
        writeln!(
            streams.err,
            "key {id}: its secret is not kept and cannot be shown again"
        )?;
        return Ok(());
    }
    Ok(show::secret(made, output, streams.out)?)
}

/// Who runs the command, as far as the system says.
fn actor() -> Actor {
    Actor {
        name: format!("cli:{}", rustix::process::getuid().as_raw()),
        role: "admin".to_owned(),
        ..Actor::default()
    }
}
