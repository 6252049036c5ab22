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
        // Not modalities but times to live, in Bedrock's list of cache writes.
        Scalar::String {
            text: Some(b"5m"), ..
        } => Some(Count::CacheWriteShort),
        Scalar::String {
            text: Some(b"1h"), ..
        } => Some(Count::CacheWriteLong),
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
