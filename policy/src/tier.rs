//! The service tier that an answer was served on, as far as it changes the price.

use serde::{Deserialize, Serialize};

/// How fast, how surely or how late a provider served a request, for a price of its own.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ServiceTier {
    /// What is served when nothing is asked for.
    #[default]
    Standard,
    /// Answered within a day, at a discount.
    Batch,
    /// Slower and interruptible, at a discount.
    Flex,
    /// Steadier and quicker, for more.
    Priority,
    /// Anthropic's `speed: fast`.
    Fast,
    /// OpenAI's `ultrafast`.
    Ultrafast,
}

impl ServiceTier {
    /// Every tier, the standard one first.
    pub const ALL: [Self; 6] = [
        Self::Standard,
        Self::Batch,
        Self::Flex,
        Self::Priority,
        Self::Fast,
        Self::Ultrafast,
    ];

    /// Reads the tier as an **answer** spells it; the request's wish (`auto`) says nothing about the price.
    ///
    /// Known spellings: OpenAI `default`, `flex`, `priority`, `scale`; Anthropic `standard`, `priority`,
    /// `batch` and `speed: fast`; Gemini `ON_DEMAND`, `ON_DEMAND_FLEX`, `ON_DEMAND_PRIORITY`,
    /// `PROVISIONED_THROUGHPUT`. What is prepaid (`scale`, provisioned) and what is unknown counts as
    /// standard: the list price is the only one known for it.
    #[must_use]
    pub fn from_answer(spelling: &str) -> Self {
        let name = spelling.trim();
        Self::ALL
            .into_iter()
            .find(|tier| {
                name.eq_ignore_ascii_case(tier.as_str())
                    || tier
                        .google_spelling()
                        .is_some_and(|s| name.eq_ignore_ascii_case(s))
            })
            .unwrap_or_default()
    }

    /// The tier of that name, letter for letter as in [`Self::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == name)
    }

    /// The name used in price lists, the ledger and exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Batch => "batch",
            Self::Flex => "flex",
            Self::Priority => "priority",
            Self::Fast => "fast",
            Self::Ultrafast => "ultrafast",
        }
    }

    const fn google_spelling(self) -> Option<&'static str> {
        match self {
            Self::Flex => Some("ON_DEMAND_FLEX"),
            Self::Priority => Some("ON_DEMAND_PRIORITY"),
            Self::Standard | Self::Batch | Self::Fast | Self::Ultrafast => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_in_an_answer_finds_its_tier() {
        for (spelling, tier) in [
            ("default", ServiceTier::Standard),
            ("standard", ServiceTier::Standard),
            ("auto", ServiceTier::Standard),
            ("scale", ServiceTier::Standard),
            ("ON_DEMAND", ServiceTier::Standard),
            ("PROVISIONED_THROUGHPUT", ServiceTier::Standard),
            ("", ServiceTier::Standard),
            ("batch", ServiceTier::Batch),
            ("flex", ServiceTier::Flex),
            ("ON_DEMAND_FLEX", ServiceTier::Flex),
            ("FLEX", ServiceTier::Flex),
            ("priority", ServiceTier::Priority),
            ("on_demand_priority", ServiceTier::Priority),
            ("fast", ServiceTier::Fast),
            ("ultrafast", ServiceTier::Ultrafast),
        ] {
            assert_eq!(ServiceTier::from_answer(spelling), tier, "{spelling:?}");
        }
    }

    #[test]
    fn names_read_back_as_themselves() {
        for tier in ServiceTier::ALL {
            assert_eq!(ServiceTier::parse(tier.as_str()), Some(tier));
            assert_eq!(ServiceTier::from_answer(tier.as_str()), tier);
        }
    }
}
