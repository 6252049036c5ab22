//! What records are made of: calls, tags, attempts, and units by number.

use std::collections::BTreeMap;

use quotah_policy::{Unit, Units, Usage};

/// A model call that is billed beside the request's own.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Call {
    /// Its model; empty for the request's own.
    #[prost(string, tag = "1")]
    pub model: String,
    /// [`Usage::counts`].
    #[prost(uint64, repeated, tag = "2")]
    pub counts: Vec<u64>,
    /// As in an entry.
    #[prost(btree_map = "uint32, uint64", tag = "3")]
    pub units: BTreeMap<u32, u64>,
}

impl Call {
    /// A call as it is stored.
    #[must_use]
    pub fn new(model: Option<&str>, usage: &Usage) -> Self {
        Self {
            model: model.unwrap_or_default().to_owned(),
            counts: usage.counts().to_vec(),
            units: numbered(&usage.units),
        }
    }

    /// What it used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let count = |place: usize| self.counts.get(place).copied().unwrap_or(0);
        Usage {
            units: units(&self.units),
            ..Usage::from_counts(std::array::from_fn(count))
        }
    }
}

/// A label of a request.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Tag {
    /// Its name, as configured.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What the request says.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// One try at one deployment.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Attempt {
    /// Who was asked.
    #[prost(string, tag = "1")]
    pub provider: String,
    /// Where.
    #[prost(string, tag = "2")]
    pub deployment: String,
    /// HTTP status of the answer; 0 when there was none.
    #[prost(uint32, tag = "3")]
    pub status: u32,
    /// What went wrong, one word of ours; empty when nothing did.
    #[prost(string, tag = "4")]
    pub error_class: String,
    /// How long it took, milliseconds.
    #[prost(uint64, tag = "5")]
    pub duration_ms: u64,
    /// The name of the credential that went along; empty for the only one.
    #[prost(string, tag = "6")]
    pub credential: String,
    /// How long was waited before it, milliseconds.
    #[prost(uint64, tag = "7")]
    pub backoff_ms: u64,
}

/// Units as they are stored.
pub(in crate::ledger) fn numbered(units: &Units) -> BTreeMap<u32, u64> {
    let listed = units.listed();
    listed.map(|(unit, count)| (unit.number(), count)).collect()
}

/// The opposite of [`numbered`]; numbers that this version does not know are left out.
pub(in crate::ledger) fn units(numbered: &BTreeMap<u32, u64>) -> Units {
    let known = |(number, count): (&u32, &u64)| Some((Unit::from_number(*number)?, *count));
    numbered.iter().filter_map(known).collect()
}
