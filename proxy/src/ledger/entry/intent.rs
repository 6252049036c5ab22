//! The record of a request that was admitted and is not over.

use uuid::Uuid;

use super::Tag;

/// A request that was admitted: appended before the provider is called.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Intent {
    /// Upper half of the id; see [`Intent::id`].
    #[prost(fixed64, tag = "1")]
    pub id_hi: u64,
    /// Lower half of the id.
    #[prost(fixed64, tag = "2")]
    pub id_lo: u64,
    /// When the request arrived, milliseconds since 1970 UTC.
    #[prost(uint64, tag = "3")]
    pub at_unix_ms: u64,
    /// Public id of the virtual key, or `anonymous`.
    #[prost(string, tag = "5")]
    pub key: String,
    /// Whose it is.
    #[prost(string, tag = "6")]
    pub team: String,
    /// Whose it is.
    #[prost(string, tag = "7")]
    pub user: String,
    /// What it is for.
    #[prost(string, tag = "8")]
    pub project: String,
    /// Further labels, sorted by name.
    #[prost(message, repeated, tag = "9")]
    pub tags: Vec<Tag>,
    /// The dialect that the client spoke.
    #[prost(string, tag = "10")]
    pub dialect: String,
    /// The operation.
    #[prost(string, tag = "11")]
    pub operation: String,
    /// The model that the client named.
    #[prost(string, tag = "12")]
    pub model_asked: String,
    /// The model that the provider is to be asked for, when already chosen.
    #[prost(string, tag = "13")]
    pub model_sent: String,
    /// The provider, when already chosen.
    #[prost(string, tag = "15")]
    pub provider: String,
    /// The deployment, when already chosen.
    #[prost(string, tag = "16")]
    pub deployment: String,
    /// Whether a stream was asked for.
    #[prost(bool, tag = "20")]
    pub stream: bool,
    /// What is held until the cost is known, 10⁻¹² USD.
    #[prost(sint64, tag = "46")]
    pub reserved_picousd: i64,
    /// As in an entry: what it is beside its parent; empty for a request itself.
    #[prost(string, tag = "60")]
    pub role: String,
    /// Upper half of its parent's id.
    #[prost(fixed64, tag = "61")]
    pub parent_hi: u64,
    /// Lower half of its parent's id.
    #[prost(fixed64, tag = "62")]
    pub parent_lo: u64,
    /// Whether an intent of the same request stands before it in its writer's series: more is held since. The latest
    /// counts.
    #[prost(bool, tag = "63")]
    pub is_raise: bool,
}

impl Intent {
    /// The request's id, a UUID of version 7.
    #[must_use]
    pub fn id(&self) -> Uuid {
        Uuid::from_u64_pair(self.id_hi, self.id_lo)
    }

    /// Sets the request's id.
    pub fn set_id(&mut self, id: Uuid) {
        (self.id_hi, self.id_lo) = id.as_u64_pair();
    }
}
