//! What one source gives out, kept fresh: fetched ahead of its end by one task, whatever the number of requests.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::http::Http;
use super::{Grant, TokenError, aws, entra, google};
use crate::clock;
use crate::config::credential::{AccessKey, Source};

/// A token or key, and how long it is good for.
#[derive(Debug, Clone)]
pub(super) struct Minted {
    pub(super) what: What,
    pub(super) lifetime: Duration,
}

/// What a source gives out.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// A bearer token's header line.
    Bearer(Grant),
    /// An access key.
    AccessKey(Arc<AccessKey>),
}

/// Something valid, held by whoever was given it.
#[derive(Debug)]
pub(crate) struct Token {
    what: What,
    fetched: Instant,
    expires_unix_ms: u64,
}

impl Token {
    /// As a header line.
    ///
    /// # Errors
    /// [`TokenError::Nonsense`] for a source that gives keys; resolving a configuration joins no such two.
    pub(super) fn bearer(&self) -> Result<Grant, TokenError> {
        match &self.what {
            What::Bearer(grant) => Ok(grant.clone()),
            What::AccessKey(_) => Err(TokenError::Nonsense),
        }
    }

    /// As an access key.
    ///
    /// # Errors
    /// [`TokenError::Nonsense`] for a source that gives bearer tokens.
    pub(super) fn access_key(&self) -> Result<Arc<AccessKey>, TokenError> {
        match &self.what {
            What::AccessKey(key) => Ok(Arc::clone(key)),
            What::Bearer(_) => Err(TokenError::Nonsense),
        }
    }
}

/// How it stands with a source.
#[derive(Debug, Clone, Default)]
struct Standing {
    token: Option<Arc<Token>>,
    /// Since the last token.
    failures: u32,
    failed: Option<(TokenError, Instant)>,
    /// A provider has refused the token.
    is_doubted: bool,
}

impl Standing {
    fn valid(&self, now_unix_ms: u64) -> Option<Arc<Token>> {
        let token = self.token.as_ref()?;
        (token.expires_unix_ms > now_unix_ms).then(|| Arc::clone(token))
    }
}

/// One source, its newest token, and the task that fetches the next.
#[derive(Debug)]
pub(crate) struct Tokens {
    source: Source,
    http: Arc<Http>,
    standing: watch::Sender<Standing>,
    /// Somebody waits for a token.
    wanted: Arc<Notify>,
    task: Mutex<Option<AbortHandle>>,
}

impl Tokens {
    pub(super) fn new(source: Source, http: Arc<Http>) -> Arc<Self> {
        Arc::new(Self {
            source,
            http,
            standing: watch::Sender::default(),
            wanted: Arc::default(),
            task: Mutex::default(),
        })
    }

    /// Starts the task that fetches, once. Outside a runtime it waits for the first who asks from inside one.
    pub(crate) fn start(self: &Arc<Self>) {
        let mut task = self.task.lock();
        if task.is_none()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let kept = keep(Arc::downgrade(self), Arc::clone(&self.wanted));
            *task = Some(runtime.spawn(kept).abort_handle());
        }
    }

    /// A valid token: the one that is held, or the next within [`WAIT_MAX`] and before `deadline`.
    ///
    /// # Errors
    /// The reason of the last failure, at once while it is fresh; [`TokenError::Late`] when the wait is over.
    pub(super) async fn token(
        self: &Arc<Self>,
        deadline: Instant,
    ) -> Result<Arc<Token>, TokenError> {
        let mut standing = self.standing.subscribe();
        let failures = {
            let now = standing.borrow_and_update();
            if let Some(token) = now.valid(clock::unix_ms()) {
                return Ok(token);
            }
            now.failures
        };
        self.start();
        self.wanted.notify_one();
        let fresh = |failed: &Option<(TokenError, Instant)>| {
            let (error, at) = failed.as_ref()?;
            (clock::now().saturating_duration_since(*at) < FRESH).then(|| error.clone())
        };
        if let Some(error) = fresh(&standing.borrow().failed) {
            return Err(error);
        }
        let settled = standing
            .wait_for(|now| now.valid(clock::unix_ms()).is_some() || now.failures != failures);
        let by = deadline.min(clock::now() + WAIT_MAX);
        let Ok(Ok(now)) = tokio::time::timeout_at(by.into(), settled).await else {
            return Err(TokenError::Late);
        };
        now.valid(clock::unix_ms()).ok_or_else(|| {
            let failed = now.failed.as_ref();
            failed.map_or(TokenError::Expired, |(error, _)| error.clone())
        })
    }

    /// A provider has refused the token that is held: it may have been revoked. The next is fetched soon, unless
    /// this one is younger than [`DOUBT_MIN`], when another would hardly do better.
    pub(super) fn doubt(&self) {
        let is_new = self.standing.send_if_modified(|standing| {
            let token = standing.token.as_ref();
            let is_old = token.is_some_and(|token| {
                clock::now().saturating_duration_since(token.fetched) >= DOUBT_MIN
            });
            let is_new = is_old && !standing.is_doubted && standing.failed.is_none();
            standing.is_doubted |= is_new;
            is_new
        });
        if is_new {
            self.wanted.notify_one();
        }
    }

    async fn fetch(&self) -> Result<Minted, TokenError> {
        let fetched = async {
            match &self.source {
                Source::Google(source) => google::fetch(source, &self.http).await,
                Source::Entra(source) => entra::fetch(source, &self.http).await,
                Source::Aws(source) => aws::fetch(source, &self.http).await,
            }
        };
        let fetched = Box::pin(fetched);
        let minted = tokio::time::timeout(FETCH_MAX, fetched).await;
        let minted = minted.unwrap_or(Err(TokenError::Late))?;
        if minted.lifetime < LIFETIME_MIN {
            return Err(TokenError::Expired);
        }
        Ok(minted)
    }

    /// Fetches once and notes the outcome; when to fetch again, and when at the earliest if somebody waits.
    async fn renew(&self) -> Pause {
        let fetched = self.fetch().await;
        let source = self.source.as_str();
        match fetched {
            Ok(minted) => {
                let after = ahead(minted.lifetime);
                tracing::debug!(
                    source,
                    lifetime_s = minted.lifetime.as_secs(),
                    "token fetched"
                );
                let lifetime_ms = u64::try_from(minted.lifetime.as_millis()).unwrap_or(u64::MAX);
                self.standing.send_replace(Standing {
                    token: Some(Arc::new(Token {
                        what: minted.what,
                        fetched: clock::now(),
                        expires_unix_ms: clock::unix_ms().saturating_add(lifetime_ms),
                    })),
                    ..Standing::default()
                });
                Pause {
                    least: PAUSE_MIN.min(after),
                    most: after,
                }
            }
            Err(error) => {
                let failures = self.standing.borrow().failures.saturating_add(1);
                let valid = self.standing.borrow().valid(clock::unix_ms()).is_some();
                tracing::warn!(source, %error, failures, valid, "no new token");
                self.standing.send_modify(|standing| {
                    standing.failures = failures;
                    standing.failed = Some((error, clock::now()));
                    standing.is_doubted = false;
                });
                let most = backoff(failures);
                Pause {
                    least: most.min(FRESH),
                    most,
                }
            }
        }
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
    }
}

/// Time until the next fetch.
struct Pause {
    /// Even if somebody waits.
    least: Duration,
    /// If nobody does.
    most: Duration,
}

/// Fetches for as long as anybody holds the source.
async fn keep(tokens: Weak<Tokens>, wanted: Arc<Notify>) {
    while let Some(held) = tokens.upgrade() {
        let pause = held.renew().await;
        drop(held);
        let begun = clock::now();
        tokio::time::sleep(pause.least).await;
        let until = tokio::time::Instant::from_std(begun + pause.most);
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => break,
                () = wanted.notified() => {
                    // Who asked before the token came has left a word that means nothing any more.
                    let Some(held) = tokens.upgrade() else { return };
                    let standing = held.standing.borrow();
                    if standing.is_doubted || standing.valid(clock::unix_ms()).is_none() {
                        break;
                    }
                }
            }
        }
    }
}

/// How long after a token was given the next is fetched: [`AHEAD_MAX`] before its end, or at half of a short life,
/// and a little earlier, so that many gateways do not ask at once.
fn ahead(lifetime: Duration) -> Duration {
    let ahead = AHEAD_MAX.min(lifetime / 2);
    let after = lifetime.saturating_sub(ahead);
    after.saturating_sub(jittered(ahead / 10)).max(PAUSE_MIN)
}

/// How long to wait after so many failures in a row: doubling, bounded, spread over half of it.
fn backoff(failures: u32) -> Duration {
    let doubled = PAUSE_MIN.saturating_mul(1 << failures.saturating_sub(1).min(10));
    let bounded = doubled.min(BACKOFF_MAX);
    (bounded / 2).saturating_add(jittered(bounded / 2))
}

/// Some part of `range`.
fn jittered(range: Duration) -> Duration {
    use ring::rand::SecureRandom;
    let mut byte = [0];
    // Without chance there is no jitter, which is no reason to fail.
    ring::rand::SystemRandom::new().fill(&mut byte).ok();
    range * u32::from(byte[0]) / 256
}

/// A fetch of all its steps: three exchanges at most, each bounded by itself.
const FETCH_MAX: Duration = Duration::from_secs(20);

/// Longest that a request waits for a first token.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// While a failure is younger, requests are told of it at once instead of waiting for another.
const FRESH: Duration = Duration::from_secs(2);

/// Google's and Azure's metadata servers hand the same token out until some 4 to 5 minutes before its end, AWS has new
/// keys ready 5 minutes before: to ask earlier brings nothing new.
const AHEAD_MAX: Duration = Duration::from_secs(225);

const BACKOFF_MAX: Duration = Duration::from_secs(60);

/// Between two fetches of one source, whatever it says.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// Between two tokens of one source that a provider refuses.
const DOUBT_MIN: Duration = Duration::from_secs(5);

/// A token that is over sooner is of no use to a request.
const LIFETIME_MIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_token_is_fetched_well_before_the_end() {
        for (lifetime_s, from_s, to_s) in [(3_600, 3_352, 3_375), (300, 135, 150), (4, 1, 2)] {
            for _ in 0..50 {
                let after = ahead(Duration::from_secs(lifetime_s));
                let range = Duration::from_secs(from_s)..=Duration::from_secs(to_s);
                assert!(range.contains(&after), "{lifetime_s}: {after:?}");
            }
        }
    }

    #[test]
    fn failures_are_answered_by_longer_and_longer_waits_up_to_a_bound() {
        for (failures, from_ms, to_ms) in [
            (1, 500, 1_000),
            (2, 1_000, 2_000),
            (4, 4_000, 8_000),
            (7, 30_000, 60_000),
            (u32::MAX, 30_000, 60_000),
        ] {
            let wait = backoff(failures).as_millis();
            assert!((from_ms..=to_ms).contains(&wait), "{failures}: {wait}");
        }
    }
}
