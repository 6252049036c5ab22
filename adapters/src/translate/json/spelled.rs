//! The inside of a JSON string, as it was spelled.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::json::escape;
use crate::scan::plain_run;

/// The inside of a JSON string, escapes and all: it can be put between quotes as it is.
///
/// Texts of prompts and answers are never decoded on their way from one dialect to another; only words that mean
/// something here are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spelled<'a>(Cow<'a, str>);

impl<'a> Spelled<'a> {
    /// What stood between the quotes of a JSON string, or a piece of it that no escape is cut by: not checked here.
    pub(crate) const fn of_raw(raw: &'a str) -> Self {
        Self(Cow::Borrowed(raw))
    }

    /// The same of a text put together of several.
    pub(crate) const fn of_raw_owned(raw: String) -> Spelled<'static> {
        Spelled(Cow::Owned(raw))
    }

    /// A text that is not escaped yet.
    pub(crate) fn of_plain(plain: &'a str) -> Self {
        if plain_run::<true>(plain.as_bytes()) < plain.len() {
            Self(Cow::Owned(Spelled::of_owned(plain).0.into_owned()))
        } else {
            Self(Cow::Borrowed(plain))
        }
    }

    /// A text that is not escaped yet, and does not live as long.
    pub(crate) fn of_owned(plain: &str) -> Spelled<'static> {
        let mut raw = String::with_capacity(plain.len().saturating_add(8));
        escape(plain, &mut raw);
        Spelled(Cow::Owned(raw))
    }

    /// What may be put between quotes.
    pub(crate) fn raw(&self) -> &str {
        &self.0
    }

    /// What is before and behind the first `at` as it is spelled, if that is in it.
    pub(crate) fn split_once(&self, at: &str) -> Option<(Self, Self)> {
        match &self.0 {
            Cow::Borrowed(raw) => {
                let (before, behind) = raw.split_once(at)?;
                Some((Self::of_raw(before), Self::of_raw(behind)))
            }
            Cow::Owned(raw) => {
                let (before, behind) = raw.split_once(at)?;
                let owned = |piece: &str| Self(Cow::Owned(piece.to_owned()));
                Some((owned(before), owned(behind)))
            }
        }
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it says `plain`.
    #[inline]
    pub(crate) fn is(&self, plain: &str) -> bool {
        // Up to its first escape it is spelled as what it says: most texts that are compared differ at once.
        let first = self.0.as_bytes().first();
        (first == plain.as_bytes().first() || first == Some(&b'\\')) && self.says(plain)
    }

    fn says(&self, plain: &str) -> bool {
        // No spelling is shorter than what it says, and one with escapes is longer.
        match self.0.len().cmp(&plain.len()) {
            Ordering::Less => false,
            Ordering::Equal => {
                let mut pairs = self.0.bytes().zip(plain.bytes());
                pairs.all(|(raw, said)| raw == said && raw != b'\\')
            }
            Ordering::Greater => self.has_escapes() && self.plain() == plain,
        }
    }

    fn has_escapes(&self) -> bool {
        memchr::memchr(b'\\', self.0.as_bytes()).is_some()
    }

    /// What it says. Half a surrogate pair, which no text can hold, is told as U+FFFD.
    pub(crate) fn plain(&self) -> Cow<'_, str> {
        if !self.has_escapes() {
            return Cow::Borrowed(&self.0);
        }
        Cow::Owned(decoded(&self.0))
    }

    /// The same for as long as one likes.
    pub(crate) fn into_owned(self) -> Spelled<'static> {
        Spelled(Cow::Owned(self.0.into_owned()))
    }

    /// Another name for the same text.
    pub(crate) fn borrowed(&self) -> Spelled<'_> {
        Spelled(Cow::Borrowed(&self.0))
    }

    /// More text behind it.
    pub(crate) fn push(&mut self, more: &Spelled<'_>) {
        if !more.is_empty() {
            self.0.to_mut().push_str(&more.0);
        }
    }
}

fn decoded(raw: &str) -> String {
    let mut plain = String::with_capacity(raw.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = raw;
    loop {
        let at = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        let (clean, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        if !clean.is_empty() {
            flush(&mut units, &mut plain);
            plain.push_str(clean);
        }
        let mut chars = behind.chars();
        if chars.next().is_none() {
            break;
        }
        let kind = chars.next().unwrap_or('\\');
        if kind == 'u' {
            let (digits, behind) = chars.as_str().split_at_checked(4).unwrap_or(("", ""));
            units.push(u16::from_str_radix(digits, 16).unwrap_or(0xfffd));
            rest = behind;
            continue;
        }
        flush(&mut units, &mut plain);
        plain.push(match kind {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            other => other,
        });
        rest = chars.as_str();
    }
    flush(&mut units, &mut plain);
    plain
}

/// Adjacent `\u` escapes may be one character.
fn flush(units: &mut Vec<u16>, plain: &mut String) {
    let decoded = char::decode_utf16(units.drain(..));
    plain.extend(decoded.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_spelled_says_what_it_was_made_of(plain in "\\PC*|[\\x00-\\x7f]*") {
            let spelled = Spelled::of_plain(&plain);
            let quoted = format!("\"{}\"", spelled.raw());
            prop_assert_eq!(&serde_json::from_str::<String>(&quoted).unwrap(), &plain);
            prop_assert!(spelled.is(&plain));
        }
    }

    #[test]
    fn a_data_url_comes_apart_without_a_copy() {
        let spelled = Spelled::of_raw("image\\/png;base64,AB");
        let (media_type, base64) = spelled.split_once(";base64,").unwrap();
        assert!(media_type.is("image/png"));
        assert_eq!(base64, Spelled::of_raw("AB"));
        assert_eq!(spelled.split_once("?"), None);
    }

    #[test]
    fn escapes_are_read_as_json_has_them() {
        let spelled = Spelled::of_raw(r#"a\"\\\/\b\f\n\r\té😀\ud83dx"#);
        assert_eq!(spelled.plain(), "a\"\\/\u{8}\u{c}\n\r\té😀\u{fffd}x");
    }
}
