//! Ids of calls as Anthropic has them, and other dialects' ids within them.
//!
//! Anthropic takes ids of letters, digits, `_` and `-` only (its refusal: "should match pattern '^[a-zA-Z0-9_-]+$'").
//! Others make other ones, and want them back as they were.

use super::super::json::Spelled;

/// What an id of another make begins with.
const MARK: &str = "qh1_";

/// An id as Anthropic and its callers take it.
pub(super) fn worn(id: &Spelled<'_>) -> Spelled<'static> {
    let plain = id.plain();
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !plain.is_empty() && plain.bytes().all(is_fit) && !plain.starts_with(MARK) {
        return id.clone().into_owned();
    }
    let mut worn = String::from(MARK);
    for byte in plain.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            worn.push(char::from(byte));
        } else {
            worn.push('_');
            let digits = [byte >> 4, byte & 15].map(u32::from);
            worn.extend(digits.into_iter().filter_map(|d| char::from_digit(d, 16)));
        }
    }
    Spelled::of_owned(&worn)
}

/// The id that [`worn`] was made of; any other as it is.
pub(super) fn bare<'a>(id: &Spelled<'a>) -> Spelled<'a> {
    match id.raw().strip_prefix(MARK).and_then(decoded) {
        Some(plain) => Spelled::of_owned(&plain),
        None => id.clone(),
    }
}

fn decoded(worn: &str) -> Option<String> {
    let mut pieces = worn.split('_');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_that_fits_is_worn_as_it_is() {
        for id in ["toolu_01A-b", "call_0", "x"] {
            assert_eq!(worn(&Spelled::of_plain(id)).raw(), id);
        }
    }

    #[test]
    fn an_id_that_does_not_fit_is_escaped() {
        for (id, fit) in [("a.b", "qh1_a_2eb"), ("", "qh1_"), ("qh1_x", "qh1_qh1_5fx")] {
            assert_eq!(worn(&Spelled::of_plain(id)).raw(), fit);
        }
    }

    proptest! {
        #[test]
        fn every_id_fits_and_comes_back(id in "\\PC*|[\\x00-\\x7f]*|qh1_[a-f0-9_]*") {
            let spelled = Spelled::of_plain(&id);
            let fit = worn(&spelled);
            prop_assert!(fit.raw().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'));
            prop_assert!(!fit.is_empty());
            let back = bare(&fit);
            prop_assert_eq!(back.plain(), id.as_str());
        }
    }
}
