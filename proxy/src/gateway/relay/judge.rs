//! How an answer is booked: what became of it, and whose fault it was.

use quotah_adapters::{ErrorClass, Reading, answer_error_class};
use quotah_policy::UsageSource;

use super::Inner;
use crate::gateway::cached;
use crate::ledger::Outcome;

impl Inner {
    pub(super) fn settle(&mut self, outcome: Outcome, complete: bool) {
        if self.booking.is_settled() {
            return;
        }
        let refused = self.tap.refused();
        let reading = self.tap.finish(complete);
        let outcome = self.judged(outcome, &reading);
        let class = match refused {
            Some(refused) => Some(refused.learn(&self.booking)),
            None => self.class_of_answer(outcome, &reading),
        };
        match class {
            Some(class) => self.booking.attempt_failed(class),
            None => self.booking.attempt_succeeded(),
        }
        cached::judged(&mut self.booking, outcome, &reading);
        self.booking.settle(outcome, &reading);
    }

    /// What was wrong with an answer that was no refusal, if anything was.
    fn class_of_answer(&self, outcome: Outcome, reading: &Reading) -> Option<&'static str> {
        if let Some(error) = &reading.error {
            return Some(answer_error_class(self.failure.spoken, error).as_str());
        }
        let is_unfinished = self.failure.accepted && outcome == Outcome::UpstreamError;
        let fault = self.broken_by.as_ref().and_then(super::Cause::fault);
        fault.or_else(|| is_unfinished.then(|| ErrorClass::ServerError.as_str()))
    }

    /// An error inside an answer that began well, or an answer cut short by clean framing, is no success.
    fn judged(&mut self, outcome: Outcome, reading: &Reading) -> Outcome {
        if outcome != Outcome::Ok {
            return outcome;
        }
        let truncated = self.failure.accepted
            && self.failure.operation.is_metered()
            && (reading.events > 0 || reading.faults > 0)
            && !reading.finished
            // Some of OpenAI's imitators end a stream without a last event.
            && (self.failure.says_end || reading.source != UsageSource::Provider);
        if !self.failure.accepted || reading.error.is_some() || truncated {
            if self.booking.entry.reason.is_empty() {
                self.booking.entry.reason = match &reading.error {
                    Some(error) => error
                        .kind
                        .as_deref()
                        .or(error.code.as_deref())
                        .unwrap_or("error")
                        .to_owned(),
                    None if truncated && self.booking.entry.stream => "truncated".to_owned(),
                    None if truncated => "invalid_answer".to_owned(),
                    None => String::new(),
                };
            }
            return Outcome::UpstreamError;
        }
        Outcome::Ok
    }
}
