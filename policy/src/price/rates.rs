//! Rates: what one token, or one call, of a class costs.

use std::fmt;

use crate::money::{Money, MoneyError, parse_decimal};

use super::Class;

/// The price of one token or one call, in pico-USD (10⁻¹² dollars).
///
/// A dollar per million tokens is 10⁶ pico-dollars a token, so every price published with at most six
/// decimals is a whole number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u64);

impl Rate {
    /// A rate given in pico-USD per token or call.
    #[must_use]
    pub const fn from_picos(picos: u64) -> Self {
        Self(picos)
    }

    /// The rate in pico-USD per token or call.
    #[must_use]
    pub const fn picos(self) -> u64 {
        self.0
    }

    /// Reads dollars per million tokens: plain decimal digits, at most six decimals.
    ///
    /// # Errors
    /// [`MoneyError`] when it is anything else, or not exact.
    pub fn parse_usd_per_mtok(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text, MTOK_DECIMALS)
    }

    /// Reads dollars per thousand calls: plain decimal digits, at most nine decimals.
    ///
    /// # Errors
    /// [`MoneyError`] when it is anything else, or not exact.
    pub fn parse_usd_per_thousand_calls(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text, THOUSAND_DECIMALS)
    }

    /// Reads a rate in the unit that price lists use for `class`: see [`Class::per`].
    ///
    /// # Errors
    /// [`MoneyError`] when it is anything else, or not exact.
    pub fn parse_for(class: Class, text: &str) -> Result<Self, MoneyError> {
        match class.per() {
            1_000 => Self::parse_usd_per_thousand_calls(text),
            _ => Self::parse_usd_per_mtok(text),
        }
    }

    /// The rate in the unit of [`Self::parse_for`], as an amount of dollars.
    #[must_use]
    pub fn usd_for(self, class: Class) -> Money {
        self.times(class.per())
    }

    /// What `count` tokens or calls cost.
    #[must_use]
    pub fn times(self, count: u64) -> Money {
        Money::from_picos(i128::from(self.0).saturating_mul(i128::from(count)))
    }

    fn parse(text: &str, decimals: usize) -> Result<Self, MoneyError> {
        let picos = parse_decimal(text, decimals)?;
        u64::try_from(picos)
            .map(Self)
            .map_err(|_| MoneyError::TooLarge)
    }
}

/// The rates of one column of a price list, by class; those not published are absent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Rates {
    /// By class. A column lists a handful of them, so that going through it is quickest.
    listed: Vec<(Class, Rate)>,
}

impl Rates {
    /// The published rate of a class.
    #[must_use]
    pub fn get(&self, class: Class) -> Option<Rate> {
        self.listed()
            .find_map(|(listed, rate)| (listed == class).then_some(rate))
    }

    /// The same rates with one added or replaced.
    #[must_use]
    pub fn with(mut self, class: Class, rate: Rate) -> Self {
        self.set(class, rate);
        self
    }

    /// Adds or replaces one.
    pub fn set(&mut self, class: Class, rate: Rate) {
        let place = self
            .listed
            .binary_search_by_key(&class.index(), |(listed, _)| listed.index());
        match place {
            Ok(place) => {
                if let Some(known) = self.listed.get_mut(place) {
                    known.1 = rate;
                }
            }
            Err(place) => self.listed.insert(place, (class, rate)),
        }
    }

    /// The published rates, in the order of [`Class::ALL`].
    pub fn listed(&self) -> impl Iterator<Item = (Class, Rate)> {
        self.listed.iter().copied()
    }

    /// Whether none is published.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.listed().map(|(class, rate)| (class.as_str(), rate.0)))
            .finish()
    }
}

const MTOK_DECIMALS: usize = 6;
const THOUSAND_DECIMALS: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_prices_become_whole_pico_dollars() {
        assert_eq!(Rate::parse_usd_per_mtok("0.15"), Ok(Rate(150_000)));
        assert_eq!(Rate::parse_usd_per_mtok("0.000001"), Ok(Rate(1)));
        assert_eq!(
            Rate::parse_usd_per_thousand_calls("10"),
            Ok(Rate(10_000_000_000))
        );
        assert_eq!(
            Rate::parse_usd_per_mtok("0.0000001"),
            Err(MoneyError::TooFine { max: 6, found: 7 })
        );
        assert_eq!(
            Rate::parse_usd_per_mtok("18446744073710"),
            Err(MoneyError::TooLarge)
        );
    }

    #[test]
    fn a_rate_is_shown_in_the_unit_it_is_read_in() {
        for class in Class::ALL {
            let rate = Rate::parse_for(class, "0.075");
            assert_eq!(
                rate.map(|rate| rate.usd_for(class).to_string()),
                Ok("0.075".to_owned())
            );
        }
    }
}
