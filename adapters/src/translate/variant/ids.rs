//! Ids of calls, as a provider takes them.

use crate::translate::json::Spelled;

/// What ids of tool calls may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolIds {
    /// Any text up to so many bytes.
    Any(usize),
    /// Exactly nine letters and digits.
    Nine,
}

impl ToolIds {
    /// An id as a provider takes it: the same id becomes the same again, in a call and in its result.
    pub(crate) fn fitting(self, id: &Spelled<'_>) -> Spelled<'static> {
        let plain = id.plain();
        let fits = match self {
            Self::Any(bytes) => plain.len() <= bytes,
            Self::Nine => {
                plain.len() == NINE && plain.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
        };
        if fits {
            return id.clone().into_owned();
        }
        let digits = digits(hash(plain.as_bytes()));
        Spelled::of_owned(&match self {
            Self::Any(_) => format!("call_{digits}"),
            Self::Nine => digits.chars().take(NINE).collect(),
        })
    }
}

const NINE: usize = 9;

/// Thirteen letters and digits, the quickest to change first: 36^13 is just above 2^64.
fn digits(mut number: u64) -> String {
    let digit = |number: u64| u32::try_from(number.checked_rem(36)?).ok();
    let mut digits = String::with_capacity(13);
    for _ in 0..13 {
        let one = digit(number).and_then(|digit| char::from_digit(digit, 36));
        digits.push(one.unwrap_or('0'));
        number = number.checked_div(36).unwrap_or(0);
    }
    digits
}

/// FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>, read 2026-11): an id is nobody's secret, and a conversation has
/// a few hundred.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_fit_and_stay_apart() {
        let long = "x".repeat(64);
        for (id, ids, expected) in [
            ("call_1", ToolIds::Any(40), Some("call_1")),
            ("aX2gaLIyo", ToolIds::Nine, Some("aX2gaLIyo")),
            (&long, ToolIds::Any(40), None),
            ("call_1", ToolIds::Nine, None),
        ] {
            let fitted = ids.fitting(&Spelled::of_plain(id));
            assert_eq!(fitted, ids.fitting(&Spelled::of_plain(id)));
            if let Some(expected) = expected {
                assert_eq!(fitted.raw(), expected);
            }
            match ids {
                ToolIds::Any(bytes) => assert!(fitted.raw().len() <= bytes),
                ToolIds::Nine => assert_eq!(fitted.raw().len(), 9),
            }
        }
        let of = |number: u32| ToolIds::Nine.fitting(&Spelled::of_owned(&format!("call_{number}")));
        let all: std::collections::HashSet<String> = (0..1_000)
            .map(|number| of(number).raw().to_owned())
            .collect();
        assert_eq!(all.len(), 1_000);
    }
}
