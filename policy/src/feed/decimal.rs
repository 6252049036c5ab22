//! Decimal numbers as price tables write them, without a float in between.

use crate::{Class, Rate};

/// A number that is not negative: `digits × 10^exponent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// Reads a JSON number such as `3.333e-05` or `10`; `None` for a negative or an absurd one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() {
            return None;
        }
        let mut digits = 0_u128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let digit = digit.is_ascii_digit().then(|| digit.saturating_sub(b'0'))?;
            digits = digits.checked_mul(10)?.checked_add(digit.into())?;
        }
        let decimals = i32::try_from(fraction.len()).ok()?;
        Some(Self {
            digits,
            exponent: exponent.checked_sub(decimals)?,
        })
    }

    /// The rate where this many dollars buy one.
    pub(super) fn usd_each(self) -> Option<Rate> {
        self.usd_per_power_of_ten(0)
    }

    /// The rate where this many dollars buy as many as price lists name for the class.
    pub(super) fn usd_for(self, class: Class) -> Option<Rate> {
        self.usd_per_power_of_ten(if class.per() == 1_000 { 3 } else { 6 })
    }

    /// The rate of a millisecond where this many dollars buy an hour.
    pub(super) fn usd_per_hour(self) -> Option<Rate> {
        // A digit more than pico-dollars have, so that the division by 3,600,000 is rounded once.
        let fine = self.scaled(16_i32.checked_sub(3)?)?;
        let picos = fine.checked_add(18_000_000)?.checked_div(36_000_000)?;
        u64::try_from(picos).ok().map(Rate::from_picos)
    }

    /// As a whole number.
    pub(super) fn whole(self) -> Option<u64> {
        u64::try_from(self.scaled(0)?).ok()
    }

    fn usd_per_power_of_ten(self, power: i32) -> Option<Rate> {
        let picos = self.scaled(12_i32.checked_sub(power)?)?;
        u64::try_from(picos).ok().map(Rate::from_picos)
    }

    /// The number times 10^`power`, halves rounded up.
    fn scaled(self, power: i32) -> Option<u128> {
        let shift = self.exponent.checked_add(power)?;
        if self.digits == 0 {
            return Some(0);
        }
        let factor = |shift: i32| 10_u128.checked_pow(u32::try_from(shift).ok()?);
        if shift >= 0 {
            return self.digits.checked_mul(factor(shift)?);
        }
        let Some(divisor) = factor(shift.checked_neg()?) else {
            return Some(0);
        };
        self.digits.checked_add(divisor / 2)?.checked_div(divisor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_spelling_of_a_number_gives_its_whole_pico_dollars() {
        for (text, picos) in [
            ("3.333e-05", Some(33_330_000)),
            ("1e-06", Some(1_000_000)),
            ("0.0", Some(0)),
            ("0", Some(0)),
            ("2E-7", Some(200_000)),
            ("4e-13", Some(0)),
            ("5e-13", Some(1)),
            ("1e-300", Some(0)),
            ("12", Some(12_000_000_000_000)),
            ("1e40", None),
            ("-1", None),
            ("1e999999999999", None),
            ("", None),
            ("null", None),
        ] {
            let rate = Decimal::parse(text).and_then(Decimal::usd_each);
            assert_eq!(rate.map(Rate::picos), picos, "{text}");
        }
        let hour = Decimal::parse("0.36").and_then(Decimal::usd_per_hour);
        assert_eq!(hour.map(Rate::picos), Some(100_000)); // 0.0001 dollars a second
    }
}
