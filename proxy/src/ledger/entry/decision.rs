//! Why a deployment was chosen: what was known of each candidate in that moment.

/// How a deployment was chosen, as `/admin/v1/requests/{id}` shows it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Decision {
    /// The route's strategy.
    #[prost(string, tag = "1")]
    pub strategy: String,
    /// The candidates, in the route's order: the chosen one and at most fifteen others.
    #[prost(message, repeated, tag = "2")]
    pub candidates: Vec<Weighed>,
}

/// One candidate. Factors are of ten thousand, the best is all of it.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Weighed {
    /// Its deployment.
    #[prost(string, tag = "1")]
    pub deployment: String,
    /// The name of its credential.
    #[prost(string, tag = "2")]
    pub credential: String,
    /// Whether it could be chosen: `ready`, `half_open`, or why not.
    #[prost(string, tag = "3")]
    pub state: String,
    /// Whether it was.
    #[prost(bool, tag = "4")]
    pub chosen: bool,
    /// The score in a balanced route.
    #[prost(uint32, tag = "5")]
    pub score: u32,
    /// Factor: time to first byte.
    #[prost(uint32, tag = "6")]
    pub latency: u32,
    /// Factor: answers that went well.
    #[prost(uint32, tag = "7")]
    pub success: u32,
    /// Factor: cost.
    #[prost(uint32, tag = "8")]
    pub cost: u32,
    /// Factor: state of the breaker.
    #[prost(uint32, tag = "9")]
    pub breaker: u32,
    /// Factor: what is left of the provider's limits.
    #[prost(uint32, tag = "10")]
    pub headroom: u32,
    /// What the request was expected to cost there, 10⁻¹² USD.
    #[prost(sint64, optional, tag = "11")]
    pub expected_picousd: Option<i64>,
    /// Its usual time to first byte, microseconds.
    #[prost(uint64, optional, tag = "12")]
    pub first_byte_us: Option<u64>,
    /// Tokens of the prompt that its cache was believed to hold.
    #[prost(uint64, tag = "13")]
    pub warm_tokens: u64,
    /// Share of its input that usually came from its cache, of ten thousand.
    #[prost(uint32, optional, tag = "14")]
    pub cached_share: Option<u32>,
    /// The dialect that it would be asked in, where that is not the client's.
    #[prost(string, tag = "15")]
    pub translated_to: String,
    /// What the request asks for and cannot be said in it, by its places.
    #[prost(string, repeated, tag = "16")]
    pub lost: Vec<String>,
}
