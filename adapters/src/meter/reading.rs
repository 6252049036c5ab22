//! What a meter has read.

use quotah_policy::{Money, Usage, UsageSource};

use super::Counts;

/// Longest model name, tier and response id that are kept, in bytes; longer ones are dropped.
pub(super) const NAME_BYTES_MAX: usize = 128;

/// Longest error type and code that are kept, in bytes; longer ones are cut.
pub(super) const ERROR_BYTES_MAX: usize = 64;

/// Most sub-calls of one request that are kept one by one. Recorded requests have one.
pub(super) const EXTRA_CALLS_MAX: usize = 16;

/// Most heap that a meter's strings and sub-calls take, and the counts that are set aside: those before an event
/// and those of the sub-call being read.
pub(super) const HEAP_BYTES_MAX: usize = 2 * size_of::<Counts>()
    + 8 * NAME_BYTES_MAX
    + EXTRA_CALLS_MAX * 2 * (size_of::<ExtraCall>() + 2 * NAME_BYTES_MAX);

/// All that an answer says about itself, so far or at its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The provider's figures. With [`UsageSource::Partial`] they are what was counted when the stream
    /// broke off: the input as it is, the output a lower bound.
    pub usage: Option<Usage>,
    /// [`UsageSource::Provider`], [`UsageSource::Partial`] or [`UsageSource::None`]; estimates are the caller's.
    pub source: UsageSource,
    /// What the provider itself says that the request cost; its word beats any price table. With a key of the
    /// client's own at `OpenRouter` it holds what the provider behind it takes as well.
    pub reported_cost: Option<Money>,
    /// Whether the provider has said how much input there was.
    pub input_reported: bool,
    /// Whether the provider has said how much output there is, for good.
    pub output_reported: bool,
    /// Sub-calls that the provider bills beside `usage`, some of them to other models (Anthropic's
    /// compactions and advisors). At most 16.
    pub extra_calls: Vec<ExtraCall>,
    /// The model that answered, at most 128 bytes.
    pub model: Option<Box<str>>,
    /// The model behind the name that answered, where a header tells it (Azure's `x-ms-served-model`: the body
    /// may name a deployment); at most 128 bytes. Where there is one, it is the one with a price.
    pub served_model: Option<Box<str>>,
    /// The tier that served it, at most 128 bytes.
    pub service_tier: Option<Box<str>>,
    /// The provider's name for the answer, at most 128 bytes.
    pub response_id: Option<Box<str>>,
    /// The answer is made in the background (`OpenAI`'s responses), whether it is done or not.
    pub in_background: bool,
    /// It is made in the background and not done: what it uses is told when it is fetched.
    pub is_pending: bool,
    /// The error that the body tells of, be it the whole body or an event of a stream that began well.
    pub error: Option<ErrorSeen>,
    /// The answer's own end was seen: `[DONE]`, `message_stop`, `response.completed`, `…incomplete` or
    /// `…failed`, Gemini's finish reason, or the end of the JSON text.
    pub finished: bool,
    /// Bytes of UTF-8 that were generated and delivered: text, reasoning, tool arguments. For estimates.
    pub output_bytes: u64,
    /// JSON texts seen: 1 for a plain answer, the number of events with data for a stream.
    pub events: u64,
    /// Counts that could not be believed and texts that were not JSON. Inside values that say nothing of usage
    /// only brackets and quotes are minded, and strings may hold any bytes.
    pub faults: u64,
}

impl Reading {
    /// The model to find a price by: the one behind a deployment where that is told.
    #[must_use]
    pub fn priced_model(&self) -> Option<&str> {
        self.served_model.as_deref().or(self.model.as_deref())
    }
}

/// A sub-call that is billed beside the request's own usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraCall {
    /// What it was for (`compaction`, `advisor_message`), at most 128 bytes.
    pub kind: Box<str>,
    /// Its model, if it is another than the request's; at most 128 bytes.
    pub model: Option<Box<str>>,
    /// What it used.
    pub usage: Usage,
}

/// An error in a body, told by its names only: messages quote prompts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorSeen {
    /// `OpenAI`'s and Anthropic's `type`, Gemini's `status`; at most 64 bytes.
    pub kind: Option<Box<str>>,
    /// `OpenAI`'s and Gemini's `code`; at most 64 bytes.
    pub code: Option<Box<str>>,
}
