//! Ids of calls: with what Gemini signed of a call on the way to a caller, and short enough on the way to a provider.

use crate::call::Dialect;
use crate::translate::ToolIds;
use crate::translate::json::Spelled;
use crate::translate::signature::{MARK, Signature};

/// An id that carries what was signed of its call: `<id>.qh1.gemini.s.<signature>`. The mark stands as it is, so that a
/// history with such ids is found by it.
pub(super) fn signed(id: &Spelled<'_>, signature: &Signature<'_>) -> Spelled<'static> {
    let mut signed = id.clone().into_owned();
    signed.push(&Spelled::of_raw("."));
    signed.push(&signature.marked());
    signed
}

/// An id and what it carries. An id that carries nothing is itself.
pub(super) fn taken_apart<'a>(carried: &Spelled<'a>) -> (Spelled<'a>, Option<Signature<'static>>) {
    let Some((id, behind)) = carried.split_once(&between()) else {
        return (carried.clone(), None);
    };
    let mut marked = Spelled::of_raw(MARK).into_owned();
    marked.push(&behind);
    let signature = Signature::read_in(Dialect::OpenAi, &marked);
    // What is no mark at all is nobody's signature.
    let is_marked = signature.data != marked;
    (id, is_marked.then(|| signature.into_owned()))
}

fn between() -> String {
    format!(".{MARK}")
}

/// An id as a provider takes it: the same id becomes the same again, in a call and in its result.
pub(super) fn fitting(id: &Spelled<'_>, ids: ToolIds) -> Spelled<'static> {
    let plain = id.plain();
    let fits = match ids {
        ToolIds::Any(bytes) => plain.len() <= bytes,
        ToolIds::Nine => {
            plain.len() == NINE && plain.bytes().all(|byte| byte.is_ascii_alphanumeric())
        }
    };
    if fits {
        return id.clone().into_owned();
    }
    let digits = digits(hash(plain.as_bytes()));
    Spelled::of_owned(&match ids {
        ToolIds::Any(_) => format!("call_{digits}"),
        ToolIds::Nine => digits.chars().take(NINE).collect(),
    })
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
    fn an_id_gives_back_what_it_carried() {
        let signature = Signature {
            maker: Dialect::Gemini,
            data: Spelled::of_plain("Eq/+.a=="),
            is_whole: false,
        };
        let carried = signed(&Spelled::of_plain("call_1"), &signature);
        assert_eq!(carried.raw(), "call_1.qh1.gemini.s.Eq/+.a==");
        let (id, read) = taken_apart(&carried);
        assert_eq!((id.raw(), read), ("call_1", Some(signature)));
    }

    #[test]
    fn an_id_that_carries_nothing_is_itself() {
        for plain in ["call_1", "", "a.b", "qh1.x"] {
            let (id, signature) = taken_apart(&Spelled::of_plain(plain));
            assert_eq!((id.raw(), signature), (plain, None));
        }
        assert_eq!(taken_apart(&Spelled::of_plain("a.qh1.b")).1, None);
    }

    #[test]
    fn ids_fit_and_stay_apart() {
        let long = "x".repeat(64);
        for (id, ids, expected) in [
            ("call_1", ToolIds::Any(40), Some("call_1")),
            ("aX2gaLIyo", ToolIds::Nine, Some("aX2gaLIyo")),
            (&long, ToolIds::Any(40), None),
            ("call_1", ToolIds::Nine, None),
        ] {
            let fitted = fitting(&Spelled::of_plain(id), ids);
            assert_eq!(fitted, fitting(&Spelled::of_plain(id), ids));
            if let Some(expected) = expected {
                assert_eq!(fitted.raw(), expected);
            }
            match ids {
                ToolIds::Any(bytes) => assert!(fitted.raw().len() <= bytes),
                ToolIds::Nine => assert_eq!(fitted.raw().len(), 9),
            }
        }
        let of =
            |number: u32| fitting(&Spelled::of_owned(&format!("call_{number}")), ToolIds::Nine);
        let all: std::collections::HashSet<String> = (0..1_000)
            .map(|number| of(number).raw().to_owned())
            .collect();
        assert_eq!(all.len(), 1_000);
    }
}
