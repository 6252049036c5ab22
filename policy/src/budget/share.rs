//! A part of a limit: 0.8 of it, exactly.

use std::fmt;

use crate::Money;
use crate::money::parse_decimal;

/// A part of a limit in millionths; at most ten times the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(u32);

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self(MILLION);

    /// Reads `0.8` or `1`: above 0, at most 10, at most six decimals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let millionths = parse_decimal(text, DECIMALS).ok()?;
        let millionths = u32::try_from(millionths).ok()?;
        (1..=MOST).contains(&millionths).then_some(Self(millionths))
    }

    /// So much of `limit`, rounded up to a pico-dollar.
    #[must_use]
    pub fn of(self, limit: Money) -> Money {
        let whole = i128::from(MILLION);
        let part = limit.picos().saturating_mul(i128::from(self.0));
        let rounded = part
            .saturating_add(whole.saturating_sub(1))
            .div_euclid(whole);
        Money::from_picos(rounded)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / MILLION, self.0 % MILLION);
        let decimals = format!("{part:06}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{decimals}"),
        }
    }
}

const MILLION: u32 = 1_000_000;
const MOST: u32 = 10_000_000;
const DECIMALS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_and_read_back() {
        let limit = Money::parse_usd("250").unwrap();
        for (text, usd) in [
            ("0.5", "125.00"),
            ("1", "250.00"),
            ("0.95", "237.50"),
            ("1.25", "312.50"),
        ] {
            let share = Share::parse(text).unwrap();
            assert_eq!(share.of(limit).to_string(), usd);
            assert_eq!(share.to_string(), text);
        }
        assert_eq!(Share::parse("1.0"), Some(Share::WHOLE));
        for text in ["0", "-1", "11", "0.0000001", "half"] {
            assert_eq!(Share::parse(text), None, "{text}");
        }
    }
}
