//! `cost_usd_total`: money by provider, model and team, added up in integers and printed exactly.
//!
//! A Prometheus counter is a float, which forgets pico-dollars after some thousand dollars. The truth is
//! kept as [`Money`] here and the family is written into the text by hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use parking_lot::Mutex;
use quotah_policy::Money;

use super::family::{Bound, Dropped};

/// The family.
#[derive(Debug)]
pub(super) struct Costs {
    bound: Bound,
    children: Mutex<BTreeMap<Vec<String>, Arc<CostCounter>>>,
}

/// What was spent under one label set.
#[derive(Debug, Default)]
pub(super) struct CostCounter(Mutex<Money>);

impl CostCounter {
    /// Adds `amount`; a negative one is no cost and changes nothing.
    pub(super) fn add(&self, amount: Money) {
        let mut total = self.0.lock();
        *total = total.saturating_add(amount.max(Money::ZERO));
    }
}

impl Costs {
    pub(super) fn new(dropped: Dropped) -> Self {
        Self {
            bound: Bound::new("cost_usd_total", 1, dropped),
            children: Mutex::default(),
        }
    }

    /// The counter of a label set; the empty team is the label `""`.
    pub(super) fn child(&self, provider: &str, model: &str, team: &str) -> Arc<CostCounter> {
        let labels = self.bound.admit(&[provider, model, team], &[]);
        Arc::clone(self.children.lock().entry(labels).or_default())
    }

    /// Appends the family in the text format.
    pub(super) fn render(&self, out: &mut String) {
        let children = self.children.lock();
        if children.is_empty() {
            return;
        }
        out.push_str("# HELP quotah_cost_usd_total Cost of settled requests in US dollars\n");
        out.push_str("# TYPE quotah_cost_usd_total counter\n");
        for (labels, counter) in &*children {
            out.push_str("quotah_cost_usd_total");
            for (index, (name, value)) in NAMES.iter().zip(labels).enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                out.push_str(name);
                out.push_str("=\"");
                escape(value, out);
                out.push('"');
            }
            // Writing to a String cannot fail.
            writeln!(out, "}} {}", counter.0.lock()).unwrap_or_default();
        }
    }
}

const NAMES: [&str; 3] = ["provider", "model", "team"];

/// Label values escape backslash, quote and line feed, nothing else.
pub(super) fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}
