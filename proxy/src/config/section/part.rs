//! Parts of one: shares and ratios, read exactly from decimals.

use super::Section;

impl Section<'_> {
    /// A decimal from 0 (or above it, when `least` is 1) to 1, as a whole number of its last place.
    pub(in crate::config) fn part(&self, key: &'static str, of: Part, least: u32) -> Option<u32> {
        let at = self.decimal(key)?;
        parse_part(at.value, of)
            .filter(|part| *part >= least)
            .or_else(|| {
                let low = if least == 0 { "0" } else { "above 0" };
                let places = of.places();
                let expected = format!("a part from {low} to 1 with at most {places} decimals");
                self.invalid(key, &at.place, &expected)
            })
    }
}

/// What one is divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Part {
    /// Thousandths.
    PerMille,
    /// Millionths.
    PerMillion,
}

impl Part {
    const fn places(self) -> usize {
        match self {
            Self::PerMille => 3,
            Self::PerMillion => 6,
        }
    }
}

/// Reads `0`, `0.05`, `1` or `1.000` exactly; no sign, no exponent, no more places than `of` has.
pub(in crate::config) fn parse_part(text: &str, of: Part) -> Option<u32> {
    let places = of.places();
    let (whole, decimals) = match text.split_once('.') {
        Some((_, "")) => return None,
        Some(split) => split,
        None => (text, ""),
    };
    let is_plain = decimals.bytes().all(|b| b.is_ascii_digit());
    if !matches!(whole, "0" | "1") || !is_plain || decimals.len() > places {
        return None;
    }
    let part: u32 = format!("{whole}{decimals:0<places$}").parse().ok()?;
    let one = 10_u32.checked_pow(u32::try_from(places).ok()?)?;
    (part <= one).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_exactly_or_not_at_all() {
        for (text, per_mille, per_million) in [
            ("0", Some(0), Some(0)),
            ("1", Some(1_000), Some(1_000_000)),
            ("1.000", Some(1_000), Some(1_000_000)),
            ("0.2", Some(200), Some(200_000)),
            ("0.05", Some(50), Some(50_000)),
            ("0.001", Some(1), Some(1_000)),
            ("0.000001", None, Some(1)),
            ("0.0000001", None, None),
            ("1.001", None, None),
            ("2", None, None),
            ("-0.5", None, None),
            ("+0.5", None, None),
            ("0.+5", None, None),
            ("5e-2", None, None),
            ("0.", None, None),
            (".5", None, None),
            ("5%", None, None),
            ("", None, None),
        ] {
            assert_eq!(parse_part(text, Part::PerMille), per_mille, "{text}");
            assert_eq!(parse_part(text, Part::PerMillion), per_million, "{text}");
        }
    }
}
