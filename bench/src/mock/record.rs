//! What the mock saw and what it billed.

use std::collections::{BTreeMap, VecDeque};
use std::ops::AddAssign;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Keep;
use super::request::Request;
use crate::clock;

/// One request, and what was sent for it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Counts from 0 in order of arrival.
    pub id: u64,
    /// Which connection it came on, counted from 0.
    pub connection: u64,
    /// The method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Request line and headers as they stood on the wire; empty for h2.
    pub head: Bytes,
    /// Names and values in order, names in the case that was sent.
    pub headers: Vec<(String, String)>,
    /// The body, unframed.
    pub body: Bytes,
    /// Whether the body came chunked.
    pub chunked: bool,
    /// When the request was read to its end.
    pub at: Instant,
    /// The entity that was to be sent, after encoding and before framing.
    pub answer: Bytes,
    /// The raw bytes that were sent, head and framing included (HTTP/1.1 alone).
    pub sent: Vec<u8>,
    /// When the last byte of the answer was written; `None` while it is under way, or was aborted.
    pub finished_at: Option<Instant>,
    /// When the client was seen to be gone before the end.
    pub aborted_at: Option<Instant>,
    /// What was billed for it; zero until it finished or was aborted.
    pub billed: Tokens,
}

impl Recorded {
    /// The first value of a header, ignoring case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
}

/// Token counts in the classes of Quotah's ledger: `input` holds the cached and written ones, `output` the
/// reasoning ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// All input tokens.
    pub input: u64,
    /// Read from the cache.
    pub cached: u64,
    /// Written to the cache.
    pub cache_write: u64,
    /// All output tokens.
    pub output: u64,
    /// Spent on reasoning.
    pub reasoning: u64,
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.cached += other.cached;
        self.cache_write += other.cache_write;
        self.output += other.output;
        self.reasoning += other.reasoning;
    }
}

/// Nothing that was asked for came in time.
#[derive(Debug, thiserror::Error)]
#[error("no such request within {timeout_ms} ms; {seen} seen")]
pub struct WaitError {
    /// How long was waited.
    pub timeout_ms: u128,
    /// Requests kept at the end of the wait.
    pub seen: usize,
}

/// Keeps requests and books for all connections.
#[derive(Debug)]
pub(super) struct Recorder {
    keep: Keep,
    // A plain lock: held for a push or an addition, never over an await.
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    records: VecDeque<Recorded>,
    requests_count: u64,
    billed: BTreeMap<String, Tokens>,
}

impl Recorder {
    pub(super) fn new(keep: Keep) -> Self {
        Self {
            keep,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Whether what is sent should be handed to [`Self::sent`].
    pub(super) const fn keeps(&self) -> bool {
        matches!(self.keep, Keep::Requests)
    }

    /// A request was read to its end; the answer will be `answer`. Gives the id for what follows.
    pub(super) fn begin(&self, connection: u64, request: &Request, answer: &Bytes) -> u64 {
        let mut state = self.state.lock();
        let id = state.requests_count;
        state.requests_count += 1;
        if !self.keeps() {
            return id;
        }
        if state.records.len() == RECORDS_MAX {
            state.records.pop_front();
        }
        let text = |bytes: &Bytes| bytes.iter().copied().map(char::from).collect::<String>();
        state.records.push_back(Recorded {
            id,
            connection,
            method: request.method.clone(),
            target: request.target.clone(),
            head: request.head.clone(),
            headers: request
                .headers
                .iter()
                .map(|(n, v)| (text(n), text(v)))
                .collect(),
            body: request.body.clone(),
            chunked: request.chunked,
            at: clock::now(),
            answer: answer.clone(),
            sent: Vec::new(),
            finished_at: None,
            aborted_at: None,
            billed: Tokens::default(),
        });
        drop(state);
        self.changed.notify_waiters();
        id
    }

    /// Bytes went out for request `id`.
    pub(super) fn sent(&self, id: u64, bytes: &[u8]) {
        if self.keeps() {
            self.update(id, |record| record.sent.extend_from_slice(bytes));
        }
    }

    /// The answer to `id` was written to its end.
    pub(super) fn finished(&self, id: u64, model: &str, billed: Tokens) {
        self.bill(model, billed);
        self.update(id, |record| {
            record.finished_at = Some(clock::now());
            record.billed = billed;
        });
    }

    /// The client of `id` went before the end; `billed` is what had been generated for it.
    pub(super) fn aborted(&self, id: u64, model: &str, billed: Tokens) {
        self.bill(model, billed);
        self.update(id, |record| {
            record.aborted_at = Some(clock::now());
            record.billed = billed;
        });
    }

    fn bill(&self, model: &str, billed: Tokens) {
        let mut state = self.state.lock();
        if let Some(sum) = state.billed.get_mut(model) {
            *sum += billed;
        } else if state.billed.len() < MODELS_MAX {
            state.billed.insert(model.to_owned(), billed);
        }
    }

    fn update(&self, id: u64, change: impl FnOnce(&mut Recorded)) {
        if !self.keeps() {
            return;
        }
        let mut state = self.state.lock();
        let first = state.records.front().map_or(id, |record| record.id);
        let place = id.checked_sub(first).and_then(|n| usize::try_from(n).ok());
        if let Some(record) = place.and_then(|n| state.records.get_mut(n)) {
            change(record);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    pub(super) fn records(&self) -> Vec<Recorded> {
        self.state.lock().records.iter().cloned().collect()
    }

    pub(super) fn forget(&self) {
        let mut state = self.state.lock();
        state.records.clear();
        state.billed.clear();
    }

    pub(super) fn requests_count(&self) -> u64 {
        self.state.lock().requests_count
    }

    pub(super) fn billed(&self) -> BTreeMap<String, Tokens> {
        self.state.lock().billed.clone()
    }

    /// Waits for a record that satisfies `wanted`.
    pub(super) async fn wait_for(
        &self,
        timeout: Duration,
        wanted: impl Fn(&Recorded) -> bool,
    ) -> Result<Recorded, WaitError> {
        let search = async {
            loop {
                let mut changed = std::pin::pin!(self.changed.notified());
                // Registered before looking, so that a change between look and wait is not lost.
                changed.as_mut().enable();
                let found = self
                    .state
                    .lock()
                    .records
                    .iter()
                    .find(|r| wanted(r))
                    .cloned();
                if let Some(found) = found {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(timeout, search)
            .await
            .map_err(|_| WaitError {
                timeout_ms: timeout.as_millis(),
                seen: self.state.lock().records.len(),
            })
    }
}

/// Requests kept; the oldest fall out beyond it.
const RECORDS_MAX: usize = 100_000;

/// Models with books of their own; a test that names more is testing something else.
const MODELS_MAX: usize = 10_000;
