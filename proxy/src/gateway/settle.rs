//! What a request used, and what that costs: the provider's word, or an estimate that says so.

use quotah_adapters::{Facts, Operation, Reading};
use quotah_policy::{
    Class, CostSource, Money, Price, PriceTable, ServiceTier, Unit, Units, Usage, UsageSource,
    estimate_spoken_tokens, estimate_tokens,
};

use super::fetched::Name;
use super::record::Booking;
use super::relay::Watch;
use crate::ledger::Outcome;
use crate::prices::Used;

/// What is known of a request beside its answer, for when the provider reports nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Evidence {
    /// Whether answers to it cost money.
    pub(crate) operation: Option<Operation>,
    /// Bytes of text in the request.
    pub(crate) prompt_bytes: u64,
    /// What it fetches of an earlier request's, where its path tells.
    pub(crate) fetches: Option<Name>,
    /// What the request itself says of things that are billed by the piece.
    pub(crate) units: Units,
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
    /// Who says so.
    pub(crate) cost_source: CostSource,
    /// What the price table says.
    pub(crate) table_cost: Option<Money>,
    /// The tier that the provider says it served on.
    pub(crate) tier: Option<ServiceTier>,
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
    let watch = booking.hold.watch.as_deref();
    let (usage, usage_source) = usage(&booking.evidence, outcome, reading, watch);
    let tier = reading
        .service_tier
        .as_deref()
        .map(ServiceTier::from_answer);
    let calls: Vec<(Option<&str>, Usage)> = reading
        .extra_calls
        .iter()
        .map(|call| (call.model.as_deref(), call.usage))
        .collect();
    let mut used = Used {
        provider: &booking.entry.provider,
        kind: booking.provider_kind,
        model_sent: &booking.entry.model_sent,
        model_answered: reading.priced_model(),
        at_unix_seconds: i64::try_from(booking.entry.at_unix_ms / 1000).unwrap_or(i64::MAX),
        tier: tier.unwrap_or_default(),
        own: usage,
        calls: &calls,
    };
    if usage_source == UsageSource::Estimated
        && let Some(price) = used.price(prices, used.model_answered)
    {
        used.own = by_the_piece(usage, price);
    }
    let table_cost = used.charge(prices);
    let total = calls
        .iter()
        .fold(used.own, |total, (_, usage)| total.saturating_add(usage));
    let is_used = !total.is_none();
    let metered = booking
        .evidence
        .operation
        .is_some_and(Operation::is_metered);
    let (cost, cost_source) = match (reading.reported_cost, table_cost) {
        // The provider's own word beats any table: it knows of tools and routing that tokens do not tell.
        (Some(cost), _) if metered => (Some(cost), CostSource::Provider),
        (_, Some(cost)) if is_used => (Some(cost), CostSource::Table),
        _ => (None, CostSource::None),
    };
    Bill {
        usage: total,
        usage_source,
        cost,
        cost_source,
        table_cost: table_cost.filter(|_| is_used),
        tier,
        is_unpriced: is_used && cost.is_none(),
    }
}

fn usage(
    evidence: &Evidence,
    outcome: Outcome,
    reading: &Reading,
    watch: Option<&Watch>,
) -> (Usage, UsageSource) {
    let metered = evidence.operation.is_some_and(Operation::is_metered);
    if !metered {
        return (Usage::default(), UsageSource::None);
    }
    let reported = reading.usage.unwrap_or_default();
    match reading.source {
        UsageSource::Provider => return (reported, UsageSource::Provider),
        UsageSource::Partial => {
            let delivered = delivered_tokens(reading, watch);
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
        || (evidence.sent
            && matches!(
                outcome,
                Outcome::ClientGone | Outcome::Interrupted | Outcome::Superseded
            ));
    if !waited_for {
        return (Usage::default(), UsageSource::None);
    }
    // Spoken text comes as sound, without a word of usage.
    let spoken = estimate_spoken_tokens(evidence.units.get(Unit::Characters));
    let estimated = Usage {
        input_tokens: estimate_tokens(evidence.prompt_bytes),
        output_tokens: delivered_tokens(reading, watch).saturating_add(spoken),
        output_audio_tokens: spoken,
        units: evidence.units,
        ..Usage::default()
    };
    (estimated, UsageSource::Estimated)
}

/// Tokens of the output that came: never more than a budget's watch counted it as, which errs on the dear side.
fn delivered_tokens(reading: &Reading, watch: Option<&Watch>) -> u64 {
    let most = watch.map_or(u64::MAX, |watch| watch.tokens_at(reading.output_bytes));
    estimate_tokens(reading.output_bytes).min(most)
}

/// Without the estimated tokens, where the price goes by the pieces that the request itself tells.
fn by_the_piece(usage: Usage, price: &Price) -> Usage {
    let is_priced = |(unit, _)| price.standard().get(Class::Unit(unit)).is_some();
    if !usage.units.listed().any(is_priced) {
        return usage;
    }
    Usage {
        units: usage.units,
        ..Usage::default()
    }
}

/// What a request's body says of things that are billed by the piece, for answers that say nothing of them.
pub(crate) fn asked_units(operation: Operation, facts: &Facts) -> Units {
    match operation {
        Operation::Speech => Units::NONE.with(Unit::Characters, facts.characters),
        Operation::Images => Units::NONE.with(Unit::OutputImages, facts.answers),
        Operation::Rerank => {
            let searches = facts.documents.div_ceil(DOCUMENTS_PER_SEARCH).max(1);
            Units::NONE.with(Unit::SearchUnits, searches)
        }
        _ => Units::NONE,
    }
}

/// Cohere's search unit: a query with up to 100 documents (its price page, read 2026-11).
const DOCUMENTS_PER_SEARCH: u64 = 100;
