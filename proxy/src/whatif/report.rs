//! What a replay found. Money is in 10⁻¹² USD, and in JSON a decimal text `…_usd` beside an integer `…_nanousd`.

use quotah_policy::Money;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::ledger::usd;
use crate::time::rfc3339;

/// Most rows of moves in a report; the rest is summed up in one.
pub const MOVES_MAX: usize = 1_000;

/// What the same traffic would have cost, where it would have gone, and what would have been blocked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that were replayed.
    pub entries: u64,
    /// When the first of them arrived, milliseconds since 1970 UTC.
    pub from_unix_ms: Option<u64>,
    /// When the last of them arrived.
    pub to_unix_ms: Option<u64>,
    /// What they cost, as the ledger has it.
    pub cost_then_picousd: i128,
    /// What they would have cost.
    pub cost_new_picousd: i128,
    /// What became of those that would have gone elsewhere, or cost something else: by the size of the saving.
    pub moves: Vec<Move>,
    /// The moves beyond [`MOVES_MAX`], together.
    pub other: Option<Move>,
    /// Budgets that are new or different, and what they would have done.
    pub budgets: Vec<BudgetRow>,
    /// Models that lead nowhere under the new configuration: their requests would have been refused.
    pub unknown_models: Vec<(String, Count)>,
    /// Requests that the ledger says a budget refused: whether they would pass, and at what cost, nobody knows.
    pub refused_then: u64,
    /// Requests whose new cost nobody knows: they are counted with what they did cost.
    pub unpriced: Count,
    /// Requests that would go to a deployment of another dialect than their client's, with what they would have cost.
    /// Whether all that they asked for can be said there, the ledger knows of some alone.
    pub translated: Count,
    /// What the new configuration says beside, and was not played through.
    pub not_simulated: Vec<&'static str>,
}

/// Requests of one model that go from one deployment to another; the same one twice where only prices differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Move {
    /// The model that was asked for.
    pub model: String,
    /// Where they went.
    pub from: String,
    /// Where they would have gone.
    pub to: String,
    /// How many.
    pub requests: u64,
    /// What they cost.
    pub cost_then_picousd: i128,
    /// What they would have cost.
    pub cost_new_picousd: i128,
}

/// What a budget would have done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BudgetRow {
    /// Its id.
    pub budget: String,
    /// `hard` or `soft`.
    pub mode: &'static str,
    /// Refused, with what they would have cost.
    pub blocked: Count,
    /// Beyond the limit of a soft budget, with what they would have cost.
    pub over: Count,
    /// Parts of the limit whose crossing would have been told.
    pub alerts: u64,
}

/// Requests and their cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub requests: u64,
    /// What they cost.
    pub cost_picousd: i128,
}

impl Count {
    pub(super) fn add(&mut self, cost_picousd: i64) {
        self.requests += 1;
        self.cost_picousd += i128::from(cost_picousd);
    }
}

impl Report {
    /// What would have been saved; negative for what would have been spent beside.
    #[must_use]
    pub const fn saving_picousd(&self) -> i128 {
        self.cost_then_picousd - self.cost_new_picousd
    }
}

impl Move {
    /// What would have been saved; negative for what would have been spent beside.
    #[must_use]
    pub const fn saving_picousd(&self) -> i128 {
        self.cost_then_picousd - self.cost_new_picousd
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("entries", &self.entries)?;
        map.serialize_entry("from", &self.from_unix_ms.map(rfc3339))?;
        map.serialize_entry("to", &self.to_unix_ms.map(rfc3339))?;
        costs(&mut map, self.cost_then_picousd, self.cost_new_picousd)?;
        map.serialize_entry("moves", &self.moves)?;
        map.serialize_entry("other", &self.other)?;
        map.serialize_entry("budgets", &self.budgets)?;
        map.serialize_entry("unknown_models", &Models(&self.unknown_models))?;
        map.serialize_entry("refused_then", &self.refused_then)?;
        map.serialize_entry("unpriced", &self.unpriced)?;
        map.serialize_entry("translated", &self.translated)?;
        map.serialize_entry("not_simulated", &self.not_simulated)?;
        map.end()
    }
}

impl Serialize for Move {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", &self.model)?;
        map.serialize_entry("from", &self.from)?;
        map.serialize_entry("to", &self.to)?;
        map.serialize_entry("requests", &self.requests)?;
        costs(&mut map, self.cost_then_picousd, self.cost_new_picousd)?;
        map.end()
    }
}

impl Serialize for BudgetRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("budget", &self.budget)?;
        map.serialize_entry("mode", &self.mode)?;
        map.serialize_entry("blocked", &self.blocked)?;
        map.serialize_entry("over", &self.over)?;
        map.serialize_entry("alerts", &self.alerts)?;
        map.end()
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("requests", &self.requests)?;
        money(&mut map, ["cost_usd", "cost_nanousd"], self.cost_picousd)?;
        map.end()
    }
}

struct Models<'a>(&'a [(String, Count)]);

impl Serialize for Models<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.iter().map(|(model, count)| UnknownModel {
            model,
            requests: count.requests,
        });
        serializer.collect_seq(rows)
    }
}

#[derive(serde::Serialize)]
struct UnknownModel<'a> {
    model: &'a str,
    requests: u64,
}

fn costs<M: SerializeMap>(map: &mut M, then: i128, new: i128) -> Result<(), M::Error> {
    money(map, ["cost_then_usd", "cost_then_nanousd"], then)?;
    money(map, ["cost_new_usd", "cost_new_nanousd"], new)?;
    money(map, ["saving_usd", "saving_nanousd"], then - new)
}

/// An amount under both its names.
pub(super) fn money<M: SerializeMap>(
    map: &mut M,
    [in_usd, in_nanousd]: [&'static str; 2],
    picousd: i128,
) -> Result<(), M::Error> {
    map.serialize_entry(in_usd, &usd(picousd))?;
    map.serialize_entry(in_nanousd, &Money::from_picos(picousd).nanos())
}
