//! An answer whose head is here, and its frames as they come.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::response;
use http_body::{Body, Frame};
use hyper::body::Incoming;

use super::exchange::{ExchangeError, classify};
use super::pool::{H1, Pool};
use super::upload::Leave;
use crate::clock;
use crate::gateway::io::LazyTimer;

/// An answer whose head and first byte are here.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: response::Parts,
    pub(crate) body: AnswerBody,
}

/// How long an answer is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    /// Until when its first byte must be here.
    pub(super) first_byte_by: Instant,
    /// Longest silence inside it.
    pub(super) timeout_idle: Duration,
    /// When all of it must be here.
    pub(super) deadline: Instant,
}

/// The frames of an answer. Dropped before its end, it closes the provider's connection (h1) or stream (h2).
#[derive(Debug)]
pub(crate) struct AnswerBody {
    incoming: Incoming,
    link: Option<Box<H1>>,
    pool: Arc<Pool>,
    first: Option<Result<Frame<Bytes>, ExchangeError>>,
    /// Read before anybody takes it, behind the first.
    ahead: VecDeque<Result<Frame<Bytes>, ExchangeError>>,
    timer: LazyTimer,
    timeout_idle: Duration,
    wait_until: Instant,
    deadline: Instant,
    ended: bool,
    /// A request body that may still be going up while the answer comes down.
    sending: Option<Leave>,
}

impl AnswerBody {
    /// The body of an answer whose head is here, on a connection of its own or (h2) a shared one.
    pub(super) fn new(
        incoming: Incoming,
        link: Option<Box<H1>>,
        pool: &Arc<Pool>,
        waits: Waits,
    ) -> Self {
        Self {
            ended: incoming.is_end_stream(),
            incoming,
            link,
            pool: Arc::clone(pool),
            first: None,
            ahead: VecDeque::new(),
            timer: LazyTimer::default(),
            timeout_idle: waits.timeout_idle,
            wait_until: waits.first_byte_by,
            deadline: waits.deadline,
            sending: None,
        }
    }

    /// Waits for the first frame, if there is to be one.
    pub(super) async fn begin(&mut self) -> Result<(), ExchangeError> {
        if self.ended {
            self.release();
            return Ok(());
        }
        self.first = match poll_fn(|cx| self.poll_fresh(cx)).await {
            Some(Err(ExchangeError::IdleTimeout)) => return Err(ExchangeError::FirstByteTimeout),
            Some(Err(error)) => return Err(error),
            first => first,
        };
        Ok(())
    }

    /// Whether every frame has been handed out.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended && self.first.is_none() && self.ahead.is_empty()
    }

    /// The data that has been read and that nobody has taken.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &Bytes> {
        let frames = self.first.iter().chain(&self.ahead);
        frames.filter_map(|frame| frame.as_ref().ok()?.data_ref())
    }

    /// Reads the next frame and keeps it to be taken. Gives its data; `None` at the clean end.
    ///
    /// # Errors
    /// [`ExchangeError`] when the answer breaks off here; whoever takes the frames meets it again.
    pub(crate) async fn read_ahead(&mut self) -> Option<Result<Bytes, ExchangeError>> {
        if self.ended {
            return None;
        }
        let frame = poll_fn(|cx| self.poll_fresh(cx)).await?;
        let data = match &frame {
            Ok(frame) => Ok(frame.data_ref().cloned().unwrap_or_default()),
            Err(error) => Err(*error),
        };
        self.ahead.push_back(frame);
        Some(data)
    }

    /// The request's body may go on until the answer ends: whoever has answered in full wants no more of it.
    pub(super) fn keep_sending(&mut self, leave: Leave) {
        if !self.ended {
            self.sending = Some(leave);
        }
    }

    /// Bytes still to come, where the provider has announced them.
    pub(crate) fn size_hint(&self) -> http_body::SizeHint {
        let ahead: u64 = self.unread().map(|data| data.len() as u64).sum();
        self.incoming
            .size_hint()
            .exact()
            .map_or_else(http_body::SizeHint::default, |rest| {
                http_body::SizeHint::with_exact(rest.saturating_add(ahead))
            })
    }

    /// The next frame; `None` at a clean end.
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ExchangeError>>> {
        if let Some(frame) = self.first.take().or_else(|| self.ahead.pop_front()) {
            return Poll::Ready(Some(frame));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        self.poll_fresh(cx)
    }

    fn poll_fresh(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ExchangeError>>> {
        let polled = match &mut self.link {
            Some(h1) => poll_h1(h1, &mut self.incoming, cx),
            None => Pin::new(&mut self.incoming).poll_frame(cx),
        };
        let Poll::Ready(frame) = polled else {
            let wait_until = self.wait_until.min(self.deadline);
            let timer = self
                .link
                .as_mut()
                .map_or(&mut self.timer, |h1| &mut h1.timer);
            ready!(timer.poll(cx, wait_until));
            self.give_up();
            return Poll::Ready(Some(Err(if wait_until == self.deadline {
                ExchangeError::TotalTimeout
            } else {
                ExchangeError::IdleTimeout
            })));
        };
        let frame = match frame {
            None => {
                self.ended = true;
                self.release();
                None
            }
            Some(Ok(frame)) => {
                self.wait_until = clock::now() + self.timeout_idle;
                if self.incoming.is_end_stream() {
                    self.ended = true;
                    self.release();
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                self.give_up();
                Some(Err(classify_inside(&error)))
            }
        };
        Poll::Ready(frame)
    }

    /// Gives the connection back after a clean end.
    fn release(&mut self) {
        self.sending = None;
        let Some(mut h1) = self.link.take() else {
            return;
        };
        let mut cx = Context::from_waker(std::task::Waker::noop());
        h1.over = h1.over || Pin::new(&mut h1.conn).poll(&mut cx).is_ready();
        if !h1.over && h1.sender.is_ready() {
            self.pool.checkin(h1);
        }
    }

    fn give_up(&mut self) {
        self.ended = true;
        self.sending = None;
        self.link = None;
    }
}

/// hyper's error in our terms, once an answer has begun.
fn classify_inside(error: &hyper::Error) -> ExchangeError {
    match classify(error) {
        ExchangeError::Closed => ExchangeError::BrokenOff,
        other => other,
    }
}

/// Polls body, connection, body, until neither has news.
fn poll_h1(
    h1: &mut H1,
    incoming: &mut Incoming,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
    let H1 {
        conn,
        recorder,
        waker,
        over,
        ..
    } = h1;
    let mut news = recorder.begin(cx);
    let mut inner = Context::from_waker(waker);
    let outcome = loop {
        if !news {
            break Poll::Pending;
        }
        if let Poll::Ready(frame) = Pin::new(&mut *incoming).poll_frame(&mut inner) {
            break Poll::Ready(frame);
        }
        if *over {
            break Poll::Pending;
        }
        // A finished connection must not be polled again; its last frames are in the body's channel.
        *over = Pin::new(&mut *conn).poll(&mut inner).is_ready();
        news = recorder.take() || *over;
    };
    // Who was given a frame asks for the next one by itself.
    recorder.end(cx, outcome.is_pending());
    outcome
}
