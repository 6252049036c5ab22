//! What everything in the book adds up to.

use quotah_policy::{Unit, Units, Usage, UsageSource};

use super::Book;
use crate::Operation;
use crate::meter::{ExtraCall, Reading};

impl Book {
    /// The usage reported so far and whether input and output are among it.
    pub(in crate::meter) fn usage(&self) -> (Option<Usage>, bool, bool) {
        if !self.operation.is_metered() || self.is_billed() {
            return (None, false, false);
        }
        let totals = match &self.custom {
            Some(custom) => custom.totals(&self.counts),
            None => (self.answers.totals)(&self.counts, self.operation),
        };
        let mut usage = totals.usage;
        // What is listed and what is counted beside it are one and the same.
        usage.web_search_requests = usage.web_search_requests.max(self.items.searches);
        usage.units = either(&usage.units, &self.items.units);
        // Images that a tool made are billed by that tool's tokens, where these are told.
        if !self.calls.is_empty() {
            usage.units.set(Unit::OutputImages, 0);
        }
        let known = totals.input_reported || totals.output_reported;
        (
            known.then_some(usage),
            totals.input_reported,
            totals.output_reported,
        )
    }

    /// A response that is fetched has been billed when it was made, unless that was in the background.
    fn is_billed(&self) -> bool {
        self.operation == Operation::Retrieval && !self.reading.in_background
    }

    pub(in crate::meter) fn reading(&self, complete: bool) -> Reading {
        let (usage, input_reported, output_known) = self.usage();
        let stopped = self.stop_text > 0 && self.usage_text >= self.stop_text;
        let ended = self.reading.finished || stopped || (complete && self.answers.may_end_unsaid);
        let source = match usage {
            None => UsageSource::None,
            Some(_) if ended && input_reported && output_known => UsageSource::Provider,
            Some(_) => UsageSource::Partial,
        };
        Reading {
            usage,
            source,
            input_reported,
            output_reported: output_known && ended,
            is_pending: self.reading.in_background && self.is_under_way,
            reported_cost: self.cost.total().filter(|_| !self.is_billed()),
            extra_calls: self.calls(),
            ..self.reading.clone()
        }
    }

    fn calls(&self) -> Vec<ExtraCall> {
        if self.is_billed() {
            return Vec::new();
        }
        let mut calls = self.calls.clone();
        for call in calls.iter_mut().filter(|call| call.model.is_none()) {
            call.model.clone_from(&self.call_model);
        }
        calls
    }
}

/// The larger of both, unit by unit.
fn either(one: &Units, other: &Units) -> Units {
    let mut units = *one;
    for (unit, count) in other.listed() {
        units.set(unit, count.max(units.get(unit)));
    }
    units
}
