//! The ledger's record of one request, opened when it is admitted and booked exactly once.
//!
//! A [`Booking`] travels with the request from stage to stage and ends in one of three ways: settled by
//! the stage that knows the outcome, or, when its future is dropped because the client has gone or the
//! process is leaving, by its own `Drop`. There is no way out that books nothing, and none that books twice.

mod beside;
mod tries;

use std::sync::Arc;
use std::time::{Duration, Instant};

use quotah_adapters::Reading;
use quotah_policy::limit::Standing;
use quotah_policy::{Money, ServiceTier, UsageSource};
use uuid::Uuid;

use super::cached::{self, Keeper};
use super::choose::Weighing;
use super::going::{Going, Verdict};
use super::hold::Hold;
use super::io::OnConnection;
use super::settle::{self, Bill, Evidence};
use crate::clock;
use crate::fleet::deployment_name;
use crate::ledger::{Appended, Call, Entry, Intent, Outcome};
use crate::metrics::{DeploymentMetrics, InFlight, Settled};
use crate::prices::Used;
use crate::state::{Snapshot, State};
use crate::upstream::Upload;

/// One request's account, until it is booked.
#[derive(Debug)]
pub(crate) struct Booking {
    pub(crate) state: Arc<State>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) entry: Box<Entry>,
    pub(crate) started: Instant,
    pub(crate) evidence: Evidence,
    /// Time that the provider took to its first byte, connection set-up included.
    pub(crate) upstream_wait: Duration,
    /// Time that the client took to send its body.
    pub(crate) client_wait: Duration,
    pub(crate) first_byte_at: Option<Instant>,
    /// The name of the credential that goes along; empty where there is but one.
    pub(crate) credential: String,
    /// The deployment's, once one is chosen; before, those of no deployment.
    pub(crate) metrics: Arc<DeploymentMetrics>,
    /// What of the request's body went on as it came.
    pub(crate) upload: Option<Arc<Upload>>,
    /// Counts an open event stream for as long as it is open.
    pub(crate) streams: Option<InFlight>,
    /// Price look-ups go by the provider's name first, its kind second.
    pub(crate) provider_kind: &'static str,
    /// What is given back when it is booked.
    pub(crate) hold: Hold,
    /// Copies the answer, where it may be given again.
    pub(crate) keeper: Option<Box<Keeper>>,
    /// What the attempt under way holds of its deployment.
    pub(crate) going: Option<Going>,
    /// How deployments compared when this one was chosen; none where there was no choice.
    pub(crate) weighing: Option<Box<Weighing>>,
    /// Time that the last attempt took to its first byte, or to its failure.
    pub(crate) attempt_took: Duration,
    /// What was waited before it.
    pub(crate) backoff: Duration,
    verdict: Option<Verdict>,
    stage: Stage,
    _on_connection: Option<OnConnection>,
    _in_flight: Option<InFlight>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing is in the ledger: dropping it books nothing.
    Open,
    /// The intent is in the ledger and must be answered for.
    Admitted,
    /// Booked.
    Settled,
}

impl Booking {
    /// Opens a record; nothing is written yet.
    pub(crate) fn open(
        state: Arc<State>,
        snapshot: Arc<Snapshot>,
        on_connection: OnConnection,
        id: Uuid,
    ) -> Self {
        let mut entry = Box::<Entry>::default();
        entry.set_id(id);
        entry.at_unix_ms = clock::unix_ms();
        Self {
            snapshot,
            entry,
            started: clock::now(),
            evidence: Evidence::default(),
            upstream_wait: Duration::ZERO,
            client_wait: Duration::ZERO,
            first_byte_at: None,
            credential: String::new(),
            metrics: Arc::clone(&state.no_deployment),
            upload: None,
            streams: None,
            provider_kind: "",
            hold: Hold::default(),
            keeper: None,
            going: None,
            weighing: None,
            attempt_took: Duration::ZERO,
            backoff: Duration::ZERO,
            verdict: None,
            stage: Stage::Open,
            _on_connection: Some(on_connection),
            _in_flight: Some(state.metrics.inflight_request()),
            state,
        }
    }

    /// Appends the intent: from here on the request is answered for.
    pub(crate) fn admit(&mut self) -> Appended {
        self.stage = Stage::Admitted;
        self.append_intent(false)
    }

    /// Appends the intent once more if more is set aside by now than it says: a crash charges all of it, and processes
    /// beside this one hold it.
    pub(crate) fn raised(&mut self) {
        let amount = self.hold.reservation.amount().picos();
        let amount = i64::try_from(amount).unwrap_or(i64::MAX);
        if self.stage != Stage::Admitted || amount <= self.entry.reserved_picousd {
            return;
        }
        self.entry.reserved_picousd = amount;
        // What cannot be written waits in memory, as the entry will: the stream goes on.
        let _appended = self.append_intent(true);
    }

    /// Appends the intent once more for a request that now goes elsewhere, and holds what that costs.
    pub(crate) fn moved(&mut self) -> Appended {
        self.stage = Stage::Admitted;
        self.append_intent(true)
    }

    fn append_intent(&mut self, is_raise: bool) -> Appended {
        let entry = &mut *self.entry;
        // The intent says what the entry says: its texts are lent, not copied.
        let mut intent = Intent {
            id_hi: entry.id_hi,
            id_lo: entry.id_lo,
            at_unix_ms: entry.at_unix_ms,
            stream: entry.stream,
            reserved_picousd: entry.reserved_picousd,
            parent_hi: entry.parent_hi,
            parent_lo: entry.parent_lo,
            is_raise,
            ..Intent::default()
        };
        lend(entry, &mut intent);
        let appended = self.state.ledger.append_intent(&intent);
        lend(entry, &mut intent);
        appended
    }

    /// Whether the outcome is in the ledger.
    pub(crate) fn is_settled(&self) -> bool {
        self.stage == Stage::Settled
    }

    /// How the limits stand that the request is under; none once it is booked.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.hold.standing(clock::ns_since(self.state.started))
    }

    /// Books a refusal of ours.
    pub(crate) fn refuse(&mut self, status: u16, reason: &'static str) {
        self.entry.status = status.into();
        self.entry.reason = reason.to_owned();
        self.settle(Outcome::Refused, &Reading::default());
    }

    /// Books the outcome, once; what comes after the first call is ignored.
    pub(crate) fn settle(&mut self, outcome: Outcome, reading: &Reading) {
        if self.is_settled() {
            return;
        }
        self.stage = Stage::Settled;
        self.take_upload();
        let provider = &self.entry.provider;
        let reading = &*self
            .state
            .fetched
            .once(provider, self.evidence.fetches, reading);
        let bill = settle::bill(&self.snapshot.config.price_table, self, outcome, reading);
        let times = self.times();
        self.fill_in(outcome, reading, &bill, times);
        self.teach(times);
        self.charge();
        self.metrics.record(&Settled {
            role: &self.entry.role,
            status: u16::try_from(self.entry.status).unwrap_or(0),
            outcome: outcome.as_str(),
            duration: times.duration,
            time_to_first_token: times.to_first_byte.filter(|_| self.entry.stream),
            overhead: times.overhead,
            usage: &bill.usage,
            cost: (!bill.is_unpriced).then(|| bill.cost.unwrap_or_default()),
            team: Some(&*self.entry.team).filter(|team| !team.is_empty()),
        });
        if self.entry.role == MIRROR {
            self.state.mirrored(&self.entry);
        }
        self.state.events.request(&self.entry);
        crate::telemetry::access(&self.entry);
    }

    /// Notes what was only told by a body on its way.
    fn take_upload(&mut self) {
        let Some(upload) = self.upload.take() else {
            return;
        };
        self.entry.request_bytes = upload.bytes();
        // A request that never came whole was not worked on, unless it was answered all the same.
        self.evidence.sent &= upload.is_complete();
        if self.entry.model_sent.is_empty()
            && let Some(model) = upload.model()
        {
            self.entry.model_asked = model.to_string();
            self.entry.model_sent = model.into();
        }
    }

    fn times(&self) -> Times {
        let duration = clock::now().saturating_duration_since(self.started);
        let to_first_byte = self
            .first_byte_at
            .map(|at| at.saturating_duration_since(self.started));
        // What is neither the provider's nor the client's time up to the first byte is ours.
        let overhead = to_first_byte
            .unwrap_or(duration)
            .saturating_sub(self.upstream_wait)
            .saturating_sub(self.client_wait);
        Times {
            duration,
            to_first_byte,
            overhead,
        }
    }

    /// Says on the entry what came of it.
    fn fill_in(&mut self, outcome: Outcome, reading: &Reading, bill: &Bill, times: Times) {
        let entry = &mut self.entry;
        entry.set_outcome(outcome);
        entry.set_usage(&bill.usage, bill.usage_source);
        // Nine million dollars for one request: more is no figure to believe.
        let picos = |cost: Money| i64::try_from(cost.picos()).unwrap_or(i64::MAX);
        entry.set_cost_source(bill.cost_source.into());
        // What is given again costs nothing, which is more than not to know.
        let free = (entry.cache == cached::HIT).then_some(0);
        entry.cost_picousd = bill.cost.map(picos).or(free);
        if bill.cost_source == quotah_policy::CostSource::Provider {
            entry.table_cost_picousd = bill.table_cost.map(picos);
        }
        if bill.table_cost.is_some() {
            entry.price_version = self.snapshot.config.price_table.version().to_owned();
        }
        let calls = reading.extra_calls.iter();
        entry.calls = calls
            .map(|call| Call::new(call.model.as_deref(), &call.usage))
            .collect();
        entry.service_tier = bill.tier.map_or("", |tier| tier.as_str()).to_owned();
        self.provider_kind.clone_into(&mut entry.provider_kind);
        if let Some(model) = reading.priced_model() {
            entry.model_answered = model.to_string();
        }
        entry.duration_ms = millis(times.duration);
        entry.ttft_ms = times.to_first_byte.map(millis);
        entry.overhead_us = u64::try_from(times.overhead.as_micros()).unwrap_or(u64::MAX);
        entry.output_bytes = reading.output_bytes;
        entry.prompt_bytes = self.evidence.prompt_bytes;
        self.explain(bill);
    }

    /// Says on the entry why it went where it went, and what the next best would have cost.
    fn explain(&mut self, bill: &Bill) {
        let Some(weighing) = self.weighing.take() else {
            return;
        };
        let entry = &mut self.entry;
        let decision = weighing.decision(&entry.model_asked);
        // Where the second best has answered after all, nothing was rejected.
        if let Some((provider, kind, model)) = weighing.rejected(&entry.model_asked)
            && bill.usage_source != UsageSource::None
            && deployment_name(provider, model) != entry.deployment
        {
            let used = Used {
                provider,
                kind,
                model_sent: model,
                model_answered: None,
                at_unix_seconds: i64::try_from(entry.at_unix_ms / 1_000).unwrap_or(i64::MAX),
                tier: ServiceTier::Standard,
                own: bill.usage,
                calls: &[],
            };
            let cost = used.charge(&self.snapshot.config.price_table);
            entry.would_have_cost_picousd =
                cost.map(|cost| i64::try_from(cost.picos()).unwrap_or(i64::MAX));
            entry.alternative = deployment_name(provider, model);
        }
        entry.decision = Some(decision);
    }

    /// Writes the entry, and charges budgets with what it says: in one step for whoever counts the ledger anew.
    fn charge(&mut self) {
        let hold = std::mem::take(&mut self.hold);
        let state = &self.state;
        let _charging = state.ledger.charging();
        // What cannot be written is counted, kept in memory and retried by the ledger; the answer goes on.
        let appended = state.ledger.append_entry(&self.entry);
        if let Some(mut passed) = hold.passed {
            let tokens = self
                .entry
                .input_tokens
                .saturating_add(self.entry.output_tokens);
            passed.settle(tokens, clock::ns_since(state.started));
        }
        if let Some(asked) = hold.asked {
            state.policy.learn(&self.entry, asked);
        }
        let reserved = hold.reservation.amount();
        if reserved > Money::ZERO && hold.reservation.is_held() {
            state
                .metrics
                .reservation_used(self.entry.charge().unwrap_or(0), reserved);
        }
        if appended == Appended::Duplicate {
            // Somebody who took this process for dead has closed it; that was charged. What it held is given back.
            return;
        }
        let own = hold.own_budget.as_ref();
        let crossings = state.policy.settle(&self.entry, own, hold.reservation);
        state.tell(&crossings);
    }
}

/// The role of a copy.
pub(crate) const MIRROR: &str = "mirror";

/// How long a request took, and whose time it was.
#[derive(Debug, Clone, Copy)]
struct Times {
    duration: Duration,
    to_first_byte: Option<Duration>,
    overhead: Duration,
}

impl Drop for Booking {
    fn drop(&mut self) {
        if self.stage == Stage::Admitted {
            let outcome = if self.state.drain.is_forced() {
                Outcome::Interrupted
            } else {
                Outcome::ClientGone
            };
            self.settle(outcome, &Reading::default());
        }
        self.state.drain.leave();
    }
}

/// Swaps the texts that an entry and its intent have in common.
fn lend(entry: &mut Entry, intent: &mut Intent) {
    use std::mem::swap;
    swap(&mut entry.key, &mut intent.key);
    swap(&mut entry.team, &mut intent.team);
    swap(&mut entry.user, &mut intent.user);
    swap(&mut entry.project, &mut intent.project);
    swap(&mut entry.tags, &mut intent.tags);
    swap(&mut entry.dialect, &mut intent.dialect);
    swap(&mut entry.operation, &mut intent.operation);
    swap(&mut entry.model_asked, &mut intent.model_asked);
    swap(&mut entry.model_sent, &mut intent.model_sent);
    swap(&mut entry.provider, &mut intent.provider);
    swap(&mut entry.deployment, &mut intent.deployment);
    swap(&mut entry.role, &mut intent.role);
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
