//! A record that means something by itself, whatever its kind.

use prost::{DecodeError, Message};

use super::amend::Correction;
use super::entry::Entry;
use super::note::{Adjustment, Event};
use super::segment::kind;

/// A record of the ledger, but for intents, which mean something only until they are settled.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A request that is over.
    Entry(Entry),
    /// What an entry costs after all.
    Correction(Correction),
    /// A correction of a budget's spending.
    Adjustment(Adjustment),
    /// Something that was told.
    Event(Event),
}

impl Record {
    /// Reads a payload; `None` for a kind that is no record's, or none that this version knows.
    ///
    /// # Errors
    /// [`DecodeError`] when the payload is none of its kind.
    pub(super) fn decode(kind: u8, payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        Ok(Some(match kind {
            kind::SETTLEMENT | kind::ENTRY => Self::Entry(Entry::decode(payload)?),
            kind::CORRECTION => Self::Correction(Correction::decode(payload)?),
            kind::ADJUSTMENT => Self::Adjustment(Adjustment::decode(payload)?),
            kind::EVENT => Self::Event(Event::decode(payload)?),
            _ => return Ok(None),
        }))
    }

    /// As [`Record::decode`], into `self`: the room that texts took is used again. What `self` holds after an
    /// error, or after `false` for a kind that is no record's, is of no meaning.
    ///
    /// # Errors
    /// [`DecodeError`] when the payload is none of its kind.
    pub(super) fn decode_into(&mut self, kind: u8, payload: &[u8]) -> Result<bool, DecodeError> {
        if let (Self::Entry(entry), kind::SETTLEMENT | kind::ENTRY) = (&mut *self, kind) {
            entry.clear();
            entry.merge(payload)?;
            return Ok(true);
        }
        let decoded = Self::decode(kind, payload)?;
        let is_one = decoded.is_some();
        if let Some(record) = decoded {
            *self = record;
        }
        Ok(is_one)
    }

    /// Its own id; an entry's is that of its request.
    pub(super) fn id(&self) -> u128 {
        let id = match self {
            Self::Entry(entry) => entry.id(),
            Self::Correction(correction) => correction.id(),
            Self::Adjustment(adjustment) => adjustment.id(),
            Self::Event(event) => event.id(),
        };
        id.as_u128()
    }

    /// When it came to be, milliseconds since 1970 UTC. No budget counts it later.
    pub(super) fn at_unix_ms(&self) -> u64 {
        match self {
            Self::Entry(entry) => entry.ended_at_unix_ms(),
            Self::Correction(correction) => {
                correction.at_unix_ms.max(correction.ended_at_unix_ms())
            }
            Self::Adjustment(adjustment) => adjustment.at_unix_ms,
            Self::Event(event) => event.at_unix_ms,
        }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self::Entry(Entry::default())
    }
}
