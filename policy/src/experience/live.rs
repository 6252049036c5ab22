//! Counting a stream while it runs: tokens from bytes, until the provider says how many.

use super::ratio;

/// The output tokens of a stream that is under way: an upper estimate from the bytes that came, corrected by every
/// figure that the provider tells.
///
/// Whoever relays the stream compares one number: as long as no more than [`Live::bytes_for`] the tokens paid for have
/// come, there is nothing to do.
///
/// ```
/// let mut live = quotah_policy::Live::new(300);
/// live.arrived(84);
/// assert_eq!(live.tokens_at(84), 30);
/// // 100 tokens are 317 bytes; one more chunk as large as the largest must still fit.
/// assert_eq!(live.bytes_for(100), 233);
/// live.known(20, 84);
/// assert_eq!(live.tokens_at(84), 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    tokens_per_kilobyte: u64,
    chunk_bytes_max: u64,
    /// Tokens that the provider told, and how many bytes had come by then.
    known: Option<Known>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    tokens: u64,
    bytes: u64,
}

impl Live {
    /// A stream of which nothing has come; 1,000 bytes are taken for `tokens_per_kilobyte` tokens, at least 1.
    #[must_use]
    pub const fn new(tokens_per_kilobyte: u64) -> Self {
        Self {
            tokens_per_kilobyte: if tokens_per_kilobyte == 0 {
                1
            } else {
                tokens_per_kilobyte
            },
            chunk_bytes_max: 0,
            known: None,
        }
    }

    /// Notes that a chunk with so many bytes of output came: the next one may be as large as the largest yet.
    pub fn arrived(&mut self, chunk_bytes: u64) {
        self.chunk_bytes_max = self.chunk_bytes_max.max(chunk_bytes);
    }

    /// The provider says that the output has `tokens` tokens, where `delivered_bytes` have come. That is now the count;
    /// what comes after it is estimated on top. A stream that is dearer by the byte than was learned teaches its own
    /// estimate.
    pub fn known(&mut self, tokens: u64, delivered_bytes: u64) {
        self.known = Some(Known {
            tokens,
            bytes: delivered_bytes,
        });
        if delivered_bytes > 0 {
            let bytes = delivered_bytes.saturating_add(UNSEEN_BYTES);
            let own = ratio(tokens, 1_000, bytes);
            self.tokens_per_kilobyte = self.tokens_per_kilobyte.max(own);
        }
    }

    /// Output tokens when `delivered_bytes` have come: what the provider said, and at most so many beside it.
    #[must_use]
    pub fn tokens_at(&self, delivered_bytes: u64) -> u64 {
        let (base, bytes) = match self.known {
            Some(known) => (known.tokens, delivered_bytes.saturating_sub(known.bytes)),
            None if delivered_bytes == 0 => (0, 0),
            None => (0, delivered_bytes.saturating_add(UNSEEN_BYTES)),
        };
        base.saturating_add(ratio(bytes, self.tokens_per_kilobyte, 1_000))
    }

    /// Output tokens when `delivered_bytes` and one more chunk as large as the largest yet have come.
    #[must_use]
    pub fn tokens_with_next(&self, delivered_bytes: u64) -> u64 {
        self.tokens_at(delivered_bytes.saturating_add(self.chunk_bytes_max))
    }

    /// How many bytes may have come while `tokens` are enough for them and for one more chunk as large as the largest
    /// yet; 0 when not even that.
    #[must_use]
    pub fn bytes_for(&self, tokens: u64) -> u64 {
        let (base, from) = self.known.map_or((0, 0), |k| (k.tokens, k.bytes));
        let Some(rest) = tokens.checked_sub(base) else {
            return 0;
        };
        let bytes = u128::from(rest)
            .saturating_mul(1_000)
            .checked_div(u128::from(self.tokens_per_kilobyte))
            .and_then(|bytes| u64::try_from(bytes).ok())
            .unwrap_or(u64::MAX);
        let unseen = if self.known.is_none() {
            UNSEEN_BYTES
        } else {
            0
        };
        from.saturating_add(bytes.saturating_sub(unseen))
            .saturating_sub(self.chunk_bytes_max)
    }
}

/// Tokens for 1,000 bytes before there is experience: a token of text is at least a byte.
pub(super) const PRIOR: u64 = 1_000;

/// What an answer has beside its text, taken for as many bytes: its end, the names of tools. Without it, two bytes that
/// came to three tokens would teach that a page comes to ten.
pub(super) const UNSEEN_BYTES: u64 = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_provider_says_wins_over_the_estimate() {
        let mut live = Live::new(250);
        assert_eq!((live.tokens_at(0), live.tokens_at(1_000)), (0, 254));
        live.known(100, 1_000);
        assert_eq!((live.tokens_at(1_000), live.tokens_at(1_400)), (100, 200));
        live.known(900, 1_484);
        // 900 tokens in 1,500 bytes: dearer than learned, and so is what follows.
        assert_eq!(live.tokens_at(2_484), 1_500);
        assert_eq!(live.bytes_for(899), 0);
    }

    proptest! {
        #[test]
        fn as_many_bytes_as_tokens_allow_and_a_chunk_more_are_never_more_tokens(
            per_kilobyte in 0..5_000_u64,
            tokens in 0..1_000_000_u64,
            chunk in 0..500_u64,
            known in prop::option::of((0..1_000_u64, 0..10_000_u64)),
        ) {
            let mut live = Live::new(per_kilobyte);
            live.arrived(chunk);
            if let Some((tokens, bytes)) = known {
                live.known(tokens, bytes);
            }
            let bytes = live.bytes_for(tokens);
            let next = bytes.saturating_add(chunk);
            if bytes > 0 {
                prop_assert!(live.tokens_at(next) <= tokens);
            }
            prop_assert!(live.tokens_at(next.saturating_add(1)) >= live.tokens_at(next));
        }

        #[test]
        fn one_byte_more_than_tokens_allow_is_more_tokens(
            per_kilobyte in 1..5_000_u64,
            tokens in 200..1_000_000_u64,
        ) {
            let live = Live::new(per_kilobyte);
            prop_assert!(live.tokens_at(live.bytes_for(tokens) + 1) > tokens);
        }
    }
}
