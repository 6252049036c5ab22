//! A prior for token counts when a provider reports none.
//!
//! English text runs at about four bytes a token (OpenAI's help centre, "What are tokens and how to
//! count them": "1 token ~= 4 chars in English"); code, JSON and other languages run denser. We assume
//! 3.6 bytes a token, a tenth on the dear side of English, since an estimate that is too low lets a
//! budget be overrun.

/// Tokens that `bytes` of text are taken for: bytes ÷ 3.6, rounded up.
///
/// ```
/// assert_eq!(quotah_policy::estimate_tokens(36), 10);
/// assert_eq!(quotah_policy::estimate_tokens(1), 1);
/// ```
#[must_use]
pub fn estimate_tokens(bytes: u64) -> u64 {
    let tokens = u128::from(bytes)
        .saturating_mul(10)
        .div_ceil(TENTHS_OF_BYTES_PER_TOKEN);
    u64::try_from(tokens).unwrap_or(u64::MAX)
}

const TENTHS_OF_BYTES_PER_TOKEN: u128 = 36;

/// Audio tokens that `characters` of text are taken to be spoken in: 1250 for 1000, rounded up.
///
/// `OpenAI` sells gpt-4o-mini-tts at 12 USD a million audio tokens and says that this is about 0.015 USD a
/// minute (its price page, read 2026-11), so a minute has 1250 tokens; English is read at about 1000 characters
/// a minute. Speech comes without usage, so there is nothing better to go by.
///
/// ```
/// assert_eq!(quotah_policy::estimate_spoken_tokens(1_000), 1_250);
/// ```
#[must_use]
pub fn estimate_spoken_tokens(characters: u64) -> u64 {
    let tokens = u128::from(characters).saturating_mul(5).div_ceil(4);
    u64::try_from(tokens).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_no_tokens_and_anything_is_at_least_one() {
        assert_eq!(estimate_tokens(0), 0);
        assert_eq!(estimate_tokens(1), 1);
        assert_eq!(estimate_tokens(4), 2);
        assert_eq!(estimate_tokens(3_600), 1_000);
        assert_eq!(estimate_tokens(u64::MAX), 5_124_095_576_030_431_005);
    }

    proptest! {
        #[test]
        fn more_bytes_are_never_fewer_tokens(bytes in 0..u64::MAX) {
            prop_assert!(estimate_tokens(bytes) <= estimate_tokens(bytes + 1));
            prop_assert!(estimate_tokens(bytes) <= bytes);
        }
    }
}
