//! Headroom: what providers' answers said last about their limits.
//!
//! A place is one deployment behind one credential, and holds the limits that its last answers named. The data
//! plane writes to it once an answer; the admin plane, the metrics and (in time) the choice of a deployment read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use parking_lot::Mutex;
use quotah_adapters::limits::{Limit, LimitKind, Limits};

/// Most places that are remembered; the one that was silent longest makes room for a new one.
const PLACES_MAX: usize = 1_000;

/// Most limits of one place. Cerebras names six at once, Anthropic nine.
const LIMITS_MAX: usize = 16;

/// How long a limit is shown as it was said, even if more of it is back sooner: buckets that fill within
/// milliseconds would otherwise never be seen in use. One that is used up shows as whole at its reset.
const SHOWN_MS_MIN: u64 = 60_000;

/// The whole of a limit, for [`Room::left_ten_thousandths`].
const ALL: u64 = 10_000;

/// Limits by place.
#[derive(Debug, Default)]
pub struct Headroom {
    places: DashMap<Whose, Arc<Place>>,
}

/// Whose limits: a provider's model, behind one of its credentials.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Whose {
    /// The provider's name in the configuration.
    pub provider: Arc<str>,
    /// The model as the provider is asked for it; empty where none is named.
    pub model: Arc<str>,
    /// The credential's label, never the credential.
    pub credential: Arc<str>,
}

impl Whose {
    /// The deployment's name, as in the ledger.
    #[must_use]
    pub fn deployment(&self) -> String {
        if self.model.is_empty() {
            self.provider.to_string()
        } else {
            format!("{}/{}", self.provider, self.model)
        }
    }
}

#[derive(Debug)]
struct Place {
    /// Its model's name in metrics, `other` for one that the configuration does not know.
    label: Arc<str>,
    seen_at_unix_ms: AtomicU64,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    limits: Vec<Seen>,
    /// What the last refusal asked its caller to wait for; 0 when there was none.
    wait_until_unix_ms: u64,
}

/// A limit and when it was said.
#[derive(Debug, Clone, Copy)]
struct Seen {
    limit: Limit,
    at_unix_ms: u64,
}

/// A limit as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// Whose it is.
    pub whose: Whose,
    /// Its deployment's name in metrics.
    pub deployment_label: String,
    /// What the provider said, or that it is whole again.
    pub limit: Limit,
    /// When the provider said so, milliseconds since 1970.
    pub seen_at_unix_ms: u64,
}

/// What a place has left, for those who choose among places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// The share left of the limit that has least, of ten thousand; `None` where nothing is known.
    pub left_ten_thousandths: Option<u64>,
    /// When it may be asked again, where its last refusal said so and the time is still to come.
    pub wait_until_unix_ms: Option<u64>,
}

impl Headroom {
    /// Notes the limits that an answer named. `label` gives the model's name in metrics, asked for once a place.
    pub fn saw(
        &self,
        whose: &Whose,
        limits: &Limits,
        now_unix_ms: u64,
        label: impl FnOnce() -> Arc<str>,
    ) {
        if limits.is_empty() {
            return;
        }
        let place = self.place(whose, now_unix_ms, label);
        let mut said = place.said.lock();
        for limit in limits.as_slice() {
            said.put(*limit, now_unix_ms);
        }
    }

    /// Notes that a refusal asked its caller to wait.
    pub fn refused(
        &self,
        whose: &Whose,
        wait: Duration,
        now_unix_ms: u64,
        label: impl FnOnce() -> Arc<str>,
    ) {
        let place = self.place(whose, now_unix_ms, label);
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        place.said.lock().wait_until_unix_ms = now_unix_ms.saturating_add(wait_ms);
    }

    /// What is left at a place.
    #[must_use]
    pub fn room(&self, whose: &Whose, now_unix_ms: u64) -> Room {
        let Some(place) = self.places.get(whose).map(|place| Arc::clone(&place)) else {
            return Room::default();
        };
        let said = place.said.lock();
        let left = said.limits.iter().map(|seen| seen.left(now_unix_ms));
        Room {
            left_ten_thousandths: left.flatten().min(),
            wait_until_unix_ms: Some(said.wait_until_unix_ms).filter(|until| *until > now_unix_ms),
        }
    }

    /// Every limit as it stands, by provider, model, credential, kind and window.
    #[must_use]
    pub fn rows(&self, now_unix_ms: u64) -> Vec<RateLimit> {
        let mut rows = Vec::new();
        for place in &self.places {
            let whose = place.key();
            let deployment_label = deployment_label(whose, &place.label);
            for seen in &place.said.lock().limits {
                rows.push(RateLimit {
                    whose: whose.clone(),
                    deployment_label: deployment_label.clone(),
                    limit: seen.shown(now_unix_ms),
                    seen_at_unix_ms: seen.at_unix_ms,
                });
            }
        }
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        rows
    }

    /// Forgets the places of providers that are no longer configured.
    pub fn keep(&self, is_configured: impl Fn(&str) -> bool) {
        self.places
            .retain(|whose, _| is_configured(&whose.provider));
    }

    fn place(
        &self,
        whose: &Whose,
        now_unix_ms: u64,
        label: impl FnOnce() -> Arc<str>,
    ) -> Arc<Place> {
        if let Some(place) = self.places.get(whose) {
            place.seen_at_unix_ms.store(now_unix_ms, Ordering::Relaxed);
            return Arc::clone(&place);
        }
        if self.places.len() >= PLACES_MAX {
            self.forget_the_most_silent();
        }
        let made = || {
            Arc::new(Place {
                label: label(),
                seen_at_unix_ms: AtomicU64::new(now_unix_ms),
                said: Mutex::default(),
            })
        };
        Arc::clone(&self.places.entry(whose.clone()).or_insert_with(made))
    }

    fn forget_the_most_silent(&self) {
        let seen_at = |place: &Place| place.seen_at_unix_ms.load(Ordering::Relaxed);
        let oldest = self
            .places
            .iter()
            .min_by_key(|place| seen_at(place))
            .map(|place| place.key().clone());
        if let Some(oldest) = oldest {
            self.places.remove(&oldest);
        }
    }
}

impl Said {
    fn put(&mut self, limit: Limit, at_unix_ms: u64) {
        let same = |seen: &Seen| {
            (seen.limit.kind, seen.limit.window_seconds) == (limit.kind, limit.window_seconds)
        };
        let seen = Seen { limit, at_unix_ms };
        if let Some(held) = self.limits.iter_mut().find(|seen| same(seen)) {
            *held = seen;
        } else if self.limits.len() < LIMITS_MAX {
            self.limits.push(seen);
        } else if let Some(oldest) = self.limits.iter_mut().min_by_key(|seen| seen.at_unix_ms) {
            *oldest = seen;
        }
    }
}

impl Seen {
    /// When all of it is back: at its reset, or a window after it was seen where a reset is not told or was over.
    fn back_at_unix_ms(&self) -> Option<u64> {
        let reset = self.limit.reset_at_unix_ms;
        let window_ms = self.limit.window_seconds.map(|s| u64::from(s) * 1_000);
        reset
            .filter(|at| *at > self.at_unix_ms)
            .or_else(|| window_ms.map(|ms| self.at_unix_ms.saturating_add(ms)))
    }

    fn is_back(&self, now_unix_ms: u64) -> bool {
        self.back_at_unix_ms().is_some_and(|at| at <= now_unix_ms)
    }

    /// As it is shown: what was said, or whole again.
    fn shown(&self, now_unix_ms: u64) -> Limit {
        let age_ms = now_unix_ms.saturating_sub(self.at_unix_ms);
        let is_used_up = self.limit.remaining == Some(0);
        if self.is_back(now_unix_ms) && (is_used_up || age_ms >= SHOWN_MS_MIN) {
            return Limit {
                remaining: self.limit.limit,
                ..self.limit
            };
        }
        self.limit
    }

    /// The share that is left, of ten thousand.
    fn left(&self, now_unix_ms: u64) -> Option<u64> {
        if self.is_back(now_unix_ms) {
            return Some(ALL);
        }
        match (self.limit.remaining?, self.limit.limit) {
            (0, _) => Some(0),
            (remaining, Some(limit)) if limit > 0 => {
                let share = u128::from(remaining) * u128::from(ALL) / u128::from(limit);
                u64::try_from(share).ok().map(|share| share.min(ALL))
            }
            _ => None,
        }
    }
}

impl RateLimit {
    /// The share that is left, of ten thousand; all of it where that is not known.
    #[must_use]
    pub fn left_ten_thousandths(&self) -> u64 {
        let seen = Seen {
            limit: self.limit,
            at_unix_ms: self.seen_at_unix_ms,
        };
        seen.left(self.seen_at_unix_ms).unwrap_or(ALL)
    }
}

fn deployment_label(whose: &Whose, label: &str) -> String {
    match label {
        "" => whose.provider.to_string(),
        label if label == &*whose.model => whose.deployment(),
        other => other.to_owned(),
    }
}

type Order<'a> = (&'a str, &'a str, &'a str, LimitKind, Option<u32>);

fn order(row: &RateLimit) -> Order<'_> {
    let whose = &row.whose;
    (
        &whose.provider,
        &whose.model,
        &whose.credential,
        row.limit.kind,
        row.limit.window_seconds,
    )
}

#[cfg(test)]
mod tests;
