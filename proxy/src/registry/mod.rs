//! The registry: keys, budgets, limits and guards that were made while the program runs.
//!
//! One append-only file, `policy/registry.jsonl` in the data directory, is both the store and the audit trail: each
//! line says who changed what, from what, to what, and holds the hash of the line before. What is in force is the fold
//! of all lines. Every process that has the data directory may write: under a lock on the file, after reading what the
//! others wrote. A running server reads on every [`FOLLOW_EVERY`], so that a key that the command line revokes stops
//! working at once.
//!
//! | room | holds |
//! |---|---|
//! | `record` | a line: what is in it, how it is hashed, what of it may be shown |
//! | `log` | the file: read on, lock, append, mend |
//! | `holdings` | the fold: keys and rules as they now are |
//! | `keys` | keys made, patched, rotated, revoked, deleted |
//! | `rules` | budgets, limits and guards made, changed, deleted; any word that only the audit trail needs |
//! | `face` | a key as it is shown |
//! | `pepper` | the secret that keys are hashed with |
//! | `seen` | when keys were used last |
//!
//! Writing waits for a lock and for the disk: callers that serve others do it on a thread that may block.

mod face;
mod holdings;
mod keys;
mod log;
mod pepper;
mod record;
mod rules;
mod seen;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use quotah_policy::{KeyError, KeyId};

use crate::clock;
use crate::config::resolved::Secret;
use holdings::Holdings;
use log::Log;
use record::Draft;

pub use face::KeyFace;
pub use holdings::{HeldKey, Rule, RuleKind};
pub(crate) use keys::is_operation;
pub use keys::{Guarded, NewKey};
pub use log::{Fault, LINE_BYTES_MAX};
pub use pepper::Pepper;
pub use record::{Actor, Record, Shown};

/// How often a running server looks for what other processes wrote.
pub const FOLLOW_EVERY: Duration = Duration::from_millis(40);

/// Times that a server follows before it writes down when keys were used last: ten seconds.
const FLUSH_AFTER: u32 = 250;

/// Keys and rules, and the file that they are in.
#[derive(Debug)]
pub struct Registry {
    dir: PathBuf,
    pepper: Pepper,
    log: Mutex<Log>,
    holdings: RwLock<Holdings>,
    follower: Arc<dyn Follower>,
    flushed_unix_ms: Mutex<u64>,
}

/// Who wants to know what changes. Called in the order of the file, under the registry's lock: it must not come back.
pub trait Follower: Send + Sync + Debug {
    /// A key is as `held` says, or gone. `is_live` is false for what the file already held when it was opened.
    fn key(&self, id: KeyId, held: Option<&Arc<HeldKey>>, is_live: bool);

    /// A rule is as `rule` says, or gone.
    fn rule(&self, kind: RuleKind, id: &str, rule: Option<&Arc<Rule>>, is_live: bool);
}

/// For who only looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFollower;

impl Follower for NoFollower {
    fn key(&self, _: KeyId, _: Option<&Arc<HeldKey>>, _: bool) {}
    fn rule(&self, _: RuleKind, _: &str, _: Option<&Arc<Rule>>, _: bool) {}
}

/// Why something is not written.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// There is no such thing, or it is another team's.
    #[error("there is no {0}")]
    NotFound(String),
    /// There is one of that name, or was.
    #[error("{0} exists, or existed: a name is given once")]
    Exists(String),
    /// It was changed since the caller looked.
    #[error("{0} was changed meanwhile")]
    Stale(String),
    /// A key that was revoked is not rotated.
    #[error("the key {0} is revoked")]
    Revoked(KeyId),
    /// A caller bound to a team wrote another team's name.
    #[error("`team` must be {0:?}")]
    OtherTeam(String),
    /// The words of a key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What a rule's own check says.
    #[error("{0}")]
    Rule(String),
    /// A record would be longer than lines may be.
    #[error("a record of {bytes} bytes is over the {LINE_BYTES_MAX} that one may have")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Another process keeps the file to itself.
    #[error("{path}: another process keeps it locked")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The system's word.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// How the registry is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryHealth {
    /// Records read.
    pub records: u64,
    /// The first few places where the file is not what was written.
    pub faults: Vec<Fault>,
}

impl Registry {
    /// Opens the registry in `data_dir`, which is made if need be, and reads it.
    ///
    /// Keys are hashed with `pepper`, or with one that is made once and kept beside the file. `follower` is told
    /// everything that the file holds, and later what is added.
    ///
    /// # Errors
    /// [`RegistryError::Io`] when the file or the pepper can neither be read nor made. Damage is no error: see
    /// [`Self::health`].
    pub fn open(
        data_dir: &Path,
        pepper: Option<&Secret>,
        follower: Arc<dyn Follower>,
    ) -> Result<Self, RegistryError> {
        let dir = dir_of(data_dir);
        let at = |path: &Path| {
            let path = path.to_owned();
            move |error| RegistryError::Io { path, error }
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&dir).map_err(at(&dir))?;
        let pepper = match pepper {
            Some(secret) => Pepper::of(secret),
            None => Pepper::ensure(&dir).map_err(at(&dir.join(pepper::FILE)))?,
        };
        let path = dir.join(log::FILE);
        let registry = Self {
            pepper,
            log: Mutex::new(Log::open(&path).map_err(at(&path))?),
            holdings: RwLock::new(Holdings::new(seen::read(&dir))),
            follower,
            flushed_unix_ms: Mutex::new(0),
            dir,
        };
        registry.read_on(&mut registry.log.lock(), false)?;
        Ok(registry)
    }

    /// Reads what other processes wrote.
    ///
    /// # Errors
    /// [`RegistryError::Io`] when the file cannot be read.
    pub fn catch_up(&self) -> Result<(), RegistryError> {
        self.read_on(&mut self.log.lock(), true)
    }

    /// Follows the file for as long as the registry lives, on a thread of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn follow(self: &Arc<Self>) -> io::Result<()> {
        let registry = Arc::downgrade(self);
        let thread = std::thread::Builder::new().name("registry".to_owned());
        thread.spawn(move || follow(&registry)).map(drop)
    }

    /// Where it is kept.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How the file is.
    #[must_use]
    pub fn health(&self) -> RegistryHealth {
        let log = self.log.lock();
        RegistryHealth {
            records: log.seq(),
            faults: log.faults().to_vec(),
        }
    }

    /// Reads the whole file again and checks every hash. Gives the number of records, and what is wrong with them.
    ///
    /// # Errors
    /// [`RegistryError::Io`] when it cannot be read.
    pub fn verify(&self) -> Result<RegistryHealth, RegistryError> {
        let path = self.dir.join(log::FILE);
        let read = Log::open(&path).and_then(|mut log| {
            log.read_on(&mut |_| {})?;
            Ok(log)
        });
        let log = read.map_err(|error| RegistryError::Io { path, error })?;
        Ok(RegistryHealth {
            records: log.seq(),
            faults: log.faults().to_vec(),
        })
    }

    /// The audit trail: at most `count` records before the one numbered `before` (the latest without), newest first.
    ///
    /// # Errors
    /// [`RegistryError::Io`] when the file cannot be read.
    pub fn audit(&self, before: Option<u64>, count: usize) -> Result<Vec<Record>, RegistryError> {
        let path = self.dir.join(log::FILE);
        let records = self.log.lock().latest(before, count);
        records.map_err(|error| RegistryError::Io { path, error })
    }

    /// Writes down when keys were used last, if any was since.
    pub fn flush(&self) {
        let used = self.holdings.read().last_used();
        let latest = used.iter().map(|(_, at)| *at).max().unwrap_or(0);
        let mut flushed = self.flushed_unix_ms.lock();
        if latest > *flushed {
            match seen::write(&self.dir, used) {
                Ok(()) => *flushed = latest,
                Err(error) => tracing::warn!(%error, "cannot write when keys were used last"),
            }
        }
    }

    /// The pepper that keys are hashed with.
    #[must_use]
    pub const fn pepper(&self) -> &Pepper {
        &self.pepper
    }

    /// Changes what the registry holds: `decide` looks at all that is known, others' latest included, and says what is
    /// to be written, if anything. What was written is in force when this returns.
    fn change(
        &self,
        actor: &Actor,
        decide: impl FnOnce(&Holdings) -> Result<Option<Draft>, RegistryError>,
    ) -> Result<(), RegistryError> {
        let mut log = self.log.lock();
        let lock = log.lock()?;
        self.read_on(&mut log, true)?;
        let draft = decide(&self.holdings.read())?;
        let Some(draft) = draft else { return Ok(()) };
        let (id, now) = (clock::request_id(), clock::unix_ms());
        log.append(&draft.line(actor, &id.to_string(), now))?;
        drop(lock);
        self.read_on(&mut log, true)
    }

    fn read_on(&self, log: &mut Log, is_live: bool) -> Result<(), RegistryError> {
        let mut unread = Vec::new();
        let read = log.read_on(&mut |line| {
            let mut holdings = self.holdings.write();
            match holdings.apply(line) {
                Ok(change) => change.tell(&holdings, &*self.follower, is_live),
                Err(fault) => unread.push(Fault {
                    record: line.seq,
                    what: fault.to_string(),
                }),
            }
        });
        log.blame(unread);
        read.map_err(|error| RegistryError::Io {
            path: self.dir.join(log::FILE),
            error,
        })
    }
}

/// Where a registry is within a data directory.
#[must_use]
pub fn dir_of(data_dir: &Path) -> PathBuf {
    data_dir.join("policy")
}

fn follow(registry: &Weak<Registry>) {
    let (mut times, mut is_told) = (0_u32, false);
    loop {
        std::thread::sleep(FOLLOW_EVERY);
        let Some(registry) = registry.upgrade() else {
            return;
        };
        let read = registry.catch_up();
        // Said once, not 25 times a second.
        if let (Err(error), false) = (&read, is_told) {
            tracing::error!(%error, "the registry cannot be followed");
        }
        is_told = read.is_err();
        times = times.wrapping_add(1);
        if times.is_multiple_of(FLUSH_AFTER) {
            registry.flush();
        }
    }
}
