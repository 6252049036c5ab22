//! What a request used, and what that costs: the provider's word, or an estimate that says so.

use quotah_adapters::{Operation, Reading};
use quotah_policy::{Money, Price, PriceTable, ServiceTier, Usage, UsageSource, estimate_tokens};

use super::fetched::Name;
use super::record::Booking;
use crate::ledger::Outcome;

/// What is known of a request beside its answer, for when the provider reports nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Evidence {
    /// Whether answers to it cost money.
    pub(crate) operation: Option<Operation>,
    /// Bytes of text in the request.
    pub(crate) prompt_bytes: u64,
    /// What it fetches of an earlier request's, where its path tells.
    pub(crate) fetches: Option<Name>,
    /// Whether the whole request reached a provider.
    pub(crate) sent: bool,
    /// Whether the provider answered it with success.
    pub(crate) accepted: bool,
}

/// The figures of an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bill {
    pub(crate) usage: Usage,
    pub(crate) usage_source: UsageSource,
    /// `None` where there is nothing to pay or no price to go by.
    pub(crate) cost: Option<Money>,
    /// Whether tokens were used that no price is known for.
    pub(crate) is_unpriced: bool,
}

/// The bill of a request that ended so.
pub(crate) fn bill(
    prices: &PriceTable,
    booking: &Booking,
    outcome: Outcome,
    reading: &Reading,
) -> Bill {
    let (usage, usage_source) = usage(&booking.evidence, outcome, reading);
    let at = i64::try_from(booking.entry.at_unix_ms / 1000).unwrap_or(i64::MAX);
    let tier = reading
        .service_tier
        .as_deref()
        .map_or_else(ServiceTier::default, ServiceTier::from_answer);
    let price_of = |model: &str| -> Option<&Price> {
        let by_name = prices.find(&booking.entry.provider, model, at);
        by_name.or_else(|| prices.find(booking.provider_kind, model, at))
    };
    let own = |answered: Option<&str>| {
        answered
            .and_then(price_of)
            .or_else(|| price_of(&booking.entry.model_sent))
    };
    let mut total = usage;
    let mut cost = own(reading.priced_model()).and_then(|price| price.charge(&usage, tier));
    for call in &reading.extra_calls {
        let model = call.model.as_deref().or_else(|| reading.priced_model());
        let extra = own(model).and_then(|price| price.charge(&call.usage, tier));
        cost = cost
            .zip(extra)
            .map(|(cost, extra)| cost.saturating_add(extra));
        total = total.saturating_add(&call.usage);
    }
    let is_used = !total.is_none();
    Bill {
        usage: total,
        usage_source,
        cost: cost.filter(|_| is_used),
        is_unpriced: is_used && cost.is_none(),
    }
}

fn usage(evidence: &Evidence, outcome: Outcome, reading: &Reading) -> (Usage, UsageSource) {
    let metered = evidence.operation.is_some_and(Operation::is_metered);
    if !metered {
        return (Usage::default(), UsageSource::None);
    }
    let reported = reading.usage.unwrap_or_default();
    match reading.source {
        UsageSource::Provider => return (reported, UsageSource::Provider),
        UsageSource::Partial => {
            let delivered = estimate_tokens(reading.output_bytes);
            let output_tokens = reported.output_tokens.max(delivered);
            return (
                Usage {
                    output_tokens,
                    ..reported
                },
                UsageSource::Partial,
            );
        }
        UsageSource::Estimated | UsageSource::None => {}
    }
    // What is fetched was used by another request; what is made in the background is told when it is fetched.
    if reading.is_pending || evidence.operation.is_some_and(Operation::is_fetch) {
        return (Usage::default(), UsageSource::None);
    }
    // Refused by the provider, or never sent: nothing was used. An answer that broke off, or that nobody
    // waited for, was: the prompt was read, and what was delivered had been generated.
    let waited_for = evidence.accepted
        || (evidence.sent && matches!(outcome, Outcome::ClientGone | Outcome::Interrupted));
    if !waited_for {
        return (Usage::default(), UsageSource::None);
    }
    let estimated = Usage {
        input_tokens: estimate_tokens(evidence.prompt_bytes),
        output_tokens: estimate_tokens(reading.output_bytes),
        ..Usage::default()
    };
    (estimated, UsageSource::Estimated)
}
