//! The counts that a provider reports, each with what became of it.

use quotah_policy::{TOKENS_MAX, Unit, Units};

/// One figure of a provider's usage object, named by what it counts.
///
/// Whether a part lies inside its total differs by dialect and is settled by each dialect's `usage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Input,
    Output,
    Total,
    CachedInput,
    /// The same under another name: where both are said, the larger counts.
    CachedAgain,
    CacheWrite,
    /// The same under another name: where both are said, the larger counts.
    CacheWriteAgain,
    CacheWriteShort,
    CacheWriteLong,
    /// Prompt tokens that tools of the provider's added (Gemini).
    ToolInput,
    Reasoning,
    /// The same outside the output's details, which some mean as being beside the output.
    ReasoningAgain,
    InputAudio,
    CachedAudio,
    OutputAudio,
    InputImage,
    OutputImage,
    InputVideo,
    OutputVideo,
    CachedImage,
    WebSearches,
    /// How long the audio was that was heard, in milliseconds, where that need not be what is billed.
    HeardMs,
    /// Images that lie in the answer, where they need not be what is billed.
    Images,
    /// What is billed by the piece.
    Unit(Unit),
}

/// Counts before the units.
const UNITS_AT: usize = 23;

const COUNTS: usize = UNITS_AT + Unit::COUNT;

/// What is known of a [`Count`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Known {
    /// Never reported.
    #[default]
    Absent,
    /// Reported last as this.
    As(u64),
    /// Reported last as something that cannot be.
    Refused,
}

/// The last word on every [`Count`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    slots: [Slot; COUNTS],
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            slots: [Slot::default(); COUNTS],
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    known: Known,
    /// The number of the text that said it.
    text: u32,
}

/// A count was negative, a fraction, no number, beyond [`TOKENS_MAX`], or said twice and not the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nonsense;

impl Counts {
    /// Takes a reported value, `None` if it is no count at all. Later texts overwrite earlier ones.
    pub(crate) fn enter(
        &mut self,
        count: Count,
        said: Option<u64>,
        text: u32,
    ) -> Result<(), Nonsense> {
        let Some(slot) = self.slots.get_mut(index(count)) else {
            return Ok(());
        };
        let said = said.filter(|&tokens| tokens <= TOKENS_MAX);
        let known = match (said, slot.known) {
            (Some(tokens), Known::As(before)) if slot.text == text && tokens != before => {
                Known::Refused
            }
            (_, Known::Refused) if slot.text == text => Known::Refused,
            (Some(tokens), _) => Known::As(tokens),
            (None, _) => Known::Refused,
        };
        *slot = Slot { known, text };
        if known == Known::Refused {
            Err(Nonsense)
        } else {
            Ok(())
        }
    }

    /// Takes the word of another counter, which any text's own word replaces.
    pub(crate) fn enter_else(&mut self, count: Count, said: Option<u64>) -> Result<(), Nonsense> {
        match self.slots.get_mut(index(count)) {
            Some(Slot { known, text: 0 }) => {
                *known = Known::Absent;
                self.enter(count, said, 0)
            }
            _ => Ok(()),
        }
    }

    /// Adds to what this text has said before; the first word of a later text begins anew.
    pub(crate) fn add(
        &mut self,
        count: Count,
        said: Option<u64>,
        text: u32,
    ) -> Result<(), Nonsense> {
        let Some(slot) = self.slots.get_mut(index(count)) else {
            return Ok(());
        };
        let before = match slot.known {
            Known::As(before) if slot.text == text => Some(before),
            Known::Refused if slot.text == text => None,
            Known::Absent | Known::As(_) | Known::Refused => Some(0),
        };
        let sum = before.zip(said).and_then(|(a, b)| a.checked_add(b));
        let known = sum
            .filter(|&sum| sum <= TOKENS_MAX)
            .map_or(Known::Refused, Known::As);
        *slot = Slot { known, text };
        if known == Known::Refused {
            Err(Nonsense)
        } else {
            Ok(())
        }
    }

    pub(crate) fn known(&self, count: Count) -> Known {
        self.slots
            .get(index(count))
            .map_or(Known::Absent, |slot| slot.known)
    }

    /// The count if it is known.
    pub(crate) fn tokens(&self, count: Count) -> Option<u64> {
        match self.known(count) {
            Known::As(tokens) => Some(tokens),
            Known::Absent | Known::Refused => None,
        }
    }

    /// Whether anything at all was reported.
    pub(crate) fn is_any_known(&self) -> bool {
        let is_known = |slot: &Slot| matches!(slot.known, Known::As(_));
        self.slots.iter().any(is_known)
    }

    /// All that is billed by the piece.
    pub(crate) fn units(&self) -> Units {
        Unit::ALL.into_iter().fold(Units::default(), |units, unit| {
            units.with(unit, self.part(Count::Unit(unit)))
        })
    }

    /// The larger of two counts of the same thing, 0 if neither is known.
    pub(crate) fn either(&self, one: Count, other: Count) -> u64 {
        self.part(one).max(self.part(other))
    }

    /// The count, 0 if it is not known.
    pub(crate) fn part(&self, count: Count) -> u64 {
        self.tokens(count).unwrap_or(0)
    }
}

const fn index(count: Count) -> usize {
    match count {
        Count::Input => 0,
        Count::Output => 1,
        Count::Total => 2,
        Count::CachedInput => 3,
        Count::CacheWrite => 4,
        Count::CacheWriteShort => 5,
        Count::CacheWriteLong => 6,
        Count::ToolInput => 7,
        Count::Reasoning => 8,
        Count::InputAudio => 9,
        Count::CachedAudio => 10,
        Count::OutputAudio => 11,
        Count::InputImage => 12,
        Count::OutputImage => 13,
        Count::InputVideo => 14,
        Count::OutputVideo => 15,
        Count::CachedImage => 16,
        Count::WebSearches => 17,
        Count::CachedAgain => 18,
        Count::CacheWriteAgain => 19,
        Count::ReasoningAgain => 20,
        Count::HeardMs => 21,
        Count::Images => 22,
        Count::Unit(unit) => UNITS_AT.saturating_add(unit.number() as usize),
    }
}
