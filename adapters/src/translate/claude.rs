//! Claude's models, as every dialect has to ask them that leads to one: Anthropic's own, and Bedrock's.
//!
//! How they differ is in [`Model`], how they are asked to think in [`Thinking`], what they
//! want of schemas in [`schema`].

mod model;
pub(crate) mod schema;
mod thinking;

pub(crate) use model::{Model, Sampling};
pub(crate) use thinking::Thinking;

/// A temperature as it was written, or 1 if it is more. One with an exponent is left to the provider.
pub(crate) fn at_most_one(digits: &str) -> &str {
    let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let is_plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_more = match whole {
        "0" => false,
        "1" => behind.bytes().any(|byte| byte != b'0'),
        _ => true,
    };
    if is_plain && is_more { "1" } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_is_one_at_most() {
        for (asked, told) in [
            ("0.70", "0.70"),
            ("1", "1"),
            ("1.0", "1.0"),
            ("1.01", "1"),
            ("2", "1"),
            ("7e-1", "7e-1"),
        ] {
            assert_eq!(at_most_one(asked), told);
        }
    }
}
