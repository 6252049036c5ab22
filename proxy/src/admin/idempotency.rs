//! `Idempotency-Key`: a write that is sent again is answered again, not done again.
//!
//! A success is kept in memory for a day. What failed changed nothing and may simply be tried again.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::Problem;
use super::auth::Caller;
use crate::clock;

/// The answers that may be asked for again.
#[derive(Default)]
pub(super) struct Replays(Mutex<Kept>);

/// What tells one write from another: who, where, and the client's own word for it, hashed.
pub(super) type Key = [u8; 32];

#[derive(Default)]
struct Kept {
    slots: HashMap<Key, Slot>,
    /// Kept answers, oldest first.
    order: VecDeque<Key>,
    /// Bytes of all kept bodies.
    bytes: usize,
}

enum Slot {
    /// Its first request has not been answered yet.
    Running,
    Done(Answer),
}

#[derive(Clone)]
struct Answer {
    asked: [u8; 32],
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    at: Instant,
}

/// The key of a request that has one.
pub(super) fn key(parts: &Parts, caller: &Caller) -> Option<Result<Key, Problem>> {
    let word = parts.headers.get(NAME)?;
    if !(1..=WORD_BYTES_MAX).contains(&word.len()) {
        let expected = "1 to 255 characters";
        return Some(Err(Problem::parameter("Idempotency-Key", expected)));
    }
    let team = caller.team.as_deref().unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [
        caller.name.as_bytes(),
        team.as_bytes(),
        parts.uri.path().as_bytes(),
        word.as_bytes(),
    ] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    Some(Ok(hash.finalize().into()))
}

/// Does `work` unless it was done before under `key`: then its answer is given again.
///
/// It is done to its end even when the client has gone: a second try must find its answer.
pub(super) async fn once(
    replays: &Arc<Replays>,
    key: Key,
    body: &Bytes,
    work: impl Future<Output = Response> + Send + 'static,
) -> Response {
    let asked: [u8; 32] = Sha256::digest(body).into();
    let running = match begin(replays, key, asked) {
        Ok(running) => running,
        Err(answer) => return *answer,
    };
    let done = tokio::spawn(async move { running.finish(asked, work.await).await });
    done.await.unwrap_or_else(|_| {
        let detail = "the request could not be finished";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
    })
}

/// Takes the key, or gives the answer that stands in the way.
fn begin(replays: &Arc<Replays>, key: Key, asked: [u8; 32]) -> Result<Running, Box<Response>> {
    let mut kept = replays.0.lock();
    kept.forget(clock::now());
    let problem = |status, detail| Box::new(Problem::new(status, detail).into_response());
    match kept.slots.get(&key) {
        None => {
            kept.slots.insert(key, Slot::Running);
            let of = Arc::clone(replays);
            Ok(Running { of, key })
        }
        Some(Slot::Running) => {
            let detail = "the first request with this Idempotency-Key is still under way";
            Err(problem(StatusCode::CONFLICT, detail))
        }
        Some(Slot::Done(answer)) if answer.asked == asked => Err(Box::new(answer.again())),
        Some(Slot::Done(_)) => {
            let detail = "this Idempotency-Key was used with another body";
            Err(problem(StatusCode::UNPROCESSABLE_ENTITY, detail))
        }
    }
}

impl Answer {
    fn again(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        let replayed = HeaderValue::from_static("true");
        response.headers_mut().insert(REPLAYED, replayed);
        response
    }
}

impl Kept {
    fn keep(&mut self, key: Key, answer: Answer) {
        self.bytes = self.bytes.saturating_add(answer.body.len());
        self.slots.insert(key, Slot::Done(answer));
        self.order.push_back(key);
        while self.order.len() > ANSWERS_MAX || self.bytes > BYTES_MAX {
            self.drop_oldest();
        }
    }

    /// Lets go of what is older than a day.
    fn forget(&mut self, now: Instant) {
        while let Some(Slot::Done(oldest)) = self.order.front().and_then(|key| self.slots.get(key))
            && now.saturating_duration_since(oldest.at) > KEPT_FOR
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(key) = self.order.pop_front() else {
            self.bytes = 0;
            return;
        };
        if let Some(Slot::Done(answer)) = self.slots.remove(&key) {
            self.bytes = self.bytes.saturating_sub(answer.body.len());
        }
    }
}

/// A key whose first request is under way; one that fails leaves it free again.
struct Running {
    of: Arc<Replays>,
    key: Key,
}

impl Running {
    async fn finish(self, asked: [u8; 32], response: Response) -> Response {
        if !response.status().is_success() {
            return response;
        }
        let (parts, body) = response.into_parts();
        // Answers of writes are made in memory, so that reading one cannot fail but by its length.
        let Ok(body) = to_bytes(body, ANSWER_BYTES_MAX).await else {
            let detail = "it was done, but its answer is too long to keep";
            return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response();
        };
        let answer = Answer {
            asked,
            status: parts.status,
            headers: parts.headers.clone(),
            body: body.clone(),
            at: clock::now(),
        };
        self.of.0.lock().keep(self.key, answer);
        Response::from_parts(parts, Body::from(body))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut kept = self.of.0.lock();
        if matches!(kept.slots.get(&self.key), Some(Slot::Running)) {
            kept.slots.remove(&self.key);
        }
    }
}

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replays({} kept)", self.0.lock().order.len())
    }
}

const NAME: HeaderName = HeaderName::from_static("idempotency-key");

/// On an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Who has not tried again after a day has given up.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Answers kept at once; the oldest goes first.
const ANSWERS_MAX: usize = 10_000;

/// Their bodies together; most are about 1 KiB.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// One of them.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Longer than any UUID or hash that clients use.
const WORD_BYTES_MAX: usize = 255;
