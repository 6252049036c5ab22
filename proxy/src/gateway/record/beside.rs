//! What is sent for a request beside it: entries of their own, for whom the request is the parent.

use std::sync::Arc;
use std::time::Duration;

use super::{Booking, Stage};
use crate::clock;
use crate::ledger::Entry;

impl Booking {
    /// A record for something that is sent for this request beside it: whose it is and what it asks for are the same.
    pub(crate) fn beside(&self, role: &'static str) -> Self {
        let of = &self.entry;
        let mut entry = Box::new(Entry {
            at_unix_ms: clock::unix_ms(),
            key: of.key.clone(),
            team: of.team.clone(),
            user: of.user.clone(),
            project: of.project.clone(),
            tags: of.tags.clone(),
            client_request_id: of.client_request_id.clone(),
            client_ip: of.client_ip.clone(),
            user_agent: of.user_agent.clone(),
            dialect: of.dialect.clone(),
            operation: of.operation.clone(),
            model_asked: of.model_asked.clone(),
            model_sent: of.model_sent.clone(),
            provider: of.provider.clone(),
            deployment: of.deployment.clone(),
            route: of.route.clone(),
            stream: of.stream,
            request_bytes: of.request_bytes,
            role: role.to_owned(),
            parent_hi: of.id_hi,
            parent_lo: of.id_lo,
            ..Entry::default()
        });
        entry.set_id(clock::request_id());
        let state = Arc::clone(&self.state);
        // It counts as under way, and never as one too many: its parent was let in.
        state.drain.enter(usize::MAX);
        Self {
            snapshot: Arc::clone(&self.snapshot),
            entry,
            started: clock::now(),
            evidence: self.evidence,
            upstream_wait: Duration::ZERO,
            client_wait: Duration::ZERO,
            first_byte_at: None,
            credential: self.credential.clone(),
            metrics: Arc::clone(&self.metrics),
            upload: None,
            streams: None,
            provider_kind: self.provider_kind,
            hold: super::Hold {
                own_budget: self.hold.own_budget.clone(),
                asked: self.hold.asked,
                ..super::Hold::default()
            },
            keeper: None,
            going: None,
            weighing: None,
            attempt_took: Duration::ZERO,
            backoff: Duration::ZERO,
            verdict: None,
            stage: Stage::Open,
            _on_connection: None,
            _in_flight: None,
            state,
        }
    }
}
