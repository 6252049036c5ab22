//! What stays the same over the attempts of a request, and what was tried.

use std::sync::Arc;

use bytes::Bytes;
use http::request;
use quotah_adapters::translate::Form;
use quotah_policy::headroom::Estimate;
use quotah_policy::route::{CANDIDATES_MAX, Strategy};
use quotah_policy::{PrefixHashes, Warm, estimate_tokens};

use super::super::admit::Call;
use super::super::record::Booking;
use super::super::refuse::Refusal;
use super::super::routes::{Deployment, Lead, MirrorTo, Way};
use super::super::translate::Original;
use super::{Asking, Order};
use crate::clock;
use crate::state::State;

/// What stays the same over the attempts of a request, and what was tried.
#[derive(Debug, Clone)]
pub(crate) struct Trip {
    pub(crate) lead: Lead,
    /// A bit for each deployment that is not to be tried again.
    tried: u64,
    /// The model as the client names it; empty where it names none.
    asked: Arc<str>,
    /// Chance, thrown once a request.
    dice: u64,
    /// Tokens that the request is expected to need.
    pub(crate) needs: Needs,
    /// What its prompt is known by; empty where nobody asks.
    pub(crate) prefix: PrefixHashes,
    /// Whose caches hold its beginning.
    pub(super) warm: Warm,
    /// The form that it comes in, where some of the route's deployments are asked otherwise for it.
    form: Option<Form>,
    /// What they are asked from; none where nothing is to be sent.
    pub(crate) original: Option<Arc<Original>>,
}

/// Tokens that a request is expected to need.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Needs {
    pub(crate) input_tokens: u64,
    /// What is usual where nothing is known of a deployment's answers.
    pub(crate) output_tokens: u64,
    /// The most that the request allows.
    pub(super) output_max: u64,
}

impl Needs {
    pub(super) const fn estimate(self) -> Estimate {
        Estimate {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
        }
    }
}

impl Trip {
    /// The begin of a trip.
    pub(crate) fn new(lead: Lead, asking: &Asking<'_>, dice: u64) -> Self {
        let Asking {
            snapshot,
            target,
            facts,
            ..
        } = asking;
        let output_max = if target.operation.has_no_output() {
            0
        } else {
            facts.output_cap().unwrap_or(u64::MAX)
        };
        let prior = snapshot.config.reservation.prior_output_tokens;
        Self {
            form: lead.route.translated(|| target.form()),
            original: None,
            lead,
            tried: 0,
            asked: target.model(facts).unwrap_or_default().into(),
            dice,
            prefix: PrefixHashes::default(),
            warm: Warm::default(),
            needs: Needs {
                input_tokens: estimate_tokens(facts.prompt_bytes as u64),
                output_tokens: prior.min(output_max),
                output_max,
            },
        }
    }

    /// Looks up whose caches hold the prompt, where cost counts and there is a choice.
    pub(crate) fn recall(&mut self, state: &State, head: &request::Parts, body: &[Bytes]) {
        let route = &self.lead.route;
        let by_cost = matches!(route.strategy, Strategy::Cheapest | Strategy::Balanced);
        if !by_cost || route.deployments.len() < 2 {
            return;
        }
        let session = route.session_header.as_ref();
        let session = session.and_then(|name| head.headers.get(name));
        self.prefix = match session {
            Some(name) => PrefixHashes::session(name.as_bytes(), state.seed),
            None => PrefixHashes::of(body.iter().map(|chunk| &**chunk), state.seed),
        };
        if !self.prefix.is_empty() {
            self.warm = state.warmth.find(&self.prefix, clock::unix_ms());
        }
    }

    /// Reads the body, where some of the route's deployments would be asked in other words.
    ///
    /// # Errors
    /// 503 where there is no memory for that.
    pub(in crate::gateway) fn read(
        &mut self,
        booking: &Booking,
        call: Call<'_>,
        held: &[Bytes],
    ) -> Result<(), Refusal> {
        let Some(form) = self.form else {
            return Ok(());
        };
        let memory = booking.state.metrics.held_body();
        let memory_max = booking.snapshot.config.server.memory_max;
        let original = Original::read((form, call), held, (memory, memory_max))?;
        self.original = Some(Arc::new(original));
        Ok(())
    }

    /// The form that it comes in, where some of the route's deployments are asked otherwise for it.
    pub(super) const fn form(&self) -> Option<Form> {
        self.form
    }

    /// The way on which a deployment is asked, where it is asked otherwise than the client asks.
    pub(crate) fn way(&self, deployment: &Deployment) -> Option<Way> {
        deployment.way(self.form?)
    }

    /// Whether all that it asks for can be said on that way, or may be left out, as far as that is known.
    pub(crate) fn can_go(&self, way: &Way) -> bool {
        let original = self.original.as_ref();
        original.is_none_or(|original| original.can_go(way))
    }

    /// The same for the route's mirror.
    pub(crate) fn way_to_mirror(&self, mirror: &MirrorTo) -> Option<Way> {
        mirror.way(self.form?)
    }

    /// Puts the request into the words of the deployment that an order is for.
    ///
    /// # Errors
    /// See [`Order::word`].
    pub(crate) fn word(&self, order: &mut Order) -> Result<(), Refusal> {
        let deployment = self.lead.route.deployments.get(order.place);
        order.word(self, deployment.and_then(|deployment| self.way(deployment)))
    }

    /// The model as a deployment would read it.
    pub(super) fn model<'a>(&'a self, deployment: &'a Deployment) -> &'a Arc<str> {
        let rename = self.lead.rename.as_ref();
        rename.or(deployment.rename.as_ref()).unwrap_or(&self.asked)
    }

    /// Whether a deployment is not to be tried again.
    pub(super) const fn was_tried(&self, place: usize) -> bool {
        self.tried & bit(place) != 0
    }

    /// What this choice is made by: another one for each attempt.
    pub(super) const fn throw(&self) -> u64 {
        self.dice ^ self.tried
    }

    /// The number that it makes choices by.
    pub(crate) const fn dice(&self) -> u64 {
        self.dice
    }

    /// The same trip with nowhere left to go.
    pub(crate) fn over(&self) -> Self {
        Self {
            tried: u64::MAX,
            ..self.clone()
        }
    }

    /// Leaves a deployment out from here on.
    pub(crate) fn leave_out(&mut self, place: usize) {
        self.tried |= bit(place);
    }

    /// Leaves out those that take no longer prompts than one that found the prompt too long, as far as that is known.
    pub(crate) fn leave_out_no_larger(&mut self, place: usize) {
        let deployments = &self.lead.route.deployments;
        let window = |d: &Deployment| d.context_tokens;
        let known = deployments.get(place).and_then(window);
        let is_no_larger = |d: &Deployment| window(d).is_some_and(|tokens| Some(tokens) <= known);
        let smaller = deployments.iter().enumerate();
        let smaller = smaller.filter(|(_, deployment)| is_no_larger(deployment));
        self.tried |= smaller.fold(bit(place), |bits, (place, _)| bits | bit(place));
    }

    /// Whether another than this is left that was not tried, whatever its state.
    pub(crate) fn has_others(&self, place: usize) -> bool {
        let all = self.lead.route.deployments.len();
        let tried = self.tried | bit(place);
        (0..all).any(|place| tried & bit(place) == 0)
    }
}

const fn bit(place: usize) -> u64 {
    if place < CANDIDATES_MAX {
        1 << place
    } else {
        0
    }
}
