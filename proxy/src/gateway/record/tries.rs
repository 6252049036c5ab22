//! The attempts on an entry, and what each teaches of its deployment.

use std::sync::Arc;
use std::time::Duration;

use quotah_adapters::Reading;
use quotah_policy::Heard;
use quotah_policy::budget::Reservation;
use quotah_policy::warmth::Held;

use super::super::going::{Going, Verdict};
use super::super::settle::Evidence;
use super::{Booking, Times, millis};
use crate::clock;
use crate::ledger::{Attempt, Outcome};
use crate::metrics::DeploymentMetrics;

/// Kinds that keep only what the request marks.
const MARKED: [&str; 2] = ["anthropic", "bedrock"];

/// Shorter prompts are kept by nobody (documented by OpenAI, Anthropic and Google, read 2026-11).
const CACHED_TOKENS_MIN: u64 = 1_024;

/// How long prompts are kept after their last use, the usual way and where a client pays for more (Anthropic's
/// documentation, read 2026-11; OpenAI's says five to ten minutes).
const CACHED_MS: u64 = 5 * 60_000;
const CACHED_LONG_MS: u64 = 60 * 60_000;

/// A failed attempt while another is looked for: put back if there is none.
pub(crate) struct LastTry {
    attempt: Attempt,
    class: &'static str,
    metrics: Arc<DeploymentMetrics>,
    going: Option<Going>,
    evidence: Evidence,
    held: Reservation,
    reading: Option<Reading>,
    /// Prices go by these: the next deployment has others.
    model_sent: String,
    provider_kind: &'static str,
    /// How it was asked.
    translated_to: String,
    dropped: Vec<String>,
}

impl Booking {
    /// Notes one try at the deployment; 0 when no answer came. How it went is told when it is known.
    pub(crate) fn attempt(&mut self, status: u16) {
        let attempt = self.attempt_made(status);
        self.entry.attempts.push(attempt);
        self.backoff = Duration::ZERO;
    }

    /// Takes the note of the last try back: nothing of its answer was given, and it may be left for another's.
    pub(crate) fn attempt_undone(&mut self) {
        if let Some(attempt) = self.entry.attempts.pop() {
            self.backoff = Duration::from_millis(attempt.backoff_ms);
        }
        self.entry.status = 0;
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
        let mut status = 0;
        if let Some(attempt) = self.entry.attempts.last_mut() {
            error_class.clone_into(&mut attempt.error_class);
            status = attempt.status;
        }
        self.verdict = Verdict::of(error_class, status);
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
        let now_unix_ms = clock::unix_ms();
        if verdict == Verdict::Well {
            going.is_warm(self.cached(), &self.state, now_unix_ms);
        }
        going.tell(verdict, heard, &self.state, now_unix_ms);
    }

    /// How much of the prompt is in the provider's cache by now.
    fn cached(&self) -> Held {
        let entry = &self.entry;
        let told = entry
            .cached_input_tokens
            .saturating_add(entry.cache_write_tokens);
        // Who caches unasked does not say so the first time.
        let is_unasked = !MARKED.contains(&self.provider_kind);
        let tokens = match told {
            0 if is_unasked && entry.input_tokens >= CACHED_TOKENS_MIN => entry.input_tokens,
            told => told,
        };
        let is_long = entry.cache_write_long_tokens > 0;
        Held {
            tokens,
            ttl_ms: if is_long { CACHED_LONG_MS } else { CACHED_MS },
        }
    }

    /// Exchanges what the attempt under way holds with another's.
    pub(crate) fn swap_try(&mut self, other: &mut Self) {
        use std::mem::swap;
        swap(&mut self.going, &mut other.going);
        swap(&mut self.hold.reservation, &mut other.hold.reservation);
        swap(&mut self.hold.watch, &mut other.hold.watch);
        let (ours, theirs) = (&mut self.entry, &mut other.entry);
        swap(&mut ours.reserved_picousd, &mut theirs.reserved_picousd);
        swap(
            &mut ours.max_tokens_lowered_to,
            &mut theirs.max_tokens_lowered_to,
        );
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
            model_sent: self.entry.model_sent.clone(),
            provider_kind: self.provider_kind,
            translated_to: self.entry.translated_to.clone(),
            dropped: self.entry.dropped.clone(),
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
        let verdict = Verdict::of(last.class, last.attempt.status);
        if let (Some(going), Some(verdict)) = (last.going, verdict) {
            going.tell(verdict, Heard::default(), &self.state, clock::unix_ms());
        }
        if let Some(reading) = &last.reading {
            let mut beside = self.beside("abandoned");
            beside.entry.provider.clone_from(&last.attempt.provider);
            beside.entry.deployment.clone_from(&last.attempt.deployment);
            beside.entry.model_sent = last.model_sent;
            beside.provider_kind = last.provider_kind;
            beside.entry.translated_to = last.translated_to;
            beside.entry.dropped = last.dropped;
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
