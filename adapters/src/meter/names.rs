//! Short strings out of an answer: kept whole if they are as short as they should be.

use super::counts::Count;
use super::reading::NAME_BYTES_MAX;
use crate::scan::Scalar;

/// The modality, told by the count that it has on the input's side; those without a price of their own are none.
pub(super) fn modality(scalar: &Scalar<'_>) -> Option<Count> {
    // Vertex may send the enum's numbers: IMAGE = 2, AUDIO = 4.
    match scalar {
        Scalar::String {
            text: Some(b"IMAGE"),
            ..
        }
        | Scalar::Number(Some(b"2")) => Some(Count::InputImage),
        Scalar::String {
            text: Some(b"AUDIO"),
            ..
        }
        | Scalar::Number(Some(b"4")) => Some(Count::InputAudio),
        _ => None,
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
        } if (1..=NAME_BYTES_MAX).contains(&text.len()) => {
            std::str::from_utf8(text).ok().map(Into::into)
        }
        _ => None,
    }
}

pub(super) fn keep_first(place: &mut Option<Box<str>>, scalar: &Scalar<'_>) {
    if place.is_none() {
        *place = name(scalar);
    }
}

pub(super) fn keep_last(place: &mut Option<Box<str>>, scalar: &Scalar<'_>) {
    if let (
        Some(before),
        Scalar::String {
            text: Some(text), ..
        },
    ) = (&place, scalar)
        && before.as_bytes() == *text
    {
        return;
    }
    if let Some(name) = name(scalar) {
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
