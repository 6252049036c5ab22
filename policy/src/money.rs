//! Money as an integer: pico-USD, 10⁻¹² dollars.
//!
//! Providers quote dollars per million tokens with up to six decimals, so the price of one token is a
//! whole number of pico-dollars and every sum of tokens is exact. Nothing here ever touches a float.

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};

/// An amount in pico-USD (10⁻¹² dollars); arithmetic saturates, so a sum can be wrong only by being capped.
///
/// The range is ±1.7 × 10²⁶ dollars. Shown as plain decimal dollars: `0.000123`, at least two decimals.
///
/// ```
/// use quotah_policy::Money;
///
/// let cost = Money::parse_usd("0.000123")?;
/// assert_eq!(cost.picos(), 123_000_000);
/// assert_eq!(cost.to_string(), "0.000123");
/// # Ok::<(), quotah_policy::MoneyError>(())
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i128);

/// Why a text is not an amount of dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum MoneyError {
    /// Nothing, or a point without digits before and after it.
    #[error("an amount needs digits, and digits on both sides of a point")]
    NoDigits,
    /// Something other than digits and one point: a sign, an exponent, a separator, a currency.
    #[error("an amount is plain digits with at most one point, not {0:?}")]
    NotADigit(char),
    /// More decimals than the unit can hold.
    #[error("an amount has at most {max} decimals, not {found}")]
    TooFine {
        /// Decimals that fit.
        max: usize,
        /// Decimals given.
        found: usize,
    },
    /// More than can be held.
    #[error("the amount is too large")]
    TooLarge,
}

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount given in pico-USD.
    #[must_use]
    pub const fn from_picos(picos: i128) -> Self {
        Self(picos)
    }

    /// The amount in pico-USD.
    #[must_use]
    pub const fn picos(self) -> i128 {
        self.0
    }

    /// The amount in nano-USD (10⁻⁹ dollars), halves rounded up, capped at the ends of `i64`.
    ///
    /// The caps are 9.2 thousand million dollars away.
    #[must_use]
    pub fn nanos(self) -> i64 {
        let rounded = self
            .0
            .saturating_add(PICOS_PER_NANO / 2)
            .div_euclid(PICOS_PER_NANO);
        i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
    }

    /// Reads a non-negative amount in plain decimal dollars, such as `12`, `0.15` or `0.000000000001`.
    ///
    /// # Errors
    /// [`MoneyError`] for anything else: a sign, an exponent, spaces, a bare point, more than 12 decimals.
    pub fn parse_usd(text: &str) -> Result<Self, MoneyError> {
        parse_decimal(text, USD_DECIMALS).map(Self)
    }

    /// Reads dollars from a JSON number as providers report costs (`0.00052`, `7.159e-05`): never negative, digits
    /// beyond a pico-dollar cut off. `None` for anything else and for a million dollars or more.
    #[must_use]
    pub fn from_json_number(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() {
            return None;
        }
        // Where the last of all pico digits stands, counted from the mantissa's first.
        let digits = i64::try_from(whole.len()).ok()?;
        let wanted = digits
            .checked_add(i64::from(exponent))?
            .checked_add(i64::try_from(USD_DECIMALS).ok()?)?;
        let mut picos = 0_i128;
        let mut seen = 0_i64;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let digit = char::from(digit).to_digit(10)?;
            if seen < wanted {
                picos = picos.checked_mul(10)?.checked_add(digit.into())?;
            }
            seen = seen.checked_add(1)?;
        }
        while seen < wanted && picos != 0 {
            picos = picos.checked_mul(10)?;
            seen = seen.checked_add(1)?;
        }
        (picos < REPORTED_PICOS_MAX).then_some(Self(picos))
    }

    /// `self + other`, capped at the ends of the range.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// `self - other`, capped at the ends of the range; may be negative.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `self + other`, or `None` beyond the range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// `self - other`, or `None` beyond the range.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let picos = self.0.unsigned_abs();
        let dollars = picos / PICOS_PER_USD;
        let decimals = format!("{:012}", picos % PICOS_PER_USD);
        let shown = decimals.trim_end_matches('0');
        write!(f, "{sign}{dollars}.{shown:0<2}")
    }
}

/// Reads plain decimal digits as an integer count of `10^-decimals_max`.
pub(crate) fn parse_decimal(text: &str, decimals_max: usize) -> Result<i128, MoneyError> {
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_digit() && *c != '.') {
        return Err(MoneyError::NotADigit(odd));
    }
    let (whole, fraction) = match text.split_once('.') {
        Some((_, fraction)) if fraction.contains('.') => return Err(MoneyError::NotADigit('.')),
        Some((_, "")) => return Err(MoneyError::NoDigits),
        Some(parts) => parts,
        None => (text, ""),
    };
    if whole.is_empty() {
        return Err(MoneyError::NoDigits);
    }
    if fraction.len() > decimals_max {
        return Err(MoneyError::TooFine {
            max: decimals_max,
            found: fraction.len(),
        });
    }
    let padding = decimals_max.saturating_sub(fraction.len());
    whole
        .bytes()
        .chain(fraction.bytes())
        .chain(std::iter::repeat_n(b'0', padding))
        .try_fold(0_i128, |sum, digit| {
            sum.checked_mul(10)?
                .checked_add(i128::from(digit.saturating_sub(b'0')))
        })
        .ok_or(MoneyError::TooLarge)
}

const PICOS_PER_NANO: i128 = 1_000;
const PICOS_PER_USD: u128 = 1_000_000_000_000;
const USD_DECIMALS: usize = 12;

/// A million dollars: more than any request costs.
const REPORTED_PICOS_MAX: i128 = 1_000_000_000_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_shown_as_plain_dollars_with_at_least_two_decimals() {
        for (picos, shown) in [
            (0, "0.00"),
            (1, "0.000000000001"),
            (123_000_000, "0.000123"),
            (500_000_000_000, "0.50"),
            (1_000_000_000_000, "1.00"),
            (12_345_000_000_000, "12.345"),
            (-123_000_000, "-0.000123"),
            (i128::MIN, "-170141183460469231731687303.715884105728"),
        ] {
            assert_eq!(Money::from_picos(picos).to_string(), shown);
        }
    }

    #[test]
    fn only_plain_decimals_are_read_as_dollars() {
        for (text, error) in [
            ("", MoneyError::NoDigits),
            (".", MoneyError::NoDigits),
            (".5", MoneyError::NoDigits),
            ("5.", MoneyError::NoDigits),
            ("-1", MoneyError::NotADigit('-')),
            ("+1", MoneyError::NotADigit('+')),
            ("1e3", MoneyError::NotADigit('e')),
            ("1_000", MoneyError::NotADigit('_')),
            ("1.2.3", MoneyError::NotADigit('.')),
            (" 1", MoneyError::NotADigit(' ')),
            ("١", MoneyError::NotADigit('١')),
            (
                "0.0000000000001",
                MoneyError::TooFine { max: 12, found: 13 },
            ),
            ("999999999999999999999999999999", MoneyError::TooLarge),
        ] {
            assert_eq!(Money::parse_usd(text), Err(error), "{text:?}");
        }
        assert_eq!(
            Money::parse_usd("007.10").map(Money::picos),
            Ok(7_100_000_000_000)
        );
    }

    #[test]
    fn nano_dollars_round_halves_up_and_are_capped() {
        for (picos, nanos) in [
            (499, 0),
            (500, 1),
            (1_499, 1),
            (-500, 0),
            (-501, -1),
            (i128::MAX, i64::MAX),
            (i128::MIN, i64::MIN),
        ] {
            assert_eq!(Money::from_picos(picos).nanos(), nanos, "{picos}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_back(picos in 0..=i128::MAX) {
            let amount = Money::from_picos(picos);
            prop_assert_eq!(Money::parse_usd(&amount.to_string()), Ok(amount));
        }

        #[test]
        fn any_text_is_refused_or_no_less_than_nothing(text in "[0-9.+e_-]{0,60}|.{0,20}") {
            prop_assert!(Money::parse_usd(&text).is_err() || Money::parse_usd(&text) >= Ok(Money::ZERO));
        }
    }

    #[test]
    fn a_reported_cost_is_read_whatever_its_exponent() {
        for (text, picos) in [
            ("0", Some(0)),
            ("0.0", Some(0)),
            ("0.00052", Some(520_000_000)),
            ("7.159e-05", Some(71_590_000)),
            ("1E-4", Some(100_000_000)),
            ("12.5e+1", Some(125_000_000_000_000)),
            ("0.0663947500000001", Some(66_394_750_000)),
            ("1e-13", Some(0)),
            ("9e-400", Some(0)),
            ("-0.1", None),
            ("1e9", None),
            ("1e400", None),
            ("1e99999", None),
            (".5", None),
            ("", None),
            ("1.2.3", None),
            ("0x1", None),
        ] {
            assert_eq!(Money::from_json_number(text), picos.map(Money), "{text}");
        }
    }
}
