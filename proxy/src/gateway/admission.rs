//! Admission by itself: what the line decides of a request before a provider hears of it, without a connection.
//!
//! For measuring it. The stages are the line's own (`identify` and `admit::hold`); only the intent is not written. A
//! [`Sample`] is described once, and asked for as often as its owner likes.

use std::sync::Arc;

use http::{HeaderMap, Request};
use quotah_policy::Money;

use super::admit::{self, Call};
use super::choose::{self, Asking, Order, Trip};
use super::describe;
use super::hold::Hold;
use super::identify::{Identity, Shown};
use super::io::{ConnState, OnConnection};
use super::parse::{self, Target};
use super::quote::{self, Quote};
use super::record::Booking;
use super::refuse::Refusal;
use crate::clock;
use crate::config::Config;
use crate::ledger::{Clock, Entry, Hooks, Ledger, Metered, Settings, Spending};
use crate::metrics::Metrics;
use crate::registry::Registry;
use crate::serve::ServeError;
use crate::state::{Ground, State};

/// Everything that decides about requests.
#[derive(Debug)]
pub struct Admission {
    state: Arc<State>,
}

/// Whose request it is.
#[derive(Debug)]
pub struct Caller(Arc<Identity>);

/// A request that is asked for again and again.
#[derive(Debug)]
pub struct Sample {
    booking: Booking,
    target: Target,
    facts: quotah_adapters::Facts,
    trip: Trip,
    order: Order,
}

/// Why a request is not let in, by the reason that the ledger has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("refused: {0}")]
pub struct NotAdmitted(pub &'static str);

impl From<Refusal> for NotAdmitted {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.reason())
    }
}

impl Admission {
    /// Opens registry and ledger in the data directory of `config`, and puts its rules in force.
    ///
    /// # Errors
    /// [`ServeError`] when either cannot be used.
    pub fn open(config: Config) -> Result<Self, ServeError> {
        let config = Arc::new(config);
        let ground = Ground::lay(&config)?;
        let hooks = Hooks {
            spending: Arc::clone(&ground.policy) as Arc<dyn Spending>,
            ..Hooks::new(Clock {
                now: clock::now,
                unix_ms: clock::unix_ms,
            })
        };
        let ledger = config.data_dir.join("ledger");
        let (ledger, _) = Ledger::open(&ledger, Settings::default(), hooks)?;
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), "unknown"));
        let state = State::new(ground, ledger, metrics);
        Ok(Self { state })
    }

    /// The registry: what is changed there counts from the next request on.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.state.registry
    }

    /// Whose credential is in `headers`.
    ///
    /// # Errors
    /// [`NotAdmitted`] when it opens nothing.
    pub fn identify(&self, headers: &HeaderMap) -> Result<Caller, NotAdmitted> {
        let shown = Shown {
            ip: None,
            now_unix_ms: clock::unix_ms(),
        };
        let keys = &self.state.snapshot().keys;
        Ok(Caller(keys.identify(headers, None, shown)?))
    }

    /// Reads a request, and finds out where it would go.
    ///
    /// # Errors
    /// [`NotAdmitted`] when it would be refused before it is asked what it costs.
    pub fn sample(&self, request: &Request<Vec<u8>>) -> Result<Sample, NotAdmitted> {
        let snapshot = self.state.snapshot();
        let target = parse::target(&snapshot, request);
        let (head, ()) = request.clone().map(drop).into_parts();
        let reader = target.reader(&head).map_err(|e| Refusal::bad_request(&e))?;
        let mut reader = reader.ok_or_else(Refusal::no_such_path)?;
        reader.feed(request.body());
        let facts = reader.finish(true).map_err(|e| Refusal::bad_request(&e))?.0;
        let Caller(identity) = self.identify(request.headers())?;
        let entry = Entry::default();
        let asking = Asking {
            snapshot: &snapshot,
            target: &target,
            facts: &facts,
            identity: &identity,
            entry: &entry,
            wished: None,
        };
        let lead = choose::lead(&asking)?;
        let trip = Trip::new(lead, &asking, 0);
        let now_unix_ms = clock::unix_ms();
        let nobody = |why| choose::no_deployment(&asking, &trip, why, now_unix_ms);
        let (order, _) = choose::pick(&asking, &trip, now_unix_ms).map_err(nobody)?;
        if !self.state.drain.enter(usize::MAX) {
            return Err(Refusal::overloaded().into());
        }
        let on_connection = OnConnection::begin(&Arc::<ConnState>::default());
        let state = Arc::clone(&self.state);
        let mut booking = Booking::open(state, snapshot, on_connection, clock::request_id());
        describe::describe(&mut booking, &identity, &head, None);
        describe::describe_call(&mut booking, &target);
        describe::describe_body(&mut booking, &target, &facts);
        describe::describe_order(&mut booking, &target, &facts, &order);
        Ok(Sample {
            booking,
            target,
            facts,
            trip,
            order,
        })
    }
}

impl Sample {
    /// Where it goes: provider and model.
    #[must_use]
    pub fn goes_to(&self) -> (&str, &str) {
        let provider = &self.order.upstream.config;
        (&provider.name, &self.order.model_sent)
    }

    /// Picks a deployment for it, as it was when it was sampled, and says which of its route's it is. Nothing is begun
    /// there.
    ///
    /// # Errors
    /// [`NotAdmitted`] when there is none.
    pub fn pick(&self, caller: &Caller) -> Result<usize, NotAdmitted> {
        let asking = Asking {
            snapshot: &self.booking.snapshot,
            target: &self.target,
            facts: &self.facts,
            identity: &caller.0,
            entry: &self.booking.entry,
            wished: None,
        };
        let now_unix_ms = clock::unix_ms();
        let picked = choose::pick(&asking, &self.trip, now_unix_ms);
        let nobody = |why| choose::no_deployment(&asking, &self.trip, why, now_unix_ms);
        Ok(picked.map_err(nobody)?.0.place)
    }

    /// Has `caller` ask for it: what rules see of it.
    pub fn set_caller(&mut self, caller: &Caller) {
        let (entry, identity) = (&mut self.booking.entry, &caller.0);
        for (text, value) in [
            (&mut entry.key, Some(&identity.key)),
            (&mut entry.team, identity.team.as_ref()),
            (&mut entry.user, identity.user.as_ref()),
            (&mut entry.project, identity.project.as_ref()),
        ] {
            text.clear();
            text.push_str(value.map_or("", |value| value));
        }
    }

    /// Holds what it needs of guards, limits and budgets, gives all of it back, and says how much money it was.
    ///
    /// # Errors
    /// [`NotAdmitted`] when it is refused.
    pub fn hold(&mut self, caller: &Caller) -> Result<Money, NotAdmitted> {
        let call = Call {
            target: &self.target,
            facts: &self.facts,
            identity: &caller.0,
        };
        admit::hold(&mut self.booking, call)?;
        let hold = std::mem::take::<Hold>(&mut self.booking.hold);
        Ok(hold.reservation.amount())
    }

    /// What it may cost, by experience and price; `None` without a price.
    #[must_use]
    pub fn quote(&self) -> Option<Money> {
        let (booking, facts) = (&self.booking, &self.facts);
        let asked = quote::asked(&self.target, facts);
        let policy = &booking.state.policy;
        let expected = policy.expect(&booking.entry, asked, &booking.snapshot.config);
        let beside = quote::beside(&self.target, facts, booking.evidence.units);
        let quote = Quote::new(booking, expected, beside, quote::tier(facts))?;
        Some(quote.ask().most)
    }

    /// Learns that it used so many tokens.
    pub fn learn(&mut self, input_tokens: u64, output_tokens: u64) {
        let asked = quote::asked(&self.target, &self.facts);
        let entry = &mut self.booking.entry;
        entry.set_usage_source(Metered::Provider);
        entry.input_tokens = input_tokens;
        entry.output_tokens = output_tokens;
        self.booking.state.policy.learn(entry, asked);
    }
}
