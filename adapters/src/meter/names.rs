//! Short strings out of an answer: kept whole if they are as short as they should be.

use quotah_policy::Unit;

use super::counts::Count;
use super::reading::NAME_BYTES_MAX;
use crate::scan::Scalar;

/// The modality, told by the count that it has on the input's side; those without a price of their own are none.
///
/// Vertex AI may send the enum's numbers (recorded: TEXT = 1), interactions write small letters.
pub(super) fn modality(scalar: &Scalar<'_>) -> Option<Count> {
    match word(scalar)? {
        b"IMAGE" | b"image" | b"2" => Some(Count::InputImage),
        b"VIDEO" | b"video" | b"3" => Some(Count::InputVideo),
        b"AUDIO" | b"audio" | b"4" => Some(Count::InputAudio),
        b"google_search" => Some(Count::WebSearches),
        b"google_maps" => Some(Count::Unit(Unit::MapsSearches)),
        b"file_search" => Some(Count::Unit(Unit::FileSearches)),
        // Not modalities but times to live, in Bedrock's list of cache writes.
        b"5m" => Some(Count::CacheWriteShort),
        b"1h" => Some(Count::CacheWriteLong),
        _ => None,
    }
}

/// A count, which Bedrock's guardrails have written as `6.0` (recorded).
pub(super) fn count(scalar: &Scalar<'_>) -> Option<u64> {
    let Scalar::Number(Some(text)) = scalar else {
        return None;
    };
    let Some(point) = memchr::memchr(b'.', text) else {
        return scalar.as_u64();
    };
    let (whole, fraction) = text.split_at_checked(point)?;
    let is_whole = fraction.iter().skip(1).all(|&digit| digit == b'0');
    Scalar::Number(Some(whole)).as_u64().filter(|_| is_whole)
}

/// The kind of traffic that an answer was served as, by name.
///
/// Its numbers are those of google.cloud.aiplatform.v1.UsageMetadata.TrafficType, read 2026-11.
pub(super) fn traffic_type<'a>(scalar: &Scalar<'a>) -> Option<&'a [u8]> {
    Some(match word(scalar)? {
        b"1" => b"ON_DEMAND",
        b"2" => b"PROVISIONED_THROUGHPUT",
        b"3" => b"ON_DEMAND_PRIORITY",
        b"4" => b"ON_DEMAND_FLEX",
        other => other,
    })
}

/// An enum's value, in letters or digits.
const fn word<'a>(scalar: &Scalar<'a>) -> Option<&'a [u8]> {
    match scalar {
        Scalar::String { text, .. } | Scalar::Number(text) => *text,
        Scalar::Null | Scalar::Bool(_) => None,
    }
}

/// Seconds, with or without a fraction, as milliseconds, begun ones in full.
pub(super) fn millis(scalar: &Scalar<'_>) -> Option<u64> {
    let Scalar::Number(Some(text)) = scalar else {
        return None;
    };
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let places = fraction.bytes().chain(std::iter::repeat(b'0'));
    let thousandths = places.take(3).fold(0_u64, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u64::from(digit.saturating_sub(b'0')))
    });
    let is_begun = fraction.bytes().skip(3).any(|digit| digit != b'0');
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(1000)?
        .checked_add(thousandths)?
        .checked_add(is_begun.into())
}

pub(super) fn is(scalar: &Scalar<'_>, wanted: &[u8]) -> bool {
    matches!(scalar, Scalar::String { text: Some(text), .. } if *text == wanted)
}

/// A short name, or none.
pub(super) fn name(scalar: &Scalar<'_>) -> Option<Box<str>> {
    match scalar {
        Scalar::String {
            text: Some(text), ..
        } => short(text),
        _ => None,
    }
}

fn short(text: &[u8]) -> Option<Box<str>> {
    let text = std::str::from_utf8(text).ok()?;
    (1..=NAME_BYTES_MAX)
        .contains(&text.len())
        .then(|| text.into())
}

pub(super) fn keep_first(place: &mut Option<Box<str>>, scalar: &Scalar<'_>) {
    if place.is_none() {
        *place = name(scalar);
    }
}

pub(super) fn keep_last(place: &mut Option<Box<str>>, scalar: &Scalar<'_>) {
    if let Scalar::String {
        text: Some(text), ..
    } = scalar
    {
        keep_last_text(place, text);
    }
}

pub(super) fn keep_last_text(place: &mut Option<Box<str>>, text: &[u8]) {
    let is_known = place
        .as_ref()
        .is_some_and(|before| before.as_bytes() == text);
    if !is_known && let Some(name) = short(text) {
        *place = Some(name);
    }
}

/// As much of `text` as fits, in whole characters.
pub(super) fn cut(text: &[u8], bytes_max: usize) -> Box<str> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let end = text.floor_char_boundary(bytes_max);
    text.get(..end).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_milliseconds_begun_ones_in_full() {
        for (text, expected) in [
            ("7", Some(7_000)),
            ("0", Some(0)),
            ("8.470000267028809", Some(8_471)),
            ("8.47", Some(8_470)),
            ("0.0001", Some(1)),
            ("-1", None),
            ("1e3", None),
            ("1.5e3", None),
            ("99999999999999999999", None),
            ("18446744073709551615", None),
        ] {
            let scalar = Scalar::Number(Some(text.as_bytes()));
            assert_eq!(millis(&scalar), expected, "{text}");
        }
    }
}
