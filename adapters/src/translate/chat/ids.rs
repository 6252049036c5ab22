//! Ids of calls, with what Gemini signed of a call on the way to a caller.

use crate::call::Dialect;
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
}
