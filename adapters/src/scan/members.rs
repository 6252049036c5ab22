//! The members of objects, one after the other: what most of every text is.

use super::number::Number;
use super::string::{characters, plain_text};
use super::{
    Container, Fault, Handler, KEY_BYTES_MAX, Key, Literal, Scalar, ScanError, Scanner, State,
    TEXT_BYTES_MAX, fault, skip_space,
};

impl Scanner {
    /// Members from the quote that `bytes` begins with, as long as they are plain and whole; `at` is its offset.
    ///
    /// Most of every text goes through here: the state is where in the loop we are.
    pub(super) fn members<'a, H: Handler>(
        &mut self,
        mut bytes: &'a [u8],
        end: usize,
        handler: &mut H,
    ) -> Result<&'a [u8], ScanError> {
        loop {
            let at = end.saturating_sub(bytes.len());
            let Some(rest) = bytes.strip_prefix(b"\"") else {
                self.state = State::Key;
                return Ok(bytes);
            };
            let Some((name, rest)) = plain::<H>(rest) else {
                self.token_at = at;
                self.state = State::InKey;
                return Ok(rest);
            };
            handler.key(Key {
                name: Some(name).filter(|name| name.len() <= KEY_BYTES_MAX),
                escaped: false,
                span: at..at.saturating_add(name.len()).saturating_add(2),
                depth: self.depth,
            });
            let Some(rest) = skip_space(rest).strip_prefix(b":") else {
                self.state = State::Colon;
                return Ok(rest);
            };
            let value = skip_space(rest);
            self.state = self.member_value(handler);
            let at = end.saturating_sub(value.len());
            let rest = if self.state == State::SkippedValue {
                self.skipped_value(value, at, handler)?
            } else {
                self.value(value, at, handler)?
            };
            if self.state != State::AfterValue {
                return Ok(rest);
            }
            let Some(after) = skip_space(rest).strip_prefix(b",") else {
                return Ok(rest);
            };
            bytes = skip_space(after);
        }
    }

    /// What comes behind a colon.
    #[inline]
    pub(super) fn member_value(&self, handler: &impl Handler) -> State {
        if handler.skips_value(self.depth) {
            State::SkippedValue
        } else {
            State::Value
        }
    }

    /// A value that the handler is told of, if there is one; `at` is the offset of `bytes`.
    #[inline]
    pub(super) fn value<'a, H: Handler>(
        &mut self,
        bytes: &'a [u8],
        at: usize,
        handler: &mut H,
    ) -> Result<&'a [u8], ScanError> {
        let Some((&byte, rest)) = bytes.split_first() else {
            return Ok(bytes);
        };
        match byte {
            b'"' => {
                self.token_at = at;
                let Some((text, rest)) = plain::<H>(rest) else {
                    self.state = State::InString;
                    return Ok(rest);
                };
                let decoded_bytes = text.len();
                let characters = if H::STRICT {
                    characters(text)
                } else {
                    decoded_bytes
                };
                let text = Some(text).filter(|text| text.len() <= TEXT_BYTES_MAX);
                let end = at.saturating_add(decoded_bytes).saturating_add(2);
                let scalar = Scalar::String {
                    text,
                    decoded_bytes,
                    characters,
                };
                self.emit(scalar, end, handler);
                Ok(rest)
            }
            b'{' => {
                self.open(Container::Object, at, handler)?;
                Ok(rest)
            }
            b'[' => {
                self.open(Container::Array, at, handler)?;
                Ok(rest)
            }
            b']' if self.state == State::ValueOrEnd => {
                self.close(Container::Array, at.saturating_add(1), handler);
                Ok(rest)
            }
            _ => self.plain_scalar(bytes, at, handler),
        }
    }

    /// A number, `true`, `false` or `null`; `at` is the offset of `bytes`.
    #[inline]
    pub(super) fn plain_scalar<'a>(
        &mut self,
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        self.token_at = at;
        let literal = match bytes.first() {
            Some(b't') => Literal::True,
            Some(b'f') => Literal::False,
            Some(b'n') => Literal::Null,
            _ => return self.plain_number(bytes, at, handler),
        };
        let Some(rest) = bytes.strip_prefix(literal.spelling()) else {
            return self.literal((literal, 0), bytes, at, handler);
        };
        self.emit(literal.scalar(), end_of(at, bytes, rest), handler);
        Ok(rest)
    }

    /// A number; at once, if it is a whole one of a few digits.
    #[inline]
    fn plain_number<'a>(
        &mut self,
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let mut rest = bytes;
        while let Some((b'0'..=b'9', after)) = rest.split_first() {
            rest = after;
        }
        let end = end_of(at, bytes, rest);
        let digits = end.saturating_sub(at);
        match (bytes, rest) {
            ([b'0'..=b'9', ..], [b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t', ..])
                if digits == 1 || digits <= TEXT_BYTES_MAX && !bytes.starts_with(b"0") =>
            {
                self.emit(Scalar::Number(bytes.get(..digits)), end, handler);
                Ok(rest)
            }
            ([b'-' | b'0'..=b'9', ..], _) => self.number(Number::Start, bytes, at, handler),
            _ => Err(fault(Fault::UnexpectedByte, at)),
        }
    }
}

/// A whole string without escapes, from behind its first quote, and what follows it.
#[inline]
fn plain<H: Handler>(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if H::STRICT {
        plain_text::<true>(bytes)
    } else {
        plain_text::<false>(bytes)
    }
}

/// The offset behind what has been read of `bytes`, which begin at `at`, when `rest` is left.
#[inline]
const fn end_of(at: usize, bytes: &[u8], rest: &[u8]) -> usize {
    at.saturating_add(bytes.len()).saturating_sub(rest.len())
}
