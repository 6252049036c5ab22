//! A provider's stream that remembers whether anything has come.
//!
//! hyper reports a connection that ended before an answer and one that ended inside its head alike. Only
//! the first may be tried again for free: whoever has begun to answer has done the work.
//!
//! And it gives up a connection that takes no more as soon as a write fails, with an answer perhaps still
//! unread: who refuses an upload often closes before its end. So a failed write is kept back here; reading
//! tells the end, or the answer first.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use pingora_core::protocols::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The stream below hyper.
#[derive(Debug)]
pub(crate) struct Heard {
    inner: Stream,
    anything: Arc<AtomicBool>,
    /// A write has failed: what is written now goes nowhere.
    is_deaf: bool,
}

impl Heard {
    /// Wraps a stream; the flag is set by every read that brings something, and cleared by whoever asks.
    pub(crate) fn new(inner: Stream) -> (Self, Arc<AtomicBool>) {
        let anything = Arc::<AtomicBool>::default();
        let heard = Self {
            inner,
            anything: Arc::clone(&anything),
            is_deaf: false,
        };
        (heard, anything)
    }

    /// Turns a failed write into one that never ends, and has the task read once more.
    fn heeded<T>(&mut self, cx: &Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if matches!(written, Poll::Ready(Err(_))) {
            self.is_deaf = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        written
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buf));
        if buf.filled().len() > before {
            self.anything.store(true, Ordering::Relaxed);
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_deaf {
            return Poll::Pending;
        }
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.heeded(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_deaf {
            return Poll::Pending;
        }
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.heeded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_deaf {
            return Poll::Pending;
        }
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.heeded(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
