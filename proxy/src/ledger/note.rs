//! Records about budgets: corrections of what was spent by hand, and crossings that were told.
//!
//! Both stand between the entries, in the order in which they happened, and go when these go.

use uuid::Uuid;

use super::entry::clip;

/// A correction of a budget's spending, made by hand.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Adjustment {
    /// Upper half of its id.
    #[prost(fixed64, tag = "1")]
    pub id_hi: u64,
    /// Lower half of its id.
    #[prost(fixed64, tag = "2")]
    pub id_lo: u64,
    /// When it was made, milliseconds since 1970 UTC: it counts in the window of that moment.
    #[prost(uint64, tag = "3")]
    pub at_unix_ms: u64,
    /// The budget's id.
    #[prost(string, tag = "4")]
    pub budget: String,
    /// The account's value of the budget's `per` dimension; empty where there is one account for all.
    #[prost(string, tag = "5")]
    pub account: String,
    /// What is added to the spending, 10⁻¹² USD; negative for what is taken off.
    #[prost(sint64, tag = "6")]
    pub amount_picousd: i64,
    /// Who made it, by the name of the token.
    #[prost(string, tag = "7")]
    pub actor: String,
    /// Why, in the words of whoever made it.
    #[prost(string, tag = "8")]
    pub reason: String,
}

impl Adjustment {
    /// Its id, a UUID of version 7.
    #[must_use]
    pub fn id(&self) -> Uuid {
        Uuid::from_u64_pair(self.id_hi, self.id_lo)
    }

    /// Sets its id.
    pub fn set_id(&mut self, id: Uuid) {
        (self.id_hi, self.id_lo) = id.as_u64_pair();
    }

    /// A copy whose texts are cut to what one frame surely holds.
    pub(super) fn clipped(&self) -> Self {
        let mut adjustment = self.clone();
        for text in [
            &mut adjustment.budget,
            &mut adjustment.account,
            &mut adjustment.actor,
            &mut adjustment.reason,
        ] {
            cut(text);
        }
        adjustment
    }
}

/// Something about a budget that somebody wants to know, as the crossing of one of its `alert_at`.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Event {
    /// Upper half of its id.
    #[prost(fixed64, tag = "1")]
    pub id_hi: u64,
    /// Lower half of its id.
    #[prost(fixed64, tag = "2")]
    pub id_lo: u64,
    /// When it happened, milliseconds since 1970 UTC.
    #[prost(uint64, tag = "3")]
    pub at_unix_ms: u64,
    /// What happened, as `budget.threshold`.
    #[prost(string, tag = "4")]
    pub kind: String,
    /// The budget's id.
    #[prost(string, tag = "5")]
    pub budget: String,
    /// The account's value of the budget's `per` dimension; empty where there is one account for all.
    #[prost(string, tag = "6")]
    pub account: String,
    /// The part of the limit that was crossed, as it is configured.
    #[prost(string, tag = "7")]
    pub threshold: String,
    /// What was spent then.
    #[prost(message, optional, tag = "8")]
    pub spent: Option<Picos>,
    /// The limit that was in force.
    #[prost(message, optional, tag = "9")]
    pub limit: Option<Picos>,
    /// When the window began, milliseconds since 1970 UTC.
    #[prost(uint64, tag = "10")]
    pub window_start_unix_ms: u64,
    /// When it ends, milliseconds since 1970 UTC; `None` for a window that does not.
    #[prost(uint64, optional, tag = "11")]
    pub resets_at_unix_ms: Option<u64>,
    /// The budget's mode, `hard` or `soft`.
    #[prost(string, tag = "12")]
    pub mode: String,
}

impl Event {
    /// Its id, a UUID of version 7: later events have greater ones.
    #[must_use]
    pub fn id(&self) -> Uuid {
        Uuid::from_u64_pair(self.id_hi, self.id_lo)
    }

    /// Sets its id.
    pub fn set_id(&mut self, id: Uuid) {
        (self.id_hi, self.id_lo) = id.as_u64_pair();
    }

    /// A copy whose texts are cut to what one frame surely holds.
    pub(super) fn clipped(&self) -> Self {
        let mut event = self.clone();
        for text in [
            &mut event.kind,
            &mut event.budget,
            &mut event.account,
            &mut event.threshold,
            &mut event.mode,
        ] {
            cut(text);
        }
        event
    }
}

/// An amount of 10⁻¹² USD that may pass what 64 bits hold, which is nine million dollars.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Picos {
    /// Upper half, with the sign.
    #[prost(sint64, tag = "1")]
    pub hi: i64,
    /// Lower half.
    #[prost(fixed64, tag = "2")]
    pub lo: u64,
}

impl Picos {
    /// The amount.
    #[must_use]
    pub const fn value(self) -> i128 {
        ((self.hi as i128) << 64) | self.lo as i128
    }
}

impl From<i128> for Picos {
    fn from(amount: i128) -> Self {
        Self {
            hi: (amount >> 64) as i64,
            lo: amount as u64,
        }
    }
}

/// Longest text kept of any field when a record would pass the frame's bound, bytes.
const TEXT_BYTES_MAX: usize = 1_024;

fn cut(text: &mut String) {
    text.truncate(clip(text, TEXT_BYTES_MAX).len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::segment::PAYLOAD_BYTES_MAX;
    use prost::Message as _;

    #[test]
    fn amounts_of_any_size_and_sign_come_back() {
        for amount in [0, 1, -1, i128::from(i64::MAX) + 5, i128::MIN, i128::MAX] {
            assert_eq!(Picos::from(amount).value(), amount);
        }
    }

    #[test]
    fn the_longest_note_fits_a_frame_when_it_is_clipped() {
        let long = "é".repeat(100_000);
        let adjustment = Adjustment {
            budget: long.clone(),
            reason: long.clone(),
            ..Adjustment::default()
        };
        let event = Event {
            account: long.clone(),
            kind: long,
            ..Event::default()
        };
        assert!(adjustment.clipped().encoded_len() < PAYLOAD_BYTES_MAX);
        assert!(event.clipped().encoded_len() < PAYLOAD_BYTES_MAX);
    }
}
