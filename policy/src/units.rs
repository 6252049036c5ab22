//! What is billed by the piece: calls of a provider's tools, pages, images, characters, time.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something that is billed neither as tokens nor as one of [`crate::Usage`]'s other fields.
///
/// New ones come last: the ledger stores a unit by its [`number`](Self::number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Pages that the provider fetched for the model, in calls.
    WebFetches,
    /// Code that the provider ran, in sessions where it bills these, else in calls.
    CodeExecutions,
    /// Searches in files or collections kept at the provider, in calls.
    FileSearches,
    /// Searches in posts on X (xAI), in calls.
    XSearches,
    /// Requests that were grounded with maps (Gemini).
    MapsSearches,
    /// Sources that a live search used (xAI `num_sources_used`).
    Sources,
    /// Search units of a rerank (Cohere: a query with up to 100 documents).
    SearchUnits,
    /// Classifications (Cohere).
    Classifications,
    /// Images in the request that are billed by the image.
    InputImages,
    /// Images in the answer that are billed by the image.
    OutputImages,
    /// Pages that were read (OCR).
    Pages,
    /// Pages that were annotated, beside being read (OCR).
    AnnotatedPages,
    /// Characters of text that were spoken.
    Characters,
    /// Audio in the request, in milliseconds.
    InputAudioMs,
    /// Video in the request, in milliseconds.
    InputVideoMs,
    /// Audio in the answer, in milliseconds.
    OutputAudioMs,
    /// Video in the answer, in milliseconds.
    OutputVideoMs,
    /// Requests that a fee is due for, by the request (Perplexity; medium search context).
    Requests,
    /// As [`Self::Requests`], with low search context.
    RequestsLow,
    /// As [`Self::Requests`], with high search context.
    RequestsHigh,
    /// Tokens of citations, which are in neither total (Perplexity's deep research).
    CitationTokens,
    /// Text units that a guardrail examined (Bedrock).
    GuardrailUnits,
}

impl Unit {
    /// How many units there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Every unit, in the order of their numbers.
    pub const ALL: [Self; 22] = [
        Self::WebFetches,
        Self::CodeExecutions,
        Self::FileSearches,
        Self::XSearches,
        Self::MapsSearches,
        Self::Sources,
        Self::SearchUnits,
        Self::Classifications,
        Self::InputImages,
        Self::OutputImages,
        Self::Pages,
        Self::AnnotatedPages,
        Self::Characters,
        Self::InputAudioMs,
        Self::InputVideoMs,
        Self::OutputAudioMs,
        Self::OutputVideoMs,
        Self::Requests,
        Self::RequestsLow,
        Self::RequestsHigh,
        Self::CitationTokens,
        Self::GuardrailUnits,
    ];

    /// The name used in the ledger, in exports and in price lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebFetches => "web_fetches",
            Self::CodeExecutions => "code_executions",
            Self::FileSearches => "file_searches",
            Self::XSearches => "x_searches",
            Self::MapsSearches => "maps_searches",
            Self::Sources => "sources",
            Self::SearchUnits => "search_units",
            Self::Classifications => "classifications",
            Self::InputImages => "input_images",
            Self::OutputImages => "output_images",
            Self::Pages => "pages",
            Self::AnnotatedPages => "annotated_pages",
            Self::Characters => "characters",
            Self::InputAudioMs => "input_audio_ms",
            Self::InputVideoMs => "input_video_ms",
            Self::OutputAudioMs => "output_audio_ms",
            Self::OutputVideoMs => "output_video_ms",
            Self::Requests => "requests",
            Self::RequestsLow => "requests_low",
            Self::RequestsHigh => "requests_high",
            Self::CitationTokens => "citation_tokens",
            Self::GuardrailUnits => "guardrail_units",
        }
    }

    /// The unit of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == name)
    }

    /// Its number, for records that are kept: it never changes.
    #[must_use]
    #[expect(
        clippy::as_conversions,
        reason = "a fieldless enum's discriminant counts from 0"
    )]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The unit of that number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.number() == number)
    }

    #[expect(
        clippy::as_conversions,
        reason = "a fieldless enum's discriminant counts from 0"
    )]
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// How many of each [`Unit`]. Shown and stored without those that are 0.
///
/// ```
/// use quotah_policy::{Unit, Units};
///
/// let mut units = Units::default();
/// units.add(Unit::Pages, 3);
/// assert_eq!(units.get(Unit::Pages), 3);
/// assert_eq!(units.listed().collect::<Vec<_>>(), [(Unit::Pages, 3)]);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Units {
    by_unit: [u64; Unit::COUNT],
}

impl Units {
    /// None of any.
    pub const NONE: Self = Self {
        by_unit: [0; Unit::COUNT],
    };

    /// How many of one.
    #[must_use]
    pub const fn get(&self, unit: Unit) -> u64 {
        self.by_unit[unit.index()]
    }

    /// Sets how many there are of one.
    pub const fn set(&mut self, unit: Unit, count: u64) {
        self.by_unit[unit.index()] = count;
    }

    /// The same with one set.
    #[must_use]
    pub const fn with(mut self, unit: Unit, count: u64) -> Self {
        self.set(unit, count);
        self
    }

    /// Adds to one, saturating.
    pub const fn add(&mut self, unit: Unit, count: u64) {
        self.set(unit, self.get(unit).saturating_add(count));
    }

    /// Whether there are none of any.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// Those that there are any of, by number.
    pub fn listed(&self) -> impl Iterator<Item = (Unit, u64)> {
        Unit::ALL
            .into_iter()
            .zip(self.by_unit)
            .filter(|(_, count)| *count > 0)
    }

    /// Both together, unit by unit.
    #[must_use]
    pub fn saturating_add(mut self, other: &Self) -> Self {
        for (mine, theirs) in self.by_unit.iter_mut().zip(other.by_unit) {
            *mine = mine.saturating_add(theirs);
        }
        self
    }

    /// What is here and not in `other`, unit by unit; never below 0.
    #[must_use]
    pub fn saturating_sub(mut self, other: &Self) -> Self {
        for (mine, theirs) in self.by_unit.iter_mut().zip(other.by_unit) {
            *mine = mine.saturating_sub(theirs);
        }
        self
    }
}

impl FromIterator<(Unit, u64)> for Units {
    fn from_iter<I: IntoIterator<Item = (Unit, u64)>>(counts: I) -> Self {
        let mut units = Self::NONE;
        for (unit, count) in counts {
            units.add(unit, count);
        }
        units
    }
}

impl fmt::Debug for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.listed().map(|(unit, count)| (unit.as_str(), count)))
            .finish()
    }
}

impl Serialize for Units {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.listed().map(|(unit, count)| (unit.as_str(), count)))
    }
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let named = std::collections::BTreeMap::<String, u64>::deserialize(deserializer)?;
        let known = named.into_iter().map(|(name, count)| {
            Unit::parse(&name)
                .map(|unit| (unit, count))
                .ok_or_else(|| serde::de::Error::custom(format_args!("unknown unit {name:?}")))
        });
        known.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_stands_at_its_number_and_reads_back_from_its_name() {
        for (index, unit) in Unit::ALL.into_iter().enumerate() {
            assert_eq!(unit.index(), index);
            assert_eq!(Unit::from_number(unit.number()), Some(unit));
            assert_eq!(Unit::parse(unit.as_str()), Some(unit));
        }
        assert_eq!(Unit::from_number(22), None);
        assert_eq!(Unit::parse("page"), None);
    }

    #[test]
    fn sums_are_capped_and_differences_stop_at_nothing() {
        let one = Units::NONE.with(Unit::Pages, 5).with(Unit::Requests, 1);
        let other = Units::NONE.with(Unit::Pages, u64::MAX);
        assert_eq!(one.saturating_add(&other).get(Unit::Pages), u64::MAX);
        assert_eq!(
            one.saturating_sub(&other),
            Units::NONE.with(Unit::Requests, 1)
        );
        assert_eq!(format!("{one:?}"), r#"{"pages": 5, "requests": 1}"#);
    }
}
