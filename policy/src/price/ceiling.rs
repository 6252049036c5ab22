//! What a request costs at most, and how much output a sum of money buys it.
//!
//! A request is billed in classes that are only known afterwards: cached or fresh, reasoning or text. Its [`Ceiling`]
//! takes the dearest that may come, so that money set aside by it is enough for every bill with no more tokens.

use super::{Class, Price, Rate, View};
use crate::{Money, ServiceTier, Unit, Units};

/// How much of what a request may use at most, beside its output tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Most {
    /// Input tokens.
    pub input_tokens: u64,
    /// What may be written to the provider's cache.
    pub cache_writes: CacheWrites,
    /// What is in the prompt and the answer beside text.
    pub kinds: Kinds,
    /// Searches that the provider may run.
    pub web_searches: u64,
    /// What is billed by the piece, as far as the request tells.
    pub units: Units,
}

/// What a request may write to a provider's prompt cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheWrites {
    /// Nothing.
    #[default]
    None,
    /// For the shorter time: 5 min at Anthropic, 30 min at OpenAI.
    Short,
    /// For the longer time, or for either.
    Long,
}

impl CacheWrites {
    /// What is likely where this is the most: the longer time is rare.
    #[must_use]
    pub const fn likely(self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Short | Self::Long => Self::Short,
        }
    }
}

/// What there is beside text, where that may have a price of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds {
    /// Audio in the prompt.
    pub input_audio: bool,
    /// Images in the prompt.
    pub input_images: bool,
    /// Video in the prompt.
    pub input_video: bool,
    /// Audio in the answer.
    pub output_audio: bool,
    /// Images in the answer.
    pub output_images: bool,
    /// Video in the answer.
    pub output_video: bool,
}

/// The most that a request can cost, by its output tokens: a sum for all else, and the dearest rate for them.
///
/// ```
/// use quotah_policy::{Ceiling, Class, Money, Most, Price, Rate, ServiceTier};
///
/// let price = Price::new(Rate::parse_usd_per_mtok("5")?)
///     .with(Class::Output, Rate::parse_usd_per_mtok("20")?);
/// let most = Most { input_tokens: 1_000, ..Most::default() };
/// let ceiling = Ceiling::of(&price, ServiceTier::Standard, &most).unwrap();
/// assert_eq!(ceiling.cost(300).to_string(), "0.011");
/// assert_eq!(ceiling.affordable_output(Money::parse_usd("0.011")?), Some(300));
/// # Ok::<(), quotah_policy::MoneyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    beside: Money,
    output: Rate,
}

impl Ceiling {
    /// The ceiling of a request that uses no more than `most`, by `price` on `tier`; `None` where the list has no price
    /// for anything that the request may use.
    ///
    /// Holds for every bill that adds up (no more cached than there is input). Every context length up to that of the
    /// request is looked at, should a shorter one be dearer. A fee by the request is in it, at the dearest.
    #[must_use]
    pub fn of(price: &Price, tier: ServiceTier, most: &Most) -> Option<Self> {
        let mut dearest = Dearest::default();
        for view in price.views_up_to(tier, most.input_tokens) {
            dearest.take(view, most);
        }
        let Dearest {
            input,
            output,
            pieces,
        } = dearest;
        if input.is_none() && output.is_none() && pieces.is_none() {
            return None;
        }
        let input = input.unwrap_or_default().times(most.input_tokens);
        Some(Self {
            beside: input.saturating_add(pieces.unwrap_or_default()),
            output: output.unwrap_or_default(),
        })
    }

    /// What a request with so many output tokens costs at most.
    #[must_use]
    pub fn cost(&self, output_tokens: u64) -> Money {
        self.beside.saturating_add(self.output.times(output_tokens))
    }

    /// What so many output tokens cost at most by themselves.
    #[must_use]
    pub fn output_cost(&self, output_tokens: u64) -> Money {
        self.output.times(output_tokens)
    }

    /// The most output tokens whose [`Self::cost`] is no more than `amount`: `u64::MAX` where they are free, `None`
    /// where `amount` does not even pay what is beside them.
    #[must_use]
    pub fn affordable_output(&self, amount: Money) -> Option<u64> {
        let rest = amount.saturating_sub(self.beside).picos();
        let rest = u128::try_from(rest).ok()?;
        let tokens = rest.checked_div(u128::from(self.output.picos()));
        Some(tokens.map_or(u64::MAX, |t| u64::try_from(t).unwrap_or(u64::MAX)))
    }

    /// One that holds for both: where it is not known yet who will answer, or on which tier.
    #[must_use]
    pub fn or_dearer(self, other: Self) -> Self {
        Self {
            beside: self.beside.max(other.beside),
            output: self.output.max(other.output),
        }
    }
}

/// The dearest of what was looked at; `None` for what nothing has a price for.
#[derive(Default)]
struct Dearest {
    input: Option<Rate>,
    output: Option<Rate>,
    pieces: Option<Money>,
}

impl Dearest {
    fn take(&mut self, view: View<'_>, most: &Most) {
        let dearest = |classes: &[(bool, Class)]| {
            let classes = classes.iter().filter(|(may_be, _)| *may_be);
            classes.filter_map(|(_, class)| view.rate(*class)).max()
        };
        let kinds = most.kinds;
        let input = dearest(&[
            (true, Class::Input),
            (true, Class::CachedInput),
            (most.cache_writes != CacheWrites::None, Class::CacheWrite),
            (
                most.cache_writes == CacheWrites::Long,
                Class::CacheWriteLong,
            ),
            (kinds.input_audio, Class::InputAudio),
            (kinds.input_audio, Class::CachedAudio),
            (kinds.input_images, Class::InputImage),
            (kinds.input_images, Class::CachedImage),
            (kinds.input_video, Class::InputVideo),
        ]);
        let output = dearest(&[
            (true, Class::Output),
            (true, Class::Reasoning),
            (kinds.output_audio, Class::OutputAudio),
            (kinds.output_images, Class::OutputImage),
            (kinds.output_video, Class::OutputVideo),
        ]);
        self.input = self.input.max(input);
        self.output = self.output.max(output);
        self.pieces = self.pieces.max(pieces(view, most));
    }
}

/// What is paid by the piece: what the request tells of, searches, and the fee by the request.
fn pieces(view: View<'_>, most: &Most) -> Option<Money> {
    let units = most.units.listed().filter(|(unit, _)| !FEES.contains(unit));
    let units = units.map(|(unit, count)| (Class::Unit(unit), count));
    let searches = (Class::WebSearch, most.web_searches);
    let told = units
        .chain([searches])
        .filter(|(_, count)| *count > 0)
        .filter_map(|(class, count)| Some(view.rate(class)?.times(count)));
    let fee = FEES
        .into_iter()
        .filter_map(|unit| view.rate(Class::Unit(unit)))
        .max();
    let requests = FEES
        .into_iter()
        .fold(0_u64, |sum, unit| sum.saturating_add(most.units.get(unit)));
    told.chain(fee.map(|rate| rate.times(requests.max(1))))
        .reduce(Money::saturating_add)
}

/// The fee that one request is due, by how much it searched.
const FEES: [Unit; 3] = [Unit::Requests, Unit::RequestsLow, Unit::RequestsHigh];

impl Price {
    /// The columns that may decide about a request of at most `input_tokens` on `tier`, one for each context length.
    fn views_up_to(&self, tier: ServiceTier, input_tokens: u64) -> impl Iterator<Item = View<'_>> {
        let longest = match tier {
            ServiceTier::Batch => 0,
            _ => input_tokens,
        };
        let lengths = self.columns.iter().map(|column| column.above_tokens);
        let longer = lengths.filter(move |above| (1..longest).contains(above));
        [0].into_iter()
            .chain(longer)
            .map(move |above| self.view(tier, above.saturating_add(u64::from(above > 0))))
    }
}

#[cfg(test)]
mod tests;
