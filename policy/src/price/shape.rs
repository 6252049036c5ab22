//! How a price list is put together out of published figures, and compared with another.

use super::{Class, Column, Price, Rate, Rates};
use crate::ServiceTier;

/// A published figure's place: the tier, and above how many input tokens.
pub type Place = (ServiceTier, u64);

impl Price {
    /// Adds or replaces the rate of one class in one column.
    pub fn set(&mut self, tier: ServiceTier, above_tokens: u64, class: Class, rate: Rate) {
        if (tier, above_tokens) == STANDARD {
            self.standard.set(class, rate);
            return;
        }
        let place = self
            .columns
            .binary_search_by_key(&(tier, above_tokens), |c| (c.tier, c.above_tokens));
        match place {
            Ok(place) => {
                if let Some(column) = self.columns.get_mut(place) {
                    column.rates.set(class, rate);
                }
            }
            Err(place) => {
                let rates = Rates::default().with(class, rate);
                let column = Column {
                    tier,
                    above_tokens,
                    rates,
                };
                self.columns.insert(place, column);
            }
        }
    }

    /// Every published figure with its place, the standard ones first.
    pub fn each(&self) -> impl Iterator<Item = (Place, Class, Rate)> {
        let standard = self
            .standard
            .listed()
            .map(|(class, rate)| (STANDARD, class, rate));
        let columns = self.columns.iter().flat_map(|column| {
            let place = (column.tier, column.above_tokens);
            column
                .rates
                .listed()
                .map(move |(class, rate)| (place, class, rate))
        });
        standard.chain(columns)
    }

    /// The rate that is published for one class in one column.
    #[must_use]
    pub fn published(&self, (tier, above_tokens): Place, class: Class) -> Option<Rate> {
        self.column(tier, above_tokens)?.get(class)
    }

    /// These figures, and those of `before` that they leave out: in proportion where what they are a part or
    /// a variant of has changed, so that a new price for input moves its batch price as well.
    ///
    /// Calls, pages and other units stay as they were, in every column.
    #[must_use]
    pub fn carrying(&self, before: &Self) -> Self {
        let mut whole = self.clone();
        for ((tier, above_tokens), class, rate) in before.each() {
            if self.published((tier, above_tokens), class).is_none() {
                let rate = self.in_proportion(before, class, rate);
                whole.set(tier, above_tokens, class, rate);
            }
        }
        whole
    }

    fn in_proportion(&self, before: &Self, class: Class, rate: Rate) -> Rate {
        if !class.is_token() {
            return rate;
        }
        let whole = if class.is_input() {
            Class::Input
        } else {
            Class::Output
        };
        let both = |class| Some((self.standard.get(class)?, before.standard.get(class)?));
        let (new, old) = match both(class).or_else(|| both(whole)) {
            Some((new, old)) if old != Rate::default() => (new.picos(), old.picos()),
            _ => return rate,
        };
        let picos = u128::from(rate.picos())
            .saturating_mul(new.into())
            .saturating_add(u128::from(old) / 2)
            .checked_div(old.into())
            .unwrap_or_default();
        Rate::from_picos(u64::try_from(picos).unwrap_or(u64::MAX))
    }

    /// Takes classes out of every column.
    pub fn drop_classes(&mut self, classes: &[Class]) {
        self.retain(|_, class, _| !classes.contains(&class));
    }

    /// Takes out figures that say nothing: parts that cost in every column what their whole costs there.
    pub fn drop_equal_parts(&mut self) {
        for (part, whole) in EQUAL_PARTS {
            let equal =
                |(place, class, rate)| class != part || self.published(place, whole) == Some(rate);
            if self.each().all(equal) {
                self.drop_classes(&[part]);
            }
        }
    }

    /// Takes out a tier's long contexts where its short ones are missing: half a list, that would make a longer request
    /// the cheaper one.
    pub fn drop_orphans(&mut self) {
        let whole = |tier| tier == ServiceTier::Standard || self.column(tier, 0).is_some();
        let tiers: Vec<ServiceTier> = ServiceTier::ALL.into_iter().filter(|t| whole(*t)).collect();
        self.retain(|(tier, _), _, _| tiers.contains(&tier));
    }

    fn retain(&mut self, keep: impl Fn(Place, Class, Rate) -> bool) {
        let mut kept = Self::default();
        for (place, class, rate) in self.each() {
            if keep(place, class, rate) {
                kept.set(place.0, place.1, class, rate);
            }
        }
        *self = kept;
    }
}

/// The column that holds where no other does.
pub(crate) const STANDARD: Place = (ServiceTier::Standard, 0);

/// A part and the whole that it is billed as when it has no price of its own.
const EQUAL_PARTS: [(Class, Class); 9] = [
    (Class::Reasoning, Class::Output),
    (Class::OutputAudio, Class::Output),
    (Class::OutputImage, Class::Output),
    (Class::OutputVideo, Class::Output),
    (Class::InputAudio, Class::Input),
    (Class::InputImage, Class::Input),
    (Class::InputVideo, Class::Input),
    (Class::CachedAudio, Class::CachedInput),
    (Class::CachedImage, Class::CachedInput),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn price(figures: &[(ServiceTier, Class, u64)]) -> Price {
        let mut price = Price::default();
        for (tier, class, picos) in figures {
            price.set(*tier, 0, *class, Rate::from_picos(*picos));
        }
        price
    }

    #[test]
    fn what_a_new_price_leaves_out_moves_with_what_it_is_a_part_of() {
        use ServiceTier::{Batch, Standard};
        let before = price(&[
            (Standard, Class::Input, 5_000),
            (Standard, Class::CachedInput, 500),
            (Standard, Class::Output, 30_000),
            (Standard, Class::WebSearch, 7),
            (Batch, Class::Input, 2_500),
            (Batch, Class::Output, 15_000),
        ]);
        let after = price(&[
            (Standard, Class::Input, 4_000),
            (Standard, Class::Output, 20_000),
        ]);
        let expected = price(&[
            (Standard, Class::Input, 4_000),
            (Standard, Class::CachedInput, 400),
            (Standard, Class::Output, 20_000),
            (Standard, Class::WebSearch, 7),
            (Batch, Class::Input, 2_000),
            (Batch, Class::Output, 10_000),
        ]);
        assert_eq!(after.carrying(&before), expected);
    }

    #[test]
    fn a_part_is_dropped_only_where_it_costs_the_same_everywhere() {
        use ServiceTier::{Batch, Standard};
        let mut list = price(&[
            (Standard, Class::Output, 10),
            (Standard, Class::Reasoning, 10),
            (Standard, Class::OutputAudio, 10),
            (Batch, Class::Output, 5),
            (Batch, Class::Reasoning, 5),
            (Batch, Class::OutputAudio, 10),
        ]);
        list.drop_equal_parts();
        let left: Vec<_> = list.each().map(|(_, class, _)| class).collect();
        let both = [Class::Output, Class::OutputAudio];
        assert_eq!(left, [both, both].concat());
    }
}
