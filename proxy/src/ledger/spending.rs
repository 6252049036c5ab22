//! Tells a listener what other processes spent and hold: for budgets, whose spending is what the ledger says.
//!
//! Every record that is not appended by this process itself is told once: at the start, in the order in which
//! segments are read, and from then on as other writers' series are followed. What this process appends is
//! charged by whoever appends it; what it appends in a dead writer's stead is told.

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;

use prost::Message as _;
use uuid::Uuid;

use super::amend::Correction;
use super::books::{Booked, Books, Recent};
use super::entry::{Entry, Intent};
use super::note::{Adjustment, Event};
use super::record::Record;

/// Hears of spending that others wrote down.
///
/// Called while the ledger is opened, later from its housekeeping thread. A call may append events; it must neither call
/// [`Ledger::replay`](super::Ledger::replay), which waits for the call to return, nor take a
/// [`Ledger::charging`](super::Ledger::charging), which may be held around the call.
pub trait Spending: Send + Sync + Debug {
    /// What ended before does not matter, milliseconds since 1970 UTC; `None` when nothing does. Asked once, while
    /// the ledger is opened, and decides which segments are read for this listener alone. What it is told all the
    /// same is to be judged by its own time.
    fn since_unix_ms(&self) -> Option<u64>;

    /// A request is over; [`Entry::charge`] is what it is charged.
    fn entry(&self, entry: &Entry);

    /// An entry costs something else after all, by [`Correction::difference_picousd`].
    fn correction(&self, correction: &Correction);

    /// A budget's spending was corrected by hand.
    fn adjustment(&self, adjustment: &Adjustment);

    /// A crossing was told.
    fn event(&self, event: &Event);

    /// Another living process has admitted a request and holds what it reserved; told again when it holds more.
    fn intent(&self, writer: u64, intent: &Intent);

    /// That request is over; its entry was told before.
    fn settled(&self, id: Uuid);
}

/// A listener that does not care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unspent;

impl Spending for Unspent {
    fn since_unix_ms(&self) -> Option<u64> {
        None
    }
    fn entry(&self, _entry: &Entry) {}
    fn correction(&self, _correction: &Correction) {}
    fn adjustment(&self, _adjustment: &Adjustment) {}
    fn event(&self, _event: &Event) {}
    fn intent(&self, _writer: u64, _intent: &Intent) {}
    fn settled(&self, _id: Uuid) {}
}

/// Tells a listener each record once.
#[derive(Debug)]
pub(super) struct Teller {
    listener: Arc<dyn Spending>,
    since_unix_ms: Option<u64>,
    /// The latest told, at the start only: segments whose sums come from the index are read without the books, which
    /// tell doubles otherwise.
    recent: Option<Recent>,
    /// Open intents that were told; at most [`OPEN_MAX`](super::books::OPEN_MAX), as the books hold no more.
    held: HashSet<u128>,
    /// Whether intents are told as they are read. At the start nearly all are settled a few records later, and dead
    /// writers' are about to be closed.
    is_started: bool,
}

impl Teller {
    pub(super) fn new(listener: Arc<dyn Spending>) -> Self {
        let since_unix_ms = listener.since_unix_ms();
        Self {
            listener,
            since_unix_ms,
            recent: since_unix_ms.map(|_| Recent::default()),
            held: HashSet::new(),
            is_started: false,
        }
    }

    /// Whether a segment matters whose newest record came to be then; `None` when that is not known.
    pub(super) fn wants(&self, newest_unix_ms: Option<u64>) -> bool {
        self.since_unix_ms
            .is_some_and(|since| newest_unix_ms.is_none_or(|newest| newest >= since))
    }

    /// Since when records matter, milliseconds since 1970 UTC.
    pub(super) const fn since_unix_ms(&self) -> Option<u64> {
        self.since_unix_ms
    }

    /// What was booked of `writer`'s series.
    pub(super) fn booked(&mut self, booked: &Booked, payload: &[u8], writer: u64) {
        match booked {
            Booked::New(record) => self.record(record),
            Booked::Opened(id) if self.is_started => self.intent(*id, payload, writer),
            Booked::Opened(_) | Booked::Nothing | Booked::Nonsense => {}
        }
    }

    /// A record that the books need not be asked about.
    pub(super) fn record(&mut self, record: &Record) {
        let recent = self.recent.as_mut();
        if !recent.is_none_or(|recent| recent.insert(record.id())) {
            return;
        }
        match record {
            Record::Entry(entry) => {
                self.listener.entry(entry);
                self.settled(entry.id());
            }
            Record::Correction(correction) => self.listener.correction(correction),
            Record::Adjustment(adjustment) => self.listener.adjustment(adjustment),
            Record::Event(event) => self.listener.event(event),
        }
    }

    /// Ends the start: everything is read, what dead writers left open is closed. What is still open is held by the
    /// living.
    pub(super) fn start(&mut self, books: &Books) {
        self.is_started = true;
        self.recent = None;
        for (id, open) in &books.open {
            self.intent(*id, &open.payload, open.writer);
        }
    }

    fn intent(&mut self, id: u128, payload: &[u8], writer: u64) {
        let Ok(intent) = Intent::decode(payload) else {
            return;
        };
        self.held.insert(id);
        self.listener.intent(writer, &intent);
    }

    fn settled(&mut self, id: Uuid) {
        if self.held.remove(&id.as_u128()) {
            self.listener.settled(id);
        }
    }
}
