//! N connections, each sending its next request when it has the last answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::answer::Answer;
use super::report::{Kind, Tally};
use super::{LoadError, Report, Target};
use crate::clock;

/// When a closed run ends: whichever comes first.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections kept busy.
    pub connections: usize,
    /// Requests in all.
    pub requests: u64,
    /// Time in all.
    pub time: Duration,
}

/// Runs on one thread, so that the load leaves the other cores alone.
///
/// # Errors
/// [`LoadError::Start`] when no runtime can be made. What fails later is counted, not returned.
pub fn run(target: Target, bounds: Bounds) -> Result<Report, LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(async {
        let start = clock::now();
        let shared = Arc::new(Shared {
            target,
            left: AtomicU64::new(bounds.requests),
            end: start + bounds.time,
        });
        let mut workers = JoinSet::new();
        for _ in 0..bounds.connections {
            workers.spawn(worker(Arc::clone(&shared)));
        }
        let mut tally = Tally::default();
        while let Some(part) = workers.join_next().await {
            if let Ok(part) = part {
                tally.merge(&part);
            }
        }
        tally.report(clock::now().duration_since(start))
    }))
}

struct Shared {
    target: Target,
    /// Requests still to be sent.
    left: AtomicU64,
    /// No request is sent after this.
    end: Instant,
}

impl Shared {
    /// Takes one request off what is left.
    fn take(&self) -> bool {
        let less = |left: u64| left.checked_sub(1);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
            && clock::now() < self.end
    }
}

/// One connection's loop; reconnects when it must, a bounded number of times.
async fn worker(shared: Arc<Shared>) -> Tally {
    let mut tally = Tally::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut connection = None;
    while tally.broken < BROKEN_MAX && shared.take() {
        let tcp = match connection.take() {
            Some(tcp) => Ok(tcp),
            None => connect(&shared.target).await,
        };
        let Ok(mut tcp) = tcp else {
            tally.broken += 1;
            continue;
        };
        match exchange(&mut tcp, &shared.target.request, &mut buffer, &mut tally).await {
            Some(answer) => {
                tally.answer(&answer);
                connection = (!answer.close).then_some(tcp);
            }
            None => tally.broken += 1,
        }
    }
    tally
}

async fn connect(target: &Target) -> std::io::Result<TcpStream> {
    let tcp = TcpStream::connect(target.addr).await?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// Sends one request and reads its answer; `None` when it broke off.
async fn exchange(
    tcp: &mut TcpStream,
    request: &[u8],
    buffer: &mut [u8],
    tally: &mut Tally,
) -> Option<Answer> {
    let sent_at = clock::now();
    tcp.write_all(request).await.ok()?;
    let mut answer = Answer::default();
    let mut last_read: Option<Instant> = None;
    while !answer.is_done() {
        let read = tcp.read(buffer).await.ok().filter(|read| *read > 0)?;
        answer.feed(&buffer[..read]).ok()?;
        let now = clock::now();
        if answer.body_bytes > 0 {
            match last_read {
                None => tally.time(Kind::First, now - sent_at),
                Some(last) => tally.time(Kind::Gap, now - last),
            }
            last_read = Some(now);
        }
    }
    tally.time(Kind::Latency, clock::now() - sent_at);
    Some(answer)
}

/// Failures after which a connection gives up: something is wrong, and a loop would only spin.
const BROKEN_MAX: u64 = 100;
