//! Replays the ledger for budgets that are made while it runs: every record once, either from disk or live.
//!
//! What this process appends is charged by whoever appends it, under a [`Charging`]; what others append is told
//! by the follower, with the places locked. A replay stops both for a moment, in which new rules become visible
//! and the end of every series is noted. What is before the ends is read from disk afterwards, at leisure; what comes
//! behind them is charged or told under the new rules.

use std::io::{self, Read as _};

use parking_lot::RwLockReadGuard;

use super::Inner;
use super::books::Recent;
use super::log::LogEnd;
use super::read::{Conditions, ReadError, open};
use super::record::Record;
use super::segment::{HEADER_BYTES, Step, scan, step};
use super::series::{SegmentName, list};
use super::status::DamagedRange;

/// Held around an append and the charge that goes with it, so that a replay sees both or neither.
///
/// Any number are held at once, by different threads: a thread that takes a second one may wait for ever.
#[derive(Debug)]
#[must_use = "an append and its charge belong together only while this is held"]
pub struct Charging<'a> {
    _gate: RwLockReadGuard<'a, ()>,
}

/// Where every series ended at one moment.
struct Ends {
    own: LogEnd,
    others: Vec<(SegmentName, u64)>,
}

impl Inner {
    pub(super) fn charging(&self) -> Charging<'_> {
        Charging {
            _gate: self.gate.read(),
        }
    }

    /// See [`Ledger::replay`](super::Ledger::replay).
    pub(super) fn replay(
        &self,
        since_unix_ms: u64,
        publish: impl FnOnce(),
        mut each: impl FnMut(&Record),
    ) -> Result<Vec<DamagedRange>, ReadError> {
        let _no_deletion = self.replaying.lock();
        let ends = self.ends(publish);
        let mut told = Told {
            record: Record::default(),
            recent: Recent::default(),
            each: &mut each,
        };
        let since = Conditions {
            from_ms: Some(since_unix_ms),
            ..Conditions::default()
        };
        let (mut damaged, mut failed) = (Vec::new(), None);
        for (name, end) in ends.segments(&self.log.dir, self.writer())? {
            let read = open(&self.log.dir, name, &since).and_then(|opened| match opened {
                Some((file, _)) => told.segment(file.take(end.saturating_sub(HEADER_BYTES as u64))),
                None => Ok(Vec::new()),
            });
            match read {
                Ok(ranges) => damaged.extend(ranges.into_iter().map(|bytes| DamagedRange {
                    segment: name,
                    bytes,
                })),
                // One that cannot be read does not keep the others from being counted.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        for frame in &ends.own.backlog {
            told.frame(frame);
        }
        failed.map_or(Ok(damaged), |error| Err(error.into()))
    }

    /// Stops appends with charges and the follower, lets new rules become visible, and notes where every series ends.
    fn ends(&self, publish: impl FnOnce()) -> Ends {
        // The follower first: it may read for a while, and no request is to wait for that.
        let places = self.places.lock();
        let own = {
            let _gate = self.gate.write();
            publish();
            self.log.end()
        };
        let others = places.iter().map(|(name, place)| (*name, place.end));
        Ends {
            own,
            others: others.collect(),
        }
    }
}

impl Ends {
    /// Every segment with the offset up to which it is read, oldest first.
    fn segments(&self, dir: &std::path::Path, own: u64) -> io::Result<Vec<(SegmentName, u64)>> {
        let mut segments = self.others.clone();
        let active = self.own.segment;
        for name in list(dir)?.segments {
            match name.sequence.cmp(&active.sequence) {
                _ if name.writer != own => {}
                std::cmp::Ordering::Less => segments.push((name, u64::MAX)),
                std::cmp::Ordering::Equal => segments.push((name, self.own.length)),
                std::cmp::Ordering::Greater => {}
            }
        }
        segments.sort_unstable();
        Ok(segments)
    }
}

/// Who is told, and of what they were told.
struct Told<'a, F> {
    record: Record,
    recent: Recent,
    each: &'a mut F,
}

impl<F: FnMut(&Record)> Told<'_, F> {
    /// Tells what is in a segment behind its header. Returns the damage met.
    fn segment(&mut self, mut file: impl io::Read) -> io::Result<Vec<std::ops::Range<u64>>> {
        let scanned = scan(&mut file, HEADER_BYTES as u64, |kind, payload, _| {
            self.payload(kind, payload)
        })?;
        Ok(scanned.damaged)
    }

    /// Tells what waits in memory.
    fn frame(&mut self, frame: &[u8]) {
        if let Step::Record { kind, payload, .. } = step(frame, 0) {
            self.payload(kind, payload);
        }
    }

    /// Says whether the payload could be understood.
    fn payload(&mut self, kind: u8, payload: &[u8]) -> bool {
        match self.record.decode_into(kind, payload) {
            Ok(true) if self.recent.insert(self.record.id()) => (self.each)(&self.record),
            Ok(_) => {}
            Err(_) => return false,
        }
        true
    }
}
