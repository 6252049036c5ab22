//! What a record says: the [`Intent`] of an admitted request and the [`Entry`] that settles it.
//!
//! Both are protobuf messages without a `.proto` file: the tags below are the format. A tag is never
//! reused and never changes its type; a new field takes the next free tag, and a reader that does not
//! know it skips it. Absent strings are empty, absent numbers zero, unless the field is an `Option`.

mod clip;
mod decision;
mod intent;
mod parts;

use std::collections::BTreeMap;

use quotah_policy::{Usage, UsageSource};
use uuid::Uuid;

pub use self::clip::clip;
pub use self::decision::{Decision, Weighed};
pub use self::intent::Intent;
pub use self::parts::{Attempt, Call, Tag};
pub(super) use self::parts::{numbered, units};
use super::terms::{CostSource, Metered, Outcome};

/// Longest text kept of a user agent, bytes.
pub const USER_AGENT_BYTES_MAX: usize = 256;

/// A request that is over: what was asked, who answered, what it used and what it cost.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Entry {
    /// Upper half of the id; see [`Entry::id`].
    #[prost(fixed64, tag = "1")]
    pub id_hi: u64,
    /// Lower half of the id.
    #[prost(fixed64, tag = "2")]
    pub id_lo: u64,
    /// When the request arrived, milliseconds since 1970 UTC.
    #[prost(uint64, tag = "3")]
    pub at_unix_ms: u64,
    /// The client's own id, from `x-quotah-request-id`.
    #[prost(string, tag = "4")]
    pub client_request_id: String,
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
    /// The operation, as `chat`, `messages`, `embeddings`.
    #[prost(string, tag = "11")]
    pub operation: String,
    /// The model that the client named.
    #[prost(string, tag = "12")]
    pub model_asked: String,
    /// The model that the provider was asked for.
    #[prost(string, tag = "13")]
    pub model_sent: String,
    /// The model that the provider says it used.
    #[prost(string, tag = "14")]
    pub model_answered: String,
    /// The provider that answered, or was tried last.
    #[prost(string, tag = "15")]
    pub provider: String,
    /// The deployment that answered, or was tried last.
    #[prost(string, tag = "16")]
    pub deployment: String,
    /// Every attempt, in order.
    #[prost(message, repeated, tag = "17")]
    pub attempts: Vec<Attempt>,
    /// HTTP status that the client got; 0 when it got none.
    #[prost(uint32, tag = "18")]
    pub status: u32,
    /// How it ended.
    #[prost(enumeration = "Outcome", tag = "19")]
    pub outcome: i32,
    /// Whether the answer was streamed.
    #[prost(bool, tag = "20")]
    pub stream: bool,
    /// Tokens: see [`Usage::input_tokens`].
    #[prost(uint64, tag = "21")]
    pub input_tokens: u64,
    /// Tokens: see [`Usage::cached_input_tokens`].
    #[prost(uint64, tag = "22")]
    pub cached_input_tokens: u64,
    /// Tokens: see [`Usage::cache_write_tokens`].
    #[prost(uint64, tag = "23")]
    pub cache_write_tokens: u64,
    /// Tokens: see [`Usage::cache_write_long_tokens`].
    #[prost(uint64, tag = "24")]
    pub cache_write_long_tokens: u64,
    /// Tokens: see [`Usage::output_tokens`].
    #[prost(uint64, tag = "25")]
    pub output_tokens: u64,
    /// Tokens: see [`Usage::reasoning_tokens`].
    #[prost(uint64, tag = "26")]
    pub reasoning_tokens: u64,
    /// Tokens: see [`Usage::input_audio_tokens`].
    #[prost(uint64, tag = "27")]
    pub input_audio_tokens: u64,
    /// Tokens: see [`Usage::cached_audio_tokens`].
    #[prost(uint64, tag = "28")]
    pub cached_audio_tokens: u64,
    /// Tokens: see [`Usage::output_audio_tokens`].
    #[prost(uint64, tag = "29")]
    pub output_audio_tokens: u64,
    /// Tokens: see [`Usage::input_image_tokens`].
    #[prost(uint64, tag = "30")]
    pub input_image_tokens: u64,
    /// Tokens: see [`Usage::output_image_tokens`].
    #[prost(uint64, tag = "31")]
    pub output_image_tokens: u64,
    /// Calls: see [`Usage::web_search_requests`].
    #[prost(uint64, tag = "32")]
    pub web_search_requests: u64,
    /// How the tokens came to be known.
    #[prost(enumeration = "Metered", tag = "33")]
    pub usage_source: i32,
    /// What it cost, 10⁻¹² USD; `None` when the model has no price.
    #[prost(sint64, optional, tag = "34")]
    pub cost_picousd: Option<i64>,
    /// How the cost came to be known.
    #[prost(enumeration = "CostSource", tag = "35")]
    pub cost_source: i32,
    /// The price row that was applied.
    #[prost(string, tag = "36")]
    pub price_version: String,
    /// What the alternative that routing rejected would have cost, 10⁻¹² USD.
    #[prost(sint64, optional, tag = "37")]
    pub would_have_cost_picousd: Option<i64>,
    /// From the request's first byte to the answer's last, milliseconds.
    #[prost(uint64, tag = "38")]
    pub duration_ms: u64,
    /// From the request's last byte to the answer's first body byte, milliseconds.
    #[prost(uint64, optional, tag = "39")]
    pub ttft_ms: Option<u64>,
    /// Time that Quotah itself took, microseconds.
    #[prost(uint64, tag = "40")]
    pub overhead_us: u64,
    /// Address of the client.
    #[prost(string, tag = "41")]
    pub client_ip: String,
    /// The client's `user-agent`, at most [`USER_AGENT_BYTES_MAX`] bytes.
    #[prost(string, tag = "42")]
    pub user_agent: String,
    /// Bytes of the request's body.
    #[prost(uint64, tag = "43")]
    pub request_bytes: u64,
    /// Bytes of the answer's body that went down.
    #[prost(uint64, tag = "44")]
    pub response_bytes: u64,
    /// Why it was refused or failed, one word of ours; empty when it went well.
    #[prost(string, tag = "45")]
    pub reason: String,
    /// Most that was set aside for it while it ran, 10⁻¹² USD; 0 where no budget applied.
    #[prost(sint64, tag = "46")]
    pub reserved_picousd: i64,
    /// Tokens: see [`Usage::cached_image_tokens`].
    #[prost(uint64, tag = "47")]
    pub cached_image_tokens: u64,
    /// Tokens: see [`Usage::input_video_tokens`].
    #[prost(uint64, tag = "48")]
    pub input_video_tokens: u64,
    /// Tokens: see [`Usage::output_video_tokens`].
    #[prost(uint64, tag = "49")]
    pub output_video_tokens: u64,
    /// How many of each [`quotah_policy::Unit`] that there are any of, by its number.
    #[prost(btree_map = "uint32, uint64", tag = "50")]
    pub units: BTreeMap<u32, u64>,
    /// The tier that the provider says it served on, by our name; empty when it says nothing.
    #[prost(string, tag = "51")]
    pub service_tier: String,
    /// What of the usage was used by models billed beside the request's own.
    #[prost(message, repeated, tag = "52")]
    pub calls: Vec<Call>,
    /// The provider's kind, for prices by kind.
    #[prost(string, tag = "53")]
    pub provider_kind: String,
    /// What the price table says, where the provider says what it cost, 10⁻¹² USD.
    #[prost(sint64, optional, tag = "54")]
    pub table_cost_picousd: Option<i64>,
    /// When its cost was corrected last, milliseconds since 1970 UTC; never stored with an entry.
    #[prost(uint64, tag = "55")]
    pub corrected_at_unix_ms: u64,
    /// What budgets were charged where that is not the cost, 10⁻¹² USD; see [`Entry::charge`].
    #[prost(sint64, optional, tag = "56")]
    pub charged_picousd: Option<i64>,
    /// Bytes of generated text that were delivered, without the JSON around them.
    #[prost(uint64, tag = "57")]
    pub output_bytes: u64,
    /// Bytes of the text that was asked with, without the JSON around them.
    #[prost(uint64, tag = "58")]
    pub prompt_bytes: u64,
    /// The output cap that was sent instead of the client's, tokens; `None` when it was left alone.
    #[prost(uint64, optional, tag = "59")]
    pub max_tokens_lowered_to: Option<u64>,
    /// What it is beside its parent: `hedge`, `mirror` or `abandoned`; empty for a request itself.
    #[prost(string, tag = "60")]
    pub role: String,
    /// Upper half of its parent's id: the request that it was made for.
    #[prost(fixed64, tag = "61")]
    pub parent_hi: u64,
    /// Lower half of its parent's id.
    #[prost(fixed64, tag = "62")]
    pub parent_lo: u64,
    /// The route that its model's name led to; `direct` where no row names it.
    #[prost(string, tag = "64")]
    pub route: String,
    /// Why it went where it went; `None` where there was no choice.
    #[prost(message, optional, tag = "65")]
    pub decision: Option<Decision>,
    /// The deployment that [`Entry::would_have_cost_picousd`] is about.
    #[prost(string, tag = "66")]
    pub alternative: String,
    /// `hit` for an answer that was kept, `stored` for one that is kept from now on; empty where nothing is.
    #[prost(string, tag = "67")]
    pub cache: String,
    /// What an answer from the cache would have cost at its provider, 10⁻¹² USD.
    #[prost(sint64, optional, tag = "68")]
    pub saved_picousd: Option<i64>,
    /// The dialect that the deployment was asked in, where the request was translated; empty where it was not.
    #[prost(string, tag = "69")]
    pub translated_to: String,
    /// What of the request was left out in translation, by its places in it.
    #[prost(string, repeated, tag = "70")]
    pub dropped: Vec<String>,
}

impl Entry {
    /// The request's id, a UUID of version 7.
    #[must_use]
    pub fn id(&self) -> Uuid {
        Uuid::from_u64_pair(self.id_hi, self.id_lo)
    }

    /// Sets the request's id.
    pub fn set_id(&mut self, id: Uuid) {
        (self.id_hi, self.id_lo) = id.as_u64_pair();
    }

    /// The request that it was made for, where it is none itself.
    #[must_use]
    pub fn parent(&self) -> Option<Uuid> {
        (!self.role.is_empty()).then(|| Uuid::from_u64_pair(self.parent_hi, self.parent_lo))
    }

    /// What was used, in classes that can be priced.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.input_tokens,
            cached_input_tokens: self.cached_input_tokens,
            cache_write_tokens: self.cache_write_tokens,
            cache_write_long_tokens: self.cache_write_long_tokens,
            output_tokens: self.output_tokens,
            reasoning_tokens: self.reasoning_tokens,
            input_audio_tokens: self.input_audio_tokens,
            cached_audio_tokens: self.cached_audio_tokens,
            output_audio_tokens: self.output_audio_tokens,
            input_image_tokens: self.input_image_tokens,
            output_image_tokens: self.output_image_tokens,
            web_search_requests: self.web_search_requests,
            cached_image_tokens: self.cached_image_tokens,
            input_video_tokens: self.input_video_tokens,
            output_video_tokens: self.output_video_tokens,
            units: units(&self.units),
        }
    }

    /// Sets what was used, and how that is known.
    pub fn set_usage(&mut self, usage: &Usage, source: UsageSource) {
        self.input_tokens = usage.input_tokens;
        self.cached_input_tokens = usage.cached_input_tokens;
        self.cache_write_tokens = usage.cache_write_tokens;
        self.cache_write_long_tokens = usage.cache_write_long_tokens;
        self.output_tokens = usage.output_tokens;
        self.reasoning_tokens = usage.reasoning_tokens;
        self.input_audio_tokens = usage.input_audio_tokens;
        self.cached_audio_tokens = usage.cached_audio_tokens;
        self.output_audio_tokens = usage.output_audio_tokens;
        self.input_image_tokens = usage.input_image_tokens;
        self.output_image_tokens = usage.output_image_tokens;
        self.web_search_requests = usage.web_search_requests;
        self.cached_image_tokens = usage.cached_image_tokens;
        self.input_video_tokens = usage.input_video_tokens;
        self.output_video_tokens = usage.output_video_tokens;
        self.units = numbered(&usage.units);
        self.set_usage_source(source.into());
    }

    /// The cost in 10⁻⁹ USD, rounded half up; `None` when there is no price.
    #[must_use]
    pub fn cost_nanousd(&self) -> Option<i64> {
        self.cost_picousd.map(nanousd)
    }

    /// What budgets are charged, 10⁻¹² USD: the cost, but for a request that a crash interrupted, whose cost
    /// nobody knows and which is charged what it had set aside.
    #[must_use]
    pub const fn charge(&self) -> Option<i64> {
        match self.charged_picousd {
            None => self.cost_picousd,
            charged => charged,
        }
    }

    /// When it was over, milliseconds since 1970 UTC: budgets count it in the window of that moment.
    #[must_use]
    pub const fn ended_at_unix_ms(&self) -> u64 {
        self.at_unix_ms.saturating_add(self.duration_ms)
    }

    /// Whether something was used that no price is known for.
    #[must_use]
    pub fn unpriced(&self) -> bool {
        self.cost_picousd.is_none() && !self.usage().is_none()
    }

    /// The entry that closes an intent whose writer died before it could settle it.
    #[must_use]
    pub(crate) fn interrupted(intent: &Intent) -> Self {
        let mut entry = Self {
            id_hi: intent.id_hi,
            id_lo: intent.id_lo,
            at_unix_ms: intent.at_unix_ms,
            key: intent.key.clone(),
            team: intent.team.clone(),
            user: intent.user.clone(),
            project: intent.project.clone(),
            tags: intent.tags.clone(),
            dialect: intent.dialect.clone(),
            operation: intent.operation.clone(),
            model_asked: intent.model_asked.clone(),
            model_sent: intent.model_sent.clone(),
            provider: intent.provider.clone(),
            deployment: intent.deployment.clone(),
            stream: intent.stream,
            role: intent.role.clone(),
            parent_hi: intent.parent_hi,
            parent_lo: intent.parent_lo,
            reserved_picousd: intent.reserved_picousd,
            charged_picousd: Some(intent.reserved_picousd).filter(|reserved| *reserved > 0),
            ..Self::default()
        };
        entry.set_outcome(Outcome::Interrupted);
        entry
    }
}

/// 10⁻¹² USD in 10⁻⁹ USD, rounded half up.
pub(super) const fn nanousd(picousd: i64) -> i64 {
    picousd.div_euclid(1_000) + (picousd.rem_euclid(1_000) >= 500) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;
    use quotah_policy::{Unit, Units};

    #[test]
    fn usage_goes_in_and_comes_out_whole() {
        let usage = Usage {
            units: Units::NONE.with(Unit::Pages, 3),
            ..Usage::from_counts(std::array::from_fn(|place| place as u64 + 1))
        };
        let mut entry = Entry::default();
        entry.set_usage(&usage, UsageSource::Partial);
        let read = Entry::decode(entry.encode_to_vec().as_slice()).expect("decodes");
        assert_eq!(read.usage(), usage);
        assert_eq!(UsageSource::from(read.usage_source()), UsageSource::Partial);
    }

    #[test]
    fn a_request_that_a_crash_interrupted_is_charged_what_it_had_set_aside() {
        let intent = Intent {
            at_unix_ms: 5,
            reserved_picousd: 700,
            role: "mirror".to_owned(),
            parent_lo: 9,
            ..Intent::default()
        };
        let entry = Entry::interrupted(&intent);
        assert_eq!(entry.parent(), Some(Uuid::from_u128(9)));
        let read = Entry::decode(entry.encode_to_vec().as_slice()).expect("decodes");
        assert_eq!((read.cost_picousd, read.charge()), (None, Some(700)));
        assert_eq!((read.reserved_picousd, read.ended_at_unix_ms()), (700, 5));
        assert_eq!(Entry::interrupted(&Intent::default()).charge(), None);
    }

    #[test]
    fn a_settled_request_is_charged_its_cost_in_the_moment_it_ended() {
        let entry = Entry {
            at_unix_ms: 1_000,
            duration_ms: 250,
            cost_picousd: Some(9),
            reserved_picousd: 700,
            ..Entry::default()
        };
        assert_eq!(entry.charge(), Some(9));
        assert_eq!(entry.ended_at_unix_ms(), 1_250);
    }

    #[test]
    fn half_a_nanodollar_rounds_up_and_less_rounds_down() {
        for (pico, nano) in [
            (0, 0),
            (499, 0),
            (500, 1),
            (1_499, 1),
            (-500, 0),
            (-501, -1),
        ] {
            assert_eq!(nanousd(pico), nano, "{pico} picodollars");
        }
    }
}
