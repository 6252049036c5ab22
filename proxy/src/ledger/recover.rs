//! Opening: what every writer left is read, what dead ones left open is closed.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use super::books::Books;
use super::keep::Keeper;
use super::log::{Log, LogPlan};
use super::series::{SegmentName, WriterLock, list};
use super::spending::Teller;
use super::status::Recovery;
use super::{Hooks, Inner, Ledger, Settings};

/// See [`Ledger::open`].
pub(super) fn open(dir: &Path, settings: Settings, hooks: Hooks) -> io::Result<(Ledger, Recovery)> {
    make_dir(dir)?;
    let clock = hooks.clock;
    let seed = ((clock.unix_ms)() << 20) | u64::from(std::process::id() & 0xF_FFFF);
    let life = WriterLock::begin(dir, seed)?;
    let mut recovery = Recovery::default();
    // Locks first, reading second: what is read of a dead writer then is all there will ever be.
    let dead = inherit_dead(dir, life.writer, &mut recovery)?;
    let books = Mutex::new(Books::default());
    let teller = Teller::new(hooks.spending);
    let keep_since = teller.since_unix_ms().unwrap_or(u64::MAX);
    let mut keeper = Keeper::new(dir.to_owned(), settings, life.writer, teller);
    let listing = keeper.load(&books, &mut recovery)?;
    recovery.entries = books.lock().entries;
    let last = listing.segments.last().map_or(0, |name| name.sequence);
    let log = Log::begin(LogPlan {
        dir: dir.to_owned(),
        first: SegmentName {
            sequence: last.saturating_add(1),
            writer: life.writer,
        },
        segment_bytes: settings.segment_bytes,
        disk: hooks.disk,
        clock,
        observer: hooks.observer,
    })?;
    let inner = Arc::new(Inner {
        log,
        books,
        seen: Mutex::default(),
        clock,
        places: keeper.places(),
        gate: RwLock::default(),
        replaying: Mutex::default(),
        keep_since_unix_ms: AtomicU64::new(keep_since),
    });
    let orphans = keeper.orphans(&listing, &inner)?;
    for lock in dead.into_iter().chain(orphans) {
        let (intents_closed, torn_bytes) = keeper.close(lock, &inner);
        recovery.intents_closed += intents_closed;
        recovery.torn_bytes += torn_bytes;
    }
    keeper.start(&inner);
    keeper.report(&mut recovery);
    inner.seen.lock().damaged.clone_from(&recovery.damaged);
    let threads = vec![
        sync_thread(&inner, settings.sync_interval)?,
        keep_thread(&inner, keeper)?,
    ];
    Ok((
        Ledger {
            inner,
            life: Some(life),
            threads,
        },
        recovery,
    ))
}

/// Takes the locks of all writers that are gone, and counts those that live.
fn inherit_dead(dir: &Path, own: u64, recovery: &mut Recovery) -> io::Result<Vec<WriterLock>> {
    let mut dead = Vec::new();
    for writer in list(dir)?
        .writers
        .into_iter()
        .filter(|writer| *writer != own)
    {
        match WriterLock::inherit(dir, writer)? {
            Some(lock) => dead.push(lock),
            None => recovery.living_writers += 1,
        }
    }
    Ok(dead)
}

/// How often the disk is tried again while it fails.
const PROBE_INTERVAL: Duration = Duration::from_millis(250);

/// How often housekeeping goes round.
const KEEP_INTERVAL: Duration = Duration::from_secs(1);

/// How often other writers' series are read meanwhile, while there are any that live: budgets hold across a hand-over
/// as tightly as each of two processes knows what the other spends.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(50);

/// Times that others are followed between two rounds.
const FOLLOWED_A_ROUND: u32 = 19;

/// Longest sleep of the sync thread when nothing is written; it is woken for every first record.
const IDLE_INTERVAL: Duration = Duration::from_secs(60);

fn sync_thread(inner: &Arc<Inner>, interval: Duration) -> io::Result<JoinHandle<()>> {
    let inner = Arc::clone(inner);
    thread::Builder::new()
        .name("ledger-sync".to_owned())
        .spawn(move || {
            let log = &inner.log;
            loop {
                if !log.is_failing() {
                    log.pause_until_dirty(IDLE_INTERVAL);
                }
                let stop = log.pause(if log.is_failing() {
                    PROBE_INTERVAL
                } else {
                    interval
                });
                while log.probe() {}
                log.sync();
                if stop {
                    return;
                }
            }
        })
}

fn keep_thread(inner: &Arc<Inner>, mut keeper: Keeper) -> io::Result<JoinHandle<()>> {
    let inner = Arc::clone(inner);
    thread::Builder::new()
        .name("ledger-keep".to_owned())
        .spawn(move || {
            let mut followed = 0;
            loop {
                let is_alone = !keeper.has_company();
                let interval = if is_alone {
                    KEEP_INTERVAL
                } else {
                    FOLLOW_INTERVAL
                };
                if inner.log.pause(interval) {
                    return;
                }
                if is_alone || followed == FOLLOWED_A_ROUND {
                    followed = 0;
                    keeper.round(&inner);
                } else {
                    followed += 1;
                    keeper.follow_others(&inner);
                }
            }
        })
}

/// Makes the directory, for this user only: entries name people and addresses.
fn make_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
}
