//! A waker that only remembers, while its task is already looking.
//!
//! hyper's body and connection wake each other on every frame. Both are polled by one task in one place,
//! so such a wake would queue the task once more for nothing, on every streamed chunk. While that place is
//! polling, wakes are recorded; at its end, a recorded one is passed on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Wakes for one connection.
#[derive(Debug)]
pub(crate) struct Recorder {
    polling: AtomicBool,
    woken: AtomicBool,
    task: AtomicWaker,
}

impl Default for Recorder {
    /// With news: what has never been polled must be.
    fn default() -> Self {
        Self {
            polling: AtomicBool::new(false),
            woken: AtomicBool::new(true),
            task: AtomicWaker::new(),
        }
    }
}

impl Recorder {
    /// Begins a look: wakes are recorded from here on. Says whether there was one since the last look; without,
    /// nothing can have changed and there is nothing to poll.
    pub(crate) fn begin(&self, cx: &Context<'_>) -> bool {
        self.task.register(cx.waker());
        self.polling.store(true, Ordering::SeqCst);
        self.take()
    }

    /// Whether a wake came since the last call: then it is worth polling again.
    pub(crate) fn take(&self) -> bool {
        self.woken.swap(false, Ordering::SeqCst)
    }

    /// Ends a look. A wake recorded since the last [`Self::take`] is news for the next look, and `wake` says
    /// whether the task needs to be told: not when it will look again anyway, because it was given something.
    ///
    /// Both flags are sequentially consistent: a concurrent wake either sees that polling has ended and
    /// wakes the task, or its mark is seen here.
    pub(crate) fn end(&self, cx: &Context<'_>, wake: bool) {
        self.polling.store(false, Ordering::SeqCst);
        if wake && self.woken.load(Ordering::SeqCst) {
            cx.waker().wake_by_ref();
        }
    }

    /// The next look must poll, whatever was recorded.
    pub(crate) fn renew(&self) {
        self.woken.store(true, Ordering::SeqCst);
    }

    /// A waker that reports here.
    pub(crate) fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(Arc::clone(self))
    }
}

impl Wake for Recorder {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        if !self.polling.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_wake_while_polling_reaches_the_task_once_and_only_at_the_end() {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let cx = Context::from_waker(&waker);
        let recorder = Arc::new(Recorder::default());

        assert!(recorder.begin(&cx));
        recorder.waker().wake();
        recorder.waker().wake();
        assert_eq!(count.0.load(Ordering::SeqCst), 0);
        recorder.end(&cx, true);
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(recorder.begin(&cx), "and is news for the next look");
        recorder.end(&cx, true);

        recorder.waker().wake();
        assert_eq!(count.0.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_wake_that_was_answered_while_polling_is_not_passed_on() {
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let cx = Context::from_waker(&waker);
        let recorder = Arc::new(Recorder::default());

        recorder.begin(&cx);
        recorder.waker().wake();
        assert!(recorder.take());
        recorder.end(&cx, true);
        assert_eq!(count.0.load(Ordering::SeqCst), 0);
        assert!(!recorder.begin(&cx), "nor is it news for the next look");
    }

    #[test]
    fn no_wake_is_lost_between_threads() {
        for _ in 0..2_000 {
            let count = Arc::new(Count::default());
            let waker = Waker::from(Arc::clone(&count));
            let cx = Context::from_waker(&waker);
            let recorder = Arc::new(Recorder::default());
            recorder.begin(&cx);
            let other = recorder.waker();
            let thread = std::thread::spawn(move || other.wake());
            let seen = recorder.take();
            recorder.end(&cx, true);
            thread.join().unwrap();
            assert!(seen || count.0.load(Ordering::SeqCst) > 0);
        }
    }
}
