//! What a provider signed, on its way through another dialect and back.
//!
//! Providers sign or encrypt a model's thoughts, and refuse the next turn if they do not come back as they were. A
//! caller that speaks another dialect carries them in its own dialect's place for such things, marked with who made
//! them; a signature goes back to its maker only, since nobody else can read it.

use crate::call::Dialect;

use super::json::Spelled;

/// What begins every mark of ours. No provider's signatures begin so: all are base64 without dots, or begin with
/// `gAAAA` (`OpenAI`'s).
pub(crate) const MARK: &str = "qh1.";

/// What a mark begins with where it stands in base64 (Gemini's signatures are bytes), whatever alphabet.
pub(crate) const MARK_BASE64: &str = "cWgxL";

/// A signature, or a whole encrypted thought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature<'a> {
    /// Whose it is.
    pub(crate) maker: Dialect,
    /// As its maker spells it.
    pub(crate) data: Spelled<'a>,
    /// It stands for the thought itself, which is not told (`redacted_thinking`).
    pub(crate) is_whole: bool,
}

impl Signature<'_> {
    /// How it stands in a request or answer of `dialect`: as it is at home, else with a mark.
    pub(crate) fn spelled_in(&self, dialect: Dialect) -> Spelled<'static> {
        if self.maker == dialect {
            return self.data.clone().into_owned();
        }
        self.marked()
    }

    /// With its mark, also at home: for places that are no home's (a chat message has none for signatures).
    pub(crate) fn marked(&self) -> Spelled<'static> {
        let whole = if self.is_whole { "w" } else { "s" };
        let mut marked = Spelled::of_owned(MARK);
        for piece in [self.maker.as_str(), ".", whole, "."] {
            marked.push(&Spelled::of_plain(piece));
        }
        marked.push(&self.data);
        marked
    }
}

impl<'a> Signature<'a> {
    /// Reads what stands in a request or answer of `dialect`; what has no mark is that dialect's own.
    pub(crate) fn read_in(dialect: Dialect, text: &'a Spelled<'_>) -> Self {
        let own = || Self {
            maker: dialect,
            data: text.borrowed(),
            is_whole: false,
        };
        let Some(marked) = text.raw().strip_prefix(MARK) else {
            return own();
        };
        let mut pieces = marked.splitn(3, '.');
        let (Some(maker), Some(whole), Some(data)) = (pieces.next(), pieces.next(), pieces.next())
        else {
            return own();
        };
        let maker = Dialect::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == maker);
        let Some(maker) = maker else { return own() };
        Self {
            maker,
            data: Spelled::of_raw(data),
            is_whole: whole == "w",
        }
    }

    /// The same for as long as one likes.
    pub(crate) fn into_owned(self) -> Signature<'static> {
        Signature {
            maker: self.maker,
            data: self.data.into_owned(),
            is_whole: self.is_whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_comes_back_as_it_was_from_every_dialect() {
        for maker in Dialect::ALL {
            for is_whole in [false, true] {
                let made = Signature {
                    maker,
                    data: Spelled::of_plain("EqQB+/.x=="),
                    is_whole,
                };
                for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != maker) {
                    let carried = made.spelled_in(dialect);
                    assert_eq!(Signature::read_in(dialect, &carried), made);
                }
                assert_eq!(made.spelled_in(maker).raw(), "EqQB+/.x==");
            }
        }
    }

    #[test]
    fn what_is_not_marked_is_the_dialects_own() {
        for text in ["EqQB", "qh1.", "qh1.nobody.s.x", "qh1.gemini"] {
            let spelled = Spelled::of_plain(text);
            let read = Signature::read_in(Dialect::Anthropic, &spelled);
            assert_eq!((read.maker, read.data.raw()), (Dialect::Anthropic, text));
        }
    }
}
