//! Many streams, opened and kept: what each costs in memory can be read meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::{LoadError, Target};

/// Opens `streams`, calls `opened` with how many have had their first byte of content once that is settled,
/// reads on until `opened` returns, and closes.
///
/// # Errors
/// [`LoadError::Start`] when no runtime can be made.
pub fn run(
    target: &Target,
    streams: usize,
    opened: impl FnOnce(usize) + Send + 'static,
) -> Result<(), LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (began, mut beginnings) = mpsc::channel(streams.max(1));
        let (stop, stopped) = watch::channel(());
        let turns = Arc::new(Semaphore::new(OPENING_MAX));
        let mut open = JoinSet::new();
        for _ in 0..streams {
            let stream = hold(target.clone(), Arc::clone(&turns), began.clone());
            let mut stopped = stopped.clone();
            open.spawn(async move {
                tokio::select! {
                    () = stream => {}
                    // Closed or told: either way it is over.
                    _ = stopped.changed() => {}
                }
            });
        }
        drop(began);
        let mut count = 0;
        let all = async {
            while count < streams && beginnings.recv().await.is_some() {
                count += 1;
            }
        };
        // Fewer than asked for is the caller's to judge: it is told the number.
        drop(tokio::time::timeout(OPENING_TIME_MAX, all).await);
        drop(tokio::task::spawn_blocking(move || opened(count)).await);
        drop(stop);
        while open.join_next().await.is_some() {}
    });
    Ok(())
}

/// Opens one stream, tells its first content, and reads on.
async fn hold(target: Target, turns: Arc<Semaphore>, began: mpsc::Sender<()>) {
    let Ok(turn) = turns.acquire().await else {
        return;
    };
    let Ok(mut tcp) = TcpStream::connect(target.addr).await else {
        return;
    };
    if tcp.write_all(&target.request).await.is_err() {
        return;
    }
    let mut answer = super::answer::Answer::default();
    let mut buffer = vec![0; 4096];
    let mut turn = Some(turn);
    while !answer.is_done() {
        let Ok(read @ 1..) = tcp.read(&mut buffer).await else {
            return;
        };
        if answer.feed(&buffer[..read]).is_err() || (answer.has_head() && answer.status != 200) {
            return;
        }
        if answer.body_bytes > 0 && turn.take().is_some() && began.send(()).await.is_err() {
            return;
        }
    }
}

/// Streams being opened at once: a listen queue is finite.
const OPENING_MAX: usize = 64;

/// Longest wait for all of them.
const OPENING_TIME_MAX: Duration = Duration::from_secs(30);
