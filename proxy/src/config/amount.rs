//! Amounts with a unit: `"64MiB"`, `"90d"`.

use std::time::Duration;

/// Units of sizes: powers of 1024 with an `i`, of 1000 without.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// Reads `"64MiB"`, `"1 GB"`, `"500"`; whole numbers only.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, factor) = UNITS
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
        .unwrap_or((text, 1));
    digits.trim_end().parse::<u64>().ok()?.checked_mul(factor)
}

pub(super) fn show_size(bytes: u64) -> String {
    let fits = |factor: &u64| bytes >= *factor && bytes.is_multiple_of(*factor);
    let largest = UNITS[..4].iter().rev().find(|(_, factor)| fits(factor));
    largest.map_or_else(
        || format!("{bytes}B"),
        |(unit, f)| format!("{}{unit}", bytes / f),
    )
}

/// Reads `"90d"`, `"12h"`, `"15m"`, `"30s"`; whole numbers only.
pub(super) fn parse_span(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (digits, seconds) = SPANS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)))?;
    let amount = digits.trim_end().parse::<u64>().ok()?;
    amount.checked_mul(seconds).map(Duration::from_secs)
}

/// Seconds of each unit of time.
const SPANS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [
            ("64MiB", Some(67_108_864)),
            ("64 MB", Some(64_000_000)),
            ("17", Some(17)),
            ("17B", Some(17)),
            ("1.5GiB", None),
            ("-1", None),
            ("MiB", None),
            ("99999999999TiB", None),
        ] {
            assert_eq!(parse_size(text), bytes, "{text}");
        }
        assert_eq!(
            (show_size(1 << 26), show_size(1_025)),
            ("64MiB".into(), "1025B".into())
        );
    }

    #[test]
    fn spans_are_read_with_their_units() {
        for (text, seconds) in [
            ("90d", Some(7_776_000)),
            ("12 h", Some(43_200)),
            ("15m", Some(900)),
            ("0s", Some(0)),
            ("90", None),
            ("1.5h", None),
            ("-1d", None),
            ("99999999999999999999d", None),
            ("999999999999999999d", None),
            ("d", None),
        ] {
            assert_eq!(parse_span(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
