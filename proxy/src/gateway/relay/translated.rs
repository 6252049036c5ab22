//! An answer that goes down in another dialect than it comes in: event by event, or, where it is no stream, whole.
//!
//! A whole answer is read before its head goes down, because only then is it known whether it can be translated; from the
//! first byte on it is a [`Relay`]'s, so that a client who leaves is noticed and booked like any other.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use quotah_adapters::Reading;
use quotah_adapters::translate::{AnswerFault, StreamTranslator};
use quotah_policy::Usage;

use super::{Cause, Inner, Relay};
use crate::clock;
use crate::gateway::record::Booking;
use crate::ledger::Outcome;
use crate::upstream::ExchangeError;

/// What becomes of an answer in another dialect.
#[derive(Debug)]
pub(crate) enum Translated {
    /// Its events are translated as they come.
    Stream(Box<Translating>),
    /// It was translated whole, and is to be given.
    Whole(Bytes),
}

/// A stream under way.
#[derive(Debug)]
pub(crate) struct Translating {
    translator: StreamTranslator,
    /// What was known of usage last. The meter is gone once the answer is booked, and its last event may come later.
    usage: Option<Usage>,
}

impl Translated {
    /// Begins with a stream.
    pub(crate) fn stream(translator: StreamTranslator) -> Self {
        let usage = None;
        Self::Stream(Box::new(Translating { translator, usage }))
    }

    /// Queues what is still to be said at the clean end.
    pub(super) fn finish(
        &mut self,
        usage: Option<Usage>,
        queue: &mut VecDeque<Bytes>,
    ) -> Result<(), AnswerFault> {
        match self {
            Self::Whole(body) => {
                push(queue, std::mem::take(body));
                Ok(())
            }
            Self::Stream(stream) => {
                let finished = stream.translator.finish(usage.or(stream.usage));
                stream.give(finished, queue)
            }
        }
    }
}

impl Translating {
    fn give(
        &mut self,
        written: Result<String, AnswerFault>,
        queue: &mut VecDeque<Bytes>,
    ) -> Result<(), AnswerFault> {
        let (text, fault) = match written {
            Ok(text) => (text, Ok(())),
            // What was complete before the fault is the caller's.
            Err(fault) => (self.translator.rest(), Err(fault)),
        };
        push(queue, text.into());
        fault
    }
}

fn push(queue: &mut VecDeque<Bytes>, bytes: Bytes) {
    queue.extend(Some(bytes).filter(|bytes| !bytes.is_empty()));
}

impl Inner {
    /// Meters a piece of a stream and queues what it comes to in the caller's dialect.
    pub(super) fn take_translated(&mut self, data: &[u8]) {
        let Some(Translated::Stream(stream)) = &mut self.translated else {
            return;
        };
        let queue = &mut self.queue;
        let queued = queue.len();
        let mut fault = Ok(());
        self.tap.feed_through(data, &mut |plain, usage| {
            if fault.is_ok() {
                stream.usage = usage.or(stream.usage);
                let written = stream.translator.push(plain, stream.usage);
                fault = stream.give(written, queue);
            }
        });
        let is_told = stream.translator.is_told();
        if !self.tap.is_readable() {
            fault = fault.and(Err(AnswerFault::Unreadable));
        }
        self.count_queue(queued);
        if let Err(fault) = fault {
            self.break_off(Cause::Untranslatable(fault));
            return;
        }
        let is_complete = self.answer.is_ended() || is_told;
        if !is_complete && let Some(exhausted) = self.over_budget() {
            self.break_off(exhausted);
        } else if self.answer.is_ended() {
            self.finish();
        } else if is_complete {
            self.settle(Outcome::Ok, true);
        }
    }

    /// Reads on to the end of an answer, or as far as there is room.
    fn poll_gather(
        &mut self,
        cx: &mut Context<'_>,
        (plain, bytes_max): (&mut Vec<u8>, usize),
    ) -> Poll<Result<Result<(), AnswerFault>, ExchangeError>> {
        loop {
            if self.booking.state.drain.is_forced() {
                return Poll::Ready(Err(ExchangeError::Draining));
            }
            let Some(frame) = ready!(self.answer.poll_frame(cx)).transpose()? else {
                let is_readable = self.tap.is_readable();
                return Poll::Ready(Ok(is_readable.then_some(()).ok_or(AnswerFault::Unreadable)));
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let mut has_room = true;
            self.tap.feed_through(&data, &mut |piece, _| {
                has_room &= plain.len().saturating_add(piece.len()) <= bytes_max;
                if has_room {
                    plain.extend_from_slice(piece);
                }
            });
            if !has_room {
                return Poll::Ready(Ok(Err(AnswerFault::TooLong)));
            }
        }
    }
}

impl Relay {
    /// Reads all of it, unpacked, at most so many bytes.
    ///
    /// # Errors
    /// [`Cause`] where it broke off, is longer, or cannot be unpacked; what came before is in `plain`.
    pub(crate) async fn gather(
        &mut self,
        plain: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Result<(), Cause> {
        let Some(inner) = &mut self.0 else {
            return Ok(());
        };
        poll_fn(|cx| inner.poll_gather(cx, (plain, bytes_max)))
            .await
            .map_err(Cause::Exchange)?
            .map_err(Cause::Untranslatable)
    }

    /// What its meter has read of usage.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.0.as_ref()?.tap.usage()
    }

    /// How long a refusal says to wait, by its words or by limits that it says are used up.
    pub(crate) fn refused_for(&self) -> Option<Duration> {
        let now = clock::unix_ms();
        let until = self.0.as_ref()?.tap.refused_until(now)?;
        Some(Duration::from_millis(until.saturating_sub(now)))
    }

    /// The request's account, until the relay has ended.
    pub(in crate::gateway) fn booking(&mut self) -> Option<&mut Booking> {
        self.0.as_mut().map(|inner| &mut inner.booking)
    }

    /// Gives this in place of the answer that was gathered, and books it.
    pub(crate) fn give(&mut self, body: Bytes) {
        if let Some(inner) = &mut self.0 {
            inner.translated = Some(Translated::Whole(body));
            inner.finish();
        }
    }

    /// Takes the request's account back, with what was read of an answer that was gathered and of which nothing is given.
    /// `is_whole` says whether all of it came.
    #[expect(
        clippy::expect_used,
        reason = "only the end of a body that is polled empties it"
    )]
    pub(in crate::gateway) fn take_back(mut self, is_whole: bool) -> (Booking, Reading) {
        let inner = self.0.take().expect("nothing of it was given");
        let Inner {
            booking, mut tap, ..
        } = inner;
        (booking, tap.finish(is_whole))
    }
}
