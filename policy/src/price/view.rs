//! The part of a price list that decides about one request, and what to do about its gaps.

use super::{Class, Rate, Rates};
use crate::Unit;

/// A request's columns, picked once; [`View::rate`] is then a few array look-ups.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// The column for the request's tier and length.
    pub(super) in_force: Option<&'a Rates>,
    /// The tier's base column, the standard column for that length, and the standard rates.
    pub(super) nearby: [Option<&'a Rates>; 3],
}

impl View<'_> {
    /// The rate of a class; the rules are those of [`super::Price::rate`].
    pub(super) fn rate(self, class: Class) -> Option<Rate> {
        if let Some(rate) = self.listed(class) {
            return Some(rate);
        }
        match class {
            Class::Unit(Unit::RequestsLow | Unit::RequestsHigh) => {
                self.listed(Class::Unit(Unit::Requests))
            }
            Class::Input | Class::WebSearch | Class::Unit(_) => None,
            Class::CachedInput
            | Class::CacheWrite
            | Class::InputAudio
            | Class::InputImage
            | Class::InputVideo => self.rate(Class::Input),
            Class::CacheWriteLong => self.rate(Class::CacheWrite),
            Class::CachedAudio => self
                .listed(Class::InputAudio)
                .or_else(|| self.rate(Class::CachedInput)),
            Class::CachedImage => self
                .listed(Class::InputImage)
                .or_else(|| self.rate(Class::CachedInput)),
            Class::Output => {
                let apart = [Class::OutputAudio, Class::OutputImage, Class::OutputVideo]
                    .map(|part| self.listed(part));
                apart
                    .into_iter()
                    .flatten()
                    .max()
                    .or_else(|| self.rate(Class::Input))
            }
            Class::Reasoning | Class::OutputAudio | Class::OutputImage | Class::OutputVideo => {
                self.rate(Class::Output)
            }
        }
    }

    /// What the list says about this very class: in the column in force, or else the dearest nearby.
    fn listed(self, class: Class) -> Option<Rate> {
        let published = |rates: Option<&Rates>| rates.and_then(|rates| rates.get(class));
        published(self.in_force).or_else(|| self.nearby.into_iter().filter_map(published).max())
    }
}
