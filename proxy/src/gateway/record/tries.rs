//! The attempts on an entry, and what each teaches of its deployment.

use std::sync::Arc;
use std::time::Duration;

use quotah_adapters::Reading;
use quotah_policy::Heard;
use quotah_policy::budget::Reservation;

use super::super::going::{Going, Verdict};
use super::super::settle::Evidence;
use super::{Booking, Times, millis};
use crate::clock;
use crate::ledger::{Attempt, Outcome};
use crate::metrics::DeploymentMetrics;

/// A failed attempt while another is looked for: put back if there is none.
pub(crate) struct LastTry {
    attempt: Attempt,
    class: &'static str,
    metrics: Arc<DeploymentMetrics>,
    going: Option<Going>,
    evidence: Evidence,
    held: Reservation,
    reading: Option<Reading>,
}

impl Booking {
    /// Notes one try at the deployment; 0 when no answer came. How it went is told when it is known.
    pub(crate) fn attempt(&mut self, status: u16) {
        let attempt = self.attempt_made(status);
        self.entry.attempts.push(attempt);
        self.backoff = Duration::ZERO;
    }

    fn attempt_made(&self, status: u16) -> Attempt {
        Attempt {
            provider: self.entry.provider.clone(),
            deployment: self.entry.deployment.clone(),
            status: status.into(),
            error_class: String::new(),
            duration_ms: millis(self.attempt_took),
            credential: self.credential.clone(),
            backoff_ms: millis(self.backoff),
        }
    }

    /// The last try brought an answer.
    pub(crate) fn attempt_succeeded(&mut self) {
        self.verdict = Some(Verdict::Well);
        self.metrics.attempt("ok");
    }

    /// The last try failed, for this reason.
    pub(crate) fn attempt_failed(&mut self, error_class: &'static str) {
        if let Some(attempt) = self.entry.attempts.last_mut() {
            error_class.clone_into(&mut attempt.error_class);
        }
        self.verdict = Verdict::of(error_class);
        self.metrics.attempt(error_class);
    }

    /// Tells the deployment's books how the last attempt went.
    pub(super) fn teach(&mut self, times: Times) {
        let (Some(going), Some(verdict)) = (self.going.take(), self.verdict) else {
            return;
        };
        let first_byte_us = u64::try_from(self.attempt_took.as_micros()).unwrap_or(u64::MAX);
        let entry = &self.entry;
        let heard = Heard {
            first_byte_us: times.to_first_byte.map(|_| first_byte_us),
            input_tokens: entry.input_tokens,
            cached_input_tokens: entry.cached_input_tokens,
            output_tokens: entry.output_tokens,
            ..Heard::default()
        };
        going.tell(verdict, heard, &self.state, clock::unix_ms());
    }

    /// Takes the failed attempt off the request, with what it holds.
    pub(crate) fn take_try(
        &mut self,
        (status, class): (u16, &'static str),
        reading: Option<Reading>,
    ) -> LastTry {
        let mut attempt = self.attempt_made(status);
        class.clone_into(&mut attempt.error_class);
        let accepted = reading.is_some();
        LastTry {
            attempt,
            class,
            metrics: Arc::clone(&self.metrics),
            going: self.going.take(),
            evidence: Evidence {
                accepted,
                ..self.evidence
            },
            held: std::mem::take(&mut self.hold.reservation),
            reading,
        }
    }

    /// Puts it back: there is no other. What describes the request is the caller's to put back.
    pub(crate) fn put_back(&mut self, last: LastTry) {
        self.going = last.going;
        self.metrics = last.metrics;
        self.evidence = last.evidence;
        self.hold.reservation = last.held;
    }

    /// Books it: another attempt follows. An answer that had been accepted was perhaps paid for, and gets an entry of
    /// its own.
    pub(crate) fn leave_try(&mut self, last: LastTry) {
        last.metrics.attempt(last.class);
        if let (Some(going), Some(verdict)) = (last.going, Verdict::of(last.class)) {
            going.tell(verdict, Heard::default(), &self.state, clock::unix_ms());
        }
        if let Some(reading) = &last.reading {
            let mut beside = self.beside("abandoned");
            beside.entry.provider.clone_from(&last.attempt.provider);
            beside.entry.deployment.clone_from(&last.attempt.deployment);
            beside.entry.status = last.attempt.status;
            last.class.clone_into(&mut beside.entry.reason);
            beside.entry.attempts.push(last.attempt.clone());
            beside.evidence = last.evidence;
            beside.metrics = last.metrics;
            beside.hold.reservation = last.held;
            beside.settle(Outcome::UpstreamError, reading);
        }
        self.entry.attempts.push(last.attempt);
    }
}

impl LastTry {
    /// Gives back what it holds, unless it may have cost something.
    pub(crate) fn give_back(&mut self) {
        if self.reading.is_none() {
            drop(std::mem::take(&mut self.held));
        }
    }
}
