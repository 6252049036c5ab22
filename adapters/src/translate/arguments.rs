//! A call's arguments where a dialect has an object for them: what a model made may be anything.

use std::borrow::Cow;

use super::json::{Spelled, parse};

/// The arguments as an object's text, `{}` where a call has none; `None` where they are no JSON object.
pub(super) fn arguments<'s>(input: &'s Spelled<'_>) -> Option<Cow<'s, str>> {
    let plain = input.plain();
    if plain.trim().is_empty() {
        return Some(Cow::Borrowed("{}"));
    }
    let is_object = parse(&plain).is_ok_and(|value| value.as_object().is_some());
    is_object.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_object_or_none() {
        for (input, told) in [
            ("", Some("{}")),
            (" ", Some("{}")),
            (r#"{"a": 1.50}"#, Some(r#"{"a": 1.50}"#)),
            ("[]", None),
            ("{oops", None),
        ] {
            assert_eq!(
                arguments(&Spelled::of_plain(input)).as_deref(),
                told,
                "{input}"
            );
        }
    }
}
