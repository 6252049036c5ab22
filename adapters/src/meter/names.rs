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
