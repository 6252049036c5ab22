//! Signatures in Gemini's place for them: `thoughtSignature`, which is bytes, in base64.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};

use crate::call::Dialect;
use crate::translate::json::Spelled;
use crate::translate::signature::{MARK, MARK_BASE64, Signature};

/// What Google documents for calls that another model made, so that Gemini 3 and later take them in a history
/// (<https://ai.google.dev/gemini-api/docs/thought-signatures>, read 2026-11).
pub(super) const FOREIGN: &str = "skip_thought_signature_validator";

/// The same where a client takes it for plain bytes.
const FOREIGN_BASE64: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

/// Google's SDK reads one alphabet and writes the other.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads a `thoughtSignature`; `None` for what says that there is none.
pub(super) fn read<'a>(text: &Spelled<'a>) -> Option<Signature<'a>> {
    if text.is_empty() || text.is(FOREIGN) || text.is(FOREIGN_BASE64) {
        return None;
    }
    if let Some(marked) = marked(text) {
        let marked = Spelled::of_owned(&marked);
        return Some(Signature::read_in(Dialect::Gemini, &marked).into_owned());
    }
    Some(Signature {
        maker: Dialect::Gemini,
        data: text.clone(),
        is_whole: false,
    })
}

/// What another dialect's signature was before it was put into base64.
pub(super) fn marked(text: &Spelled<'_>) -> Option<String> {
    let plain = text.plain();
    if !plain.starts_with(MARK_BASE64) {
        return None;
    }
    let standard = plain.replace('-', "+").replace('_', "/");
    let marked = String::from_utf8(LENIENT.decode(standard).ok()?).ok()?;
    marked.starts_with(MARK).then_some(marked)
}

/// How a signature stands in a `thoughtSignature`.
pub(super) fn spelled(signature: &Signature<'_>) -> Spelled<'static> {
    if signature.maker == Dialect::Gemini {
        return signature.data.clone().into_owned();
    }
    let marked = general_purpose::STANDARD.encode(&*signature.marked().plain());
    Spelled::of_owned(&marked)
}

/// The text of a base64 document, if it is text.
pub(super) fn text_of(base64: &Spelled<'_>) -> Option<Spelled<'static>> {
    let standard = base64.plain().replace('-', "+").replace('_', "/");
    let text = String::from_utf8(LENIENT.decode(standard).ok()?).ok()?;
    Some(Spelled::of_owned(&text))
}

/// A text as a base64 document.
pub(super) fn base64_of(text: &Spelled<'_>) -> String {
    general_purpose::STANDARD.encode(&*text.plain())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_signed_comes_back_in_either_alphabet() {
        let made = Signature {
            maker: Dialect::Anthropic,
            data: Spelled::of_plain("Eq/+?>~\u{e9}=="),
            is_whole: true,
        };
        let told = spelled(&made);
        assert!(told.raw().starts_with(MARK_BASE64), "{}", told.raw());
        assert_eq!(read(&told), Some(made.clone()));
        let other = told.raw().replace('+', "-").replace('/', "_");
        let other = Spelled::of_owned(other.trim_end_matches('='));
        assert_eq!(read(&other), Some(made));
    }

    #[test]
    fn geminis_own_stay_as_they_are_and_the_foreign_word_is_none() {
        let own = Spelled::of_plain("CiQBjz1rX+z7/A==");
        let read_own = read(&own).unwrap();
        assert_eq!(
            (read_own.maker, read_own.data.raw()),
            (Dialect::Gemini, own.raw())
        );
        assert_eq!(spelled(&read_own), own);
        for none in ["", FOREIGN, FOREIGN_BASE64] {
            assert_eq!(read(&Spelled::of_plain(none)), None);
        }
    }
}
