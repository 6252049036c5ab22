//! What a request would cost at a deployment, and the record of how candidates compared.

use std::sync::Arc;

use quotah_adapters::translate::Form;
use quotah_policy::route::{
    Availability, CANDIDATES_MAX, Candidate, Choice, Expect, Scored, Strategy, UnitRates,
    effective_cost,
};
use quotah_policy::{Money, TrackView};

use super::super::routes::{Deployment, Route};
use super::super::translate::Original;
use super::{Look, Trip};
use crate::fleet::deployment_name;
use crate::ledger::{Decision, Weighed};

/// How candidates compared when one was chosen; told when the request is booked.
#[derive(Debug)]
pub(crate) struct Weighing {
    route: Arc<Route>,
    strategy: Strategy,
    place: usize,
    /// The best of another deployment.
    runner_up: Option<usize>,
    /// The form that the request comes in, where some of the candidates are asked otherwise for it.
    form: Option<Form>,
    original: Option<Arc<Original>>,
    noted: [Option<Noted>; NOTED_MAX],
}

/// One candidate.
#[derive(Debug, Clone, Copy)]
struct Noted {
    place: usize,
    availability: Availability,
    scored: Scored,
    cost: Option<Money>,
    first_byte_us: Option<u64>,
    warm_tokens: u64,
    cached_share: Option<u16>,
}

/// What a candidate's cost was made of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cached {
    /// Tokens of the prompt that are believed to be in its cache.
    pub(super) warm_tokens: u64,
    /// The share that usually is, of ten thousand.
    pub(super) share: Option<u16>,
}

/// Candidates that are told of, the chosen one among them.
const NOTED_MAX: usize = 16;

impl Look<'_> {
    /// What the request is expected to cost there, and how many tokens of its prompt are in that deployment's cache.
    pub(super) fn cost(
        &self,
        (deployment, model): (&Deployment, &str),
        view: &TrackView,
        warm_tokens: u64,
    ) -> (Option<Money>, Cached) {
        let needs = &self.trip.needs;
        let output = view.output_tokens.unwrap_or(needs.output_tokens);
        let expect = Expect {
            input_tokens: needs.input_tokens,
            output_tokens: output.min(needs.output_max),
            cached_share_ten_thousandths: view.cached_share_ten_thousandths.unwrap_or(0),
        };
        let expect = expect.with_warm_tokens(warm_tokens);
        let rates = self.rates(deployment, model);
        let cached = Cached {
            warm_tokens,
            share: view.cached_share_ten_thousandths,
        };
        (rates.map(|rates| effective_cost(&rates, &expect)), cached)
    }

    fn rates(&self, deployment: &Deployment, model: &str) -> Option<UnitRates> {
        let input_tokens = self.trip.needs.input_tokens;
        if deployment.rename.is_some() {
            return deployment.rates(input_tokens);
        }
        // What the client names is looked up when it is named.
        let config = &deployment.upstream.config;
        let at = i64::try_from(self.now_unix_ms / 1_000).unwrap_or(i64::MAX);
        let prices = &self.asking.snapshot.config.price_table;
        let of = |of: &str| prices.find(of, model, at);
        let price = of(&config.name).or_else(|| of(config.kind.as_str()));
        UnitRates::of(price?, input_tokens)
    }
}

impl Weighing {
    pub(super) fn new(
        trip: &Trip,
        choice: Choice,
        candidates: &[Candidate],
        (scored, cached): (&[Scored; CANDIDATES_MAX], &[Cached; CANDIDATES_MAX]),
    ) -> Box<Self> {
        let mut noted = [None; NOTED_MAX];
        let all = candidates.iter().zip(scored).zip(cached).enumerate();
        // The chosen one has its seat, whatever its place.
        let others = all.filter(|(place, _)| *place < NOTED_MAX - 1 || *place == choice.place);
        for (seat, (place, ((candidate, scored), cached))) in noted.iter_mut().zip(others) {
            *seat = Some(Noted {
                place,
                availability: candidate.availability,
                scored: *scored,
                cost: candidate.cost,
                first_byte_us: candidate.first_byte_us,
                warm_tokens: cached.warm_tokens,
                cached_share: cached.share,
            });
        }
        let route = &trip.lead.route;
        Box::new(Self {
            route: Arc::clone(route),
            strategy: route.strategy,
            form: trip.form(),
            original: trip.original.clone(),
            place: choice.place,
            runner_up: choice.runner_up,
            noted,
        })
    }

    /// The alternative that was rejected: its provider, that one's kind, and the model there.
    pub(crate) fn rejected<'a>(
        &'a self,
        model_asked: &'a str,
    ) -> Option<(&'a str, &'a str, &'a str)> {
        let deployment = self.route.deployments.get(self.runner_up?)?;
        let config = &deployment.upstream.config;
        let model = deployment.rename.as_deref().unwrap_or(model_asked);
        Some((&config.name, config.kind.as_str(), model))
    }

    /// As the ledger keeps it. `model_asked` is what deployments without a name of their own were asked for.
    pub(crate) fn decision(&self, model_asked: &str) -> Decision {
        let told = |noted: &Noted| self.told(noted, model_asked);
        Decision {
            strategy: self.strategy.as_str().to_owned(),
            candidates: self.noted.iter().flatten().filter_map(told).collect(),
        }
    }

    fn told(&self, noted: &Noted, model_asked: &str) -> Option<Weighed> {
        let deployment = self.route.deployments.get(noted.place)?;
        let upstream = &deployment.upstream;
        let model = deployment.rename.as_deref().unwrap_or(model_asked);
        let way = self.form.and_then(|form| deployment.way(form));
        let translated_to = way.map_or("", |way| way.to.dialect().as_str());
        let lost = self.original.as_ref().zip(way);
        let lost = lost.map(|(original, way)| original.lost(&way));
        let picos = |cost: Money| i64::try_from(cost.picos()).unwrap_or(i64::MAX);
        Some(Weighed {
            deployment: deployment_name(&upstream.config.name, model),
            credential: upstream.credential_label.to_string(),
            state: noted.availability.as_str().to_owned(),
            chosen: noted.place == self.place,
            score: noted.scored.score.into(),
            latency: noted.scored.latency.into(),
            success: noted.scored.success.into(),
            cost: noted.scored.cost.into(),
            breaker: noted.scored.breaker.into(),
            headroom: noted.scored.headroom.into(),
            expected_picousd: noted.cost.map(picos),
            first_byte_us: noted.first_byte_us,
            warm_tokens: noted.warm_tokens,
            cached_share: noted.cached_share.map(Into::into),
            translated_to: translated_to.to_owned(),
            lost: lost.unwrap_or_default(),
        })
    }
}
