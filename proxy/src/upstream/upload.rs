//! The part of a request's body that is still with the client, on its way as it arrives.
//!
//! It is polled by the provider's connection, so a provider that takes nothing is a client that sends
//! nothing: no buffer stands between them but the engines' own. What was sent cannot be sent again.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::Body;
use hyper::body::Incoming;
use parking_lot::Mutex;
use quotah_adapters::{FactsError, FormReader};

use crate::clock;
use crate::gateway::io::{ConnState, LazyTimer};

/// Why a body broke off on its way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UploadFault {
    /// Over the bound, bytes.
    #[error("request body is over the limit of {0} bytes")]
    TooLarge(u64),
    /// Nothing came for too long.
    #[error("request body stopped arriving")]
    Silence,
    /// It ended early, or its framing is wrong.
    #[error("request body ended early or is not framed correctly")]
    Broken,
    /// It says something that could be read in two ways.
    #[error(transparent)]
    Ambiguous(#[from] FactsError),
    /// Nobody wants the rest.
    #[error("the exchange is over")]
    Left,
}

/// Bounds of the rest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadBounds {
    /// Most bytes, those held included.
    pub(crate) bytes_max: u64,
    /// Longest silence of the client while the provider would take more.
    pub(crate) silence_max: Duration,
}

/// The rest of a body, shared between the exchange that sends it and the request's account.
#[derive(Debug)]
pub(crate) struct Upload {
    // A plain lock: held while a frame is fetched, never over an await.
    state: Mutex<State>,
    conn: Arc<ConnState>,
    silence_max: Duration,
    /// Bytes to come, where the client has announced them.
    announced: Option<u64>,
}

#[derive(Debug)]
struct State {
    incoming: Option<Incoming>,
    /// Reads a form on as it passes.
    form: Option<FormReader>,
    timer: LazyTimer,
    silent_since: Option<Instant>,
    /// When the last bytes went on.
    moved_at: Instant,
    /// Bytes so far, those held included.
    bytes: u64,
    /// Most bytes, those held included.
    bytes_max: u64,
    is_complete: bool,
    has_moved: bool,
    fault: Option<UploadFault>,
    /// Who waits for the next frame, to be told when nobody wants it any more.
    waiting: Option<Waker>,
}

impl Upload {
    /// The rest of `incoming`, of which `held_bytes` were read; `form` goes on reading it.
    ///
    /// Until it has ended, what the client sends is unread as far as its connection knows.
    pub(crate) fn new(
        incoming: Incoming,
        held_bytes: u64,
        form: Option<FormReader>,
        conn: &Arc<ConnState>,
        bounds: UploadBounds,
    ) -> Self {
        conn.left_unread.store(true, Ordering::Relaxed);
        Self {
            announced: incoming.size_hint().exact(),
            conn: Arc::clone(conn),
            silence_max: bounds.silence_max,
            state: Mutex::new(State {
                incoming: Some(incoming),
                form,
                timer: LazyTimer::default(),
                silent_since: None,
                moved_at: clock::now(),
                bytes: held_bytes,
                bytes_max: bounds.bytes_max,
                is_complete: false,
                has_moved: false,
                fault: None,
                waiting: None,
            }),
        }
    }

    /// Bytes that follow those held, where the client has announced them.
    pub(crate) fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// The whole body may be at most so long, what was read before included.
    pub(crate) fn lower_to(&self, bytes_max: u64) {
        let mut state = self.state.lock();
        state.bytes_max = state.bytes_max.min(bytes_max);
    }

    /// When the last bytes went on.
    pub(crate) fn moved_at(&self) -> Instant {
        self.state.lock().moved_at
    }

    /// Bytes of the body so far, those held included.
    pub(crate) fn bytes(&self) -> u64 {
        self.state.lock().bytes
    }

    /// Whether nothing of the rest has gone anywhere.
    pub(crate) fn is_untouched(&self) -> bool {
        let state = self.state.lock();
        state.incoming.is_some() && !state.has_moved
    }

    /// Whether the client has sent its body to the end, and all of it was taken.
    pub(crate) fn is_complete(&self) -> bool {
        self.state.lock().is_complete
    }

    /// Why it broke off, if it did.
    pub(crate) fn fault(&self) -> Option<UploadFault> {
        self.state.lock().fault.clone()
    }

    /// The model that a form has named by now.
    pub(crate) fn model(&self) -> Option<Box<str>> {
        let state = self.state.lock();
        Some(state.form.as_ref()?.model()?.name.clone())
    }

    /// Leaves the rest with the client: the exchange is over.
    pub(crate) fn leave(&self) {
        let waiting = {
            let mut state = self.state.lock();
            if !state.is_complete {
                state.fault.get_or_insert(UploadFault::Left);
            }
            state.incoming = None;
            state.waiting.take()
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    /// The next bytes; `None` at the clean end.
    pub(super) fn poll_data(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, UploadFault>>> {
        let state = &mut *self.state.lock();
        let data = loop {
            if state.is_complete {
                return Poll::Ready(None);
            }
            let Some(incoming) = &mut state.incoming else {
                let fault = state.fault.clone().unwrap_or(UploadFault::Left);
                return Poll::Ready(Some(Err(fault)));
            };
            match Pin::new(&mut *incoming).poll_frame(cx) {
                Poll::Ready(None) => self.complete(state),
                Poll::Ready(Some(Err(_))) => {
                    return Poll::Ready(Some(Err(state.fail(UploadFault::Broken))));
                }
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers say nothing that a provider would read.
                    let data = frame.into_data().unwrap_or_default();
                    if incoming.is_end_stream() {
                        self.complete(state);
                    }
                    if !data.is_empty() {
                        break data;
                    }
                }
                Poll::Pending => {
                    let since = *state.silent_since.get_or_insert_with(clock::now);
                    let until = since + self.silence_max;
                    if state.timer.poll(cx, until).is_ready() {
                        return Poll::Ready(Some(Err(state.fail(UploadFault::Silence))));
                    }
                    state.waiting = Some(cx.waker().clone());
                    return Poll::Pending;
                }
            }
        };
        Poll::Ready(Some(state.pass(data)))
    }

    fn complete(&self, state: &mut State) {
        state.is_complete = true;
        state.incoming = None;
        self.conn.left_unread.store(false, Ordering::Relaxed);
    }
}

impl State {
    /// Counts bytes that go on, and shows them to the form's reader.
    fn pass(&mut self, data: Bytes) -> Result<Bytes, UploadFault> {
        self.silent_since = None;
        self.has_moved = true;
        self.moved_at = clock::now();
        self.bytes = self.bytes.saturating_add(data.len() as u64);
        if self.bytes > self.bytes_max {
            return Err(self.fail(UploadFault::TooLarge(self.bytes_max)));
        }
        if let Some(form) = &mut self.form {
            form.feed(&data);
            if let Some(error) = form.error() {
                let fault = UploadFault::Ambiguous(error.clone());
                return Err(self.fail(fault));
            }
        }
        Ok(data)
    }

    fn fail(&mut self, fault: UploadFault) -> UploadFault {
        self.incoming = None;
        self.is_complete = false;
        self.fault.insert(fault).clone()
    }
}

/// Leaves the rest of an upload when the exchange that sends it is over, however it ends: a stream of an h2
/// connection is fed by a task that would otherwise go on.
#[derive(Debug)]
pub(super) struct Leave(pub(super) Arc<Upload>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.leave();
    }
}
