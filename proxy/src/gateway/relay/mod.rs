//! The provider's bytes on their way to the client, a copy to the meter.
//!
//! Bytes pass as they came. Two things may change them: the usage chunk that we asked for is taken out
//! again, and an answer that must be broken off gets the dialect's error event first. The request is
//! booked before the bytes that complete it for its reader are handed on.

mod cause;
mod judge;
mod translated;
mod watch;

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use quotah_adapters::{
    Borders, Dialect, Framing, Operation, stream_error_event, stream_error_line,
};

use super::body::BrokenOff;
use super::cached;
use super::record::Booking;
use super::rewrite::Rewrite;
use super::tap::Tap;
use crate::config::resolved::OnClientDisconnect;
use crate::ledger::Outcome;
use crate::upstream::{AnswerBody, ExchangeError};

pub(crate) use cause::Cause;
pub(crate) use translated::Translated;
pub(crate) use watch::Watch;

/// An answer under way.
#[derive(Debug)]
pub(crate) struct Relay(Option<Inner>);

#[derive(Debug)]
struct Inner {
    answer: AnswerBody,
    booking: Booking,
    tap: Tap,
    rewrite: Option<Rewrite>,
    /// How it becomes one of the caller's dialect, where it comes in another.
    translated: Option<Translated>,
    /// Bytes ready for the client: at most one frame's worth, cut in pieces.
    queue: VecDeque<Bytes>,
    border: Borders,
    phase: Phase,
    failure: Failure,
    /// Why the answer broke off, if it did.
    broken_by: Option<Cause>,
}

/// What to say when the answer breaks off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    /// The client's.
    pub(crate) dialect: Dialect,
    /// The client's.
    pub(crate) operation: Operation,
    /// What the provider speaks.
    pub(crate) spoken: Dialect,
    /// An event or line can be said only in a stream of such that is not compressed.
    pub(crate) can_say: bool,
    /// How the stream is divided.
    pub(crate) framing: Framing,
    /// Whether the provider's status says that it accepted the request.
    pub(crate) accepted: bool,
    /// Whether the provider's streams surely say when they are complete.
    pub(crate) says_end: bool,
}

/// What is changed in an answer.
#[derive(Debug)]
pub(crate) enum Change {
    /// Nothing.
    Nothing,
    /// Our own usage chunk is taken out.
    Strip(Rewrite),
    /// Its events become the caller's.
    Translate(Translated),
    /// It is read whole before anything of it is given: see [`Relay::gather`].
    Gather,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Flowing,
    /// The error event is queued; what is before the break must reach the socket first.
    Flushing,
    Breaking,
    Done,
}

impl Relay {
    /// Begins to relay.
    pub(crate) fn new(
        answer: AnswerBody,
        booking: Booking,
        tap: Tap,
        change: Change,
        failure: Failure,
    ) -> Self {
        let (rewrite, translated, is_gathered) = match change {
            Change::Nothing => (None, None, false),
            Change::Strip(rewrite) => (Some(rewrite), None, false),
            Change::Translate(translated) => (None, Some(translated), false),
            Change::Gather => (None, None, true),
        };
        let mut inner = Inner {
            answer,
            booking,
            tap,
            rewrite,
            translated,
            queue: VecDeque::new(),
            border: Borders::new(failure.framing),
            phase: Phase::Flowing,
            failure,
            broken_by: None,
        };
        if inner.answer.is_ended() && !is_gathered {
            inner.finish();
        }
        Self(Some(inner))
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match &mut self.0 {
            Some(inner) => inner.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        let is_done = |inner: &Inner| inner.phase == Phase::Done && inner.queue.is_empty();
        self.0.as_ref().is_none_or(is_done)
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Some(inner) if inner.passes_as_it_is() && inner.queue.is_empty() => {
                inner.answer.size_hint()
            }
            _ => SizeHint::default(),
        }
    }
}

impl Drop for Relay {
    /// The client has gone before the end: close the provider, or read on to the usage.
    fn drop(&mut self) {
        let Some(mut inner) = self.0.take() else {
            return;
        };
        if inner.booking.is_settled() {
            return;
        }
        let server = &inner.booking.snapshot.config.server;
        let reads_on = server.on_client_disconnect == OnClientDisconnect::Drain
            && !inner.booking.state.drain.is_forced();
        if let Ok(runtime) = tokio::runtime::Handle::try_current()
            && reads_on
        {
            let (bound, state) = (server.drain, Arc::clone(&inner.booking.state));
            runtime.spawn(async move {
                let read_on = std::future::poll_fn(|cx| inner.poll_to_the_end(cx));
                tokio::select! {
                    _ = tokio::time::timeout(bound, read_on) => {}
                    () = state.drain.forced() => {}
                }
                inner.settle(Outcome::ClientGone, false);
            });
        } else {
            inner.settle(Outcome::ClientGone, false);
        }
    }
}

impl Inner {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        loop {
            if let Some(bytes) = self.queue.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            match self.phase {
                Phase::Flowing => {}
                Phase::Flushing => {
                    // The engine writes what it has buffered only when we have nothing for it.
                    self.phase = Phase::Breaking;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Phase::Breaking => {
                    self.phase = Phase::Done;
                    let cause = self.broken_by.take();
                    let cause = cause.unwrap_or(Cause::Exchange(ExchangeError::BrokenOff));
                    return Poll::Ready(Some(Err(BrokenOff(cause))));
                }
                Phase::Done => return Poll::Ready(None),
            }
            if self.booking.state.drain.is_forced() {
                self.break_off(Cause::Exchange(ExchangeError::Draining));
                continue;
            }
            match ready!(self.answer.poll_frame(cx)) {
                None => self.finish(),
                Some(Err(error)) => self.break_off(Cause::Exchange(error)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        if let Some(frame) = self.take(data) {
                            return Poll::Ready(Some(Ok(frame)));
                        }
                    }
                    // Whatever they are, they are of another dialect.
                    Err(_) if self.translated.is_some() => {}
                    Err(trailers) => {
                        // A kept answer has none, so this one is not kept.
                        self.booking.keeper = None;
                        return Poll::Ready(Some(Ok(trailers)));
                    }
                },
            }
        }
    }

    /// Reads and meters the rest for a reader who is gone.
    fn poll_to_the_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match ready!(self.answer.poll_frame(cx)) {
                None | Some(Err(_)) => return Poll::Ready(()),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.tap.feed(&data);
                        if self.over_budget().is_some() {
                            // Nobody reads it; nobody shall pay for it either.
                            return Poll::Ready(());
                        }
                    }
                }
            }
        }
    }

    /// Whether nothing in it is changed.
    const fn passes_as_it_is(&self) -> bool {
        self.rewrite.is_none() && self.translated.is_none()
    }

    /// Meters a piece and passes it on: returned when it goes as it is, queued when it is rewritten.
    fn take(&mut self, data: Bytes) -> Option<Frame<Bytes>> {
        if self.translated.is_some() {
            self.take_translated(&data);
            return None;
        }
        self.tap.feed(&data);
        let is_complete = self.answer.is_ended() || self.tap.says_complete(self.failure.spoken);
        if !is_complete && let Some(exhausted) = self.over_budget() {
            self.cut(data, exhausted);
            return None;
        }
        let direct = match &mut self.rewrite {
            None => {
                self.count(&data);
                Some(data)
            }
            Some(rewrite) => {
                rewrite.push(data, &mut self.queue);
                self.count_queue(0);
                None
            }
        };
        if self.answer.is_ended() {
            self.finish();
        } else if is_complete {
            // For its reader the answer is complete with these bytes, whatever the framing still brings.
            self.settle(Outcome::Ok, true);
        }
        direct.map(Frame::data)
    }

    /// Whether a hard budget has nothing left for what is still to come, and what it says then.
    fn over_budget(&mut self) -> Option<Cause> {
        let mut watch = self.booking.hold.watch.take()?;
        let mut held = std::mem::take(&mut self.booking.hold.reservation);
        let exhausted = watch.look(&self.tap, &self.booking, &mut held);
        self.booking.hold.reservation = held;
        self.booking.hold.watch = Some(watch);
        self.booking.raised();
        exhausted.map(|exhausted| Cause::budget(&exhausted))
    }

    /// Ends the answer behind the last whole event of a piece.
    fn cut(&mut self, data: Bytes, cause: Cause) {
        match &mut self.rewrite {
            Some(rewrite) => rewrite.push(data, &mut self.queue),
            None => {
                let whole = self.border.last_in(&data);
                let kept = whole.map_or_else(|| data.clone(), |end| data.slice(..end));
                self.queue
                    .extend(Some(kept).filter(|kept| !kept.is_empty()));
            }
        }
        self.count_queue(0);
        self.break_off(cause);
    }

    /// Notes what goes down next; before the answer may be settled, so that the entry has its last bytes.
    fn count(&mut self, data: &[u8]) {
        self.border.pass(data);
        if let Some(keeper) = &mut self.booking.keeper {
            keeper.take(data);
        }
        let entry = &mut self.booking.entry;
        entry.response_bytes = entry.response_bytes.saturating_add(data.len() as u64);
    }

    /// The same for what has been queued behind the first so many pieces.
    fn count_queue(&mut self, pieces: usize) {
        let queue = std::mem::take(&mut self.queue);
        for data in queue.iter().skip(pieces) {
            self.count(data);
        }
        self.queue = queue;
    }

    /// The framing's clean end: of the answer too, unless a stream has not said that it is complete.
    fn finish(&mut self) {
        if self.is_cut_short() {
            self.break_off(Cause::Exchange(ExchangeError::BrokenOff));
            return;
        }
        let queued = self.queue.len();
        if let Some(translated) = &mut self.translated {
            // An error that the provider told of is told; its stream may end anyhow.
            let may_end = self.tap.says_error() || self.booking.is_settled();
            let finished = translated.finish(self.tap.usage(), &mut self.queue);
            self.count_queue(queued);
            if let Err(fault) = finished
                && !may_end
            {
                self.break_off(Cause::Untranslatable(fault));
                return;
            }
            self.phase = Phase::Done;
            self.settle(Outcome::Ok, true);
            cached::keep(&mut self.booking);
            return;
        }
        let came_through = self
            .rewrite
            .as_mut()
            .is_none_or(|rewrite| rewrite.finish(&mut self.queue));
        self.count_queue(queued);
        if !came_through {
            self.break_off(Cause::Exchange(ExchangeError::BrokenOff));
            return;
        }
        self.phase = Phase::Done;
        self.settle(Outcome::Ok, true);
        cached::keep(&mut self.booking);
    }

    /// An end that must be seen as one.
    fn break_off(&mut self, cause: Cause) {
        let was_settled = self.booking.is_settled();
        let is_between = self.border.is_between();
        if !was_settled {
            cause.reason().clone_into(&mut self.booking.entry.reason);
        }
        let (outcome, kind, message) = (cause.outcome(), cause.kind(), cause.to_string());
        self.broken_by = Some(cause);
        self.settle(outcome, false);
        let Failure {
            dialect,
            operation,
            can_say,
            framing,
            ..
        } = self.failure;
        if can_say && !was_settled && is_between {
            let event = if framing == Framing::Lines {
                stream_error_line(dialect, kind, &message)
            } else {
                stream_error_event(dialect, operation, kind, &message)
            };
            self.queue.extend(event.map(Bytes::from));
        }
        self.phase = Phase::Flushing;
    }

    /// A provider that dies behind a front end leaves a stream that ends cleanly and is not complete; SDKs
    /// take that for success.
    fn is_cut_short(&self) -> bool {
        self.failure.says_end
            && self.failure.can_say
            && self.failure.accepted
            && self.failure.operation.is_metered()
            && !self.booking.is_settled()
            && !self.tap.may_end()
            && !self.tap.says_error()
    }
}
