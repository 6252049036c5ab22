//! A fixed rate, whatever the server does: latency counts from when a request was due.
//!
//! Blocking threads, not a runtime: a timer wheel ticks in milliseconds, and what is measured here are tens
//! of microseconds. Each thread sleeps to just before the moment and spins the rest.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::report::{Kind, Tally};
use super::{LoadError, Report, Target};
use crate::clock;

/// A rate and its end.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Requests per second.
    pub per_second: f64,
    /// Requests in all.
    pub requests: u64,
    /// The first so many are sent but not counted.
    pub warm_up: u64,
    /// Threads, each with a connection: the most that can be under way at once.
    pub connections: usize,
}

/// Sends by `schedule` and reports.
///
/// # Errors
/// [`LoadError::Start`] when a thread cannot be made. What fails later is counted, not returned.
pub fn run(target: Target, schedule: Schedule) -> Result<Report, LoadError> {
    let start = clock::now() + Duration::from_millis(50);
    let shared = Arc::new(Shared {
        target,
        schedule,
        start,
        next: AtomicU64::new(0),
    });
    let mut threads = Vec::with_capacity(schedule.connections);
    for _ in 0..schedule.connections {
        let shared = Arc::clone(&shared);
        threads.push(std::thread::Builder::new().spawn(move || worker(&shared))?);
    }
    let mut tally = Tally::default();
    for thread in threads {
        if let Ok(part) = thread.join() {
            tally.merge(&part);
        }
    }
    Ok(tally.report(clock::now().duration_since(start)))
}

struct Shared {
    target: Target,
    schedule: Schedule,
    start: Instant,
    /// The next request to be taken.
    next: AtomicU64,
}

fn worker(shared: &Shared) -> Tally {
    let mut tally = Tally::default();
    let mut warm_up = Tally::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut connection: Option<TcpStream> = connect(&shared.target).ok();
    loop {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if number >= shared.schedule.requests {
            return tally;
        }
        let after = Duration::from_secs_f64(number as f64 / shared.schedule.per_second);
        let due = shared.start + after;
        wait_until(due);
        let counted = if number < shared.schedule.warm_up {
            &mut warm_up
        } else {
            &mut tally
        };
        let tcp = connection.take().or_else(|| connect(&shared.target).ok());
        let Some(mut tcp) = tcp else {
            counted.broken += 1;
            continue;
        };
        match exchange(
            &mut tcp,
            &shared.target.request,
            &mut buffer,
            (counted, due),
        ) {
            Some(answer) => {
                counted.answer(&answer);
                connection = (!answer.close).then_some(tcp);
            }
            None => counted.broken += 1,
        }
    }
}

fn connect(target: &Target) -> std::io::Result<TcpStream> {
    let tcp = TcpStream::connect(target.addr)?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(ANSWER_TIME_MAX))?;
    Ok(tcp)
}

/// Sends one request and reads its answer, timed from `due`; `None` when it broke off.
fn exchange(
    tcp: &mut TcpStream,
    request: &[u8],
    buffer: &mut [u8],
    (tally, due): (&mut Tally, Instant),
) -> Option<Answer> {
    tcp.write_all(request).ok()?;
    let mut answer = Answer::default();
    let mut last_read: Option<Instant> = None;
    while !answer.is_done() {
        let read = tcp.read(buffer).ok().filter(|read| *read > 0)?;
        let now = clock::now();
        answer.feed(&buffer[..read]).ok()?;
        if answer.body_bytes > 0 {
            match last_read {
                None => tally.time(Kind::First, now - due),
                Some(last) => tally.time(Kind::Gap, now - last),
            }
            last_read = Some(now);
        }
    }
    tally.time(Kind::Latency, last_read.unwrap_or_else(clock::now) - due);
    Some(answer)
}

/// Sleeps to just before `due` and spins the rest.
fn wait_until(due: Instant) {
    let left = due.saturating_duration_since(clock::now());
    if left > SPIN {
        std::thread::sleep(left - SPIN);
    }
    while clock::now() < due {
        std::hint::spin_loop();
    }
}

/// A sleeping thread wakes up to 50 µs late (the kernel's timer slack) plus its turn on a busy core.
const SPIN: Duration = Duration::from_micros(150);

/// Longest wait for the next byte of an answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
