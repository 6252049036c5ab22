//! What happens, as it happens: requests settled, budgets crossed, keys and rules changed, reloads.
//!
//! A [`Hub`] keeps the latest events in memory and hands them to whoever listens. Both are bounded, and
//! nobody who publishes ever waits for a listener. Events of requests are made only while somebody listens.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::broadcast;

use crate::ledger::Entry;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// What kind of thing.
    pub kind: EventKind,
    /// Whose it is; a token of one team sees that team's alone, and none that are nobody's.
    pub team: Option<Arc<str>>,
    /// JSON, one object without a line break.
    pub data: Arc<str>,
}

/// Kinds of events: the `event:` line of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A request was settled; the data is its ledger entry.
    Request,
    /// A part of a budget's limit was reached (`budget.threshold`), or a budget was changed.
    Budget,
    /// A breaker opened or closed.
    Breaker,
    /// A key was made, changed, rotated or revoked.
    Key,
    /// A limit or a guard was changed.
    Rule,
    /// The configuration was loaded again.
    Reload,
}

impl Event {
    /// An event of `kind` about `team`, or about everybody.
    #[must_use]
    pub fn new(kind: EventKind, team: Option<&str>, data: &impl Serialize) -> Self {
        let data = serde_json::to_string(data).unwrap_or_else(|_| "{}".to_owned());
        Self {
            kind,
            team: team.map(Into::into),
            data: data.into(),
        }
    }
}

impl EventKind {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Budget => "budget",
            Self::Breaker => "breaker",
            Self::Key => "key",
            Self::Rule => "rule",
            Self::Reload => "reload",
        }
    }
}

/// Where events are published and listened to.
pub struct Hub {
    /// Tells the events of this process from those of the one before.
    life: u64,
    /// Requests are told of until then, milliseconds since 1970 UTC; [`u64::MAX`] while somebody listens.
    heard_until_unix_ms: AtomicU64,
    inner: Mutex<Inner>,
}

struct Inner {
    /// Number of the next event.
    next: u64,
    latest: VecDeque<Numbered>,
    bytes: usize,
    listeners: usize,
    sender: broadcast::Sender<Numbered>,
}

/// An event and its number.
#[derive(Debug, Clone)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) event: Event,
}

/// What a listener missed, and what comes.
pub(crate) struct Listening {
    /// Kept events behind the last one that it had.
    pub(crate) missed: Vec<Numbered>,
    /// Events in between are not kept any more.
    pub(crate) has_gap: bool,
    /// Those to come.
    pub(crate) coming: broadcast::Receiver<Numbered>,
    pub(crate) _seat: Seat,
}

/// Why nobody more may listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{LISTENERS_MAX} listeners are there already")]
pub(crate) struct Full;

impl Hub {
    /// A hub of a process that began at `started_at_unix_ms`.
    #[must_use]
    pub fn new(started_at_unix_ms: u64) -> Self {
        Self {
            life: started_at_unix_ms,
            heard_until_unix_ms: AtomicU64::new(0),
            inner: Mutex::new(Inner {
                next: 1,
                latest: VecDeque::new(),
                bytes: 0,
                listeners: 0,
                sender: broadcast::Sender::new(QUEUE_LEN),
            }),
        }
    }

    /// Tells everybody who listens, and those who come back soon.
    pub fn publish(&self, event: Event) {
        let mut inner = self.inner.lock();
        let numbered = Numbered {
            number: inner.next,
            event,
        };
        inner.next = inner.next.saturating_add(1);
        inner.keep(numbered.clone());
        // Nobody there is no fault.
        inner.sender.send(numbered).ok();
    }

    /// Tells of a settled request, if anybody listens: an atomic load otherwise.
    pub(crate) fn request(&self, entry: &Entry) {
        let ended_at_unix_ms = entry.at_unix_ms.saturating_add(entry.duration_ms);
        if self.heard_until_unix_ms.load(Ordering::Relaxed) < ended_at_unix_ms {
            return;
        }
        let team = Some(&*entry.team).filter(|team| !team.is_empty());
        self.publish(Event::new(EventKind::Request, team, entry));
    }

    /// Listens from behind `last`, an id that [`Self::id`] gave; without one, from now on.
    pub(crate) fn listen(self: &Arc<Self>, last: Option<&str>) -> Result<Listening, Full> {
        let mut inner = self.inner.lock();
        if inner.listeners >= LISTENERS_MAX {
            return Err(Full);
        }
        inner.listeners = inner.listeners.saturating_add(1);
        self.heard_until_unix_ms.store(u64::MAX, Ordering::Relaxed);
        let oldest = inner.latest.front().map_or(inner.next, |kept| kept.number);
        // Of another life everything here is new.
        let had = last.map(|last| self.number(last).unwrap_or(0));
        let missed = had.map_or_else(Vec::new, |had| {
            let kept = inner.latest.iter();
            kept.filter(|kept| kept.number > had).cloned().collect()
        });
        let is_ours = last.is_none_or(|last| self.number(last).is_some());
        Ok(Listening {
            missed,
            has_gap: !is_ours || had.is_some_and(|had| had.saturating_add(1) < oldest),
            coming: inner.sender.subscribe(),
            _seat: Seat(Arc::clone(self)),
        })
    }

    /// The latest `len` events that `may_see` lets through, newest first; told as listening for a while.
    pub(crate) fn latest(
        &self,
        len: usize,
        now_unix_ms: u64,
        may_see: impl Fn(&Event) -> bool,
    ) -> Vec<Numbered> {
        self.linger(now_unix_ms);
        let inner = self.inner.lock();
        let seen = inner.latest.iter().rev().filter(|n| may_see(&n.event));
        seen.take(len).cloned().collect()
    }

    /// An event's id: what `Last-Event-ID` gives back.
    pub(crate) fn id(&self, number: u64) -> String {
        format!("{:x}-{number}", self.life)
    }

    /// The number in an id of this process.
    fn number(&self, id: &str) -> Option<u64> {
        let (life, number) = id.split_once('-')?;
        let life = u64::from_str_radix(life, 16).ok()?;
        (life == self.life).then(|| number.parse().ok()).flatten()
    }

    /// Requests are told of for a while longer, so that who comes back has missed none.
    fn linger(&self, now_unix_ms: u64) {
        let until = now_unix_ms.saturating_add(LINGER_MS);
        self.heard_until_unix_ms.fetch_max(until, Ordering::Relaxed);
    }
}

impl Inner {
    fn keep(&mut self, numbered: Numbered) {
        self.bytes = self.bytes.saturating_add(numbered.event.data.len());
        self.latest.push_back(numbered);
        while self.latest.len() > KEPT_MAX || self.bytes > KEPT_BYTES_MAX {
            let Some(oldest) = self.latest.pop_front() else {
                break;
            };
            self.bytes = self.bytes.saturating_sub(oldest.event.data.len());
        }
    }
}

/// A listener's place; dropped, it is free for another.
pub(crate) struct Seat(Arc<Hub>);

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inner = self.0.inner.lock();
        inner.listeners = inner.listeners.saturating_sub(1);
        if inner.listeners == 0 {
            let until = crate::clock::unix_ms().saturating_add(LINGER_MS);
            self.0.heard_until_unix_ms.store(until, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner.lock();
        write!(f, "Hub({} kept)", inner.latest.len())
    }
}

/// Events kept for those who come back.
const KEPT_MAX: usize = 4_096;

/// Their data together: an entry has about 1.5 KiB.
const KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Events that a listener may be behind before it misses some.
const QUEUE_LEN: usize = 1_024;

/// Listeners at once.
const LISTENERS_MAX: usize = 64;

/// Requests are told of so long after the last listener has gone: browsers come back after 3 s.
const LINGER_MS: u64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> Arc<Hub> {
        Arc::new(Hub::new(0xabc))
    }

    fn entry(team: &str) -> Entry {
        Entry {
            at_unix_ms: 1_000,
            team: team.to_owned(),
            ..Entry::default()
        }
    }

    #[test]
    fn requests_are_told_of_only_while_somebody_listens() {
        let hub = hub();
        hub.request(&entry("a"));
        let listening = hub.listen(None).expect("a seat");
        hub.request(&entry("b"));
        let kept = hub.latest(10, 0, |_| true);
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].event.team.as_deref(), Some("b"));
        drop(listening);
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_and_who_stayed_away_too_long_is_told() {
        let hub = hub();
        let tell = |hub: &Hub| hub.publish(Event::new(EventKind::Reload, None, &()));
        (0..10).for_each(|_| tell(&hub));
        let back = hub.listen(Some(&hub.id(7))).expect("a seat");
        let numbers: Vec<u64> = back.missed.iter().map(|n| n.number).collect();
        assert_eq!((numbers, back.has_gap), (vec![8, 9, 10], false));
        (0..KEPT_MAX).for_each(|_| tell(&hub));
        let late = hub.listen(Some(&hub.id(7))).expect("a seat");
        assert_eq!((late.missed.len(), late.has_gap), (KEPT_MAX, true));
        let other = hub.listen(Some("abd-7")).expect("a seat");
        assert_eq!((other.missed.len(), other.has_gap), (KEPT_MAX, true));
        let new = hub.listen(None).expect("a seat");
        assert_eq!((new.missed.len(), new.has_gap), (0, false));
    }

    #[test]
    fn the_sixty_fifth_listener_waits_for_a_seat() {
        let hub = hub();
        let mut seats: Vec<_> = (0..64).map(|_| hub.listen(None).expect("a seat")).collect();
        assert!(hub.listen(None).is_err());
        seats.pop();
        assert!(hub.listen(None).is_ok());
    }
}
