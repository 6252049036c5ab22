//! What a request may cost: its facts, what was learned from others like it, and the price.

use quotah_adapters::{Dialect, Facts, Operation};
use quotah_policy::budget::Ask;
use quotah_policy::{
    Asked, CacheWrites, Ceiling, Expected, Kinds, Media, Money, Most, Price, ServiceTier, Unit,
    Units,
};

use super::parse::Target;
use super::record::Booking;
use crate::prices::Used;

/// What a request may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quote {
    /// What it is expected to use.
    pub(crate) expected: Expected,
    /// With as much input as it can have.
    most: Ceiling,
    /// With as much input as is likely.
    likely: Ceiling,
    /// What else is paid for.
    beside: Most,
    /// The tier of service asked for.
    tier: ServiceTier,
}

impl Quote {
    /// Quotes a request by the price of the deployment that it goes to; `None` without a price.
    pub(crate) fn new(
        booking: &Booking,
        expected: Expected,
        beside: Most,
        tier: ServiceTier,
    ) -> Option<Self> {
        let price = price(booking, tier)?;
        let ceiling = |input_tokens, cache_writes| {
            let most = Most {
                input_tokens,
                cache_writes,
                ..beside
            };
            ceiling(price, &most, tier)
        };
        Some(Self {
            most: ceiling(expected.input_most, beside.cache_writes)?,
            likely: ceiling(expected.input_likely, beside.cache_writes.likely())?,
            expected,
            beside,
            tier,
        })
    }

    /// What is to be set aside for it: all that it can use while there is plenty, what is likely when there is not.
    pub(crate) fn ask(&self) -> Ask {
        let least = self.likely.cost(self.expected.output_least);
        let most = self.most.cost(self.expected.output_hold);
        Ask {
            most: most.max(least),
            least,
        }
    }

    /// How many output tokens `granted` pays for, at most those that were asked for.
    pub(crate) fn output(&self, granted: Money) -> u64 {
        let hold = self.expected.output_hold;
        self.likely
            .affordable_output(granted)
            .unwrap_or(0)
            .min(hold)
    }

    /// What so many output tokens cost at most, with all the input that there may be.
    pub(crate) fn cost(&self, output_tokens: u64) -> Money {
        self.most.cost(output_tokens)
    }

    /// What to count a stream by for which `granted` was set aside.
    pub(crate) fn ceiling(&self, granted: Money) -> Ceiling {
        let covers_all = self.most.cost(self.output(granted)) <= granted;
        if covers_all { self.most } else { self.likely }
    }

    /// What to count by once the provider has said how much input there was.
    pub(crate) fn with_input(&self, booking: &Booking, input_tokens: u64) -> Option<Ceiling> {
        let most = Most {
            input_tokens,
            ..self.beside
        };
        ceiling(price(booking, self.tier)?, &most, self.tier)
    }
}

/// The price of a request's deployment.
fn price(booking: &Booking, tier: ServiceTier) -> Option<&Price> {
    let entry = &booking.entry;
    let used = Used {
        provider: &entry.provider,
        kind: booking.provider_kind,
        model_sent: &entry.model_sent,
        model_answered: None,
        at_unix_seconds: i64::try_from(entry.at_unix_ms / 1000).unwrap_or(i64::MAX),
        tier,
        own: quotah_policy::Usage::default(),
        calls: &[],
    };
    used.price(&booking.snapshot.config.price_table, None)
}

/// What a request costs at most by a price, on the tier asked for or the usual one, whichever is dearer: a provider may
/// serve on either. `None` where nothing in it has a price.
fn ceiling(price: &Price, most: &Most, tier: ServiceTier) -> Option<Ceiling> {
    let usual = Ceiling::of(price, ServiceTier::Standard, most)?;
    match tier {
        ServiceTier::Standard => Some(usual),
        tier => Some(Ceiling::of(price, tier, most)?.or_dearer(usual)),
    }
}

/// The tier of service that a request asks for.
pub(crate) fn tier(facts: &Facts) -> ServiceTier {
    let asked = facts.service_tier.as_deref();
    asked.map(ServiceTier::from_answer).unwrap_or_default()
}

/// What a request says about how much it may use; whose it is and its model are for the caller to add.
pub(crate) fn asked(target: &Target, facts: &Facts) -> Asked<'static> {
    Asked {
        prompt_bytes: facts.prompt_bytes as u64,
        body_bytes: facts.body_bytes as u64,
        media: Media {
            images: facts.media.images,
            audio: facts.media.audio,
            files: facts.media.files.saturating_add(facts.media.videos),
            bytes: facts.media_bytes as u64,
        },
        has_tools: facts.tools.count() > 0,
        // What a provider's own tools find is input that is not in the body.
        refers_elsewhere: facts.stored_inputs > 0 || facts.tools.built_in > 0,
        reasoning_tokens: facts.output_cap_least(),
        answers: facts.answers,
        output_cap: facts.output_cap(),
        stream: target.streams(facts),
        has_output: !target.operation.has_no_output(),
        ..Asked::default()
    }
}

/// What a request may be billed for beside tokens.
pub(crate) fn beside(target: &Target, facts: &Facts, units: Units) -> Most {
    let media = facts.media;
    Most {
        // Who marks what is to be cached pays for writing it: Anthropic's clients, at Bedrock too.
        cache_writes: match target.dialect {
            Dialect::Anthropic | Dialect::Bedrock => CacheWrites::Long,
            _ => CacheWrites::None,
        },
        kinds: Kinds {
            input_audio: media.audio > 0 || target.operation == Operation::Transcription,
            input_images: media.images > 0,
            input_video: media.videos > 0,
            output_audio: target.operation == Operation::Speech,
            output_images: target.operation == Operation::Images,
            ..Kinds::default()
        },
        web_searches: if facts.tools.built_in > 0 {
            SEARCHES
        } else {
            0
        },
        units: guessed(target.operation, facts, units),
        ..Most::default()
    }
}

/// Searches that a model makes for one answer, usually.
const SEARCHES: u64 = 5;

/// Pieces that the request does not tell, from its length.
fn guessed(operation: Operation, facts: &Facts, told: Units) -> Units {
    let bytes = facts.body_bytes as u64;
    match operation {
        Operation::Transcription => told.with(Unit::InputAudioMs, bytes / AUDIO_BYTES_PER_MS),
        Operation::Ocr => told.with(Unit::Pages, (bytes / PAGE_BYTES).max(1)),
        _ => told,
    }
}

/// Speech is seldom sent at less than 16 kbit/s, which is two bytes a millisecond.
const AUDIO_BYTES_PER_MS: u64 = 2;

/// A scanned page seldom takes less.
const PAGE_BYTES: u64 = 16 * 1024;
