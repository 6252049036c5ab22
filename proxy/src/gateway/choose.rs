//! Where a request goes: the route that its model's name leads to, and which of the route's deployments is next.
//!
//! What is known of each deployment in this moment is put side by side on the stack, and `policy::route` chooses.

mod about;
mod lead;
mod trip;
mod weigh;

use std::sync::Arc;

use http::HeaderMap;
use quotah_adapters::Facts;
use quotah_policy::BreakerState;
use quotah_policy::headroom::{Can, Estimate, Place, Room};
use quotah_policy::route::{
    Availability, CANDIDATES_MAX, Candidate, Choice, Scored, WhyNobody, choose, nobody,
};

use super::admit::Call;
use super::identify::Identity;
use super::parse::Target;
use super::record::Booking;
use super::routes::{Deployment, Route, Upstream};
use super::translate::Words;
use crate::fleet::Health;
use crate::ledger::Entry;
use crate::state::Snapshot;

pub(crate) use lead::{lead, no_deployment};
pub(crate) use trip::Trip;
use weigh::Cached;
pub(crate) use weigh::Weighing;

/// A decision: the deployment, and the model's name there.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) route: Arc<Route>,
    /// Which of the route's deployments.
    pub(crate) place: usize,
    pub(crate) upstream: Arc<Upstream>,
    /// The provider's name for the model, where it differs from what the client asked for.
    pub(crate) rename: Option<Arc<str>>,
    /// The model as the provider will read it; empty where the request names none.
    pub(crate) model_sent: Arc<str>,
    pub(crate) health: Arc<Health>,
    /// Whose cache it is that may hold the prompt.
    pub(crate) cache_number: u64,
    /// Whether it is for a mirror: a client's own credential does not go there.
    pub(crate) is_copy: bool,
    pub(crate) headroom: Arc<Place>,
    /// What the request is expected to take of it.
    pub(crate) estimate: Estimate,
    /// How it is asked: as the client asks, until it is put into other words.
    pub(crate) words: Words,
}

/// What is asked for, and by whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) target: &'a Target,
    pub(crate) facts: &'a Facts,
    pub(crate) identity: &'a Identity,
    /// The request as far as it is described.
    pub(crate) entry: &'a Entry,
    /// A client's wish for one provider (`x-quotah-provider`), as if its path had named it.
    pub(crate) wished: Option<&'a str>,
}

/// A request that is booked, as it is asked for.
pub(super) fn asking<'a>(
    booking: &'a Booking,
    call: Call<'a>,
    wished: Option<&'a str>,
) -> Asking<'a> {
    Asking {
        snapshot: &booking.snapshot,
        target: call.target,
        facts: call.facts,
        identity: call.identity,
        entry: &booking.entry,
        wished,
    }
}

/// The provider that a client wishes for.
pub(crate) fn wished(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-quotah-provider")?.to_str().ok()
}

/// Picks the next deployment of a trip.
///
/// # Errors
/// Why none can be.
pub(crate) fn pick(
    asking: &Asking<'_>,
    trip: &Trip,
    now_unix_ms: u64,
) -> Result<(Order, Option<Box<Weighing>>), WhyNobody> {
    let found = pick_minding(asking, trip, now_unix_ms, Minds::ALL);
    match found {
        // How long a prompt is was estimated: the provider knows better.
        Err(WhyNobody::TooSmall) => {
            let minds = Minds {
                size: false,
                ..Minds::ALL
            };
            pick_minding(asking, trip, now_unix_ms, minds)
        }
        Err(WhyNobody::Cooling { .. } | WhyNobody::Unhealthy { .. })
            if trip.lead.route.is_direct =>
        {
            pick_minding(asking, trip, now_unix_ms, Minds::NOTHING)
        }
        found => found,
    }
}

fn pick_minding(
    asking: &Asking<'_>,
    trip: &Trip,
    now_unix_ms: u64,
    minds: Minds,
) -> Result<(Order, Option<Box<Weighing>>), WhyNobody> {
    let route = &trip.lead.route;
    let look = Look {
        asking,
        trip,
        now_unix_ms,
        minds,
    };
    let mut candidates = [NOBODY; CANDIDATES_MAX];
    let mut cached = [Cached::default(); CANDIDATES_MAX];
    let deployments = route.deployments.iter().enumerate();
    for ((place, deployment), (candidate, cached)) in
        deployments.zip(candidates.iter_mut().zip(&mut cached))
    {
        (*candidate, *cached) = look.at(place, deployment);
    }
    let candidates = candidates
        .get(..route.deployments.len())
        .unwrap_or_default();
    let mut scored = [Scored::default(); CANDIDATES_MAX];
    let dice = trip.throw();
    let choice = choose(
        route.strategy,
        &route.weights,
        candidates,
        &mut scored,
        dice,
    );
    let Some(choice) = choice else {
        return Err(nobody(candidates, now_unix_ms));
    };
    let order = order(asking, trip, choice).ok_or(WhyNobody::NotAllowed)?;
    let is_choice = candidates.len() > 1;
    let weighing = is_choice.then(|| Weighing::new(trip, choice, candidates, (&scored, &cached)));
    Ok((order, weighing))
}

/// A look at every deployment for one request.
struct Look<'a> {
    asking: &'a Asking<'a>,
    trip: &'a Trip,
    now_unix_ms: u64,
    minds: Minds,
}

/// What speaks against a deployment.
#[derive(Debug, Clone, Copy)]
struct Minds {
    /// That its model takes less.
    size: bool,
    /// That it is broken, or its limits have no room.
    state: bool,
}

impl Minds {
    const ALL: Self = Self {
        size: true,
        state: true,
    };
    const NOTHING: Self = Self {
        size: false,
        state: false,
    };
}

impl Look<'_> {
    /// One deployment as it stands, and how much of the prompt its cache may hold.
    fn at(&self, place: usize, deployment: &Deployment) -> (Candidate, Cached) {
        let known = Candidate {
            rank: deployment.rank,
            weight: deployment.weight,
            ..NOBODY
        };
        if self.trip.was_tried(place) {
            let availability = Availability::Tried;
            return (
                Candidate {
                    availability,
                    ..known
                },
                Cached::default(),
            );
        }
        let way = self.trip.way(deployment);
        if !self.may_go(deployment, way.is_some()) {
            return (known, Cached::default());
        }
        if way.is_some_and(|way| !self.trip.can_go(&way)) {
            let availability = Availability::Unsayable;
            return (
                Candidate {
                    availability,
                    ..known
                },
                Cached::default(),
            );
        }
        let asked = self.trip.model(deployment);
        // What a row names is looked at where it is; sharing it for a look would cost more than the look.
        let (looked_up, found);
        let (health, left) = match deployment.known(asked) {
            Some(known) => known,
            None => {
                looked_up = deployment.health_of(asked);
                found = place_of(self.asking, deployment, asked);
                (&*looked_up, &*found)
            }
        };
        let room = left.room(self.trip.needs.estimate(), self.now_unix_ms);
        let availability = self.availability(deployment, health, &room);
        if self.trip.lead.route.deployments.len() == 1 {
            return (
                Candidate {
                    availability,
                    ..known
                },
                Cached::default(),
            );
        }
        let view = health.track.view(self.now_unix_ms);
        let warm = self
            .trip
            .warm
            .tokens(cache_number(health, &deployment.upstream));
        let (cost, cached) = self.cost((deployment, asked), &view, warm);
        let candidate = Candidate {
            availability,
            cost,
            first_byte_us: view.first_byte_us,
            success_ten_thousandths: view.success_ten_thousandths,
            headroom_ten_thousandths: room.left_ten_thousandths,
            in_flight: room.in_flight,
            is_translated: way.is_some(),
            ..known
        };
        (candidate, cached)
    }

    /// Whether the request may go there at all, perhaps in other words.
    fn may_go(&self, deployment: &Deployment, is_translated: bool) -> bool {
        let provider = &deployment.upstream.config;
        let asking = self.asking;
        let understands = is_translated
            || asking.target.provider.is_some()
            || asking.target.wire().fits(provider.kind);
        understands
            && asking.identity.may_use_provider(&provider.name)
            && deployment
                .when
                .as_ref()
                .is_none_or(|when| about::holds(when, asking))
    }

    fn availability(&self, deployment: &Deployment, health: &Health, room: &Room) -> Availability {
        if !self.minds.state {
            return Availability::Ready;
        }
        let window = deployment.context_tokens.filter(|_| self.minds.size);
        if window.is_some_and(|window| window < self.trip.needs.input_tokens) {
            return Availability::TooSmall;
        }
        let state = match health.breaker.look(self.now_unix_ms) {
            BreakerState::Closed => Availability::Ready,
            BreakerState::Open { until_ms } => return Availability::Open { until_ms },
            BreakerState::HalfOpen { is_probing: false } => Availability::HalfOpen,
            BreakerState::HalfOpen { is_probing: true } => {
                let until_ms = self.now_unix_ms.saturating_add(PROBE_MS);
                return Availability::Open { until_ms };
            }
        };
        match room.can {
            Can::Now => state,
            Can::Full { until_ms } => Availability::Full { until_ms },
            Can::Cooling { until_ms } => Availability::Cooling { until_ms },
        }
    }
}

fn place_of(asking: &Asking<'_>, deployment: &Deployment, model: &Arc<str>) -> Arc<Place> {
    let config = &deployment.upstream.config;
    let label = || {
        asking
            .snapshot
            .label(config.kind.as_str(), &config.name, model)
    };
    deployment.place_of(model, || label().into())
}

fn order(asking: &Asking<'_>, trip: &Trip, choice: Choice) -> Option<Order> {
    let deployment = trip.lead.route.deployments.get(choice.place)?;
    let rename = trip.lead.rename.as_ref().or(deployment.rename.as_ref());
    let model_sent = Arc::clone(trip.model(deployment));
    let health = deployment.health_of(&model_sent);
    Some(Order {
        cache_number: cache_number(&health, &deployment.upstream),
        is_copy: false,
        health,
        headroom: place_of(asking, deployment, &model_sent),
        estimate: trip.needs.estimate(),
        route: Arc::clone(&trip.lead.route),
        place: choice.place,
        upstream: Arc::clone(&deployment.upstream),
        rename: rename.cloned(),
        model_sent,
        words: Words::Own,
    })
}

/// Caches are an account's: the same deployment behind another credential has another.
const fn cache_number(health: &Health, upstream: &Upstream) -> u64 {
    health.number.wrapping_shl(8) | (upstream.ordinal & 0xff)
}

/// Who may not be chosen, before anything is known.
const NOBODY: Candidate = Candidate {
    rank: 0,
    weight: 0,
    availability: Availability::NotAllowed,
    cost: None,
    first_byte_us: None,
    success_ten_thousandths: None,
    headroom_ten_thousandths: None,
    in_flight: 0,
    is_translated: false,
};

/// How long others wait for the outcome of a probe before they ask again.
const PROBE_MS: u64 = 1_000;
