//! Scalars and keys that are more than a plain token in one chunk: cut, escaped, with fractions.

use super::number::Number;
use super::string::{Piece, Text, characters};
use super::{
    Fault, Handler, KEY_BYTES_MAX, Key, Literal, Scalar, ScanError, Scanner, State, TEXT_BYTES_MAX,
    Value, fault,
};

impl Scanner {
    /// The rest of a string, `at` being the offset of `bytes`.
    #[inline(never)]
    pub(super) fn string<'a, H: Handler>(
        &mut self,
        bytes: &'a [u8],
        at: usize,
        handler: &mut H,
    ) -> Result<&'a [u8], ScanError> {
        let read = if H::STRICT {
            Text::read::<true>
        } else {
            Text::read::<false>
        };
        let characters = if H::STRICT { characters } else { <[u8]>::len };
        let (text, (decoded_bytes, characters), escaped, rest) = match read(&mut self.text, bytes) {
            Ok(Piece::Whole { text, rest }) => {
                (Some(text), (text.len(), characters(text)), false, rest)
            }
            Ok(Piece::End { rest }) => (
                self.text.bytes(),
                (self.text.decoded_bytes(), self.text.characters()),
                self.text.is_escaped(),
                rest,
            ),
            Ok(Piece::Cut) => return Ok(&[]),
            Err((wrong, behind)) => {
                let at = at
                    .saturating_add(behind)
                    .saturating_sub(self.text.partial_bytes());
                return Err(fault(wrong, at));
            }
        };
        let read = bytes.len().saturating_sub(rest.len());
        let span = self.token_at..at.saturating_add(read);
        let depth = self.depth;
        if self.state == State::InKey {
            let name = text.filter(|name| name.len() <= KEY_BYTES_MAX);
            handler.key(Key {
                name,
                escaped,
                span,
                depth,
            });
            self.state = State::Colon;
        } else {
            let text = text.filter(|text| text.len() <= TEXT_BYTES_MAX);
            handler.value(Value {
                scalar: Scalar::String {
                    text,
                    decoded_bytes,
                    characters,
                },
                span,
                depth,
            });
            self.state = self.after_value();
        }
        self.text.clear();
        Ok(rest)
    }

    /// A number, or more of one; `at` is the offset of `bytes`.
    #[inline(never)]
    pub(super) fn number<'a>(
        &mut self,
        mut number: Number,
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let read = number.read(bytes);
        let (digits, rest) = bytes.split_at_checked(read).unwrap_or((bytes, &[]));
        let end = at.saturating_add(read);
        if rest.is_empty() {
            self.text.push(digits);
            self.state = State::InNumber(number);
        } else if !number.is_whole() {
            return Err(fault(Fault::InvalidNumber, end));
        } else if self.text.is_empty() {
            let text = Some(digits).filter(|digits| digits.len() <= TEXT_BYTES_MAX);
            self.emit(Scalar::Number(text), end, handler);
        } else {
            self.text.push(digits);
            self.cut_number(end, handler);
        }
        Ok(rest)
    }

    /// Reports a number whose digits came in several chunks.
    pub(super) fn cut_number(&mut self, end: usize, handler: &mut impl Handler) {
        let span = self.token_at..end;
        let scalar = Scalar::Number(self.text.bytes());
        handler.value(Value {
            scalar,
            span,
            depth: self.depth,
        });
        self.text.clear();
        self.state = self.after_value();
    }

    /// More of `true`, `false` or `null`, of which `read` bytes were there; `at` is the offset of `bytes`.
    pub(super) fn literal<'a>(
        &mut self,
        (literal, read): (Literal, u8),
        bytes: &'a [u8],
        at: usize,
        handler: &mut impl Handler,
    ) -> Result<&'a [u8], ScanError> {
        let tail = literal
            .spelling()
            .get(usize::from(read)..)
            .unwrap_or_default();
        if let Some(rest) = bytes.strip_prefix(tail) {
            self.emit(literal.scalar(), at.saturating_add(tail.len()), handler);
            return Ok(rest);
        }
        let mut read = read;
        for (&wanted, &byte) in tail.iter().zip(bytes) {
            if wanted != byte {
                return Err(fault(
                    Fault::UnexpectedByte,
                    self.token_at.saturating_add(read.into()),
                ));
            }
            read = read.saturating_add(1);
        }
        self.state = State::InLiteral(literal, read);
        Ok(&[])
    }

    #[inline]
    pub(super) fn emit(&mut self, scalar: Scalar<'_>, end: usize, handler: &mut impl Handler) {
        handler.value(Value {
            scalar,
            span: self.token_at..end,
            depth: self.depth,
        });
        self.state = self.after_value();
    }
}
