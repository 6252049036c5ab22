//! A disk that fails, and comes back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;

/// A disk that is full when told so, and takes `room` bytes more before it says no.
#[derive(Debug, Default)]
pub(super) struct Full {
    pub(super) full: AtomicBool,
    pub(super) room: AtomicU64,
    no_cut: AtomicBool,
    no_sync: AtomicBool,
}

#[derive(Debug)]
struct FullFile(Arc<dyn SegmentFile>, Arc<Full>);

#[derive(Debug)]
struct FullDisk(Arc<Full>);

impl Disk for FullDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn SegmentFile>> {
        Ok(Arc::new(FullFile(Files.create(path)?, Arc::clone(&self.0))))
    }
}

impl SegmentFile for FullFile {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        if !self.1.full.load(Ordering::SeqCst) {
            return self.0.write(bytes);
        }
        let room = self.1.room.swap(0, Ordering::SeqCst) as usize;
        match room.min(bytes.len()) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            part => self.0.write(&bytes[..part]),
        }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        match self.1.no_cut.load(Ordering::SeqCst) {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => self.0.truncate(length),
        }
    }

    fn sync(&self) -> io::Result<()> {
        match self.1.no_sync.load(Ordering::SeqCst) {
            true => Err(io::Error::other("sync failed")),
            false => self.0.sync(),
        }
    }
}

pub(super) fn full() -> (Arc<Full>, Hooks) {
    let full = Arc::new(Full::default());
    let disk = Arc::new(FullDisk(Arc::clone(&full)));
    (
        full,
        Hooks {
            disk,
            ..Hooks::new(clock())
        },
    )
}

#[test]
fn a_full_disk_keeps_records_in_memory_and_writes_them_in_order_when_it_is_back() {
    for (room, no_cut) in [(0, false), (1, false), (20, false), (20, true)] {
        let dir = dir();
        let (full, hooks) = full();
        let (ledger, _) = open_with(&dir, Settings::default(), hooks);
        assert_eq!(ledger.append_entry(&entry(0)), Appended::Written);
        full.room.store(room, Ordering::SeqCst);
        full.no_cut.store(no_cut, Ordering::SeqCst);
        full.full.store(true, Ordering::SeqCst);
        for number in 1..10 {
            assert_eq!(ledger.append_entry(&entry(number)), Appended::Kept);
        }
        let status = ledger.status();
        assert!(matches!(status.health, LedgerHealth::Failing { .. }));
        assert_eq!((status.backlog, status.dropped), (9, 0));
        full.full.store(false, Ordering::SeqCst);
        eventually("it is well again", || {
            ledger.status().health == LedgerHealth::Ok
        });
        assert_eq!(ledger.append_entry(&entry(10)), Appended::Written);
        let numbers: Vec<_> = on_disk(&ledger)
            .iter()
            .map(|entry| entry.output_tokens)
            .collect();
        assert_eq!(
            numbers,
            (0..11).collect::<Vec<_>>(),
            "room {room}, no cut {no_cut}"
        );
        kill(ledger);
        let (_, recovery) = open(&dir);
        assert_eq!((recovery.entries, recovery.damaged.len()), (11, 0));
    }
}

#[test]
fn a_disk_that_fails_after_a_quiet_time_is_tried_again_at_once() {
    let dir = dir();
    let (full, hooks) = full();
    let (ledger, _) = open_with(&dir, Settings::default(), hooks);
    assert_eq!(ledger.append_entry(&entry(0)), Appended::Written);
    // All is synced, and nobody wakes up before the next record.
    thread::sleep(Duration::from_millis(500));
    full.full.store(true, Ordering::SeqCst);
    assert_eq!(ledger.append_entry(&entry(1)), Appended::Kept);
    full.full.store(false, Ordering::SeqCst);
    let failed = Instant::now();
    eventually("it is well again", || {
        ledger.status().health == LedgerHealth::Ok
    });
    assert!(failed.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_backlog_that_is_full_drops_and_counts() {
    let dir = dir();
    let (full, hooks) = full();
    let (ledger, _) = open_with(&dir, Settings::default(), hooks);
    full.full.store(true, Ordering::SeqCst);
    let user_agent = "x".repeat(8_000);
    let count = BACKLOG_BYTES_MAX as u64 / 8_000 + 100;
    let dropped = (0..count)
        .map(|number| {
            ledger.append_entry(&Entry {
                user_agent: user_agent.clone(),
                ..entry(number)
            })
        })
        .filter(|appended| *appended == Appended::Dropped)
        .count() as u64;
    let status = ledger.status();
    assert!(dropped > 0 && status.dropped == dropped);
    assert!(status.backlog_bytes <= BACKLOG_BYTES_MAX);
}

#[test]
fn a_failed_sync_is_told_and_left_behind_with_its_segment() {
    let dir = dir();
    let (full, hooks) = full();
    let (ledger, _) = open_with(&dir, Settings::default(), hooks);
    full.no_sync.store(true, Ordering::SeqCst);
    assert_eq!(ledger.append_entry(&entry(0)), Appended::Written);
    eventually("it is told", || {
        matches!(ledger.status().health, LedgerHealth::Failing { .. })
    });
    full.no_sync.store(false, Ordering::SeqCst);
    eventually("it is well again", || {
        ledger.status().health == LedgerHealth::Ok
    });
    assert_eq!(ledger.append_entry(&entry(1)), Appended::Written);
    assert!(segments(&dir).len() >= 2);
    assert_eq!(on_disk(&ledger).len(), 2);
}
