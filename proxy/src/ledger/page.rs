//! Lists of records, newest first, a page at a time: entries, adjustments and events.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use prost::Message as _;
use uuid::Uuid;

use super::amend::Amendments;
use super::back::{Backwards, Listed};
use super::books::Recent;
use super::entry::Entry;
use super::note::{Adjustment, Event};
use super::read::{Conditions, ReadError, Reader, open};
use super::series::{SegmentName, list};

/// Most records of one page.
pub const PAGE_LEN_MAX: usize = 1_000;

/// Most bytes that one page reads.
pub const PAGE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Records of one sort, newest first, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T = Entry> {
    /// Newest first: by the time they were written, one writer's after another's.
    pub items: Vec<T>,
    /// The next page begins here; `None` when there is none.
    pub next: Option<Cursor>,
}

/// A place between two records. Stays good while the ledger grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    segment: SegmentName,
    /// Everything before this offset is still to come.
    before: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{:x}-{}",
            self.segment.sequence, self.segment.writer, self.before
        )
    }
}

impl FromStr for Cursor {
    type Err = ReadError;

    fn from_str(text: &str) -> Result<Self, ReadError> {
        let parse = || {
            let mut parts = text.splitn(3, '-');
            let sequence = parts.next()?.parse().ok()?;
            let writer = u64::from_str_radix(parts.next()?, 16).ok()?;
            let before = parts.next()?.parse().ok()?;
            Some(Self {
                segment: SegmentName { sequence, writer },
                before,
            })
        };
        parse().ok_or(ReadError::Cursor)
    }
}

impl Reader {
    /// Up to `limit` entries (at most [`PAGE_LEN_MAX`]) that `conditions` hold of, newest first.
    ///
    /// Reads backwards from `after`, or from the newest, at most [`PAGE_BYTES_MAX`] bytes: a page of
    /// a rare kind may hold fewer than `limit`, or none, and still have a next one.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn page(
        &self,
        conditions: &Conditions,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        let amendments = Amendments::read(&self.dir)?;
        let mut page = self.list(conditions, (after, limit), |entry| conditions.hold(entry))?;
        for entry in &mut page.items {
            amendments.apply(entry);
        }
        Ok(page)
    }

    /// Up to `limit` adjustments (at most [`PAGE_LEN_MAX`]) that are `wanted`, newest first. Reads as
    /// [`Reader::page`] does, so that a page may be empty and still have a next one.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn adjustments(
        &self,
        after: Option<Cursor>,
        limit: usize,
        wanted: impl Fn(&Adjustment) -> bool,
    ) -> Result<Page<Adjustment>, ReadError> {
        self.list(&Conditions::default(), (after, limit), wanted)
    }

    /// Up to `limit` events (at most [`PAGE_LEN_MAX`]) that are `wanted`, newest first. Reads as
    /// [`Reader::page`] does, so that a page may be empty and still have a next one.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn events(
        &self,
        after: Option<Cursor>,
        limit: usize,
        wanted: impl Fn(&Event) -> bool,
    ) -> Result<Page<Event>, ReadError> {
        self.list(&Conditions::default(), (after, limit), wanted)
    }

    /// The first `limit` events (at most [`PAGE_LEN_MAX`]) after the one with that id, oldest first: for whoever was told
    /// all up to it. Ids of events are UUIDs of version 7, which sort by time; of two processes that write at once, one
    /// may write down an event up to a second after the other's later one.
    ///
    /// Reads the segments that were written since that event.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn events_after(&self, id: Uuid, limit: usize) -> Result<Vec<Event>, ReadError> {
        let limit = limit.clamp(1, PAGE_LEN_MAX);
        let mut first = BTreeMap::new();
        self.records(&Conditions::since(id), Event::has_kind, |payload| {
            let event = Event::decode(payload).ok()?;
            if event.id() > id {
                first.insert(event.id(), event);
            }
            if first.len() > limit {
                first.pop_last();
            }
            Some(ControlFlow::Continue(()))
        })?;
        Ok(first.into_values().collect())
    }

    /// Lists records backwards from a cursor. `conditions` spare reading segments; `wanted` decides.
    fn list<R: Listed>(
        &self,
        conditions: &Conditions,
        (after, limit): (Option<Cursor>, usize),
        wanted: impl Fn(&R) -> bool,
    ) -> Result<Page<R>, ReadError> {
        let limit = limit.clamp(1, PAGE_LEN_MAX);
        let mut page = Page {
            items: Vec::new(),
            next: None,
        };
        let mut left_bytes = PAGE_BYTES_MAX;
        let mut recent = Recent::default();
        for name in list(&self.dir)?.segments.into_iter().rev() {
            let before = match after {
                Some(after) if name > after.segment => continue,
                Some(after) if name == after.segment => after.before,
                _ => u64::MAX,
            };
            let Some((file, length)) = open(&self.dir, name, conditions)? else {
                continue;
            };
            let mut backwards = Backwards::<R>::new(file, length.min(before));
            let next = |before| {
                Some(Cursor {
                    segment: name,
                    before,
                })
            };
            while let Some((at, record)) = backwards.next(left_bytes)? {
                if wanted(&record) && recent.insert(record.number()) {
                    page.items.push(record);
                }
                if page.items.len() == limit {
                    page.next = next(at);
                    return Ok(page);
                }
            }
            if let Some(unread) = backwards.unread() {
                page.next = next(unread);
                return Ok(page);
            }
            left_bytes = left_bytes.saturating_sub(backwards.read_bytes);
        }
        Ok(page)
    }
}
