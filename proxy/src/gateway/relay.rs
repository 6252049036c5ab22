//! The provider's bytes on their way to the client, a copy to the meter.
//!
//! Bytes pass as they came. Two things may change them: the usage chunk that we asked for is taken out
//! again, and an answer that must be broken off gets the dialect's error event first. The request is
//! booked before the bytes that complete it for its reader are handed on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use quotah_adapters::{
    Dialect, ErrorClass, Operation, Reading, RefusalKind, answer_error_class, stream_error_event,
    stream_error_line,
};
use quotah_policy::UsageSource;

use super::body::BrokenOff;
use super::record::Booking;
use super::rewrite::Rewrite;
use super::tap::Tap;
use crate::config::resolved::OnClientDisconnect;
use crate::ledger::Outcome;
use crate::upstream::{AnswerBody, ExchangeError};

/// An answer under way.
#[derive(Debug)]
pub(crate) struct Relay(Option<Inner>);

#[derive(Debug)]
struct Inner {
    answer: AnswerBody,
    booking: Booking,
    tap: Tap,
    rewrite: Option<Rewrite>,
    /// Bytes ready for the client: at most one frame's worth, cut in pieces.
    queue: VecDeque<Bytes>,
    border: Border,
    phase: Phase,
    failure: Failure,
    /// Why the answer broke off, if it did.
    broken_by: Option<ExchangeError>,
}

/// What to say when the answer breaks off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    pub(crate) dialect: Dialect,
    pub(crate) operation: Operation,
    /// An event or line can be said only in a stream of such that is not compressed.
    pub(crate) can_say: bool,
    /// The stream's events are AWS's frames.
    pub(crate) is_framed: bool,
    /// It is a stream of JSON lines.
    pub(crate) is_lines: bool,
    /// Whether the provider's status says that it accepted the request.
    pub(crate) accepted: bool,
    /// Whether the provider's streams surely say when they are complete.
    pub(crate) says_end: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Flowing,
    /// The error event is queued; what is before the break must reach the socket first.
    Flushing(ExchangeError),
    Breaking(ExchangeError),
    Done,
}

/// The last bytes that went down: an event may be added only behind a blank line, a line behind a line's end.
#[derive(Debug, Default)]
struct Border {
    tail: [u8; 4],
    is_begun: bool,
}

impl Border {
    fn pass(&mut self, data: &[u8]) {
        if let Some(tail) = data.last_chunk::<4>() {
            self.tail = *tail;
        } else {
            for &byte in data {
                self.tail.rotate_left(1);
                self.tail[3] = byte;
            }
        }
        self.is_begun |= !data.is_empty();
    }

    /// Whether the next bytes begin an event, or a line.
    fn is_between(&self, is_lines: bool) -> bool {
        if is_lines {
            return !self.is_begun || self.tail.ends_with(b"\n");
        }
        !self.is_begun || self.tail.ends_with(b"\n\n") || self.tail == *b"\r\n\r\n"
    }
}

impl Relay {
    /// Begins to relay.
    pub(crate) fn new(
        answer: AnswerBody,
        booking: Booking,
        tap: Tap,
        rewrite: Option<Rewrite>,
        failure: Failure,
    ) -> Self {
        let mut inner = Inner {
            answer,
            booking,
            tap,
            rewrite,
            queue: VecDeque::new(),
            border: Border::default(),
            phase: Phase::Flowing,
            failure,
            broken_by: None,
        };
        if inner.answer.is_ended() {
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
            Some(inner) if inner.rewrite.is_none() && inner.queue.is_empty() => {
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
                Phase::Flushing(error) => {
                    // The engine writes what it has buffered only when we have nothing for it.
                    self.phase = Phase::Breaking(error);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Phase::Breaking(error) => {
                    self.phase = Phase::Done;
                    return Poll::Ready(Some(Err(BrokenOff(error))));
                }
                Phase::Done => return Poll::Ready(None),
            }
            if self.booking.state.drain.is_forced() {
                self.break_off(ExchangeError::Draining);
                continue;
            }
            match ready!(self.answer.poll_frame(cx)) {
                None => self.finish(),
                Some(Err(error)) => self.break_off(error),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        if let Some(frame) = self.take(data) {
                            return Poll::Ready(Some(Ok(frame)));
                        }
                    }
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
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
                    }
                }
            }
        }
    }

    /// Meters a piece and passes it on: returned when it goes as it is, queued when it is rewritten.
    fn take(&mut self, data: Bytes) -> Option<Frame<Bytes>> {
        self.tap.feed(&data);
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
        } else if self.tap.says_complete(self.failure.dialect) {
            // For its reader the answer is complete with these bytes, whatever the framing still brings.
            self.settle(Outcome::Ok, true);
        }
        direct.map(Frame::data)
    }

    /// Notes what goes down next; before the answer may be settled, so that the entry has its last bytes.
    fn count(&mut self, data: &[u8]) {
        self.border.pass(data);
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
            self.break_off(ExchangeError::BrokenOff);
            return;
        }
        let queued = self.queue.len();
        let came_through = self
            .rewrite
            .as_mut()
            .is_none_or(|rewrite| rewrite.finish(&mut self.queue));
        self.count_queue(queued);
        if !came_through {
            self.break_off(ExchangeError::BrokenOff);
            return;
        }
        self.phase = Phase::Done;
        self.settle(Outcome::Ok, true);
    }

    /// An end that must be seen as one.
    fn break_off(&mut self, error: ExchangeError) {
        let was_settled = self.booking.is_settled();
        // Frames go as they come, so that the tap is where the client is. Settling takes its meter.
        let is_between = if self.failure.is_framed {
            self.tap.is_between_frames()
        } else {
            self.border.is_between(self.failure.is_lines)
        };
        let outcome = if error == ExchangeError::Draining {
            Outcome::Interrupted
        } else {
            Outcome::UpstreamError
        };
        if !was_settled {
            error.class().clone_into(&mut self.booking.entry.reason);
            self.broken_by = Some(error);
        }
        self.settle(outcome, false);
        let Failure {
            dialect,
            operation,
            can_say,
            is_lines,
            ..
        } = self.failure;
        if can_say && !was_settled && is_between {
            let kind = match error {
                ExchangeError::Draining => RefusalKind::Overloaded,
                ExchangeError::IdleTimeout | ExchangeError::TotalTimeout => {
                    RefusalKind::UpstreamTimeout
                }
                _ => RefusalKind::UpstreamUnreachable,
            };
            let event = if is_lines {
                stream_error_line(dialect, kind, &error.to_string())
            } else {
                stream_error_event(dialect, operation, kind, &error.to_string())
            };
            self.queue.extend(event.map(Bytes::from));
        }
        self.phase = Phase::Flushing(error);
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

    fn settle(&mut self, outcome: Outcome, complete: bool) {
        if self.booking.is_settled() {
            return;
        }
        let refused = self.tap.refused();
        let reading = self.tap.finish(complete);
        let outcome = self.judged(outcome, &reading);
        let class = match refused {
            Some(refused) => Some(refused.learn(&self.booking)),
            None => self.class_of_answer(outcome, &reading),
        };
        match class {
            Some(class) => self.booking.attempt_failed(class),
            None => self.booking.attempt_succeeded(),
        }
        self.booking.settle(outcome, &reading);
    }

    /// What was wrong with an answer that was no refusal, if anything was.
    fn class_of_answer(&self, outcome: Outcome, reading: &Reading) -> Option<&'static str> {
        if let Some(error) = &reading.error {
            return Some(answer_error_class(self.failure.dialect, error).as_str());
        }
        let is_unfinished = self.failure.accepted && outcome == Outcome::UpstreamError;
        self.broken_by
            .map(ExchangeError::class)
            .or_else(|| is_unfinished.then(|| ErrorClass::ServerError.as_str()))
    }

    /// An error inside an answer that began well, or an answer cut short by clean framing, is no success.
    fn judged(&mut self, outcome: Outcome, reading: &Reading) -> Outcome {
        if outcome != Outcome::Ok {
            return outcome;
        }
        let truncated = self.failure.accepted
            && self.failure.operation.is_metered()
            && (reading.events > 0 || reading.faults > 0)
            && !reading.finished
            // Some of OpenAI's imitators end a stream without a last event.
            && (self.failure.says_end || reading.source != UsageSource::Provider);
        if !self.failure.accepted || reading.error.is_some() || truncated {
            if self.booking.entry.reason.is_empty() {
                self.booking.entry.reason = match &reading.error {
                    Some(error) => error
                        .kind
                        .as_deref()
                        .or(error.code.as_deref())
                        .unwrap_or("error")
                        .to_owned(),
                    None if truncated && self.booking.entry.stream => "truncated".to_owned(),
                    None if truncated => "invalid_answer".to_owned(),
                    None => String::new(),
                };
            }
            return Outcome::UpstreamError;
        }
        Outcome::Ok
    }
}
