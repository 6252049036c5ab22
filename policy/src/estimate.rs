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
