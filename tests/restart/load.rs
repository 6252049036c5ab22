//! About 200 requests a second on kept connections, with streams open all the time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::faults::{PLAIN, STREAMED};
use crate::harness::{Conn, End, Request, eventually, now};

/// Clients that read plain answers, each at [`RATE_PAUSE`]: 10 × 20 requests a second.
const PLAIN_CLIENTS: usize = 10;
const RATE_PAUSE: Duration = Duration::from_millis(50);
/// A client that was held up for longer takes a new connection: where the program leaves, an idle one stands a second.
const IDLE_MAX: Duration = Duration::from_millis(500);
/// Clients that read streams of about two seconds, one after another.
const STREAM_CLIENTS: usize = 8;

/// Clients at work.
pub(super) struct Load {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

struct Shared {
    address: RwLock<String>,
    over: AtomicBool,
    plain: AtomicUsize,
    streams: AtomicUsize,
    hurt: Mutex<Vec<String>>,
}

/// What the clients saw.
pub(super) struct Result {
    plain: usize,
    streams: usize,
    hurt: Vec<String>,
}

impl Load {
    /// Starts clients toward this address.
    pub(super) fn start(address: &str) -> Self {
        let shared = Arc::new(Shared {
            address: RwLock::new(address.to_owned()),
            over: AtomicBool::new(false),
            plain: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
            hurt: Mutex::default(),
        });
        let clients = (0..PLAIN_CLIENTS + STREAM_CLIENTS)
            .map(|client| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.ask_on(client))
            })
            .collect();
        Self { shared, clients }
    }

    /// From the next request on, clients go there.
    pub(super) fn switch(&self, address: &str) {
        address.clone_into(&mut self.shared.address.write().unwrap());
    }

    /// Waits for so many further answers.
    pub(super) fn grows_by(&self, count: usize) {
        let wanted = self.shared.plain.load(Ordering::SeqCst) + count;
        eventually("answers under load", || {
            (self.shared.plain.load(Ordering::SeqCst) >= wanted).then_some(())
        });
    }

    /// Lets every client finish what it is at.
    pub(super) fn finish(self) -> Result {
        self.shared.over.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.join().unwrap();
        }
        let hurt = std::mem::take(&mut *self.shared.hurt.lock().unwrap());
        Result {
            plain: self.shared.plain.load(Ordering::SeqCst),
            streams: self.shared.streams.load(Ordering::SeqCst),
            hurt,
        }
    }
}

impl Result {
    pub(super) fn complete(&self) -> usize {
        self.plain + self.streams
    }

    pub(super) fn assert_unhurt(&self) {
        assert!(self.streams > STREAM_CLIENTS, "{} streams", self.streams);
        let first = self.hurt.first();
        assert_eq!(
            first,
            None,
            "{} of {}",
            self.hurt.len(),
            self.complete() + self.hurt.len()
        );
    }
}

impl Shared {
    fn ask_on(&self, client: usize) {
        let mut kept: Option<Kept> = None;
        while !self.over.load(Ordering::SeqCst) {
            let began = now();
            let address = self.address.read().unwrap().clone();
            // A client behind a switch leaves its old connections alone, and any client one that it has not used for long.
            kept.take_if(|kept| kept.to != address || kept.since.elapsed() > IDLE_MAX);
            let is_stream = client >= PLAIN_CLIENTS;
            match ask(&mut kept, &address, &request(client)) {
                Ok(()) if is_stream => self.streams.fetch_add(1, Ordering::SeqCst),
                Ok(()) => self.plain.fetch_add(1, Ordering::SeqCst),
                Err(why) => {
                    self.hurt.lock().unwrap().push(why);
                    0
                }
            };
            if !is_stream {
                thread::sleep(RATE_PAUSE.saturating_sub(began.elapsed()));
            }
        }
    }
}

/// A connection that may be used again.
struct Kept {
    to: String,
    conn: Conn,
    /// When its last answer ended.
    since: Instant,
}

/// One request on the kept connection, or a new one; the connection is kept unless it is told to close.
fn ask(
    kept: &mut Option<Kept>,
    address: &str,
    request: &Request,
) -> std::result::Result<(), String> {
    let was_kept = kept.is_some();
    let mut conn = match kept.take() {
        Some(kept) => kept.conn,
        None => Conn::try_open(address).map_err(|error| format!("connect: {error}"))?,
    };
    conn.try_send(&request.bytes())
        .map_err(|error| format!("send, kept {was_kept}: {error}"))?;
    let answer = conn
        .try_response()
        .ok_or_else(|| format!("no answer, kept {was_kept}"))?;
    if answer.status != 200 || answer.end == End::Cut {
        return Err(format!("{}{}", answer.head, answer.text()));
    }
    if answer.header("connection") != Some("close") {
        *kept = Some(Kept {
            to: address.to_owned(),
            conn,
            since: now(),
        });
    }
    Ok(())
}

fn request(client: usize) -> Request {
    if client < PLAIN_CLIENTS {
        return PLAIN[client % 3].request();
    }
    let request = STREAMED[client % 3].request();
    request
        .header("x-mock-chunks", "100")
        .header("x-mock-delay-ms", "20")
}
