//! What a model takes of the settings of chance, and what it is not told.

use super::super::feature::{Feature, Features};
use super::super::request::Request;
use super::{Model, Sampling, Thinking, thinking};

/// The settings of chance as a model takes them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Chance<'a> {
    /// At most 1.
    pub(crate) temperature: Option<&'a str>,
    pub(crate) top_p: Option<&'a str>,
    pub(crate) top_k: Option<&'a str>,
}

impl<'a> Chance<'a> {
    /// What is told of what a request asks: nothing to a model that thinks, or that takes none.
    pub(crate) fn of(request: &Request<'a>, model: &Model) -> Self {
        if model.sampling == Sampling::None || Thinking::asked(request, model).is_on() {
            return Self::default();
        }
        let asked = request.sampling;
        let is_chosen = model.sampling == Sampling::OneOf && asked.temperature.is_some();
        Self {
            temperature: asked.temperature.map(at_most_one),
            top_p: asked.top_p.filter(|_| !is_chosen),
            top_k: asked.top_k,
        }
    }
}

/// What a request asks for and a model is not told, or not as it was said.
pub(crate) fn left_out(request: &Request<'_>, model: &Model) -> Features {
    let (asked, told) = (&request.sampling, Chance::of(request, model));
    let mut left_out = Features::default();
    for (is_asked, is_told, feature) in [
        (asked.temperature, told.temperature, Feature::Temperature),
        (asked.top_p, told.top_p, Feature::TopP),
        (asked.top_k, told.top_k, Feature::TopK),
    ] {
        if is_asked != is_told {
            left_out.add(feature);
        }
    }
    let reasoning = request.reasoning.unwrap_or_default();
    let is_said = Thinking::asked(request, model).is_said() || thinking::pauses(request, model);
    if reasoning.asks_to_think() && !is_said {
        reasoning
            .features()
            .for_each(|feature| left_out.add(feature));
    }
    left_out
}

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
