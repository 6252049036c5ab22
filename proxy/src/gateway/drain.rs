//! Going away without a failed request: told once, seen by every connection.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// How long a connection stands that was not told to go: while no new ones are taken, and behind an answer
/// that was under way by then. Closed under a request on its way, it would fail one that no server can save.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// The stages of leaving, and how much is still under way.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    closing: AtomicBool,
    idle_closed: AtomicBool,
    forced: AtomicBool,
    changed: Notify,
    in_flight: AtomicUsize,
    settled: Notify,
    connections: AtomicUsize,
}

/// Counts an open connection of a client.
#[derive(Debug)]
pub(crate) struct Connected<'a>(&'a Drain);

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drain {
    /// First stage: answers say `connection: close`, connections stay.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    /// Second stage: idle connections close, busy ones after their answer.
    pub(crate) fn close_idle(&self) {
        self.close();
        self.idle_closed.store(true, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Last stage: open answers end now, visibly.
    pub(crate) fn force(&self) {
        // First the mark, then the word: who is woken looks once.
        self.forced.store(true, Ordering::SeqCst);
        self.close_idle();
    }

    /// Whether answers should ask their clients to go elsewhere.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Whether connections should close after the answer under way.
    pub(crate) fn is_idle_closed(&self) -> bool {
        self.idle_closed.load(Ordering::SeqCst)
    }

    /// Whether open answers must end.
    pub(crate) fn is_forced(&self) -> bool {
        self.forced.load(Ordering::SeqCst)
    }

    /// Completes at the next change of stage.
    pub(crate) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    /// Completes when open answers must end.
    pub(crate) async fn forced(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_forced() {
                return;
            }
            changed.await;
        }
    }

    /// Counts a connection in, unless `max` are open.
    pub(crate) fn connect(&self, max: usize) -> Option<Connected<'_>> {
        let before = self.connections.fetch_add(1, Ordering::SeqCst);
        let connected = Connected(self);
        (before < max).then_some(connected)
    }

    /// Connections open.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Counts a request in, unless `max` are under way.
    pub(crate) fn enter(&self, max: usize) -> bool {
        let before = self.in_flight.fetch_add(1, Ordering::SeqCst);
        if before < max {
            return true;
        }
        self.leave();
        false
    }

    /// Counts a request out.
    pub(crate) fn leave(&self) {
        if self.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 && self.is_closing() {
            self.settled.notify_waiters();
        }
    }

    /// Requests under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    /// Completes when nothing is under way.
    pub(crate) async fn settled(&self) {
        loop {
            let mut settled = std::pin::pin!(self.settled.notified());
            settled.as_mut().enable();
            if self.in_flight() == 0 {
                return;
            }
            settled.await;
        }
    }
}
