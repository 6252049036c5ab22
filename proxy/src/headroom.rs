//! Headroom: what every provider's credentials have left, by what its answers said.
//!
//! A [`Place`] is one deployment behind one credential: `policy::headroom` keeps its limits and decides by them. Here
//! is where the places are found, by whoever chooses among deployments and by whoever learns from answers, and how
//! they are shown in the admin plane and in metrics.

mod told;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use quotah_adapters::limits::{Limit, LimitKind};
use quotah_policy::headroom::{Cooling, Estimate, Place, Room, Said};

use told::limit_of;
pub(crate) use told::seen;

/// Most places that are remembered; the one that was silent longest makes room for a new one. Those that routes hold
/// are bounded by the configuration, and stay.
const PLACES_MAX: usize = 1_000;

/// How long a limit is shown as it was said, even if more of it is back sooner: buckets that fill within
/// milliseconds would otherwise never be seen in use. One that is used up shows as whole at its reset.
const SHOWN_MS_MIN: u64 = 60_000;

/// The whole of a limit, for [`RateLimit::left_ten_thousandths`].
const ALL: u64 = 10_000;

/// The label of credentials that clients bring themselves: their limits are theirs.
pub(crate) const CLIENTS: &str = "client";

/// Places by deployment and credential.
#[derive(Debug, Default)]
pub struct Headroom {
    places: DashMap<Whose, Kept>,
    /// By provider and label: what pauses all places of a credential. As many as are configured.
    credentials: DashMap<(Arc<str>, Arc<str>), Arc<Cooling>>,
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
struct Kept {
    place: Arc<Place>,
    /// Its model's name in metrics, `other` for one that the configuration does not know.
    label: Arc<str>,
    asked_at_unix_ms: AtomicU64,
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

impl Headroom {
    /// The place of a deployment behind a credential. `label` gives the model's name in metrics, asked for once a place.
    pub fn place(
        &self,
        whose: &Whose,
        now_unix_ms: u64,
        label: impl FnOnce() -> Arc<str>,
    ) -> Arc<Place> {
        if let Some(kept) = self.places.get(whose) {
            kept.asked_at_unix_ms.store(now_unix_ms, Ordering::Relaxed);
            return Arc::clone(&kept.place);
        }
        if self.places.len() >= PLACES_MAX {
            self.forget_the_most_silent();
        }
        let made = || Kept {
            place: Arc::new(self.made(whose)),
            label: label(),
            asked_at_unix_ms: AtomicU64::new(now_unix_ms),
        };
        Arc::clone(&self.places.entry(whose.clone()).or_insert_with(made).place)
    }

    /// What a place has left for a request that needs next to nothing; `None` for one that nobody asked. To look makes
    /// no place.
    pub(crate) fn look(&self, whose: &Whose, now_unix_ms: u64) -> Option<Room> {
        let place = Arc::clone(&self.places.get(whose)?.place);
        Some(place.room(Estimate::default(), now_unix_ms))
    }

    /// Every limit as it stands, by provider, model, credential, kind and window.
    #[must_use]
    pub fn rows(&self, now_unix_ms: u64) -> Vec<RateLimit> {
        let mut rows = Vec::new();
        for kept in &self.places {
            let whose = kept.key();
            let deployment_label = deployment_label(whose, &kept.label);
            for said in kept.place.said() {
                rows.extend(shown(&said, now_unix_ms).map(|limit| RateLimit {
                    whose: whose.clone(),
                    deployment_label: deployment_label.clone(),
                    limit,
                    seen_at_unix_ms: said.seen_at_ms,
                }));
            }
        }
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        rows
    }

    /// Forgets the places of providers that are no longer configured.
    pub fn keep(&self, is_configured: impl Fn(&str) -> bool) {
        self.places
            .retain(|whose, _| is_configured(&whose.provider));
        self.credentials
            .retain(|(provider, _), _| is_configured(provider));
    }

    fn made(&self, whose: &Whose) -> Place {
        if &*whose.credential == CLIENTS {
            return Place::of_clients();
        }
        let of = (Arc::clone(&whose.provider), Arc::clone(&whose.credential));
        let cooling = self.credentials.entry(of).or_default();
        Place::new(Arc::clone(&cooling))
    }

    fn forget_the_most_silent(&self) {
        let is_free = |kept: &Kept| Arc::strong_count(&kept.place) == 1;
        let oldest = self
            .places
            .iter()
            .filter(|kept| is_free(kept))
            .min_by_key(|kept| kept.asked_at_unix_ms.load(Ordering::Relaxed))
            .map(|kept| kept.key().clone());
        if let Some(oldest) = oldest {
            self.places.remove_if(&oldest, |_, kept| is_free(kept));
        }
    }
}

/// A limit as it is shown: what was said, or whole again. `None` for one whose kind nobody knows.
fn shown(said: &Said, now_unix_ms: u64) -> Option<Limit> {
    let limit = limit_of(&said.limit)?;
    let age_ms = now_unix_ms.saturating_sub(said.seen_at_ms);
    let back_at = said.limit.back_at_ms(said.seen_at_ms);
    let is_back = back_at.is_some_and(|at| at <= now_unix_ms);
    let is_used_up = limit.remaining == Some(0);
    let remaining = if is_back && (is_used_up || age_ms >= SHOWN_MS_MIN) {
        limit.limit
    } else {
        limit.remaining
    };
    Some(Limit { remaining, ..limit })
}

impl RateLimit {
    /// The share that is left, of ten thousand; all of it where that is not known.
    #[must_use]
    pub fn left_ten_thousandths(&self) -> u64 {
        match (self.limit.remaining, self.limit.limit) {
            (Some(0), _) => 0,
            (Some(remaining), Some(limit)) if limit > 0 => {
                let share = u128::from(remaining) * u128::from(ALL) / u128::from(limit);
                u64::try_from(share).unwrap_or(ALL).min(ALL)
            }
            _ => ALL,
        }
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
